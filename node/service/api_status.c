#include "node/peer/clocks.h"
#include "node/peer/visiting.h"
#include "node/service/api.h"
#include "node/service/routes.h"
#include "proto/calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION 1
#define QUIET_DAYS 14
/* From the third member on, a lost founder's key would end the network (proto/membership.md). */
#define LONELY_FOUNDER 3

enum err_code
api_version(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)c;
	(void)e;
	r->json = cJSON_CreateObject();
	cJSON_AddStringToObject(r->json, "version", KILIM_VERSION);
	cJSON_AddNumberToObject(r->json, "api", API_VERSION);
	cJSON_AddNumberToObject(r->json, "protocol", PROTOCOL_VERSION);
	return ERR_OK;
}

enum err_code
api_sync(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	visiting_all(api_node(c));
	r->json = cJSON_CreateObject();
	return ERR_OK;
}

/* --- peers --- */

static const char *
member_name(const struct node *n, const struct id *organisation)
{
	const struct membership *m = records_membership(n->records);
	const struct member *who = m ? membership_find(m, organisation) : NULL;

	return who ? who->name : "";
}

static const char *
peer_state(const struct node *n, const struct contact *c)
{
	const struct membership *m = records_membership(n->records);
	enum member_state s = m && !id_is_zero(&c->organisation) ?
	    membership_state(m, &c->organisation) : MEMBER_NEVER;

	return s == MEMBER_ACTIVE || s == MEMBER_NEVER ? contact_state(c, world_tick_ms(n->world)) : member_state_word(s);
}

static cJSON *
peer_json(const struct node *n, const struct contact *c)
{
	const struct session_counts *live = c->peer ? session_counts(c->peer->session) : NULL;
	cJSON *o = cJSON_CreateObject();
	char text[32];

	json_id(o, "organisation", ID_ORGANISATION, &c->organisation);
	cJSON_AddStringToObject(o, "name", member_name(n, &c->organisation));
	json_id(o, "node", ID_NODE, &c->node);
	cJSON_AddStringToObject(o, "state", peer_state(n, c));
	cJSON_AddNumberToObject(o, "behind", (double)c->behind);
	json_time(o, "last_contact", contact_heard_ms(n, c));
	cJSON_AddNumberToObject(o, "bytes_in", (double)(c->bytes_in + (live ? live->bytes_in : 0)));
	cJSON_AddNumberToObject(o, "bytes_out", (double)(c->bytes_out + (live ? live->bytes_out : 0)));
	if (c->software) {
		snprintf(text, sizeof(text), "%u.%u.%u", (unsigned)(c->software >> 16 & 0xffff),
		    (unsigned)(c->software >> 8 & 0xff), (unsigned)(c->software & 0xff));
		cJSON_AddStringToObject(o, "version", text);
	} else {
		cJSON_AddNullToObject(o, "version");
	}
	cJSON_AddBoolToObject(o, "cloned", clones_shown(&c->clones, world_tick_ms(n->world)));
	cJSON_AddNumberToObject(o, "clock_offset_ms", (double)c->clock_offset_ms);
	if (c->why[0])
		cJSON_AddStringToObject(o, "why", c->why);
	return o;
}

/* Worst first: who is away, then who is behind, then the longest silent. */
static int
worse(const void *a, const void *b)
{
	const struct contact *x = *(const struct contact *const *)a, *y = *(const struct contact *const *)b;

	if (!x->peer != !y->peer)
		return x->peer ? 1 : -1;
	if (x->behind != y->behind)
		return x->behind > y->behind ? -1 : 1;
	return (x->last_contact_ms > y->last_contact_ms) - (x->last_contact_ms < y->last_contact_ms);
}

static cJSON *
peers_json(const struct node *n)
{
	cJSON *list = cJSON_CreateArray();
	const struct contact **all;
	size_t count = 0, at = 0;

	for (const struct contact *c = n->contacts; c; c = c->next)
		count++;
	all = need_alloc(count * sizeof(const struct contact *));
	for (const struct contact *c = n->contacts; c; c = c->next)
		all[at++] = c;
	if (count)
		qsort(all, count, sizeof(all[0]), worse);
	for (at = 0; at < count; at++)
		cJSON_AddItemToArray(list, peer_json(n, all[at]));
	free(all);
	return list;
}

enum err_code
api_peers(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	r->json = peers_json(api_node(c));
	return ERR_OK;
}

/* --- status --- */

