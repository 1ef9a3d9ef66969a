#include "proto/search.h"

#include "proto/bounded.h"
#include "proto/message.h"
#include "proto/utf8.h"

#include <assert.h>

#define SEARCH_FIELDS 7
#define HEAD_FIELDS 5
#define FACET_FIELDS 3
#define HIT_FIELDS 23
#define RELAXED_MOST 31
#define FRESHNESS_MOST 3
#define OPEN_MOST 3
#define DISTANCE_MOST 1001

/* --- what is asked --- */

enum err_code
search_write(const struct search *s, struct buf *out, struct err *e)
{
	size_t before = out->len;

	assert(s->text.len <= SEARCH_TEXT && s->filter_count <= SEARCH_FILTERS && s->language.len <= SEARCH_WORD);
	cbor_put_array(out, SEARCH_FIELDS);
	cbor_put_text(out, s->text);
	cbor_put_array(out, s->filter_count);
	for (size_t i = 0; i < s->filter_count; i++) {
		const struct bytes pair[] = { s->filters[i].field, s->filters[i].value };

		assert(pair[0].len <= SEARCH_WORD && pair[1].len <= SEARCH_VALUE);
		bounded_put_texts(out, pair, 2);
	}
	cbor_put_uint(out, s->flags);
	cbor_put_uint(out, s->radius_km);
	cbor_put_uint(out, s->limit);
	cbor_put_uint(out, s->page);
	cbor_put_text(out, s->language);
	if (out->len - before <= LIMIT_QUESTION)
		return ERR_OK;
	out->len = before;
	return err_set(e, ERR_LIMIT, "search", "length", "it does not fit one datagram: ask by fewer words");
}

enum err_code
search_read(struct bytes in, struct search *out, struct err *e)
{
	struct search s = { .flags = 0 };
	struct cbor_reader r;

	cbor_open(&r, in);
	if (in.len > LIMIT_QUESTION)
		cbor_fail(&r, "length");
	cbor_array_of(&r, SEARCH_FIELDS);
	s.text = bounded_text(&r, SEARCH_TEXT);
	s.filter_count = bounded_array(&r, SEARCH_FILTERS);
	for (size_t i = 0; i < s.filter_count && !r.fault; i++) {
		cbor_array_of(&r, 2);
		s.filters[i].field = bounded_text(&r, SEARCH_WORD);
		s.filters[i].value = bounded_text(&r, SEARCH_VALUE);
	}
	s.flags = (unsigned)bounded_uint(&r, SEARCH_OPEN | SEARCH_FRESH | SEARCH_FACETS);
	s.radius_km = (unsigned)bounded_uint(&r, SEARCH_RADIUS);
	s.limit = (unsigned)bounded_uint(&r, SEARCH_HITS);
	s.page = (unsigned)bounded_uint(&r, SEARCH_PAGES - 1);
	s.language = bounded_text(&r, SEARCH_WORD);
	if (cbor_close(&r, "search", e))
		return ERR_INPUT;
	*out = s;
	return ERR_OK;
}

/* --- what is found: written --- */

void
hits_head_write(const struct hits_head *h, struct buf *out)
{
	assert(h->facets <= HITS_FACETS && h->hits <= SEARCH_HITS);
	cbor_put_array(out, HEAD_FIELDS);
	cbor_put_uint(out, h->flags);
	cbor_put_uint(out, h->total);
	cbor_put_uint(out, h->relaxed);
	cbor_put_uint(out, h->facets);
	cbor_put_uint(out, h->hits);
}

void
hits_facet_write(const struct hits_facet *f, struct buf *out)
{
	cbor_put_array(out, FACET_FIELDS);
	cbor_put_text(out, utf8_cut(f->field, SEARCH_WORD));
	cbor_put_text(out, utf8_cut(f->key, SEARCH_VALUE));
	cbor_put_uint(out, f->count);
}

/* Marks of what was cut are gone with it, and of two that overlap the second. */
static void
put_text(struct buf *out, const struct hit_text *t)
{
	struct bytes text = utf8_cut(t->text, HIT_TEXT);
	struct hit_mark kept[HIT_MARKS];
	uint32_t last = 0;
	size_t count = 0;

	assert(t->mark_count <= HIT_MARKS);
	for (size_t i = 0; i < t->mark_count; i++) {
		const struct hit_mark *m = &t->marks[i];

		if (m->at < last || m->end <= m->at || m->end > text.len)
			continue;
		last = m->end;
		kept[count++] = *m;
	}
	cbor_put_text(out, text);
	cbor_put_array(out, 2 * count);
	for (size_t i = 0; i < count; i++) {
		cbor_put_uint(out, kept[i].at);
		cbor_put_uint(out, kept[i].end);
	}
}

static void
put_list(struct buf *out, const struct bytes *texts, size_t count)
{
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_text(out, utf8_cut(texts[i], SEARCH_VALUE));
}

