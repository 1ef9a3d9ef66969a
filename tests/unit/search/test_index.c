/* node/search/index.c: the index beside the record engine, against a plain model. */
#include "node/search/index.h"

#include <stdarg.h>
#include <unistd.h>

#include "node/search/fold.h"
#include "proto/kinds/tables.h"
#include "proto/territory.h"
#include "tests/lib/raw.h"
#include "tests/unit/search/indexed.h"

#define ENTRIES 120
#define VOCABULARY 400

static void
begin_large(void)
{
	indexed_begin(256 << 20);
}

TestSuite(index, .init = begin_large, .fini = indexed_end);

/* --- what should be there --- */

static const char *
word(size_t i)
{
	static char words[VOCABULARY][12];

	if (words[i][0] == 0) {
		uint64_t state = i + 1;
		size_t len = 3 + dice(&state) % 7;

		for (size_t at = 0; at < len; at++)
			words[i][at] = (char)('a' + dice(&state) % 26);
	}
	return words[i];
}

struct entry {
	bool live;
	struct id record;
	size_t name[3], other[2], text[30];
	size_t text_count;
	unsigned territory;
};
static struct entry entries[ENTRIES];

struct lines {
	char (*list)[280];
	size_t count, cap;
};

__attribute__((format(printf, 4, 5))) static void
add_line(struct lines *l, char class, struct bytes key, const char *fmt, ...)
{
	va_list args;
	char *line;
	int at;

	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 1024;
		l->list = need_realloc(l->list, l->cap * sizeof *l->list);
	}
	line = l->list[l->count++];
	at = snprintf(line, sizeof *l->list, "%c", class);
	for (size_t i = 0; i < key.len; i++)
		at += snprintf(line + at, sizeof *l->list - (size_t)at, "%02x", key.p[i]);
	va_start(args, fmt);
	vsnprintf(line + at, sizeof *l->list - (size_t)at, fmt, args);
	va_end(args);
}

static int
by_line(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Everything that the index tells, by record and not by number: lines, sorted. */
static bool
portray_term(void *self, const struct term *term, uint64_t documents)
{
	struct { struct store_txn *t; struct lines *out; } *w = self;
	struct postings *p = postings_open(w->t, term);
	char id[ID_TEXT];
	struct posting one;
	struct id record;
	uint64_t count = 0;

	while (postings_next(p, &one)) {
		struct index_doc d;

		cr_assert(index_record_id(w->t, one.doc, &record), "document %u", one.doc);
		cr_assert(index_doc_get(w->t, one.doc, &d));
		cr_assert_eq(memcmp(d.record, record.b, 8), 0);
		add_line(w->out, (char)term->class, (struct bytes){ (const uint8_t *)term->key, term->len }, " %s %u %u",
		    id_format(ID_RECORD, &record, id), one.weight, one.fields);
		count++;
	}
	cr_assert_eq(count, documents);
	postings_close(p);
	return true;
}

static void
portray(struct lines *out)
{
	struct { struct store_txn *t; struct lines *out; } w = { store_read(net.store), out };

	for (const char *class = "wktcplxhaore"; *class; class++)
		index_terms(w.t, (enum term_class)*class, "", 0, portray_term, &w);
	txn_abort(&w.t);
	if (out->count)
		qsort(out->list, out->count, sizeof *out->list, by_line);
}

static uint8_t
weight_of(const char *field)
{
	return kind_field_by_word(&kind_organisation, field)->weight;
}

struct expected {
	const char *word;
	unsigned weight, fields;
};

static void
expect_word(struct expected *list, size_t *count, size_t w, const char *field, unsigned fields)
{
	size_t i = 0;

	while (i < *count && strcmp(list[i].word, word(w)) != 0)
		i++;
	if (i == *count)
		list[(*count)++] = (struct expected){ word(w), 0, 0 };
	list[i].weight += weight_of(field);
	list[i].fields |= fields;
}

static void
expect_entry(const struct entry *e, struct lines *out)
{
	struct expected list[40];
	size_t count = 0;
	char id[ID_TEXT];
	const char *territory = territory_codes.codes[e->territory].word;

	id_format(ID_RECORD, &e->record, id);
	for (size_t i = 0; i < 3; i++)
		expect_word(list, &count, e->name[i], "name", IN_TITLE);
	for (size_t i = 0; i < 2; i++)
		expect_word(list, &count, e->other[i], "alternate_names", IN_NAME);
	for (size_t i = 0; i < e->text_count; i++)
		expect_word(list, &count, e->text[i], "description", IN_TEXT);
	for (size_t i = 0; i < count; i++)
		add_line(out, TERM_WORD, bytes_text(list[i].word), " %s %u %u", id,
		    list[i].weight > 255 ? 255 : list[i].weight, list[i].fields);
	add_line(out, TERM_KIND, bytes_text("organisation"), " %s 1 0", id);
	add_line(out, TERM_TERRITORY, bytes_text(territory), " %s 1 0", id);
	add_line(out, TERM_TEXT_LANGUAGE, bytes_text("en"), " %s 1 0", id);
	add_line(out, TERM_AUTHOR, BYTES_OF(net.keys[0].public_key), " %s 1 0", id);
}

static void
same(const struct lines *want, const struct lines *got)
{
	for (size_t i = 0; i < want->count && i < got->count; i++)
		cr_assert_str_eq(got->list[i], want->list[i]);
	cr_assert_eq(got->count, want->count);
}

static void
compare(void)
{
	struct lines want = { .count = 0 }, got = { .count = 0 };
	struct store_txn *t = store_read(net.store);
	struct index_totals totals;
	uint64_t documents = 0, words = 0;

	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].live) {
			expect_entry(&entries[i], &want);
			documents++;
			words += 5 + entries[i].text_count;
		}
	if (want.count)
		qsort(want.list, want.count, sizeof *want.list, by_line);
	portray(&got);
	same(&want, &got);
	index_totals(t, &totals);
	cr_assert_eq(totals.documents, documents);
	cr_assert_eq(totals.words, words);
	txn_abort(&t);
	free(want.list);
	free(got.list);
}

