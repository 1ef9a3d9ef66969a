#include "node/coap/asking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SILENT_ROUNDS 2       /* in a row end a request whose first block has come */
#define LOST_AFTER 3          /* later requests answered: a NON that is still open counts as lost */

static enum coap_kind
kind_of(const struct ask *a)
{
	return a->spec.non ? COAP_NON : COAP_CON;
}

struct slot *
window_by_token(const struct ask *a, uint32_t token)
{
	for (unsigned i = 0; i < a->window.size; i++)
		if (a->window.slots[i].state != FREE && a->window.slots[i].token == token)
			return &a->window.slots[i];
	return NULL;
}

struct slot *
window_by_id(const struct ask *a, uint16_t id)
{
	for (unsigned i = 0; i < a->window.size; i++)
		if (a->window.slots[i].state != FREE && a->window.slots[i].id == id)
			return &a->window.slots[i];
	return NULL;
}

/* --- sending --- */

static void
send_slot(struct exchange *x, struct ask *a, const struct slot *s)
{
	struct coap_message m = ask_message(a, kind_of(a), s->id, s->token);

	if (a->gather.begun)
		m.block2 = (struct coap_block){ true, s->number, false, a->gather.szx };
	transmit(x, &m);
}

/* Send S as a new message: at first, and again when its tries are used up while others arrive. */
static void
begin_round(struct exchange *x, struct ask *a, struct slot *s)
{
	int64_t now = world_tick_ms(x->world);

	s->state = WAITING;
	s->id = ask_new_id(x, kind_of(a));
	s->order = ++a->window.order;
	s->progress = a->gather.came;
	s->tries = s->passed = 0;
	s->sent_ms = now;
	s->timeout_ms = first_timeout(x, a->spec.non);
	s->due_ms = now + s->timeout_ms;
	wake_at(x, s->due_ms);
	send_slot(x, a, s);
}

static void
ask_block(struct exchange *x, struct ask *a, uint32_t block)
{
	struct slot *s = &a->window.slots[block % a->window.size];

	assert(s->state == FREE);
	*s = (struct slot){ .number = block, .token = new_token(x) };
	begin_round(x, a, s);
}

static void
repeat(struct exchange *x, struct ask *a, struct slot *s)
{
	s->tries++;
	s->passed = 0;
	s->order = ++a->window.order;
	s->due_ms = world_tick_ms(x->world) + s->timeout_ms;
	/* A CON stays the same message; a NON has no identity at the other end, so it takes a new id. */
	if (a->spec.non)
		s->id = ask_new_id(x, COAP_NON);
	wake_at(x, s->due_ms);
	x->counts.retransmitted++;
	x->counts.unanswered++;
	send_slot(x, a, s);
}

/* Ask for what the window allows: as far as Size2 tells the end, else one by one. */
static void
fill(struct exchange *x, struct ask *a)
{
	struct window *w = &a->window;

	while (w->upto < a->gather.base + w->size && w->upto < gather_count(&a->gather))
		ask_block(x, a, w->upto++);
}

static void
free_slots(struct ask *a)
{
	for (unsigned i = 0; i < a->window.size; i++)
		a->window.slots[i].state = FREE;
}

/* --- life --- */

void
window_begin(struct exchange *x, struct ask *a)
{
	struct window *w = &a->window;

	w->slots = &w->first;
	w->size = 1;
	w->wanted = a->spec.window ? a->spec.window : WINDOW_DEFAULT;
	w->upto = 1;
	ask_block(x, a, 0);
}

void
window_restart(struct exchange *x, struct ask *a)
{
	free_slots(a);
	a->window.upto = 1;
	ask_block(x, a, 0);
}

void
window_free(struct ask *a)
{
	if (a->window.slots != &a->window.first)
		free(a->window.slots);
}

/* --- blocks --- */

/* A block answered what was sent before others that are still open: those may be lost. */
static void
count_passed(struct exchange *x, struct ask *a, uint32_t order)
{
	for (unsigned i = 0; a->spec.non && i < a->window.size; i++) {
		struct slot *s = &a->window.slots[i];

		if (s->state == WAITING && s->order < order && ++s->passed == LOST_AFTER && s->tries < MAX_RETRANSMIT)
			repeat(x, a, s);
	}
}

/* Nothing behind the last block is awaited any more. */
static void
free_behind(struct ask *a, uint32_t last)
{
	for (unsigned i = 0; i < a->window.size; i++)
		if (a->window.slots[i].number > last)
			a->window.slots[i].state = FREE;
}

/* A smaller block than asked for begins where the asked one does: it is taken when it is the next in order. */
static bool
take_smaller(struct ask *a, struct slot *s, const struct coap_block *b)
{
	bool is_next = s->number == a->gather.base &&
	    (size_t)b->number << (b->szx + 4) == a->gather.base * gather_size(&a->gather);

	gather_shrink(&a->gather, b->szx);
	free_slots(a);
	a->window.upto = a->gather.base + is_next;
	return is_next;
}

