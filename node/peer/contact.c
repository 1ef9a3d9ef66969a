#include "node/peer/contact.h"

#include "node/base/log.h"
#include "node/peer/choice.h"
#include "node/peer/intake.h"
#include "node/peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS (3600LL * 1000)
#define BAN_MOST_HOURS 24

static bool
pin_fits(const struct contact *c, const struct id *node)
{
	return c->has_pin && memcmp(c->pin, node->b, sizeof(c->pin)) == 0;
}

struct contact *
contact_by_node(struct node *n, const struct id *id)
{
	for (struct contact *c = n->contacts; c; c = c->next)
		if (id_equal(&c->node, id) || (id_is_zero(&c->node) && pin_fits(c, id)))
			return c;
	return NULL;
}

struct contact *
contact_add(struct node *n, const union address *a, const struct id *id, const uint8_t pin[10],
    enum contact_source source)
{
	struct contact *c = id ? contact_by_node(n, id) : NULL;

	for (struct contact *at = n->contacts; c == NULL && pin && at; at = at->next)
		if (!id_is_zero(&at->node) && memcmp(at->node.b, pin, sizeof(at->pin)) == 0)
			c = at; /* met before: a second contact would dial against the first */
	for (struct contact *at = n->contacts; c == NULL && a && at; at = at->next)
		if (at->has_address && address_equal(&at->address, a) && id_is_zero(&at->node))
			c = at;
	if (c == NULL) {
		c = need_zeroed(1, sizeof(*c));
		c->source = source;
		c->next = n->contacts;
		n->contacts = c;
	}
	if (id)
		c->node = *id;
	if (pin) {
		c->has_pin = true;
		memcpy(c->pin, pin, sizeof(c->pin));
	}
	if (a && (source != CONTACT_REACH || !c->has_address || c->source == CONTACT_REACH ||
	    c->source == CONTACT_CAME)) {
		c->address = *a;
		c->has_address = true;
	}
	if (source == CONTACT_CONFIG || source == CONTACT_INVITER || c->source == CONTACT_CAME)
		c->source = source == CONTACT_CAME ? c->source : source;
	return c;
}

void
contacts_configure(struct node *n)
{
	const struct config *cf = &n->home->config;

	for (size_t i = 0; i < cf->peer_count; i++) {
		union address a;
		struct id id;
		struct err e = { 0 };
		bool named = cf->peers[i].node[0] &&
		    id_parse(ID_NODE, cf->peers[i].node, "network.peer", &id, &e) == ERR_OK;

		if (address_parse(cf->peers[i].address, false, &a, &e) == ERR_OK)
			contact_add(n, &a, named ? &id : NULL, NULL, CONTACT_CONFIG);
	}
}

/* Named to us by a person: by config or by an invitation code. */
bool
contact_is_named(const struct contact *c)
{
	return c->source == CONTACT_CONFIG || c->source == CONTACT_INVITER;
}

/*
 * Three signatures, or twenty other breaches, within an hour, in one session or in many, and it is not heard for an
 * hour, then two, up to a day (proto/records.md "Blame"). Its session ends at the next tick: we may be deep in one of
 * its callbacks.
 */
void
contact_blame(struct node *n, struct contact *c, size_t points)
{
	int64_t tick = world_tick_ms(n->world), hours = 1;

	if (c->blamed == 0 || tick - c->blamed_from_ms > HOUR_MS) {
		c->blamed = 0;
		c->blamed_from_ms = tick;
	}
	c->blamed += points;
	contact_did(n, c, REPUTATION_BLAMED, points);
	if (c->blamed < BLAME_FULL || c->banned_until_ms > tick)
		return;
	for (unsigned i = 0; i < c->bans && hours < BAN_MOST_HOURS; i++)
		hours *= 2;
	if (hours > BAN_MOST_HOURS)
		hours = BAN_MOST_HOURS;
	c->bans++;
	c->blamed = 0;
	c->banned_until_ms = tick + hours * HOUR_MS;
	snprintf(c->why, sizeof(c->why), "it sent what breaks the rules; not heard for %lld hour%s",
	    (long long)hours, hours == 1 ? "" : "s");
	log_event(LOG_WARN, "peer.banned", "peer=%02x%02x hours=%lld", c->node.b[0], c->node.b[1],
	    (long long)hours);
}

bool
contact_is_banned(const struct node *n, const struct contact *c)
{
	return c && c->banned_until_ms > world_tick_ms(n->world);
}

bool
contact_may_dial(const struct node *n, const struct contact *c)
{
	if (!c->has_address || contact_is_banned(n, c) || (!node_in_network(n) && c->source != CONTACT_INVITER))
		return false;
	return contact_is_named(c) || !n->home->config.protected_org;
}

void
contact_did(struct node *n, struct contact *c, enum reputation_deed deed, uint64_t count)
{
	reputation_add(&c->reputation, deed, count, world_tick_ms(n->world));
}

