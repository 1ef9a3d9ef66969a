/* proto/search.c: searches and their pages come back as they went, and nothing else is read. */
#include "proto/search.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/bounded.h"
#include "proto/cbor.h"
#include "tests/lib/vectors.h"

static struct search
some_search(void)
{
	struct search s = { .text = bytes_text("sigurna kuća"), .filter_count = 2, .flags = SEARCH_OPEN | SEARCH_FACETS,
		.radius_km = 30, .limit = 20, .page = 2, .language = bytes_text("sr-Latn") };

	s.filters[0].field = bytes_text("territory");
	s.filters[0].value = bytes_text("XK");
	s.filters[1].field = bytes_text("near");
	s.filters[1].value = bytes_text("Ђаковица");
	return s;
}

/* A search comes back with all its parts. */
Test(search, round_trip)
{
	struct search s = some_search(), back;
	struct buf b = { 0 };

	cr_assert_eq(search_write(&s, &b, NULL), ERR_OK);
	cr_assert_eq(search_read(buf_bytes(&b), &back, NULL), ERR_OK);
	cr_expect(bytes_equal(back.text, s.text) && bytes_equal(back.language, s.language));
	cr_assert_eq(back.filter_count, 2);
	cr_expect(bytes_equal(back.filters[1].field, s.filters[1].field));
	cr_expect(bytes_equal(back.filters[1].value, s.filters[1].value));
	cr_expect(back.flags == s.flags && back.radius_km == 30 && back.limit == 20 && back.page == 2);
	for (size_t len = 0; len < b.len; len++)
		cr_expect_eq(search_read((struct bytes){ b.p, len }, &back, NULL), ERR_INPUT, "%zu bytes", len);
	buf_free(&b);
}

/* What does not fit a datagram is not sent. */
Test(search, too_long)
{
	struct search s = { .filter_count = SEARCH_FILTERS };
	char text[SEARCH_VALUE];
	struct buf b = { 0 };

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < SEARCH_FILTERS; i++) {
		s.filters[i].field = bytes_text("place");
		s.filters[i].value = BYTES_OF(text);
	}
	cr_expect_eq(search_write(&s, &b, NULL), ERR_LIMIT);
	cr_expect_eq(b.len, 0);
	buf_free(&b);
}

