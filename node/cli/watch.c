#include "node/cli/watch.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/territory.h"

/* --- peers --- */

/* Worst first; a state that is not here stands between. */
static int
badness(const cJSON *peer)
{
	static const char *const order[] = { "removed", "suspended", "fallen", "unreachable", "away", "", "waiting",
		"connecting", "syncing", "connected" };
	const char *state = json_text(peer, "state");

	for (int i = 0; i < (int)(sizeof(order) / sizeof(order[0])); i++)
		if (*state && strcmp(order[i], state) == 0)
			return i;
	return 5;
}

/* Of two in the same state the one that is further behind is worse, then the one that is silent longer. */
static int
worse_first(const void *a, const void *b)
{
	const cJSON *x = *(const cJSON *const *)a, *y = *(const cJSON *const *)b;
	int difference = badness(x) - badness(y);
	double behind = json_number(y, "behind", 0) - json_number(x, "behind", 0);

	if (difference == 0 && behind != 0)
		difference = behind > 0 ? 1 : -1;
	return difference ? difference : strcmp(json_text(x, "last_contact"), json_text(y, "last_contact"));
}

static void
print_traffic(const struct call *c, const cJSON *peer)
{
	struct buf text = { 0 };

	show_bytes(json_number(peer, "bytes_in", 0), &text);
	buf_put_text(&text, _(" received, "));
	show_bytes(json_number(peer, "bytes_out", 0), &text);
	buf_put_text(&text, _(" sent"));
	show_fact(c, 1, _("transfer"), "%s", buf_text(&text));
	buf_free(&text);
}

static void
print_peer(const struct call *c, const cJSON *peer, time_t now)
{
	struct buf text = { 0 };
	const char *name = json_text(peer, "name");
	const cJSON *clock = json_at(peer, "clock_offset_ms"), *behind = json_at(peer, "behind");

	/* A node whose organisation is not known yet: we are joining it, or it us. */
	if (*name == 0)
		name = json_text(peer, json_text(peer, "organisation")[0] ? "organisation" : "node");
	text_clean(*name ? name : _("not known yet"), true, &text);
	fprintf(c->out, "%s%s: %s%s\n", show_on(c, "1"), _("peer"), buf_text(&text), show_off(c));
	fprintf(c->out, "%s%s: %s\n", c->plain ? "" : "  ", _("state"), show_state(c, json_text(peer, "state")));
	/* Why it could not be reached; what was wrong before a contact is no news. */
	if (strcmp(json_text(peer, "state"), "connected") != 0 && strcmp(json_text(peer, "state"), "syncing") != 0)
		show_some(c, 1, _("reason"), json_text(peer, "why"));
	buf_reset(&text);
	show_ago(json_text(peer, "last_contact"), now, &text);
	show_fact(c, 1, _("last contact"), "%s", buf_text(&text));
	if (cJSON_IsNumber(behind) && behind->valuedouble > 0)
		show_fact(c, 1, _("behind"), _("by %.0f records"), behind->valuedouble);
	print_traffic(c, peer);
	show_some(c, 1, _("version"), json_text(peer, "version"));
	if (cJSON_IsNumber(clock) && (clock->valuedouble > 2000 || clock->valuedouble < -2000))
		show_fact(c, 1, _("clock difference"), _("%.0f s"), clock->valuedouble / 1000);
	show_some(c, 1, _("organisation"), json_text(peer, "organisation"));
	show_some(c, 1, _("node"), json_text(peer, "node"));
	buf_free(&text);
}

static void
print_peers(const struct call *c, const cJSON *peers, time_t now)
{
	size_t count = (size_t)cJSON_GetArraySize(peers), n = 0;
	const cJSON **sorted = need_zeroed(count + 1, sizeof(const cJSON *));
	const cJSON *peer;

	cJSON_ArrayForEach(peer, peers)
		sorted[n++] = peer;
	qsort(sorted, n, sizeof(const cJSON *), worse_first);
	for (size_t i = 0; i < n; i++) {
		if (i)
			show_gap(c);
		print_peer(c, sorted[i], now);
	}
	free(sorted);
}

/* --- status --- */

static void
print_network(const struct call *c, const cJSON *status)
{
	if (!cJSON_IsObject(json_at(status, "network"))) {
		show_fact(c, 1, _("network"), "%s", _("none yet: kilim join CODE, or kilim network create NAME"));
		return;
	}
	show_fact(c, 1, _("network"), "%s", json_text(status, "network.name"));
	show_some(c, 1, _("network id"), json_text(status, "network.id"));
	show_fact(c, 1, _("membership"), "%s%s", json_text(status, "organisation.state"),
	    json_true(status, "organisation.coordinator") ? _(", coordinator") : "");
	show_fact(c, 1, _("members"), _("%.0f active of %.0f"), json_number(status, "members.active", 0),
	    json_number(status, "members.total", 0));
}

