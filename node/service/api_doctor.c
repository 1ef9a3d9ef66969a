#include "node/peer/clocks.h"
#include "node/peer/peer.h"
#include "node/record/lint.h"
#include "node/record/value.h"
#include "node/search/query.h"
#include "node/service/api.h"
#include "node/service/beside.h"
#include "node/service/guard.h"
#include "node/service/sealed.h"
#include "node/service/service.h"
#include "proto/calendar.h"
#include "proto/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void
put(cJSON *out, const char *code, const struct finding *f)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "code", code);
	cJSON_AddStringToObject(o, "state", health_words[f->health]);
	cJSON_AddStringToObject(o, "text", f->text);
	cJSON_AddStringToObject(o, "remedy", f->remedy);
	cJSON_AddItemToArray(out, o);
}

/* --- what members say of our entries: a line for each reason of each entry, without who says it --- */

#define FLAGS_SHOWN 20

struct flags {
	struct view_context view;
	const struct kind *kind;
	size_t count;
	cJSON *out;
};

/* The title is left out: what a doctor says is shown to who helps with the computer, and kept by programs that watch it. */
static void
put_flag(struct flags *w, const struct verified *v, const struct said *s)
{
	const char *kind = w->kind->word;
	char name[UUID_TEXT], since[VALUE_TEXT];
	struct finding f = { 0 };

	w->count++;
	if (w->count > FLAGS_SHOWN)
		return;
	uuid_format(&v->record.name, name);
	value_date_format(stamp_unix_ms(s->stamp) / DAY_MS, since);
	SAY(&f, s->code->flags & CODE_EXPOSES ? HEALTH_BAD : HEALTH_WARN, "%s %.8s: %s, as a member says since %s", kind, name,
	    s->code->label, since);
	if (s->code->flags & CODE_CAUTIONS)
		REMEDY(&f, "ask a coordinator what it is about; it stands until it is taken back");
	else if (s->code->flags & CODE_EXPOSES)
		REMEDY(&f, "take out what tells the place: kilim %s edit %.8s; where nothing has to stay unknown: kilim %s verify %.8s "
		    "--answered", kind, name, kind, name);
	else
		REMEDY(&f, "look, then: kilim %s edit %.8s, or kilim %s verify %.8s where all is right", kind, name, kind, name);
	put(w->out, "flags", &f);
}

/* Is an older one of ENTRY's open flags for the same reason? */
static bool
is_repeated(const struct view *w, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (w->sayings[i].counts && w->sayings[i].said->says == SAYS_FLAG && w->sayings[i].said->code == w->sayings[at].said->code)
			return true;
	return false;
}

static bool
put_flags_of(void *self, const struct verified *v)
{
	struct reference entry = { v->record.author, v->record.name };
	struct flags *w = self;
	struct view seen;
	size_t count;

	sayings_about(w->view.said, &entry, &count);
	if (count == 0)
		return true;
	view_of(&w->view, w->kind, v, &seen);
	for (size_t i = 0; i < seen.count; i++) {
		const struct said *s = seen.sayings[i].said;

		if (seen.sayings[i].counts && s->says == SAYS_FLAG && s->code && !(s->code->flags & CODE_CONFIRMS) &&
		    !is_repeated(&seen, i))
			put_flag(w, v, s);
	}
	return true;
}

static void
check_flags(struct node *n, cJSON *out)
{
	struct store_txn *t = store_read(n->store);
	struct flags w = { .out = out };
	struct finding f = { 0 };

	beside_view(n, t, &w.view);
	for (size_t i = 0; i < kinds_count; i++) {
		w.kind = kinds[i];
		if (!(w.kind->flags & KIND_INTERNAL))
			records_each_of(n->records, t, w.kind->number, &w.view.self, put_flags_of, &w);
	}
	txn_abort(&t);
	if (w.count > FLAGS_SHOWN) {
		SAY(&f, HEALTH_WARN, "%zu more", w.count - FLAGS_SHOWN);
		REMEDY(&f, "answer these first");
		put(out, "flags", &f);
	} else if (w.count == 0) {
		SAY(&f, HEALTH_OK, "no member says that an entry of ours is wrong");
		put(out, "flags", &f);
	}
}