/* What goes beyond a bound is refused, whichever it is. */
Test(search, bounds)
{
	static const struct {
		uint64_t flags, radius, limit, page;
		bool right;
	} rows[] = {
		{ 7, 1000, 50, 19, true }, { 8, 1, 1, 1, false }, { 0, 1001, 1, 1, false }, { 0, 1, 51, 1, false }, { 0, 1, 1, 20, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct search back;
		struct buf b = { 0 };

		cbor_put_array(&b, 7);
		cbor_put_text(&b, bytes_text("x"));
		cbor_put_array(&b, 0);
		cbor_put_uint(&b, rows[i].flags);
		cbor_put_uint(&b, rows[i].radius);
		cbor_put_uint(&b, rows[i].limit);
		cbor_put_uint(&b, rows[i].page);
		cbor_put_text(&b, bytes_text(""));
		cr_expect_eq(search_read(buf_bytes(&b), &back, NULL), rows[i].right ? ERR_OK : ERR_INPUT, "row %zu", i);
		buf_free(&b);
	}
}

/* --- pages --- */

static struct hit_row
some_hit(void)
{
	struct hit_row h = { .kind = 0x104, .author = { { 1, 2 } }, .record = { { 3 } }, .name = { { 4 } }, .freshness = 2,
		.verified = true, .organisation = bytes_text("Izmišljeni centar"), .last_verified = bytes_text("2026-01-31"),
		.standing = bytes_text("self"), .website = bytes_text("https://example.org"), .open = 2, .open_s = 1800000000,
		.distance = 13, .score = 12345 };

	h.title = (struct hit_text){ .text = bytes_text("Sigurna kuća"), .marks = { { 0, 7 }, { 8, 13 } }, .mark_count = 2 };
	h.snippet.text = bytes_text("Izmišljeno.");
	h.lists[HIT_TERRITORIES][0] = bytes_text("RS");
	h.lists[HIT_TERRITORIES][1] = bytes_text("ME");
	h.counts[HIT_TERRITORIES] = 2;
	h.lists[HIT_PHONES][0] = bytes_text("116001");
	h.counts[HIT_PHONES] = 1;
	h.lists[HIT_SAID][0] = bytes_text("wrong-phone");
	h.counts[HIT_SAID] = 1;
	return h;
}

static void
some_page(struct buf *out, size_t facets, size_t hits)
{
	struct hits_head head = { .flags = HITS_MORE, .total = 77, .relaxed = 5, .facets = facets, .hits = hits };
	struct hits_facet f = { bytes_text("kind"), bytes_text("service"), 77 };
	struct hit_row h = some_hit();

	hits_head_write(&head, out);
	hits_facet_write(&f, out);
	hits_row_write(&h, out);
	hits_row_write(&h, out);
}

/* A page comes back facet by facet and hit by hit, marks and lists with them. */
Test(search, pages)
{
	struct hits_head head;
	struct hits_facet f;
	struct hit_row h;
	struct bytes rest;
	struct buf b = { 0 };

	some_page(&b, 1, 2);
	cr_assert_eq(hits_read(buf_bytes(&b), &head, &rest, NULL), ERR_OK);
	cr_expect(head.flags == HITS_MORE && head.total == 77 && head.relaxed == 5 && head.facets == 1 && head.hits == 2);
	cr_assert(hits_facet_next(&rest, &f));
	cr_expect(bytes_equal(f.field, bytes_text("kind")) && bytes_equal(f.key, bytes_text("service")) && f.count == 77);
	cr_assert(hits_row_next(&rest, &h));
	cr_expect(h.kind == 0x104 && h.author.b[1] == 2 && h.record.b[0] == 3 && h.name.b[0] == 4);
	cr_expect(bytes_equal(h.title.text, bytes_text("Sigurna kuća")) && h.title.mark_count == 2 && h.title.marks[1].end == 13);
	cr_expect(h.freshness == 2 && h.verified && h.open == 2 && h.open_s == 1800000000 && h.distance == 13 && h.score == 12345);
	cr_expect(h.counts[HIT_TERRITORIES] == 2 && bytes_equal(h.lists[HIT_TERRITORIES][1], bytes_text("ME")));
	cr_expect(h.counts[HIT_PLACES] == 0 && h.counts[HIT_PHONES] == 1 && bytes_equal(h.standing, bytes_text("self")));
	cr_expect(h.counts[HIT_SAID] == 1 && bytes_equal(h.lists[HIT_SAID][0], bytes_text("wrong-phone")));
	cr_assert(hits_row_next(&rest, &h));
	cr_expect_not(hits_row_next(&rest, &h));
	buf_free(&b);
}

/* Rows that the head does not announce, or fewer, or half of one, make it no page. */
Test(search, broken_pages)
{
	struct hits_head head;
	struct bytes rest;
	struct buf b = { 0 };

	for (size_t hits = 1; hits <= 3; hits++) {
		buf_reset(&b);
		some_page(&b, 1, hits);
		cr_expect_eq(hits_read(buf_bytes(&b), &head, &rest, NULL), hits == 2 ? ERR_OK : ERR_INPUT);
	}
	buf_reset(&b);
	some_page(&b, 0, 3);
	cr_expect_eq(hits_read(buf_bytes(&b), &head, &rest, NULL), ERR_INPUT, "a facet is no hit");
	buf_reset(&b);
	some_page(&b, 1, 2);
	for (size_t len = 0; len < b.len; len++)
		cr_expect_eq(hits_read((struct bytes){ b.p, len }, &head, &rest, NULL), ERR_INPUT, "%zu bytes", len);
	buf_free(&b);
}

/* What is too long is cut at a whole letter, with the marks that were on it; marks that overlap do not travel. */
Test(search, long_texts)
{
	struct hit_row h = some_hit(), back;
	char text[HIT_TEXT + 2];
	struct bytes rest;
	struct buf b = { 0 };

	memset(text, 'x', sizeof text);
	memcpy(text + HIT_TEXT - 1, "š", 2);
	h.title = (struct hit_text){ .text = BYTES_OF(text), .marks = { { 0, 4 }, { 2, 6 }, { 8, HIT_TEXT + 2 } }, .mark_count = 3 };
	hits_row_write(&h, &b);
	rest = buf_bytes(&b);
	cr_assert(hits_row_next(&rest, &back));
	cr_expect_eq(back.title.text.len, HIT_TEXT - 1);
	cr_assert_eq(back.title.mark_count, 1);
	cr_expect_eq(back.title.marks[0].end, 4);
	buf_free(&b);
}

/* --- golden lines, which other programs read as well --- */

static void
good(const char *const *column, const char *where)
{
	struct buf b = { 0 }, again = { 0 };
	struct search s;

	vectors_hex(column[1], &b);
	cr_assert_eq(search_read(buf_bytes(&b), &s, NULL), ERR_OK, "%s: %s", where, column[0]);
	cr_assert_eq(search_write(&s, &again, NULL), ERR_OK);
	cr_expect(bytes_equal(buf_bytes(&again), buf_bytes(&b)), "%s", where);
	buf_free(&b);
	buf_free(&again);
}

static void
bad(const char *const *column, const char *where)
{
	struct buf b = { 0 };
	struct search s;

	vectors_hex(column[1], &b);
	cr_expect_eq(search_read(buf_bytes(&b), &s, &(struct err){ 0 }), ERR_INPUT, "%s: %s", where, column[0]);
	buf_free(&b);
}

static void
page(const char *const *column, const char *where)
{
	struct buf b = { 0 }, again = { 0 };
	struct hits_head head;
	struct hits_facet f;
	struct hit_row h;
	struct bytes rest;
	bool right = strcmp(column[1], "good") == 0;

	vectors_hex(column[2], &b);
	cr_expect_eq(hits_read(buf_bytes(&b), &head, &rest, &(struct err){ 0 }), right ? ERR_OK : ERR_INPUT, "%s: %s", where,
	    column[0]);
	if (right) {
		hits_head_write(&head, &again);
		for (size_t i = 0; i < head.facets && hits_facet_next(&rest, &f); i++)
			hits_facet_write(&f, &again);
		while (hits_row_next(&rest, &h))
			hits_row_write(&h, &again);
		cr_expect(bytes_equal(buf_bytes(&again), buf_bytes(&b)), "%s", where);
	}
	buf_free(&b);
	buf_free(&again);
}

/* Searches and pages of the golden lines are read as they say, and written again as they are. */
Test(search, vectors)
{
	vectors_each("search/good.txt", 2, good);
	vectors_each("search/bad.txt", 2, bad);
	vectors_each("search/pages.txt", 3, page);
}
