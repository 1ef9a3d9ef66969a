#include "tests/unit/member/history.h"

/* A* coordinator, X active, X- suspended, X? fell out, X! removed,
	  X>N succeeded by N; "fork" behind when there is. */
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
#define FIVE FOUND "1 A charter c1 of c0 with A,B,C,D,E admit 3\n 1 A approve c1\n 2 B approve c1\n" \
	"2 C approve c1\n 2 D approve c1\n 2 E approve c1\n"

static const struct scene {
	const char *what, *story;
	int64_t hour;
	const char *expect;
} scenes[] = {
	/* charters */
	{ "a charter that nobody approved changes nothing", FOUND "1 A charter c1 of c0 with A,B\n", 1, "c0 A*" },
	{ "the founder alone admits", FOUND "1 A admit X", 1, "c0 A* X" },
	{ "writing a charter is not approving it", FOUND "1 A charter c1 of c0 with A,B\n 2 B approve c1", 9,
	  "c0 A*" },
	{ "each newly named coordinator approves too", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1",
	  9, "c0 A*" },
	{ "parent's majority and the new one", FOUND "1 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "2 B approve c1", 9, "c1 A* B*" },
	{ "a member by vote may not propose: the charter itself does not list her",
	  FOUND "1 A admit X\n 2 X charter c1 of c0 with X\n 2 A approve c1\n 2 X approve c1", 9, "c0 A* X" },
	{ "an active entry may propose", LISTED "3 X charter c2 of c1 with A,B,C\n 3 A approve c2\n"
	  "3 B approve c2", 9, "c2 A* B* C* X? Y? Z?" },
	{ "one of three is no majority", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2", 9, "c1 A* B* C*" },
	{ "approving twice counts once", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 4 A approve c2", 9,
	  "c1 A* B* C*" },
	{ "two of three are a majority", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n 3 C approve c2", 9,
	  "c2 A* B* C?" },
	{ "two thirds of those listed replace their coordinators",
	  LISTED "3 X charter c2 of c1 with A,X\n 3 A approve c2\n 3 X approve c2\n 4 Y approve c2\n"
	  "4 Z approve c2", 9, "c2 A* B? C? X* Y? Z?" },
	{ "half of those listed do not",
	  LISTED "3 X charter c2 of c1 with A,X\n 3 X approve c2\n 4 Y approve c2\n 4 Z approve c2", 9,
	  "c1 A* B* C* X Y Z" },
	{ "members by vote are not counted among the listed",
	  THREE "3 A admit P\n 3 B admit P\n 3 A admit Q\n 3 B admit Q\n 4 A charter c2 of c1 with A\n"
	  "4 A approve c2\n"
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
	{ "the roll says who is what", FOUND "1 A charter c1 of c0 with A roll X:active,Y:suspended,Z:removed\n"
	  "2 A approve c1", 9, "c1 A* X Y- Z!" },
	{ "whom a charter does not name fell out", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n"
	  "2 A approve c1\n"
	  "2 B approve c1", 9, "c1 A* B* X?" },
	{ "she is admitted again", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n 2 A approve c1\n"
	  "2 B approve c1\n"
	  "5 B admit X", 9, "c1 A* B* X" },
	{ "removed by a roll is final", FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n"
	  "3 A admit X", 9, "c1 A* X!" },
	{ "also when a later roll forgets",
	  FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n"
	  "3 A charter c2 of c1 with A roll X:active\n"
	  "3 A approve c2\n 4 A admit X", 9, "c2 A* X!" },
	{ "a removed organisation cannot be named coordinator",
	  FOUND "1 A charter c1 of c0 with A roll X:removed\n 2 A approve c1\n 3 A charter c2 of c1 with A,X\n"
	  "3 A approve c2\n 3 X approve c2", 9, "c1 A* X!" },
	{ "suspended by the roll outlives 14 days",
	  FOUND "1 A charter c1 of c0 with A,B,C roll X:suspended\n 1 A approve c1\n 1 B approve c1\n"
	  "1 C approve c1\n"
	  "2 A reinstate X", 9000, "c1 A* B* C* X-" },
	{ "and ends by a majority of reinstates",
	  FOUND "1 A charter c1 of c0 with A,B,C roll X:suspended\n 1 A approve c1\n 1 B approve c1\n"
	  "1 C approve c1\n"
	  "2 A reinstate X\n 2 B reinstate X\n 3 C suspend X", 9, "c1 A* B* C* X" },
	{ "votes to admit do not end what the roll suspended",
	  FOUND "1 A charter c1 of c0 with A,B roll X:suspended\n 1 A approve c1\n 1 B approve c1\n"
	  "2 A admit X\n 2 B admit X", 9, "c1 A* B* X-" },
	{ "succeeded by the roll is final", FOUND "1 A charter c1 of c0 with A roll N:active,X:succeeded>N\n"
	  "2 A approve c1\n"
	  "3 A admit X", 9, "c1 A* N X>N" },
	/* admission */
	{ "below the threshold nobody is in", THREE "3 A admit X", 9, "c1 A* B* C*" },
	{ "one coordinator twice is one", THREE "3 A admit X\n 4 A admit X", 9, "c1 A* B* C*" },
	{ "two of them are enough", THREE "3 A admit X\n 4 C admit X", 9, "c1 A* B* C* X" },
	{ "a new charter with a lower threshold needs fewer", THREE "3 A charter c2 of c1 with A,B,C admit 1\n"
	  "3 A approve c2\n"
	  "3 B approve c2\n 4 C admit X\n 4 A admit Y @c1", 9, "c2 A* B* C* X" },
	{ "and one with a higher threshold more", FIVE "3 A admit X\n 4 B admit X", 9, "c1 A* B* C* D* E*" },
	{ "they must say the same territory", THREE "3 A admit X AL\n 4 C admit X ME", 9, "c1 A* B* C*" },
	{ "and the same class", THREE "3 A admit X cso\n 4 C admit X observer", 9, "c1 A* B* C*" },
	{ "the third decides", THREE "3 A admit X AL\n 4 C admit X ME\n 5 B admit X ME", 9, "c1 A* B* C* X" },
	{ "votes under an older charter are gone", FOUND "1 A admit X\n 2 A charter c1 of c0 with A,B\n"
	  "2 A approve c1\n"
	  "2 B approve c1\n 3 A admit Y @c0", 9, "c1 A* B* X? Y?" },
	{ "a former coordinator's vote is nothing", THREE "3 A charter c2 of c1 with A,B\n 3 A approve c2\n"
	  "3 B approve c2\n"
	  "4 C admit X @c2", 9, "c2 A* B* C?" },
	{ "a coordinator who is not named again fell out", FOUND "1 A charter c1 of c0 with B,C\n 1 A approve c1\n"
	  "1 B approve c1\n 1 C approve c1\n 2 A admit A @c0", 9, "c1 A? B* C*" },
	/* standing */
	{ "one coordinator suspends", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X", 10 + 335,
	  "c1 A* B* C* X-" },
	{ "for 14 days", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X", 10 + 336, "c1 A* B* C* X" },
	{ "signing again does not renew it", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 300 C suspend X\n"
	  "350 C reinstate X\n 351 C suspend X", 10 + 400, "c1 A* B* C* X" },
	{ "a second one makes it last", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A suspend X", 9999,
	  "c1 A* B* C* X-" },
	{ "also after the first had lapsed", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n"
	  "600 A suspend X", 9999, "c1 A* B* C* X-" },
	{ "until she takes it back", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A suspend X\n"
	  "30 A reinstate X", 9999, "c1 A* B* C* X" },
	{ "a minority of reinstates changes nothing", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n"
	  "20 A reinstate X", 50, "c1 A* B* C* X-" },
	{ "a majority does", THREE "3 A admit X\n 3 B admit X\n 10 C suspend X\n 20 A reinstate X\n"
	  "21 B reinstate X", 50, "c1 A* B* C* X" },
	{ "an older stamp does not replace a newer one", THREE "3 A admit X\n 3 B admit X\n 20 C suspend X\n"
	  "10 C reinstate X", 50, "c1 A* B* C* X-" },
	{ "a coordinator cannot be suspended", THREE "3 A suspend B\n 3 C suspend B\n 3 A remove B\n"
	  "3 C remove B", 50, "c1 A* B* C*" },
	{ "who was never admitted is not suspended", THREE "3 A suspend X\n 3 B suspend X", 50, "c1 A* B* C*" },
	{ "a founder alone cannot suspend for longer", FOUND "1 A admit X\n 2 A suspend X", 400, "c0 A* X" },
	/* removal */
	{ "one of three does not remove", THREE "3 A admit X\n 3 B admit X\n 4 A remove X", 9, "c1 A* B* C* X" },
	{ "two of three do", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n 4 B remove X", 9, "c1 A* B* C* X!" },
	{ "for good", THREE "3 A admit X\n 3 B admit X\n 4 A remove X\n 4 B remove X\n 5 A reinstate X\n"
	  "5 B reinstate X\n"
	  "5 C reinstate X\n 6 A admit X ME\n 6 B admit X ME", 9, "c1 A* B* C* X!" },
	/* succession */
	{ "a succession waits seven days", LISTED "10 A succeed X by N\n 20 B succeed X by N", 20 + 167,
	  "c1 A* B* C* X Y Z" },
	{ "then the new key is the member", LISTED "10 A succeed X by N\n 20 B succeed X by N", 20 + 168,
	  "c1 A* B* C* N X>N Y Z" },
	{ "one coordinator is not enough", LISTED "10 A succeed X by N", 999, "c1 A* B* C* X Y Z" },
	{ "unless there is only one", FOUND "1 A admit X\n 10 A succeed X by N", 10 + 168, "c0 A* N X>N" },
	{ "two who suspend the new key void it", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A suspend N\n"
	  "300 C suspend N", 999, "c1 A* B* C* X Y Z" },
	{ "one who does suspends her", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 180 C suspend N", 200,
	  "c1 A* B* C* N- X>N Y Z" },
	{ "two new keys for one old key void each other", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A succeed X by M\n 30 C succeed X by M", 999, "c1 A* B* C* X Y Z" },
	{ "one new key for two old ones too", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A succeed Y by N\n 30 C succeed Y by N", 999, "c1 A* B* C* X Y Z" },
	{ "a member cannot be the new key", LISTED "10 A succeed X by Y\n 20 B succeed X by Y", 999,
	  "c1 A* B* C* X Y Z" },
	{ "a line of successions", LISTED "10 A succeed X by N\n 20 B succeed X by N\n 200 A succeed N by M\n"
	  "200 B succeed N by M", 999, "c1 A* B* C* M N>M X>N Y Z" },
	{ "who is removed has no successor", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "30 A remove X\n 30 B remove X", 999, "c1 A* B* C* X! Y Z" },
	{ "a circle of strangers is nothing", LISTED "10 A succeed P by Q\n 20 B succeed P by Q\n"
	  "30 A succeed Q by P\n"
	  "30 B succeed Q by P", 999, "c1 A* B* C* X Y Z" },
	{ "a succession that came into force is over with its charter", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "300 A charter c2 of c1 with A,B,C roll X:active\n 300 A approve c2\n 300 B approve c2", 999,
	  "c2 A* B* C* N? X Y? Z?" },
	{ "voted again it is in force at once", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "300 A charter c2 of c1 with A,B,C roll X:active\n 300 A approve c2\n 300 B approve c2\n 310 A succeed X by N\n"
	  "310 C succeed X by N", 311, "c2 A* B* C* N X>N Y? Z?" },
	{ "by another key it waits", LISTED "10 A succeed X by N\n 20 B succeed X by N\n"
	  "300 A charter c2 of c1 with A,B,C roll X:active\n 300 A approve c2\n 300 B approve c2\n 310 A succeed X by M\n"
	  "310 C succeed X by M", 311, "c2 A* B* C* N? X Y? Z?" },
	{ "five coordinators: two suspend, three reinstate, three remove", FIVE "3 A admit X\n 3 B admit X\n"
	  "3 C admit X\n"
	  "4 D suspend X\n 5 E suspend X\n 6 A reinstate X\n 6 B reinstate X\n 7 C reinstate X\n 8 A remove X\n"
	  "8 B remove X", 999, "c1 A* B* C* D* E* X" },
};

static void
start(void)
{
	crypto_start();
}
TestSuite(member, .init = start);

/* The scenes above, each read as it is told. */
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

/* --- what belongs to the set --- */

#define NETWORK LISTED "3 A admit P\n 3 B admit P\n"

/* The last record of each story, judged by the membership of those before it. */
static const struct {
	const char *what, *story;
	int64_t hour;
	enum member_standing expect;
} verdicts[] = {
	{ "the first charter", FOUND, 0, STANDING_IN },
	{ "a coordinator's charter", NETWORK "5 A charter c2 of c1 with A", 9, STANDING_IN },
	{ "a listed organisation's charter", NETWORK "5 X charter c2 of c1 with A", 9, STANDING_IN },
	{ "a charter by a member that the parent does not list", NETWORK "5 P charter c2 of c1 with A", 9,
	  STANDING_REFUSED },
	{ "a charter by a stranger", NETWORK "5 S charter c2 of c1 with A", 9, STANDING_REFUSED },
	{ "a charter whose parent is not adopted", NETWORK "5 A charter c2 of c1 with A\n"
	  "6 A charter c3 of c2 with A", 9, STANDING_ASIDE },
	{ "a coordinator's approval", NETWORK "5 A charter c2 of c1 with A,S\n 6 B approve c2", 9, STANDING_IN },
	{ "a listed organisation's approval", NETWORK "5 A charter c2 of c1 with A,S\n 6 Y approve c2", 9,
	  STANDING_IN },
	{ "the approval of somebody newly named", NETWORK "5 A charter c2 of c1 with A,S\n 6 S approve c2", 9,
	  STANDING_IN },
	{ "newly named by nobody who may", NETWORK "5 T charter c2 of c1 with A,S\n 6 S approve c2", 9,
	  STANDING_ASIDE },
	{ "a coordinator's approval of a stranger's charter", NETWORK "5 T charter c2 of c1 with A,S\n 6 B approve c2", 9,
	  STANDING_ASIDE },
	{ "an approval by a member by vote", NETWORK "5 A charter c2 of c1 with A,S\n 6 P approve c2", 9,
	  STANDING_REFUSED },
	{ "a coordinator's vote", NETWORK "5 A admit S", 9, STANDING_IN },
	{ "a former coordinator's vote under her charter", NETWORK "5 A charter c2 of c1 with A,B\n"
	  "5 A approve c2\n"
	  "5 B approve c2\n 6 C suspend X @c1", 9, STANDING_IN },
	{ "and under the one that does not name her", NETWORK "5 A charter c2 of c1 with A,B\n 5 A approve c2\n"
	  "5 B approve c2\n 6 C suspend X @c2", 9, STANDING_REFUSED },
	{ "a member's vote", NETWORK "5 X admit S", 9, STANDING_REFUSED },
	{ "a vote under a charter that is not adopted yet", NETWORK "5 A charter c2 of c1 with A\n"
	  "5 A admit S @c2", 9, STANDING_ASIDE },
	{ "a member's node", NETWORK "5 P node 1", 9, STANDING_IN },
	{ "a stranger's node", NETWORK "5 S node 1", 9, STANDING_REFUSED },
	{ "a suspended member's node", NETWORK "5 A suspend P\n 6 P node 1", 9, STANDING_ASIDE },
	{ "a fallen member's node", NETWORK "5 A charter c2 of c1 with A,B\n 5 A approve c2\n 5 B approve c2\n"
	  "6 X node 1", 9, STANDING_ASIDE },
	{ "a removed member's node waits", NETWORK "5 A remove P\n 5 B remove P\n 6 P node 1", 5 + 719,
	  STANDING_ASIDE },
	{ "30 days", NETWORK "5 A remove P\n 5 B remove P\n 6 P node 1", 5 + 720, STANDING_REFUSED },
	{ "an old key's record from before the votes", NETWORK "5 B succeed X by N\n 6 A succeed X by N\n"
	  "4 X node 1", 6 + 168, STANDING_IN },
	{ "for 90 days", NETWORK "5 B succeed X by N\n 6 A succeed X by N\n 4 X node 1", 6 + 168 + 2160,
	  STANDING_REFUSED },
	{ "but not from after the first vote", NETWORK "5 B succeed X by N\n 6 A succeed X by N\n 5 X node 1",
	  6 + 168,
	  STANDING_ASIDE },
	{ "nor from after a suspension before it", NETWORK "4 C suspend X\n 7 B succeed X by N\n"
	  "8 A succeed X by N\n"
	  "5 X node 1", 8 + 168, STANDING_ASIDE },
};
Test(member, judges_the_last_record)
{
	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		struct history h = { 0 };
		struct membership *m;
		const struct verified *last;
		enum member_standing got;

		history_tell(&h, verdicts[i].story);
		last = &h.records[--h.count];
		m = history_compute(&h, NULL, verdicts[i].hour);
		got = membership_judge(m, &last->record, &last->id);
		cr_expect_eq((int)got, (int)verdicts[i].expect, "%s: %d", verdicts[i].what, (int)got);
		membership_free(m);
		h.count++;
		history_free(&h);
	}
}

/* The first vote's own stamp is too late: what the old key signed counts below it. */
Test(member, an_old_key_counts_below_the_first_vote)
{
	struct history h = { 0 };
	struct membership *m;
	struct verified *own;

	history_tell(&h, NETWORK "4 X node 1\n 5 B succeed X by N\n 6 A succeed X by N");
	own = &h.records[h.count - 3];
	cr_assert_eq(own->record.kind, KIND_NODE);
	own->record.stamp = h.records[h.count - 2].record.stamp;
	m = history_compute(&h, NULL, 6 + 168);
	cr_expect_eq((int)membership_judge(m, &own->record, &own->id), STANDING_ASIDE);
	own->record.stamp--;
	cr_expect_eq((int)membership_judge(m, &own->record, &own->id), STANDING_IN);
	membership_free(m);
	history_free(&h);
}

/* The roll fixes name and territory until the next charter, whatever is voted. */
Test(member, the_roll_goes_before_votes)
{
	struct id x = org('X');
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, LISTED "3 A admit X ME\n 3 B admit X ME\n 3 C admit X ME");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_find(m, &x)->territory, TERRITORY('R', 'S'));
	cr_expect_eq(membership_find(m, &x)->since_hour, HOUR0);
	membership_free(m);
	history_free(&h);
}

/* A withdrawn or machine-signed lasting record belongs to nothing, and decides nothing. */
Test(member, lasting_records_are_live_and_signed_by_the_organisation)
{
	struct history h = { 0 };
	struct membership *m;
	struct verified *vote;

	history_tell(&h, FOUND "1 A admit X");
	vote = &h.records[1];
	vote->record.by_machine = true;
	m = history_compute(&h, NULL, 9);
	cr_expect_eq((int)membership_judge(m, &vote->record, &vote->id), STANDING_REFUSED);
	cr_expect_eq((int)membership_state(m, &vote->record.author), MEMBER_ACTIVE);
	cr_expect_eq(membership_count(m), 1);
	membership_free(m);
	vote->record.by_machine = false;
	vote->record.state = RECORD_WITHDRAWN;
	m = history_compute(&h, NULL, 9);
	cr_expect_eq((int)membership_judge(m, &vote->record, &vote->id), STANDING_REFUSED);
	cr_expect_eq(membership_count(m), 1);
	membership_free(m);
	history_free(&h);
}

/* Before the first charter is here, bucket 0 waits and all else is refused. */
Test(member, without_a_first_charter_bucket_0_waits)
{
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FOUND "1 A admit X\n 2 A node 1");
	h.records++, h.count--;
	m = history_compute(&h, NULL, 9);
	cr_expect_null(membership_charter(m));
	cr_expect_eq(membership_count(m), 0);
	cr_expect_eq((int)membership_judge(m, &h.records[-1].record, &h.records[-1].id), STANDING_IN);
	cr_expect_eq((int)membership_judge(m, &h.records[0].record, &h.records[0].id), STANDING_ASIDE);
	cr_expect_eq((int)membership_judge(m, &h.records[1].record, &h.records[1].id), STANDING_ASIDE);
	h.records[1].record.kind = KIND_SERVICE;
	cr_expect_eq((int)membership_judge(m, &h.records[1].record, &h.records[1].id), STANDING_REFUSED);
	membership_free(m);
	h.records--, h.count++;
	history_free(&h);
}

/* --- branches --- */

#define FORK THREE "3 A charter c2 of c1 with A\n 3 A approve c2\n 3 B approve c2\n" \
	"3 B charter d2 of c1 with B\n 3 B approve d2\n 3 A approve d2\n"

/* A node stays on the branch it has persisted, and goes down from there. */
Test(member, a_node_stays_on_its_branch)
{
	static const char *const branches[] = { "c2", "d2" };
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FORK "4 A charter c3 of c2 with A\n 4 A approve c3");
	for (size_t i = 0; i < 2; i++) {
		m = history_compute(&h, charter_id(&h, branches[i]), 9);
		cr_expect(id_equal(&membership_charter(m)->id, charter_id(&h, i ? "d2" : "c3")));
		cr_expect(membership_is_fork(m) && membership_holds_branch(m));
		membership_free(m);
	}
	history_free(&h);
}

/* Of siblings of the same depth the smaller id is taken. */
Test(member, equal_siblings_the_smaller_id)
{
	struct history h = { 0 };
	struct membership *m;
	const struct id *a, *b;

	history_tell(&h, FORK);
	a = charter_id(&h, "c2");
	b = charter_id(&h, "d2");
	m = history_compute(&h, NULL, 9);
	cr_expect(id_equal(&membership_charter(m)->id, id_compare(a, b) < 0 ? a : b));
	membership_free(m);
	history_free(&h);
}

/* A branch whose charter is still on its way is told, so that nobody persists another one. */
Test(member, tells_that_the_branch_is_missing)
{
	struct history h = { 0 };
	struct membership *m;
	struct id far = org('F');

	history_tell(&h, FOUND);
	m = history_compute(&h, &far, 9);
	cr_expect_not(membership_holds_branch(m));
	cr_expect(id_equal(&membership_charter(m)->id, &h.network));
	membership_free(m);
	history_free(&h);
}

/* --- fields --- */

/* Of the groups of admits that are enough, the one with more coordinators; then the smaller hash. */
Test(member, more_coordinators_decide_a_territory)
{
	struct id x = org('X');
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FIVE "3 A charter c2 of c1 with A,B,C,D,E admit 1\n 3 A approve c2\n 3 B approve c2\n"
	  "3 C approve c2\n"
	    "4 A admit X AL\n 5 B admit X ME\n 6 C admit X ME");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_find(m, &x)->territory, TERRITORY('M', 'E'));
	cr_expect_eq(membership_find(m, &x)->since_hour, HOUR_AT(5));
	membership_free(m);
	history_free(&h);
}