/* --- what our own entries tell that has to stay unknown today --- */

struct places {
	struct disclose_context disclose;
	const struct kind *kind;
	size_t count;
	struct finding first;
};

/* An entry was judged when it was signed; the organisation has become protected since, or what it refers to has been hidden. */
static bool
judge_place(void *self, const struct verified *v)
{
	struct places *w = self;
	struct disclose_context c = w->disclose;
	char name[UUID_TEXT];
	struct err why = { 0 };

	c.confirmed = !c.protected_org;      /* what was told by the command made for it, stays told */
	c.guarded_count = 0;
	if (v->record.state != RECORD_LIVE || disclose_check(w->kind, &v->record, &c, &why) == ERR_OK)
		return true;
	if (w->count++ == 0) {
		uuid_format(&v->record.name, name);
		SAY(&w->first, HEALTH_BAD, "%s %.8s tells more of a place than may be told today (%.60s)", w->kind->word, name, why.object);
		REMEDY(&w->first, "take it out: kilim %s edit %.8s; what was told until now is erased everywhere", w->kind->word, name);
	}
	return true;
}

static void
check_places(struct node *n, struct finding *f)
{
	struct store_txn *t = store_read(n->store);
	struct places w = { .count = 0 };
	size_t len;

	guard_context(n, t, &w.disclose);
	for (size_t i = 0; i < kinds_count; i++) {
		w.kind = kinds[i];
		if (!(w.kind->flags & KIND_INTERNAL))
			records_each_of(n->records, t, w.kind->number, w.disclose.author, judge_place, &w);
	}
	txn_abort(&t);
	*f = w.first;
	len = strlen(f->text);
	if (w.count == 0)
		SAY(f, HEALTH_OK, "no entry of ours tells more of a place than may be told");
	else if (w.count > 1)
		(void)snprintf(f->text + len, sizeof(f->text) - len, ", and so do %zu more", w.count - 1);
}

/* --- what others tell of whom we hide --- */

#define NAMED_PAGES 3
#define NAMED_LEAST 5              /* bytes of a name: lint_names looks for none that is shorter */

struct named {
	struct node *node;
	struct store_txn *txn;
	struct view_context view;
	const struct kind *kind;         /* of ours */
	struct bytes name;
	size_t count;
	struct finding first;
};

/* An entry of somebody else with this name, and with a place: not one that is withheld already. */
static void
judge_naming(struct named *w, const struct id *record)
{
	const struct kind *k;
	char name[UUID_TEXT];
	struct verified v;
	struct view seen;

	if (!records_get(w->node->records, w->txn, record, &v) || id_equal(&v.record.author, &w->view.self))
		return;
	k = kind_find(v.record.kind);
	if (!disclose_tells(k, v.record.body) || lint_names(k, v.record.body, &w->name, 1) == 0)
		return;
	view_of(&w->view, k, &v, &seen);
	if (view_hides(&seen) || view_withholds(&w->view, k, &v, &seen) || w->count++ > 0)
		return;
	uuid_format(&v.record.name, name);
	SAY(&w->first, HEALTH_WARN, "%s %.8s of another member tells a place beside the name of what we hide", k->word, name);
	REMEDY(&w->first, "look: kilim %s show %.8s; where it is hers: kilim %s flag %.8s address-exposed", k->word, name, k->word, name);
}

/* Found by the words of the name, then read as the linter reads it. */
static void
look_for_name(struct named *w, const char *name)
{
	struct query q = { .text = bytes_text(name), .audiences = (1u << AUDIENCES) - 1, .never_ends = true,
		.limit = QUERY_LIMIT_MOST, .now_ms = w->view.now_ms };

	w->name = q.text;
	for (bool more = strlen(name) >= NAMED_LEAST && q.text.len <= QUERY_TEXT; more && q.page < NAMED_PAGES; q.page++) {
		struct found f = { .asked = NULL };

		more = query_run(w->node->records, w->txn, NULL, &q, &f, NULL) == ERR_OK && f.before + f.count < f.total;
		for (size_t i = 0; i < f.count; i++)
			judge_naming(w, &f.hits[i].record);
		found_done(&f);
	}
}