/* --- what happens --- */

static void
put_words(struct buf *b, const size_t *list, size_t count)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", word(list[i]));
	cbor_put_text(b, buf_bytes(&text));
	buf_free(&text);
}

static void
put_words_in(struct buf *b, uint64_t key, const size_t *list, size_t count)
{
	cbor_put_uint(b, key);
	cbor_put_array(b, 1);
	cbor_put_array(b, 3);
	cbor_put_text(b, bytes_text("en"));
	put_words(b, list, count);
	cbor_put_uint(b, 0);
}

static void
roll(struct entry *e)
{
	e->live = true;
	e->territory = (unsigned)(dice(&seed) % 6);
	for (size_t i = 0; i < 3; i++)
		e->name[i] = dice(&seed) % VOCABULARY;
	for (size_t i = 0; i < 2; i++)
		e->other[i] = dice(&seed) % VOCABULARY;
	e->text_count = 1 + dice(&seed) % 30;
	for (size_t i = 0; i < e->text_count; i++)
		e->text[i] = dice(&seed) % (dice(&seed) % 2 ? 10 : VOCABULARY);
}

static void
body_of(const struct entry *e, struct buf *b)
{
	cbor_put_map(b, 5);
	put_word(b, 32, "listed");
	put_words_in(b, 33, e->name, 3);
	cbor_put_uint(b, 34);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text(territory_codes.codes[e->territory].word));
	cbor_put_uint(b, 35);
	cbor_put_array(b, 1);
	put_words(b, e->other, 2);
	put_words_in(b, 36, e->text, e->text_count);
}

