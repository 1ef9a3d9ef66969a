#include "node/service/inviting.h"

#include "node/base/log.h"
#include "node/record/lint.h"
#include "node/service/api.h"
#include "node/service/invites.h"
#include "node/service/service.h"
#include "node/service/votes.h"
#include "proto/calendar.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inviting {
	struct invite_row *rows;
};

struct inviting *
inviting_new(struct node *n)
{
	struct inviting *i = need_zeroed(1, sizeof(*i));

	i->rows = invites_load(n->store);
	return i;
}

void
inviting_free(struct inviting *i)
{
	if (i == NULL)
		return;
	invites_free(i->rows);
	free(i);
}

/* --- making invitations --- */

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
	if (!sure_agreed(records_sure(n->records)))
		return err_set(e, ERR_DENIED, "invite", "clock",
		    "it is not sure what time it is, and an invitation holds for some days: set date and time");
	if (n->home->config.protected_org)
		return err_set(e, ERR_DENIED, "invite", "protected",
		    "a protected organisation accepts no connections, so nobody could answer its invitation");
	for (const struct invite_row *r = n->service->inviting->rows; r; r = r->next)
		open += invite_is_open(r, records_now_ms(n->records));
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
inviting_make(struct node *n, const struct invite_options *o, cJSON **out, struct err *e)
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
	r->expires_ms = records_now_ms(n->records) + (int64_t)(o->days ? o->days : LIMIT_INVITE_DAYS) * DAY_MS;
	if ((rc = invite_save(n->store, r, e))) {
		invites_free(r);
		return rc;
	}
	r->next = n->service->inviting->rows;
	n->service->inviting->rows = r;
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

static cJSON *
invite_json(const struct node *n, const struct invite_row *r)
{
	cJSON *o = cJSON_CreateObject(), *guest;
	char hex[2 * INVITE_ID + 1];
	struct words w;
	bool late = r->state == INVITE_OPEN && !invite_is_open(r, records_now_ms(n->records));

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
	invite_words_json(o, &w);
	guest = cJSON_AddObjectToObject(o, "joiner");
	json_id(guest, "id", ID_ORGANISATION, &r->guest);
	cJSON_AddStringToObject(guest, "name", r->guest_name);
	json_territory(guest, "territory", r->guest_territory);
	return o;
}

cJSON *
inviting_list(struct node *n)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct invite_row *r = n->service->inviting->rows; r; r = r->next)
		cJSON_AddItemToArray(list, invite_json(n, r));
	return list;
}

