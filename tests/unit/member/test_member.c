#include "tests/unit/member/history.h"

/* A* coordinator, X active, X- suspended, X? fell out, X! removed, X>N succeeded by N; "fork" behind when there is. */
static void
short_text(const struct history *h, const struct membership *m, struct buf *out)
{
	static const char marks[] = "  -?!>";
	const struct charter *c = membership_charter(m);

	if (!c) {
		buf_put_text(out, "none");
		return;
	}
	for (size_t i = 0; i < h->charter_count; i++)
		if (id_equal(&h->charters[i].id, &c->id))
			buf_put_text(out, h->charters[i].word);
	for (size_t i = 0; i < membership_count(m); i++) {
		const struct member *x = membership_at(m, i);

		buf_printf(out, " %c", x->key.b[0]);
		if (x->coordinator)
			buf_put_u8(out, '*');
		if (x->state > MEMBER_ACTIVE)
			buf_put_u8(out, (uint8_t)marks[x->state]);
		if (x->state == MEMBER_SUCCEEDED)
			buf_put_u8(out, x->successor.b[0]);
	}
	if (membership_is_fork(m))
		buf_put_text(out, " fork");
}

#define FOUND "0 A first c0\n"
#define THREE FOUND "1 A charter c1 of c0 with A,B,C admit 2\n 1 A approve c1\n 2 B approve c1\n 2 C approve c1\n"
#define LISTED FOUND "1 A charter c1 of c0 with A,B,C admit 2 roll X:active,Y:active,Z:active\n" \
	"1 A approve c1\n 2 B approve c1\n 2 C approve c1\n"
#define FIVE FOUND "1 A charter c1 of c0 with A,B,C,D,E admit 3\n 1 A approve c1\n 2 B approve c1\n 2 C approve c1\n" \
	"2 D approve c1\n 2 E approve c1\n"

