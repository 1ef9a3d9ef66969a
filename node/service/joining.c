#include "node/service/joining.h"

#include "node/base/log.h"
#include "node/service/api.h"
#include "node/service/invites.h"
#include "node/service/peer.h"
#include "node/service/votes.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_KEY "join"
#define JOIN_FIELDS 4
#define MAX_WAITERS 8

/* How often a guest asks: while somebody sits before the screen, then like a letter box. */
static const struct {
	int64_t until_ms, every_ms;
} patience[] = { { 5 * 60 * 1000, 3000 }, { 60 * 60 * 1000, 30 * 1000 }, { INT64_MAX, 15 * 60 * 1000 } };

/* The guest's one attempt. */
struct attempt {
	bool active;                    /* there is a code */
	bool done;                      /* we are in; the inviter stays a contact */
	struct invite code;
	struct contact *contact;
	struct id inviter;              /* its node, once it has answered */
	bool has_words;
	struct words words;
	enum join_state state;
	bool refused_for_good;
	struct id network;
	char reason[320];
	bool asking;                    /* a question is on its way */
	bool records_sent;
	int64_t began_ms, next_ms;      /* tick */
	uint64_t waiters[MAX_WAITERS];  /* control calls that want to know */
	size_t waiter_count;
};

struct joining {
	struct node *node;
	struct invite_row *invites;
	struct attempt attempt;
};

static void save_attempt(struct node *n);
static void load_attempt(struct node *n);
static void adopt_contact(struct node *n);

struct joining *
joining_new(struct node *n)
{
	struct joining *j = need_zeroed(1, sizeof(*j));

	j->node = n;
	n->joining = j;
	j->invites = invites_load(n->store);
	load_attempt(n);
	return j;
}

void
joining_free(struct joining *j)
{
	if (j == NULL)
		return;
	invites_free(j->invites);
	wipe(j, sizeof(*j));
	free(j);
}

/* === the inviter === */

static bool
usable_interface(const struct ifaddrs *i)
{
	if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK)
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		return true;
	return i->ifa_addr->sa_family == AF_INET6 &&
	    !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr);
}

/* Announced by hand, else the one we listen on, else the first address of this computer that is not its own. */
static bool
own_address(const struct node *n, union address *out)
{
	const struct config *cf = &n->home->config;
	uint16_t port = dtls_address(n->dtls)->v4.sin_port;
	struct ifaddrs *all, *i;
	bool found = false;

	if (cf->announce_count)
		return address_parse(cf->announce[0], false, out, NULL) == ERR_OK;
	*out = *dtls_address(n->dtls);
	if (out->any.sa_family == AF_INET ? out->v4.sin_addr.s_addr != 0 :
	    !IN6_IS_ADDR_UNSPECIFIED(&out->v6.sin6_addr))
		return true;
	if (getifaddrs(&all))
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		if (!usable_interface(i))
			continue;
		found = true;
		memset(out, 0, sizeof(*out));
		memcpy(out, i->ifa_addr, i->ifa_addr->sa_family == AF_INET ? sizeof(out->v4) : sizeof(out->v6));
		out->v4.sin_port = port;
	}
	freeifaddrs(all);
	return found;
}

static void
code_address(const union address *a, struct invite *out)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const uint8_t *v6 = a->v6.sin6_addr.s6_addr;

	out->port = ntohs(a->v4.sin_port);
	if (a->any.sa_family == AF_INET) {
		memcpy(out->ip, &a->v4.sin_addr, 4);
	} else if (memcmp(v6, mapped, sizeof(mapped)) == 0) {
		memcpy(out->ip, v6 + 12, 4);
	} else {
		out->v6 = true;
		memcpy(out->ip, v6, 16);
	}
}

static void
address_of_code(const struct invite *i, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (i->v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(i->port);
		memcpy(&out->v6.sin6_addr, i->ip, 16);
	} else {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(i->port);
		memcpy(&out->v4.sin_addr, i->ip, 4);
	}
}

