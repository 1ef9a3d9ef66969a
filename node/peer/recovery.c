#include "node/peer/recovery.h"

#include "node/base/log.h"
#include "node/peer/peer.h"
#include "node/peer/visiting.h"

#define ASK_MS 5000
/* How long a second node is waited for once one has answered. */
#define SECOND_MS (10 * 60 * 1000)

enum recovery_state
recovery_judge(const struct recovery_mark *store, const struct recovery_mark *twin, bool holds)
{
	if (!holds)
		return RECOVERY_FRESH;
	if (twin->incarnation == 0 || twin->incarnation != store->incarnation || store->boot < twin->boot)
		return RECOVERY_NEEDED;
	return RECOVERY_NONE;
}

/* --- the twin --- */

static enum err_code
mark(struct node *n, struct err *e)
{
	uint64_t ours = records_boot(n->records), boot = (ours > n->home->boot ? ours : n->home->boot) + 1;
	uint64_t incarnation = records_incarnation(n->records);
	enum err_code rc;

	n->recovery.marked_authored = records_counts(n->records)->authored;
	if ((rc = records_set_boot(n->records, boot, e)) || (rc = home_save_machine(n->home, incarnation, boot, e)))
		return rc;
	n->home->machine_incarnation = incarnation;
	n->home->boot = boot;
	return ERR_OK;
}

static void
mark_or_say(struct node *n)
{
	struct err e = { 0 };
	char text[512];

	if (mark(n, &e))
		log_event(LOG_WARN, "node.twin", "why=\"%s\"", err_text(&e, text, sizeof(text)));
}

/* A store that cannot be written is still read: its twin stays as it is, as the store does. */
static enum err_code
mark_first(struct node *n, struct err *e)
{
	enum err_code rc = mark(n, e);

	n->recovery.watched = true;
	return rc == ERR_STORE ? ERR_OK : rc;
}

static void
hold(struct node *n, const char *why)
{
	n->recovery = (struct recovery){ .going = true, .watched = true };
	records_hold(n->records, true);
	log_event(LOG_WARN, "node.recovering", "text=\"the store is %s; nothing is signed or served until another node "
	    "has given what it lacks; kilimd --alone goes on without\"", why);
}

enum err_code
recovery_open(struct node *n, bool alone, struct err *e)
{
	struct recovery_mark store = { records_incarnation(n->records), records_boot(n->records) };
	struct recovery_mark twin = { n->home->machine_incarnation, n->home->boot };
	bool holds = node_in_network(n) || records_arrival(n->records) > 0;
	enum err_code rc;

	if (recovery_judge(&store, &twin, holds) != RECOVERY_NEEDED)
		return mark_first(n, e);
	if ((rc = records_renew(n->records, e)))
		return rc;
	if (alone) {
		log_event(LOG_WARN, "node.alone", "text=\"the store is an old copy or its twin is missing, and no other node "
		    "is asked: what was signed since is lost where no other node has it\"");
		return mark_first(n, e);
	}
	hold(n, twin.incarnation ? "older than the file machine says" : "there, but the file machine is not");
	return ERR_OK;
}

void
recovery_begin(struct node *n, const char *why)
{
	struct err e = { 0 };
	char text[512];

	if (n->recovery.going)
		return;
	if (records_renew(n->records, &e))
		log_event(LOG_WARN, "node.recovering", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	else
		hold(n, why);
}

void
recovery_close(struct node *n)
{
	if (n->recovery.watched && !n->recovery.going)
		mark_or_say(n);
}

/* --- recovering --- */

/* Is there any node but the first that might answer yet? */
static bool
others_known(const struct node *n)
{
	for (const struct contact *c = n->contacts; c; c = c->next)
		if (!id_equal(&c->node, &n->recovery.first) && (c->peer || c->has_address))
			return true;
	return false;
}

static bool
is_enough(const struct node *n, int64_t tick)
{
	const struct recovery *r = &n->recovery;

	return r->answered > 1 || (r->answered == 1 && (tick - r->first_ms >= SECOND_MS || !others_known(n)));
}

/* Own records that came in have lifted the stamp clock: what is signed from now on stands above them. */
static void
finish(struct node *n)
{
	n->recovery.going = false;
	records_hold(n->records, false);
	mark_or_say(n);
	log_event(LOG_WARN, "node.recovered", "nodes=%u", n->recovery.answered);
	n->membership_moved = true;
	node_settle(n);
	visiting_all(n);
}

/* Those who dialled us are visited too. */
static void
ask_all(struct node *n, int64_t tick)
{
	if (n->recovery.asked_ms && tick - n->recovery.asked_ms < ASK_MS)
		return;
	n->recovery.asked_ms = tick;
	for (struct peer *p = n->peers; p; p = p->next)
		if (!p->visit && !(n->recovery.answered && id_equal(session_node(p->session), &n->recovery.first)))
			visiting_want(p);
}

void
recovery_tick(struct node *n)
{
	int64_t tick = world_tick_ms(n->world);

	if (!n->recovery.going) {
		if (n->recovery.watched && records_counts(n->records)->authored != n->recovery.marked_authored)
			mark_or_say(n);
	} else if (is_enough(n, tick)) {
		finish(n);
	} else {
		ask_all(n, tick);
	}
}

/*
 * A visit that left something out does not count: it may have been ours. What was refused because something newer is held is
 * none of that, and as long as we serve nothing the other side cannot know better.
 */
static bool
was_whole(const struct visit_end *end)
{
	return end->equal || (!end->idle && end->behind <= end->outdated && end->refused == end->outdated);
}

void
recovery_visited(struct node *n, const struct peer *p, const struct visit_end *end)
{
	struct recovery *r = &n->recovery;
	const struct id *node = session_node(p->session);

	if (!r->going || end->code || !end->greeted || p->view.membership_only)
		return;
	if (!was_whole(end))
		return;
	if (r->answered && id_equal(node, &r->first))
		return;
	if (r->answered++ == 0) {
		r->first = *node;
		r->first_ms = world_tick_ms(n->world);
	}
	log_event(LOG_INFO, "node.recovering", "peer=%02x%02x nodes=%u", node->b[0], node->b[1], r->answered);
}