void
hits_row_write(const struct hit_row *h, struct buf *out)
{
	cbor_put_array(out, HIT_FIELDS);
	cbor_put_uint(out, h->kind);
	cbor_put_bytes(out, BYTES_OF(h->author));
	cbor_put_bytes(out, BYTES_OF(h->name));
	cbor_put_bytes(out, BYTES_OF(h->record));
	put_text(out, &h->title);
	put_text(out, &h->snippet);
	cbor_put_text(out, utf8_cut(h->organisation, HIT_TEXT));
	cbor_put_uint(out, h->freshness);
	cbor_put_bool(out, h->verified);
	cbor_put_text(out, utf8_cut(h->last_verified, SEARCH_WORD));
	cbor_put_text(out, utf8_cut(h->standing, SEARCH_WORD));
	cbor_put_text(out, utf8_cut(h->website, HIT_TEXT));
	for (size_t i = 0; i < HIT_LISTS; i++)
		put_list(out, h->lists[i], h->counts[i]);
	cbor_put_uint(out, h->open);
	cbor_put_uint(out, h->open_s);
	cbor_put_uint(out, h->distance > DISTANCE_MOST ? DISTANCE_MOST : h->distance);
	cbor_put_uint(out, h->score);
}

/* --- read --- */

static void
read_text(struct cbor_reader *r, struct hit_text *out)
{
	uint32_t last = 0;
	size_t n;

	out->text = bounded_text(r, HIT_TEXT);
	n = bounded_array(r, 2 * HIT_MARKS);
	if (n % 2)
		cbor_fail(r, "marks");
	for (size_t i = 0; i < n / 2 && !r->fault; i++) {
		struct hit_mark *m = &out->marks[out->mark_count++];

		m->at = (uint32_t)bounded_uint(r, out->text.len);
		m->end = (uint32_t)bounded_uint(r, out->text.len);
		if (m->at < last || m->end <= m->at)
			cbor_fail(r, "marks");
		last = m->end;
	}
}

static bool
read_row(struct bytes item, struct hit_row *out)
{
	struct cbor_reader r;
	struct err why;

	*out = (struct hit_row){ .kind = 0 };
	cbor_open(&r, item);
	cbor_array_of(&r, HIT_FIELDS);
	out->kind = (uint16_t)bounded_uint(&r, UINT16_MAX);
	cbor_fixed(&r, out->author.b, ID_LEN);
	cbor_fixed(&r, out->name.b, UUID_LEN);
	cbor_fixed(&r, out->record.b, ID_LEN);
	read_text(&r, &out->title);
	read_text(&r, &out->snippet);
	out->organisation = bounded_text(&r, HIT_TEXT);
	out->freshness = (unsigned)bounded_uint(&r, FRESHNESS_MOST);
	out->verified = cbor_bool(&r);
	out->last_verified = bounded_text(&r, SEARCH_WORD);
	out->standing = bounded_text(&r, SEARCH_WORD);
	out->website = bounded_text(&r, HIT_TEXT);
	for (size_t i = 0; i < HIT_LISTS; i++)
		out->counts[i] = bounded_texts(&r, out->lists[i], HIT_LIST, SEARCH_VALUE);
	out->open = (unsigned)bounded_uint(&r, OPEN_MOST);
	out->open_s = bounded_uint(&r, UINT32_MAX);
	out->distance = (unsigned)bounded_uint(&r, DISTANCE_MOST);
	out->score = bounded_uint(&r, UINT32_MAX);
	return cbor_close(&r, "hit", &why) == ERR_OK;
}

bool
hits_row_next(struct bytes *rest, struct hit_row *out)
{
	struct bytes item;

	return sequence_next(rest, &item) && read_row(item, out);
}

bool
hits_facet_next(struct bytes *rest, struct hits_facet *out)
{
	struct cbor_reader r;
	struct bytes item;
	struct err why;

	if (!sequence_next(rest, &item))
		return false;
	cbor_open(&r, item);
	cbor_array_of(&r, FACET_FIELDS);
	out->field = bounded_text(&r, SEARCH_WORD);
	out->key = bounded_text(&r, SEARCH_VALUE);
	out->count = cbor_uint(&r);
	return cbor_close(&r, "facet", &why) == ERR_OK;
}

enum err_code
hits_read(struct bytes in, struct hits_head *out, struct bytes *out_rest, struct err *e)
{
	struct hits_head h = { .flags = 0 };
	struct bytes head, rest = in;
	struct hits_facet facet;
	struct hit_row row;
	struct cbor_reader r;
	bool whole = true;

	if (!sequence_next(&rest, &head))
		return err_set(e, ERR_INPUT, "hits", "head", "there is none");
	cbor_open(&r, head);
	cbor_array_of(&r, HEAD_FIELDS);
	h.flags = (unsigned)bounded_uint(&r, UINT32_MAX);
	h.total = cbor_uint(&r);
	h.relaxed = (unsigned)bounded_uint(&r, RELAXED_MOST);
	h.facets = (size_t)bounded_uint(&r, HITS_FACETS);
	h.hits = (size_t)bounded_uint(&r, SEARCH_HITS);
	if (cbor_close(&r, "hits", e))
		return ERR_INPUT;
	*out_rest = rest;
	for (size_t i = 0; i < h.facets && whole; i++)
		whole = hits_facet_next(&rest, &facet);
	for (size_t i = 0; i < h.hits && whole; i++)
		whole = hits_row_next(&rest, &row);
	if (!whole || rest.len)
		return err_set(e, ERR_INPUT, "hits", "rows", "they are not what the head says");
	*out = h;
	return ERR_OK;
}
