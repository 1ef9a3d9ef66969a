#include "tests/unit/export/bodies.h"


#include "node/export/export.h"
#include "node/export/hsds.h"
#include "node/export/jsonld.h"
#include "node/record/json.h"

#define BODIES 60

static struct chance
begin(void)
{
	const char *said = getenv("SEED");
	struct chance c = { .state = said ? strtoull(said, NULL, 10) : 20261122, .author = { { 0x11 } },
		.other = { { 0x22 } } };

	fprintf(stderr, "SEED=%llu\n", (unsigned long long)c.state);
	return c;
}

static cJSON *
shown(const struct kind *k, const struct buf *body)
{
	struct bytes none = { 0 };
	cJSON *o = NULL;

	cr_assert_eq(body_to_json(k, buf_bytes(body), none, &o, NULL), ERR_OK);
	return o;
}

/* What travels is text: it is printed and parsed. */
static cJSON *
through_text(cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);
	cJSON *back = NULL;
	struct err e = { 0 };

	cr_assert_eq(json_parse(bytes_text(text), 1 << 20, "text", &back, &e), ERR_OK, "%s: %s %s", text, e.rule, e.reason);
	cJSON_free(text);
	cJSON_Delete(o);
	return back;
}

static void
same_body(const struct chance *c, const struct kind *k, const cJSON *entry, const struct buf *body, const cJSON *from)
{
	struct buf again = { 0 }, none = { 0 };
	struct err e = { 0 };
	char *text = cJSON_PrintUnformatted(from), *said = cJSON_PrintUnformatted(entry);

	cr_assert_eq(body_from_json(k, &c->author, entry, NULL, &again, &none, &e), ERR_OK, "%s: %s: %s: %s", text, e.object,
	    e.rule, e.reason);
	cr_assert(bytes_equal(buf_bytes(&again), buf_bytes(body)), "%s\n%s", said, text);
	cJSON_free(text);
	cJSON_free(said);
	buf_free(&again);
	buf_free(&none);
}

/* Of every kind that HSDS has: through HSDS with our profile, in both versions, comes the same canonical body. */
Test(roundtrip, hsds_with_the_profile)
{
	struct chance c = begin();

	for (size_t i = 0; i < BODIES * kinds_count; i++) {
		const struct kind *k = kinds[i % kinds_count];
		struct hsds_context how = { .version = i / kinds_count % 2 ? HSDS_31 : HSDS_30, .author = &c.author };
		struct buf body = { 0 };
		cJSON *entry, *object, *back;

		if (hsds_of_kind(k->number) == NULL)
			continue;
		chance_body(&c, k, &body);
		entry = shown(k, &body);
		object = through_text(hsds_write(k, "1f0c2e4a-0000-4000-8000-000000000001", entry, &how));
		back = hsds_read(k, object, &how);
		same_body(&c, k, back, &body, object);
		cJSON_Delete(entry);
		cJSON_Delete(object);
		cJSON_Delete(back);
		buf_free(&body);
	}
}

/* Of every kind that people enter: through JSON-LD comes the same canonical body. */
Test(roundtrip, jsonld)
{
	struct chance c = begin();

	for (size_t i = 0; i < BODIES * kinds_count; i++) {
		const struct kind *k = kinds[i % kinds_count];
		struct buf body = { 0 };
		cJSON *entry, *object, *back;

		if (jsonld_type(k->number) == NULL)
			continue;
		chance_body(&c, k, &body);
		entry = shown(k, &body);
		object = through_text(jsonld_write(k, "1f0c2e4a-0000-4000-8000-000000000001", entry, &c.author));
		back = jsonld_read(k, object, &c.author);
		same_body(&c, k, back, &body, object);
		cJSON_Delete(entry);
		cJSON_Delete(object);
		cJSON_Delete(back);
		buf_free(&body);
	}
}

/* Of a field that the table of losses does not name the profile says nothing: plain HSDS keeps all of it. */
Test(roundtrip, what_is_lost_stands_in_the_table)
{
	struct chance c = begin();

	for (size_t i = 0; i < BODIES * kinds_count; i++) {
		const struct kind *k = kinds[i % kinds_count];
		struct hsds_context how = { .version = HSDS_31, .author = &c.author };
		struct buf body = { 0 };
		cJSON *entry, *object, *lost;

		if (hsds_of_kind(k->number) == NULL)
			continue;
		chance_body(&c, k, &body);
		entry = shown(k, &body);
		object = hsds_write(k, "1f0c2e4a-0000-4000-8000-000000000001", entry, &how);
		lost = cJSON_GetObjectItem(cJSON_GetObjectItem(object, "kilim"), "fields");
		for (const cJSON *v = lost ? lost->child : NULL; v; v = v->next) {
			const struct field *f = kind_field_by_word(k, v->string);
			char *text = cJSON_PrintUnformatted(object);

			cr_assert_not_null(f);
			cr_expect_not(export_keeps(k, f, NULL), "%s.%s is lost, and the table does not say so: %s", k->word, f->word,
			    text);
			cJSON_free(text);
		}
		cJSON_Delete(entry);
		cJSON_Delete(object);
		buf_free(&body);
	}
}
