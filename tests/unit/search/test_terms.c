/* node/search/terms.c: what a record can be found by, and what it must not be found by. */
#include "node/search/inside.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/json.h"
#include "proto/cbor.h"
#include "proto/kinds/tables.h"
#include "proto/stamp.h"
#include "tests/lib/corpus.h"

static const struct id me = { { 1 } };
static struct err err;
static enum disclose_as as;
#define RS_BUCKET bucket_make(COLLECTION_DIRECTORY, TERRITORY('R', 'S'), AUDIENCE_PUBLIC)

static void
cut(const struct kind *k, struct bytes body, struct terms *out)
{
	struct record r = { .author = me, .kind = k->number, .stamp = stamp_make(1767268800000LL, 0), .body = body };

	terms_cut(k, &r, RS_BUCKET, as, 7, out);
}

static const struct packed *
find(const struct terms *t, char class, struct bytes key)
{
	static struct packed p;

	for (size_t at = 0; terms_next(t, &at, &p);)
		if (p.term.p[0] == (uint8_t)class && bytes_equal((struct bytes){ p.term.p + 1, p.term.len - 1 }, key))
			return &p;
	return NULL;
}

static bool
has(const struct terms *t, char class, const char *key)
{
	return find(t, class, bytes_text(key)) != NULL;
}

/* In no term of any class, nor as a part of one. */
static bool
leaks(const struct terms *t, struct bytes marker)
{
	struct packed p;

	for (size_t at = 0; terms_next(t, &at, &p);)
		if (memmem(p.term.p, p.term.len, marker.p, marker.len))
			return true;
	return false;
}

/* --- bodies with a marker in every field --- */

struct marker {
	char text[12];
	const struct field *field;
	bool kept;                     /* it, or what it stands in, is private or tells too much */
};
struct markers {
	struct marker list[512];
	size_t count;
	enum disclosure level;
};

static struct marker *
new_marker(struct markers *m, const struct field *f, bool kept)
{
	struct marker *one = &m->list[m->count];
	size_t n = m->count++;

	cr_assert_lt(m->count, 512);
	*one = (struct marker){ .field = f, .kept = kept };
	snprintf(one->text, sizeof one->text, "zmark%c%c%c", (char)('a' + n / 676), (char)('a' + n / 26 % 26),
	    (char)('a' + n % 26));
	return one;
}

static bool
is_kept(const struct markers *m, const struct field *f)
{
	return (f->flags & FIELD_PRIVATE) || ((f->flags & FIELD_EXACT) && m->level > DISCLOSURE_EXACT) ||
	    ((f->flags & FIELD_PLACE) && m->level >= DISCLOSURE_TERRITORY);
}

static void put_fields(struct buf *b, struct markers *m, const struct field *fields, size_t count, bool kept);

static void
put_reference(struct buf *b, struct markers *m, const struct field *f, bool kept)
{
	struct id author = { { 0 } };
	static const struct uuid name;

	memcpy(author.b, new_marker(m, f, kept)->text, sizeof m->list->text);
	cbor_put_array(b, 2);
	cbor_put_bytes(b, BYTES_OF(author));
	cbor_put_bytes(b, BYTES_OF(name));
}

