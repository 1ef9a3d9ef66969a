/* node/member/carry.c and expected.c: what outlives the charter that it names. */
#include "tests/unit/member/history.h"

#define FOUND "0 A first c0\n"
#define TWO FOUND "1 A charter c1 of c0 with A,B\n 1 A approve c1\n 2 B approve c1\n"
#define THREE FOUND "1 A charter c1 of c0 with A,B,C admit 2\n 1 A approve c1\n 2 B approve c1\n 2 C approve c1\n"

static void
start(void)
{
	crypto_start();
}
TestSuite(carry, .init = start);

/* Charter WORD was taken back: it is held no more. */
static void
drop(struct history *h, const char *word)
{
	for (size_t i = 0; i < h->count; i++)
		if (id_equal(&h->records[i].id, charter_id(h, word))) {
			free((void *)(uintptr_t)h->records[i].record.body.p);
			h->records[i] = h->records[--h->count];
			return;
		}
}

static struct membership *
compute(const struct history *h, char self, int64_t hour, const struct verified *later, size_t later_count)
{
	struct member_input in = { .network = h->network, .hour = HOUR_AT(hour), .records = h->records, .count = h->count,
		.later = later, .later_count = later_count, .self = org(self), .hash = crypto_envelope.hash };

	return membership_compute(&in);
}

static const struct verified *
find(const struct history *h, const struct id *id)
{
	for (size_t i = 0; i < h->count; i++)
		if (id_equal(&h->records[i].id, id))
			return &h->records[i];
	return NULL;
}

/* "admit X, suspend Y": kinds and subjects of what is signed anew, in that order. */
static void
carried_text(const struct history *h, const struct membership *m, struct buf *out)
{
	const struct id *ids;
	size_t count = membership_carried(m, &ids);

	for (size_t i = 0; i < count; i++) {
		const struct record *r = &find(h, &ids[i])->record;
		struct bytes action = body_text(r->body, 34, NULL);
		const char *word = r->kind == KIND_ADMISSION ? "admit" : r->kind == KIND_REMOVAL ? "remove" :
		    r->kind == KIND_SUCCESSION ? "succeed" : r->kind == KIND_ERASURE ? "erase" : NULL;
		uint64_t field = r->kind == KIND_SUCCESSION ? 34 : r->kind == KIND_ERASURE ? 32 : 33;

		buf_printf(out, "%s%.*s %c", i ? ", " : "", word ? (int)strlen(word) : (int)action.len,
		    word ? word : (const char *)action.p, body_get(r->body, field).p[2]);
	}
}