/* Of as many coordinators for each, the smaller hash of (name, zero byte, territory, class). */
Test(member, a_tie_goes_to_the_smaller_hash)
{
	static const char *const pairs[][2] = { { "AL", "ME" }, { "ME", "RS" }, { "RS", "XK" }, { "BA", "XK" },
	  { "AL", "BA" } };

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct id x = org('X'), hash[2];
		struct history h = { 0 };
		struct membership *m;
		char line[80];

		history_tell(&h, FOUND "1 A charter c1 of c0 with A,B\n 1 A approve c1\n 1 B approve c1");
		for (size_t k = 0; k < 2; k++) {
			char text[] = "Organisation X\0??cso";

			memcpy(text + 15, pairs[i][k], 2);
			hash_one((struct bytes){ (uint8_t *)text, sizeof text - 1 }, &hash[k]);
			snprintf(line, sizeof line, "2 %c admit X %s", k ? 'B' : 'A', pairs[i][k]);
			history_say(&h, line);
		}
		m = history_compute(&h, NULL, 9);
		memcpy(line, pairs[i][id_compare(&hash[0], &hash[1]) > 0], 2);
		cr_expect_eq(membership_find(m, &x)->territory, TERRITORY(line[0], line[1]), "%zu", i);
		membership_free(m);
		history_free(&h);
	}
}