static void
add_organisation(cJSON *o, const struct node *n)
{
	cJSON *org = cJSON_AddObjectToObject(o, "organisation");
	const struct member *self = node_self(n);

	json_id(org, "id", ID_ORGANISATION, &n->home->organisation.public_key);
	cJSON_AddStringToObject(org, "name", self ? self->name : n->home->config.name);
	cJSON_AddStringToObject(org, "territory", n->home->config.territory);
	cJSON_AddStringToObject(org, "state", self ? member_state_word(self->state) : "alone");
	cJSON_AddBoolToObject(org, "coordinator", self && self->coordinator);
	json_id(cJSON_AddObjectToObject(o, "node"), "id", ID_NODE, dtls_identity_node(n->home->identity));
}

static void
add_network(cJSON *o, const struct node *n)
{
	const struct membership *m = records_membership(n->records);
	const struct charter *ch = m ? membership_charter(m) : NULL;
	cJSON *net;

	if (!node_in_network(n)) {
		cJSON_AddNullToObject(o, "network");
		return;
	}
	net = cJSON_AddObjectToObject(o, "network");
	json_id(net, "id", ID_NETWORK, records_network(n->records));
	cJSON_AddStringToObject(net, "name", ch ? ch->name : "");
	if (ch)
		json_id(net, "charter", ID_RECORD, &ch->id);
	else
		cJSON_AddNullToObject(net, "charter");
}

static size_t
active_members(const struct membership *m)
{
	size_t active = 0;

	for (size_t i = 0; m && i < membership_count(m); i++)
		active += membership_at(m, i)->state == MEMBER_ACTIVE;
	return active;
}

static void
add_members(cJSON *o, const struct node *n)
{
	const struct membership *m = records_membership(n->records);
	cJSON *members = cJSON_AddObjectToObject(o, "members"), *pending = cJSON_AddArrayToObject(o, "pending");

	cJSON_AddNumberToObject(members, "active", (double)active_members(m));
	cJSON_AddNumberToObject(members, "total", m ? (double)membership_count(m) : 0);
	for (size_t i = 0; m && i < membership_pending_count(m); i++) {
		const struct member_pending *p = membership_pending_at(m, i);
		cJSON *line = cJSON_CreateObject();

		json_id(line, "id", ID_ORGANISATION, &p->subject);
		cJSON_AddStringToObject(line, "name", p->name);
		json_territory(line, "territory", p->territory);
		cJSON_AddStringToObject(line, "class", member_class_word(p->class));
		cJSON_AddNumberToObject(line, "have", p->have);
		cJSON_AddNumberToObject(line, "need", p->need);
		cJSON_AddItemToArray(pending, line);
	}
}