/* COUNT entries come, change or go in one transaction, some of them twice. */
#define AT_ONCE 40
static enum err_code
some(size_t count, bool really)
{
	struct draft drafts[AT_ONCE];
	struct authored out[AT_ONCE];
	struct buf bodies[AT_ONCE] = { { 0 } };
	size_t which[AT_ONCE];
	enum err_code rc;

	for (size_t i = 0; i < count; i++) {
		struct entry rolled = { .live = false }, *e = &entries[which[i] = dice(&seed) % ENTRIES];

		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of((unsigned)which[i] + 1),
			.audience = AUDIENCE_PUBLIC };
		if (e->live && dice(&seed) % 3 == 0)
			drafts[i].state = RECORD_WITHDRAWN;
		else
			roll(&rolled);
		if (rolled.live) {
			body_of(&rolled, &bodies[i]);
			drafts[i].body = buf_bytes(&bodies[i]);
		}
		if (really)
			*e = rolled;
	}
	rc = really ? records_author(net.records, &net.keys[0], drafts, count, out, &err)
	            : records_author_try(net.records, drafts, count, &err);
	for (size_t i = 0; i < count; i++) {
		if (really && entries[which[i]].live)
			entries[which[i]].record = out[i].id;
		buf_free(&bodies[i]);
	}
	return rc;
}

static void
dump(struct buf *out)
{
	static const enum store_table tables[] = { STORE_POST, STORE_FRESH, STORE_DOC, STORE_GRAM };
	static const struct bytes all;
	struct store_txn *t = store_read(net.store);

	buf_reset(out);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct store_cursor *c = cursor_open(t, tables[i]);

		for (bool ok = cursor_seek(c, all, all); ok; ok = cursor_next(c)) {
			buf_printf(out, "%zu %zu ", cursor_key(c).len, cursor_value(c).len);
			buf_put_bytes(out, cursor_key(c));
			buf_put_bytes(out, cursor_value(c));
		}
		cursor_close(c);
	}
	txn_abort(&t);
}

/* --- cases --- */

/* Thousands of entries that come, change and go leave exactly the terms of those that are there; when all go, nothing. */
Test(index, against_a_model, .timeout = 120)
{
	struct draft gone[ENTRIES];
	size_t count = 0;
	struct buf rest = { 0 };

	for (size_t round = 0; round < 150; round++) {
		cr_assert_eq(some(1 + dice(&seed) % AT_ONCE, true), ERR_OK, "%s: %s: %s", err.object, err.rule, err.reason);
		if (round % 15 == 0)
			compare();
	}
	compare();
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].live)
			gone[count++] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of((unsigned)i + 1),
				.state = RECORD_WITHDRAWN };
	cr_assert_eq(records_author(net.records, &net.keys[0], gone, count, NULL, &err), ERR_OK);
	dump(&rest);
	cr_assert_eq(rest.len, 0);
	buf_free(&rest);
}

struct seeking {
	struct store_txn *t;
	uint32_t docs[ENTRIES];
	size_t count;
};

/* From wherever one looks, the next document is the one that reading them all would bring. */
static bool
seek_term(void *self, const struct term *term, uint64_t documents)
{
	struct seeking *k = self;
	struct postings *p = postings_open(k->t, term);
	struct posting one;

	for (k->count = 0; postings_next(p, &one);)
		k->docs[k->count++] = one.doc;
	cr_assert_eq(postings_count(p), documents);
	postings_close(p);
	p = postings_open(k->t, term);
	for (size_t i = 0; i < k->count; i += 1 + dice(&seed) % 3) {
		uint32_t before = i ? k->docs[i - 1] + 1 : 0, from = before + (uint32_t)(dice(&seed) % (k->docs[i] - before + 1));

		cr_assert(postings_seek(p, from, &one));
		cr_assert_eq(one.doc, k->docs[i], "from %u: %u, not %u", from, one.doc, k->docs[i]);
	}
	cr_assert_not(postings_seek(p, k->docs[k->count - 1] + 1, &one));
	postings_close(p);
	return true;
}

struct likeness {
	const char *wanted;
	char met[VOCABULARY][12];
	size_t count;
	bool found;
};

static bool
note_like(void *self, const char *key, size_t len, unsigned distance)
{
	struct likeness *l = self;

	(void)distance;
	memcpy(l->met[l->count], key, len);
	l->met[l->count][len] = 0;
	for (size_t i = 0; i < l->count; i++)
		cr_assert_str_neq(l->met[i], l->met[l->count], "told twice");
	l->found |= strcmp(l->met[l->count++], l->wanted) == 0;
	return true;
}