static enum err_code
may_invite(struct node *n, union address *out_address, struct err *e)
{
	const struct member *self = node_self(n);
	size_t open = 0;

	if (!node_in_network(n))
		return err_set(e, ERR_MISSING, "invite", "network",
		    "this node is in no network yet; begin with: kilim network create NAME");
	if (self == NULL || self->state != MEMBER_ACTIVE || !self->coordinator)
		return err_set(e, ERR_DENIED, "invite", "coordinator", "only a coordinator can invite");
	if (n->home->config.protected_org)
		return err_set(e, ERR_DENIED, "invite", "protected",
		    "a protected organisation accepts no connections, so nobody could answer its invitation");
	for (const struct invite_row *r = n->joining->invites; r; r = r->next)
		open += invite_is_open(r, world_now_ms(n->world));
	if (open >= LIMIT_INVITES)
		return err_set(e, ERR_LIMIT, "invite", "open", "%d invitations are open already", LIMIT_INVITES);
	if (!own_address(n, out_address))
		return err_set(e, ERR_MISSING, "invite", "address",
		    "no address of this computer is known; set network.announce in kilim.conf");
	return ERR_OK;
}

static void
id_hex(const uint8_t *p, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
}

enum err_code
joining_invite(struct node *n, const struct invite_options *o, cJSON **out, struct err *e)
{
	struct invite code = { 0 };
	union address a;
	struct invite_row *r;
	char text[INVITE_TEXT], hex[2 * INVITE_ID + 1];
	enum err_code rc = may_invite(n, &a, e);

	if (rc)
		return rc;
	code_address(&a, &code);
	memcpy(code.node, dtls_identity_node(n->home->identity)->b, INVITE_NODE);
	world_random(n->world, code.secret, sizeof(code.secret));
	r = need_zeroed(1, sizeof(*r));
	memcpy(r->secret, code.secret, sizeof(r->secret));
	invite_id(r->secret, r->id);
	snprintf(r->name, sizeof(r->name), "%s", o->name);
	r->territory = o->territory;
	r->member_class = o->member_class;
	r->automatic = o->automatic;
	r->expires_ms = world_now_ms(n->world) + (int64_t)(o->days ? o->days : LIMIT_INVITE_DAYS) * DAY_MS;
	if ((rc = invite_save(n->store, r, e))) {
		invites_free(r);
		return rc;
	}
	r->next = n->joining->invites;
	n->joining->invites = r;
	*out = cJSON_CreateObject();
	cJSON_AddStringToObject(*out, "code", invite_code_make(&code, text));
	json_time(*out, "expires", r->expires_ms);
	id_hex(r->id, INVITE_ID, hex);
	cJSON_AddStringToObject(*out, "id", hex);
	wipe(&code, sizeof(code));
	wipe(text, sizeof(text));
	log_event(LOG_INFO, "invite.made", "id=%s auto=%d", hex, r->automatic);
	return ERR_OK;
}

static void
add_words(cJSON *o, const struct words *w)
{
	cJSON *latin = cJSON_AddArrayToObject(o, "words"), *cyrillic = cJSON_AddArrayToObject(o, "words_cyrillic");

	for (int i = 0; i < WORDS; i++) {
		cJSON_AddItemToArray(latin, cJSON_CreateString(w->latin[i]));
		cJSON_AddItemToArray(cyrillic, cJSON_CreateString(w->cyrillic[i]));
	}
	cJSON_AddStringToObject(o, "digits", w->digits);
}

static cJSON *
invite_json(const struct node *n, const struct invite_row *r)
{
	cJSON *o = cJSON_CreateObject(), *guest;
	char hex[2 * INVITE_ID + 1];
	struct words w;
	bool late = r->state == INVITE_OPEN && !invite_is_open(r, world_now_ms(n->world));

	id_hex(r->id, INVITE_ID, hex);
	cJSON_AddStringToObject(o, "id", hex);
	cJSON_AddStringToObject(o, "name", r->name);
	json_territory(o, "territory", r->territory);
	cJSON_AddStringToObject(o, "class", member_class_word(r->member_class));
	cJSON_AddBoolToObject(o, "auto", r->automatic);
	json_time(o, "expires", r->expires_ms);
	cJSON_AddStringToObject(o, "state", late ? "expired" : invite_state_word(r->state));
	if (id_is_zero(&r->guest_node))
		return o;
	invite_words(r, dtls_identity_node(n->home->identity), &w);
	add_words(o, &w);
	guest = cJSON_AddObjectToObject(o, "joiner");
	json_id(guest, "id", ID_ORGANISATION, &r->guest);
	cJSON_AddStringToObject(guest, "name", r->guest_name);
	json_territory(guest, "territory", r->guest_territory);
	return o;
}