static void
warn(cJSON *list, const char *text)
{
	cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

static void
add_warnings(cJSON *o, struct node *n)
{
	cJSON *list = cJSON_AddArrayToObject(o, "warnings");
	const struct membership *m = records_membership(n->records);
	const struct charter *ch = m ? membership_charter(m) : NULL;
	int64_t quiet_days = (world_now_ms(n->world) - n->last_heard_ms) / DAY_MS;
	struct store_state s;
	char text[256];

	store_state(n->store, &s);
	if (n->recovery.going)
		warn(list, "recovering: the store is an old copy; nothing is signed or served until another node has given "
		    "what it lacks");
	if (n->cloned_ms && world_tick_ms(n->world) - n->cloned_ms < CLONES_SHOWN_MS)
		warn(list, "two computers use the key of this node: a copy of it runs elsewhere; stop one of them");
	for (const struct contact *c = n->contacts; c; c = c->next)
		if (clones_shown(&c->clones, world_tick_ms(n->world))) {
			snprintf(text, sizeof(text), "two computers use the key of a node of %.*s", 200,
			    member_name(n, &c->organisation));
			warn(list, text);
		}
	if (clocks_warning(n, text, sizeof(text)))
		warn(list, text);
	if (s.read_only)
		warn(list, "the store is read-only since a write failed: free the disk and start kilimd again");
	else if (s.full)
		warn(list, "the store is full: only membership, withdrawals and erasures are still written");
	if (n->last_heard_ms && quiet_days >= QUIET_DAYS) {
		snprintf(text, sizeof(text), "this computer last heard from the network %lld days ago",
		    (long long)quiet_days);
		warn(list, text);
	}
	if (ch && ch->depth == 0 && ch->coordinators == 1 && active_members(m) >= LONELY_FOUNDER)
		warn(list, "one coordinator only: if its key is lost, the network ends; name a second in a new charter");
	if (m && membership_is_fork(m))
		warn(list, "two charters claim to follow the same one: see kilim network log");
}

static void
add_kept(cJSON *o, const struct node *n)
{
	cJSON *list = cJSON_AddArrayToObject(o, "keeps");

	for (int i = 0; i < COLLECTIONS; i++)
		if (!(n->left_out >> i & 1))
			cJSON_AddItemToArray(list, cJSON_CreateString(collection_word((enum collection)i)));
	cJSON_AddBoolToObject(o, "keeps_all", n->left_out == 0);
}

enum err_code
api_status(const struct api_call *c, struct api_reply *r, struct err *e)
{
	struct node *n = api_node(c);
	cJSON *o = cJSON_CreateObject(), *counts;
	char text[ADDRESS_TEXT];

	(void)e;
	add_organisation(o, n);
	add_network(o, n);
	cJSON_AddStringToObject(o, "listen", address_format(dtls_address(n->dtls), text));
	cJSON_AddBoolToObject(o, "protected", n->home->config.protected_org);
	add_kept(o, n);
	counts = cJSON_AddObjectToObject(o, "records");
	for (int i = 0; i < COLLECTIONS; i++)
		cJSON_AddNumberToObject(counts, collection_word((enum collection)i),
		    (double)records_count(n->records, (enum collection)i));
	cJSON_AddItemToObject(o, "peers", peers_json(n));
	add_members(o, n);
	json_time(o, "clock", world_now_ms(n->world));
	cJSON_AddStringToObject(o, "clock_state", sure_word(records_sure(n->records)->state));
	json_time(o, "last_heard", n->last_heard_ms);
	cJSON_AddNumberToObject(o, "uptime_s", (double)((world_tick_ms(n->world) - n->started_ms) / 1000));
	add_warnings(o, n);
	r->json = o;
	return ERR_OK;
}

/* --- metrics --- */

/* The name and type of a family; its samples follow. */
static void
family(struct buf *b, const char *name, const char *type)
{
	buf_printf(b, "# TYPE kilim_%s %s\n", name, type);
}

static void
counter(struct buf *b, const char *name, uint64_t value)
{
	family(b, name, "counter");
	buf_printf(b, "kilim_%s_total %" PRIu64 "\n", name, value);
}

static void
sample(struct buf *b, const char *name, const char *label, const char *word, uint64_t value)
{
	buf_printf(b, "kilim_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, word, value);
}

static void
put_records(struct buf *b, const struct node *n)
{
	const struct records_counts *k = records_counts(n->records);

	family(b, "records", "gauge");
	for (int i = 0; i < COLLECTIONS; i++)
		sample(b, "records", "collection", collection_word((enum collection)i),
		    records_count(n->records, (enum collection)i));
	counter(b, "records_admitted", k->admitted);
	counter(b, "records_authored", k->authored);
	family(b, "records_refused", "counter");
	for (int i = REFUSAL_HELD + 1; i < REFUSALS; i++)
		sample(b, "records_refused_total", "rule", refusal_name((enum refusal)i), k->refused[i]);
	counter(b, "records_useless", n->useless);
	counter(b, "records_unasked", n->unasked);
}

static void
put_exchange(struct buf *b, const struct node *n)
{
	family(b, "answers", "counter");
	for (size_t i = 0; i < routes_count; i++)
		sample(b, "answers_total", "path", routes[i].path, n->answered[i]);
	family(b, "visits", "counter");
	for (int i = 0; i < RUNGS; i++)
		sample(b, "visits_total", "by", visit_rung_word((enum visit_rung)i), n->rungs[i]);
}

static void
put_sessions(struct buf *b, const struct dtls_counts *d)
{
	family(b, "sessions", "gauge");
	buf_printf(b, "kilim_sessions %u\n", d->sessions);
	counter(b, "sessions_moved", d->moved);
	family(b, "dtls_bytes", "counter");
	sample(b, "dtls_bytes_total", "direction", "in", d->bytes_in);
	sample(b, "dtls_bytes_total", "direction", "out", d->bytes_out);
	family(b, "dtls_datagrams", "counter");
	sample(b, "dtls_datagrams_total", "direction", "in", d->datagrams_in);
	sample(b, "dtls_datagrams_total", "direction", "out", d->datagrams_out);
	family(b, "handshakes", "counter");
	sample(b, "handshakes_total", "result", "done", d->handshakes_done);
	sample(b, "handshakes_total", "result", "failed", d->handshakes_failed);
	sample(b, "handshakes_total", "result", "refused_key", d->refused_key);
	sample(b, "handshakes_total", "result", "refused_budget", d->refused_budget);
	counter(b, "hellos_answered", d->hellos_answered);
	counter(b, "datagrams_garbage", d->garbage);
}

enum err_code
api_metrics(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const struct node *n = api_node(c);

	(void)e;
	put_records(&r->raw, n);
	put_exchange(&r->raw, n);
	put_sessions(&r->raw, dtls_counts(n->dtls));
	counter(&r->raw, "hellos_refused", n->refused_peers);
	buf_put_text(&r->raw, "# EOF\n");
	r->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return ERR_OK;
}
