/*
 * link - two exchanges wired back to back over a path that loses, doubles and delays by seed, on a fake clock.
 *
 * Shape    side 0 and side 1; each has a queue towards it; `pump` moves the clock to the next thing that happens
 */
#ifndef KILIM_TEST_LINK_H
#define KILIM_TEST_LINK_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/coap/exchange.h"

struct packet {
	struct packet *next;
	int64_t at_ms;
	size_t len;
	uint8_t data[LIMIT_MESSAGE];
};

struct link;
struct side {
	struct link *link;
	struct exchange *x;
	struct packet *coming;
	unsigned sent, delivered;
	struct packet last;              /* what this side sent last */
};
struct link {
	struct world world;
	int64_t now_ms;
	uint64_t noise;
	unsigned loss, twice;            /* per cent */
	int64_t delay_ms, jitter_ms;
	struct side side[2];
	/* Called for each datagram on its way from side FROM; false: it is lost. May be NULL. */
	bool (*watch)(struct link *l, int from, struct bytes d);
	unsigned faults;
	/* Where something is observed; set before link_open, which keeps them. */
	bool (*notify)(void *self, uint64_t ticket, struct coap_answer *out);
	void (*notified)(void *self, uint64_t ticket, enum coap_told told);
};

static inline uint32_t
link_random(struct link *l)
{
	l->noise = l->noise * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(l->noise >> 33);
}

static inline int64_t
link_clock(void *self)
{
	return ((struct link *)self)->now_ms;
}

static inline void
link_noise(void *self, void *out, size_t len)
{
	for (uint8_t *p = out; len--;)
		*p++ = (uint8_t)link_random(self);
}

static inline void
link_put(struct side *to, struct bytes d)
{
	struct link *l = to->link;
	struct packet *p = malloc(sizeof(*p)), **q = &to->coming;

	p->len = d.len;
	memcpy(p->data, d.p, d.len);
	p->at_ms = l->now_ms + l->delay_ms + (l->jitter_ms ? link_random(l) % l->jitter_ms : 0);
	while (*q && (*q)->at_ms <= p->at_ms)
		q = &(*q)->next;
	p->next = *q;
	*q = p;
}

static inline void
link_send(void *self, struct bytes d)
{
	struct side *s = self;
	struct link *l = s->link;
	int from = s == &l->side[1];

	cr_assert(d.len >= 4 && d.len <= LIMIT_MESSAGE);
	s->sent++;
	s->last.len = d.len;
	memcpy(s->last.data, d.p, d.len);
	if ((l->watch && !l->watch(l, from, d)) || link_random(l) % 100 < l->loss)
		return;
	link_put(&l->side[!from], d);
	if (link_random(l) % 100 < l->twice)
		link_put(&l->side[!from], d);
}

/* Handlers by path, in the test file. */
static void link_request(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out);

static inline void
link_open(struct link *l, uint64_t seed)
{
	*l = (struct link){ .now_ms = 1000000, .noise = seed, .delay_ms = 10, .notify = l->notify,
		.notified = l->notified };
	l->world = (struct world){ l, link_clock, link_clock, link_noise };
	for (int i = 0; i < 2; i++) {
		struct exchange_events ev = { .self = &l->side[i], .send = link_send, .request = link_request,
			.notify = l->notify, .notified = l->notified };
		l->side[i].link = l;
		l->side[i].x = exchange_new(&ev, &l->world);
	}
}

static inline void
link_close(struct link *l)
{
	for (int i = 0; i < 2; i++) {
		exchange_free(l->side[i].x);
		for (struct packet *p; (p = l->side[i].coming) != NULL; free(p))
			l->side[i].coming = p->next;
	}
}

/* One step: the next datagram or timer not later than UNTIL; false when there is none. */
static inline bool
link_step(struct link *l, int64_t until)
{
	int64_t at = INT64_MAX;
	struct side *who = NULL;
	bool timer = false;

	for (int i = 0; i < 2; i++) {
		struct side *s = &l->side[i];
		int64_t wait = s->x ? exchange_wait_ms(s->x) : -1;

		if (s->coming && s->coming->at_ms < at) {
			at = s->coming->at_ms;
			who = s;
			timer = false;
		}
		if (wait >= 0 && l->now_ms + wait < at) {
			at = l->now_ms + wait;
			who = s;
			timer = true;
		}
	}
	if (who == NULL || at > until)
		return false;
	l->now_ms = at > l->now_ms ? at : l->now_ms;
	if (timer) {
		exchange_timer(who->x);
	} else {
		struct packet *p = who->coming;
		struct err why;

		who->coming = p->next;
		who->delivered++;
		if (who->x && exchange_receive(who->x, (struct bytes){ p->data, p->len }, &why))
			l->faults++;
		free(p);
	}
	return true;
}

/* Let MS pass, or stop as soon as *FLAG (may be NULL) is set. */
static inline void
link_run(struct link *l, int64_t ms, const unsigned *flag)
{
	int64_t until = l->now_ms + ms;

	while ((flag == NULL || *flag == 0) && link_step(l, until))
		;
	if (flag == NULL || *flag == 0)
		l->now_ms = until;
}

#endif
