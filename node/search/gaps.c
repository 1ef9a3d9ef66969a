#include "node/search/gaps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/territory.h"

static const char *const territories[] = { "AL", "BA", "ME", "MK", "RS", "XK" };
#define TERRITORIES (sizeof territories / sizeof *territories)

const char *
gap_word(enum gap g)
{
	static const char *const words[GAPS] = {
#define X(name, word) word,
		GAP_TABLE(X)
#undef X
	};

	assert((unsigned)g < GAPS);
	return words[g];
}

/* What is known of one row before it is judged. */
struct known {
	uint32_t here, elsewhere;      /* entries that are not stale */
	uint32_t stale;
	bool member;
};

static enum gap
judge(const struct known *k)
{
	return k->here ? GAP_SERVED : k->elsewhere ? GAP_ELSEWHERE : k->stale ? GAP_STALE :
	    k->member ? GAP_NONE : GAP_UNKNOWN;
}

static void
add_row(struct gaps *g, const char *territory, const char *place, const char *label, const struct known *k)
{
	struct gaps_row *row;

	g->rows = need_realloc(g->rows, (g->count + 1) * sizeof *g->rows);
	row = &g->rows[g->count++];
	*row = (struct gaps_row){ .place = need_strdup(place), .label = need_strdup(label), .state = judge(k),
		.count = k->here + k->elsewhere + k->stale };
	memcpy(row->territory, territory, strlen(territory) < sizeof row->territory ? strlen(territory) : 2);
}

static bool
has_member(struct records *r, const char *territory)
{
	const struct membership *m = records_membership(r);

	for (size_t i = 0; m && i < membership_count(m); i++) {
		const struct member *who = membership_at(m, i);

		if (who->state == MEMBER_ACTIVE && who->territory == TERRITORY((uint8_t)territory[0], (uint8_t)territory[1]))
			return true;
	}
	return false;
}

/* --- by territory --- */

/* Y is by (territory, home): an entry for the whole region serves each territory from elsewhere. */
static struct known
in_territory(struct records *r, const struct tally *y, const char *territory)
{
	struct known k = { .member = has_member(r, territory) };

	for (size_t i = 0; i < y->count; i++) {
		const struct tally_cell *c = &y->cells[i];
		bool whole = strcmp(c->keys[0], "WB") == 0;
		bool at_home = !whole && strcmp(c->keys[1], territory) == 0;

		if (!whole && strcmp(c->keys[0], territory) != 0)
			continue;
		*(at_home ? &k.here : &k.elsewhere) += c->fresh + c->due;
		k.stale += c->stale;
	}
	return k;
}

static enum err_code
by_territory(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct gaps *out, struct err *e)
{
	static const enum tally_axis by[] = { AXIS_TERRITORY, AXIS_HOME };
	struct tally_query asked = *q;
	struct tally y;
	enum err_code rc;

	asked.by = by;
	asked.by_count = 2;
	rc = tally_run(r, t, l, &asked, &y, e);
	out->left_out = y.left_out;
	out->read += y.read;
	for (size_t i = 0; rc == ERR_OK && i < TERRITORIES; i++) {
		struct known k = in_territory(r, &y, territories[i]);

		add_row(out, territories[i], "", territory_name(bytes_text(territories[i])), &k);
	}
	tally_done(&y);
	return rc;
}