static void
put_value(struct buf *b, struct markers *m, const struct field *f, bool kept)
{
	static const struct id some = { { 9 } };

	switch (f->type) {
	case FIELD_TEXT:
		cbor_put_text(b, bytes_text(new_marker(m, f, kept)->text));
		break;
	case FIELD_MLTEXT:
		cbor_put_array(b, 2);
		for (int i = 0; i < 2; i++) {
			cbor_put_array(b, 3);
			cbor_put_text(b, bytes_text(i ? "sr-Latn" : "sq"));
			cbor_put_text(b, bytes_text(new_marker(m, f, kept)->text));
			cbor_put_uint(b, 0);
		}
		break;
	case FIELD_CODE:
		cbor_put_text(b, bytes_text(f->codes == &disclosure_codes ? disclosure_word(m->level)
		                                                          : f->codes->codes[0].word));
		break;
	case FIELD_REFERENCE:
		put_reference(b, m, f, kept);
		break;
	case FIELD_GROUP:
		put_fields(b, m, f->fields, f->field_count, kept);
		break;
	case FIELD_LANGUAGE:
		cbor_put_text(b, bytes_text("sqi"));
		break;
	case FIELD_TAG:
		cbor_put_text(b, bytes_text("tr"));
		break;
	case FIELD_PHONE:
		cbor_put_text(b, bytes_text("+38344123456"));
		break;
	case FIELD_URL:
	case FIELD_EMAIL:
		cbor_put_text(b, bytes_text(f->type == FIELD_URL ? "https://example.org" : "a@example.org"));
		break;
	case FIELD_BLOB:
	case FIELD_KEY:
	case FIELD_HASH:
	case FIELD_NODE:
	case FIELD_BYTES:
		cbor_put_bytes(b, BYTES_OF(some));
		break;
	case FIELD_BOOL:
		cbor_put_bool(b, false);
		break;
	default:
		cbor_put_uint(b, 5);
	}
}

static void
put_field(struct buf *b, struct markers *m, const struct field *f, bool kept)
{
	kept |= is_kept(m, f);
	cbor_put_uint(b, f->number);
	if (f->flags & FIELD_LIST)
		cbor_put_array(b, 1);
	put_value(b, m, f, kept);
}

static void
put_fields(struct buf *b, struct markers *m, const struct field *fields, size_t count, bool kept)
{
	cbor_put_map(b, count);
	for (size_t i = 0; i < count; i++)
		put_field(b, m, &fields[i], kept);
}

static void
put_body(struct buf *b, struct markers *m, const struct kind *k)
{
	cbor_put_map(b, common_fields_count + k->field_count);
	for (size_t i = 0; i < common_fields_count; i++)
		put_field(b, m, &common_fields[i], false);
	for (size_t i = 0; i < k->field_count; i++)
		put_field(b, m, &k->fields[i], false);
}

/*
 * Of every kind, at every level: what may be shown and has a weight is a term; what is private, exact or tells a place too
 * closely is in no term; and whatever is a term is in what readers are shown.
 */
Test(terms, every_field_of_every_kind)
{
	size_t indexed = 0, kept = 0;

	for (size_t i = 0; i < kinds_count; i++)
		for (int level = 0; level < 4 && !(kinds[i]->flags & KIND_INTERNAL); level++) {
			bool levels = kind_field_by_word(kinds[i], "disclosure") != NULL;
			struct markers m = { .level = levels ? (enum disclosure)level : DISCLOSURE_EXACT };
			struct buf body = { 0 };
			cJSON *object = NULL;
			struct terms t;
			char *shown;

			put_body(&body, &m, kinds[i]);
			cut(kinds[i], buf_bytes(&body), &t);
			cr_assert_eq(body_to_json(kinds[i], buf_bytes(&body), (struct bytes){ NULL, 0 }, &object, &err), ERR_OK,
			    "%s: %s", kinds[i]->word, err.reason);
			disclose_prune(kinds[i], buf_bytes(&body), object);
			cr_assert_not_null(shown = cJSON_PrintUnformatted(object));
			for (size_t n = 0; n < m.count; n++) {
				const struct marker *one = &m.list[n];
				bool found = leaks(&t, bytes_text(one->text));
				bool text = one->field->type != FIELD_REFERENCE;

				cr_assert(!one->kept || !found, "%s %s at %s", kinds[i]->word, one->field->word,
				    disclosure_word(m.level));
				if (!one->kept && (!text || one->field->weight > 0))
					cr_assert(found, "%s %s at %s", kinds[i]->word, one->field->word,
					    disclosure_word(m.level));
				cr_assert(!found || !text || strstr(shown, one->text), "%s %s is a term and not shown",
				    kinds[i]->word, one->field->word);
				indexed += found;
				kept += one->kept;
			}
			cr_assert(has(&t, TERM_KIND, kinds[i]->word));
			cr_assert(find(&t, TERM_AUTHOR, BYTES_OF(me)));
			cJSON_free(shown);
			cJSON_Delete(object);
			buf_free(&t.packed);
			buf_free(&body);
		}
	cr_assert(indexed > 300 && kept > 100, "%zu %zu", indexed, kept);
}

