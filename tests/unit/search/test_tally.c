/* node/search/tally.c, gaps.c: tables against a plain count; what must stay unknown, by seed. */
#include "node/search/gaps.h"

#include "proto/calendar.h"
#include "proto/kinds/tables.h"
#include "tests/unit/search/indexed.h"

#define ORGANISATIONS 8
#define MOST 160

static unsigned names;
static struct tally_said said[16];      /* of what is asked */
static size_t said_count;

static void
author(uint32_t kind, unsigned name, struct buf *body)
{
	struct draft d = { .kind = kind, .name = name_of(name), .audience = AUDIENCE_PUBLIC, .body = buf_bytes(body) };

	cr_assert_eq(records_author(net.records, &net.keys[0], &d, 1, NULL, &err), ERR_OK, "%s: %s: %s", err.object,
	    err.rule, err.reason);
	buf_free(body);
}

static void
begin(void)
{
	indexed_begin(256 << 20);
	names = 1000;
	said_count = 0;
	for (unsigned i = 1; i <= ORGANISATIONS; i++) {
		struct buf body = { 0 };

		body_organisation(&body, "A made-up one", NULL);
		author(KIND_ORGANISATION, i, &body);
	}
}

TestSuite(tally, .init = begin, .fini = indexed_end);

/* --- entries --- */

static const char *const topics[] = { "legal-aid", "counselling", "training", "shelter", "safe-house" };
static const char *const areas[] = { "AL", "BA", "ME", "MK", "RS", "XK" };
static const char *const towns[] = { "Izmišljevo", "Drugovo", "Trećevo" };
enum { ORDINARY = 3, TOPICS = 5 };

struct service {
	unsigned organisation, topics, areas, towns;   /* the last three: bits */
	bool confidential;                             /* it says so itself */
	bool refuge;                                   /* it has the term that says so */
	unsigned verified_days;                        /* ago */
};

static void
put_reference(struct buf *b, unsigned name)
{
	struct uuid u = name_of(name);

	cbor_put_array(b, 2);
	cbor_put_bytes(b, BYTES_OF(net.keys[0].public_key));
	cbor_put_bytes(b, BYTES_OF(u));
}

static unsigned
bits(unsigned v)
{
	return v ? 1 + bits(v & (v - 1)) : 0;
}

static void
put_bits(struct buf *b, uint64_t key, unsigned of, const char *const *texts)
{
	cbor_put_uint(b, key);
	cbor_put_array(b, bits(of));
	for (unsigned i = 0; of >> i; i++)
		if (of >> i & 1)
			cbor_put_text(b, bytes_text(texts[i]));
}

#define REFUGE 900             /* name of the term */

static void
add_service(const struct service *s)
{
	struct buf b = { 0 };

	cbor_put_map(&b, 8u + (s->topics != 0) + s->refuge + (s->towns != 0));
	put_number(&b, 1, (uint64_t)(NOON / DAY_MS) - s->verified_days);
	if (s->refuge) {
		cbor_put_uint(&b, 7);
		cbor_put_array(&b, 1);
		put_reference(&b, REFUGE);
	}
	cbor_put_uint(&b, 32);
	put_reference(&b, s->organisation);
	put_title(&b, 33, "Made up");
	put_title(&b, 34, "Nothing of this is so.");
	if (s->topics)
		put_bits(&b, 36, s->topics, topics);
	cbor_put_uint(&b, 44);
	cbor_put_array(&b, 1);
	cbor_put_text(&b, bytes_text("srp"));
	put_bits(&b, 47, s->areas, areas);
	if (s->towns)
		put_bits(&b, 48, s->towns, towns);
	cbor_put_uint(&b, 57);
	cbor_put_bool(&b, s->confidential);
	/* Its own level lets the municipality be told: the tables must not all the same. */
	put_word(&b, 58, "municipality");
	author(KIND_SERVICE, names++, &b);
}

