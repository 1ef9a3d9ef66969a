#include "node/cli/ask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool
ask_line(struct call *c, const char *question, struct buf *out)
{
	int ch;

	fputs(question, c->err);
	fflush(c->err);
	buf_reset(out);
	while ((ch = getc(c->in)) != EOF && ch != '\n')
		buf_put_u8(out, (uint8_t)ch);
	if (ch == EOF && out->len == 0) {
		fputc('\n', c->err);
		return false;
	}
	while (out->len && isspace(out->p[out->len - 1]))
		out->len--;
	while (out->len && isspace(out->p[0])) {
		memmove(out->p, out->p + 1, out->len - 1);
		out->len--;
	}
	return true;
}

/* The first letter of yes and of no, in the languages of the region: y, p(o), d(a), e(vet); n, j(o), h(ayır). */
static int
answer_of(const char *text)
{
	static const char *const yes[] = { "y", "yes", "po", "da", "d", "да", "д", "e", "evet", "va" };
	static const char *const no[] = { "n", "no", "jo", "ne", "не", "н", "h", "hayır", "na" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	return -1;
}

bool
ask_yes(struct call *c, const char *question, bool otherwise)
{
	struct buf line = { 0 }, text = { 0 };
	int answer = -1;

	buf_printf(&text, "%s %s ", question, otherwise ? "[Y/n]" : "[y/N]");
	while (answer < 0) {
		if (!ask_line(c, buf_text(&text), &line) || line.len == 0)
			answer = otherwise;
		else if ((answer = answer_of(buf_text(&line))) < 0)
			fprintf(c->err, "%s\n", _("Please answer y or n."));
	}
	buf_free(&line);
	buf_free(&text);
	return answer == 1;
}

enum err_code
ask_consent(struct call *c, const char *object, const char *question, struct err *e)
{
	if (c->yes || !c->asks || ask_yes(c, question, false))
		return ERR_OK;
	return err_set(e, ERR_FAILED, object, "consent", _("left as it was"));
}
