#include "cli.h"

/* Words up to NULL, as the shell would hand them over. */
static enum err_code
parse(struct heard *h, const char *const *words)
{
	char *argv[16] = { "kilim" };
	int argc = 1;

	for (; *words; words++)
		argv[argc++] = (char *)(uintptr_t)*words;
	hear(h);
	return args_parse(&h->call, argc, argv, &h->error);
}
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* Global options stand anywhere, also before and between the words of the command. */
Test(args, global_options_anywhere)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("--dir", "A", "network", "--json", "create", "Test", "--dry-run")), ERR_OK);
	cr_assert_str_eq(h.call.command->name, "network create");
	cr_assert_str_eq(h.call.dir_option, "A");
	cr_assert(h.call.json && h.call.dry_run && !h.call.plain);
	cr_assert_str_eq(call_arg(&h.call, 0), "Test");
	cr_assert_null(call_arg(&h.call, 1));
	hush(&h);
}

/* A noun that is a command as well takes what is no verb of its as an argument. */
Test(args, noun_or_command)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("invite", "Shoqata e Sajuar", "--territory", "XK", "--auto")), ERR_OK);
	cr_assert_str_eq(h.call.command->name, "invite");
	cr_assert_str_eq(call_option(&h.call, "territory"), "XK");
	cr_assert(call_flag(&h.call, "auto"));
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("invite", "list")), ERR_OK);
	cr_assert_str_eq(h.call.command->name, "invite list");
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("members", "--plain")), ERR_OK);
	cr_assert_str_eq(h.call.command->name, "members");
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("members", "supend", "org1x")), ERR_USAGE);
	cr_assert(strstr(h.error.reason, "members suspend"));
	hush(&h);
}

/* A number is whole and within its bounds, or refused by its option's name; one that is not given leaves all as it is. */
Test(args, numbers)
{
	static const char *const bad[] = { "", "0", "11", "1.5", "5x", "x", "99999999999999999999" };
	struct heard h;
	long n = 42;

	cr_assert_eq(parse(&h, WORDS("network", "create", "N")), ERR_OK);
	cr_assert_eq(call_number(&h.call, "writes-day", 1, 10, &n, &h.error), ERR_OK);
	cr_assert_eq(n, 42);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("network", "create", "N", "--writes-day", "10")), ERR_OK);
	cr_assert_eq(call_number(&h.call, "writes-day", 1, 10, &n, &h.error), ERR_OK);
	cr_assert_eq(n, 10);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("join", "CODE", "--wait", "")), ERR_OK);
	cr_assert_eq(call_number(&h.call, "wait", 0, 10, &n, &h.error), ERR_USAGE, "nothing is no zero");
	hush(&h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse(&h, WORDS("network", "create", "N", "--writes-day", bad[i])), ERR_OK);
		cr_assert_eq(call_number(&h.call, "writes-day", 1, 10, &n, &h.error), ERR_USAGE, "%s", bad[i]);
		cr_assert_str_eq(h.error.object, "--writes-day");
		cr_assert_eq(n, 10);
		hush(&h);
	}
}

/* Fields of the kind are options; the last of two counts, "=" and "-" and "_" are understood. */
Test(args, fields_are_options)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("organisation", "add", "--name=sr:Test", "--actor-type", "cso", "--audience",
	    "members", "--audience", "cso")), ERR_OK);
	cr_assert_eq(h.call.given_count, 4);
	cr_assert_str_eq(h.call.given[0].field->word, "name");
	cr_assert_str_eq(h.call.given[0].value, "sr:Test");
	cr_assert_str_eq(h.call.given[1].field->word, "actor_type");
	cr_assert_str_eq(call_option(&h.call, "audience"), "cso");
	cr_assert_str_eq(h.call.kind->word, "organisation");
	hush(&h);
}

/* Behind "--" everything is an argument, and "-" is one always. */
Test(args, dashes)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("network", "create", "--", "--json")), ERR_OK);
	cr_assert_str_eq(call_arg(&h.call, 0), "--json");
	cr_assert_not(h.call.json);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("service", "add", "-")), ERR_OK);
	cr_assert_str_eq(call_arg(&h.call, 0), "-");
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("record", "export", "rec1x", "-o", "f")), ERR_OK);
	cr_assert_str_eq(call_option(&h.call, "output"), "f");
	hush(&h);
}