static void
add_refuge(void)
{
	struct buf b = { 0 };

	cbor_put_map(&b, 4);
	cbor_put_uint(&b, 32);
	put_reference(&b, 901);
	put_word(&b, 33, "refuge");
	put_title(&b, 34, "refuge");
	put_word(&b, 38, "confidential-location");
	author(KIND_TERM, REFUGE, &b);
}

static struct service
any_service(unsigned of_topics)
{
	struct service s = { .organisation = 1 + (unsigned)(dice(&seed) % ORGANISATIONS) };

	s.topics = 1u << dice(&seed) % of_topics | 1u << dice(&seed) % of_topics;
	s.areas = 1u << dice(&seed) % 6;
	if (dice(&seed) % 4 == 0)
		s.areas |= 1u << dice(&seed) % 6;
	s.towns = (unsigned)(dice(&seed) % 8);
	s.verified_days = (unsigned)(dice(&seed) % 300);
	return s;
}

static bool
is_secret(const struct service *s)
{
	return s->confidential || s->refuge || s->topics >> ORDINARY;
}

/* --- asking --- */

static bool
all_are(void *self, const struct verified *v)
{
	(void)self, (void)v;
	return true;
}

static enum err_code
ask(const enum tally_axis *by, size_t by_count, const struct tally_filter *filters, size_t filter_count,
    struct tally *out)
{
	struct tally_query q = { .kind = KIND_SERVICE, .by = by, .by_count = by_count, .filters = filters,
		.filter_count = filter_count, .audiences = 7, .said = said, .said_count = said_count, .now_ms = NOON };
	struct store_txn *t = store_read(net.store);
	struct lexicon *l = lexicon_new(net.records, t, all_are, NULL);
	enum err_code rc = tally_run(net.records, t, l, &q, out, &err);

	lexicon_free(l);
	txn_abort(&t);
	return rc;
}

static const struct tally_cell *
cell(const struct tally *y, const char *a, const char *b)
{
	for (size_t i = 0; i < y->count; i++)
		if (strcmp(y->cells[i].keys[0], a) == 0 && (b == NULL || strcmp(y->cells[i].keys[1], b) == 0))
			return &y->cells[i];
	return NULL;
}

/* --- cases --- */

/* Cells are what one counts by hand: entries, organisations, and how old the last look at them is. */
Test(tally, cells_are_counted)
{
	static const enum tally_axis by[] = { AXIS_TOPIC, AXIS_PLACE };
	static const char *const folded[] = { "izmisljevo", "drugovo", "trecevo", "" };
	struct service list[MOST];
	struct tally y;
	uint64_t ordinary = 0;

	for (size_t i = 0; i < MOST; i++) {
		list[i] = any_service(TOPICS);
		list[i].confidential = dice(&seed) % 9 == 0;
		add_service(&list[i]);
		ordinary += !is_secret(&list[i]);
	}
	cr_assert_eq(ask(by, 2, NULL, 0, &y), ERR_OK, "%s", err.reason);
	cr_expect_eq(y.entries, ordinary);
	for (unsigned t = 0; t < TOPICS; t++)
		for (unsigned p = 0; p < 4; p++) {
			unsigned count = 0, stale = 0, organisations = 0;
			const struct tally_cell *c = cell(&y, topics[t], folded[p]);

			for (size_t i = 0; i < MOST; i++)
				if (!is_secret(&list[i]) && (list[i].topics >> t & 1) &&
				    (p < 3 ? list[i].towns >> p & 1 : list[i].towns == 0)) {
					count++;
					stale += list[i].verified_days > 180;
					organisations |= 1u << list[i].organisation;
				}
			if (count == 0) {
				cr_expect_null(c, "%s in %s", topics[t], folded[p]);
				continue;
			}
			cr_assert_not_null(c, "%s in %s", topics[t], folded[p]);
			cr_expect_eq(c->count, count);
			cr_expect_eq(c->stale, stale);
			cr_expect_eq(c->fresh + c->due + c->stale, count);
			cr_expect_eq(c->organisations, bits(organisations));
		}
	tally_done(&y);
}