/* A word whose last letter is another is found once, if it is there. */
static void
mistype(struct store_txn *t)
{
	for (size_t i = 0; i < VOCABULARY; i++) {
		static struct likeness l;
		struct term term = { TERM_WORD, (uint8_t)strlen(word(i)), word(i) };
		struct postings *p = postings_open(t, &term);
		bool there = postings_count(p) > 0;
		char typed[12];

		postings_close(p);
		l.wanted = word(i);
		l.count = 0;
		l.found = false;
		strcpy(typed, word(i));
		typed[term.len - 1] = typed[term.len - 1] == 'x' ? 'y' : 'x';
		index_similar(t, typed, term.len, 1, NULL, note_like, &l);
		cr_assert_eq(l.found, there, "%s", word(i));
	}
}

/* What is fresh and what has settled are read as one, whatever came one by one or together. */
Test(index, fresh_and_settled, .timeout = 600)
{
	bool fresh = false, settled = false;

	for (size_t round = 0; round < 60; round++) {
		struct seeking k = { .t = NULL };

		cr_assert_eq(some(dice(&seed) % 8 ? 1 + dice(&seed) % 3 : AT_ONCE, true), ERR_OK);
		compare();
		k.t = store_read(net.store);
		index_terms(k.t, TERM_WORD, "", 0, seek_term, &k);
		index_terms(k.t, TERM_KIND, "", 0, seek_term, &k);
		if (round % 8 == 0)
			mistype(k.t);
		fresh |= txn_count(k.t, STORE_FRESH) > 0 && txn_count(k.t, STORE_POST) > 0;
		settled |= txn_count(k.t, STORE_FRESH) == 0;
		txn_abort(&k.t);
	}
	cr_assert(fresh && settled, "else this test proves nothing");
}

/* What comes and goes again leaves the tables byte for byte as they were, and so does what was given up. */
Test(index, inverse_and_abort)
{
	struct buf before = { 0 }, after = { 0 }, body = { 0 };

	for (size_t round = 0; round < 10; round++)
		cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	for (unsigned round = 0; round < 20; round++) {
		struct entry e;
		struct draft d = { .kind = KIND_ORGANISATION, .name = name_of(5000 + round), .audience = AUDIENCE_PUBLIC };

		dump(&before);
		roll(&e);
		buf_reset(&body);
		body_of(&e, &body);
		d.body = buf_bytes(&body);
		cr_assert_eq(records_author(net.records, &net.keys[0], &d, 1, NULL, &err), ERR_OK);
		dump(&after);
		cr_assert_not(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
		d = (struct draft){ .kind = KIND_ORGANISATION, .name = d.name, .state = RECORD_WITHDRAWN };
		cr_assert_eq(records_author(net.records, &net.keys[0], &d, 1, NULL, &err), ERR_OK);
		dump(&after);
		cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)), "round %u", round);
		cr_assert_eq(some(1 + dice(&seed) % AT_ONCE, false), ERR_OK);
		dump(&after);
		cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)), "given up, round %u", round);
	}
	cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	compare();
	buf_free(&before);
	buf_free(&after);
	buf_free(&body);
}

static bool
take_one(void *self, const struct verified *v)
{
	struct store_txn *t = self;

	net.follower.remove(net.follower.self, t, v,
	    bucket_make(COLLECTION_DIRECTORY, TERRITORY('R', 'S'), AUDIENCE_PUBLIC));
	return false;
}

/* What was written and then not committed is forgotten, sums and all. */
Test(index, given_up_after_the_flush)
{
	struct buf before = { 0 }, after = { 0 };
	struct store_txn *t;

	cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	dump(&before);
	t = store_write(net.store);
	records_each(net.records, t, KIND_ORGANISATION, take_one, t);
	net.follower.flush(net.follower.self, t);
	txn_abort(&t);
	net.follower.forget(net.follower.self);
	dump(&after);
	cr_assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
	cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	compare();
	buf_free(&before);
	buf_free(&after);
}

static void
forget_state(void)
{
	struct store_txn *t = store_write(net.store);

	cr_assert(txn_delete(t, STORE_META, bytes_text("index")));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
}

