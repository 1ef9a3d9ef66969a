/* Properties that hold whatever is said: random histories by seed. */
#include "tests/unit/member/history.h"

#define HISTORIES 300
#define SAYINGS 60

static uint64_t state;

static uint64_t
draw(uint64_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) % below;
}

static void
start(void)
{
	const char *seed = getenv("SEED");

	crypto_start();
	state = seed ? strtoull(seed, NULL, 0) : 20260101;
	fprintf(stderr, "seed %llu\n", (unsigned long long)state);
}
TestSuite(random, .init = start);

#define LETTERS 10u
/* The first three speak most, so that much of what is said counts. */
static char
any(void)
{
	return (char)('A' + draw(draw(4) ? 3 : LETTERS));
}

static char
anybody(void)
{
	return (char)('A' + draw(LETTERS));
}

/* Some of the letters, comma separated, each once. */
static void
some(char *out, const char *suffixes[], size_t suffix_count)
{
	size_t n = 0;

	for (char c = 'A'; c < 'A' + (char)LETTERS; c++)
		if (suffix_count ? c > 'B' && draw(2) : draw(c < 'C' ? 5 : 10) >= (c < 'C' ? 1 : 8)) {
			if (n)
				out[n++] = ',';
			out[n++] = c;
			if (suffix_count)
				n += (size_t)sprintf(out + n, ":%s", suffixes[draw(suffix_count)]);
		}
	if (n == 0)
		n = (size_t)sprintf(out, suffix_count ? "C:active" : "A");
	out[n] = 0;
}

/* A charter, and mostly everybody's approval: so that chains grow. */
static void
say_random_charter(struct history *h, unsigned hour)
{
	static const char *states[] = { "active", "active", "active", "active", "active", "active", "active",
	  "active",
		"active", "active", "suspended", "suspended", "removed", "succeeded>J" };
	char with[64], roll[256], line[400];
	unsigned number = (unsigned)h->charter_count, parent = (unsigned)draw(number);
	char author = (char)('A' + draw(2));

	if (draw(4))
		parent = number - 1;
	some(with, NULL, 0);
	some(roll, states, sizeof states / sizeof *states);
	snprintf(line, sizeof line, "%u %c charter c%u of c%u with %s admit %u%s%s", hour, author, number,
	  parent, with,
	    (unsigned)(draw(3) ? 0 : draw(3)), draw(3) == 0 ? " roll " : "", "");
	if (strstr(line, " roll "))
		snprintf(line + strlen(line), sizeof line - strlen(line), "%s", roll);
	history_say(h, line);
	for (char c = 'A'; c < 'A' + (char)LETTERS; c++)
		if (draw(12)) {
			snprintf(line, sizeof line, "%u %c approve c%u", hour, c, number);
			history_say(h, line);
		}
}

static void
say_random(struct history *h, unsigned hour)
{
	static const char *const verbs[] = { "admit", "admit", "admit", "suspend", "reinstate", "remove",
	  "succeed", "node" };
	static const char *const territories[] = { "AL", "AL", "ME" };
	const char *verb = verbs[draw(8)];
	unsigned charter = (unsigned)(draw(3) ? h->charter_count - 1 : draw(h->charter_count));
	char line[200];

	if (strcmp(verb, "node") == 0)
		snprintf(line, sizeof line, "%u %c node %u", hour, anybody(), (unsigned)draw(5));
	else if (strcmp(verb, "succeed") == 0)
		snprintf(line, sizeof line, "%u %c succeed %c by %c @c%u", hour, any(), anybody(), anybody(),
	  charter);
	else if (strcmp(verb, "admit") == 0)
		snprintf(line, sizeof line, "%u %c admit %c %s @c%u", hour, any(), anybody(),
	  territories[draw(3)], charter);
	else
		snprintf(line, sizeof line, "%u %c %s %c @c%u", hour, any(), verb, anybody(), charter);
	history_say(h, line);
}

static void
random_history(struct history *h)
{
	history_say(h, "0 A first c0");
	for (unsigned i = 0; i < SAYINGS; i++)
		if (draw(6) == 0 && h->charter_count < 60)
			say_random_charter(h, (unsigned)draw(900));
		else
			say_random(h, (unsigned)draw(900));
}

static char *
carried_of(const struct history *h, int64_t hour)
{
	struct membership *m = history_compute(h, NULL, hour);
	struct buf b = { NULL, 0, 0 };
	char *text;

	membership_carried_text(m, &b);
	text = need_strdup(buf_text(&b));
	membership_free(m);
	buf_free(&b);
	return text;
}

static char *
text_of(const struct history *h, const struct id *branch, int64_t hour)
{
	struct membership *m = history_compute(h, branch, hour);
	struct buf b = { NULL, 0, 0 };
	char *text;

	membership_text(m, &b);
	text = need_strdup(buf_text(&b));
	membership_free(m);
	buf_free(&b);
	return text;
}

static void
shuffle(struct history *h)
{
	for (size_t i = h->count; i > 1; i--) {
		size_t k = draw(i);
		struct verified v = h->records[i - 1];

		h->records[i - 1] = h->records[k];
		h->records[k] = v;
	}
}