/* Filters of one field widen, of several narrow; a place is known in any script, a territory by its name. */
Test(tally, filters)
{
	struct tally_filter two[] = { { AXIS_TOPIC, bytes_text("legal-aid") }, { AXIS_TOPIC, bytes_text("training") } };
	struct tally_filter both[] = { { AXIS_PLACE, bytes_text("ДРУГОВО") }, { AXIS_TERRITORY, bytes_text("kosovë") } };
	unsigned either = 0, there = 0;
	struct tally y;

	for (size_t i = 0; i < 60; i++) {
		struct service s = any_service(ORDINARY);

		add_service(&s);
		either += (s.topics & 5) != 0;
		there += (s.towns & 2) && (s.areas & 32);
	}
	cr_assert_eq(ask(NULL, 0, two, 2, &y), ERR_OK);
	cr_expect_eq(y.entries, either);
	tally_done(&y);
	cr_assert_eq(ask(NULL, 0, both, 2, &y), ERR_OK);
	cr_expect_eq(y.entries, there);
	tally_done(&y);
	both[1].value = bytes_text("Atlantis");
	cr_expect_eq(ask(NULL, 0, both, 2, &y), ERR_INPUT);
	tally_done(&y);
}

/* A value that nothing can have is refused: a slip of the pen must not look like help that nobody gives. */
Test(tally, slips)
{
	static const struct { enum tally_axis axis; const char *value; enum err_code rc; } rows[] = {
		{ AXIS_TOPIC, "legal-aid", ERR_OK }, { AXIS_TOPIC, "Legal aid", ERR_OK }, { AXIS_TOPIC, "leagl-aid", ERR_MISSING },
		{ AXIS_LANGUAGE, "sq", ERR_OK }, { AXIS_LANGUAGE, "Albanian", ERR_INPUT }, { AXIS_CHANNEL, "phone", ERR_OK },
		{ AXIS_CHANNEL, "fax", ERR_INPUT }, { AXIS_FRESHNESS, "stale", ERR_OK }, { AXIS_FRESHNESS, "old", ERR_INPUT },
		{ AXIS_KIND, "service", ERR_OK }, { AXIS_KIND, "services", ERR_INPUT }, { AXIS_ACCESS, "stairs", ERR_INPUT },
		{ AXIS_TEXT_LANGUAGE, "sr-Cyrl", ERR_OK }, { AXIS_TEXT_LANGUAGE, "?", ERR_INPUT },
		{ AXIS_ORGANISATION, "Centre", ERR_INPUT }, { AXIS_PLACE, "Nowhere", ERR_OK },
	};
	struct tally y;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tally_filter f = { rows[i].axis, bytes_text(rows[i].value) };

		cr_expect_eq(ask(NULL, 0, &f, 1, &y), rows[i].rc, "%s %s", tally_word(rows[i].axis), rows[i].value);
		tally_done(&y);
	}
}

/* A language is asked for by either code, with its varieties; a text's language by any tag. */
Test(tally, languages)
{
	struct tally_filter f = { AXIS_LANGUAGE, bytes_text("sr") };
	uint64_t by_two, all;
	struct tally y;

	for (size_t i = 0; i < 40; i++) {
		struct service s = any_service(ORDINARY);

		add_service(&s);
	}
	cr_assert_eq(ask(NULL, 0, &f, 1, &y), ERR_OK);
	by_two = y.entries;
	tally_done(&y);
	f.value = bytes_text("srp");
	cr_assert_eq(ask(NULL, 0, &f, 1, &y), ERR_OK);
	cr_expect_gt(by_two, 0);
	cr_expect_eq(y.entries, by_two);
	tally_done(&y);
	f.value = bytes_text("hbs");
	cr_assert_eq(ask(NULL, 0, &f, 1, &y), ERR_OK);
	cr_expect_geq(y.entries, by_two);
	all = y.entries;
	tally_done(&y);
	f = (struct tally_filter){ AXIS_TEXT_LANGUAGE, bytes_text("en-GB") };
	cr_assert_eq(ask(NULL, 0, &f, 1, &y), ERR_OK);
	cr_expect_geq(y.entries, all, "all are written in English");
	tally_done(&y);
}