/* What is not understood is a usage error, and names what was probably meant. */
Test(args, refusals)
{
	static const struct { const char *const words[5]; const char *said; } rows[] = {
		{ { "statsu" }, "did you mean \"status\"" },
		{ { "service", "lits" }, "did you mean \"service list\"" },
		{ { "service" }, "needs a verb" },
		{ { "service", "--own" }, "needs a verb" },
		{ { "zzzzzz" }, "see: kilim help" },
		{ { "status", "now" }, "not understood" },
		{ { "join" }, "CODE is missing" }, { { "service", "edit" }, "ID is missing; usage: kilim service edit ID [FILE|-]" },
		{ { "need", "take" }, "ID is missing" }, { { "need", "take", "4f" }, "OFFER is missing; usage: kilim need take ID OFFER" },
		{ { "join", "a", "b" }, "one argument too many" },
		{ { "join", "a", "--wiat", "3" }, "did you mean --wait" },
		{ { "join", "a", "--wait" }, "needs a value" },
		{ { "status", "--json=1" }, "takes no value" },
		{ { "service", "add", "--descripton", "x" }, "did you mean --description" },
		{ { "status", "-q" }, "two dashes" },
	};
	struct heard h;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(parse(&h, rows[i].words), ERR_USAGE, "%s", rows[i].said);
		cr_assert(strstr(h.error.reason, rows[i].said), "%s: %s", rows[i].said, h.error.reason);
		hush(&h);
	}
}

/* An option that stands where a value belongs was not meant as one; after "=" anything is. */
Test(args, forgotten_value)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("service", "list", "--territory", "--json")), ERR_USAGE);
	cr_assert_str_eq(h.error.reason, "--territory needs a value; --json is none");
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("service", "list", "--territory", "--own")), ERR_USAGE);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("organisation", "add", "--name", "--email=office@example.org")), ERR_USAGE);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("organisation", "add", "--name=--json")), ERR_OK);
	cr_assert_str_eq(h.call.given[0].value, "--json");
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("organisation", "add", "--name", "--of all--")), ERR_OK);
	hush(&h);
}

/* An empty argument, as an unset variable of a script makes one, is told as such. */
Test(args, empty_argument)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("service", "show", "")), ERR_USAGE);
	cr_assert(strstr(h.error.reason, "is empty"), "%s", h.error.reason);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("invite", "  ", "--territory", "AL")), ERR_USAGE);
	hush(&h);
}

/* A value that is no UTF-8 is refused before anything is asked of the node. */
Test(args, broken_text)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("organisation", "add", "--name", "A\xff")), ERR_INPUT);
	cr_assert_str_eq(h.error.object, "--name");
	hush(&h);
}

/* Help is never refused for missing arguments. */
Test(args, help_needs_no_arguments)
{
	struct heard h;

	cr_assert_eq(parse(&h, WORDS("join", "--help")), ERR_OK);
	cr_assert(h.call.help);
	hush(&h);
	cr_assert_eq(parse(&h, WORDS("service", "-h")), ERR_OK);
	cr_assert_null(h.call.command);
	cr_assert_str_eq(call_arg(&h.call, 0), "service");
	hush(&h);
}

/* An error is a sentence, or with --json one JSON document with the four members that checks rely on. */
Test(args, errors_in_both_forms)
{
	struct heard h;
	cJSON *whole, *json;

	hear(&h);
	err_set(&h.error, ERR_MISSING, "x\033.json", "file", "there is no such file");
	call_fault(&h.call, &h.error);
	cr_assert_str_eq(heard_err(&h), "kilim: x?.json: there is no such file\n");
	hush(&h);

	hear(&h);
	h.call.json = true;
	err_set(&h.error, ERR_MISSING, "x.json", "file", "there is no such file");
	call_fault(&h.call, &h.error);
	whole = cJSON_Parse(heard_err(&h));
	json = cJSON_GetObjectItem(whole, "error");
	cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(json, "code")), "missing");
	cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(json, "object")), "x.json");
	cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(json, "rule")), "file");
	cr_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(json, "reason")), "there is no such file");
	cr_assert_str_eq(heard_out(&h), "");
	cJSON_Delete(whole);
	hush(&h);
}
