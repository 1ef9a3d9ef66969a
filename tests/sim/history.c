#include "tests/sim/sim.h"

#include "node/base/file.h"
#include "node/peer/contact.h"
#include "node/peer/intake.h"
#include "node/record/body_json.h"
#include "node/service/authoring.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"
#include "node/service/votes.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_MS (60 * 1000LL)
#define UNKNOWN_KIND 0x013a              /* of the directory, by a version to come */
#define KEPT 32

/* Envelopes that somebody has seen and may show again. */
struct kept {
	struct buf envelopes[KEPT];
	size_t count;
};

bool history_governs;

struct history {
	struct sim *sim;
	uint64_t dice;
	struct kept kept;
	bool backed_up[SIM_NODES];
	struct id charter;               /* waits for the approval of its new coordinator */
	struct sim_node *approver;       /* who that is; NULL: none waits */
	bool long_jump;                  /* a clock was hours ahead: what was signed then has to wait */
	unsigned serial;
};

static unsigned
below(struct history *h, unsigned n)
{
	return dice_below(&h->dice, n);
}

static void
refused(struct history *h, const struct sim_node *n, const char *what, const struct err *e)
{
	char text[512];

	sim_trace(h->sim, "node %u: %s: %s", n->number, what, err_text(e, text, sizeof text));
}

static bool
is_in(const struct sim_node *n)
{
	return n->up && node_self(&n->node) && node_self(&n->node)->state == MEMBER_ACTIVE;
}

/* --- joining, by the service's own functions --- */

/* An invitation that was made while a clock was wrong has expired: another one is made. */
static bool
was_refused(const struct sim_node *guest)
{
	const struct node *n = &guest->node;
	cJSON *o = NULL;
	bool refused = joining_state((struct node *)(uintptr_t)n, &o) &&
	    strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(o, "state")), "refused") == 0;

	cJSON_Delete(o);
	return refused;
}

static void
invite(struct history *h, struct sim_node *guest)
{
	struct sim_node *founder = h->sim->nodes[0];
	const char *t = guest->home.config.territory;
	struct invite_options o = { .name = guest->home.config.name, .territory = (uint16_t)(t[0] << 8 | t[1]),
		.member_class = guest->class, .automatic = guest->class == CLASS_CSO };
	struct err e = { 0 };
	cJSON *made = NULL;

	if (!founder->up || !guest->up || (guest->invited && !was_refused(guest)))
		return;
	if (inviting_make(&founder->node, &o, &made, &e) == ERR_OK &&
	    joining_join(&guest->node, cJSON_GetStringValue(cJSON_GetObjectItem(made, "code")), &e) == ERR_OK)
		guest->invited = true;
	else
		refused(h, guest, "join", &e);
	cJSON_Delete(made);
}

static bool
somebody_waits(const struct sim *s)
{
	const struct membership *m = s->nodes[0]->up ? records_membership(s->nodes[0]->node.records) : NULL;

	for (unsigned i = 1; m && i < s->count; i++)
		if (s->nodes[i]->invited && s->nodes[i]->class != CLASS_CSO &&
		    membership_state(m, &s->nodes[i]->home.organisation.public_key) == MEMBER_NEVER)
			return true;
	return false;
}

/* The founder compares the words of who waits. */
static void
decide(struct history *h)
{
	struct sim_node *founder = h->sim->nodes[0];
	cJSON *list, *row;

	if (!somebody_waits(h->sim))
		return;
	list = inviting_list(&founder->node);
	cJSON_ArrayForEach(row, list) {
		const char *digits = cJSON_GetStringValue(cJSON_GetObjectItem(row, "digits"));
		struct err e = { 0 };
		cJSON *out = NULL;

		if (digits && strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "state")), "asking") == 0 &&
		    inviting_decide(&founder->node, digits, true,
		    cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(row, "joiner"), "name")), &out, &e))
			refused(h, founder, "decide", &e);
		cJSON_Delete(out);
	}
	cJSON_Delete(list);
}

/* --- what people do with entries --- */

static const struct kind *
directory(void)
{
	return kind_find(KIND_ORGANISATION);
}

static void
keep(struct history *h, struct bytes envelope)
{
	struct buf *at = &h->kept.envelopes[h->kept.count++ % KEPT];

	buf_reset(at);
	buf_put_bytes(at, envelope);
}