static const struct {
	const char *what, *story, *dropped;
	char self;
	int64_t hour;
	const char *expect;
} scenes[] = {
	/* a new charter */
	{ "what she voted after she had agreed to the new charter", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "3 A admit X @c0\n 4 B approve c1", NULL, 'A', 9, "admit X" },
	{ "also where she wrote it and agreed before", FOUND "1 A charter c1 of c0 with A\n 2 A admit X @c0\n"
	  "3 A approve c1", NULL, 'A', 9, "" },
	{ "what was before her eyes then is not", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "4 B approve c1", NULL, 'A', 9, "" },
	{ "nor what the roll says", FOUND "1 A charter c1 of c0 with A,B roll X:active,Y:suspended\n 2 A approve c1\n"
	  "3 A admit X @c0\n 3 A suspend Y @c0\n 4 B approve c1", NULL, 'A', 9, "" },
	{ "a suspension of whom the roll calls active is", FOUND "1 A charter c1 of c0 with A,B roll X:active\n"
	  "2 A approve c1\n 3 A suspend X @c0\n 4 B approve c1", NULL, 'A', 9, "suspend X" },
	{ "the newest of several", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n 3 A admit X @c0\n"
	  "4 A suspend X @c0\n 5 A reinstate X @c0\n 6 B approve c1", NULL, 'A', 9, "admit X, reinstate X" },
	{ "once is enough", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n 3 A admit X @c0\n 4 B approve c1\n"
	  "5 A admit X", NULL, 'A', 9, "" },
	{ "somebody else has done it", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n 3 A admit X @c0\n"
	  "4 B approve c1\n 5 B admit X", NULL, 'A', 9, "" },
	{ "each coordinator signs her own", THREE "5 A charter c2 of c1 with A,B,C admit 2\n 5 A approve c2\n"
	  "6 A admit X @c1\n 6 B admit X @c1\n 7 B approve c2", NULL, 'A', 9, "admit X" },
	{ "and B had agreed after it", THREE "5 A charter c2 of c1 with A,B,C admit 2\n 5 A approve c2\n"
	  "6 A admit X @c1\n 6 B admit X @c1\n 7 B approve c2", NULL, 'B', 9, "" },
	{ "who said nothing compares with the charter", THREE "5 C admit X\n 6 A charter c2 of c1 with A,B,C admit 2\n"
	  "6 A approve c2\n 7 B approve c2\n 8 C admit Y @c1", NULL, 'C', 9, "admit Y" },
	{ "who is no coordinator any more signs nothing", THREE "5 A charter c2 of c1 with A,B\n 5 A approve c2\n"
	  "6 B approve c2\n 7 C admit X @c1", NULL, 'C', 9, "" },
	{ "nobody votes on a coordinator", THREE "5 A charter c2 of c1 with A,B,X admit 2\n 5 A approve c2\n 6 B approve c2\n"
	  "6 X approve c2\n 7 A admit X @c1", NULL, 'A', 9, "" },
	{ "a suspension that is over", FOUND "1 A admit X\n 1 A charter c1 of c0 with A,B roll X:active\n 2 A approve c1\n"
	  "3 A suspend X @c0\n 4 B approve c1", NULL, 'A', 3 + 336, "" },
	{ "and one that another made last", THREE "4 A charter c2 of c1 with A,B,C roll X:active\n 4 A approve c2\n"
	  "5 A suspend X @c1\n 6 C suspend X @c1\n 7 B approve c2", NULL, 'A', 999, "suspend X" },
	{ "a removal that was decided is carried whatever came later", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n"
	  "4 B remove X\n 5 A charter c2 of c1 with A,B,C roll X:active\n 6 A approve c2\n 6 B approve c2", NULL, 'A', 9,
	  "remove X" },
	{ "one that was not decided is not", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n"
	  "5 A charter c2 of c1 with A,B,C roll X:active\n 6 A approve c2\n 6 B approve c2", NULL, 'A', 9, "" },
	{ "a succession that is not in force yet", THREE "3 A charter c2 of c1 with A,B,C roll X:active\n 3 A approve c2\n"
	  "4 A succeed X by N @c1\n 5 B succeed X by N @c1\n 6 B approve c2", NULL, 'A', 9, "succeed X" },
	/* a charter that was taken back */
	{ "votes under a charter that is gone", TWO "3 A admit X\n 4 A suspend X\n 5 A admit Y", "c1", 'A', 9,
	  "admit X, suspend X, admit Y" },
	{ "not by who has no say under the one before", TWO "3 B admit X", "c1", 'B', 9, "" },
	{ "not again", TWO "3 A admit X\n 4 A admit X @c0", "c1", 'A', 9, "" },
	{ "not when she has said otherwise since", TWO "3 A suspend X\n 4 A reinstate X @c0", "c1", 'A', 9, "" },
	{ "but when she said otherwise before", TWO "3 A suspend X @c0\n 4 A reinstate X", "c1", 'A', 9, "reinstate X" },
	{ "those under its children too", TWO "3 A charter c2 of c1 with A\n 3 A approve c2\n 4 B approve c2\n 5 A admit X",
	  "c1", 'A', 9, "admit X" },
	{ "a first charter of whatever stamp is before everything", "99 A first c0\n 1 A charter c1 of c0 with A,B\n"
	  "1 A approve c1\n 2 B approve c1\n 3 A admit X", "c1", 'A', 9, "admit X" },
	{ "what is gone is not remembered against a later charter", TWO "3 A admit X\n 5 A charter d1 of c0 with A,C\n"
	  "6 A approve d1\n 7 C approve d1", "c1", 'A', 9, "" },
};

/* Each scene as it is told, and what is signed anew; in whatever order the records come. */
Test(carry, scenes)
{
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
		for (int backwards = 0; backwards < 2; backwards++) {
			struct history h = { 0 };
			struct buf got = { 0 };
			struct membership *m;

			history_tell(&h, scenes[i].story);
			if (scenes[i].dropped)
				drop(&h, scenes[i].dropped);
			for (size_t k = 0; backwards && k < h.count / 2; k++) {
				struct verified v = h.records[k];

				h.records[k] = h.records[h.count - 1 - k];
				h.records[h.count - 1 - k] = v;
			}
			m = compute(&h, scenes[i].self, scenes[i].hour, NULL, 0);
			carried_text(&h, m, &got);
			cr_expect_str_eq(buf_text(&got), scenes[i].expect, "%s: %s, not %s", scenes[i].what, buf_text(&got),
			    scenes[i].expect);
			membership_free(m);
			buf_free(&got);
			history_free(&h);
		}
}