/* Each territory that is told, and the region for all others. */
static enum err_code
confidential(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct gaps *out, struct err *e)
{
	static const enum tally_axis by[] = { AXIS_TERRITORY };
	struct tally_query asked = *q;
	struct known region = { 0 };
	struct tally y;
	enum err_code rc;

	asked.by = by;
	asked.by_count = 1;
	rc = tally_run(r, t, l, &asked, &y, e);
	out->read += y.read;
	out->withheld = y.withheld;
	for (size_t i = 0; rc == ERR_OK && i < TERRITORIES; i++) {
		struct known k = { 0 };

		for (size_t j = 0; j < y.count; j++)
			if (strcmp(y.cells[j].keys[0], territories[i]) == 0)
				k.here = y.cells[j].count;
		add_row(out, territories[i], "", territory_name(bytes_text(territories[i])), &k);
		if (k.here == 0)
			out->rows[out->count - 1].state = GAP_WITHHELD;
	}
	region.here = (uint32_t)y.entries;
	if (rc == ERR_OK) {
		add_row(out, "WB", "", territory_name(bytes_text("WB")), &region);
		if (region.here == 0)
			out->rows[out->count - 1].state = GAP_UNTOLD;
	}
	tally_done(&y);
	return rc;
}

/* --- by municipality --- */

struct placed {
	struct records *r;
	struct store_txn *t;
	const struct lexicon *l;
	const struct tally_query *q;
	bool municipality;
};

static bool
is_hidden(const struct tally_query *q, const struct verified *v)
{
	const struct tally_said *said = tally_said_of(q, v->id.b);

	return said && (said->flags & TALLY_HIDDEN);
}

static void
look_at_level(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	struct placed *p = self;
	const struct field *level = kind_field_by_word(kind_find(KIND_PLACE), "level");
	struct verified v;
	struct id author;
	struct uuid name;

	memcpy(author.b, key, ID_LEN);
	memcpy(name.b, key + ID_LEN, UUID_LEN);
	if (records_live(p->r, p->t, KIND_PLACE, &author, &name, &v) &&
	    !is_hidden(p->q, &v) && bytes_equal(body_text(v.record.body, level->number, NULL), bytes_text("municipality")))
		p->municipality = true;
}

static struct known
in_place(const struct tally *help, const char *territory, const char *place, const char **label)
{
	struct known k = { 0 };

	for (size_t i = 0; i < help->count; i++) {
		const struct tally_cell *c = &help->cells[i];

		if (strcmp(c->keys[1], place) == 0) {
			k.here += c->fresh + c->due;
			k.stale += c->stale;
			*label = c->labels[1];
		} else if (c->keys[1][0] == 0 && (strcmp(c->keys[0], territory) == 0 || strcmp(c->keys[0], "WB") == 0)) {
			k.elsewhere += c->fresh + c->due;
		}
	}
	return k;
}

static bool
is_listed(const struct gaps *g, const char *place)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->rows[i].place, place) == 0)
			return true;
	return false;
}

struct labelling {
	struct records *r;
	struct store_txn *t;
	const struct tally_query *q;
	struct buf *out;
};

static void
label_by(void *self, const uint8_t key[LEXICON_REFERENCE])
{
	struct labelling *b = self;
	const struct kind *k = kind_find(KIND_PLACE);
	struct verified v;
	struct id author;
	struct uuid name;

	memcpy(author.b, key, ID_LEN);
	memcpy(name.b, key + ID_LEN, UUID_LEN);
	if (b->out->len == 0 && records_live(b->r, b->t, KIND_PLACE, &author, &name, &v) &&
	    v.record.audience == AUDIENCE_PUBLIC && !is_hidden(b->q, &v))
		buf_put_bytes(b->out, body_text(v.record.body, k->title, b->q->language));
}

static void
name_of_place(const struct placed *p, size_t lexeme, struct buf *out)
{
	struct labelling b = { p->r, p->t, p->q, out };

	lexicon_records(p->l, lexeme, label_by, &b);
}