/* Every answer to an ordinary question, as text. */
static void
all_ordinary(struct buf *out)
{
	static const struct tally_filter filters[] = { { AXIS_TERRITORY, { (const uint8_t *)"XK", 2 } },
		{ AXIS_PLACE, { (const uint8_t *)"Drugovo", 7 } }, { AXIS_LANGUAGE, { (const uint8_t *)"srp", 3 } },
		{ AXIS_TOPIC, { (const uint8_t *)"legal-aid", 9 } }, { AXIS_FRESHNESS, { (const uint8_t *)"stale", 5 } } };

	for (int a = 0; a < AXES; a++)
		for (int b = 0; b < AXES; b++)
			for (size_t f = 0; f <= sizeof filters / sizeof *filters; f++) {
				enum tally_axis by[2] = { (enum tally_axis)a, (enum tally_axis)b };
				struct tally y;

				cr_assert_eq(ask(by, a == b ? 1 : 2, f ? &filters[f - 1] : NULL, f ? 1 : 0, &y), ERR_OK);
				buf_printf(out, "%d %d %zu: %llu %llu\n", a, b, f, (unsigned long long)y.entries,
				    (unsigned long long)y.organisations);
				for (size_t i = 0; i < y.count; i++)
					buf_printf(out, "%s|%s %u %u %u %u %u\n", y.cells[i].keys[0],
					    a == b ? "" : y.cells[i].keys[1], y.cells[i].count, y.cells[i].organisations,
					    y.cells[i].fresh, y.cells[i].due, y.cells[i].stale);
				tally_done(&y);
			}
}

/* No ordinary question tells whether an entry whose place must stay unknown is there: not a cell, not a total. */
Test(tally, nothing_tells_of_them)
{
	struct buf before = { 0 }, after = { 0 };

	add_refuge();
	for (size_t i = 0; i < 40; i++) {
		struct service s = any_service(ORDINARY);

		add_service(&s);
	}
	all_ordinary(&before);
	for (size_t i = 0; i < 30; i++) {
		struct service s = any_service(TOPICS);

		if (!is_secret(&s)) {
			s.refuge = dice(&seed) % 2;
			s.confidential = !s.refuge;
		}
		add_service(&s);
	}
	all_ordinary(&after);
	cr_assert_str_eq(buf_text(&after), buf_text(&before));
	buf_free(&before);
	buf_free(&after);
}

/* FLAGS are said of the entry NAME of KIND. */
static void
say(uint16_t kind, unsigned name, uint8_t flags, int64_t confirmed_day)
{
	struct store_txn *t = store_read(net.store);
	struct uuid u = name_of(name);
	struct verified v;
	size_t at = said_count++;

	cr_assert(records_live(net.records, t, kind, &net.keys[0].public_key, &u, &v));
	for (; at > 0 && memcmp(said[at - 1].record, v.id.b, sizeof said->record) > 0; at--)
		said[at] = said[at - 1];
	said[at] = (struct tally_said){ .flags = flags, .confirmed_day = confirmed_day };
	memcpy(said[at].record, v.id.b, sizeof said->record);
	txn_abort(&t);
}

/* What is hidden for what members say of it changes no number of any table, and its name stands at none. */
Test(tally, nothing_tells_of_the_hidden)
{
	static const enum tally_axis by[] = { AXIS_ORGANISATION };
	struct buf before = { 0 }, after = { 0 };
	unsigned unnamed = 0;
	struct tally y;

	for (size_t i = 0; i < 40; i++) {
		struct service s = any_service(ORDINARY);

		add_service(&s);
	}
	all_ordinary(&before);
	for (size_t i = 0; i < 3; i++) {
		struct service s = any_service(ORDINARY);

		s.organisation = 1;
		add_service(&s);
		say(KIND_SERVICE, names - 1, TALLY_HIDDEN, 0);
	}
	all_ordinary(&after);
	cr_assert_str_eq(buf_text(&after), buf_text(&before));
	buf_free(&before);
	buf_free(&after);
	said_count = 0;
	say(KIND_ORGANISATION, 1, TALLY_HIDDEN, 0);
	cr_assert_eq(ask(by, 1, NULL, 0, &y), ERR_OK);
	for (size_t i = 0; i < y.count; i++)
		unnamed += y.cells[i].labels[0][0] == 0;
	cr_expect_eq(unnamed, 1);
	tally_done(&y);
}