static void
print_records(const struct call *c, const cJSON *records)
{
	struct buf text = { 0 };
	const cJSON *count;

	cJSON_ArrayForEach(count, records)
		if (cJSON_IsNumber(count) && count->valuedouble > 0)
			buf_printf(&text, "%s%s %.0f", text.len ? ", " : "", count->string, count->valuedouble);
	show_fact(c, 1, _("records"), "%s", text.len ? buf_text(&text) : _("none"));
	buf_free(&text);
}

/* Only where it is not everything. */
static void
print_kept(const struct call *c, const cJSON *status)
{
	struct buf text = { 0 };
	const cJSON *one;

	if (json_at(status, "keeps") == NULL || json_true(status, "keeps_all"))
		return;
	cJSON_ArrayForEach(one, json_at(status, "keeps"))
		buf_printf(&text, "%s%s", text.len ? ", " : "", json_text(one, ""));
	show_fact(c, 1, _("keeps only"), _("%s; ask another node for the rest, with --at"), buf_text(&text));
	buf_free(&text);
}

/* Admissions that want this organisation's vote, or others'. */
static void
print_pending(const struct call *c, const cJSON *pending)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, pending)
		show_fact(c, 1, _("wants to be admitted"), _("%s (%.0f of %.0f votes): kilim members admit %s"),
		    json_text(one, "name"), json_number(one, "have", 0), json_number(one, "need", 0), json_text(one, "id"));
}

static void
print_node(const struct call *c, const cJSON *status)
{
	const char *territory = territory_name(bytes_text(json_text(status, "organisation.territory")));
	const cJSON *warning;
	struct buf clean = { 0 };

	text_clean(json_text(status, "organisation.name"), true, &clean);
	fprintf(c->out, "%s%s: %s%s\n", show_on(c, "1"), _("organisation"), buf_text(&clean), show_off(c));
	buf_free(&clean);
	show_some(c, 1, _("territory"), territory ? _(territory) : json_text(status, "organisation.territory"));
	show_some(c, 1, _("id"), json_text(status, "organisation.id"));
	show_some(c, 1, _("node"), json_text(status, "node.id"));
	print_network(c, status);
	show_some(c, 1, _("listens on"), json_text(status, "listen"));
	if (json_true(status, "protected"))
		show_fact(c, 1, _("protected"), "%s", _("yes: no address published, nobody can connect to this computer"));
	print_records(c, json_at(status, "records"));
	print_kept(c, status);
	print_pending(c, json_at(status, "pending"));
	cJSON_ArrayForEach(warning, json_at(status, "warnings"))
		show_some(c, 1, _("warning"), cJSON_GetStringValue(warning));
	if (territory && strchr(territory, '*'))
		show_fact(c, 1, _("note"), "%s", _(territory_footnote));
}

/* A line for each kind that is verified: how much of it is fresh, in the whole network. */
static void
print_freshness(const struct call *c, const cJSON *freshness)
{
	static const struct { const char *state, *word; bool where; } states[] = {
		{ "fresh", N_("fresh"), false }, { "unverified", N_("not verified"), false }, { "due", N_("due"), false },
		{ "stale", N_("stale"), true }, { "expired", N_("expired"), true },
	};
	const cJSON *kind;

	cJSON_ArrayForEach(kind, freshness) {
		const struct kind *k = kind_by_word(kind->string);
		struct buf text = { 0 };
		const cJSON *place;
		char label[80];

		for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
			double count = json_number(json_at(kind, "all"), states[i].state, 0);
			const char *open = " (";

			if (count <= 0)
				continue;
			buf_printf(&text, "%s%.0f %s", text.len ? ", " : "", count, _(states[i].word));
			cJSON_ArrayForEach(place, kind) {
				if (!states[i].where || strcmp(place->string, "all") == 0 || json_number(place, states[i].state, 0) <= 0)
					continue;
				buf_printf(&text, "%s%s %.0f", open, place->string, json_number(place, states[i].state, 0));
				open = ", ";
			}
			buf_put_text(&text, *open == ',' ? ")" : "");
		}
		snprintf(label, sizeof label, _("freshness of %s"), k ? k->words : kind->string);
		show_fact(c, 1, label, "%s", buf_text(&text));
		buf_free(&text);
	}
}

void
watch_print_status(const struct call *c, const cJSON *status, time_t now)
{
	print_node(c, status);
	print_freshness(c, json_at(status, "freshness"));
	if (cJSON_GetArraySize(json_at(status, "peers")) == 0)
		return;
	show_gap(c);
	print_peers(c, json_at(status, "peers"), now);
}

/* GET PATH, pass it through or print it. */
static enum err_code
watch(struct call *c, const char *path, void (*print)(const struct call *, const cJSON *, time_t), struct err *e)
{
	cJSON *answer = NULL;
	enum err_code rc = http_ask(c, "GET", path, (struct bytes){ 0 }, &answer, e);

	if (rc)
		return rc;
	if (c->json)
		call_json(c, answer);
	else
		print(c, answer, time(NULL));
	cJSON_Delete(answer);
	return ERR_OK;
}