/* Municipalities of the records, then those that entries for this help state beside them. */
static void
list_places(struct placed *p, const struct tally *help, struct gaps *out)
{
	for (size_t i = 0; i < lexicon_count(p->l); i++) {
		const struct lexeme *x = lexicon_at(p->l, i);
		struct buf name = { 0 };
		const char *label = "";
		struct known k;

		p->municipality = false;
		if (x->kind == LEXEME_PLACE && x->code[0] && !x->whole)
			lexicon_records(p->l, i, look_at_level, p);
		if (!p->municipality || is_listed(out, x->code))
			continue;
		k = in_place(help, x->territory, x->code, &label);
		name_of_place(p, i, &name);
		add_row(out, x->territory, x->code, name.len ? buf_text(&name) : label, &k);
		buf_free(&name);
	}
	for (size_t i = 0; i < help->count; i++) {
		const struct tally_cell *c = &help->cells[i];
		const char *label = "";
		struct known k;

		if (c->keys[1][0] == 0 || is_listed(out, c->keys[1]))
			continue;
		k = in_place(help, c->keys[0], c->keys[1], &label);
		add_row(out, c->keys[0], c->keys[1], label, &k);
	}
}

static int
by_territory_and_name(const void *a, const void *b)
{
	const struct gaps_row *x = a, *y = b;
	int order = strcmp(x->territory, y->territory);

	return order ? order : strcmp(x->place, y->place);
}

/* Where there is no help at all: has a member entered anything there, of whatever kind? Only these places are looked at. */
static enum err_code
find_members(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct gaps *io, struct err *e)
{
	static const enum tally_axis by[] = { AXIS_PLACE };
	struct tally_filter *places = need_zeroed(io->count + 1, sizeof *places);
	struct tally_query asked = *q;
	struct tally y = { .count = 0 };
	enum err_code rc = ERR_OK;

	asked.kind = 0;
	asked.filters = places;
	asked.filter_count = 0;
	asked.by = by;
	asked.by_count = 1;
	if (asked.max_postings)
		asked.max_postings = asked.max_postings > io->read ? asked.max_postings - io->read : 1;
	for (size_t i = 0; i < io->count; i++)
		if (io->rows[i].state == GAP_UNKNOWN)
			places[asked.filter_count++] = (struct tally_filter){ AXIS_PLACE, bytes_text(io->rows[i].place) };
	if (asked.filter_count)
		rc = tally_run(r, t, l, &asked, &y, e);
	io->read += y.read;
	for (size_t i = 0; i < io->count; i++)
		for (size_t j = 0; j < y.count && io->rows[i].state == GAP_UNKNOWN; j++)
			if (strcmp(y.cells[j].keys[0], io->rows[i].place) == 0)
				io->rows[i].state = GAP_NONE;
	tally_done(&y);
	free(places);
	return rc;
}

static enum err_code
by_place(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct gaps *out, struct err *e)
{
	static const enum tally_axis by[] = { AXIS_TERRITORY, AXIS_PLACE };
	struct placed p = { r, t, l, q, false };
	struct tally_query asked = *q;
	struct tally help;
	enum err_code rc;

	asked.by = by;
	asked.by_count = 2;
	rc = tally_run(r, t, l, &asked, &help, e);
	out->left_out = help.left_out;
	out->read += help.read;
	if (rc == ERR_OK) {
		list_places(&p, &help, out);
		if (out->count)
			qsort(out->rows, out->count, sizeof *out->rows, by_territory_and_name);
		rc = find_members(r, t, l, q, out, e);
	}
	tally_done(&help);
	return rc;
}

enum err_code
gaps_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    enum gaps_by by, struct gaps *out, struct err *e)
{
	struct bytes code;

	*out = (struct gaps){ 0 };
	for (size_t i = 0; i < q->filter_count; i++)
		if (q->filters[i].axis == AXIS_TOPIC && tally_confidential(r, t, l, q->filters[i].value, &code))
			out->confidential = true;
	if (out->confidential)
		return confidential(r, t, l, q, out, e);
	return by == GAPS_BY_PLACE ? by_place(r, t, l, q, out, e) : by_territory(r, t, l, q, out, e);
}

void
gaps_done(struct gaps *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->rows[i].place);
		free(g->rows[i].label);
	}
	free(g->rows);
	*g = (struct gaps){ 0 };
}