/* What is called exposed is counted, but at no place: neither in a cell of one, nor where one is asked for. */
Test(tally, exposed_places_are_not_told)
{
	static const enum tally_axis by[] = { AXIS_TERRITORY, AXIS_PLACE };
	struct tally_filter here = { AXIS_PLACE, bytes_text("Izmišljevo") };
	struct tally y;

	add_service(&(struct service){ .organisation = 1, .topics = 1, .areas = 1u << 4, .towns = 1 });
	add_service(&(struct service){ .organisation = 2, .topics = 1, .areas = 1u << 4, .towns = 3 });
	say(KIND_SERVICE, names - 1, TALLY_UNPLACED, 0);
	cr_assert_eq(ask(by, 2, NULL, 0, &y), ERR_OK);
	cr_expect_eq(y.entries, 2);
	cr_assert_eq(y.count, 2);
	cr_expect_eq(cell(&y, "RS", "izmisljevo")->count, 1);
	cr_expect_eq(cell(&y, "RS", "")->count, 1);
	tally_done(&y);
	cr_assert_eq(ask(by, 2, &here, 1, &y), ERR_OK);
	cr_expect_eq(y.entries, 1);
	cr_expect_eq(y.count, 1);
	tally_done(&y);
}

/* What others made sure of is as fresh as that day. */
Test(tally, others_make_sure)
{
	static const enum tally_axis by[] = { AXIS_FRESHNESS };
	struct tally y;

	for (unsigned i = 0; i < 2; i++)
		add_service(&(struct service){ .organisation = 1, .topics = 1, .areas = 1u << 4, .verified_days = 200 });
	say(KIND_SERVICE, names - 1, 0, NOON / DAY_MS - 10);
	cr_assert_eq(ask(by, 1, NULL, 0, &y), ERR_OK);
	cr_expect_eq(cell(&y, "fresh", NULL)->count, 1);
	cr_expect_eq(cell(&y, "stale", NULL)->count, 1);
	tally_done(&y);
}

static uint64_t
reporting(unsigned audiences)
{
	struct tally_query q = { .audiences = audiences, .said = said, .said_count = said_count, .now_ms = NOON };
	struct store_txn *t = store_read(net.store);
	uint64_t read = 0, count = tally_reporting(net.records, t, &q, &read);

	cr_expect_gt(read, 0);
	txn_abort(&t);
	return count;
}

/* Who has something that may be counted reports: not by what must stay unknown alone, nor by what is hidden. */
Test(tally, who_reports)
{
	cr_expect_eq(reporting(7), 1);
	cr_expect_eq(reporting(0), 0);
	for (unsigned i = 1; i <= ORGANISATIONS; i++)
		say(KIND_ORGANISATION, i, TALLY_HIDDEN, 0);
	cr_expect_eq(reporting(7), 0);
	add_refuge();
	say(KIND_TERM, REFUGE, TALLY_HIDDEN, 0);
	add_service(&(struct service){ .organisation = 1, .topics = 8, .areas = 1 });
	add_service(&(struct service){ .organisation = 1, .topics = 1, .areas = 1, .refuge = true });
	add_service(&(struct service){ .organisation = 1, .topics = 1, .areas = 1, .confidential = true });
	cr_expect_eq(reporting(7), 0);
	add_service(&(struct service){ .organisation = 1, .topics = 1, .areas = 1 });
	cr_expect_eq(reporting(7), 1);
}

/* Organisations with a shelter in one of AREAS (bits), or with any for 0. */
static unsigned
with_shelter(const struct service *list, size_t count, unsigned in, unsigned not_in)
{
	unsigned found = 0;

	for (size_t i = 0; i < count; i++)
		if ((list[i].topics >> 3 & 1) && (in == 0 || (list[i].areas & in)) && !(list[i].areas & not_in))
			found |= 1u << list[i].organisation;
	return bits(found);
}