cJSON *
joining_list(struct node *n)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct invite_row *r = n->joining->invites; r; r = r->next)
		cJSON_AddItemToArray(list, invite_json(n, r));
	return list;
}

enum err_code
joining_revoke(struct node *n, const char *key, struct err *e)
{
	struct invite_row *found = NULL;

	for (struct invite_row *r = n->joining->invites; r; r = r->next) {
		char hex[2 * INVITE_ID + 1];

		id_hex(r->id, INVITE_ID, hex);
		if (!invite_is_open(r, world_now_ms(n->world)) ||
		    (strcmp(r->name, key) != 0 && (strlen(key) < 4 || strncmp(hex, key, strlen(key)) != 0)))
			continue;
		if (found)
			return err_set(e, ERR_CONFLICT, key, "invite", "several open invitations fit; give the id");
		found = r;
	}
	if (found == NULL)
		return err_set(e, ERR_MISSING, key, "invite", "no open invitation has this id or name");
	found->state = INVITE_CLOSED;
	return invite_save(n->store, found, e);
}

/* The guest's own records come in with the admission, or as soon as it is complete. */
static void
take_records(struct node *n, struct invite_row *r)
{
	struct admission items[2] = { { .signature_ok = false } };
	struct unverified u;
	struct err e = { 0 };
	size_t count = 0;
	char text[512];

	if (r->node.len == 0 || membership_state(records_membership(n->records), &r->guest) != MEMBER_ACTIVE)
		return;
	items[count++].envelope = buf_bytes(&r->node);
	if (r->reach.len)
		items[count++].envelope = buf_bytes(&r->reach);
	for (size_t i = 0; i < count; i++)
		items[i].signature_ok =
		    envelope_read(items[i].envelope, records_network(n->records), &crypto_envelope, &u, NULL) == ERR_OK &&
		    records_signature_ok(records_network(n->records), &u);
	if (records_admit(n->records, items, count, &e)) {
		log_event(LOG_ERROR, "invite.records", "why=\"%s\"", err_text(&e, text, sizeof(text)));
		return;
	}
	buf_free(&r->node);
	buf_free(&r->reach);
	r->state = INVITE_USED;
	if (invite_save(n->store, r, &e))
		log_event(LOG_ERROR, "invite.save", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	log_event(LOG_INFO, "invite.used", "organisation=%02x%02x", r->guest.b[0], r->guest.b[1]);
}

static enum err_code
admit_guest(struct node *n, struct invite_row *r, struct err *e)
{
	char territory[3] = { (char)(r->guest_territory >> 8), (char)r->guest_territory, 0 };
	struct vote v = { .subject = r->guest, .name = r->guest_name, .territory = territory,
		.member_class = member_class_word(r->member_class) };
	struct authored done;
	enum err_code rc;

	/* The state first: should the vote be signed and we stop, the records are still taken at the next start. */
	r->state = INVITE_ACCEPTED;
	if ((rc = invite_save(n->store, r, e)) || (rc = vote_admission(n, &v, &done, e))) {
		r->state = INVITE_ASKING;
		return rc;
	}
	take_records(n, r);
	node_settle(n);
	return ERR_OK;
}

enum err_code
joining_accept(struct node *n, const char *words, bool accept, cJSON **out, struct err *e)
{
	struct invite_row *found = NULL;
	struct words w = { 0 };
	enum err_code rc = ERR_OK;

	for (struct invite_row *r = n->joining->invites; r && found == NULL; r = r->next) {
		if (r->state != INVITE_ASKING)
			continue;
		invite_words(r, dtls_identity_node(n->home->identity), &w);
		if (words_match(words, &w))
			found = r;
	}
	if (found == NULL)
		return err_set(e, ERR_MISSING, "words", "match",
		    "nobody who waits here has these words; compare them once more: kilim invite list");
	if (accept) {
		rc = admit_guest(n, found, e);
	} else {
		found->state = INVITE_REFUSED;
		rc = invite_save(n->store, found, e);
	}
	if (rc)
		return rc;
	*out = cJSON_CreateObject();
	add_words(*out, &w);
	cJSON_AddStringToObject(*out, "state", !accept ? join_state_word(JOIN_REFUSED) :
	    membership_state(records_membership(n->records), &found->guest) == MEMBER_ACTIVE ?
	    join_state_word(JOIN_ADMITTED) : join_state_word(JOIN_WAITING));
	json_id(*out, "organisation", ID_ORGANISATION, &found->guest);
	cJSON_AddStringToObject(*out, "name", found->guest_name);
	return ERR_OK;
}

/* --- /join --- */

static struct invite_row *
invite_by_id(const struct node *n, const uint8_t id[INVITE_ID])
{
	for (struct invite_row *r = n->joining->invites; r; r = r->next)
		if (memcmp(r->id, id, INVITE_ID) == 0)
			return r;
	return NULL;
}

static struct invite_row *
invite_by_guest(const struct node *n, const struct id *node)
{
	for (struct invite_row *r = n->joining->invites; r; r = r->next)
		if (id_equal(&r->guest_node, node))
			return r;
	return NULL;
}

/* An unknown invite costs only the sender; five wrong proofs close a known one. */
static enum err_code
check_request(struct node *n, struct invite_row *r, const struct id *guest, const struct message_join *m,
    struct err *e)
{
	struct join j = { .joiner_node = *guest, .inviter_node = *dtls_identity_node(n->home->identity),
		.organisation = m->organisation, .name = m->name, .territory = m->territory,
		.class = (enum member_class)m->member_class };
	const struct membership *membership = records_membership(n->records);
	bool same = r && id_equal(&r->guest_node, guest) && id_equal(&r->guest, &m->organisation);
	enum err_code rc;

	if (r == NULL)
		return err_set(e, ERR_DENIED, "invitation", "unknown", "this invitation is not known here");
	if (r->state == INVITE_USED && same)
		return ERR_OK;
	if (r->state == INVITE_REFUSED && same)
		return ERR_OK;
	if (r->state == INVITE_OPEN && !invite_is_open(r, world_now_ms(n->world)))
		return err_set(e, ERR_DENIED, "invitation", "expired", "this invitation has expired; ask for a new one");
	if (!invite_is_open(r, world_now_ms(n->world)))
		return err_set(e, ERR_DENIED, "invitation", "once", r->state == INVITE_CLOSED ?
		    "this invitation was withdrawn" : "this invitation has been used");
	if (r->state != INVITE_OPEN && !same)
		return err_set(e, ERR_DENIED, "invitation", "once", "another computer has used this invitation");
	if ((rc = join_check(&j, r->secret, m->mac, m->signature, e))) {
		r->state = ++r->tries >= LIMIT_INVITE_TRIES ? INVITE_CLOSED : r->state;
		(void)invite_save(n->store, r, NULL);
		return rc;
	}
	if (r->state == INVITE_OPEN && membership && membership_find(membership, &m->organisation))
		return err_set(e, ERR_DENIED, "invitation", "known", "this organisation's key is known here already");
	return ERR_OK;
}

static enum err_code
begin_asking(struct node *n, struct invite_row *r, const struct id *guest, const struct message_join *m,
    struct err *e)
{
	struct invite_row before = *r;
	enum err_code rc;

	r->state = INVITE_ASKING;
	r->guest_node = *guest;
	r->guest = m->organisation;
	snprintf(r->guest_name, sizeof(r->guest_name), "%.*s", (int)m->name.len, (const char *)m->name.p);
	r->guest_territory = m->territory;
	r->guest_class = (enum member_class)m->member_class;
	if ((rc = invite_save(n->store, r, e))) {
		*r = before;
		return rc;
	}
	log_event(LOG_INFO, "invite.asked", "organisation=%02x%02x auto=%d", r->guest.b[0], r->guest.b[1],
	    r->automatic);
	return ERR_OK;
}

/* --auto speaks only for what was invited: another name, territory or class waits for a person. */
static bool
is_as_invited(const struct invite_row *r)
{
	return strcmp(r->name, r->guest_name) == 0 && r->territory == r->guest_territory &&
	    r->member_class == r->guest_class;
}

static bool
is_guests(struct node *n, const struct invite_row *r, struct bytes envelope, uint32_t kind)
{
	struct unverified u;

	return envelope_read(envelope, records_network(n->records), &crypto_envelope, &u, NULL) == ERR_OK &&
	    u.claim.kind == kind && id_equal(&u.claim.author, &r->guest) && !u.claim.by_machine &&
	    records_signature_ok(records_network(n->records), &u);
}

static enum err_code
keep_records(struct node *n, struct invite_row *r, const struct message_join *m, struct err *e)
{
	if (r->state != INVITE_ASKING && r->state != INVITE_ACCEPTED)
		return ERR_OK; /* in already, or refused */
	if (!is_guests(n, r, m->node, KIND_NODE) || (m->reach.len && !is_guests(n, r, m->reach, KIND_REACH)))
		return err_set(e, ERR_INPUT, "join", "records", "node and reach must be signed by the guest");
	buf_reset(&r->node);
	buf_reset(&r->reach);
	buf_put_bytes(&r->node, m->node);
	buf_put_bytes(&r->reach, m->reach);
	return invite_save(n->store, r, e);
}

static void
fill_answer(struct node *n, const struct invite_row *r, struct message_joined *out, char reason[320])
{
	const struct membership *m = records_membership(n->records);
	const struct charter *c = membership_charter(m);

	out->network = *records_network(n->records);
	out->charter = c ? c->id : (struct id){ { 0 } };
	reason[0] = 0;
	if (r->state == INVITE_REFUSED) {
		out->state = JOIN_REFUSED;
		snprintf(reason, 320, "the coordinator did not recognise the words");
	} else if (membership_state(m, &r->guest) == MEMBER_ACTIVE) {
		out->state = JOIN_ADMITTED;
	} else if (r->state == INVITE_ASKING) {
		out->state = JOIN_WAITING;
		snprintf(reason, 320, "the coordinator compares the words with you");
	} else {
		out->state = JOIN_WAITING;
		snprintf(reason, 320, "%u coordinators must agree", c ? c->threshold : 1);
	}
	out->reason = bytes_text(reason);
}

enum err_code
joining_request(struct node *n, const struct id *guest, const struct message_join *m,
    struct message_joined *out, char reason[320], struct err *e)
{
	struct invite_row *r = m->has_request ? invite_by_id(n, m->invite) : invite_by_guest(n, guest);
	enum err_code rc = ERR_OK;

	if (m->has_request && (rc = check_request(n, r, guest, m, e)))
		return rc;
	if (r == NULL)
		return err_set(e, ERR_DENIED, "invitation", "unknown", "this computer has not asked with an invitation");
	if (m->has_request && r->state == INVITE_OPEN) {
		if ((rc = begin_asking(n, r, guest, m, e)))
			return rc;
		if (r->automatic && is_as_invited(r) && (rc = admit_guest(n, r, e)))
			return rc;
	}
	if (m->has_records && (rc = keep_records(n, r, m, e)))
		return rc;
	take_records(n, r);
	node_settle(n);
	fill_answer(n, r, out, reason);
	return ERR_OK;
}

bool
joining_open(const struct node *n, const struct id *node)
{
	(void)node;
	for (const struct invite_row *r = n->joining->invites; r; r = r->next)
		if (invite_is_open(r, world_now_ms(n->world)))
			return true;
	return false;
}

void
joining_settle(struct node *n)
{
	for (struct invite_row *r = n->joining ? n->joining->invites : NULL; r; r = r->next)
		if (r->state == INVITE_ACCEPTED)
			take_records(n, r);
}

/* === the guest === */

static void
save_attempt(struct node *n)
{
	const struct attempt *a = &n->joining->attempt;
	struct store_txn *t = store_write(n->store);
	struct buf row = { 0 };
	char code[INVITE_TEXT];
	struct err e = { 0 };

	cbor_put_array(&row, JOIN_FIELDS);
	cbor_put_text(&row, bytes_text(invite_code_make(&a->code, code)));
	cbor_put_bytes(&row, (struct bytes){ a->inviter.b, ID_LEN });
	cbor_put_bool(&row, a->done);
	cbor_put_bool(&row, a->refused_for_good);
	txn_put(t, STORE_META, bytes_text(JOIN_KEY), buf_bytes(&row));
	if (txn_commit(&t, &e))
		log_event(LOG_WARN, "join.save", "why=\"%s\"", e.reason);
	wipe(row.p, row.len);
	wipe(code, sizeof(code));
	buf_free(&row);
}

static void
load_attempt(struct node *n)
{
	struct attempt *a = &n->joining->attempt;
	struct store_txn *t = store_read(n->store);
	struct cbor_reader in;
	struct bytes row, code;
	char text[INVITE_TEXT];

	if (!txn_get(t, STORE_META, bytes_text(JOIN_KEY), &row)) {
		txn_abort(&t);
		return;
	}
	cbor_open(&in, row);
	cbor_array_of(&in, JOIN_FIELDS);
	code = cbor_text(&in);
	snprintf(text, sizeof(text), "%.*s", (int)(code.len < sizeof(text) ? code.len : 0), (const char *)code.p);
	cbor_fixed(&in, a->inviter.b, ID_LEN);
	a->done = cbor_bool(&in);
	a->refused_for_good = cbor_bool(&in);
	a->active = cbor_close(&in, "join", NULL) == ERR_OK && invite_code_parse(text, &a->code, NULL) == ERR_OK;
	txn_abort(&t);
	wipe(text, sizeof(text));
	if (a->active && !a->refused_for_good)
		adopt_contact(n);
}

/* The inviter is a contact named to us, pinned by the code: now and after we are in. */
static void
adopt_contact(struct node *n)
{
	struct attempt *a = &n->joining->attempt;
	union address at;

	address_of_code(&a->code, &at);
	a->contact = contact_add(n, &at, id_is_zero(&a->inviter) ? NULL : &a->inviter, a->code.node,
	    CONTACT_INVITER);
	a->state = a->done ? JOIN_ADMITTED : JOIN_WAITING;
	a->began_ms = world_tick_ms(n->world);
}

static void
answer_waiters(struct node *n, const struct err *e)
{
	struct attempt *a = &n->joining->attempt;

	for (size_t i = 0; i < a->waiter_count; i++) {
		struct api_reply r = { 0 };

		if (e == NULL)
			joining_state(n, &r.json);
		control_answer(n->control, a->waiters[i], &r, e);
	}
	a->waiter_count = 0;
}

enum err_code
joining_join(struct node *n, const char *code, struct err *e)
{
	struct attempt *a = &n->joining->attempt;
	struct invite parsed;
	enum err_code rc;

	if ((rc = invite_code_parse(code, &parsed, e)))
		return rc;
	if (node_in_network(n))
		return err_set(e, ERR_CONFLICT, "join", "one", "this node is in a network already");
	if (strcmp(n->home->config.territory, "ZZ") == 0)
		return err_set(e, ERR_INPUT, "territory", "required", "set organisation.territory in kilim.conf first");
	if (invite_names_node(&parsed, dtls_identity_node(n->home->identity)))
		return err_set(e, ERR_INPUT, "join", "self", "this is an invitation made by this very node");
	if (a->active && memcmp(a->code.secret, parsed.secret, INVITE_SECRET) == 0 && !a->refused_for_good) {
		if (a->contact)
			a->contact->next_dial_ms = 0;
		a->next_ms = 0;
		return ERR_OK; /* the same code again: go on */
	}
	*a = (struct attempt){ .active = true, .code = parsed };
	save_attempt(n);
	adopt_contact(n);
	a->contact->next_dial_ms = 0;
	a->contact->failures = 0;
	peers_tick(n);
	return ERR_OK;
}

bool
joining_state(struct node *n, cJSON **out)
{
	const struct attempt *a = &n->joining->attempt;
	const struct member *self = node_self(n);
	cJSON *o;

	if (!a->active)
		return false;
	o = *out = cJSON_CreateObject();
	if (a->has_words) {
		add_words(o, &a->words);
	} else {
		cJSON_AddNullToObject(o, "words");
		cJSON_AddNullToObject(o, "digits");
	}
	cJSON_AddStringToObject(o, "state", a->done || a->has_words || a->refused_for_good ?
	    join_state_word(a->refused_for_good ? JOIN_REFUSED : a->state) : "connecting");
	json_id(o, "network", ID_NETWORK, &a->network);
	cJSON_AddBoolToObject(o, "member", self && self->state == MEMBER_ACTIVE);
	cJSON_AddStringToObject(o, "reason", a->reason);
	return true;
}

void
joining_wait(struct node *n, uint64_t ticket)
{
	struct attempt *a = &n->joining->attempt;
	struct err e = { 0 };

	if (a->waiter_count < MAX_WAITERS) {
		a->waiters[a->waiter_count++] = ticket;
		if (a->has_words)
			answer_waiters(n, NULL);
	} else {
		struct api_reply none = { 0 };

		err_set(&e, ERR_BUSY, "join", "waiting", "too many wait for the answer already");
		control_answer(n->control, ticket, &none, &e);
	}
}

/* --- asking --- */

static void
fail_attempt(struct node *n, const struct err *why, bool for_good)
{
	struct attempt *a = &n->joining->attempt;

	snprintf(a->reason, sizeof(a->reason), "%s", why->reason);
	if (for_good) {
		a->refused_for_good = true;
		a->state = JOIN_REFUSED;
		save_attempt(n);
		log_event(LOG_WARN, "join.refused", "rule=%s", why->rule);
	}
	answer_waiters(n, why);
}

static enum err_code
sign_own(struct node *n, const struct id *network, uint32_t kind, const struct uuid *name, struct bytes body,
    struct buf *out, struct err *e)
{
	struct record r = { .author = n->home->organisation.public_key, .kind = kind, .name = *name,
		.stamp = stamp_make(world_now_ms(n->world), 0), .audience = AUDIENCE_PUBLIC, .body = body };
	struct id id;

	return envelope_sign(&r, network, &crypto_envelope, sign_for, &n->home->organisation, out, &id, e);
}

static void
put_records(struct node *n, const struct id *network, struct message_join *m, struct buf *node, struct buf *reach)
{
	struct uuid zero = { { 0 } }, name;
	struct buf body = { 0 };

	memcpy(name.b, dtls_identity_node(n->home->identity)->b, UUID_LEN);
	node_node_body(n, &body);
	if (sign_own(n, network, KIND_NODE, &zero, buf_bytes(&body), node, NULL) == ERR_OK)
		m->has_records = true;
	buf_reset(&body);
	node_reach_body(n, &body);
	if (body.len)
		(void)sign_own(n, network, KIND_REACH, &name, buf_bytes(&body), reach, NULL);
	m->node = buf_bytes(node);
	m->reach = buf_bytes(reach);
	buf_free(&body);
}

static void ask_inviter(struct node *n, struct peer *p);

/* In: the network is taken over, and the inviter visited for its bucket 0. */
static void
come_in(struct node *n)
{
	struct attempt *a = &n->joining->attempt;
	struct err e = { 0 };
	char text[512];

	if (records_set_network(n->records, &a->network, &e)) {
		log_event(LOG_ERROR, "join.network", "why=\"%s\"", err_text(&e, text, sizeof(text)));
		return;
	}
	a->done = true;
	save_attempt(n);
	log_event(LOG_INFO, "join.admitted", "network=%02x%02x", a->network.b[0], a->network.b[1]);
	n->membership_moved = true;
	node_settle(n);
	if (a->contact->peer)
		peer_want_visit(a->contact->peer);
}

static void
joined_came(void *self, const struct coap_response *r)
{
	struct node *n = self;
	struct attempt *a = &n->joining->attempt;
	struct message_joined m;
	struct err e = { 0 };

	a->asking = false;
	if (r->failed || r->code / 100 != 2) {
		if (r->why)
			e = *r->why;
		else
			err_set(&e, ERR_PEER, "join", "answer", "the inviter does not answer");
		/* A clear no is final; silence and "later" are not. */
		if (r->failed == ERR_OK)
			e.code = r->code == 403 ? ERR_DENIED : e.code;
		fail_attempt(n, &e, r->failed == ERR_OK && r->code == 403);
		return;
	}
	if (message_joined_read(r->body, &m, &e)) {
		fail_attempt(n, &e, false);
		return;
	}
	a->network = m.network;
	a->state = m.state;
	snprintf(a->reason, sizeof(a->reason), "%.*s", (int)m.reason.len, (const char *)m.reason.p);
	if (m.state == JOIN_REFUSED) {
		err_set(&e, ERR_DENIED, "join", "words", "%s", a->reason);
		fail_attempt(n, &e, true);
		return;
	}
	answer_waiters(n, NULL);
	if (!a->records_sent) {
		a->records_sent = true;
		ask_inviter(n, a->contact->peer);
	} else if (m.state == JOIN_ADMITTED && !a->done) {
		come_in(n);
	}
}

/* The first question carries the proof; once the network is known, the records that only we can sign go along. */
static void
ask_inviter(struct node *n, struct peer *p)
{
	struct attempt *a = &n->joining->attempt;
	struct join j = { .joiner_node = *dtls_identity_node(n->home->identity),
		.inviter_node = *session_node(p->session), .organisation = n->home->organisation.public_key,
		.name = bytes_text(n->home->config.name), .class = CLASS_CSO,
		.territory = get_u16((const uint8_t *)n->home->config.territory) };
	struct message_join m = { .has_request = true, .organisation = j.organisation, .name = j.name,
		.territory = j.territory, .member_class = CLASS_CSO };
	struct buf transcript = { 0 }, body = { 0 }, node = { 0 }, reach = { 0 };
	struct coap_ask ask = { .method = COAP_POST, .path = "join", .format = COAP_FORMAT_CBOR,
		.done = joined_came, .self = n };
	struct err e = { 0 };

	invite_id(a->code.secret, m.invite);
	join_transcript(&j, &transcript);
	join_mac(&j, a->code.secret, m.mac);
	sign_detached(&n->home->organisation, buf_bytes(&transcript), m.signature);
	join_words(&j, &a->words);
	a->has_words = true;
	a->inviter = j.inviter_node;
	if (a->records_sent) {
		/* The second form: it fits one datagram only without the first. */
		m.has_request = false;
		put_records(n, &a->network, &m, &node, &reach);
	}
	message_join_write(&m, &body);
	ask.payload = buf_bytes(&body);
	a->asking = exchange_ask(p->exchange, &ask, &e) == ERR_OK;
	if (!a->asking)
		fail_attempt(n, &e, false);
	buf_free(&transcript);
	buf_free(&body);
	buf_free(&node);
	buf_free(&reach);
}

static void
ask_again(struct node *n)
{
	struct attempt *a = &n->joining->attempt;
	int64_t tick = world_tick_ms(n->world);
	size_t row = 0;

	while (tick - a->began_ms > patience[row].until_ms)
		row++;
	a->next_ms = tick + patience[row].every_ms;
	ask_inviter(n, a->contact->peer);
}

void
joining_tick(struct node *n)
{
	struct attempt *a = &n->joining->attempt;

	if (!a->active || a->done || a->refused_for_good || a->asking || a->contact == NULL ||
	    a->contact->peer == NULL || world_tick_ms(n->world) < a->next_ms)
		return;
	ask_again(n);
}

void
joining_session(struct node *n, struct peer *p)
{
	struct attempt *a = &n->joining->attempt;

	if (!a->active || a->done || a->refused_for_good || p->contact != a->contact)
		return;
	a->next_ms = 0;
	joining_tick(n);
}

void
joining_closed(struct node *n, struct peer *p)
{
	struct attempt *a = &n->joining->attempt;

	if (a->active && p->contact == a->contact)
		a->asking = false;
}

void
joining_failed(struct node *n, struct contact *c)
{
	struct attempt *a = &n->joining->attempt;
	struct err e = { 0 };
	char text[ADDRESS_TEXT];

	if (!a->active || a->done || c != a->contact || a->has_words)
		return;
	address_format(&c->address, text);
	if (c->last_failure == ERR_DENIED)
		err_set(&e, ERR_DENIED, "join", "inviter", "the computer at %s does not know this invitation any more: "
		    "used, withdrawn or expired; ask for a new one", text);
	else
		err_set(&e, ERR_PEER, "join", "inviter", "the inviting computer at %s: %s; it is asked again by itself",
		    text, c->why);
	fail_attempt(n, &e, false);
}