/* In no network yet: perhaps on the way into one. */
static void
print_join(struct call *c)
{
	cJSON *join = NULL;
	const cJSON *word;
	struct buf words = { 0 };

	if (http_ask(c, "GET", "/v1/join", (struct bytes){ 0 }, &join, NULL) == ERR_OK) {
		cJSON_ArrayForEach(word, json_at(join, "words"))
			if (cJSON_IsString(word))
				buf_printf(&words, "%s%s", words.len ? " " : "", word->valuestring);
		show_gap(c);
		show_fact(c, 0, _("joining"), "%s", json_text(join, "state"));
		show_some(c, 1, _("words"), buf_text(&words));
		show_some(c, 1, _("reason"), json_text(join, "reason"));
	}
	buf_free(&words);
	cJSON_Delete(join);
}

/* Guests whose words a coordinator should compare now. Who may not see invitations sees none. */
static void
print_guests(struct call *c)
{
	cJSON *invites = NULL;
	const cJSON *one, *word;
	struct buf words = { 0 };

	http_ask(c, "GET", "/v1/invites", (struct bytes){ 0 }, &invites, NULL);
	cJSON_ArrayForEach(one, invites) {
		if (strcmp(json_text(one, "state"), "asking") != 0)
			continue;
		buf_reset(&words);
		cJSON_ArrayForEach(word, json_at(one, "words"))
			if (cJSON_IsString(word))
				buf_printf(&words, "%s%s", words.len ? " " : "", word->valuestring);
		show_gap(c);
		show_fact(c, 0, _("wants to join"), "%s", json_text(one, "name"));
		show_some(c, 1, _("words"), buf_text(&words));
		show_fact(c, 1, _("when they are the same"), "kilim invite accept %s", buf_text(&words));
	}
	buf_free(&words);
	cJSON_Delete(invites);
}

enum err_code
watch_status(struct call *c, struct err *e)
{
	cJSON *status = NULL, *freshness = NULL;
	enum err_code rc = http_ask(c, "GET", "/v1/status", (struct bytes){ 0 }, &status, e);

	if (rc)
		return rc;
	if (http_ask(c, "GET", "/v1/freshness", (struct bytes){ 0 }, &freshness, NULL) == ERR_OK)
		cJSON_AddItemToObject(status, "freshness", freshness);
	if (c->json) {
		call_json(c, status);
	} else {
		watch_print_status(c, status, time(NULL));
		if (!cJSON_IsObject(json_at(status, "network")))
			print_join(c);
		if (json_true(status, "organisation.coordinator"))
			print_guests(c);
	}
	cJSON_Delete(status);
	return ERR_OK;
}

static void
print_peers_or_none(const struct call *c, const cJSON *peers, time_t now)
{
	print_peers(c, peers, now);
	if (cJSON_GetArraySize(peers) == 0)
		call_note(c, _("No peers are known yet."));
}

enum err_code
watch_peers(struct call *c, struct err *e)
{
	return watch(c, "/v1/peers", print_peers_or_none, e);
}

enum err_code
watch_sync(struct call *c, struct err *e)
{
	cJSON *answer = NULL;
	enum err_code rc = http_ask(c, "POST", "/v1/sync", (struct bytes){ 0 }, &answer, e);

	if (rc == ERR_OK && c->json)
		call_json(c, answer);
	else if (rc == ERR_OK)
		show_line(c, "%s", _("The node visits its peers now; see how it goes with: kilim status"));
	cJSON_Delete(answer);
	return rc;
}

/* --- doctor --- */

bool
watch_print_findings(const struct call *c, const cJSON *findings)
{
	const cJSON *one;
	bool bad = false;

	cJSON_ArrayForEach(one, findings) {
		const char *state = json_text(one, "state"), *remedy = json_text(one, "remedy");
		struct buf text = { 0 };

		text_clean(json_text(one, "text"), true, &text);
		if (*remedy && strcmp(state, "ok") != 0) {
			buf_put_text(&text, c->plain ? "" : "\n      ");
			buf_put_text(&text, c->plain ? "; " : "");
			text_clean(remedy, true, &text);
		}
		if (c->plain)
			fprintf(c->out, "%s: %s: %s\n", state, json_text(one, "code"), buf_text(&text));
		else
			fprintf(c->out, "%s%*s  %s: %s\n", show_state(c, state), (int)(strlen(state) < 4 ? 4 - strlen(state) : 0),
			    "", json_text(one, "code"), buf_text(&text));
		bad |= strcmp(state, "bad") == 0;
		buf_free(&text);
	}
	return bad;
}

enum err_code
watch_doctor(struct call *c, struct err *e)
{
	cJSON *findings = NULL;
	const cJSON *one;
	enum err_code rc = http_ask(c, "GET", "/v1/doctor", (struct bytes){ 0 }, &findings, e);

	if (rc)
		return rc;
	if (c->json) {
		call_json(c, findings);
		cJSON_ArrayForEach(one, findings)
			if (strcmp(json_text(one, "state"), "bad") == 0)
				c->exit = 1;
	} else if (watch_print_findings(c, findings)) {
		c->exit = 1;
	}
	cJSON_Delete(findings);
	return ERR_OK;
}