static bool
look_for_title(void *self, const struct text_value *v)
{
	struct named *w = self;
	struct buf name = { 0 };

	if (v->field->number == w->kind->title && v->field->type == FIELD_MLTEXT) {
		buf_put_bytes(&name, v->text);
		look_for_name(w, buf_text(&name));
		buf_free(&name);
	}
	return true;
}

static bool
look_for_hidden(void *self, const struct verified *v)
{
	struct named *w = self;

	if (disclose_level(w->kind, v->record.body, NULL) >= DISCLOSURE_TERRITORY)
		lint_each_text(w->kind, v->record.body, look_for_title, w);
	return true;
}

/*
 * By a name alone readers withhold nothing: anybody could then strip others of their places by naming something of her own like
 * them. Whoever hides is told, and says that the place is told.
 */
static void
check_named(struct node *n, struct finding *f)
{
	struct named w = { .node = n, .txn = store_read(n->store) };
	size_t len;

	beside_view(n, w.txn, &w.view);
	for (size_t i = 0; i < kinds_count && !index_rests(n->service->index); i++) {
		w.kind = kinds[i];
		if (kind_field_by_word(w.kind, "disclosure"))
			records_each_of(n->records, w.txn, w.kind->number, &w.view.self, look_for_hidden, &w);
	}
	txn_abort(&w.txn);
	*f = w.first;
	len = strlen(f->text);
	if (w.count == 0)
		SAY(f, HEALTH_OK, "no other member tells a place beside the name of what we hide");
	else if (w.count > 1)
		(void)snprintf(f->text + len, sizeof(f->text) - len, ", and so do %zu more", w.count - 1);
}

/* --- what members have written to the coordinators --- */

#define LETTERS_MS (30 * DAY_MS)   /* so long they are new */

struct letters {
	struct node *node;
	struct store_txn *txn;
	size_t count, fresh;
};

static bool
count_letter(void *self, const struct verified *v)
{
	struct letters *w = self;
	struct buf words = { 0 };

	if (!id_equal(&v->record.author, &w->node->home->organisation.public_key) && sealed_open(w->node, v, &words)) {
		w->count++;
		w->fresh += records_first_seen(w->node->records, w->txn, v) > records_now_ms(w->node->records) - LETTERS_MS;
	}
	wipe(words.p, words.len);
	buf_free(&words);
	return true;
}

static void
check_letters(struct node *n, struct finding *f)
{
	struct letters w = { .node = n, .txn = store_read(n->store) };

	records_each(n->records, w.txn, KIND_LETTER, count_letter, &w);
	txn_abort(&w.txn);
	if (w.count == 0) {
		SAY(f, HEALTH_OK, "no member has written a flag to the coordinators");
		return;
	}
	SAY(f, w.fresh ? HEALTH_WARN : HEALTH_OK, "flags that members have written to the coordinators: %zu, %zu of them in the last "
	    "30 days", w.count, w.fresh);
	REMEDY(f, "read them: kilim flag list");
}

/* One of the two: CHECK finds one thing, EACH as many as there are. */
static const struct {
	const char *code;
	void (*check)(struct node *n, struct finding *f);
	void (*each)(struct node *n, cJSON *out);
} checks[] = {
	{ "clock", check_clock, NULL },   { "disk", check_disk, NULL },   { "store", check_store, NULL },
	{ "port", check_port, NULL },     { "recovery", check_recovery, NULL }, { "clones", check_clones, NULL },
	{ "keep", check_keep, NULL },     { "member", check_member, NULL }, { "peers", check_peers, NULL },
	{ "keys", check_keys, NULL },
	{ "places", check_places, NULL }, { "named", check_named, NULL },
	{ "flags", NULL, check_flags },   { "letters", check_letters, NULL },
};

enum err_code
api_doctor(const struct api_call *c, struct api_reply *r, struct err *e)
{
	(void)e;
	r->json = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding f = { 0 };

		if (checks[i].each) {
			checks[i].each(api_node(c), r->json);
			continue;
		}
		checks[i].check(api_node(c), &f);
		put(r->json, checks[i].code, &f);
	}
	return ERR_OK;
}
