#include "node/daemon/loop.h"

#include "node/base/log.h"
#include "node/control/control.h"
#include "node/peer/intake.h"
#include "node/peer/peer.h"

#include <assert.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#define TICK_MS 1000
#define SPARE_BYTES (8u << 20)

enum { SIGNALS = 3 };

struct loop {
	uv_loop_t uv;
	uv_poll_t datagrams, control;
	uv_timer_t tick, timers;
	uv_prepare_t prepare;
	uv_signal_t signals[SIGNALS];
	struct node *node;
	bool stopping;
	int exit_code;
};

struct job {
	uv_work_t request;
	void (*work)(void *arg);
	void (*after)(void *arg);
	void *arg;
};

struct loop *
loop_new(void)
{
	struct loop *l = need_zeroed(1, sizeof(*l));
	int rc = uv_loop_init(&l->uv);

	assert(rc == 0);
	return l;
}

static void
close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	uv_walk(&l->uv, close_handle, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	free(l);
}

/* --- workers --- */

static void
job_work(uv_work_t *w)
{
	struct job *j = w->data;

	j->work(j->arg);
}

static void
job_after(uv_work_t *w, int status)
{
	struct job *j = w->data;

	(void)status; /* never cancelled: batches end in order */
	j->after(j->arg);
	free(j);
}

static void
queue_work(void *self, void (*work)(void *arg), void (*after)(void *arg), void *arg)
{
	struct loop *l = self;
	struct job *j = need_zeroed(1, sizeof(*j));

	*j = (struct job){ .work = work, .after = after, .arg = arg };
	j->request.data = j;
	uv_queue_work(&l->uv, &j->request, job_work, job_after);
}

static void
ask_kernel(void *self, struct clock_kernel *out)
{
	(void)self;
	clock_ask_kernel(out);
}

struct node_ops
loop_ops(struct loop *l)
{
	return (struct node_ops){ l, queue_work, ask_kernel };
}

/* --- events --- */

static void
on_datagrams(uv_poll_t *h, int status, int events)
{
	struct loop *l = h->data;

	(void)status;
	(void)events;
	dtls_readable(l->node->dtls);
}

static void
on_control(uv_poll_t *h, int status, int events)
{
	struct loop *l = h->data;

	(void)status;
	(void)events;
	control_run(l->node->control);
}

/* A large request leaves free memory behind that the allocator keeps: an old PC has better uses for it. */
static void
return_memory(void)
{
	if (mallinfo2().fordblks > SPARE_BYTES)
		malloc_trim(0);
}

/* What has arrived is read before any timer looks: after a long transaction an answer may lie there that would count
 * as late, and be asked for again. */
static void
on_tick(uv_timer_t *t)
{
	struct loop *l = t->data;

	dtls_readable(l->node->dtls);
	node_tick(l->node);
	return_memory();
}

static void
on_timers(uv_timer_t *t)
{
	struct loop *l = t->data;

	dtls_readable(l->node->dtls);
	dtls_timer(l->node->dtls);
	for (struct peer *p = l->node->peers, *next; p; p = next) {
		next = p->next;
		exchange_timer(p->exchange);
	}
	control_run(l->node->control);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Before the loop sleeps: send what has gathered, and wake when the first timer of any part runs out. */
static void
on_prepare(uv_prepare_t *p)
{
	struct loop *l = p->data;
	int64_t wait;

	dtls_flush(l->node->dtls);
	wait = sooner(dtls_wait_ms(l->node->dtls), control_wait_ms(l->node->control));
	for (struct peer *peer = l->node->peers; peer; peer = peer->next)
		wait = sooner(wait, exchange_wait_ms(peer->exchange));
	if (wait < 0 || wait > TICK_MS)
		uv_timer_stop(&l->timers);
	else
		uv_timer_start(&l->timers, on_timers, (uint64_t)wait, 0);
}

static void
reread(struct node *n)
{
	struct config fresh;
	struct err e = { 0 };
	char text[512];

	if (config_load(n->home->dir, &fresh, NULL, &e)) {
		log_event(LOG_ERROR, "config.refused", "why=\"%s\"", err_text(&e, text, sizeof(text)));
		return;
	}
	n->home->config = fresh;
	log_set_level((enum log_level)log_level_from(fresh.log_level));
	contacts_configure(n);
	log_event(LOG_INFO, "config.read", "restart_needed_for=listen,max_sessions,protected,keep");
}

static void
on_signal(uv_signal_t *h, int number)
{
	struct loop *l = h->data;

	if (number == SIGHUP) {
		reread(l->node);
		return;
	}
	if (l->stopping)
		_exit(130);
	l->stopping = true;
	log_event(LOG_INFO, "node.stopping", "signal=%d", number);
	uv_stop(&l->uv);
}

static void
poll_fd(struct loop *l, uv_poll_t *h, int fd, uv_poll_cb cb)
{
	int rc = uv_poll_init(&l->uv, h, fd);

	assert(rc == 0);
	h->data = l;
	uv_poll_start(h, UV_READABLE, cb);
}

int
loop_run(struct loop *l, struct node *n)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	l->node = n;
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&l->uv, &l->signals[i]);
		l->signals[i].data = l;
		uv_signal_start(&l->signals[i], on_signal, numbers[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	poll_fd(l, &l->datagrams, dtls_fd(n->dtls), on_datagrams);
	poll_fd(l, &l->control, control_fd(n->control), on_control);
	uv_timer_init(&l->uv, &l->tick);
	uv_timer_init(&l->uv, &l->timers);
	uv_prepare_init(&l->uv, &l->prepare);
	l->tick.data = l->timers.data = l->prepare.data = l;
	uv_timer_start(&l->tick, on_tick, 50, TICK_MS);
	uv_prepare_start(&l->prepare, on_prepare);
	uv_run(&l->uv, UV_RUN_DEFAULT);

	uv_poll_stop(&l->datagrams);
	uv_poll_stop(&l->control);
	uv_timer_stop(&l->tick);
	uv_timer_stop(&l->timers);
	uv_prepare_stop(&l->prepare);
	/* Workers come home before what they work on goes away. */
	while (intake_pending(n->intake))
		uv_run(&l->uv, UV_RUN_ONCE);
	return l->exit_code;
}