/* Built anew it is what it had become step by step; opened again it is left as it is. */
Test(index, built_anew)
{
	struct lines before = { .count = 0 }, after = { .count = 0 };
	struct buf grown = { 0 }, opened = { 0 };

	for (size_t round = 0; round < 30; round++)
		cr_assert_eq(some(1 + dice(&seed) % AT_ONCE, true), ERR_OK);
	portray(&before);
	dump(&grown);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	dump(&opened);
	cr_assert(bytes_equal(buf_bytes(&grown), buf_bytes(&opened)));
	forget_state();
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	dump(&opened);
	cr_assert_not(bytes_equal(buf_bytes(&grown), buf_bytes(&opened)), "numbers are counted anew");
	portray(&after);
	same(&before, &after);
	for (size_t round = 0; round < 5; round++)
		cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	compare();
	free(before.list);
	free(after.list);
	buf_free(&grown);
	buf_free(&opened);
}

/* A batch of which much is gathered is written in parts; what came with the first part may go with the last. */
Test(index, more_than_is_gathered, .timeout = 120)
{
	enum { MANY = 1600, GONE = 50 };
	static struct draft drafts[MANY + GONE];
	static struct buf bodies[MANY];
	struct lines grown = { .count = 0 }, anew = { .count = 0 };
	struct index_totals totals;
	struct store_txn *t;

	for (unsigned i = 0; i < MANY; i++) {
		struct buf text = { 0 };

		while (text.len < 3900)
			buf_printf(&text, "%s ", word(dice(&seed) % VOCABULARY));
		cbor_put_map(&bodies[i], 4);
		put_word(&bodies[i], 32, "listed");
		put_title(&bodies[i], 33, "A name");
		cbor_put_uint(&bodies[i], 34);
		cbor_put_array(&bodies[i], 1);
		cbor_put_text(&bodies[i], bytes_text("AL"));
		put_title(&bodies[i], 36, buf_text(&text));
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of(i + 1), .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&bodies[i]) };
		buf_free(&text);
	}
	for (unsigned i = 0; i < GONE; i++)
		drafts[MANY + i] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of(i * 30 + 1),
			.state = RECORD_WITHDRAWN };
	cr_assert_eq(records_author(net.records, &net.keys[0], drafts, MANY + GONE, NULL, &err), ERR_OK, "%s: %s",
	    err.rule, err.reason);
	t = store_read(net.store);
	index_totals(t, &totals);
	txn_abort(&t);
	cr_assert_eq(totals.documents, MANY - GONE);
	portray(&grown);
	forget_state();
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	portray(&anew);
	same(&grown, &anew);
	free(grown.list);
	free(anew.list);
	for (unsigned i = 0; i < MANY; i++)
		buf_free(&bodies[i]);
}

/* Records that came or went while nobody followed are noticed at the next start. */
Test(index, moved_without_it)
{
	cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	net.with_store = NULL;
	net.follower = (struct records_follower){ .self = NULL };
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	net.with_store = attach;
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	compare();
}

/* A member who is suspended takes her terms along, and brings them back. */
Test(index, aside_is_not_found)
{
	struct record r = net_record(&net, 4, KIND_ORGANISATION, 1, at(HOUR));
	struct lines before = { .count = 0 }, after = { .count = 0 };
	struct buf body = { 0 }, bytes = { 0 };

	dump(&bytes);
	cr_assert_eq(bytes.len, 0);
	body_organisation(&body, "Made-up shelter", NULL);
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 4, &r), REFUSAL_NONE);
	portray(&before);
	cr_assert_gt(before.count, 4);
	net_vote(&net, 4, "suspend", at(30));
	cr_assert_eq(records_refresh(net.records, NULL, &err), ERR_OK);
	dump(&bytes);
	cr_assert_eq(bytes.len, 0);
	net_vote(&net, 4, "reinstate", at(20));
	cr_assert_eq(records_refresh(net.records, NULL, &err), ERR_OK);
	portray(&after);
	same(&before, &after);
	free(before.list);
	free(after.list);
	buf_free(&body);
	buf_free(&bytes);
}

