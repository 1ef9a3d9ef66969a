#include "node/coap/inside.h"

#include <stdio.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/utf8.h"

/* RFC 9290 section 2: the keys of the standard entries that we use. */
#define TITLE (-1)
#define DETAIL (-2)

/* Text that CBOR can carry: what is not UTF-8 becomes question marks, as control characters did before. */
static void
put_clean(struct buf *out, char *text)
{
	if (!utf8_valid(bytes_text(text)))
		for (char *p = text; *p; p++)
			if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
				*p = '?';
	cbor_put_text(out, bytes_text(text));
}

void
answer_error(struct coap_answer *a, const struct err *e)
{
	char title[64], detail[sizeof(e->object) + sizeof(e->rule) + sizeof(e->reason) + 8];

	buf_free(&a->body);
	*a = (struct coap_answer){ .code = (uint16_t)err_coap(e->code), .format = COAP_FORMAT_PROBLEM };
	snprintf(title, sizeof(title), "%s", err_meaning(e->code));
	err_text(e, detail, sizeof(detail));
	cbor_put_map(&a->body, 2);
	cbor_put_int(&a->body, TITLE);
	put_clean(&a->body, title);
	cbor_put_int(&a->body, DETAIL);
	put_clean(&a->body, detail);
}

static const struct {
	uint16_t coap;
	enum err_code code;
} codes[] = {
	{ 403, ERR_DENIED }, { 401, ERR_DENIED }, { 404, ERR_MISSING }, { 409, ERR_CONFLICT }, { 413, ERR_LIMIT },
	{ 429, ERR_BUSY }, { 503, ERR_BUSY }, { 500, ERR_FAILED }, { 501, ERR_VERSION }, { 502, ERR_PEER },
};

static enum err_code
code_of(uint16_t coap)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].coap == coap)
			return codes[i].code;
	return coap < 500 ? ERR_INPUT : ERR_PEER;
}

/* Move the text before ": " from *REST to *OUT; false when there is none. */
static bool
split(struct bytes *rest, struct bytes *out)
{
	const uint8_t *at = memmem(rest->p, rest->len, ": ", 2);

	if (at == NULL)
		return false;
	*out = (struct bytes){ rest->p, (size_t)(at - rest->p) };
	*rest = (struct bytes){ at + 2, rest->len - out->len - 2 };
	return true;
}

/*
 * Our CBOR reader knows no negative map keys, on purpose. So the map's one-byte head is stepped over and its
 * keys and values are read as a sequence of items.
 */
bool
problem_read(uint16_t coap, struct bytes body, struct err *out)
{
	struct bytes detail = { 0 }, title = { 0 }, object = bytes_text("peer"), rule = bytes_text("answer");
	char object_text[sizeof(out->object)], rule_text[sizeof(out->rule)];
	struct cbor_reader r;
	unsigned pairs;

	if (body.len == 0 || body.p[0] < 0xa1 || body.p[0] > 0xb7)
		return false;
	pairs = body.p[0] & 31;
	cbor_open(&r, (struct bytes){ body.p + 1, body.len - 1 });
	while (pairs-- && (cbor_peek(&r) == CBOR_NEGATIVE || cbor_peek(&r) == CBOR_UINT)) {
		int64_t key = cbor_int(&r);

		if (cbor_peek(&r) == CBOR_TEXT && key == TITLE)
			title = cbor_text(&r);
		else if (cbor_peek(&r) == CBOR_TEXT && key == DETAIL)
			detail = cbor_text(&r);
		else
			cbor_any(&r);
	}
	/* Entries of others that our reader does not know end the loop; the standard ones come before them. */
	if (title.len == 0 && detail.len == 0)
		return false;
	if (detail.len == 0)
		detail = title;
	if (split(&detail, &object) && !split(&detail, &rule))
		rule = bytes_text("answer");
	snprintf(object_text, sizeof(object_text), "%.*s", (int)object.len, (const char *)object.p);
	snprintf(rule_text, sizeof(rule_text), "%.*s", (int)rule.len, (const char *)rule.p);
	err_set(out, code_of(coap), object_text, rule_text, "%.*s", (int)detail.len, (const char *)detail.p);
	return true;
}