/* A coordinator's erasure of somebody else's record, under the charter before or one that is gone, until it is signed anew. */
Test(carry, erasures)
{
	static const char *const words[] = { "c0", "c9", "c9", "c1" };
	struct history h = { 0 };
	struct id target = org('E');

	history_tell(&h, TWO "3 A charter c9 of c1 with A");
	drop(&h, "c9");
	for (int i = 0; i < 4; i++) {
		struct buf body = { 0 }, got = { 0 };
		struct membership *m;

		cbor_put_map(&body, 5);
		put_key(&body, 32, &target);
		cbor_put_uint(&body, 33);
		cbor_put_uint(&body, 7);
		put_text_field(&body, 34, "key");
		put_text_field(&body, 35, "safety");
		put_key(&body, 36, charter_id(&h, words[i]));
		history_add(&h, KIND_ERASURE, org('A'), stamp_at(3 + i), &body);
		m = compute(&h, 'A', 9, NULL, 0);
		carried_text(&h, m, &got);
		cr_expect_str_eq(buf_text(&got), i < 3 ? "erase E" : "", "%d", i);
		membership_free(m);
		m = compute(&h, 'B', 9, NULL, 0);
		cr_expect_eq(membership_carried(m, &(const struct id *){ NULL }), 0, "it is not hers");
		membership_free(m);
		buf_free(&got);
	}
	history_free(&h);
}

/* --- expected --- */

static const struct {
	const char *what, *story, *dropped;
	enum member_standing expect;
} strangers[] = {
	{ "nobody has named her", TWO "3 S node 1", "", STANDING_REFUSED },
	{ "admitted under a charter that is gone", TWO "3 A admit S\n 4 S node 1", "c1", STANDING_ASIDE },
	{ "admitted under a charter that is not adopted", TWO "3 A charter c2 of c1 with A\n 3 A admit S\n 4 S node 1", "",
	  STANDING_ASIDE },
	{ "by somebody who does not belong here", TWO "3 T charter c2 of c1 with T\n 3 T admit S\n 4 S node 1", "",
	  STANDING_REFUSED },
	{ "a new coordinator, whose charter is not adopted", TWO "3 A charter c2 of c1 with A,S\n 4 S node 1", "",
	  STANDING_ASIDE },
	{ "a new key, under a charter that is gone", TWO "3 A succeed B by S\n 4 S node 1", "c1", STANDING_ASIDE },
	{ "below the threshold she is a stranger", THREE "3 A admit S\n 4 S node 1", "", STANDING_REFUSED },
};

/* The `node` of who was admitted by what does not count now is kept aside. */
Test(carry, expected)
{
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		struct history h = { 0 };
		struct membership *m;
		struct verified own;

		history_tell(&h, strangers[i].story);
		own = h.records[--h.count];
		if (strangers[i].dropped[0])
			drop(&h, strangers[i].dropped);
		m = compute(&h, 'A', 9, NULL, 0);
		cr_expect_eq((int)membership_judge(m, &own.record, &own.id), (int)strangers[i].expect, "%s", strangers[i].what);
		own.record.kind = KIND_SERVICE;
		cr_expect_eq((int)membership_judge(m, &own.record, &own.id), STANDING_REFUSED, "%s: bucket 0 only",
		    strangers[i].what);
		membership_free(m);
		free((void *)(uintptr_t)own.record.body.p);
		history_free(&h);
	}
}

/* So is that of who is named by what only waits for its time, and that gives her nothing else. */
Test(carry, expected_later)
{
	struct history h = { 0 };
	struct membership *m;
	struct id s = org('S');

	history_tell(&h, TWO "3 S node 1\n 4 A admit S");
	h.count--;
	m = compute(&h, 'A', 9, &h.records[h.count], 1);
	cr_expect_eq((int)membership_judge(m, &h.records[h.count - 1].record, &h.records[h.count - 1].id), STANDING_ASIDE);
	cr_expect_eq((int)membership_state(m, &s), MEMBER_NEVER);
	cr_expect_eq(membership_nodes_owners(m, &(struct id[]){ node_id(1) }[0], &s, 1), 0);
	membership_free(m);
	h.count++;
	history_free(&h);
}