static void
finish(struct history *h, struct sim_node *n, struct authoring *a, enum err_code rc, struct err *e, const char *what)
{
	cJSON *list = NULL;

	if (rc == ERR_OK)
		rc = authoring_finish(a, false, &list, e);
	if (rc)
		refused(h, n, what, e);
	authoring_free(a);
	cJSON_Delete(list);
}

static void
add_entries(struct history *h, struct sim_node *n)
{
	static const char *const audiences[] = { "public", "members", "cso" };
	struct authoring *a = authoring_new(&n->node, directory());
	unsigned count = below(h, 12) == 0 ? 20 + below(h, 60) : 1 + below(h, 3);
	const char *audience = audiences[below(h, n->class == CLASS_CSO ? 3 : 2)];
	enum err_code rc = ERR_OK;
	struct err e = { 0 };

	for (unsigned i = 0; i < count && rc == ERR_OK; i++) {
		char json[256];
		cJSON *o;

		snprintf(json, sizeof json, "{\"name\":{\"en\":\"House %u\"},\"relation\":\"listed\","
		    "\"territories\":[\"AL\"],\"audience\":\"%s\"}", h->serial++, audience);
		o = cJSON_Parse(json);
		rc = authoring_add(a, o, &e);
		cJSON_Delete(o);
	}
	sim_trace(h->sim, "node %u: add %u for %s", n->number, count, audience);
	finish(h, n, a, rc, &e, "add");
}

struct pick {
	const struct id *author;
	struct history *history;
	struct uuid name;
	unsigned seen;
};

static bool
pick_one(void *self, const struct verified *v)
{
	struct pick *p = self;

	if (id_equal(&v->record.author, p->author) && below(p->history, ++p->seen) == 0)
		p->name = v->record.name;
	return true;
}

enum change { CHANGE_EDIT, CHANGE_STRICTER, CHANGE_WITHDRAW };

static void
change_entry(struct history *h, struct sim_node *n, enum change how)
{
	const struct id *self = &n->home.organisation.public_key;
	struct pick p = { self, h, { { 0 } }, 0 };
	struct store_txn *t = store_read(n->node.store);
	struct authoring *a;
	struct verified v;
	struct id key;
	struct err e = { 0 };
	enum err_code rc;
	uint64_t audience;
	char json[128];
	cJSON *patch;

	records_each(n->node.records, t, KIND_ORGANISATION, pick_one, &p);
	if (p.seen == 0 || !records_live(n->node.records, t, KIND_ORGANISATION, self, &p.name, &v) ||
	    (how == CHANGE_STRICTER && v.record.audience >= (n->class == CLASS_CSO ? AUDIENCE_CSO : AUDIENCE_MEMBERS))) {
		txn_abort(&t);
		return;
	}
	sim_trace(h->sim, "node %u: change %d of an entry for %d", n->number, how, v.record.audience);
	keep(h, v.envelope);
	record_key(&v.record, &crypto_envelope, &key);
	audience = (uint64_t)v.record.audience;
	snprintf(json, sizeof json, how == CHANGE_STRICTER ? "{\"audience\":\"%s\"}" :
	    "{\"description\":{\"en\":\"%s %u\"}}", how == CHANGE_STRICTER && v.record.audience == AUDIENCE_PUBLIC ?
	    "members" : "cso", h->serial++);
	patch = cJSON_Parse(json);
	a = authoring_new(&n->node, directory());
	rc = how == CHANGE_WITHDRAW ? authoring_withdraw(a, &v, &e) :
	    authoring_edit(a, &v, (struct bytes){ 0 }, patch, 0, &e);
	txn_abort(&t);
	cJSON_Delete(patch);
	finish(h, n, a, rc, &e, "change");
	if (how == CHANGE_STRICTER && e.code == ERR_OK) {
		buf_put(&h->sim->erased, key.b, ID_LEN);
		put_u64(buf_grow(&h->sim->erased, 8), audience);
	}
}

/* --- records that the service would not sign --- */

static void
ignore_result(void *arg, const struct admit_result *r)
{
	(void)arg;
	(void)r;
}

static void
hand_over(struct sim_node *to, struct bytes envelope)
{
	if (to->up && node_in_network(&to->node))
		intake_submit(to->node.intake, NULL, envelope, ignore_result, NULL);
}