enum err_code
inviting_revoke(struct node *n, const char *key, struct err *e)
{
	struct invite_row *found = NULL;

	for (struct invite_row *r = n->service->inviting->rows; r; r = r->next) {
		char hex[2 * INVITE_ID + 1];

		id_hex(r->id, INVITE_ID, hex);
		if (!invite_is_open(r, records_now_ms(n->records)) ||
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

struct bearer {
	struct bytes name;
	bool found;
};

static bool
look_at_name(void *self, const struct verified *v)
{
	struct bearer *b = self;

	b->found = lint_bears_name(kind_find(v->record.kind), v->record.body, b->name);
	return !b->found;
}

/* Is a member called so, or an organisation that somebody has entered? */
static bool
is_taken(const struct node *n, const char *name)
{
	const struct membership *m = records_membership(n->records);
	struct bearer b = { bytes_text(name), false };
	struct store_txn *t;

	for (size_t i = 0; m && i < membership_count(m) && !b.found; i++)
		b.found = lint_same_name(bytes_text(membership_at(m, i)->name), b.name);
	if (b.found)
		return true;
	t = store_read(n->store);
	records_each(n->records, t, KIND_ORGANISATION, look_at_name, &b);
	txn_abort(&t);
	return b.found;
}

/*
 * The six words say that it is she; not what she calls herself. Another name than the one that she was invited under is hers to
 * choose, but where somebody is called so already she would speak for them: entries of that name would be hers to claim.
 */
static enum err_code
check_name(const struct node *n, const struct invite_row *r, const char *name, struct err *e)
{
	const char guest[3] = { (char)(r->guest_territory >> 8), (char)r->guest_territory, 0 };
	bool as_invited = lint_same_name(bytes_text(r->name), bytes_text(r->guest_name)) && r->territory == r->guest_territory;

	if (name ? lint_same_name(bytes_text(name), bytes_text(r->guest_name)) : as_invited || !is_taken(n, r->guest_name))
		return ERR_OK;
	return err_set(e, ERR_DENIED, "name", "invited", "they call themselves \"%.80s\", of %s%s; you invited \"%.80s\". "
	    "Where that is right: --name \"%.80s\"", r->guest_name, guest, name ? "" : ", as somebody is called already",
	    r->name, r->guest_name);
}

enum err_code
inviting_decide(struct node *n, const char *words, bool accept, const char *name, cJSON **out, struct err *e)
{
	struct invite_row *found = NULL;
	struct words w = { 0 };
	enum err_code rc = ERR_OK;

	for (struct invite_row *r = n->service->inviting->rows; r && found == NULL; r = r->next) {
		if (r->state != INVITE_ASKING)
			continue;
		invite_words(r, dtls_identity_node(n->home->identity), &w);
		if (words_match(words, &w))
			found = r;
	}
	if (found == NULL)
		return err_set(e, ERR_MISSING, "words", "match",
		    "nobody who waits here has these words; compare them once more: kilim invite list");
	if (accept && (rc = check_name(n, found, name, e)))
		return rc;
	if (accept) {
		rc = admit_guest(n, found, e);
	} else {
		found->state = INVITE_REFUSED;
		rc = invite_save(n->store, found, e);
	}
	if (rc)
		return rc;
	*out = cJSON_CreateObject();
	invite_words_json(*out, &w);
	cJSON_AddStringToObject(*out, "state", !accept ? join_state_word(JOIN_REFUSED) :
	    membership_state(records_membership(n->records), &found->guest) == MEMBER_ACTIVE ?
	    join_state_word(JOIN_ADMITTED) : join_state_word(JOIN_WAITING));
	json_id(*out, "organisation", ID_ORGANISATION, &found->guest);
	cJSON_AddStringToObject(*out, "name", found->guest_name);
	if (strcmp(found->name, found->guest_name) != 0)
		cJSON_AddStringToObject(*out, "invited", found->name);
	return ERR_OK;
}

/* --- /join --- */

static struct invite_row *
invite_by_id(const struct node *n, const uint8_t id[INVITE_ID])
{
	for (struct invite_row *r = n->service->inviting->rows; r; r = r->next)
		if (memcmp(r->id, id, INVITE_ID) == 0)
			return r;
	return NULL;
}

static struct invite_row *
invite_by_guest(const struct node *n, const struct id *node)
{
	for (struct invite_row *r = n->service->inviting->rows; r; r = r->next)
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
	if (r->state == INVITE_OPEN && !invite_is_open(r, records_now_ms(n->records)))
		return err_set(e, ERR_DENIED, "invitation", "expired", "this invitation has expired; ask for a new one");
	if (!invite_is_open(r, records_now_ms(n->records)))
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
inviting_request(struct node *n, const struct id *guest, const struct message_join *m,
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
inviting_open(const struct node *n, const struct id *node)
{
	(void)node;
	for (const struct invite_row *r = n->service->inviting->rows; r; r = r->next)
		if (invite_is_open(r, records_now_ms(n->records)))
			return true;
	return false;
}

void
inviting_settle(struct node *n)
{
	for (struct invite_row *r = n->service->inviting ? n->service->inviting->rows : NULL; r; r = r->next)
		if (r->state == INVITE_ACCEPTED)
			take_records(n, r);
}
