#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "node/cli/form.h"
#include "node/cli/json.h"

/* VALUES up to NULL, given one after the other to the field of an organisation or service, as one line of JSON. */
static void
becomes(const char *kind, const char *word, const char *const *values, const char *wanted)
{
	const struct field *f = kind_field_by_word(kind_by_word(kind), word);
	cJSON *object = cJSON_CreateObject();
	struct err e = { 0 };
	char *text;

	for (; *values; values++)
		cr_assert_eq(form_put(object, f, *values, "sq", &e), ERR_OK, "%s: %s", *values, e.reason);
	text = cJSON_PrintUnformatted(cJSON_GetObjectItem(object, word));
	cr_assert_str_eq(text, wanted);
	cJSON_free(text);
	cJSON_Delete(object);
}
#define VALUES(...) (const char *const[]){ __VA_ARGS__, NULL }

/* A text gets the node's language unless it names its own; further languages join the first. */
Test(form, texts_by_language)
{
	becomes("organisation", "name", VALUES("Qendra"), "{\"sq\":\"Qendra\"}");
	becomes("organisation", "name", VALUES("sr-Cyrl:Центар", "en:Centre"), "{\"sr-Cyrl\":\"Центар\",\"en\":\"Centre\"}");
	becomes("organisation", "description", VALUES("Note: bring papers"), "{\"sq\":\"Note: bring papers\"}");
	becomes("organisation", "description", VALUES("see: the page"), "{\"sq\":\"see: the page\"}");
	becomes("organisation", "description", VALUES("hours:9-17"), "{\"sq\":\"hours:9-17\"}");
	becomes("organisation", "description", VALUES("Sr:y"), "{\"sq\":\"Sr:y\"}");
	becomes("organisation", "description", VALUES("x:y"), "{\"sq\":\"x:y\"}");
	becomes("organisation", "name", VALUES("{\"mk\":\"А\"}"), "{\"mk\":\"А\"}");
}

/* Words are split at commas, and an option given again adds to the list; texts keep their commas. */
Test(form, lists)
{
	becomes("organisation", "territories", VALUES("RS, XK", "AL"), "[\"RS\",\"XK\",\"AL\"]");
	becomes("organisation", "alternate_names", VALUES("A, B and C", "D"), "[\"A, B and C\",\"D\"]");
	becomes("organisation", "languages", VALUES("[\"srp\"]"), "[\"srp\"]");
}

/* Numbers and yes or no become JSON's own types; a group is given by its words, or by its first one alone. */
Test(form, numbers_and_groups)
{
	becomes("organisation", "founded", VALUES("1999"), "1999");
	becomes("location", "lat", VALUES("41.5"), "41.5");
	becomes("organisation", "phones", VALUES("+38111000"), "[{\"number\":\"+38111000\"}]");
	becomes("organisation", "phones", VALUES("number=+38111000, languages=srp,eng, label=en:desk, at night"),
	    "[{\"number\":\"+38111000\",\"languages\":[\"srp\",\"eng\"],\"label\":{\"en\":\"desk, at night\"}}]");
	becomes("organisation", "phones", VALUES("{\"number\":\"1\"}", "2"), "[{\"number\":\"1\"},{\"number\":\"2\"}]");
	becomes("location", "address", VALUES("street=Rruga 1, city=X"), "{\"street\":\"Rruga 1\",\"city\":\"X\"}");
}

/* What cannot be a number, a yes or JSON is refused here, naming the field. */
Test(form, wrong_values)
{
	static const struct { const char *kind, *word, *value; } rows[] = {
		{ "organisation", "founded", "x" }, { "organisation", "founded", "1.5" }, { "organisation", "founded", "" },
		{ "location", "lat", "north" }, { "location", "lat", "inf" }, { "organisation", "languages", "[1" },
	};
	cJSON *object = cJSON_CreateObject();
	struct err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field *f = kind_field_by_word(kind_by_word(rows[i].kind), rows[i].word);

		cr_assert_eq(form_put(object, f, rows[i].value, "sq", &e), ERR_INPUT, "%s", rows[i].value);
		cr_assert_str_eq(e.object, rows[i].word);
		cr_assert_eq(cJSON_GetArraySize(object), 0);
	}
	cJSON_Delete(object);
}

/* Any bytes as a value of any field lead to JSON or to an error, never to a crash. */
Test(form, any_value_of_any_field)
{
	unsigned seed = (unsigned)getpid();
	const char letters[] = "=,{}[]\":sr-x1+ \xc5\xbe\xff";
	struct err e;

	printf("seed %u\n", seed);
	for (int round = 0; round < 20000; round++) {
		const struct kind *k = kind_by_word(round % 2 ? "organisation" : "location");
		const struct field *f = &k->fields[(size_t)rand_r(&seed) % k->field_count];
		cJSON *object = cJSON_CreateObject();
		char text[24] = { 0 };

		for (int i = 0, n = rand_r(&seed) % 23; i < n; i++)
			text[i] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		if (rand_r(&seed) % 2 && f->field_count)
			snprintf(text, sizeof(text), "%s=%.8s", f->fields[0].word, "=,x=");
		form_put(object, f, text, "sq", &e);
		cJSON_Delete(object);
	}
}

static enum err_code
read_file(const char *content, size_t len, struct err *e)
{
	struct heard h;
	struct buf out = { 0 };
	char path[] = "/tmp/kilim-form-XXXXXX";
	int fd = mkstemp(path);
	enum err_code rc;

	cr_assert_eq(write(fd, content, len), (ssize_t)len);
	close(fd);
	hear(&h);
	rc = form_read(&h.call, path, &out, e);
	hush(&h);
	buf_free(&out);
	unlink(path);
	return rc;
}

/* A file that cannot be right is refused with its reason before anything is sent. */
Test(form, files)
{
	struct heard h;
	struct buf out = { 0 };
	struct err e;

	hear(&h);
	cr_assert_eq(form_read(&h.call, "/nonexistent/x.json", &out, &e), ERR_MISSING);
	cr_assert_str_eq(e.object, "/nonexistent/x.json");
	cr_assert_eq(form_read(&h.call, "/tmp", &out, &e), ERR_INPUT);
	cr_assert_str_eq(e.rule, "directory");
	hush(&h);
	cr_assert_eq(read_file("", 0, &e), ERR_INPUT);
	cr_assert_str_eq(e.rule, "empty");
	cr_assert_eq(read_file("{}\n\n\xff", 5, &e), ERR_INPUT);
	cr_assert_str_eq(e.rule, "utf-8");
	cr_assert(strstr(e.reason, "line 3"));
	cr_assert_eq(read_file("{}", 2, &e), ERR_OK);
}

/* The daemon's refusal of one field is asked again; the answer replaces it. */
Test(form, refused_field_is_asked_again)
{
	char answers[] = "RS\n\n";
	struct heard h;
	cJSON *object = cJSON_CreateObject();

	hear(&h);
	h.call.kind = kind_by_word("organisation");
	h.call.in = fmemopen(answers, strlen(answers), "r");
	cJSON_AddStringToObject(object, "territories", "QQ");
	err_set(&h.error, ERR_INPUT, "organisation: territories[0]", "code", "no such territory");
	cr_assert(form_ask_again(&h.call, object, &h.error));
	cr_assert_str_eq(json_at(object, "territories")->child->valuestring, "RS");
	cr_assert(strstr(heard_err(&h), "no such territory"));
	err_set(&h.error, ERR_INPUT, "organisation", "canonical", "x");
	cr_assert_not(form_ask_again(&h.call, object, &h.error));
	fclose(h.call.in);
	cJSON_Delete(object);
	hush(&h);
}