/* Of what must stay unknown no told cell, and nothing that is left when told cells are taken away, is below three. */
Test(tally, small_numbers)
{
	static const enum tally_axis by[] = { AXIS_TERRITORY };
	struct tally_filter shelter = { AXIS_TOPIC, bytes_text("shelter") };

	for (unsigned round = 0; round < 12; round++) {
		struct service list[MOST];
		size_t count = dice(&seed) % 25;
		unsigned told = 0;
		struct tally y, whole;
		uint64_t going_on = seed;

		indexed_end();
		begin();
		seed = going_on;
		for (size_t i = 0; i < count; i++) {
			list[i] = any_service(TOPICS);
			list[i].areas &= (unsigned)(dice(&seed) % 63) | 1;
			list[i].areas += list[i].areas == 0;
			add_service(&list[i]);
		}
		cr_assert_eq(ask(by, 1, &shelter, 1, &y), ERR_OK, "%s", err.reason);
		cr_assert_eq(ask(NULL, 0, &shelter, 1, &whole), ERR_OK);
		cr_expect_eq(whole.organisations, with_shelter(list, count, 0, 0) < 3 ? 0 : with_shelter(list, count, 0, 0));
		for (unsigned a = 0; a < 6; a++) {
			const struct tally_cell *c = cell(&y, areas[a], NULL);

			if (c == NULL)
				continue;
			told |= 1u << a;
			cr_expect_geq(c->organisations, 3);
			cr_expect_eq(c->organisations, with_shelter(list, count, 1u << a, 0));
			cr_expect_eq(c->fresh + c->due + c->stale, 0, "not by age either");
		}
		if (told && told != 63) {
			cr_expect_geq(with_shelter(list, count, 63 & ~told, 0), 3, "in hidden territories");
			cr_expect_geq(with_shelter(list, count, 0, told), 3, "in none that is told");
		}
		tally_done(&y);
		tally_done(&whole);
	}
}

/* They are asked for one topic at a time, by territory, and in no other way; by a name as by the code. */
Test(tally, one_way_to_ask)
{
	struct tally_filter two[] = { { AXIS_TOPIC, bytes_text("shelter") }, { AXIS_LANGUAGE, bytes_text("srp") } };
	struct tally y;

	add_refuge();
	for (int a = 0; a < AXES; a++) {
		enum tally_axis by = (enum tally_axis)a;

		cr_expect_eq(ask(&by, 1, two, 1, &y), a == AXIS_TERRITORY ? ERR_OK : ERR_INPUT, "%s", tally_word(by));
		tally_done(&y);
	}
	cr_expect_eq(ask(NULL, 0, two, 2, &y), ERR_INPUT);
	tally_done(&y);
	for (unsigned way = 0; way < 3; way++) {
		struct tally_query q = { .kind = way ? KIND_SERVICE : 0, .filters = two, .filter_count = 1, .audiences = 7,
			.now_ms = NOON, .from_day = way == 1 ? 20000 : 0, .to_day = way == 2 ? 30000 : 0 };
		struct store_txn *t = store_read(net.store);
		struct lexicon *l = lexicon_new(net.records, t, all_are, NULL);

		cr_expect_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_INPUT, "way %u", way);
		tally_done(&y);
		lexicon_free(l);
		txn_abort(&t);
	}
	two[0].value = bytes_text("Refuge");
	cr_assert_eq(ask(NULL, 0, two, 1, &y), ERR_OK);
	cr_expect(y.confidential && y.withheld && y.entries == 0);
	tally_done(&y);
}