/* By AUTHOR, with a text in field 33 and one field that no version knows. */
static void
sign_strange(struct history *h, const struct sign_key *author, struct record *r, const char *text, struct buf *out)
{
	struct buf body = { 0 };
	struct id id;

	cbor_put_map(&body, 2);
	cbor_put_uint(&body, 33);
	cbor_put_text(&body, bytes_text(text));
	cbor_put_uint(&body, 4000);
	cbor_put_uint(&body, h->serial++);
	r->author = author->public_key;
	r->body = buf_bytes(&body);
	buf_reset(out);
	(void)envelope_sign(r, records_network(h->sim->nodes[0]->node.records), &crypto_envelope, sign_for,
	    (void *)(uintptr_t)author, out, &id, NULL);
	buf_free(&body);
}

/* A node of a newer version writes what the others have never heard of. */
static void
write_newer(struct history *h, struct sim_node *n)
{
	struct record r = { .kind = below(h, 2) ? UNKNOWN_KIND : KIND_ORGANISATION, .name = { { 1, (uint8_t)below(h, 4) } },
		.stamp = stamp_make(world_now_ms(&n->world), 0), .audience = (enum audience)below(h, 2) };
	struct buf envelope = { 0 };

	if (!h->sim->nodes[0]->up)
		return;
	sign_strange(h, &n->home.organisation, &r, "newer", &envelope);
	sim_trace(h->sim, "node %u: newer kind %x", n->number, r.kind);
	hand_over(n, buf_bytes(&envelope));
	buf_free(&envelope);
}

static struct sim_node *
any_node(struct history *h)
{
	return h->sim->nodes[below(h, h->sim->count)];
}

enum lie { LIE_EQUIVOCATE, LIE_AUDIENCE, LIE_STRANGER, LIE_FUTURE, LIE_VOTE, LIE_REPLAY, LIES };

static void
lie(struct history *h, struct sim_node *liar)
{
	enum lie which = (enum lie)below(h, LIES);
	struct record r = { .kind = KIND_ORGANISATION, .name = { { 2, (uint8_t)below(h, 3) } },
		.stamp = stamp_make(world_now_ms(&liar->world), 0), .audience = AUDIENCE_PUBLIC };
	struct sign_key stranger;
	const struct sign_key *who = &liar->home.organisation;
	uint8_t seed[CRYPTO_SEED] = { 's', 't', 'r' };
	struct buf envelope = { 0 };

	if (!h->sim->nodes[0]->up)
		return;
	sim_trace(h->sim, "node %u: lie %d", liar->number, which);
	sign_key_from_seed(seed, &stranger);
	/* A name of its own: who lets a key become stricter without its erasure keeps an older version alive where the
	 * newer may not go (docs/simulation.md). */
	if (which == LIE_AUDIENCE) {
		r.audience = AUDIENCE_CSO;
		r.name.b[0] = 3;
	}
	if (which == LIE_STRANGER)
		who = &stranger;
	if (which == LIE_FUTURE)
		r.stamp = stamp_make(world_now_ms(&liar->world) + (int64_t)below(h, 60) * HOUR_MS, 0);
	if (which == LIE_VOTE)
		r.kind = below(h, 2) ? KIND_ADMISSION : KIND_ERASURE;
	/* Two truths of one moment, each told to somebody else. */
	for (int i = 0; i < 2; i++) {
		sign_strange(h, who, &r, "lie", &envelope);
		if (which == LIE_REPLAY && h->kept.count)
			hand_over(any_node(h), buf_bytes(&h->kept.envelopes[below(h, (unsigned)(h->kept.count < KEPT ?
			    h->kept.count : KEPT))]));
		else
			hand_over(any_node(h), buf_bytes(&envelope));
	}
	h->long_jump |= which == LIE_FUTURE;
	buf_free(&envelope);
}

/* --- what befalls nodes --- */

static void
vote(struct history *h, const char *action)
{
	struct sim_node *voter = h->sim->nodes[0], *n = any_node(h), *other = any_node(h);
	struct vote v = { .subject = n->home.organisation.public_key, .action = action, .reason = "safety" };
	struct authored done;
	struct err e = { 0 };

	if (is_in(other) && node_self(&other->node)->coordinator)
		voter = other;
	if (!voter->up || n == voter)
		return;
	sim_trace(h->sim, "node %u votes: %s node %u", voter->number, action, n->number);
	if (vote_standing(&voter->node, &v, &done, &e))
		refused(h, n, action, &e);
	else if (strcmp(action, "remove") == 0)
		n->gone = true;
}