/* A roll counts when somebody published it whom the charter's parent lists; until then its charter waits. */
Test(member, a_roll_by_a_stranger_is_none)
{
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FOUND "1 A charter c1 of c0 with A roll X:active\n 1 A approve c1");
	cr_assert_eq(h.records[1].record.kind, KIND_ROLL);
	h.records[1].record.author = org('S');
	m = history_compute(&h, NULL, 9);
	cr_expect_eq((int)membership_judge(m, &h.records[1].record, &h.records[1].id), STANDING_REFUSED);
	cr_expect_eq(membership_charter(m)->depth, 0);
	membership_free(m);
	h.records[1].record.author = org('A');
	m = history_compute(&h, NULL, 9);
	cr_expect_eq((int)membership_judge(m, &h.records[1].record, &h.records[1].id), STANDING_IN);
	cr_expect_eq(membership_charter(m)->depth, 1);
	cr_expect(membership_charter(m)->has_roll);
	membership_free(m);
	history_free(&h);
}

/* What two decide begins with the second: since, lapse and the next hour at which something changes. */
Test(member, times)
{
	struct id x = org('X');
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, THREE "3 A admit X\n 5 B admit X\n 7 C admit X");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_find(m, &x)->since_hour, HOUR_AT(5));
	cr_expect_eq(membership_next_hour(m), INT64_MAX);
	membership_free(m);
	history_say(&h, "10 C suspend X");
	m = history_compute(&h, NULL, 11);
	cr_expect_eq(membership_find(m, &x)->suspended_until_hour, HOUR_AT(10 + 336));
	cr_expect_eq(membership_next_hour(m), HOUR_AT(10 + 336));
	membership_free(m);
	m = history_compute(&h, NULL, 10 + 336);
	cr_expect_eq(membership_find(m, &x)->suspended_until_hour, 0);
	cr_expect_eq(membership_find(m, &x)->since_hour, HOUR_AT(10 + 336));
	cr_expect_eq(membership_next_hour(m), INT64_MAX);
	membership_free(m);
	history_free(&h);
}