/* A question that would read too much ends, and says what it has read. */
Test(tally, cost_is_bounded)
{
	static const enum tally_axis by[] = { AXIS_TOPIC, AXIS_PLACE };
	struct tally_query q = { .kind = KIND_SERVICE, .by = by, .by_count = 2, .audiences = 7, .now_ms = NOON,
		.max_postings = 50 };
	struct store_txn *t;
	struct lexicon *l;
	struct tally y;

	for (size_t i = 0; i < 60; i++) {
		struct service s = any_service(ORDINARY);

		add_service(&s);
	}
	t = store_read(net.store);
	l = lexicon_new(net.records, t, all_are, NULL);
	cr_expect_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_LIMIT);
	cr_expect_gt(y.read, 50);
	cr_expect_lt(y.read, 120);
	tally_done(&y);
	q.max_postings = 0;
	q.max_cells = 2;
	cr_expect_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_OK);
	cr_expect(y.count == 2 && y.more);
	tally_done(&y);
	lexicon_free(l);
	txn_abort(&t);
}

/* One entry that says much on every axis stands in very many cells: they are what it costs, too. */
Test(tally, cells_cost)
{
	static const enum tally_axis by[] = { AXIS_TOPIC, AXIS_PLACE, AXIS_TERRITORY };
	struct service much = { .topics = (1u << ORDINARY) - 1, .areas = 63, .towns = 7 };
	struct tally_query q = { .kind = KIND_SERVICE, .by = by, .by_count = 3, .audiences = 7, .now_ms = NOON };
	struct store_txn *t;
	struct lexicon *l;
	struct tally y;

	add_service(&much);
	t = store_read(net.store);
	l = lexicon_new(net.records, t, all_are, NULL);
	cr_expect_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_OK);
	cr_expect_eq(y.count, 3 * 3 * 6);
	cr_expect_gt(y.read, 3 * 3 * 6);
	tally_done(&y);
	q.max_postings = 3 * 3 * 6;
	cr_expect_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_LIMIT);
	tally_done(&y);
	lexicon_free(l);
	txn_abort(&t);
}

/* Nobody is told what she may not have, nor what has ended. */
Test(tally, audiences_and_ends)
{
	struct tally_query q = { .audiences = 1u << AUDIENCE_PUBLIC, .now_ms = NOON };
	struct draft d = { .kind = KIND_ORGANISATION, .audience = AUDIENCE_MEMBERS, .expires = NOON / 1000 + 100 };
	struct buf body = { 0 };
	struct store_txn *t;
	struct lexicon *l;
	struct tally y;

	body_organisation(&body, "For members", NULL);
	d.body = buf_bytes(&body);
	cr_assert_eq(records_author(net.records, &net.keys[0], &d, 1, NULL, &err), ERR_OK, "%s", err.reason);
	buf_free(&body);
	t = store_read(net.store);
	l = lexicon_new(net.records, t, all_are, NULL);
	cr_assert_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_OK);
	cr_expect_eq(y.entries, ORGANISATIONS);
	tally_done(&y);
	q.audiences = 3;
	cr_assert_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_OK);
	cr_expect_eq(y.entries, ORGANISATIONS + 1);
	tally_done(&y);
	q.now_ms = NOON + 100000;
	cr_assert_eq(tally_run(net.records, t, l, &q, &y, &err), ERR_OK);
	cr_expect_eq(y.entries, ORGANISATIONS);
	tally_done(&y);
	lexicon_free(l);
	txn_abort(&t);
}

/* --- gaps --- */

static const struct gaps_row *
row(const struct gaps *g, const char *territory, const char *place)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->rows[i].territory, territory) == 0 && strcmp(g->rows[i].place, place) == 0)
			return &g->rows[i];
	return NULL;
}

static void
find_gaps(const char *topic, enum gaps_by by, struct gaps *out)
{
	struct tally_filter f = { AXIS_TOPIC, bytes_text(topic) };
	struct tally_query q = { .kind = KIND_SERVICE, .filters = &f, .filter_count = 1, .audiences = 7, .now_ms = NOON };
	struct store_txn *t = store_read(net.store);
	struct lexicon *l = lexicon_new(net.records, t, all_are, NULL);

	cr_assert_eq(gaps_run(net.records, t, l, &q, by, out, &err), ERR_OK, "%s", err.reason);
	lexicon_free(l);
	txn_abort(&t);
}

