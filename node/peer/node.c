#include "node/peer/node.h"

#include "node/base/log.h"
#include "node/peer/clocks.h"
#include "node/peer/fetch.h"
#include "node/peer/intake.h"
#include "node/peer/news.h"
#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <stdlib.h>
#include <string.h>

#define HEARD_KEY "heard"
#define KEEPALIVE_KEY "keepalive"

/* --- our own standing --- */

const struct member *
node_self(const struct node *n)
{
	const struct membership *m = records_membership(n->records);

	return m ? membership_find(m, &n->home->organisation.public_key) : NULL;
}

bool
node_in_network(const struct node *n)
{
	return !id_is_zero(records_network(n->records));
}

uint64_t
node_subscription(const struct node *n)
{
	return SUBSCRIBE_ALL & ~(uint64_t)n->left_out;
}

enum err_code
node_keeps(const struct node *n, const struct kind *k, struct err *e)
{
	enum collection c = (enum collection)(k->number >> 8);

	if (!(n->left_out >> c & 1))
		return ERR_OK;
	return err_set(e, ERR_MISSING, k->word, "keep",
	    "this node does not keep the collection \"%s\" (network.keep): ask one that does, with --at", collection_word(c));
}

/* --- opening --- */

/* What is nice to know after a restart, and no harm when it is not: when we were last heard, and how long silent. */
static void
load_habits(struct node *n)
{
	struct store_txn *t = store_read(n->store);
	struct bytes v;

	if (txn_get(t, STORE_META, bytes_text(HEARD_KEY), &v) && v.len == 8)
		n->last_heard_ms = (int64_t)get_u64(v.p);
	keepalive_init(&n->keepalive);
	if (txn_get(t, STORE_META, bytes_text(KEEPALIVE_KEY), &v))
		keepalive_read(&n->keepalive, v);
	txn_abort(&t);
}

static void
save_habits(struct node *n)
{
	struct store_txn *t = store_write(n->store);
	uint8_t heard[8], alive[KEEPALIVE_LEN];

	put_u64(heard, (uint64_t)n->last_heard_ms);
	keepalive_write(&n->keepalive, alive);
	txn_put(t, STORE_META, bytes_text(HEARD_KEY), BYTES_OF(heard));
	txn_put(t, STORE_META, bytes_text(KEEPALIVE_KEY), BYTES_OF(alive));
	(void)txn_commit(&t, NULL);
	n->keepalive.changed = false;
}

static void
note_change(void *self, const struct records_change *c)
{
	struct node *n = self;

	n->membership_moved |= c->membership;
}

enum err_code
node_open(struct node *n, struct err *e)
{
	struct records_options o = { .world = n->world, .self = n->home->organisation.public_key,
		.changed = note_change, .user = n };
	enum err_code rc;

	n->started_ms = world_tick_ms(n->world);
	if ((rc = store_open(n->home->dir, n->store_options, &n->store, e)))
		return rc;
	n->above->store(n, &o.follower);
	o.store = n->store;
	if ((rc = records_open(&o, &n->records, e)) ||
	    (rc = records_leave_out(n->records, n->home->config.left_out, &n->left_out, e)))
		return rc;
	load_habits(n);
	n->snapshots = need_zeroed(1, sizeof(*n->snapshots));
	n->intake = intake_new(n);
	n->fetch = fetch_new(n);
	contacts_configure(n);
	peers_membership(n);
	return recovery_open(n, n->alone, e);
}

void
node_close(struct node *n)
{
	if (n->store && n->last_heard_ms)
		save_habits(n);
	recovery_close(n);
	intake_free(n->intake);
	fetch_free(n->fetch);
	if (n->snapshots)
		snapshots_done(n->snapshots);
	free(n->snapshots);
	contacts_free(n);
	records_close(n->records);
	store_close(n->store);
}

/* --- change --- */

