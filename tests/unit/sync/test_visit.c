#include "tests/unit/sync/two.h"

/* A newcomer has the membership after its first visit, and is a member. */
Test(visit, newcomer_learns_membership, .init = two_members, .fini = close_both)
{
	const struct membership *m = records_membership(two.records);

	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_not_null(m);
	cr_assert_eq(membership_state(m, &two.key.public_key), MEMBER_ACTIVE);
	cr_assert(equal_sets(&one, &two, &all));
}

/* When nothing differs, one question is all. */
Test(visit, equal_sets_cost_one_question, .init = two_members, .fini = close_both)
{
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
	cr_assert_eq(two.asked, 1);
}

static const char long_name[] = "Made-up association with a name that is rather long, so that its record is, too: "
    "women of the valley, the hills, the coast and the plain, who meet on Thursdays and exchange what they know";

/* What one has, the visitor has afterwards: over several pages, all of it. */
Test(visit, pulls_everything, .init = two_members, .fini = close_both)
{
	add_organisations(&one, long_name, AUDIENCE_PUBLIC, 1500);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.admitted, 1500);
	cr_assert_gt(two.bytes, LIMIT_ANSWER, "more than one page");
	cr_assert(equal_sets(&one, &two, &all));
}

/* 4,500 of them, seven pages. */
static void
fill_pages(struct place *p)
{
	for (int day = 0; day < 3; day++) {
		add_organisations(p, long_name, AUDIENCE_PUBLIC, 1500);
		now.ms += 24 * 3600 * 1000;
	}
}

/*
 * Up to seven pages are asked for behind the one that comes, as far as it is known where they begin. Whether they come in
 * their turn or before, and whether a page turns out to end elsewhere than it had begun to say: the visitor has all of it.
 */
Test(visit, pages_overlap, .init = two_members, .fini = close_both)
{
	fill_pages(&one);
	for (unsigned how = PAGES_BEGIN; how <= PAGES_HEADS; how++) {
		place_close(&two);
		place_open(&two, &now, how + 2);
		admit(&one, &two, "cso");
		two.paging = how;
		pay_visit(&two, &one);
		pay_visit(&two, &one);
		cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
		cr_assert_geq(two.ahead, 2, "%zu pages ahead", two.ahead);
		cr_assert(how == PAGES_BEGIN ? two.out == 5 : how == PAGES_HEADS ? two.out == 7 : two.out <= 7, "%zu at once", two.out);
		cr_assert(equal_sets(&one, &two, &all));
	}
}

/* Three pages are asked for where the way is narrow, and two more for each that it holds. */
Test(visit, pages_on_a_narrow_way, .init = two_members, .fini = close_both)
{
	static const struct {
		size_t window, out;
	} rows[] = { { 1, 3 }, { LIMIT_ANSWER / 2, 4 }, { LIMIT_ANSWER, 5 } };

	fill_pages(&one);
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		place_close(&two);
		place_open(&two, &now, i + 2);
		admit(&one, &two, "cso");
		two.paging = PAGES_HEADS;
		two.window = rows[i].window;
		pay_visit(&two, &one);
		pay_visit(&two, &one);
		cr_assert_eq(two.out, rows[i].out, "%zu pages at once where the way holds %zu bytes", two.out, rows[i].window);
		cr_assert(equal_sets(&one, &two, &all));
	}
}

/* Where each page of P's directory ends. */
static size_t
page_ends(struct place *p, struct message_end *out, size_t max)
{
	struct sync_view v = view_of(p, &two);
	struct message_end at = { 0 };
	struct message_page head = { .more = true };
	size_t count = 0;

	for (; head.more && count < max; out[count++] = at = head.last) {
		struct buf body = { 0 };
		struct bytes rest;

		cr_assert_eq(sync_tail(p->records, &v, DIRECTORY, at.stamp, &at.id, 0, &body, NULL), ERR_OK);
		cr_assert_eq(message_page_read(buf_bytes(&body), &head, &rest, NULL), ERR_OK);
		cr_assert_leq(body.len, LIMIT_ANSWER);
		cr_assert_eq(head.end_count, 0, "nobody asked");
		buf_free(&body);
	}
	return count;
}