/* --- a charter with one coordinator more --- */

static int
by_key(const void *a, const void *b)
{
	return id_compare(&(*(const struct member *const *)a)->key, &(*(const struct member *const *)b)->key);
}

static cJSON *
person(const struct member *m)
{
	char key[ID_TEXT], territory[3] = { (char)(m->territory >> 8), (char)m->territory, 0 };
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "key", id_format(ID_ORGANISATION, &m->key, key));
	cJSON_AddStringToObject(o, "name", m->name);
	cJSON_AddStringToObject(o, "territory", territory);
	cJSON_AddStringToObject(o, "class", member_class_word(m->class));
	return o;
}

/* Sign O, which is deleted, as KIND by N; the hash of its body is wanted for rolls. */
static enum err_code
sign_json(struct sim_node *n, uint32_t kind, cJSON *o, struct id *out_hash, struct authored *out, struct err *e)
{
	struct buf body = { 0 }, none = { 0 };
	struct draft d = { .kind = kind };
	enum err_code rc = body_from_json(kind_find(kind), &n->home.organisation.public_key, o, NULL, &body, &none, e);

	d.body = buf_bytes(&body);
	hash_one(d.body, out_hash);
	if (rc == ERR_OK)
		rc = node_author(&n->node, &d, 1, out, e);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
	return rc;
}

static cJSON *
roll_json(const struct membership *m, const struct id *but)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "entries");
	const struct member *rows[SIM_NODES + 8];
	size_t count = 0;

	for (size_t i = 0; i < membership_count(m) && count < SIM_NODES + 8; i++)
		if (!membership_at(m, i)->coordinator && !id_equal(&membership_at(m, i)->key, but) &&
		    membership_at(m, i)->state != MEMBER_FALLEN)
			rows[count++] = membership_at(m, i);
	qsort(rows, count, sizeof *rows, by_key);
	for (size_t i = 0; i < count; i++) {
		cJSON *row = person(rows[i]);

		cJSON_AddStringToObject(row, "state", member_state_word(rows[i]->state));
		cJSON_AddNumberToObject(row, "since", (double)rows[i]->since_hour);
		cJSON_AddItemToArray(list, row);
	}
	return o;
}

static void
approve(struct history *h, struct sim_node *n)
{
	char text[ID_TEXT];
	cJSON *o = cJSON_CreateObject();
	struct authored done;
	struct id hash;
	struct err e = { 0 };

	cJSON_AddStringToObject(o, "charter", id_format(ID_RECORD, &h->charter, text));
	if (sign_json(n, KIND_APPROVAL, o, &hash, &done, &e))
		refused(h, n, "approve", &e);
}

/* By the founder: everybody stays as they are, and a civil-society member becomes a coordinator as well. */
static void
write_charter(struct history *h, struct sim_node *n)
{
	struct sim_node *founder = h->sim->nodes[0];
	const struct membership *m = records_membership(founder->node.records);
	const struct member *new = membership_find(m, &n->home.organisation.public_key);
	char text[ID_TEXT];
	struct authored done;
	struct id hash;
	struct err e = { 0 };
	cJSON *o, *list;

	/* Two charters below one parent would be a fork, which kilim never makes. */
	if (!id_is_zero(&h->charter) && !id_equal(&h->charter, &membership_charter(m)->id))
		return;
	if (h->approver || n->liar || new == NULL || new->state != MEMBER_ACTIVE || new->class != CLASS_CSO || new->coordinator)
		return;
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "parent", id_format(ID_RECORD, &membership_charter(m)->id, text));
	cJSON_AddStringToObject(cJSON_AddObjectToObject(o, "name"), "en", "Simulated");
	cJSON_AddNumberToObject(o, "admit", 1);
	list = cJSON_AddArrayToObject(o, "coordinators");
	for (size_t i = 0; i < membership_count(m); i++)
		if (membership_at(m, i)->coordinator)
			cJSON_AddItemToArray(list, person(membership_at(m, i)));
	cJSON_AddItemToArray(list, person(new));
	if (sign_json(founder, KIND_ROLL, roll_json(m, &new->key), &hash, &done, &e) == ERR_OK) {
		cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "roll"), cJSON_CreateString(id_format(ID_RECORD, &hash, text)));
		(void)sign_json(founder, KIND_CHARTER, o, &hash, &done, &e);
		o = NULL;
	}
	cJSON_Delete(o);
	sim_trace(h->sim, "charter: node %u becomes a coordinator", n->number);
	if (e.code) {
		refused(h, founder, "charter", &e);
		return;
	}
	h->charter = done.id;
	h->approver = n;
	/* A majority of the coordinators there were, and the new one. */
	for (unsigned i = 0; i < h->sim->count; i++)
		if (is_in(h->sim->nodes[i]) && node_self(&h->sim->nodes[i]->node)->coordinator && h->sim->nodes[i] != n)
			approve(h, h->sim->nodes[i]);
}

