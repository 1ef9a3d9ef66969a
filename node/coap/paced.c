#include "node/coap/asking.h"

#include <stdlib.h>

/*
 * The paced receiver (proto/exchange.md sections 5.2 and 9). A request begins with the question for its first set, which
 * is sent at once. When it turns out that there is more, it is asked for like what got lost on the way: all requests of
 * the session go through paced_fill, which asks for what the oldest of them misses, as soon and as much as the path
 * allows. A block is lost when three that were asked for later have come, or after pace_patience_us.
 */

#define TRIES_LEAST 8                    /* questions, and time, without a sound before a request is given up */
#define SILENCE_MS (30 * 1000)
#define AGAIN_MOST_MS 8000               /* between two first questions */
#define PROBE_FROM 2                     /* first questions without an answer: then one that must be answered */
#define QUESTIONS_MOST 64                /* of a request: older ones are not listened to any more */
#define AROUND_BLOCK 35                  /* bytes of a message beside its block */
#define WHOLE_SET ((uint16_t)((1u << COAP_MAX_SET) - 1))

static size_t
datagram_of(size_t payload)
{
	return payload + AROUND_BLOCK;
}

static int64_t
us(int64_t ms)
{
	return ms * 1000;
}

struct question *
paced_by_token(const struct ask *a, uint32_t token)
{
	struct question *q = a->paced.questions;

	while (q && q->token != token)
		q = q->next;
	return q;
}

struct question *
paced_by_id(const struct ask *a, uint16_t id)
{
	struct question *q = a->paced.questions;

	while (q && q->id != id)
		q = q->next;
	return q;
}

/* --- questions --- */

/* Nobody waits for what Q has not brought. */
static void
drop_open(struct exchange *x, struct question *q)
{
	for (unsigned i = 0; i < COAP_MAX_SET; i++)
		if (q->open >> i & 1)
			pace_dropped(&x->pace, &q->marks[i]);
	q->open = 0;
}

void
paced_end(struct exchange *x, struct ask *a)
{
	for (struct question *q; (q = a->paced.questions) != NULL; free(q)) {
		drop_open(x, q);
		a->paced.questions = q->next;
	}
	a->paced.count = 0;
}

/* The oldest question that waits for nothing; NULL: all wait. */
static struct question **
find_spare(struct ask *a)
{
	struct question **spare = NULL;

	for (struct question **at = &a->paced.questions; *at; at = &(*at)->next)
		if ((*at)->open == 0)
			spare = at;
	return spare;
}

/* Is there room for a question more? One that waits for nothing makes it. */
static bool
make_room(struct ask *a)
{
	struct question **spare, *q;

	if (a->paced.count < QUESTIONS_MOST)
		return true;
	if ((spare = find_spare(a)) == NULL)
		return false;
	q = *spare;
	*spare = q->next;
	free(q);
	a->paced.count--;
	return true;
}

/* RFC 9177 section 4.4: the rest of a set by one option with M, single blocks by one option each. */
static void
name_blocks(struct coap_message *m, const struct question *q, uint8_t szx)
{
	if (q->asked == WHOLE_SET) {
		m->qblock2[m->qblock2_count++] = (struct coap_block){ true, q->first, true, szx };
		return;
	}
	for (uint32_t i = 0; i < COAP_MAX_SET; i++)
		if (q->asked >> i & 1)
			m->qblock2[m->qblock2_count++] = (struct coap_block){ true, q->first + i, false, szx };
}

/* Ask for the blocks MASK of the set that begins with FIRST, of which the peer will send those of EXPECTED. */
static void
ask_set(struct exchange *x, struct ask *a, uint32_t first, uint16_t mask, uint16_t expected, enum coap_kind kind)
{
	struct question *q = need_zeroed(1, sizeof(*q));
	struct coap_message m;

	q->token = new_token(x);
	q->id = ask_new_id(x, kind);
	q->first = first;
	q->asked = mask;
	q->open = q->marked = expected;
	q->sent_ms = world_tick_ms(x->world);
	q->order = x->order;
	q->next = a->paced.questions;
	x->order += COAP_MAX_SET;
	a->paced.questions = q;
	a->paced.count++;
	a->paced.tries++;
	for (unsigned i = 0; i < COAP_MAX_SET; i++)
		if (expected >> i & 1) {
			pace_asked(&x->pace, &q->marks[i], datagram_of(gather_size(&a->gather)), us(q->sent_ms));
			gather_note(&a->gather, first + i, GATHER_ASKED);
		}
	m = ask_message(a, kind, q->id, q->token);
	name_blocks(&m, q, a->gather.szx);
	wake_at(x, q->sent_ms + pace_patience_us(&x->pace) / 1000 + 1);
	transmit(x, &m);
}