/* A page tells where those behind it end, as they do when they are asked for; but for the last, behind which nothing is. */
Test(visit, pages_tell_where_the_next_end, .init = two_members, .fini = close_both)
{
	struct message_end ends[16], begin = { 0 };
	struct sync_view v = view_of(&one, &two);
	size_t pages;

	fill_pages(&one);
	pages = page_ends(&one, ends, 16);
	cr_assert(pages >= 7 && pages < 16, "%zu pages", pages);
	for (size_t at = 0; at < pages; at++)
		for (unsigned first = 1; first <= MESSAGE_AHEAD; first++) {
			const struct message_end *from = at ? &ends[at - 1] : &begin;
			struct buf body = { 0 };
			struct message_page head;
			struct bytes rest;
			size_t count = 0;

			cr_assert_eq(sync_tail(one.records, &v, DIRECTORY, from->stamp, &from->id, first, &body, NULL), ERR_OK);
			cr_assert_eq(message_page_read(buf_bytes(&body), &head, &rest, NULL), ERR_OK);
			for (size_t k = at + first; k <= at + MESSAGE_AHEAD && k + 1 < pages; k++, count++) {
				cr_assert_lt(count, head.end_count, "page %zu, from the %uth on", at, first);
				cr_assert(head.ends[count].stamp == ends[k].stamp && id_equal(&head.ends[count].id, &ends[k].id));
			}
			cr_assert_eq(head.end_count, count, "page %zu, from the %uth on", at, first);
			buf_free(&body);
		}
}

struct nth {
	size_t left;
	struct id id;
};

static bool
step_to(void *self, uint64_t stamp, const struct id *id, const uint8_t short_id[8])
{
	struct nth *n = self;

	(void)stamp;
	(void)short_id;
	n->id = *id;
	return n->left-- > 0;
}

/* A new version of the Nth organisation of P in order of stamp: it goes from there to the end. */
static void
renew_organisation(struct place *p, size_t n)
{
	struct store_txn *t = store_read(p->store);
	struct nth nth = { .left = n };
	struct verified v;
	struct buf body = { 0 };
	struct authored done;
	struct draft d;
	struct err e;

	records_tail_ids(p->records, t, DIRECTORY, 0, NULL, step_to, &nth);
	cr_assert(records_get(p->records, t, &nth.id, &v));
	buf_put_bytes(&body, v.record.body);
	d = (struct draft){ .kind = v.record.kind, .name = v.record.name, .audience = v.record.audience,
		.body = buf_bytes(&body) };
	txn_abort(&t);
	cr_assert_eq(records_author(p->records, &p->key, &d, 1, &done, &e), ERR_OK, "%s", e.reason);
	buf_free(&body);
}

static size_t tail_questions, beginnings;

static void
write_anew(struct place *p, struct place *other, const struct visit_ask *q)
{
	(void)p;
	if (strncmp(q->path, "tail/", 5) != 0)
		return;
	beginnings += strstr(q->query, "ends=1") != NULL;
	if (++tail_questions % 3 == 0 && tail_questions < 10)
		renew_organisation(other, 500 * tail_questions + 250);
}

