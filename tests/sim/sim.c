#include "tests/sim/sim.h"

#include "node/base/log.h"
#include "node/peer/intake.h"
#include "node/peer/peer.h"
#include "node/record/body_json.h"
#include "node/service/service.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EPOCH_MS 1790000000000LL         /* when every history begins: 2026-09-21 */
#define TICK_MS 1000
#define PORT 5684

struct event {
	int64_t at;
	uint64_t order;
	struct sim_node *node;
	void (*fn)(struct sim_node *node, void *data);
	void *data;
};

/* --- dice and words --- */

uint64_t
dice_roll(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void
sim_fail(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (s->failed[0])
		return; /* the first is the one to look at */
	va_start(ap, fmt);
	vsnprintf(s->failed, sizeof s->failed, fmt, ap);
	va_end(ap);
}

void
sim_trace(const struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->trace)
		return;
	fprintf(stderr, "%9.3f  ", (double)s->now_ms / 1000);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* --- events: a heap, the earliest first, of equal times the one that was made first --- */

static bool
before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void
sim_at(struct sim *s, int64_t at, struct sim_node *node, void (*fn)(struct sim_node *node, void *data), void *data)
{
	struct event *e = need_alloc(sizeof *e);
	size_t i = s->len++;

	*e = (struct event){ at, ++s->made, node, fn, data };
	if (s->len > s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->heap = need_realloc(s->heap, s->cap * sizeof *s->heap);
	}
	for (; i > 0 && before(e, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static struct event *
pop(struct sim *s)
{
	struct event *first = s->heap[0], *last = s->heap[--s->len];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < s->len) {
		if (child + 1 < s->len && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s->heap[child], last))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
	return first;
}

/* --- weather --- */

bool
sim_is_cut(const struct sim *s, const struct sim_node *a, const struct sim_node *b)
{
	return s->cut[a->number][b->number];
}

static int64_t
trip(struct sim *s)
{
	const struct weather *w = &s->weather;
	int64_t ms = w->delay_ms + dice_below(&s->dice, w->jitter_ms + 1);

	return dice_percent(&s->dice, w->late) ? ms * 8 : ms;
}

unsigned
sim_fly(struct sim *s, const struct sim_node *from, const struct sim_node *to, int64_t out_at[2])
{
	unsigned copies = 0;

	s->sent++;
	if (sim_is_cut(s, from, to) || dice_percent(&s->dice, s->weather.loss)) {
		s->lost++;
		return 0;
	}
	do
		out_at[copies++] = s->now_ms + 1 + trip(s);
	while (copies < 2 && dice_percent(&s->dice, s->weather.duplicates));
	return copies;
}

void
sim_address(unsigned number, union address *out)
{
	memset(out, 0, sizeof *out);
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons(PORT);
	out->v4.sin_addr.s_addr = htonl(0x0a000001u + number);
}

struct sim_node *
sim_by_address(struct sim *s, const union address *a)
{
	uint32_t number = ntohl(a->v4.sin_addr.s_addr) - 0x0a000001u;

	return a->any.sa_family == AF_INET && number < s->count ? s->nodes[number] : NULL;
}

/* --- the world of a node --- */

int64_t
sim_true_ms(const struct sim *s)
{
	return EPOCH_MS + s->now_ms;
}

static int64_t
node_now(void *self)
{
	struct sim_node *n = self;

	return sim_true_ms(n->sim) + n->offset_ms;
}

static int64_t
node_ticks(void *self)
{
	return ((struct sim_node *)self)->sim->now_ms;
}

static void
node_random(void *self, void *out, size_t len)
{
	struct sim_node *n = self;
	uint8_t *p = out;

	while (len--)
		*p++ = (uint8_t)dice_roll(&n->dice);
}

/* --- workers: they come home after a while, not always in the order in which they went --- */

struct job {
	void (*work)(void *arg);
	void (*after)(void *arg);
	void *arg;
};

static void
job_home(struct sim_node *n, void *data)
{
	struct job *j = data;

	(void)n;
	j->work(j->arg);
	j->after(j->arg);
}

static void
queue_work(void *self, void (*work)(void *arg), void (*after)(void *arg), void *arg)
{
	struct sim_node *n = self;
	struct job *j = need_alloc(sizeof *j);

	*j = (struct job){ work, after, arg };
	sim_at(n->sim, n->sim->now_ms + 1 + dice_below(&n->dice, 20), n, job_home, j);
}

/* --- starting and stopping --- */

static const char *const class_words[] = { "cso", "institution", "observer" };

struct sim_node *
sim_add(struct sim *s, enum member_class class, bool protected_org)
{
	struct sim_node *n = need_zeroed(1, sizeof *n);
	static const char territories[][3] = { "AL", "BA", "ME", "MK", "RS", "XK" };
	uint8_t seed[CRYPTO_SEED] = { 'o', 'r', 'g', (uint8_t)(s->count + 1) };
	union address at;

	n->sim = s;
	n->number = s->count;
	n->class = class;
	n->dice = s->seed * 31 + s->count;
	n->world = (struct world){ n, node_now, node_ticks, node_random };
	n->tick_at = n->timer_at = INT64_MAX;
	snprintf(n->dir, sizeof n->dir, "%s/%u", s->dir, n->number);
	mkdir(n->dir, 0700);
	snprintf(n->home.dir, sizeof n->home.dir, "%s", n->dir);
	config_defaults(&n->home.config);
	snprintf(n->home.config.name, sizeof n->home.config.name, "%s %u", class_words[class], n->number);
	strcpy(n->home.config.territory, territories[dice_below(&s->dice, 6)]);
	strcpy(n->home.config.language, "en");
	n->home.config.protected_org = protected_org;
	n->home.config.visit_minutes = 1 + dice_below(&s->dice, 4);
	sim_address(n->number, &at);
	address_format(&at, n->home.config.listen);
	sign_key_from_seed(seed, &n->home.organisation);
	seed[0] = 'm';
	sign_key_from_seed(seed, &n->home.machine);
	n->home.identity = sim_identity(n->number);
	s->nodes[s->count++] = n;
	return n;
}

bool
sim_start(struct sim_node *n)
{
	static const struct store_options small = { .map_bytes = 48 << 20, .reserve_bytes = 64 << 10 };
	struct dtls_options o = { .accept = !n->home.config.protected_org };
	struct dtls_events ev = peer_events;
	struct err e = { 0 };
	char text[512];

	n->node = (struct node){ .home = &n->home, .world = &n->world, .ops = { n, queue_work, NULL },
		.above = &service_above,		.store_options = &small };
	sim_address(n->number, &o.listen);
	ev.self = &n->node;
	if (node_open(&n->node, &e) || dtls_open(&o, n->home.identity, &n->world, &ev, &n->node.dtls, &e) ||
	    (node_self(&n->node) && node_self(&n->node)->state == MEMBER_ACTIVE && node_announce(&n->node, &e))) {
		sim_fail(n->sim, "node %u does not start: %s", n->number, err_text(&e, text, sizeof text));
		return false;
	}
	n->up = true;
	n->tick_at = n->sim->now_ms + 50;
	return true;
}

void
sim_stop(struct sim_node *n, enum sim_stop how)
{
	struct sim *s = n->sim;

	if (!n->up)
		return;
	/* Workers come home before what they work on goes away; what they bring may send others out. */
	while (intake_pending(n->node.intake))
		for (size_t i = 0; i < s->len; i++)
			if (s->heap[i]->node == n && s->heap[i]->fn == job_home) {
				struct job *j = s->heap[i]->data;

				s->heap[i]->data = NULL;
				s->heap[i]->node = NULL;
				job_home(n, j);
				free(j);
			}
	n->up = false;
	if (how == STOP_CLEAN)
		dtls_close(n->node.dtls);
	else
		dtls_sim_crash(n->node.dtls);
	n->node.dtls = NULL;
	node_close(&n->node);
	service_close(&n->node);
	n->tick_at = n->timer_at = INT64_MAX;
}

void
sim_open(struct sim *s, uint64_t seed)
{
	*s = (struct sim){ .seed = seed, .dice = seed ^ 0x5eed, .now_ms = 1000000 };
	snprintf(s->dir, sizeof s->dir, "%s/kilim-sim-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(s->dir) == NULL)
		sim_fail(s, "no directory %s", s->dir);
}

void
sim_close(struct sim *s)
{
	char command[128];

	for (unsigned i = 0; i < s->count; i++) {
		struct sim_node *n = s->nodes[i];

		sim_stop(n, STOP_CRASH);
		dtls_identity_free(n->home.identity);
	}
	while (s->len) {
		struct event *e = pop(s);

		if (e->node)
			e->fn(e->node, e->data); /* nobody is up: what it carried is freed */
		free(e->data);
		free(e);
	}
	for (unsigned i = 0; i < s->count; i++) {
		buf_free(&s->nodes[i]->erasures);
		free(s->nodes[i]);
	}
	free(s->heap);
	buf_free(&s->erased);
	snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
	if (system(command) != 0)
		perror(s->dir);
}

/* --- founding, as the control socket does it --- */

void
sim_found(struct sim_node *n)
{
	struct id network, *self = &n->home.organisation.public_key;
	struct buf body = { 0 }, none = { 0 };
	char key[ID_TEXT], json[512];
	struct err e = { 0 };
	cJSON *o;

	snprintf(json, sizeof json, "{\"name\":{\"en\":\"Simulated\"},\"coordinators\":[{\"key\":\"%s\",\"name\":\"%s\","
	    "\"territory\":\"%s\",\"class\":\"cso\"}],\"admit\":1}", id_format(ID_ORGANISATION, self, key),
	    n->home.config.name, n->home.config.territory);
	o = cJSON_Parse(json);
	if (body_from_json(kind_find(KIND_CHARTER), self, o, NULL, &body, &none, &e) ||
	    records_found(n->node.records, &n->home.organisation, buf_bytes(&body), &network, &e))
		sim_fail(n->sim, "founding: %s", e.reason);
	n->node.membership_moved = true;
	node_settle(&n->node);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

/* --- time --- */

/* When the exchanges of N want their timers, as the loop computes it before it sleeps. */
static void
rearm(struct sim_node *n)
{
	int64_t wait = INT64_MAX;

	n->timer_at = INT64_MAX;
	for (struct peer *p = n->up ? n->node.peers : NULL; p; p = p->next) {
		int64_t w = exchange_wait_ms(p->exchange);

		if (w >= 0 && w < wait)
			wait = w;
	}
	if (wait < INT64_MAX)
		n->timer_at = n->sim->now_ms + wait;
}

static void
run_timers(struct sim_node *n)
{
	for (struct peer *p = n->node.peers, *next; p; p = next) {
		next = p->next;
		exchange_timer(p->exchange);
	}
}

static void
run_tick(struct sim_node *n)
{
	n->tick_at += TICK_MS;
	node_tick(&n->node);
	dtls_sim_tick(n->node.dtls);
}

static struct sim_node *
next_node(struct sim *s, int64_t *out_at)
{
	struct sim_node *found = NULL;

	*out_at = INT64_MAX;
	for (unsigned i = 0; i < s->count; i++) {
		struct sim_node *n = s->nodes[i];
		int64_t at = n->tick_at < n->timer_at ? n->tick_at : n->timer_at;

		if (at < *out_at) {
			*out_at = at;
			found = n;
		}
	}
	return found;
}

void
sim_run(struct sim *s, int64_t ms)
{
	int64_t until = s->now_ms + ms;

	while (!s->failed[0]) {
		int64_t at;
		struct sim_node *n = next_node(s, &at);

		if (s->len && s->heap[0]->at <= at) {
			struct event *e;

			if (s->heap[0]->at > until)
				break;
			e = pop(s);
			s->now_ms = e->at;
			n = e->node;
			if (n)
				e->fn(n, e->data);
			free(e->data);
			free(e);
		} else if (n == NULL || at > until) {
			break;
		} else {
			s->now_ms = at;
			if (n->timer_at <= at)
				run_timers(n);
			else
				run_tick(n);
		}
		if (n)
			rearm(n);
	}
	s->now_ms = until;
}
