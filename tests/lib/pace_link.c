#include "tests/lib/pace_link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000)
#define SET 10                   /* blocks of a request at most */
#define ASKED_BYTES (SCENE_BLOCK + 25)
#define REQUEST_BYTES(n) ((size_t)(60 + 37 + 2 * (n)))
#define LATER 3
#define TOLD 4                   /* pages behind one, the last of which it says where it begins */
#define PACKET 1400              /* of a steady or TCP sender, without headers */
#define ACK_BYTES 24

enum what { REQUEST, BLOCK, TIMER, STEADY_SEND, STEADY_COMES, TCP_COMES, TCP_ACK, TCP_TIMER, BEGIN };
struct event {
	int64_t at_us;
	uint64_t serial;             /* events of one moment keep their order */
	enum what what;
	unsigned flow, count;        /* count: blocks of a request; blocks[] are asks */
	uint64_t ask[SET];
	int64_t sent_us;
};

/* One block asked for once. */
struct ask {
	struct pace_mark mark;
	uint32_t block;
	unsigned later;              /* answers to later asks */
	bool lost;
};
struct paced {
	struct pace pace;
	enum pace_state last;
	struct ask *asks;
	uint64_t asked, head;        /* all before head are closed */
	uint32_t *again;             /* blocks to ask for again */
	size_t again_count, again_first;
	uint8_t *have;
	uint32_t next, blocks, page, opened, had;
	uint32_t whole;              /* all before have come */
	int64_t timer_us;
};
struct tcp {
	double window, threshold;
	uint64_t sent, acked, recover;
	uint8_t *have;               /* at the receiver */
	uint64_t expected;
	int64_t srtt_us, timer_us;
	int64_t *sent_us;
	unsigned twins;
};
struct run {
	const struct scene *s;
	struct scene_result *out;
	struct link link;
	struct event *heap;
	size_t count, room;
	uint64_t serial;
	int64_t now_us;
	struct paced paced[SCENE_FLOWS];
	struct tcp tcp[SCENE_FLOWS];
	unsigned *late[SCENE_FLOWS];
	size_t late_count[SCENE_FLOWS];
};

/* --- events --- */

static bool
earlier(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->serial < b->serial;
}