/* As soon as the charter has come to who must agree. */
static void
approve_what_came(struct history *h)
{
	struct sim_node *n = h->approver;
	struct store_txn *t;
	struct verified v;
	bool here;

	if (n == NULL || !is_in(n))
		return;
	t = store_read(n->node.store);
	here = records_get(n->node.records, t, &h->charter, &v);
	txn_abort(&t);
	if (!here)
		return;
	sim_trace(h->sim, "node %u agrees to the charter", n->number);
	approve(h, n);
	h->approver = NULL;
}

static void
copy_store(struct sim_node *n, bool back)
{
	char store[160], backup[160], lock[160];
	struct buf all = { 0 };
	struct err e = { 0 };

	snprintf(store, sizeof store, "%s/store/data.mdb", n->dir);
	snprintf(backup, sizeof backup, "%s/backup", n->dir);
	snprintf(lock, sizeof lock, "%s/store/lock.mdb", n->dir);
	if (file_read(back ? backup : store, 64 << 20, &all, &e) ||
	    file_write_atomic(back ? store : backup, buf_bytes(&all), 0600, &e))
		sim_fail(n->sim, "node %u: backup: %s", n->number, e.reason);
	if (back)
		unlink(lock);
	buf_free(&all);
}

struct sought {
	const struct id *author;
	const uint8_t *key;
	bool found;
};

static bool
is_sought(void *self, uint64_t stamp, const struct id *id, struct bytes envelope)
{
	struct sought *s = self;
	struct bytes target;
	struct record r;

	(void)stamp;
	(void)id;
	envelope_peek(envelope, &r);
	target = body_get(r.body, 32);
	s->found |= r.kind == KIND_ERASURE && id_equal(&r.author, s->author) && target.len >= ID_LEN &&
	    memcmp(target.p + target.len - ID_LEN, s->key, ID_LEN) == 0;
	return !s->found;
}

static bool
has_erasure(struct sim_node *n, const struct id *author, const uint8_t *key)
{
	struct sought s = { author, key, false };
	struct store_txn *t;

	if (!n->up)
		return false;
	t = store_read(n->node.store);
	records_tail(n->node.records, t, 0, 0, NULL, is_sought, &s);
	txn_abort(&t);
	return s.found;
}

/* What N erased and nobody else has heard of is lost with its store: nobody can bring it back. */
static void
forget_untold(struct history *h, struct sim_node *n)
{
	const struct id *self = &n->home.organisation.public_key;
	struct buf *erased = &h->sim->erased;
	size_t kept = 0;

	for (size_t at = 0; at < erased->len; at += ERASED_ROW) {
		bool told = !has_erasure(n, self, erased->p + at);

		for (unsigned i = 0; i < h->sim->count && !told; i++)
			told = h->sim->nodes[i] != n && has_erasure(h->sim->nodes[i], self, erased->p + at);
		if (!told)
			continue;
		memmove(erased->p + kept, erased->p + at, ERASED_ROW);
		kept += ERASED_ROW;
	}
	erased->len = kept;
}

static void
restart(struct history *h, struct sim_node *n, bool restore)
{
	bool crash = below(h, 2);

	sim_trace(h->sim, "node %u: %s%s", n->number, crash ? "crashes" : "restarts", restore ? ", an old copy" : "");
	if (restore)
		forget_untold(h, n);
	sim_stop(n, crash ? STOP_CRASH : STOP_CLEAN);
	if (below(h, 2))
		sim_run(h->sim, below(h, 300) * 1000LL);
	if (restore) {
		copy_store(n, true);
		buf_reset(&n->erasures);
		n->removed = 0;
	}
	sim_start(n);
}