/* The charter's terms reach the caller, silent quotas are the usual ones. */
Test(member, charter_fields)
{
	struct history h = { 0 };
	struct membership *m;
	const struct charter *c;

	history_tell(&h, THREE);
	m = history_compute(&h, NULL, 9);
	c = membership_charter(m);
	cr_expect_str_eq(c->name, "A made-up network");
	cr_expect_eq(c->depth, 1);
	cr_expect_eq(c->threshold, 2);
	cr_expect_eq(c->coordinators, 3);
	cr_expect_eq(c->quotas.keys, LIMIT_KEYS);
	cr_expect_eq(c->quotas.writes_day, LIMIT_WRITES_DAY);
	cr_expect_not(c->has_roll);
	membership_free(m);
	history_free(&h);
}

/* Without a word the threshold is one below three coordinators, else two. */
Test(member, default_threshold)
{
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FOUND "1 A charter c1 of c0 with A,B,C\n 1 A approve c1\n 1 B approve c1\n"
	  "1 C approve c1");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_charter(m)->threshold, 2);
	membership_free(m);
	history_say(&h, "2 A charter c2 of c1 with A,B");
	history_say(&h, "2 A approve c2");
	history_say(&h, "2 B approve c2");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_charter(m)->threshold, 1);
	membership_free(m);
	history_free(&h);
}