/* Our own made-up words, each in one entry only: "qxaab". */
static void
unique_word(unsigned n, char out[8])
{
	memcpy(out, "qx", 2);
	for (int i = 6; i > 1; i--, n /= 26)
		out[i] = (char)('a' + n % 26);
	out[7] = 0;
}

/* Erased entries leave no word in the raw file, neither in entries nor in the signposts of pages above them. */
Test(index, erased_words_leave_the_file, .timeout = 120)
{
	enum { ERASED = 300, WORDS = 40, FRESH = 5 };
	static struct draft drafts[ERASED];
	static struct buf bodies[ERASED];
	struct err e;

	for (unsigned i = 0; i < ERASED; i++) {
		struct buf text = { 0 };

		for (unsigned w = 0; w < WORDS; w++) {
			char one[8];

			unique_word((i * WORDS + w) * 977 % 11881376, one);
			buf_printf(&text, "%s ", one);
		}
		body_organisation(&bodies[i], buf_text(&text), NULL);
		buf_reset(&bodies[i]);
		cbor_put_map(&bodies[i], 4);
		put_word(&bodies[i], 32, "listed");
		put_title(&bodies[i], 33, "A name");
		cbor_put_uint(&bodies[i], 34);
		cbor_put_array(&bodies[i], 1);
		cbor_put_text(&bodies[i], bytes_text("AL"));
		put_title(&bodies[i], 36, buf_text(&text));
		drafts[i] = (struct draft){ .kind = KIND_ORGANISATION, .name = name_of(i + 1), .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&bodies[i]) };
		buf_free(&text);
	}
	cr_assert_eq(records_author(net.records, &net.keys[0], drafts, ERASED - FRESH, NULL, &e), ERR_OK, "%s", e.reason);
	for (unsigned i = ERASED - FRESH; i < ERASED; i++)
		cr_assert_eq(records_author(net.records, &net.keys[0], &drafts[i], 1, NULL, &e), ERR_OK, "%s", e.reason);
	cr_assert_gt(raw_count(net.dir, "qx"), ERASED * WORDS, "else this test proves nothing");
	for (unsigned i = 0; i < ERASED; i++) {
		struct record r = net_record(&net, 0, KIND_ORGANISATION, i + 1, 0);
		struct id key;

		record_key(&r, &crypto_envelope, &key);
		buf_reset(&bodies[i]);
		body_erasure(&bodies[i], &key, UINT64_MAX >> 1, NULL);
		drafts[i] = (struct draft){ .kind = KIND_ERASURE, .audience = AUDIENCE_PUBLIC,
			.body = buf_bytes(&bodies[i]) };
	}
	cr_assert_eq(records_author(net.records, &net.keys[0], drafts, ERASED, NULL, &e), ERR_OK, "%s: %s: %s", e.object,
	    e.rule, e.reason);
	net.now_ms = records_next_ms(net.records);
	cr_assert_eq(records_sweep(net.records, &e), ERR_OK, "%s", e.reason);
	cr_assert_eq(raw_count(net.dir, "qx"), 0);
	for (unsigned i = 0; i < ERASED; i++)
		buf_free(&bodies[i]);
}

/* While it rests for want of room, nothing of it is in the store; the next start builds it. */
Test(index, rests_without_room)
{
	struct store_options none = { .map_bytes = 256 << 20, .reserve_bytes = 256 << 20 };
	struct store_txn *t;

	for (size_t round = 0; round < 12; round++)
		cr_assert_eq(some(AT_ONCE, true), ERR_OK);
	forget_state();
	records_close(net.records);
	store_close(net.store);
	net.records = NULL;
	cr_assert_eq(store_open(net.dir, &none, &net.store, &err), ERR_OK, "%s", err.reason);
	cr_assert_eq(index_open(x, net.store, &err), ERR_STORE);
	cr_assert(index_rests(x));
	t = store_read(net.store);
	cr_assert_eq(txn_count(t, STORE_POST) + txn_count(t, STORE_FRESH) + txn_count(t, STORE_DOC) + txn_count(t, STORE_GRAM), 0);
	txn_abort(&t);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
	cr_assert_not(index_rests(x));
	compare();
}