/* --- one record, as people write it --- */

static void
cut_json(const char *kind, const char *text, struct terms *out)
{
	struct buf body = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	cr_assert_eq(json_parse(bytes_text(text), 100000, "t", &object, &err), ERR_OK, "%s: %s", text, err.reason);
	cr_assert_eq(body_from_json(kind_by_word(kind), &me, object, NULL, &body, &private_fields, &err), ERR_OK,
	    "%s: %s: %s", text, err.object, err.reason);
	cJSON_Delete(object);
	cut(kind_by_word(kind), buf_bytes(&body), out);
	buf_free(&body);
	buf_free(&private_fields);
}

#define SERVICE "\"organisation\":\"1f0c2e4a-0000-4000-8000-00000000000a\"," \
	"\"name\":{\"sq\":\"Linja e grave\",\"sr-Cyrl\":\"Женска линија\"},\"description\":{\"en\":\"Advice. Advice!\"}," \
	"\"languages\":[\"sqi\",\"rom\"],\"service_areas\":[\"XK\",\"AL\"],\"municipalities\":[\"Izmišljenovo Grad\"]," \
	"\"kind_terms\":[\"helpline\"],\"channels\":[{\"type\":\"chat\"}]"

/* Words by field, facets by what they are; words of several texts of one field count together. */
Test(terms, of_a_service)
{
	struct terms t;

	cut_json("service", "{" SERVICE ",\"phones\":[\"+38338123456\"]}", &t);
	cr_assert(has(&t, TERM_WORD, "zenska") && has(&t, TERM_WORD, "grave") && has(&t, TERM_WORD, "38338123456"));
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("advice"))->weight, 2 * 3);
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("advice"))->fields, IN_TEXT);
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("linija"))->fields, IN_TITLE);
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("helpline"))->fields, IN_TOPIC);
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("izmisljenovo"))->fields, IN_PLACE);
	cr_assert(has(&t, TERM_PLACE, "izmisljenovo grad"));
	cr_assert(has(&t, TERM_TERRITORY, "XK") && has(&t, TERM_TERRITORY, "AL") && !has(&t, TERM_TERRITORY, "RS"));
	cr_assert(has(&t, TERM_SPEAKS, "sqi") && has(&t, TERM_SPEAKS, "rom"));
	cr_assert(has(&t, TERM_TEXT_LANGUAGE, "sr") && has(&t, TERM_TEXT_LANGUAGE, "sq") && has(&t, TERM_TEXT_LANGUAGE, "en"));
	cr_assert(has(&t, TERM_CHANNEL, "chat") && has(&t, TERM_TOPIC, "helpline"));
	cr_assert_eq(t.doc.territories, 1 << 0 | 1 << 5);
	cr_assert_eq(t.doc.kind, KIND_SERVICE);
	cr_assert_eq(t.doc.stale_days, 90, "a helpline is urgent");
	cr_assert_eq(t.doc.verified_day, 2192, "2026-01-01, the day it was signed");
	cr_assert_eq(t.doc.flags, 0);
	buf_free(&t.packed);
}

/* A redacted service is found by its name and territory, never by where it is, nor by a town's area code or a street. */
Test(terms, of_a_redacted_service)
{
	struct terms t;

	cut_json("service", "{" SERVICE ",\"disclosure\":\"redacted\",\"phones\":[\"+38338123456\"],"
	    "\"alternate_name\":{\"sr\":\"ulica Skrivena 5\"}}", &t);
	cr_assert(has(&t, TERM_WORD, "zenska") && has(&t, TERM_TERRITORY, "XK"));
	cr_assert(!leaks(&t, bytes_text("izmisljenovo")) && !leaks(&t, bytes_text("38123456")) &&
	    !leaks(&t, bytes_text("skrivena")));
	buf_free(&t.packed);
	cut_json("service", "{" SERVICE ",\"disclosure\":\"redacted\",\"phones\":[\"+38344123456\"]}", &t);
	cr_assert(has(&t, TERM_WORD, "38344123456"));
	buf_free(&t.packed);
}