/* Who waits for votes, with how many there are. */
Test(member, pending)
{
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, THREE "3 A admit X\n 4 A admit Y\n 4 B admit Y\n 5 A admit Z\n 6 A remove Z\n"
	  "6 B remove Z");
	m = history_compute(&h, NULL, 9);
	cr_assert_eq(membership_pending_count(m), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct member_pending *p = membership_pending_at(m, i);

		cr_expect_eq(p->subject.b[0], i ? 'Z' : 'X');
		cr_expect_eq(p->have, 1);
		cr_expect_eq(p->need, 2);
		cr_expect_str_eq(p->name, i ? "Organisation Z" : "Organisation X");
	}
	cr_expect_null(membership_pending_at(m, 2));
	membership_free(m);
	history_free(&h);
}

/* The log shows what was said, oldest first, and whether it counts now. */
Test(member, log)
{
	static const struct {
		const char *what, *text, *reason;
		bool counts;
	} rows[] = {
		{ "charter", "A made-up network", "", true }, { "admit", "Organisation X", "", false },
		{ "charter", "A made-up network", "", true }, { "approval", "", "", true },
		{ "suspend", "a note", "key-lost", true }, { "remove", "", "safety", true },
		{ "reinstate", "a note", "key-lost", false },
	};
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, FOUND "1 A admit X\n 2 A charter c1 of c0 with A\n 2 A approve c1\n 3 A suspend X\n"
	  "4 A remove X\n"
	    "5 A reinstate A\n 5 S admit T\n 6 S charter c9 of c1 with S");
	m = history_compute(&h, NULL, 9);
	cr_assert_eq(membership_event_count(m), 7);
	for (size_t i = 0; i < 7; i++) {
		const struct member_event *e = membership_event_at(m, i);

		cr_expect_str_eq(e->what, rows[i].what);
		cr_expect_str_eq(e->text, rows[i].text);
		cr_expect_str_eq(e->reason, rows[i].reason);
		cr_expect_eq(e->counts, rows[i].counts, "%zu", i);
	}
	cr_expect_null(membership_event_at(m, 7));
	membership_free(m);
	history_free(&h);
}