/* Whatever the order, and however often a record comes, the membership is the same, and so is what A signs anew. */
Test(random, order_and_duplicates_do_not_matter)
{
	unsigned carried = 0;

	for (unsigned i = 0; i < HISTORIES; i++) {
		uint64_t seed = state;
		struct history h = { 0 }, twice;
		int64_t hour = (int64_t)draw(1200);
		char *a, *b;

		random_history(&h);
		a = text_of(&h, NULL, hour);
		twice = h;
		twice.records = need_alloc(2 * h.count * sizeof *h.records);
		memcpy(twice.records, h.records, h.count * sizeof *h.records);
		for (size_t k = 0; k < h.count / 2; k++)
			twice.records[twice.count++] = h.records[draw(h.count)];
		shuffle(&twice);
		b = text_of(&twice, NULL, hour);
		cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
		free(a);
		free(b);
		a = carried_of(&h, hour);
		b = carried_of(&twice, hour);
		cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
		carried += a[0] != 0;
		free(a);
		free(b);
		free(twice.records);
		history_free(&h);
	}
	cr_expect_gt(carried, 0, "the histories are too tame: nothing is carried");
}

/* Leaving out every record that does not belong to the set changes nothing: they had no part in it. */
Test(random, records_outside_the_set_change_nothing)
{
	size_t outside = 0, inside = 0;

	for (unsigned i = 0; i < HISTORIES; i++) {
		uint64_t seed = state;
		struct history h = { 0 }, in;
		int64_t hour = (int64_t)draw(1200);
		struct membership *m;
		char *a, *b;

		random_history(&h);
		m = history_compute(&h, NULL, hour);
		in = h;
		in.records = need_alloc(h.count * sizeof *h.records);
		in.count = 0;
		for (size_t k = 0; k < h.count; k++)
			if (membership_judge(m, &h.records[k].record, &h.records[k].id) == STANDING_IN)
				in.records[in.count++] = h.records[k];
		outside += h.count - in.count;
		inside += in.count;
		membership_free(m);
		a = text_of(&h, NULL, hour);
		b = text_of(&in, NULL, hour);
		cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
		free(a);
		free(b);
		free(in.records);
		history_free(&h);
	}
	cr_expect_gt(outside, inside / 4, "the histories are too tame: %zu outside, %zu inside", outside, inside);
}

/* What was adopted stays adopted when more is heard, and a node that persists its branch goes down its own line. */
Test(random, adoption_only_grows)
{
	unsigned deep = 0;

	for (unsigned i = 0; i < HISTORIES; i++) {
		uint64_t seed = state;
		struct history h = { 0 };
		size_t all;
		struct id branch = { { 0 } };
		unsigned depth = 0;

		random_history(&h);
		shuffle(&h);
		for (all = h.count, h.count = 0; h.count <= all; h.count += 20) {
			struct membership *m = history_compute(&h, &branch, 1200);
			const struct charter *c = membership_charter(m);

			cr_assert(id_is_zero(&branch) || membership_holds_branch(m), "seed %llu",
	  (unsigned long long)seed);
			cr_assert(!c || c->depth >= depth, "seed %llu", (unsigned long long)seed);
			if (c) {
				branch = c->id;
				depth = c->depth;
			}
			membership_free(m);
		}
		deep += depth > 1;
		h.count = all;
		history_free(&h);
	}
	cr_expect_gt(deep, HISTORIES / 10, "the histories are too flat: %u", deep);
}

/* Between now and the next hour nothing changes, neither who is a member nor what belongs to the set. */
Test(random, nothing_changes_before_the_next_hour)
{
	unsigned moves = 0;

	for (unsigned i = 0; i < HISTORIES; i++) {
		uint64_t seed = state;
		struct history h = { 0 };
		int64_t hour = (int64_t)draw(1200), next;
		struct membership *m, *later;
		char *a, *b;

		random_history(&h);
		m = history_compute(&h, NULL, hour);
		next = membership_next_hour(m) == INT64_MAX ? hour + 100000 : membership_next_hour(m) - HOUR0;
		cr_assert_gt(next, hour);
		later = history_compute(&h, NULL, next - 1);
		a = text_of(&h, NULL, hour);
		b = text_of(&h, NULL, next - 1);
		cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
		for (size_t k = 0; k < h.count; k++)
			cr_assert_eq((int)membership_judge(m, &h.records[k].record, &h.records[k].id),
			    (int)membership_judge(later, &h.records[k].record, &h.records[k].id), "seed %llu",
			    (unsigned long long)seed);
		moves += membership_next_hour(m) != INT64_MAX;
		membership_free(m);
		membership_free(later);
		free(a);
		free(b);
		history_free(&h);
	}
	cr_expect_gt(moves, HISTORIES / 10);
}

/* A body with one byte changed never crashes anybody, and order still does not matter. */
Test(random, damaged_bodies_count_for_nothing_or_something_else_alike)
{
	for (unsigned i = 0; i < HISTORIES; i++) {
		uint64_t seed = state;
		struct history h = { 0 };
		char *a, *b;

		random_history(&h);
		for (unsigned k = 0; k < 20; k++) {
			struct record *r = &h.records[1 + draw(h.count - 1)].record;
			uint8_t *body = (uint8_t *)(uintptr_t)r->body.p;

			if (r->body.len == 0)
				continue;
			if (draw(4))
				body[draw(r->body.len)] ^= (uint8_t)(1u << draw(8));
			else
				r->body.len = draw(r->body.len);
			if (r->body.len == 0)
				r->state = RECORD_WITHDRAWN;
		}
		a = text_of(&h, NULL, 1000);
		shuffle(&h);
		b = text_of(&h, NULL, 1000);
		cr_assert_str_eq(a, b, "seed %llu", (unsigned long long)seed);
		free(a);
		free(b);
		history_free(&h);
	}
}