/* Charters come and go: what we voted is to count on. */
static void
carry_votes(struct node *n)
{
	struct err e = { 0 };
	char text[512];
	size_t count;

	if (records_carry(n->records, &n->home->organisation, &count, &e))
		log_event(LOG_ERROR, "member.carry", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	else if (count)
		log_event(LOG_INFO, "member.carry", "votes=%zu text=\"they named another charter than the current one, and are "
		    "signed anew\"", count);
}

void
node_settle(struct node *n)
{
	const struct membership *m;
	struct err e = { 0 };
	char text[512];

	/* What a refresh moves may move membership again (an own `node` that now counts): a few rounds settle it. */
	for (int round = 0; n->membership_moved && round < 4; round++) {
		n->membership_moved = false;
		if (records_refresh(n->records, &m, &e)) {
			log_event(LOG_ERROR, "member.refresh", "why=\"%s\"", err_text(&e, text, sizeof(text)));
			break;
		}
		peers_membership(n);
		n->above->membership(n);
		carry_votes(n);
		if (node_self(n) && node_self(n)->state == MEMBER_ACTIVE && node_announce(n, &e))
			log_event(LOG_WARN, "member.announce", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	}
	news_tell(n);
}

void
node_tick(struct node *n)
{
	struct err e = { 0 };
	char text[512];

	clocks_tick(n);
	if (records_now_ms(n->records) >= records_next_ms(n->records)) {
		if (records_sweep(n->records, &e))
			log_event(LOG_ERROR, "record.sweep", "why=\"%s\"", err_text(&e, text, sizeof(text)));
		n->membership_moved = true;
		node_settle(n);
	}
	n->above->tick(n);
	recovery_tick(n);
	peers_tick(n);
	if (n->keepalive.changed)
		save_habits(n);
}

enum err_code
node_author(struct node *n, const struct draft *drafts, size_t count, struct authored *out, struct err *e)
{
	enum err_code rc = records_author(n->records, &n->home->organisation, drafts, count, out, e);

	node_settle(n);
	return rc;
}

/* --- what we say of ourselves --- */

static struct bytes
id_bytes(const struct id *id)
{
	return (struct bytes){ id->b, ID_LEN };
}

void
node_node_body(struct node *n, const struct id *charter, struct buf *out)
{
	struct box_key box;

	box_key_from_seed(n->home->organisation.seed, &box);
	cbor_put_map(out, charter ? 3 : 2);
	cbor_put_uint(out, NODE_NODES);
	cbor_put_array(out, 1);
	cbor_put_map(out, 2);
	cbor_put_uint(out, NODE_ITEM_ID);
	cbor_put_bytes(out, id_bytes(dtls_identity_node(n->home->identity)));
	cbor_put_uint(out, NODE_ITEM_MACHINE);
	cbor_put_bytes(out, id_bytes(&n->home->machine.public_key));
	cbor_put_uint(out, NODE_BOX_KEY);
	cbor_put_bytes(out, BYTES_OF(box.public_key));
	wipe(&box, sizeof(box));
	if (charter) {
		cbor_put_uint(out, NODE_CHARTER);
		cbor_put_bytes(out, id_bytes(charter));
	}
}

static bool
is_wildcard(const union address *a)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;

	return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == 0 :
	    memcmp(&a->v6.sin6_addr, &any, sizeof(any)) == 0;
}

/* What is announced by hand, else the one address that we were told to listen on. */
void
node_reach_body(struct node *n, struct buf *out)
{
	const struct config *cf = &n->home->config;
	const union address *own = n->dtls ? dtls_address(n->dtls) : NULL;
	char text[ADDRESS_TEXT];
	size_t count = cf->announce_count;

	if (cf->protected_org || (count == 0 && (own == NULL || is_wildcard(own))))
		return;
	cbor_put_map(out, 2);
	cbor_put_uint(out, REACH_ADDRESSES);
	cbor_put_array(out, count ? count : 1);
	for (size_t i = 0; i < count; i++)
		cbor_put_text(out, bytes_text(cf->announce[i]));
	if (count == 0)
		cbor_put_text(out, bytes_text(address_format(own, text)));
	cbor_put_uint(out, REACH_NODE);
	cbor_put_bytes(out, id_bytes(dtls_identity_node(n->home->identity)));
}

/* Is the live record of KIND what BODY says? Then it is left alone: a new stamp would travel to everyone. */
static bool
says(struct node *n, uint32_t kind, const struct uuid *name, struct bytes body)
{
	struct store_txn *t = store_read(n->store);
	struct verified v;
	bool same = records_live(n->records, t, kind, &n->home->organisation.public_key, name, &v) &&
	    (v.record.state == RECORD_WITHDRAWN ? body.len == 0 : bytes_equal(v.record.body, body));

	txn_abort(&t);
	return same;
}

static bool
has(struct node *n, uint32_t kind, const struct uuid *name)
{
	struct store_txn *t = store_read(n->store);
	struct verified v;
	bool any = records_live(n->records, t, kind, &n->home->organisation.public_key, name, &v) &&
	    v.record.state == RECORD_LIVE;

	txn_abort(&t);
	return any;
}

enum err_code
node_announce(struct node *n, struct err *e)
{
	struct uuid zero = { { 0 } }, reach_name;
	const struct membership *m = records_membership(n->records);
	const struct charter *c = m ? membership_charter(m) : NULL;
	struct buf node_body = { 0 }, reach_body = { 0 };
	struct draft drafts[2];
	struct authored done[2];
	size_t count = 0;
	enum err_code rc = ERR_OK;

	if (n->recovery.going)
		return ERR_OK;
	memcpy(reach_name.b, dtls_identity_node(n->home->identity)->b, UUID_LEN);
	node_node_body(n, c ? &c->id : NULL, &node_body);
	node_reach_body(n, &reach_body);
	if (!says(n, KIND_NODE, &zero, buf_bytes(&node_body)))
		drafts[count++] = (struct draft){ .kind = KIND_NODE, .body = buf_bytes(&node_body) };
	if (n->dtls && reach_body.len && !says(n, KIND_REACH, &reach_name, buf_bytes(&reach_body)))
		drafts[count++] = (struct draft){ .kind = KIND_REACH, .name = reach_name,
			.body = buf_bytes(&reach_body) };
	else if (n->dtls && reach_body.len == 0 && has(n, KIND_REACH, &reach_name))
		drafts[count++] = (struct draft){ .kind = KIND_REACH, .name = reach_name, .state = RECORD_WITHDRAWN };
	if (count)
		rc = records_author(n->records, &n->home->organisation, drafts, count, done, e);
	buf_free(&node_body);
	buf_free(&reach_body);
	return rc;
}