static void
take_block(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m)
{
	const struct coap_block *b = &m->block2;
	uint32_t order = s->order;

	if (b->szx < a->gather.szx) {
		if (!take_smaller(a, s, b)) {
			fill(x, a);
			return;
		}
	} else if (b->szx > a->gather.szx || b->number != s->number) {
		ask_fail(x, a, ERR_PEER, "block", "another block than the one asked for");
		return;
	}
	s->state = FREE;
	if (!ask_take(x, a, b, m->payload))
		return;
	if (!b->more)
		free_behind(a, b->number);
	count_passed(x, a, order);
	fill(x, a);
}

/* Block 0 has come and says that more will follow. */
static void
begin_blocks(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	struct window *w = &a->window;
	const struct fault *fault = gather_begin(&a->gather, m, &m->block2);

	if (fault) {
		ask_fail(x, a, fault->code, fault->rule, fault->reason);
		return;
	}
	if (w->size < w->wanted) {
		w->slots = need_zeroed(w->wanted, sizeof(*w->slots));
		w->size = w->wanted;
		w->slots[0] = w->first;
	}
	take_block(x, a, &w->slots[0], m);
}

void
window_join(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	struct window *w = &a->window;

	w->slots = &w->first;
	w->size = 1;
	w->wanted = a->spec.window ? a->spec.window : WINDOW_DEFAULT;
	w->upto = 1;
	begin_blocks(x, a, m);
}

static void
first_answer(struct exchange *x, struct ask *a, const struct coap_message *m)
{
	const struct coap_block *b = &m->block2;

	if (b->present && b->number != 0)
		ask_fail(x, a, ERR_PEER, "block", "the answer begins with another block than the first");
	else if (b->present && b->more && m->code / 100 == 2)
		begin_blocks(x, a, m);
	else
		ask_single(x, a, m);
}

static void
next_answer(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m)
{
	if (m->code / 100 != 2)
		ask_error(x, a, m);
	else if (!m->block2.present || !gather_is_same(&a->gather, m))
		ask_restart(x, a);
	else
		take_block(x, a, s, m);
}

void
window_response(struct exchange *x, struct ask *a, struct slot *s, const struct coap_message *m, int64_t now)
{
	/* Karn: after a repeat nobody knows which one was answered. An ACK has been measured already. */
	if (s->state == WAITING && s->tries == 0)
		took(x, now - s->sent_ms);
	if (a->round_ms < 0)
		a->round_ms = now - s->sent_ms;
	if (a->gather.begun)
		next_answer(x, a, s, m);
	else
		first_answer(x, a, m);
}

void
window_acked(struct exchange *x, struct ask *a, struct slot *s, int64_t now)
{
	if (s->state != WAITING || a->spec.non)
		return;
	if (s->tries == 0)
		took(x, now - s->sent_ms);
	s->state = ACKED;
	s->due_ms = now + SEPARATE_WAIT_MS;
	wake_at(x, s->due_ms);
}

/* --- time --- */

/*
 * A block whose tries are used up may just have bad luck. While others arrive it is tried again; when the window is
 * full of blocks that wait for this one, once more without.
 */
static bool
may_go_on(const struct ask *a, struct slot *s)
{
	s->silent = a->gather.came != s->progress ? 0 : (uint8_t)(s->silent + 1);
	return a->gather.came > 0 && s->silent < SILENT_ROUNDS;
}

bool
window_timer(struct exchange *x, struct ask *a, int64_t now)
{
	for (unsigned i = 0; i < a->window.size; i++) {
		struct slot *s = &a->window.slots[i];

		if (s->state == FREE || s->due_ms > now)
			continue;
		if (s->state == WAITING && s->tries < MAX_RETRANSMIT) {
			s->timeout_ms *= 2;
			repeat(x, a, s);
		} else if (may_go_on(a, s)) {
			x->counts.retransmitted++;
			begin_round(x, a, s);
		} else {
			ask_fail(x, a, ERR_PEER, "no answer", "the peer did not answer in time");
		}
		return true;
	}
	return false;
}

void
window_resume(struct exchange *x, struct ask *a)
{
	for (unsigned i = 0; i < a->window.size; i++) {
		struct slot *s = &a->window.slots[i];

		if (s->state == WAITING && resume(x, s->sent_ms, s->tries, &s->due_ms, &s->timeout_ms))
			s->tries = 1;
	}
}

int64_t
window_due(const struct ask *a)
{
	int64_t due = INT64_MAX;

	for (unsigned i = 0; i < a->window.size; i++)
		if (a->window.slots[i].state != FREE && a->window.slots[i].due_ms < due)
			due = a->window.slots[i].due_ms;
	return due;
}