/*
 * Does the peer know Q-Block2? After two questions without an answer the third is confirmable, and so are those behind
 * it: who does not know the option drops a NON in silence, but answers a CON with 4.02.
 */
static void
ask_first(struct exchange *x, struct ask *a)
{
	int64_t wait = first_timeout(x, true), patience = pace_patience_us(&x->pace) / 1000;
	bool probe = !x->sets && a->paced.tries >= PROBE_FROM;

	if (wait < patience)
		wait = patience;
	for (unsigned i = 0; i < a->paced.tries && wait < AGAIN_MOST_MS; i++)
		wait *= 2;
	if (wait > AGAIN_MOST_MS)
		wait = AGAIN_MOST_MS;
	a->paced.again_ms = world_tick_ms(x->world) + wait;
	wake_at(x, a->paced.again_ms);
	make_room(a);
	ask_set(x, a, 0, WHOLE_SET, WHOLE_SET, probe ? COAP_CON : COAP_NON);
}

void
paced_begin(struct exchange *x, struct ask *a)
{
	a->is_paced = true;
	a->paced.heard_ms = world_tick_ms(x->world);
	ask_first(x, a);
}

void
paced_restart(struct exchange *x, struct ask *a)
{
	paced_end(x, a);
	a->paced.tries = 0;
	ask_first(x, a);
}

/* --- what is missing --- */

/* The blocks that may be asked for: while nobody has told how many there are, the rest of the set as well. */
static uint32_t
end_of(const struct gather *g)
{
	uint32_t count = gather_count(g);

	if (g->told || g->last != GATHER_NONE)
		return count;
	return (count + COAP_MAX_SET - 1) / COAP_MAX_SET * COAP_MAX_SET;
}

/* Up to MOST blocks that A misses, all of the set that begins with *OUT_FIRST; 0: it waits for nothing but arrivals. */
static uint16_t
missing(const struct ask *a, size_t most, uint32_t *out_first)
{
	const struct gather *g = &a->gather;
	uint32_t end = end_of(g), at = g->base, first;
	uint16_t mask = 0;

	if (!a->is_paced || !g->begun)
		return 0;
	while (at < end && gather_state(g, at) != GATHER_MISSING)
		at++;
	if (at >= end)
		return 0;
	first = at - at % COAP_MAX_SET;
	for (; at < end && at < first + COAP_MAX_SET && most; at++)
		if (gather_state(g, at) == GATHER_MISSING) {
			mask |= (uint16_t)(1u << (at - first));
			most--;
		}
	*out_first = first;
	return mask;
}

/* The blocks of the set from FIRST on that there are. */
static uint16_t
existing(const struct gather *g, uint32_t first)
{
	uint32_t end = end_of(g), count = end > first ? end - first : 0;

	if (count > COAP_MAX_SET)
		count = COAP_MAX_SET;
	return (uint16_t)((1u << count) - 1);
}

int64_t
paced_room_due(const struct exchange *x, int64_t now)
{
	int64_t wait = INT64_MAX;
	uint32_t first;

	for (const struct ask *a = x->asks; a && wait == INT64_MAX; a = a->next)
		if (missing(a, 1, &first))
			wait = pace_wait_us(&x->pace, us(now));
	return wait == INT64_MAX ? wait : now + (wait + 999) / 1000;
}

/* The oldest request that misses something and may ask for it. */
static struct ask *
next_to_ask(const struct exchange *x)
{
	uint32_t first;

	for (struct ask *a = x->asks; a; a = a->next)
		if (missing(a, 1, &first) && make_room(a))
			return a;
	return NULL;
}

void
paced_fill(struct exchange *x)
{
	int64_t now = world_tick_ms(x->world);
	struct ask *a;

	while (!x->doomed && (a = next_to_ask(x)) != NULL) {
		size_t block = datagram_of(gather_size(&a->gather)), room = pace_room(&x->pace, us(now));
		uint16_t mask;
		uint32_t first;

		if (room == 0) {
			wake_at(x, paced_room_due(x, now));
			return;
		}
		mask = missing(a, (room + block - 1) / block, &first);
		/* All that there is of a set is asked for as the set: nobody need know where the answer ends. */
		ask_set(x, a, first, mask == existing(&a->gather, first) ? WHOLE_SET : mask, mask, COAP_NON);
	}
}