/* --- nodes --- */

/* The newest node record says which nodes there are; a suspended organisation still owns hers. */
Test(member, nodes)
{
	struct id x = org('X'), one = node_id(1), two = node_id(2), three = node_id(3), owners[4];
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, LISTED "4 X node 2 3\n 3 X node 1 2\n 4 Y node 2\n 5 A suspend Y\n 5 S node 1");
	m = history_compute(&h, NULL, 9);
	cr_expect_not(membership_lists_node(m, &x, &one));
	cr_expect(membership_lists_node(m, &x, &three));
	cr_expect_eq(membership_nodes_owners(m, &two, owners, 4), 2);
	cr_expect(owners[0].b[0] == 'X' && owners[1].b[0] == 'Y');
	cr_expect_eq(membership_nodes_owners(m, &two, owners, 1), 1);
	cr_expect_eq(membership_nodes_owners(m, &one, owners, 4), 0);
	cr_expect_eq(membership_node_count(m), 2);
	cr_expect(id_equal(&membership_node_at(m, 0)->organisation, &x));
	cr_expect_null(membership_node_at(m, 2));
	membership_free(m);
	history_free(&h);
}

/* Addresses are those of a node that its author lists, while she is active. */
Test(member, reach)
{
	struct id one = node_id(1), two = node_id(2);
	struct history h = { 0 };
	const char *texts[4];
	struct membership *m;

	history_tell(&h, LISTED "4 X node 1\n 4 X reach 1 192.0.2.1:5684\n 5 X reach 1 192.0.2.9:5684\n"
	  "5 Y reach 1 192.0.2.2:5684\n"
	    "5 X reach 2 192.0.2.3:5684");
	m = history_compute(&h, NULL, 9);
	cr_assert_eq(membership_reach(m, &one, texts, 4), 1);
	cr_expect_str_eq(texts[0], "192.0.2.9:5684");
	cr_expect_eq(membership_reach(m, &two, texts, 4), 0);
	membership_free(m);
	history_say(&h, "6 A suspend X");
	m = history_compute(&h, NULL, 9);
	cr_expect_eq(membership_reach(m, &one, texts, 4), 0);
	membership_free(m);
	history_free(&h);
}