static const struct scene {
	const char *what, *story;
	int64_t hour;
	const char *expect;
} scenes[] = {
	/* charters */
	{ "without the first charter there is nobody", "0 A first c0\n 1 A charter c1 of c0 with A,B\n", 1, "c0 A*" },
	{ "the founder alone admits", FOUND "1 A admit X", 1, "c0 A* X" },
	{ "writing a charter is not approving it", FOUND "1 A charter c1 of c0 with A,B\n 2 B approve c1", 9, "c0 A*" },
	{ "each newly named coordinator approves too", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1", 9, "c0 A*" },
	{ "parent's majority and the new one", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n 2 B approve c1", 9,
	  "c1 A* B*" },
	{ "a member by vote may not propose: the charter itself does not list her",
	  FOUND "1 A admit X\n 2 X charter c1 of c0 with X\n 2 A approve c1\n 2 X approve c1", 9, "c0 A* X" },
	{ "an active entry may propose", LISTED "3 X charter c2 of c1 with A,B,C\n 3 A approve c2\n 3 B approve c2", 9,
	  "c2 A* B* C* X? Y? Z?" },
	{ "one of three is no majority", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2", 9, "c1 A* B* C*" },
	{ "approving twice counts once", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 4 A approve c2", 9,
	  "c1 A* B* C*" },
	{ "two of three are a majority", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 3 C approve c2", 9,
	  "c2 A* B* C?" },
	{ "two thirds of those listed replace their coordinators",
	  LISTED "3 X charter c2 of c1 with A,X\n 3 A approve c2\n 3 X approve c2\n 4 Y approve c2\n 4 Z approve c2", 9,
	  "c2 A* B? C? X* Y? Z?" },
	{ "half of those listed do not",
	  LISTED "3 X charter c2 of c1 with A,X\n 3 X approve c2\n 4 Y approve c2\n 4 Z approve c2", 9,
	  "c1 A* B* C* X Y Z" },
	{ "members by vote are not counted among the listed",
	  THREE "3 A admit P\n 3 B admit P\n 3 A admit Q\n 3 B admit Q\n 4 A charter c2 of c1 with A\n 4 A approve c2\n"
	  "4 P approve c2\n 4 Q approve c2", 9, "c1 A* B* C* P Q" },
	{ "a threshold above the majority is no charter",
	  FOUND "1 A charter c1 of c0 with A,B admit 3\n 2 A approve c1\n 2 B approve c1", 9, "c0 A*" },
	{ "a coordinator named twice is no charter",
	  FOUND "1 A charter c1 of c0 with A,B,B\n 2 A approve c1\n 2 B approve c1", 9, "c0 A*" },
	{ "an organisation listed twice stops adoption",
	  FOUND "1 A charter c1 of c0 with A roll X:active,X:removed\n 2 A approve c1", 9, "c0 A*" },
	{ "grandchildren are followed to the end",
	  THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 3 B approve c2\n"
	  "4 A charter c3 of c2 with A\n 4 A approve c3\n 4 B approve c3", 9, "c3 A* B? C?" },
	{ "of two adopted children the one with more behind it",
	  THREE "3 A charter c2 of c1 with A\n 3 A approve c2\n 3 B approve c2\n"
	  "3 B charter d2 of c1 with B\n 3 B approve d2\n 3 A approve d2\n"
	  "4 B charter d3 of d2 with B,X\n 4 B approve d3\n 4 X approve d3", 9, "d3 A? B* C? X* fork" },
	/* rolls */
	{ "the roll says who is what", FOUND "1 A charter c1 of c0 with A roll X:active,Y:suspended,Z:removed\n 2 A approve c1",
	  9, "c1 A* X Y- Z!" },
	{ "whom a charter does not name fell out", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "2 B approve c1", 9, "c1 A* B* X?" },
	{ "she is admitted again", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n 2 A approve c1\n 2 B approve c1\n"
	  "5 B admit X", 9, "c1 A* B* X" },
	{ "removed by a roll is final", FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n 3 A admit X", 9,
	  "c1 A* X!" },
	{ "also when a later roll forgets",
	  FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n 3 A charter c2 of c1 with A roll X:active\n"
	  "3 A approve c2\n 4 A admit X", 9, "c2 A* X!" },
	{ "a removed organisation cannot be named coordinator",
	  FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n 3 A charter c2 of c1 with A,X\n"
	  "3 A approve c2\n 3 X approve c2", 9, "c1 A* X!" },
	{ "suspended by the roll outlives 14 days",
	  FOUND "1 A charter c1 of c0 with A,B,C roll X:suspended\n 1 A approve c1\n 1 B approve c1\n 1 C approve c1\n"
	  "2 A reinstate X", 9000, "c1 A* B* C* X-" },
	{ "and ends by a majority of reinstates",
	  FOUND "1 A charter c1 of c0 with A,B,C roll X:suspended\n 1 A approve c1\n 1 B approve c1\n 1 C approve c1\n"
	  "2 A reinstate X\n 2 B reinstate X\n 3 C suspend X", 9, "c1 A* B* C* X" },
	{ "succeeded by the roll is final", FOUND "1 A charter c1 of c0 with A roll N:active,X:succeeded>N\n 2 A approve c1\n"
	  "3 A admit X", 9, "c1 A* N X>N" },
	/* admission */
	{ "below the threshold nobody is in", THREE "3 A admit X", 9, "c1 A* B* C*" },
	{ "one coordinator twice is one", THREE "3 A admit X\n 4 A admit X", 9, "c1 A* B* C*" },
	{ "two of them are enough", THREE "3 A admit X\n 4 C admit X", 9, "c1 A* B* C* X" },
	{ "they must say the same territory", THREE "3 A admit X AL\n 4 C admit X ME", 9, "c1 A* B* C*" },
	{ "and the same class", THREE "3 A admit X cso\n 4 C admit X observer", 9, "c1 A* B* C*" },
	{ "the third decides", THREE "3 A admit X AL\n 4 C admit X ME\n 5 B admit X ME", 9, "c1 A* B* C* X" },
	{ "votes under an older charter are gone", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "2 B approve c1\n 3 A admit Y @c0", 9, "c1 A* B* X? Y?" },
	{ "a former coordinator's vote is nothing", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 3 B approve c2\n"
	  "4 C admit X @c2", 9, "c2 A* B* C?" },
	{ "nobody votes on herself", FOUND "1 A charter c1 of c0 with B,C\n 1 A approve c1\n 1 B approve c1\n 1 C approve c1\n"
	  "2 A admit A @c0", 9, "c1 A? B* C*" },
	/* standing */
	{ "one coordinator suspends", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X", 10 + 335, "c1 A* B* C* X-" },
	{ "for 14 days", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X", 10 + 336, "c1 A* B* C* X" },
	{ "signing again does not renew it", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 300 C suspend X\n"
	  "350 C reinstate X\n 351 C suspend X", 10 + 400, "c1 A* B* C* X" },
	{ "a second one makes it last", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A suspend X", 9999,
	  "c1 A* B* C* X-" },
	{ "also after the first had lapsed", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 600 A suspend X", 9999,
	  "c1 A* B* C* X-" },
	{ "until she takes it back", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A suspend X\n 30 A reinstate X",
	  9999, "c1 A* B* C* X" },
	{ "a minority of reinstates changes nothing", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A reinstate X",
	  50, "c1 A* B* C* X-" },
	{ "a majority does", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A reinstate X\n 21 B reinstate X", 50,
	  "c1 A* B* C* X" },
	{ "an older stamp does not replace a newer one", THREE "3 A admit X\n 3 B admit X\n 20 C suspend X\n 10 C reinstate X",
	  50, "c1 A* B* C* X-" },
	{ "a coordinator cannot be suspended", THREE "3 A suspend B\n 3 C suspend B\n 3 A remove B\n 3 C remove B", 50,
	  "c1 A* B* C*" },
	{ "who was never admitted is not suspended", THREE "3 A suspend X\n 3 B suspend X", 50, "c1 A* B* C*" },
	{ "a founder alone cannot suspend for longer", FOUND "1 A admit X\n 2 A suspend X", 400, "c0 A* X" },
	/* removal */
	{ "one of three does not remove", THREE "3 A admit X\n 3 B admit X\n 4 A remove X", 9, "c1 A* B* C* X" },
	{ "two of three do", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n 4 B remove X", 9, "c1 A* B* C* X!" },
	{ "for good", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n 4 B remove X\n 5 A reinstate X\n 5 B reinstate X\n"
	  "5 C reinstate X\n 6 A admit X ME\n 6 B admit X ME", 9, "c1 A* B* C* X!" },
	/* succession */
	{ "a succession waits seven days", LISTED "10 A succeed X by N\n 20 B succeed X by N", 20 + 167,
	  "c1 A* B* C* X Y Z" },
	{ "then the new key is the member", LISTED "10 A succeed X by N\n 20 B succeed X by N", 20 + 168,
	  "c1 A* B* C* N X>N Y Z" },
	{ "one coordinator is not enough", LISTED "10 A succeed X by N", 999, "c1 A* B* C* X Y Z" },
	{ "two who suspend the new key void it", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 30 A suspend N\n"
	  "300 C suspend N", 999, "c1 A* B* C* X Y Z" },
	{ "one who does suspends her", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 180 C suspend N", 200,
	  "c1 A* B* C* N- X>N Y Z" },
	{ "two new keys for one old key void each other", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A succeed X by M\n 30 C succeed X by M", 999, "c1 A* B* C* X Y Z" },
	{ "one new key for two old ones too", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A succeed Y by N\n 30 C succeed Y by N", 999, "c1 A* B* C* X Y Z" },
	{ "a member cannot be the new key", LISTED "10 A succeed X by Y\n 20 B succeed X by Y", 999, "c1 A* B* C* X Y Z" },
	{ "a line of successions", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 200 A succeed N by M\n"
	  "200 B succeed N by M", 999, "c1 A* B* C* M N>M X>N Y Z" },
	{ "who is removed has no successor", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 30 A remove X\n 30 B remove X",
	  999, "c1 A* B* C* X! Y Z" },
	{ "a circle of strangers is nothing", LISTED "10 A succeed P by Q\n 20 B succeed P by Q\n 30 A succeed Q by P\n"
	  "30 B succeed Q by P", 999, "c1 A* B* C* X Y Z" },
	{ "five coordinators: two suspend, three reinstate, three remove", FIVE "3 A admit X\n 3 B admit X\n 3 C admit X\n"
	  "4 D suspend X\n 5 E suspend X\n 6 A reinstate X\n 6 B reinstate X\n 7 C reinstate X\n 8 A remove X\n 8 B remove X",
	  999, "c1 A* B* C* D* E* X" },
};

static void
start(void)
{
	crypto_start();
}
TestSuite(member, .init = start);

/* The scenes above, each read in one order. */
Test(member, scenes)
{
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		struct history h = { 0 };
		struct buf got = { NULL, 0, 0 };
		struct membership *m;

		history_tell(&h, scenes[i].story);
		m = history_compute(&h, NULL, scenes[i].hour);
		short_text(&h, m, &got);
		cr_expect_str_eq(buf_text(&got), scenes[i].expect, "%s: %s, not %s", scenes[i].what, buf_text(&got),
		    scenes[i].expect);
		membership_free(m);
		buf_free(&got);
		history_free(&h);
	}
}