static int64_t
years_on(struct history *h)
{
	h->sim->astray = true;
	return 3652 * DAY_MS;
}

/* An empty battery, a slip of the hand: ten years too early or too late. */
static int64_t
years(struct history *h)
{
	return (below(h, 2) ? 1 : -1) * years_on(h);
}

static void
turn_clock(struct history *h, struct sim_node *n)
{
	unsigned how = below(h, 10);

	if (how < 2) {
		n->offset_ms = years(h);
		h->long_jump = true;
	} else if (how < 3) {
		n->offset_ms = below(h, 20) * HOUR_MS;
		h->long_jump = true;
	} else {
		n->offset_ms = (int64_t)below(h, 8 * 60) * 1000 - 4 * MINUTE_MS;
	}
	sim_trace(h->sim, "node %u: clock %+.0f s", n->number, (double)n->offset_ms / 1000);
}

static void
cut(struct history *h)
{
	unsigned count = h->sim->count, side = below(h, 1u << (count < 16 ? count : 16));

	sim_trace(h->sim, "cut %x", side);
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < count; k++)
			h->sim->cut[i][k] = (side >> i & 1) != (side >> k & 1);
}

static void
heal(struct history *h)
{
	sim_trace(h->sim, "heal");
	memset(h->sim->cut, 0, sizeof h->sim->cut);
}

/* Charters, votes and clocks that leap, and little else: what one of them undoes of another. */
static void
govern(struct history *h, struct sim_node *n)
{
	static const char *const actions[] = { "suspend", "suspend", "reinstate", "reinstate", "remove" };
	unsigned what = below(h, 10);

	if (what < 3 && h->sim->nodes[0]->up)
		write_charter(h, n);
	else if (what < 6)
		turn_clock(h, below(h, 2) ? h->sim->nodes[0] : n);
	else if (what < 7)
		vote(h, actions[below(h, 5)]);
	else if (!is_in(n))
		invite(h, n);
	else
		add_entries(h, n);
}

static void
act(struct history *h)
{
	struct sim_node *n = any_node(h);
	unsigned what;

	if (history_governs && below(h, 2)) {
		govern(h, n);
		return;
	}
	what = below(h, 100);
	if (what < 4 && h->sim->count > 2)
		vote(h, "suspend");
	else if (what < 8 && h->sim->count > 2)
		vote(h, "reinstate");
	else if (what < 9 && h->sim->count > 3)
		vote(h, "remove");
	else if (what < 11 && h->sim->nodes[0]->up)
		write_charter(h, n);
	else if (what < 14)
		cut(h);
	else if (what < 21)
		heal(h);
	else if (what < 25)
		turn_clock(h, n);
	else if (what < 31)
		restart(h, n, false);
	else if (what < 33 && n->number > 0 && is_in(n)) {
		copy_store(n, false);
		h->backed_up[n->number] = true;
	} else if (what < 36 && h->backed_up[n->number])
		restart(h, n, true);
	else if (!is_in(n))
		invite(h, n);
	else if (n->liar && what < 80)
		lie(h, n);
	else if (n->old_kinds && what < 60)
		write_newer(h, n);
	else if (what < 70)
		add_entries(h, n);
	else
		change_entry(h, n, what < 84 ? CHANGE_EDIT : what < 94 ? CHANGE_STRICTER : CHANGE_WITHDRAW);
}

/* Whoever was changed by hand looks at its timers again. */
static void
run(struct history *h, int64_t ms)
{
	struct sim *s = h->sim;

	decide(h);
	approve_what_came(h);
	for (unsigned i = 0; i < s->count; i++)
		if (s->nodes[i]->up)
			s->nodes[i]->timer_at = s->now_ms;
	sim_run(s, ms);
	trace_membership(s);
}

/* --- one history --- */

static void
choose_weather(struct history *h)
{
	static const unsigned losses[] = { 0, 0, 1, 5, 20, 40 };

	h->sim->weather = (struct weather){ .loss = losses[below(h, 6)], .duplicates = below(h, 3) ? 0 : 10,
		.late = below(h, 3) ? 0 : 20, .delay_ms = 1 + below(h, below(h, 2) ? 20 : 300),
		.jitter_ms = below(h, 60) };
}

