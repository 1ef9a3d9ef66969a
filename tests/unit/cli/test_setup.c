#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "node/cli/setup.h"

/* RS is Serbia; what names a place in Republika Srpska is never put there by a slip. */
Test(setup, territory)
{
	static const struct { const char *text, *name, *place; bool sure; const char *code; } rows[] = {
		{ "RS", "Centar Užice", NULL, false, "RS" },
		{ "Kosovë", NULL, NULL, false, "XK" },
		{ "RS", "Centar Banja Luka", NULL, false, NULL },
		{ "Srbija", "Центар Бања Лука", NULL, false, NULL },
		{ "RS", "Centar", "Istočno Sarajevo", false, NULL },
		{ "RS", "Centar Banja Luka", NULL, true, "RS" },
		{ "BA", "Centar Banja Luka", NULL, false, "BA" },
		{ "Republika Srpska", NULL, NULL, false, NULL },
		{ "Република Српска", NULL, NULL, true, NULL },
		{ "Atlantis", NULL, NULL, false, NULL },
	};
	const struct code *code;
	struct err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum err_code rc = setup_territory(rows[i].text, rows[i].name, rows[i].place, rows[i].sure, &code, &e);

		cr_assert_eq(rc, rows[i].code ? ERR_OK : ERR_INPUT, "%s", rows[i].text);
		if (rows[i].code)
			cr_assert_str_eq(code->word, rows[i].code);
		else if (strcmp(rows[i].text, "Atlantis") != 0)
			cr_assert(strstr(e.reason, "BA"), "%s", e.reason);
	}
}

static enum err_code
init(struct heard *h, const char *dir, bool asks, const char *typed, const char *const *words)
{
	char *argv[16] = { "kilim", "init", "--dir", (char *)(uintptr_t)dir };
	int argc = 4;
	enum err_code rc;

	for (; *words; words++)
		argv[argc++] = (char *)(uintptr_t)*words;
	hear(h);
	rc = args_parse(&h->call, argc, argv, &h->error);
	h->call.asks = asks;
	if (asks)
		h->call.in = fmemopen((char *)(uintptr_t)typed, strlen(typed), "r");
	if (rc == ERR_OK)
		rc = setup_init(&h->call, &h->error);
	if (asks)
		fclose(h->call.in);
	return rc;
}
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void
remove_all(const char *dir)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

static bool
conf_has(const char *dir, const char *line)
{
	char path[300], text[8192] = { 0 };
	FILE *f;

	snprintf(path, sizeof(path), "%s/kilim.conf", dir);
	cr_assert_not_null(f = fopen(path, "r"));
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	return strstr(text, line) != NULL;
}

/* Nobody there to answer, or no answer given: the organisation is protected. Only a clear no says otherwise. */
Test(setup, protected_unless_told)
{
	char dir[] = "/tmp/kilim-setup-XXXXXX", a[64];
	struct heard h;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	cr_assert_eq(init(&h, a, false, "", WORDS("--name", "A", "--territory", "AL")), ERR_OK, "%s", h.error.reason);
	cr_assert(conf_has(a, "\nprotected = yes"));
	hush(&h);
	remove_all(a);
	cr_assert_eq(init(&h, a, true, "Ana\nRS\n\n\n", WORDS("--no-input")), ERR_OK, "%s", h.error.reason);
	cr_assert(conf_has(a, "\nprotected = yes"));
	cr_assert(strstr(heard_err(&h), "Serbia? For Republika Srpska use BA"));
	hush(&h);
	remove_all(a);
	cr_assert_eq(init(&h, a, true, "n\n", WORDS("--name", "A", "--territory", "AL")), ERR_OK);
	cr_assert(conf_has(a, "\nprotected = no"));
	hush(&h);
	remove_all(dir);
}

/* Without --language texts get the language of the territory, where there is one; a language that is given counts. */
Test(setup, language_of_the_territory)
{
	static const struct { const char *territory, *given, *line; } rows[] = {
		{ "AL", NULL, "\nlanguage = sq\n" }, { "BA", NULL, "\nlanguage = bs\n" },
		{ "ME", NULL, "\nlanguage = cnr\n" }, { "MK", NULL, "\nlanguage = mk\n" },
		{ "RS", NULL, "\nlanguage = sr\n" }, { "XK", NULL, "\nlanguage = sq\n" },
		{ "RS", "hu", "\nlanguage = hu\n" }, { "WB", NULL, NULL }, { "ZZ", NULL, NULL },
	};
	char dir[] = "/tmp/kilim-setup-XXXXXX", a[64];

	cr_assert_not_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *tag = setup_language(rows[i].territory);
		struct heard h;

		cr_assert(tag == NULL || tag_valid(bytes_text(tag)), "%s", tag);
		cr_assert_eq(init(&h, a, false, "", WORDS("--name", "A", "--territory", rows[i].territory,
		    rows[i].given ? "--language" : NULL, rows[i].given)), ERR_OK, "%s", h.error.reason);
		cr_assert(conf_has(a, rows[i].line ? rows[i].line : "\nterritory"));
		cr_assert_eq(conf_has(a, "\nlanguage ="), rows[i].line != NULL, "%s", rows[i].territory);
		cr_assert(strstr(heard_out(&h), "\nlanguage: "));
		cr_assert_eq(strstr(heard_err(&h), "kilim.conf, under [organisation]: language = TAG") != NULL,
		    rows[i].given == NULL);
		hush(&h);
		remove_all(a);
	}
	remove_all(dir);
}

/* A refused init leaves nothing behind, and a dry run neither. */
Test(setup, nothing_is_made_in_vain)
{
	static const struct { const char *const words[7]; enum err_code rc; } rows[] = {
		{ { "--name", "A" }, ERR_USAGE },
		{ { "--territory", "AL" }, ERR_USAGE },
		{ { "--name", "", "--territory", "AL" }, ERR_USAGE },
		{ { "--name", "A\xff", "--territory", "AL" }, ERR_INPUT },
		{ { "--name", "A", "--territory", "Republika Srpska" }, ERR_INPUT },
		{ { "--name", "A", "--territory", "AL", "--protected", "maybe" }, ERR_USAGE },
		{ { "--name", "A", "--territory", "AL", "--listen", "nowhere" }, ERR_INPUT },
		{ { "--name", "A", "--territory", "AL", "--language", "x" }, ERR_INPUT },
		{ { "--name", "A", "--territory", "AL", "--dry-run" }, ERR_OK },
	};
	char dir[] = "/tmp/kilim-setup-XXXXXX", a[64];
	struct heard h;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(init(&h, a, false, "", rows[i].words), rows[i].rc, "%zu: %s", i, h.error.reason);
		cr_assert_neq(access(a, F_OK), 0, "row %zu made something", i);
		hush(&h);
	}
	remove_all(dir);
}