static struct candidate
candidate_of(const struct node *n, struct contact *c, int64_t tick)
{
	const struct peer *p = c->peer;
	struct candidate out = { .named = contact_is_named(c), .score = reputation_score(&c->reputation, tick) +
	    (c->keeps_all && c->has_address ? HUB_SCORE : 0) };

	if (p) {
		c->reputation.round_ms = exchange_counts(p->exchange)->srtt_ms;
		out.link = session_dialled(p->session) ? CHOICE_DIALLED : CHOICE_CAME;
		out.idle = p->visit == NULL && p->fetching == 0;
		out.age_ms = tick - session_counts(p->session)->opened_ms;
	} else if (c->dialling) {
		out.link = CHOICE_DIALLED;
	}
	out.ready = !p && !c->dialling && c->next_dial_ms <= tick && contact_may_dial(n, c);
	return out;
}

/* All contacts as candidates, and the contacts beside them; both to be freed. */
static size_t
candidates(struct node *n, int64_t tick, struct candidate **out, struct contact ***out_contacts)
{
	size_t count = 0;

	for (struct contact *c = n->contacts; c; c = c->next)
		count++;
	*out = need_zeroed(count + 1, sizeof(**out));
	*out_contacts = need_zeroed(count + 1, sizeof(**out_contacts));
	count = 0;
	for (struct contact *c = n->contacts; c; c = c->next) {
		(*out)[count] = candidate_of(n, c, tick);
		(*out_contacts)[count++] = c;
	}
	return count;
}

static void
dial(struct node *n, struct contact *c, int64_t tick)
{
	struct err e = { 0 };

	c->dialling = true;
	c->next_dial_ms = tick + DIAL_FIRST_MS;
	if (dtls_dial(n->dtls, &c->address, id_is_zero(&c->node) ? NULL : &c->node, c, &e)) {
		c->dialling = false;
		c->next_dial_ms = tick + DIAL_MOST_MS;
		snprintf(c->why, sizeof(c->why), "%.150s", e.reason);
	}
}

/* Is it time to mix? The first time not before half of MIX_MS. */
static bool
mixes(struct node *n, uint64_t *dice, int64_t tick)
{
	bool due = n->next_mix_ms && tick >= n->next_mix_ms;

	if (due || n->next_mix_ms == 0)
		n->next_mix_ms = tick + MIX_MS / 2 + (int64_t)(choice_dice(dice) % MIX_MS);
	return due;
}

void
contacts_dial(struct node *n, int64_t tick)
{
	struct candidate *all;
	struct contact **contacts;
	size_t count = candidates(n, tick, &all, &contacts), chosen;
	size_t *out = need_alloc((count + 1) * sizeof(*out));
	uint64_t dice;

	world_random(n->world, &dice, sizeof(dice));
	chosen = choice_dial(all, count, mixes(n, &dice, tick), &dice, out);
	for (size_t i = 0; i < chosen; i++)
		dial(n, contacts[out[i]], tick);
	free(out);
	free(all);
	free(contacts);
}

struct peer *
contacts_leave(struct node *n, int64_t tick)
{
	struct candidate *all;
	struct contact **contacts;
	size_t count = candidates(n, tick, &all, &contacts), at = choice_leave(all, count);
	struct contact *c = at < count ? contacts[at] : NULL;

	free(all);
	free(contacts);
	if (c == NULL)
		return NULL;
	c->next_dial_ms = tick + DIAL_LEFT_MS;
	return c->peer;
}

void
contacts_free(struct node *n)
{
	while (n->contacts) {
		struct contact *c = n->contacts;

		n->contacts = c->next;
		free(c);
	}
}

const char *
contact_state(const struct contact *c, int64_t tick_ms)
{
	if (c->peer)
		return c->peer->visit ? "syncing" : "connected";
	if (c->banned_until_ms > tick_ms)
		return "banned";
	if (c->dialling)
		return "connecting";
	if (!c->has_address)
		return "away";
	return c->failures ? "unreachable" : "waiting";
}

void
contacts_membership(struct node *n)
{
	const struct membership *m = records_membership(n->records);
	size_t count = m ? membership_node_count(m) : 0;

	/* What was refused may belong here now: no difference counts as settled any more. */
	for (struct contact *c = n->contacts; c; c = c->next)
		c->memory.count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct member_node *mn = membership_node_at(m, i);
		const char *texts[LIMIT_ADDRESSES];
		union address a;
		struct contact *c;

		if (id_equal(&mn->node, dtls_identity_node(n->home->identity)) ||
		    membership_reach(m, &mn->node, texts, LIMIT_ADDRESSES) == 0 ||
		    address_parse(texts[0], false, &a, NULL))
			continue;
		c = contact_add(n, &a, &mn->node, NULL, CONTACT_REACH);
		c->organisation = mn->organisation;
	}
}

int64_t
contact_heard_ms(const struct node *n, const struct contact *c)
{
	if (c->peer == NULL)
		return c->last_contact_ms;
	return world_now_ms(n->world) - (world_tick_ms(n->world) - session_counts(c->peer->session)->heard_ms);
}