/* What members say tells an address is found by its title, its codes and its number; by no text, though no rule finds a place in it. */
Test(terms, of_an_exposed_service)
{
	struct terms t;

	as = DISCLOSE_AS_EXPOSED;
	cut_json("service", "{" SERVICE ",\"phones\":[\"+38338123456\"],\"alternate_name\":{\"sr\":\"iza plave skole\"},"
	    "\"alert\":{\"sr\":\"ulaz otpozadi\"}}", &t);
	as = DISCLOSE_AS_STATED;
	cr_assert(has(&t, TERM_WORD, "zenska") && has(&t, TERM_TERRITORY, "XK") && has(&t, TERM_TOPIC, "helpline"));
	cr_assert(has(&t, TERM_WORD, "38338123456"), "who was called before is called still");
	cr_assert(has(&t, TERM_EXPOSED, INDEX_EXPOSED));
	cr_assert(!leaks(&t, bytes_text("izmisljenovo")) && !leaks(&t, bytes_text("skole")) &&
	    !leaks(&t, bytes_text("otpozadi")) && !leaks(&t, bytes_text("advice")));
	buf_free(&t.packed);
}

/* Where an entry states no territory it is its author's. */
Test(terms, territory_of_the_author)
{
	struct terms t;

	cut_json("location", "{\"disclosure\":\"exact\",\"name\":{\"en\":\"House\"}}", &t);
	cr_assert(has(&t, TERM_TERRITORY, "RS"));
	cr_assert_eq(t.doc.territories, 1 << 4);
	buf_free(&t.packed);
}

/* Bodies that anybody may have signed: nothing to find, nothing to fall over. */
Test(terms, strange_bodies)
{
	static const char *const bodies[] = { "\xa0", "\xa1\x18\x21\x05", "\xa1\x18\x21\x80", "\xa1\x18\x21\x81\x80", "\x05", "",
		"\xa1\x18\x2f\x81\x62ZQ" };

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct terms t;

		cut(&kind_service, bytes_text(bodies[i]), &t);
		cr_assert_eq(t.count, 3, "kind, author, territory: %zu of body %zu", t.count, i);
		buf_free(&t.packed);
	}
}

/* Thousands of words are each a term once; a weight ends at its bound. */
Test(terms, many_words)
{
	struct buf body = { 0 }, text = { 0 };
	struct terms t;

	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "w%c%c%c again ", 'a' + i / 676, 'a' + i / 26 % 26, 'a' + i % 26);
	cbor_put_map(&body, 1);
	cbor_put_uint(&body, 34);
	cbor_put_array(&body, 1);
	cbor_put_array(&body, 3);
	cbor_put_text(&body, bytes_text("en"));
	cbor_put_text(&body, buf_bytes(&text));
	cbor_put_uint(&body, 0);
	cut(&kind_service, buf_bytes(&body), &t);
	cr_assert_eq(t.count, 3001 + 4);
	cr_assert_eq(find(&t, TERM_WORD, bytes_text("again"))->weight, 255);
	cr_assert_eq(t.doc.length, 6000);
	buf_free(&t.packed);
	buf_free(&body);
	buf_free(&text);
}

/* Were the same words other terms than before, what is in stores could not be taken out again: raise INDEX_FORMAT with this. */
Test(terms, words_are_those_of_the_format)
{
	uint64_t h = 0xcbf29ce484222325u;
	struct corpus c;

	corpus_init(&c, 1);
	for (unsigned language = 0; language < CORPUS_LANGUAGES; language++)
		for (size_t rank = 0; rank < CORPUS_WORDS / CORPUS_LANGUAGES; rank++) {
			struct buf key = { 0 };

			fold_phrase(bytes_text(corpus_word(&c, language, rank)), &key);
			for (size_t i = 0; i < key.len; i++)
				h = (h ^ key.p[i]) * 0x100000001b3u;
			buf_free(&key);
		}
	corpus_done(&c);
	cr_assert_eq(INDEX_FORMAT, 5);
	cr_assert_eq(h, 0x8f75c2d73c6b53f8u, "%llx", (unsigned long long)h);
}