static void
people(struct history *h)
{
	struct sim *s = h->sim;
	unsigned wish = below(h, 40), count = wish == 0 ? 20 : wish < 4 ? 7 + below(h, 6) : 3 + below(h, 4);

	sim_add(s, CLASS_CSO, false);
	for (unsigned i = 1; i < count; i++)
		sim_add(s, below(h, 3) ? CLASS_CSO : CLASS_INSTITUTION, below(h, 5) == 0);
	if (below(h, 3) == 0)
		s->nodes[1 + below(h, count - 1)]->liar = true;
	if (below(h, 2) == 0)
		s->nodes[below(h, count)]->old_kinds = true;
	for (unsigned i = 0; i < count; i++) {
		/* Nothing can be founded before the program was made. */
		if (below(h, 15) == 0)
			s->nodes[i]->offset_ms = i ? years(h) : years_on(h);
		if (!sim_start(s->nodes[i]))
			return;
	}
	sim_found(s->nodes[0]);
}

/* Who is not a member, or does not know it: NULL when there is nobody. The suspended are told nothing more. */
static const struct sim_node *
left_out(const struct sim *s)
{
	const struct membership *m = records_membership(s->nodes[0]->node.records);

	for (unsigned i = 1; i < s->count; i++) {
		const struct sim_node *n = s->nodes[i];
		enum member_state state = membership_state(m, &n->home.organisation.public_key);

		if (!n->gone && !n->liar && (state == MEMBER_NEVER || state == MEMBER_FALLEN ||
		    (state == MEMBER_ACTIVE && !is_in(n))))
			return n;
	}
	return NULL;
}

static bool
is_settled(struct sim *s)
{
	return left_out(s) == NULL && check_equal(s, false) && check_erased(s, false);
}

/* The weather clears, clocks are set right, whoever was never asked is asked now: then all must become equal. */
static void
calm(struct history *h)
{
	struct sim *s = h->sim;
	const struct sim_node *out;
	int64_t step = MINUTE_MS, began = s->now_ms, most = (h->long_jump ? 80 : 8) * HOUR_MS;

	heal(h);
	/* Where every difference goes down the ladder, by hundreds of questions, 40 % of loss would take days. */
	if (below(h, 2) || collide_many())
		s->weather = (struct weather){ .delay_ms = 20 };
	for (unsigned i = 0; i < s->count; i++)
		s->nodes[i]->offset_ms = 0;
	while (!s->failed[0] && s->now_ms - began < most) {
		for (unsigned i = 1; i < s->count; i++)
			if (!s->nodes[i]->gone)
				invite(h, s->nodes[i]);
		run(h, step);
		if (is_settled(s)) {
			run(h, 3 * MINUTE_MS);
			if (is_settled(s))
				break;
		}
		if (s->now_ms - began > HOUR_MS)
			step = 10 * MINUTE_MS;
	}
	sim_trace(s, "calm after %.0f s", (double)(s->now_ms - began) / 1000);
	if ((out = left_out(s)) != NULL)
		sim_fail(s, "node %u has not come in: the founder calls it %s", out->number, member_state_word(
		    membership_state(records_membership(s->nodes[0]->node.records), &out->home.organisation.public_key)));
	s->astray = false;
	check_always(s);
	if (check_equal(s, true))
		check_erased(s, true);
}

void
history_run(struct sim *s)
{
	struct history h = { .sim = s, .dice = s->seed * 2654435761u + 7 };
	unsigned steps = 8 + below(&h, 32);

	choose_weather(&h);
	people(&h);
	sim_trace(s, "%u nodes, loss %u, late %u, doubled %u, delay %u", s->count, s->weather.loss, s->weather.late,
	    s->weather.duplicates, s->weather.delay_ms);
	for (unsigned i = 1; i < s->count && !s->failed[0]; i++)
		if (below(&h, 4))
			invite(&h, s->nodes[i]);
	run(&h, below(&h, 120) * 1000LL);
	for (unsigned i = 0; i < steps && !s->failed[0]; i++) {
		act(&h);
		run(&h, below(&h, 4) ? below(&h, 3000) : below(&h, 300) * 1000LL);
		check_always(s);
	}
	if (!s->failed[0])
		calm(&h);
	for (size_t i = 0; i < KEPT; i++)
		buf_free(&h.kept.envelopes[i]);
}