static void
push(struct run *r, struct event e)
{
	size_t i = r->count++;

	if (r->count > r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		r->heap = realloc(r->heap, r->room * sizeof *r->heap);
		assert(r->heap);
	}
	e.serial = r->serial++;
	for (; i && earlier(&e, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		r->heap[i] = r->heap[(i - 1) / 2];
	r->heap[i] = e;
}

static struct event
pop(struct run *r)
{
	struct event first = r->heap[0], last = r->heap[--r->count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < r->count) {
		if (child + 1 < r->count && earlier(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!earlier(&r->heap[child], &last))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = last;
	return first;
}

/* E sets out as a datagram of BYTES. */
static void
travel(struct run *r, enum link_way way, size_t bytes, struct event e)
{
	int64_t at[2];
	unsigned n = link_pass(&r->link, way, r->now_us, bytes, at);

	for (unsigned i = 0; i < n; i++) {
		e.at_us = at[i];
		push(r, e);
	}
}

/* IP bytes that came. */
static void
count_ip(struct run *r, unsigned flow, size_t ip)
{
	size_t second = (size_t)(r->now_us / 1000000);

	if (second < SCENE_SECONDS)
		r->out->flow[flow].ip[second] += ip;
}

/* --- our receiver --- */

static int64_t
clock_us(const struct run *r)
{
	return r->now_us / MS * MS;
}

static void
trace(struct run *r, unsigned i)
{
	const struct pace *p = &r->paced[i].pace;

	if (p->state == r->paced[i].last)
		return;
	r->paced[i].last = p->state;
	r->out->flow[i].states[p->state]++;
	if (r->s->trace)
		printf("%8.3f flow %u %-6s rate %7llu cap %7llu window %7zu flight %7zu queue %4lld srtt %4lld low %4lld "
		    "came %llu\n", (double)r->now_us / 1e6, i, pace_state_name(p->state),
		    (unsigned long long)way_rate(&p->way), (unsigned long long)p->cap, p->window, p->flight,
		    (long long)p->queue_us / 1000, (long long)p->way.srtt_us / 1000,
		    (long long)way_low(&p->way) / 1000,
		    (unsigned long long)r->out->flow[i].came);
}

static void
lose(struct run *r, unsigned i, struct ask *a)
{
	struct paced *f = &r->paced[i];

	pace_lost(&f->pace, &a->mark, clock_us(r));
	a->lost = true;
	r->out->flow[i].lost++;
	if (!f->have[a->block])
		f->again[f->again_count++] = a->block;
}

/* What three later ones or time say is lost. */
static void
find_lost(struct run *r, unsigned i)
{
	struct paced *f = &r->paced[i];
	int64_t now = clock_us(r), patience = pace_patience_us(&f->pace);

	while (f->head < f->asked && !f->asks[f->head].mark.open)
		f->head++;
	for (uint64_t k = f->head; k < f->asked; k++) {
		struct ask *a = &f->asks[k];

		if (a->mark.open && (a->later >= LATER || now - a->mark.asked_us >= patience))
			lose(r, i, a);
		else if (a->mark.open && a->later == 0 && now - a->mark.asked_us < patience)
			break;
	}
}

/* Blocks that may be asked for of page K: its first set tells how long it is. */
static uint32_t
page_end(const struct paced *f, uint32_t k)
{
	uint32_t end = k * f->page + (f->have[k * f->page] ? f->page : SET);

	if (end > (k + 1) * f->page)
		end = (k + 1) * f->page;
	return end < f->blocks ? end : f->blocks;
}

/*
 * The next block that may be asked for; false: none. The first block of a page says where the fourth behind it begins, that
 * of the first page where the others do as well; a page is opened when so few are unfinished that it may be.
 */
static bool
next_block(struct paced *f, uint32_t ahead, uint32_t *out_block)
{
	while (f->again_first < f->again_count) {
		*out_block = f->again[f->again_first++];
		if (!f->have[*out_block])
			return true;
	}
	while (f->whole < f->blocks && f->have[f->whole])
		f->whole++;
	if (f->opened * f->page < f->blocks && f->opened - f->whole / f->page < ahead &&
	    (f->opened == 0 || f->have[(f->opened <= TOLD ? 0 : f->opened - TOLD) * f->page])) {
		*out_block = f->opened++ * f->page;
		return true;
	}
	if (f->next % f->page == 0 && f->next < f->opened * f->page)
		f->next++;
	if (f->next >= f->opened * f->page || f->next >= page_end(f, f->next / f->page))
		return false;
	*out_block = f->next++;
	return true;
}

static void
ask(struct run *r, unsigned i)
{
	struct paced *f = &r->paced[i];
	size_t room;

	while ((room = pace_room(&f->pace, clock_us(r))) > 0) {
		struct event e = { .what = REQUEST, .flow = i };
		uint32_t block;

		while (e.count < SET && room > 0 && next_block(f, r->s->flow[i].ahead ? r->s->flow[i].ahead : 1, &block)) {
			struct ask *a = &f->asks[f->asked];

			*a = (struct ask){ .block = block };
			pace_asked(&f->pace, &a->mark, ASKED_BYTES, clock_us(r));
			e.ask[e.count++] = f->asked++;
			room -= room < ASKED_BYTES ? room : ASKED_BYTES;
		}
		if (e.count == 0)
			break;
		r->out->flow[i].asked += e.count;
		travel(r, LINK_UP, REQUEST_BYTES(e.count), e);
	}
}

static void
set_timer(struct run *r, unsigned i)
{
	struct paced *f = &r->paced[i];
	int64_t now = clock_us(r), wait = pace_wait_us(&f->pace, now), due = INT64_MAX;

	if (wait < INT64_MAX)
		due = now + wait;
	for (uint64_t k = f->head; k < f->asked; k++)
		if (f->asks[k].mark.open) {
			int64_t at = f->asks[k].mark.asked_us + pace_patience_us(&f->pace);

			if (at < due)
				due = at;
			break;
		}
	if (due == INT64_MAX)
		return;
	due = (due + MS - 1) / MS * MS;
	if (due <= now)
		due = now + MS;
	if (f->timer_us > r->now_us && f->timer_us <= due)
		return;
	f->timer_us = due;
	push(r, (struct event){ .at_us = due, .what = TIMER, .flow = i });
}

static void
turn(struct run *r, unsigned i)
{
	struct paced *f = &r->paced[i];

	if (r->out->flow[i].done_us || (r->s->flow[i].until_us && r->now_us >= r->s->flow[i].until_us))
		return;
	find_lost(r, i);
	trace(r, i);
	ask(r, i);
	trace(r, i);
	set_timer(r, i);
	if (f->had == f->blocks)
		r->out->flow[i].done_us = r->now_us;
}

static void
block_comes(struct run *r, const struct event *e)
{
	struct paced *f = &r->paced[e->flow];
	struct ask *a = &f->asks[e->ask[0]];

	count_ip(r, e->flow, SCENE_IP);
	r->out->flow[e->flow].came++;
	r->out->flow[e->flow].spurious += a->lost;
	pace_came(&f->pace, &a->mark, ASKED_BYTES, clock_us(r));
	for (uint64_t k = f->head; k < e->ask[0]; k++)
		f->asks[k].later++;
	if (!f->have[a->block]) {
		f->have[a->block] = 1;
		f->had++;
	}
	turn(r, e->flow);
}

/* The peer answers all at once, as it does. */
static void
answer(struct run *r, const struct event *e)
{
	for (unsigned k = 0; k < e->count; k++) {
		struct event b = { .what = BLOCK, .flow = e->flow, .ask = { e->ask[k] } };

		travel(r, LINK_DOWN, SCENE_IP - LINK_HEADERS, b);
	}
}

/* --- others --- */

static void
steady_send(struct run *r, unsigned i)
{
	const struct scene_flow *f = &r->s->flow[i];

	if (f->until_us && r->now_us >= f->until_us)
		return;
	r->out->flow[i].asked++;
	travel(r, LINK_DOWN, PACKET, (struct event){ .what = STEADY_COMES, .flow = i, .sent_us = r->now_us });
	push(r, (struct event){ .at_us = r->now_us + (int64_t)((PACKET + LINK_HEADERS) * 1000000 / f->rate),
	    .what = STEADY_SEND, .flow = i });
}

static void
steady_comes(struct run *r, const struct event *e)
{
	int64_t late = r->now_us - e->sent_us - r->link.options.way[LINK_DOWN].delay_us;

	count_ip(r, e->flow, PACKET + LINK_HEADERS);
	r->out->flow[e->flow].came++;
	r->late[e->flow][r->late_count[e->flow]++] = (unsigned)(late / MS);
}

#define TCP_MOST 400000

static void
tcp_pump(struct run *r, unsigned i)
{
	struct tcp *t = &r->tcp[i];

	if (r->s->flow[i].until_us && r->now_us >= r->s->flow[i].until_us)
		return;
	while ((double)(t->sent - t->acked) < t->window && t->sent < TCP_MOST) {
		t->sent_us[t->sent] = r->now_us;
		r->out->flow[i].asked++;
		travel(r, LINK_DOWN, PACKET, (struct event){ .what = TCP_COMES, .flow = i, .ask = { t->sent++ } });
	}
	if (t->timer_us <= r->now_us) {
		t->timer_us = r->now_us + (t->srtt_us ? 2 * t->srtt_us + 200 * MS : 1000 * MS);
		push(r, (struct event){ .at_us = t->timer_us, .what = TCP_TIMER, .flow = i, .ask = { t->acked } });
	}
}

static void
tcp_comes(struct run *r, const struct event *e)
{
	struct tcp *t = &r->tcp[e->flow];

	count_ip(r, e->flow, PACKET + LINK_HEADERS);
	r->out->flow[e->flow].came++;
	t->have[e->ask[0]] = 1;
	while (t->expected < TCP_MOST && t->have[t->expected])
		t->expected++;
	travel(r, LINK_UP, ACK_BYTES, (struct event){ .what = TCP_ACK, .flow = e->flow,
	    .ask = { t->expected, e->ask[0] } });
}

static void
tcp_again(struct run *r, unsigned i, uint64_t packet)
{
	r->tcp[i].sent_us[packet] = 0;
	travel(r, LINK_DOWN, PACKET, (struct event){ .what = TCP_COMES, .flow = i, .ask = { packet } });
}

/* Reno with NewReno's partial acknowledgements: enough to press a queue as a download does. */
static void
tcp_ack(struct run *r, const struct event *e)
{
	struct tcp *t = &r->tcp[e->flow];
	uint64_t acked = e->ask[0];
	int64_t sent = t->sent_us[e->ask[1]];

	if (sent)
		t->srtt_us += t->srtt_us ? (r->now_us - sent - t->srtt_us) / 8 : r->now_us - sent;
	if (acked > t->acked) {
		t->acked = acked;
		t->twins = 0;
		t->timer_us = r->now_us;
		if (acked < t->recover)
			tcp_again(r, e->flow, acked);
		else
			t->window += t->window < t->threshold ? 1 : 1 / t->window;
	} else if (++t->twins == 3 && t->acked >= t->recover) {
		t->threshold = t->window = t->window / 2 < 2 ? 2 : t->window / 2;
		t->recover = t->sent;
		tcp_again(r, e->flow, acked);
	} else if (t->twins > 3) {
		t->window += t->acked < t->recover ? 0.5 : 0;    /* half as many as come leave in recovery */
		if (t->window > 2 * t->threshold)
			t->window = 2 * t->threshold;
	}
	tcp_pump(r, e->flow);
}

static void
tcp_timer(struct run *r, const struct event *e)
{
	struct tcp *t = &r->tcp[e->flow];

	if (t->timer_us > r->now_us)
		return;
	if (t->acked == e->ask[0] && t->sent > t->acked) {
		t->threshold = t->window / 2 < 2 ? 2 : t->window / 2;
		t->window = t->threshold;
		t->recover = t->sent;
		t->twins = 0;
		tcp_again(r, e->flow, t->acked);
	}
	tcp_pump(r, e->flow);
}

/* --- the scene --- */

static void *
zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	assert(p);
	return p;
}

/* What /hello has taken. */
static int64_t
hello_us(const struct run *r)
{
	return r->s->link.way[LINK_UP].delay_us + r->s->link.way[LINK_DOWN].delay_us + 2 * MS;
}

static void
set_up(struct run *r, unsigned i)
{
	const struct scene_flow *f = &r->s->flow[i];
	struct paced *p = &r->paced[i];

	if (f->kind == SCENE_NONE)
		return;
	if (f->kind == SCENE_PACED) {
		uint64_t most = (r->s->link.way[LINK_DOWN].rate > r->s->then.way[LINK_DOWN].rate ?
		    r->s->link.way[LINK_DOWN].rate : r->s->then.way[LINK_DOWN].rate) * (uint64_t)r->s->end_us / 1000000;

		p->blocks = f->blocks ? f->blocks : (uint32_t)(most / SCENE_BLOCK * 2 + 1000);
		p->page = f->page ? f->page : p->blocks;
		p->asks = zeroed((size_t)p->blocks * 8 + 4096, sizeof *p->asks);
		p->again = zeroed((size_t)p->blocks * 8 + 4096, sizeof *p->again);
		p->have = zeroed((size_t)p->blocks + 1, 1);
		p->last = PACE_STATES;
		pace_init(&p->pace, f->remembered, f->from_us);
		pace_round_trip(&p->pace, hello_us(r), f->from_us);
	} else if (f->kind == SCENE_STEADY) {
		r->late[i] = zeroed((size_t)(f->rate * (uint64_t)r->s->end_us / 1000000 / PACKET + 100), sizeof **r->late);
	} else {
		r->tcp[i] = (struct tcp){ .window = 10, .threshold = 1e9 };
		r->tcp[i].have = zeroed(TCP_MOST, 1);
		r->tcp[i].sent_us = zeroed(TCP_MOST, sizeof(int64_t));
	}
	push(r, (struct event){ .at_us = f->from_us, .what = BEGIN, .flow = i });
}

static void
begin(struct run *r, unsigned i)
{
	if (r->s->flow[i].kind == SCENE_PACED)
		turn(r, i);
	else if (r->s->flow[i].kind == SCENE_STEADY)
		steady_send(r, i);
	else
		tcp_pump(r, i);
}

static void
happen(struct run *r, const struct event *e)
{
	struct event late = *e;

	switch (e->what) {
	case BEGIN:
		begin(r, e->flow);
		break;
	case REQUEST:
		if (r->s->flow[e->flow].server_us && !e->sent_us) {
			late.sent_us = 1;
			late.at_us += r->s->flow[e->flow].server_us;
			push(r, late);
			break;
		}
		answer(r, e);
		break;
	case BLOCK:
		block_comes(r, e);
		break;
	case TIMER:
		turn(r, e->flow);
		break;
	case STEADY_SEND:
		steady_send(r, e->flow);
		break;
	case STEADY_COMES:
		steady_comes(r, e);
		break;
	case TCP_COMES:
		tcp_comes(r, e);
		break;
	case TCP_ACK:
		tcp_ack(r, e);
		break;
	case TCP_TIMER:
		tcp_timer(r, e);
		break;
	}
}

static int
compare(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static unsigned
percentile(unsigned *v, size_t n, unsigned percent)
{
	if (n == 0)
		return 0;
	qsort(v, n, sizeof *v, compare);
	return v[(n - 1) * percent / 100];
}

static void
look_at_queue(struct run *r, int64_t until_us)
{
	while ((int64_t)r->out->queue_count * 10 * MS < until_us && r->out->queue_count < SCENE_SECONDS * 100) {
		int64_t at = (int64_t)r->out->queue_count * 10 * MS, waits = r->link.way[LINK_DOWN].free_us - at;

		r->out->queue_ms[r->out->queue_count++] = waits < 0 ? 0 : (unsigned)(waits / MS);
	}
}

static bool
is_over(const struct run *r)
{
	for (unsigned i = 0; i < SCENE_FLOWS; i++)
		if (r->s->flow[i].kind == SCENE_PACED && !r->out->flow[i].done_us)
			return false;
	return true;
}

void
scene_run(const struct scene *s, struct scene_result *out)
{
	struct run *r = zeroed(1, sizeof *r);
	bool changed = s->change_us == 0;

	memset(out, 0, sizeof *out);
	r->s = s;
	r->out = out;
	link_start(&r->link, &s->link, s->seed, 0);
	for (unsigned i = 0; i < SCENE_FLOWS; i++)
		set_up(r, i);
	while (r->count && !is_over(r)) {
		struct event e = pop(r);

		if (e.at_us > s->end_us)
			break;
		look_at_queue(r, e.at_us);
		r->now_us = e.at_us;
		if (!changed && r->now_us >= s->change_us) {
			r->link.options = s->then;
			changed = true;
		}
		happen(r, &e);
	}
	for (unsigned i = 0; i < SCENE_FLOWS; i++) {
		out->flow[i].rate = pace_rate(&r->paced[i].pace);
		out->flow[i].late_p95_ms = percentile(r->late[i], r->late_count[i], 95);
		free(r->paced[i].asks);
		free(r->paced[i].again);
		free(r->paced[i].have);
		free(r->tcp[i].have);
		free(r->tcp[i].sent_us);
		free(r->late[i]);
	}
	memcpy(out->counts, r->link.counts, sizeof out->counts);
	free(r->heap);
	free(r);
}

unsigned
scene_queue_ms(const struct scene_result *r, int64_t from_us, unsigned percent)
{
	size_t from = (size_t)(from_us / (10 * MS));
	unsigned *v, q;

	if (from >= r->queue_count)
		return 0;
	v = zeroed(r->queue_count - from, sizeof *v);
	memcpy(v, r->queue_ms + from, (r->queue_count - from) * sizeof *v);
	q = percentile(v, r->queue_count - from, percent);
	free(v);
	return q;
}

uint64_t
scene_ip(const struct scene_result *r, size_t i, size_t from, size_t to)
{
	uint64_t sum = 0;

	for (; from < to && from < SCENE_SECONDS; from++)
		sum += r->flow[i].ip[from];
	return sum;
}