/* --- what got lost --- */

static void
lose(struct exchange *x, struct ask *a, struct question *q, unsigned i, int64_t now)
{
	q->open &= (uint16_t)~(1u << i);
	pace_lost(&x->pace, &q->marks[i], us(now));
	gather_note(&a->gather, q->first + i, GATHER_MISSING);
}

/* The first question, or its answer, is gone: that was one datagram as far as anybody knows. */
static void
lose_first(struct exchange *x, struct question *q, int64_t now)
{
	if (q->open & 1) {
		q->open &= (uint16_t)~1u;
		pace_lost(&x->pace, &q->marks[0], us(now));
	}
	drop_open(x, q);
}

/* Of what is asked for in order, this came: what was asked for before three of those that came is lost. */
static void
note_came(struct exchange *x, uint32_t order)
{
	uint32_t *came = x->came;
	int at = 3;

	while (at > 0 && (int32_t)(order - came[at - 1]) > 0)
		at--;
	if (at > 0 && came[at - 1] == order)
		return; /* a copy */
	for (int i = 2; i > at; i--)
		came[i] = came[i - 1];
	if (at < 3)
		came[at] = order;
}

static void
lose_passed(struct exchange *x, int64_t now)
{
	for (struct ask *a = x->asks; a && !x->doomed; a = a->next) {
		bool first_lost = false;

		for (struct question *q = a->is_paced ? a->paced.questions : NULL; q; q = q->next)
			for (unsigned i = 0; q->open && i < COAP_MAX_SET; i++) {
				if (!(q->open >> i & 1) || (int32_t)(q->order + i - x->came[2]) >= 0)
					continue;
				if (a->gather.begun) {
					lose(x, a, q, i, now);
				} else {
					lose_first(x, q, now);
					first_lost = true;
				}
			}
		if (first_lost)
			ask_first(x, a);
	}
}

/* --- answers --- */

/* By Block2, now and for the rest of the session. */
static void
leave_sets(struct exchange *x, struct ask *a)
{
	paced_end(x, a);
	a->is_paced = false;
	x->no_sets = true;
}

static void
first_answer(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	const struct coap_block *b = &m->block2;

	if (m->code == 402 && !x->sets) {
		leave_sets(x, a);
		window_begin(x, a);
	} else if (b->present && b->number != 0) {
		ask_fail(x, a, ERR_PEER, "block", "the answer begins with another block than the first");
	} else if (b->present && b->more && m->code / 100 == 2) {
		leave_sets(x, a);
		window_join(x, a, m);
	} else {
		ask_single(x, a, m);
	}
}

/* The first block of an answer that has several, whichever it is. False: A has ended. */
static bool
begin_blocks(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	const struct fault *fault = gather_begin(&a->gather, m, &m->qblock2[0]);

	if (fault) {
		ask_fail(x, a, fault->code, fault->rule, fault->reason);
		return false;
	}
	x->sets = true;
	for (struct question *q = a->paced.questions; q; q = q->next)
		for (unsigned i = 0; i < COAP_MAX_SET; i++)
			if (q->open >> i & 1)
				gather_note(&a->gather, q->first + i, GATHER_ASKED);
	return true;
}

/* Nobody waits for blocks behind the end, now that it is known. */
static void
drop_behind_end(struct exchange *x, struct ask *a)
{
	const struct gather *g = &a->gather;

	for (struct question *q = a->paced.questions; q; q = q->next)
		for (unsigned i = 0; i < COAP_MAX_SET; i++)
			if (q->open & ~existing(g, q->first) & 1u << i) {
				q->open &= (uint16_t)~(1u << i);
				pace_dropped(&x->pace, &q->marks[i]);
			}
}

static void
take_block(struct exchange *x, struct ask *a, struct question *q, const struct coap_message *m)
{
	const struct coap_block *b = &m->qblock2[0];

	if (b->szx < a->gather.szx) {
		/* All in the smaller size from where we are. */
		gather_shrink(&a->gather, b->szx);
		paced_end(x, a);
		return;
	}
	if (b->szx > a->gather.szx || b->number < q->first || b->number - q->first >= COAP_MAX_SET ||
	    !(q->asked >> (b->number - q->first) & 1)) {
		ask_fail(x, a, ERR_PEER, "block", "another block than the one asked for");
		return;
	}
	gather_tell(&a->gather, m);
	if (ask_take(x, a, b, m->payload))
		drop_behind_end(x, a);
}