/* The author is at home in RS, members are there, in AL, XK, MK and BA: each state where it belongs. */
Test(tally, gaps_of_territories)
{
	static const struct service list[] = {
		{ .organisation = 1, .topics = 1, .areas = 1u << 4 },                         /* RS: at home */
		{ .organisation = 1, .topics = 1, .areas = 1u << 0 },                         /* AL: from RS */
		{ .organisation = 1, .topics = 1, .areas = 1u << 5, .verified_days = 200 },   /* XK: stale */
		{ .organisation = 1, .topics = 2, .areas = 1u << 3 },                         /* MK: something else */
	};
	static const struct { const char *territory; enum gap state; } expected[] = { { "RS", GAP_SERVED },
		{ "AL", GAP_ELSEWHERE }, { "XK", GAP_STALE }, { "MK", GAP_NONE }, { "BA", GAP_NONE }, { "ME", GAP_UNKNOWN } };
	struct gaps g;

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		add_service(&list[i]);
	find_gaps("legal-aid", GAPS_BY_TERRITORY, &g);
	for (size_t i = 0; i < 6; i++) {
		const struct gaps_row *r = row(&g, expected[i].territory, "");

		cr_assert_not_null(r);
		cr_expect_eq(r->state, expected[i].state, "%s: %s", r->territory, gap_word(r->state));
	}
	gaps_done(&g);
}

static void
add_place(unsigned name, const char *code, const char *called, const char *territory)
{
	struct buf b = { 0 };

	cbor_put_map(&b, 4);
	put_word(&b, 32, code);
	put_title(&b, 33, called);
	put_word(&b, 34, territory);
	put_word(&b, 35, "municipality");
	author(KIND_PLACE, name, &b);
}

/* Of municipalities as well, those without any entry too; a service for the whole territory serves from elsewhere. */
Test(tally, gaps_of_municipalities)
{
	static const struct service list[] = {
		{ .organisation = 1, .topics = 1, .areas = 1u << 4, .towns = 1 },
		{ .organisation = 2, .topics = 1, .areas = 1u << 4, .towns = 2, .verified_days = 200 },
		{ .organisation = 2, .topics = 2, .areas = 1u << 4, .towns = 4 },
		{ .organisation = 3, .topics = 1, .areas = 1u << 3 },
	};
	struct gaps g;

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		add_service(&list[i]);
	add_place(700, "RS-X1", "Izmišljevo", "RS");
	add_place(701, "RS-X2", "Drugovo", "RS");
	add_place(702, "RS-X3", "Trećevo", "RS");
	add_place(703, "RS-X4", "Četvrtovo", "RS");
	add_place(704, "MK-X1", "Petto", "MK");
	find_gaps("legal-aid", GAPS_BY_PLACE, &g);
	cr_assert_eq(g.count, 5);
	cr_expect_eq(row(&g, "RS", "RS-X1")->state, GAP_SERVED);
	cr_expect_str_eq(row(&g, "RS", "RS-X1")->label, "Izmišljevo");
	cr_expect_eq(row(&g, "RS", "RS-X2")->state, GAP_STALE);
	cr_expect_eq(row(&g, "RS", "RS-X3")->state, GAP_NONE);
	cr_expect_eq(row(&g, "RS", "RS-X4")->state, GAP_UNKNOWN);
	cr_expect_eq(row(&g, "MK", "MK-X1")->state, GAP_ELSEWHERE);
	gaps_done(&g);
}

/* Where a topic must stay unknown there are no municipalities, and only the region where there are few. */
Test(tally, gaps_of_what_must_stay_unknown)
{
	struct gaps g;

	for (unsigned i = 1; i <= 3; i++)
		add_service(&(struct service){ .organisation = i, .topics = 8, .areas = 1u << (3 + i % 2), .towns = 1 });
	find_gaps("shelter", GAPS_BY_PLACE, &g);
	cr_expect(g.confidential && g.withheld);
	for (size_t i = 0; i < g.count; i++) {
		cr_expect_str_eq(g.rows[i].place, "");
		cr_expect_eq(g.rows[i].state, strcmp(g.rows[i].territory, "WB") == 0 ? GAP_SERVED : GAP_WITHHELD);
	}
	gaps_done(&g);
}