/* The peer's set changes while its pages come: those that do not begin where the one before ends are dropped. */
Test(visit, pages_of_a_set_that_moves, .init = two_members, .fini = close_both)
{
	fill_pages(&one);
	tail_questions = beginnings = 0;
	two.paging = PAGES_BEGIN;
	two.before = write_anew;
	pay_visit(&two, &one);
	two.before = NULL;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_geq(beginnings, 2, "the first page, and where it did not go on: %zu", beginnings);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* What the visitor has and the other lacks is offered, and fetched by the other. */
Test(visit, offers_what_the_other_lacks, .init = two_members, .fini = close_both)
{
	add_organisation(&two, "From the second", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.offered, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

/* Both have something new among a thousand that they share: only the new part travels. */
Test(visit, finds_where_the_sets_part, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Shared", AUDIENCE_PUBLIC, 1000);
	pay_visit(&two, &one);
	add_organisation(&one, "Late at one", AUDIENCE_PUBLIC);
	add_organisation(&two, "Late at two", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_leq(two.asked, 12, "%zu questions", two.asked);
	cr_assert_leq(two.bytes, 8192, "%zu bytes for two new records", two.bytes);
}

/* A record missing in the middle of many is found too. */
Test(visit, heals_a_hole_in_the_middle, .init = two_members, .fini = close_both)
{
	struct admission a = { 0 };
	struct store_txn *t;
	struct verified v;
	struct authored hole;
	struct buf kept = { 0 };
	struct unverified u;

	add_organisations(&one, "Before", AUDIENCE_PUBLIC, 200);
	author_json(&one, KIND_ORGANISATION,
	    "{\"name\":{\"en\":\"Hole\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}", AUDIENCE_PUBLIC, &hole);
	now.ms += 1000;
	add_organisations(&one, "Behind", AUDIENCE_PUBLIC, 200);
	/* The second gets all but the hole, as if another peer had brought it. */
	t = store_read(one.store);
	cr_assert(records_get(one.records, t, &hole.id, &v));
	buf_put_bytes(&kept, v.envelope);
	txn_abort(&t);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	add_organisation(&one, "Last", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	a.envelope = buf_bytes(&kept);
	cr_assert_eq(records_screen(two.records, a.envelope, &u, NULL), REFUSAL_HELD);
	buf_free(&kept);
}

/* A member that is no civil-society organisation neither sees nor counts what is for those only. */
Test(visit, audience_is_kept)
{
	now = (struct clock){ .ms = 1790000000000, .seed = 7 };
	place_open(&one, &now, 1);
	place_open(&two, &now, 2);
	found(&one);
	admit(&one, &two, "institution");
	pay_visit(&two, &one);
	add_organisation(&one, "For everyone", AUDIENCE_PUBLIC);
	add_organisation(&one, "For women's groups only", AUDIENCE_CSO);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 1);
	pay_visit(&two, &one);
	cr_assert(two.end.equal, "what it may not have does not keep the roots apart");
	close_both();
}

/* Difference that nothing can be done about is asked for once, not at every visit. */
Test(visit, settles, .init = two_members, .fini = close_both)
{
	const struct membership *m;
	struct err e = { 0 };

	/* The first stamps a record a little ahead of the second's clock: there it waits aside. */
	now.ms += 30 * 60 * 1000;
	add_organisation(&one, "From the future", AUDIENCE_PUBLIC);
	now.ms -= 31 * 60 * 1000;
	pay_visit(&two, &one);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 0);
	pay_visit(&two, &one);
	cr_assert(two.end.idle);
	cr_assert_leq(two.asked, 2);
	/* Its time comes. */
	now.ms += 40 * 60 * 1000;
	cr_assert_eq(records_sweep(two.records, &e), ERR_OK);
	cr_assert_eq(records_refresh(two.records, &m, &e), ERR_OK);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* No answer ends the visit with the reason, once; the next one goes on. */
Test(visit, lost_answer_ends_it, .init = two_members, .fini = close_both)
{
	add_organisation(&one, "Something", AUDIENCE_PUBLIC);
	two.lose = 0;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_PEER);
	cr_assert_not(two.end.greeted);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A first visit that breaks off goes on where it was: what came already does not travel twice. */
Test(visit, stream_resumes, .init = two_members, .fini = close_both)
{
	size_t whole;

	add_organisations(&one, "Made-up association with a name that is rather long, so that its record is, too: women of "
	    "the valley, the hills and the coast, who meet on Thursdays", AUDIENCE_PUBLIC, 1900);
	two.lose = 3; /* hello, buckets and the first page are answered */
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_PEER);
	cr_assert_gt(two.end.admitted, 300);
	whole = two.bytes;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_lt(two.bytes + whole, 1900 * 520, "%zu and %zu bytes", whole, two.bytes);
}

/* What arrived below the point where it went on is found by the next visit. */
Test(visit, resumed_stream_does_not_settle, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Many of these, with names that take some room, so that more than one page is filled by "
	    "them: the valley, the hills, the coast", AUDIENCE_PUBLIC, 1900);
	two.lose = 3;
	pay_visit(&two, &one);
	two.memory.cursor_stamp = UINT64_MAX - 1; /* as if all had been read, and then some came in below */
	for (int i = 0; i < 3 && !(i && two.end.equal); i++)
		pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* --- differences anywhere in a set --- */

/* COUNT records by both in turn, over three days; APART of them, spread over all, are on one side only. */
static void
share_but(size_t count, size_t apart)
{
	for (size_t i = 0; i < 50; i++) {
		add_organisations(i % 2 ? &one : &two, "Made-up association of the valley, the hills and the coast",
		    AUDIENCE_PUBLIC, count / 50);
		now.ms += 3600 * 1000 * 3 / 2;
	}
	copy_all(&one, &two, DIRECTORY, apart / 2);
	copy_all(&two, &one, DIRECTORY, apart - apart / 2);
}

static bool
first_envelope(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	(void)stamp;
	(void)id;
	*(struct bytes *)self = envelope;
	return false;
}

static size_t
record_bytes(void)
{
	struct store_txn *t = store_read(one.store);
	struct bytes first = { 0 };

	records_tail(one.records, t, DIRECTORY, 0, NULL, first_envelope, &first);
	txn_abort(&t);
	return first.len;
}

/* A difference anywhere among 5,000 is healed both ways in one visit: few questions, and little besides the records. */
Test(cells, scattered_differences)
{
	static const struct {
		size_t apart, asked, bytes;     /* besides the records themselves */
	} rows[] = {
		{ 1, 6, 1024 },
		{ 10, 7, 1536 },
		{ 100, 9, 6 * 1024 },
		{ 1000, 25, 48 * 1024 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t apart = rows[i].apart, came, extra;

		two_members();
		share_but(5000, apart);
		cr_assert_not(equal_sets(&one, &two, &all));
		pay_visit(&two, &one);
		cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
		came = apart / 2 * record_bytes();
		extra = two.bytes - came;
		if (getenv("KILIM_TEST_TRACE"))
			fprintf(stderr, "%zu apart: %zu questions, %zu bytes, %zu of them besides records\n", apart,
			    two.asked, two.bytes, extra);
		cr_assert(equal_sets(&one, &two, &all));
		cr_assert_eq(two.pages, 0, "nothing was streamed");
		cr_assert_eq(two.end.admitted, apart / 2);
		cr_assert_eq(two.end.offered, apart - apart / 2);
		cr_assert_leq(two.asked, rows[i].asked, "%zu questions for %zu", two.asked, apart);
		cr_assert_leq(extra, rows[i].bytes, "%zu bytes besides %zu records", extra, apart);
		pay_visit(&two, &one);
		cr_assert(two.end.equal);
		close_both();
	}
}

/* More than all cells can tell: it comes in parts, by cells still. */
Test(cells, in_parts, .init = two_members, .fini = close_both)
{
	share_but(10000, 4000);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_eq(two.pages, 0);
	cr_assert_eq(two.end.admitted, 2000);
	cr_assert_eq(two.end.offered, 2000);
	if (getenv("KILIM_TEST_TRACE"))
		fprintf(stderr, "in parts: %zu questions, %zu for cells, %zu bytes besides records\n", two.asked, two.cells,
		    two.bytes - 2000 * record_bytes());
	cr_assert_leq(two.bytes, 2000 * record_bytes() + 192 * 1024, "%zu bytes", two.bytes);
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
}

static void
one_writes_a_little(struct place *p, struct place *other, const struct visit_ask *q)
{
	(void)q;
	if (p->asked % 5 == 0)
		add_organisation(other, "Meanwhile", AUDIENCE_PUBLIC);
}

/* Parts are compared while the other set moves: nothing is lost by that. */
Test(cells, live_parts, .init = two_members, .fini = close_both)
{
	share_but(9800, 4000);
	now.ms += 24 * 3600 * 1000;
	two.before = one_writes_a_little;
	pay_visit(&two, &one);
	two.before = NULL;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_geq(two.end.admitted, 2000);
	cr_assert_eq(two.pages, 0);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* One record that is missing in the middle of many costs no more than itself and 3 KiB, and no second question for cells. */
Test(cells, hole_in_the_middle, .init = two_members, .fini = close_both)
{
	share_but(1000, 0);
	now.ms += 1000;
	add_organisation(&one, "In the middle", AUDIENCE_PUBLIC);
	for (size_t i = 0; i < 10; i++) {
		now.ms += 1000;
		add_organisations(&two, "Behind", AUDIENCE_PUBLIC, 50);
	}
	copy_all(&two, &one, DIRECTORY, 0);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_eq(two.end.admitted, 1);
	cr_assert_eq(two.cells, 1);
	cr_assert_eq(two.pages, 0);
	cr_assert_leq(two.bytes, record_bytes() + 3072, "%zu bytes", two.bytes);
}

/* What the visitor tells of its own cells brings as many of the other's as are needed, whatever differs. */
Test(cells, one_question_for_any_difference, .init = two_members, .fini = close_both)
{
	static const size_t apart[] = { 2, 30, 600, 6, 100 };

	share_but(2000, 0);
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		now.ms += 24 * 3600 * 1000;
		add_organisations(&one, "New", AUDIENCE_PUBLIC, apart[i] / 2);
		add_organisations(&two, "New too", AUDIENCE_PUBLIC, apart[i] / 2);
		pay_visit(&two, &one);
		cr_assert(equal_sets(&one, &two, &all));
		cr_assert(two.cells >= 1 && two.cells <= 3, "%zu questions for %zu", two.cells, apart[i]);
	}
}

/* A peer that takes no notice of counts sends a block first; then it goes on by what these tell. */
Test(cells, peer_without_counts, .init = two_members, .fini = close_both)
{
	share_but(2000, 200);
	two.other_knows_no_counts = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(two.cells >= 2 && two.cells <= 5, "%zu questions", two.cells);
	cr_assert(equal_sets(&one, &two, &all));
}

/* The other's row is longer, and more differs than ours is long: what lies behind our last cell is left aside. */
Test(cells, longer_row_of_the_other, .init = two_members, .fini = close_both)
{
	add_organisations(&one, "Shared", AUDIENCE_PUBLIC, 300);
	copy_all(&one, &two, DIRECTORY, 0);
	add_organisations(&one, "Only there", AUDIENCE_PUBLIC, 230);
	add_organisations(&two, "Only here", AUDIENCE_PUBLIC, 190);
	cr_assert_lt(sketch_size(490), sketch_size(530));
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_geq(two.cells, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

/* Only the other side has something newer: one look at the beginning, then the rest is read in order. */
Test(cells, newer_at_the_end_is_read_in_order, .init = two_members, .fini = close_both)
{
	share_but(1000, 0);
	add_organisations(&one, "New", AUDIENCE_PUBLIC, 20);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_eq(two.cells, 0);
	cr_assert_eq(two.pages, 1);
	cr_assert_eq(two.asked, 4, "hello, buckets, the beginning, the rest");
}

/* Cells that are no set's, plain or salted, do not decode: a list of ids helps. */
Test(cells, nonsense_falls_back, .init = two_members, .fini = close_both)
{
	share_but(1000, 10);
	two.corrupt = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_LIST);
	cr_assert_geq(two.cells, 3, "of all, of a part, of that salted");
	cr_assert_eq(two.lists, 1);
	cr_assert_eq(two.pages, 0);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A difference that is said to be none although the sums differ is not believed. */
Test(cells, silent_nonsense_falls_back, .init = two_members, .fini = close_both)
{
	share_but(1000, 10);
	two.mirror = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_PARTS);
	cr_assert_eq(two.cells, 1 + SKETCH_PARTS);
	cr_assert(equal_sets(&one, &two, &all));
}

/* No answer to a question for cells, or for records, ends the visit; the next one does what was left. */
Test(cells, lost_answers, .init = two_members, .fini = close_both)
{
	size_t broken = 0;

	share_but(2000, 300);
	for (int lose = 2; lose < 12; lose++) {
		two.lose = lose;
		pay_visit(&two, &one);
		broken += two.end.code == ERR_PEER;
		cr_assert(two.end.code == ERR_PEER || two.end.code == ERR_OK);
	}
	cr_assert_geq(broken, 3, "%zu broken", broken);
	two.lose = -1;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A visit that is given up while cells or records are on their way calls nobody back and leaves nothing behind. */
Test(cells, cancelled, .init = two_members, .fini = close_both)
{
	size_t cancelled = 0;

	share_but(2000, 300);
	for (size_t at = 3; at < 12; at++) {
		two.cancel_at = at;
		begin_visit(&two, &one);
		answer_all(&two);
		cancelled += two.visit == NULL;
		cr_assert(two.ended == (two.visit != NULL));
	}
	cr_assert_geq(cancelled, 5);
	two.cancel_at = 0;
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

static void
a_minute_before_each_cells(struct place *p, struct place *other, const struct visit_ask *q)
{
	(void)other;
	if (strncmp(q->path, "cells/", 6) == 0 && p->cells < 4)
		now.ms += SNAPSHOT_IDLE_MS;
}

/* The snapshot goes while it is read: it begins afresh, and ends well. */
Test(cells, snapshot_has_gone, .init = two_members, .fini = close_both)
{
	share_but(2000, 300);
	two.other_knows_no_counts = true;
	two.before = a_minute_before_each_cells;
	pay_visit(&two, &one);
	two.before = NULL;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_gt(two.cells, 4);
	cr_assert_eq(two.pages, 0);
	cr_assert(equal_sets(&one, &two, &all));
}

static void
a_minute_before_each(struct place *p, struct place *other, const struct visit_ask *q)
{
	(void)p, (void)other, (void)q;
	now.ms += SNAPSHOT_IDLE_MS;
}

/* What is sent depends on the set as it is, so an answer in blocks may become shorter: then it is asked for once more. */
Test(cells, answer_becomes_shorter, .init = two_members, .fini = close_both)
{
	share_but(1000, 10);
	two.shorter = 2;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_CELLS);
	cr_assert(equal_sets(&one, &two, &all));
}

/* It goes every time: a list of ids needs none. */
Test(cells, snapshot_never_stays, .init = two_members, .fini = close_both)
{
	share_but(1000, 150);
	two.other_knows_no_counts = true;
	two.before = a_minute_before_each;
	pay_visit(&two, &one);
	two.before = NULL;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_LIST);
	cr_assert_eq(two.pages, 0);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A peer that knows no cells answers 4.04 to all of them. */
Test(cells, peer_without_cells, .init = two_members, .fini = close_both)
{
	share_but(1000, 10);
	two.other_is_old = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.cells, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

static void
both_write(struct place *p, struct place *other, const struct visit_ask *q)
{
	(void)q;
	if (p->asked % 3 == 0)
		add_organisation(other, "Meanwhile", AUDIENCE_PUBLIC);
	else
		add_organisation(p, "Meanwhile here", AUDIENCE_PUBLIC);
}

/* Sets that move while they are compared: the visit ends well, and the next ones bring the rest. */
Test(cells, live_sets, .init = two_members, .fini = close_both)
{
	share_but(2000, 300);
	two.before = both_write;
	pay_visit(&two, &one);
	two.before = NULL;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_geq(two.end.admitted, 150, "what differed when it began has come");
	cr_assert_eq(two.pages, 0);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
}

/* Records that cells name and that never come: it looks again, three times; then down the ladder, which ends. The next visit
 * tries again. */
Test(cells, records_that_never_come, .init = two_members, .fini = close_both)
{
	share_but(1000, 2);
	two.silent = true;
	pay_visit(&two, &one);
	two.silent = false;
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.rung, RUNG_LIST);
	cr_assert_leq(two.cells, 4 + SKETCH_PARTS + 1);
	cr_assert_eq(two.records_asked, 4 + 3, "four times of all, a part's, salted, by the list");
	cr_assert_eq(two.lists, 1);
	cr_assert_not(equal_sets(&one, &two, &all));
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* What did not fit an answer is asked for again, until all of it is there. */
Test(cells, answers_that_are_full, .init = two_members, .fini = close_both)
{
	share_but(2000, 300);
	two.fits = 40;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.end.admitted, 150);
	cr_assert_eq(two.pages, 0);
	cr_assert(equal_sets(&one, &two, &all));
}

/* A record that was not asked for is dropped before admission looks at it. */
Test(cells, gifts_are_dropped, .init = two_members, .fini = close_both)
{
	struct buf copy = { 0 };
	struct store_txn *t;
	struct bytes first;

	share_but(1000, 0);
	t = store_read(one.store);
	records_tail(one.records, t, DIRECTORY, 0, NULL, first_envelope, &first);
	buf_put_bytes(&copy, first);
	txn_abort(&t);
	add_organisation(&one, "New", AUDIENCE_PUBLIC);
	add_organisation(&two, "New here", AUDIENCE_PUBLIC);
	two.gift = buf_bytes(&copy);
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
	cr_assert_eq(two.records_asked, 1);
	cr_assert_eq(two.held, 0);
	buf_free(&copy);
}

/* Cells that come apart into something else than the counts say are not believed: it looks again. */
Test(cells, miscount_is_looked_at_again, .init = two_members, .fini = close_both)
{
	share_but(1000, 10);
	two.miscount = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.code, ERR_OK, "%s", two.end.why.reason);
	cr_assert_eq(two.pages, 0);
	cr_assert(equal_sets(&one, &two, &all));
	two.miscount = false;
	pay_visit(&two, &one);
	cr_assert(two.end.equal);
}

static void
renew(struct place *p, const struct authored *old)
{
	char json[] = "{\"name\":{\"en\":\"Renewed\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}";
	cJSON *o = cJSON_Parse(json);
	struct buf body = { 0 }, none = { 0 };
	struct draft d = { .kind = KIND_ORGANISATION, .name = old->name, .audience = AUDIENCE_PUBLIC };
	struct authored done;
	struct err e = { 0 };

	cr_assert_eq(body_from_json(kind_find(KIND_ORGANISATION), &p->key.public_key, o, NULL, &body, &none, &e), ERR_OK);
	d.body = buf_bytes(&body);
	cr_assert_eq(records_author(p->records, &p->key, &d, 1, &done, &e), ERR_OK, "%s", e.reason);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

/* A record that was changed comes, and the version that it replaces here is not offered. */
Test(cells, what_was_replaced_is_not_offered, .init = two_members, .fini = close_both)
{
	struct authored old;

	author_json(&one, KIND_ORGANISATION,
	    "{\"name\":{\"en\":\"Old\"},\"relation\":\"listed\",\"territories\":[\"AL\"]}", AUDIENCE_PUBLIC, &old);
	share_but(1000, 0);
	renew(&one, &old);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.admitted, 1);
	cr_assert_eq(two.end.offered, 0);
	cr_assert_eq(two.cells, 1);
	cr_assert(equal_sets(&one, &two, &all));
}

/* An offer that the other side did not come to fetch is made once more, and then not again until something changes. */
Test(cells, offers_once_more, .init = two_members, .fini = close_both)
{
	share_but(1000, 0);
	add_organisation(&two, "Here", AUDIENCE_PUBLIC);
	one.deaf = true;
	pay_visit(&two, &one);
	cr_assert_eq(two.end.offered, 1);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.offered, 1);
	pay_visit(&two, &one);
	cr_assert(two.end.idle);
	cr_assert_eq(two.end.offered, 0);
	add_organisation(&two, "Here, too", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert_eq(two.end.offered, 2);
	one.deaf = false;
	pay_visit(&two, &one);
	cr_assert(equal_sets(&one, &two, &all));
}

/* What waits aside here is among what differs: it is not asked for, and does not keep the visits busy. */
Test(cells, aside_is_not_asked_for, .init = two_members, .fini = close_both)
{
	share_but(1000, 0);
	now.ms += 30 * 60 * 1000;
	add_organisation(&one, "From the future", AUDIENCE_PUBLIC);
	now.ms -= 31 * 60 * 1000;
	pay_visit(&two, &one);
	cr_assert_eq(records_count(two.records, COLLECTION_DIRECTORY), 1000);
	pay_visit(&two, &one);
	cr_assert(two.end.idle);
	/* Something else differs: that comes, the other is left alone. */
	now.ms -= 60 * 1000;
	add_organisation(&two, "Here", AUDIENCE_PUBLIC);
	pay_visit(&two, &one);
	cr_assert_eq(two.records_asked, 0);
	cr_assert_eq(two.pages, 0);
	cr_assert_eq(two.end.offered, 1);
	pay_visit(&two, &one);
	pay_visit(&two, &one);
	cr_assert(two.end.idle);
}

/* Random additions on both sides, withdrawals and visits: once it is quiet, both hold the same. */
Test(visit, converges_by_seed)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		now = (struct clock){ .ms = 1790000000000, .seed = seed };
		place_open(&one, &now, 1);
		place_open(&two, &now, 2);
		found(&one);
		admit(&one, &two, "cso");
		pay_visit(&two, &one);
		for (int step = 0; step < 60; step++) {
			uint8_t dice;

			clock_random(&now, &dice, 1);
			if (dice < 100)
				add_organisation(&one, "A", AUDIENCE_PUBLIC);
			else if (dice < 200)
				add_organisation(&two, "B", dice & 1 ? AUDIENCE_MEMBERS : AUDIENCE_CSO);
			else
				pay_visit(dice & 1 ? &one : &two, dice & 1 ? &two : &one);
		}
		for (int round = 0; round < 3; round++) {
			pay_visit(&one, &two);
			pay_visit(&two, &one);
		}
		cr_assert(equal_sets(&one, &two, &all), "seed %" PRIu64, seed);
		cr_assert(one.end.equal && two.end.equal, "seed %" PRIu64, seed);
		close_both();
	}
}
