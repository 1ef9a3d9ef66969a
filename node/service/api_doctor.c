#include "node/peer/clocks.h"
#include "node/peer/peer.h"
#include "node/service/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Each check is a row: a stable code, and a function that finds what to say. */
enum health { HEALTH_OK, HEALTH_WARN, HEALTH_BAD };
static const char *const health_words[] = { "ok", "warn", "bad" };

struct finding {
	enum health health;
	char text[256], remedy[768];
};

#define SAY(f, h, ...) ((f)->health = (h), (void)snprintf((f)->text, sizeof((f)->text), __VA_ARGS__))
#define REMEDY(f, ...) (void)snprintf((f)->remedy, sizeof((f)->remedy), __VA_ARGS__)

static void
check_clock(struct node *n, struct finding *f)
{
	char text[256];
	enum health health = HEALTH_OK;

	if (clocks_warning(n, text, sizeof(text))) {
		const struct sure *s = records_sure(n->records);

		health = s->state == SURE && llabs((long long)s->median_ms) <= SURE_DENIES_MS ? HEALTH_WARN : HEALTH_BAD;
		SAY(f, health, "%s", text);
		REMEDY(f, "set date and time of this computer, or let it follow network time");
	} else if (records_sure(n->records)->synchronised) {
		SAY(f, HEALTH_OK, "the clock follows network time");
	} else if (records_sure(n->records)->count == 0) {
		SAY(f, HEALTH_OK, "the clock looks right; no other node has confirmed it yet");
	} else {
		size_t count = records_sure(n->records)->count;

		SAY(f, HEALTH_OK, "the clock agrees with that of %zu other organisation%s", count, count == 1 ? "" : "s");
	}
}

static void
check_disk(struct node *n, struct finding *f)
{
	struct store_state s;

	store_state(n->store, &s);
	if (s.disk_free < s.reserve_bytes) {
		SAY(f, HEALTH_BAD, "the disk is full: %llu MiB left", (unsigned long long)s.disk_free >> 20);
		REMEDY(f, "free space on the disk that holds %s", s.dir);
	} else if (s.disk_free < 1ull << 30) {
		SAY(f, HEALTH_WARN, "only %llu MiB left on the disk", (unsigned long long)s.disk_free >> 20);
		REMEDY(f, "free space on the disk that holds %s", s.dir);
	} else {
		SAY(f, HEALTH_OK, "%llu GiB left on the disk", (unsigned long long)s.disk_free >> 30);
	}
}

static void
check_store(struct node *n, struct finding *f)
{
	struct store_state s;

	store_state(n->store, &s);
	if (s.read_only) {
		SAY(f, HEALTH_BAD, "a write failed; nothing is stored since");
		REMEDY(f, "look at the disk, then start kilimd again");
	} else if (s.full) {
		SAY(f, HEALTH_BAD, "the store is full; only membership, withdrawals and erasures are written");
		REMEDY(f, "free space on the disk, then start kilimd again: the store grows with the space there is");
	} else {
		SAY(f, HEALTH_OK, "the store holds %llu KiB of at most %llu MiB", (unsigned long long)s.used_bytes >> 10,
		    (unsigned long long)s.map_bytes >> 20);
	}
}

static void
check_recovery(struct node *n, struct finding *f)
{
	if (!n->recovery.going) {
		SAY(f, HEALTH_OK, "the store is the one that this computer had last");
		return;
	}
	SAY(f, HEALTH_BAD, "recovering: the store is an old copy, or the file machine is missing; %s",
	    n->recovery.answered ? "one node has given what it has, a second is waited for, at most ten minutes" :
	    "no other node has given all it has yet");
	REMEDY(f, "wait until another node answers (kilim peers says what each one did); when there is none, start: "
	    "kilimd --alone");
}

static void
check_clones(struct node *n, struct finding *f)
{
	int64_t tick = world_tick_ms(n->world);
	char id[ID_TEXT];

	if (n->cloned_ms && tick - n->cloned_ms < CLONES_SHOWN_MS) {
		SAY(f, HEALTH_BAD, "two computers use the key of this node");
		REMEDY(f, "a copy of this directory runs elsewhere: stop one of the two; for a second computer make a node of "
		    "its own");
		return;
	}
	for (const struct contact *c = n->contacts; c; c = c->next)
		if (clones_shown(&c->clones, tick)) {
			SAY(f, HEALTH_WARN, "two computers use the key of the node %.24s...", id_format(ID_NODE, &c->node, id));
			REMEDY(f, "tell the organisation: kilim peers says whose node it is");
			return;
		}
	SAY(f, HEALTH_OK, "every node is one computer, as far as was heard");
}