/* A machine key counts while it is listed; a dropped one below its end. */
Test(member, machine_keys)
{
	struct id x = org('X'), now = node_id(8), then = node_id(9), node = node_id(1);
	struct buf b = { NULL, 0, 0 };
	struct history h = { 0 };
	struct membership *m;
	struct record r = { .author = x, .kind = KIND_RECEIPT, .stamp = 500, .by_machine = true, .machine = then };

	history_tell(&h, LISTED);
	cbor_put_map(&b, 2);
	cbor_put_uint(&b, 32);
	cbor_put_array(&b, 1);
	cbor_put_map(&b, 2);
	put_key(&b, 1, &node);
	put_key(&b, 2, &now);
	cbor_put_uint(&b, 37);
	cbor_put_array(&b, 1);
	cbor_put_map(&b, 2);
	put_key(&b, 1, &then);
	cbor_put_uint(&b, 2);
	cbor_put_uint(&b, 501);
	history_add(&h, KIND_NODE, x, stamp_at(3), &b);
	m = history_compute(&h, NULL, 9);
	cr_expect(membership_machine_counts(m, &x, &now, UINT64_MAX));
	cr_expect(membership_machine_counts(m, &x, &then, 500));
	cr_expect_not(membership_machine_counts(m, &x, &then, 501));
	cr_expect_not(membership_machine_counts(m, &x, &node, 1));
	cr_expect_eq((int)membership_judge(m, &r, &node), STANDING_IN);
	r.stamp = 501;
	cr_expect_eq((int)membership_judge(m, &r, &node), STANDING_ASIDE);
	r.kind = KIND_SERVICE;
	cr_expect_eq((int)membership_judge(m, &r, &node), STANDING_REFUSED);
	membership_free(m);
	history_free(&h);
}