/* What came of Q: to pacing, and to whoever waits for what was asked for before. */
static void
count_came(struct exchange *x, struct ask *a, struct question *q, const struct coap_message *m, int64_t now)
{
	uint32_t i = m->qblock2_count ? m->qblock2[0].number - q->first : 0;
	bool known = i < COAP_MAX_SET && q->asked >> i & 1;

	if (q->open == q->marked)
		took_block(x, now - q->sent_ms);
	if (a->round_ms < 0)
		a->round_ms = now - q->sent_ms;
	a->paced.heard_ms = now;
	a->paced.tries = 0;
	pace_came(&x->pace, known && (q->marked >> i & 1) ? &q->marks[i] : NULL, datagram_of(m->payload.len), us(now));
	if (known) {
		q->open &= (uint16_t)~(1u << i);
		note_came(x, q->order + i);
	}
}

void
paced_response(struct exchange *x, struct ask *a, struct question *q, const struct coap_message *m, int64_t now)
{
	bool block = m->qblock2_count && m->code / 100 == 2;

	count_came(x, a, q, m, now);
	if (!a->gather.begun && (!block || (!m->qblock2[0].more && m->qblock2[0].number == 0)))
		first_answer(x, a, m);
	else if (m->code / 100 != 2)
		ask_error(x, a, m);
	else if (a->gather.begun && (!block || !gather_is_same(&a->gather, m)))
		ask_restart(x, a);
	else if (a->gather.begun || begin_blocks(x, a, m))
		take_block(x, a, q, m);
	if (!x->doomed)
		lose_passed(x, now);
}

void
paced_reset(struct exchange *x, struct ask *a)
{
	if (x->sets || a->gather.begun) {
		ask_fail(x, a, ERR_PEER, "reset", "the peer did not want this request");
		return;
	}
	leave_sets(x, a);
	window_begin(x, a);
}

/* --- time --- */

static bool
is_given_up(const struct ask *a, int64_t now)
{
	return a->paced.tries >= TRIES_LEAST && now - a->paced.heard_ms >= SILENCE_MS;
}

/* That is how the owner learns that the peer may be gone: not by a few losses within a second. */
static void
count_silence(struct exchange *x, const struct ask *a, int64_t now)
{
	if (now - a->paced.heard_ms < ACK_TIMEOUT_LEAST_MS)
		return;
	x->counts.retransmitted++;
	x->counts.unanswered++;
}

bool
paced_timer(struct exchange *x, struct ask *a, int64_t now)
{
	int64_t patience = pace_patience_us(&x->pace);
	bool first = !a->gather.begun && a->paced.again_ms <= now, lost = first;

	for (struct question *q = a->paced.questions; q; q = q->next) {
		uint16_t before = q->open;

		if (first)
			lose_first(x, q, now);
		for (unsigned i = 0; a->gather.begun && i < COAP_MAX_SET; i++)
			if ((q->open >> i & 1) && us(now) - q->marks[i].asked_us >= patience)
				lose(x, a, q, i, now);
		if (before != q->open)
			count_silence(x, a, now);
		lost = lost || before != q->open;
	}
	if (lost && is_given_up(a, now))
		ask_fail(x, a, ERR_PEER, "no answer", "the peer did not answer in time");
	else if (first)
		ask_first(x, a);
	return lost;
}

/* Blocks are asked for again by the round trip anyway; the first question had its wait doubled. */
void
paced_resume(struct exchange *x, struct ask *a)
{
	if (a->gather.begun || a->paced.tries < 2)
		return;
	a->paced.again_ms = world_tick_ms(x->world);
	a->paced.tries = 1;
	wake_at(x, a->paced.again_ms);
}

int64_t
paced_due(const struct exchange *x, const struct ask *a)
{
	int64_t patience = pace_patience_us(&x->pace), due = INT64_MAX;

	if (!a->gather.begun)
		return a->paced.again_ms;
	for (const struct question *q = a->paced.questions; q; q = q->next)
		for (unsigned i = 0; i < COAP_MAX_SET; i++)
			if ((q->open >> i & 1) && (q->marks[i].asked_us + patience + 999) / 1000 < due)
				due = (q->marks[i].asked_us + patience + 999) / 1000;
	return due;
}