static void
check_port(struct node *n, struct finding *f)
{
	const struct dtls_counts *d = dtls_counts(n->dtls);
	char text[ADDRESS_TEXT];

	address_format(dtls_address(n->dtls), text);
	if (n->home->config.protected_org)
		SAY(f, HEALTH_OK, "protected: no address is published and nobody can connect from outside");
	else if (d->datagrams_in)
		SAY(f, HEALTH_OK, "%s is open and was heard from", text);
	else
		SAY(f, HEALTH_OK, "%s is open; nobody has called yet", text);
}

static void
check_peers(struct node *n, struct finding *f)
{
	size_t known = 0, live = 0;

	for (struct contact *c = n->contacts; c; c = c->next)
		known++, live += c->peer != NULL;
	if (!node_in_network(n)) {
		SAY(f, HEALTH_WARN, "this node is in no network yet");
		REMEDY(f, "kilim network create NAME, or kilim join CODE");
	} else if (known == 0) {
		SAY(f, HEALTH_WARN, "no other node is known");
		REMEDY(f, "invite another organisation, or name a peer in kilim.conf: network.peer");
	} else if (live == 0) {
		SAY(f, HEALTH_BAD, "none of %zu known nodes answers", known);
		REMEDY(f, "is this computer online? kilim peers says what each one did");
	} else {
		SAY(f, HEALTH_OK, "connected with %zu of %zu known nodes", live, known);
	}
}

static void
check_keys(struct node *n, struct finding *f)
{
	struct stat st;
	char path[512];

	if (stat(home_path(n->home, "organisation.key", path), &st) != 0 || (st.st_mode & 077)) {
		SAY(f, HEALTH_BAD, "the organisation's key is missing or can be read by others");
		REMEDY(f, "chmod 600 %s, or bring it back from where you keep a copy", path);
	} else {
		SAY(f, HEALTH_OK, "the keys are there and only you can read them");
	}
}

static void
check_member(struct node *n, struct finding *f)
{
	const struct member *self = node_self(n);

	if (!node_in_network(n)) {
		SAY(f, HEALTH_WARN, "in no network yet");
		REMEDY(f, "kilim network create NAME, or kilim join CODE");
	} else if (self == NULL || self->state != MEMBER_ACTIVE) {
		SAY(f, HEALTH_BAD, "this organisation is %s in its network", self ? member_state_word(self->state) :
		    "not yet a member");
		REMEDY(f, "ask a coordinator; kilim network log says who decided what, and why");
	} else {
		SAY(f, HEALTH_OK, "an active member%s", self->coordinator ? " and coordinator" : "");
	}
}

static void
check_keep(struct node *n, struct finding *f)
{
	struct buf text = { 0 };

	for (int i = COLLECTION_DIRECTORY; i < COLLECTIONS; i++)
		if (!(n->left_out >> i & 1))
			buf_printf(&text, "%s%s", text.len ? ", " : "", collection_word((enum collection)i));
	if (n->left_out != n->home->config.left_out) {
		SAY(f, HEALTH_WARN, "it keeps %s: more than network.keep says", buf_text(&text));
		REMEDY(f, "where something of your own is, or was within its life, all is kept; and a change of network.keep holds "
		    "from the next start");
	} else {
		SAY(f, HEALTH_OK, n->left_out ? "it keeps only %s; other nodes are asked for the rest, with --at" :
		    "it keeps everything: %s", buf_text(&text));
	}
	buf_free(&text);
}

static const struct {
	const char *code;
	void (*check)(struct node *n, struct finding *f);
} checks[] = {
	{ "clock", check_clock },   { "disk", check_disk },   { "store", check_store },  { "port", check_port },
	{ "recovery", check_recovery }, { "clones", check_clones },
	{ "keep", check_keep }, { "member", check_member }, { "peers", check_peers }, { "keys", check_keys },
};

enum err_code
api_doctor(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	r->json = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding f = { 0 };
		cJSON *o = cJSON_CreateObject();

		checks[i].check(api_node(c), &f);
		cJSON_AddStringToObject(o, "code", checks[i].code);
		cJSON_AddStringToObject(o, "state", health_words[f.health]);
		cJSON_AddStringToObject(o, "text", f.text);
		cJSON_AddStringToObject(o, "remedy", f.remedy);
		cJSON_AddItemToArray(r->json, o);
	}
	return ERR_OK;
}