/* An erasure belongs to the set when its author was ever admitted, whatever she is now. */
Test(member, erasures_outlive_membership)
{
	static const struct {
		char author;
		enum member_standing expect;
	} rows[] = {
		{ 'A', STANDING_IN }, { 'P', STANDING_IN }, { 'Q', STANDING_IN }, { 'S', STANDING_REFUSED },
	};
	struct history h = { 0 };
	struct membership *m;
	struct id any = node_id(1);

	history_tell(&h, FOUND "1 A admit P\n 1 A admit Q\n 2 A remove P\n 3 A suspend Q");
	m = history_compute(&h, NULL, 9000);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct record r = { .author = org(rows[i].author), .kind = KIND_ERASURE };

		cr_expect_eq((int)membership_judge(m, &r, &any), (int)rows[i].expect, "%c", rows[i].author);
		r.state = RECORD_WITHDRAWN;
		cr_expect_eq((int)membership_judge(m, &r, &any), STANDING_REFUSED);
	}
	membership_free(m);
	history_free(&h);
}

/* A return node is its organisation's, and nobody dials it. */
Test(member, return_node)
{
	struct id x = org('X'), back = node_id(7), none = { { 0 } }, owner;
	struct buf b = { NULL, 0, 0 };
	struct history h = { 0 };
	struct membership *m;

	history_tell(&h, LISTED);
	cbor_put_map(&b, 1);
	put_key(&b, 33, &back);
	history_add(&h, KIND_NODE, x, stamp_at(3), &b);
	m = history_compute(&h, NULL, 9);
	cr_expect(membership_lists_node(m, &x, &back));
	cr_expect_not(membership_lists_node(m, &x, &none));
	cr_expect_eq(membership_nodes_owners(m, &back, &owner, 1), 1);
	cr_expect(id_equal(&owner, &x));
	cr_expect_eq(membership_node_count(m), 0);
	membership_free(m);
	history_free(&h);
}

/* Words for people, and a membership that never was. */
Test(member, words)
{
	cr_expect_str_eq(member_class_word(CLASS_INSTITUTION), "institution");
	cr_expect_str_eq(member_state_word(MEMBER_FALLEN), "fallen");
	membership_free(NULL);
}

/* A vote whose body breaks one rule counts for nothing; one with an unknown key more counts. */
Test(member, malformed_votes_count_for_nothing)
{
	static const struct {
		const char *what, *name, *territory, *class;
		bool counts;
	} rows[] = {
		{ "as it should be", "X", "AL", "cso", true }, { "another territory", "X", "QQ", "cso", true },
		{ "three letters", "X", "ALB", "cso", false }, { "small letters", "X", "al", "cso", false },
		{ "another class", "X", "AL", "union", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct id x = org('X');
		struct buf b = { NULL, 0, 0 };
		struct history h = { 0 };
		struct membership *m;

		history_tell(&h, FOUND);
		cbor_put_map(&b, 6);
		put_key(&b, 32, &h.network);
		put_key(&b, 33, &x);
		put_text_field(&b, 34, rows[i].name);
		put_text_field(&b, 35, rows[i].territory);
		put_text_field(&b, 36, rows[i].class);
		put_text_field(&b, 99, "from a later version");
		history_add(&h, KIND_ADMISSION, org('A'), stamp_at(1), &b);
		m = history_compute(&h, NULL, 9);
		cr_expect_eq(membership_find(m, &x) != NULL, rows[i].counts, "%s", rows[i].what);
		cr_expect_eq((int)membership_judge(m, &h.records[1].record, &h.records[1].id), STANDING_IN);
		membership_free(m);
		history_free(&h);
	}
}

/* The log says that a vote on a coordinator has no effect. */
Test(member, votes_on_a_coordinator_are_logged_as_void)
{
	struct history h = { 0 };
	struct membership *m;
	const struct member_event *e;

	history_tell(&h, THREE "3 A suspend B");
	m = history_compute(&h, NULL, 9);
	e = membership_event_at(m, membership_event_count(m) - 1);
	cr_expect_str_eq(e->what, "suspend");
	cr_expect_not(e->counts);
	membership_free(m);
	history_free(&h);
}
