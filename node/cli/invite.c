#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/cli/command.h"
#include "node/cli/http.h"
#include "node/cli/json.h"
#include "node/cli/plan.h"
#include "node/cli/qr.h"
#include "node/cli/setup.h"
#include "node/cli/show.h"
#include "node/cli/text.h"
#include "proto/calendar.h"

#define WAIT_DEFAULT_S 15
#define WAIT_MAX_S DAY_S
#define POLL_US 300000
#define DIAL_MIN_S 5       /* the first answer takes a handshake and a question, also with --wait 0 */
#define DIAL_MAX_S 30

/* --- invite --- */

static enum err_code
invite_body(struct call *c, cJSON *body, struct err *e)
{
	const char *name = call_arg(c, 0), *territory = call_option(c, "territory");
	const char *class = call_option(c, "class");
	const struct code *code;
	long days = 0;
	enum err_code rc;

	if (name == NULL)
		return err_set(e, ERR_USAGE, "invite", "name", _("NAME is missing: kilim invite \"NAME\" --territory CODE"));
	if (territory == NULL)
		return err_set(e, ERR_USAGE, "invite", "territory",
		    _("--territory is missing: AL, BA, ME, MK, RS, XK, or its name"));
	if ((rc = setup_territory(territory, name, NULL, c->yes, &code, e)))
		return rc;
	cJSON_AddStringToObject(body, "name", name);
	cJSON_AddStringToObject(body, "territory", code->word);
	if (class)
		cJSON_AddStringToObject(body, "class", class);
	cJSON_AddBoolToObject(body, "auto", call_flag(c, "auto"));
	if ((rc = call_number(c, "days", 1, LIMIT_INVITE_DAYS, &days, e)))
		return rc;
	if (days)
		cJSON_AddNumberToObject(body, "days", (double)days);
	return ERR_OK;
}

/* What both sides do next, in the order they do it. */
static void
print_steps(const struct call *c, const cJSON *sent, const cJSON *answer)
{
	show_line(c, "%s", _("What happens next:"));
	show_line(c, _("1. Give the code to %s and to nobody else, on paper or by a channel you trust. It works once."),
	    json_text(sent, "name"));
	show_line(c, _("2. They start their node and type: kilim join %s"), json_text(answer, "code"));
	if (json_true(sent, "auto")) {
		show_line(c, "%s", _("3. They are members at once. Nobody compares words."));
		return;
	}
	show_line(c, "%s", _("3. Their screen shows six words. Yours shows the same six when you type: kilim invite list"));
	show_line(c, "%s", _("4. Call them and compare. All six are the same: kilim invite accept WORDS"));
	show_line(c, "%s", _("   They are not: kilim invite refuse WORDS, and make a new code."));
	show_line(c, "%s", _("Leave the node of this computer running until then."));
}

static void
print_invite(const struct call *c, const cJSON *sent, const cJSON *answer)
{
	const char *territory = territory_name(bytes_text(json_text(sent, "territory")));
	struct buf when = { 0 };

	show_fact(c, 0, _("code"), "%s", json_text(answer, "code"));
	show_fact(c, 0, _("for"), "%s, %s", json_text(sent, "name"), territory ? _(territory) : "");
	show_time(json_text(answer, "expires"), &when);
	buf_put_text(&when, " (");
	show_ago(json_text(answer, "expires"), time(NULL), &when);
	buf_put_text(&when, ")");
	show_fact(c, 0, _("expires"), "%s", buf_text(&when));
	show_some(c, 0, _("id"), json_text(answer, "id"));
	buf_reset(&when);
	if (c->terminal && !c->plain) {
		qr_draw(json_text(answer, "code"), c->colour, &when);
		fprintf(c->out, "\n%s\n", buf_text(&when));
	}
	buf_free(&when);
	print_steps(c, sent, answer);
	if (territory && strchr(territory, '*'))
		show_line(c, "%s", _(territory_footnote));
}

enum err_code
invite_new(struct call *c, struct err *e)
{
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	enum err_code rc = invite_body(c, body, e);

	if (rc == ERR_OK && c->dry_run)
		return plan_show(c, _("invite an organisation"), body, e);
	if (rc == ERR_OK)
		rc = http_send(c, "POST", "/v1/invites", cJSON_Duplicate(body, true), &answer, e);
	if (rc == ERR_OK) {
		if (c->json)
			call_json(c, answer);
		else
			print_invite(c, body, answer);
	}
	cJSON_Delete(body);
	cJSON_Delete(answer);
	return rc;
}

/* The six words, which may come as an array or as one text. */
static void
put_words(const cJSON *answer, struct buf *out)
{
	const cJSON *words = json_at(answer, "words"), *word;

	if (cJSON_IsString(words))
		buf_put_text(out, words->valuestring);
	cJSON_ArrayForEach(word, words)
		if (cJSON_IsString(word))
			buf_printf(out, "%s%s", out->len ? " " : "", word->valuestring);
}

/* What the guest says of herself; where she was invited as something else, that as well. */
static void
put_guest(const cJSON *invite, const char *word, struct buf *out)
{
	const char *invited = json_text(invite, word), *says = json_text(json_at(invite, "joiner"), word);

	buf_put_text(out, *says ? says : invited);
	if (*says && strcmp(says, invited) != 0)
		buf_printf(out, _(" (invited: %s)"), invited);
}

enum err_code
invite_list(struct call *c, struct err *e)
{
	const char *heads[] = { _("name"), _("territory"), _("state"), _("expires"), _("words"), _("id") };
	struct table t;
	cJSON *invites = NULL;
	const cJSON *one;
	struct buf text = { 0 };
	enum err_code rc = http_ask(c, "GET", "/v1/invites", (struct bytes){ 0 }, &invites, e);

	if (rc)
		return rc;
	if (c->json) {
		call_json(c, invites);
		cJSON_Delete(invites);
		return ERR_OK;
	}
	table_start(&t, heads, 6);
	cJSON_ArrayForEach(one, invites) {
		buf_reset(&text);
		put_guest(one, "name", &text);
		table_put(&t, buf_text(&text));
		buf_reset(&text);
		put_guest(one, "territory", &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(one, "state"));
		buf_reset(&text);
		show_time(json_text(one, "expires"), &text);
		table_put(&t, buf_text(&text));
		buf_reset(&text);
		put_words(one, &text);
		table_put(&t, buf_text(&text));
		table_put(&t, json_text(one, "id"));
	}
	table_end(&t, c, 2);
	if (cJSON_GetArraySize(invites) == 0)
		call_note(c, _("No invitations are open."));
	buf_free(&text);
	cJSON_Delete(invites);
	return ERR_OK;
}

enum err_code
invite_revoke(struct call *c, struct err *e)
{
	struct buf path = { 0 };
	cJSON *answer = NULL, *body = cJSON_CreateObject();
	enum err_code rc;

	cJSON_AddStringToObject(body, "id", call_arg(c, 0));
	if (c->dry_run)
		return plan_show(c, _("revoke an invitation"), body, e);
	cJSON_Delete(body);
	buf_put_text(&path, "/v1/invites/");
	http_escape(&path, call_arg(c, 0));
	if ((rc = http_ask(c, "DELETE", buf_text(&path), (struct bytes){ 0 }, &answer, e)) == ERR_OK) {
		if (c->json)
			call_json(c, answer);
		else
			show_fact(c, 0, _("invitation revoked"), "%s", call_arg(c, 0));
	}
	buf_free(&path);
	cJSON_Delete(answer);
	return rc;
}

static void
print_words(const struct call *c, const cJSON *answer, bool cyrillic)
{
	struct buf words = { 0 }, other = { 0 };

	put_words(answer, &words);
	show_some(c, 0, _("words"), buf_text(&words));
	if (cyrillic && words.len) {
		text_cyrillic(buf_text(&words), &other);
		show_fact(c, 0, _("words in Cyrillic"), "%s", buf_text(&other));
	}
	show_some(c, 0, _("digits"), json_text(answer, "digits"));
	buf_free(&words);
	buf_free(&other);
}

static void
print_decision(const struct call *c, const char *state)
{
	if (strcmp(state, "refused") == 0)
		call_note(c, _("They are not admitted, and the code is used up. For a new one: kilim invite \"NAME\" "
		    "--territory CODE"));
	else if (strcmp(state, "admitted") == 0)
		call_note(c, _("They are a member now. See who is: kilim members"));
	else
		call_note(c, _("They become a member as soon as their node asks again, and, where your charter wants "
		    "several votes, other coordinators agree. See: kilim status"));
}

/* VERB is "accept" or "refuse". */
static enum err_code
decide(struct call *c, const char *verb, const char *what, struct err *e)
{
	struct buf words = { 0 }, path = { 0 };
	cJSON *body = cJSON_CreateObject(), *answer = NULL;
	enum err_code rc;

	for (size_t i = 0; i < c->arg_count; i++) {
		buf_put_text(&words, i ? " " : "");
		text_latin(c->args[i], &words);
	}
	cJSON_AddStringToObject(body, "words", buf_text(&words));
	buf_free(&words);
	if (call_option(c, "name"))
		cJSON_AddStringToObject(body, "name", call_option(c, "name"));
	if (c->dry_run)
		return plan_show(c, what, body, e);
	buf_printf(&path, "/v1/invites/%s", verb);
	if ((rc = http_send(c, "POST", buf_text(&path), body, &answer, e)) == ERR_OK) {
		if (c->json) {
			call_json(c, answer);
		} else {
			show_fact(c, 0, _("organisation"), "%s", json_text(answer, "name"));
			show_some(c, 0, _("invited as"), json_text(answer, "invited"));
			show_some(c, 0, _("id"), json_text(answer, "organisation"));
			show_fact(c, 0, _("state"), "%s", show_state(c, json_text(answer, "state")));
			print_decision(c, json_text(answer, "state"));
		}
	}
	buf_free(&path);
	cJSON_Delete(answer);
	return rc;
}

enum err_code
invite_accept(struct call *c, struct err *e)
{
	return decide(c, "accept", _("admit the organisation that shows these words"), e);
}

enum err_code
invite_refuse(struct call *c, struct err *e)
{
	return decide(c, "refuse", _("turn away the organisation that shows these words"), e);
}

/* --- join --- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_open(const cJSON *join)
{
	const char *state = json_text(join, "state");

	return strcmp(state, "admitted") != 0 && strcmp(state, "refused") != 0;
}

static bool
has_words(const cJSON *join)
{
	const cJSON *words = json_at(join, "words");

	return cJSON_IsString(words) ? words->valuestring[0] != 0 : cJSON_GetArraySize(words) > 0;
}

/* Look again until UNTIL (0: for ever), as long as there is something to wait for. JOIN is replaced. */
static enum err_code
wait_for(struct call *c, cJSON **join, bool (*more)(const cJSON *), int64_t until, struct err *e)
{
	while (more(*join) && (until == 0 || now_ms() < until)) {
		cJSON *next = NULL;
		enum err_code rc;

		usleep(POLL_US);
		if ((rc = http_ask(c, "GET", "/v1/join", (struct bytes){ 0 }, &next, e)) != ERR_OK)
			return rc;
		cJSON_Delete(*join);
		*join = next;
	}
	return ERR_OK;
}

static bool
lacks_words(const cJSON *join)
{
	return is_open(join) && !has_words(join);
}

/* Is Cyrillic written where this organisation works? */
static bool
reads_cyrillic(struct call *c)
{
	cJSON *status = NULL;
	const char *territory;
	bool reads = false;

	if (http_ask(c, "GET", "/v1/status", (struct bytes){ 0 }, &status, NULL) == ERR_OK) {
		territory = json_text(status, "organisation.territory");
		reads = *territory && strstr("BA ME MK RS WB", territory) != NULL;
	}
	cJSON_Delete(status);
	return reads;
}

static enum err_code
refused(const cJSON *join, struct err *e)
{
	const char *reason = json_text(join, "reason");

	return err_set(e, ERR_DENIED, "join", "refused", "%s",
	    *reason ? reason : _("the invitation was refused; ask the coordinator for a new one"));
}

/* The wait ran out before there were words to compare: nobody has answered yet. */
static enum err_code
unanswered(const cJSON *join, struct err *e)
{
	const char *reason = json_text(join, "reason");

	return err_set(e, ERR_PEER, "join", "answer", "%s", *reason ? reason
	    : _("the inviting computer has not answered yet; the node goes on asking, look again with: kilim status"));
}

static enum err_code
follow(struct call *c, cJSON **join, int64_t until, struct err *e)
{
	enum err_code rc = wait_for(c, join, lacks_words, until, e);

	if (rc)
		return rc;
	if (lacks_words(*join))
		return unanswered(*join, e);
	if (!c->json) {
		print_words(c, *join, has_words(*join) && reads_cyrillic(c));
		fflush(c->out);
		if (is_open(*join))
			call_note(c, _("Now call the coordinator, who sees six words as well. Read them to each other: they "
			    "must be the same. Then the coordinator accepts you."));
		if (is_open(*join) && until == 0)
			call_note(c, _("Waiting for that. You may leave with Ctrl-C: the node goes on by itself."));
	}
	return wait_for(c, join, is_open, until, e);
}

/* The node answers once it knows the words. Where that takes long (nobody there, or we are not let in), how far it
 * is says more than silence. */
static enum err_code
begin_join(struct call *c, cJSON *body, long seconds, cJSON **out, struct err *e)
{
	enum err_code rc;

	c->timeout_s = seconds < DIAL_MIN_S ? DIAL_MIN_S : seconds > DIAL_MAX_S ? DIAL_MAX_S : seconds;
	rc = http_send(c, "POST", "/v1/join", body, out, e);
	c->timeout_s = 0;
	if (rc == ERR_PEER && strcmp(e->rule, "timeout") == 0)
		rc = http_ask(c, "GET", "/v1/join", (struct bytes){ 0 }, out, e);
	return rc;
}

/* How far it has come; a member is told the network's name. */
static void
print_join(struct call *c, const cJSON *join)
{
	cJSON *network = NULL;

	show_fact(c, 0, _("state"), "%s", show_state(c, json_text(join, "state")));
	if (is_open(join)) {
		show_some(c, 0, _("reason"), json_text(join, "reason"));
		call_note(c, _("You are not a member yet. The node goes on asking by itself; see how far it is: kilim status"));
		return;
	}
	if (http_ask(c, "GET", "/v1/network", (struct bytes){ 0 }, &network, NULL) == ERR_OK)
		show_some(c, 0, _("network"), json_text(network, "name"));
	cJSON_Delete(network);
	call_note(c, _("Welcome: you are a member. The directory arrives in the next minutes.\n"
	    "See who is there: kilim members\n"
	    "Tell the others about yourselves: kilim organisation add"));
}

enum err_code
invite_join(struct call *c, struct err *e)
{
	bool wait = call_flag(c, "wait");
	cJSON *body, *join = NULL;
	long seconds = WAIT_DEFAULT_S;
	int64_t start = now_ms();
	enum err_code rc;

	if ((rc = call_number(c, "wait", 0, WAIT_MAX_S, &seconds, e)))
		return rc;
	body = cJSON_CreateObject();
	cJSON_AddStringToObject(body, "code", call_arg(c, 0));
	if (c->dry_run)
		return plan_show(c, _("join a network"), body, e);
	if (c->asks)
		call_note(c, _("Looking for the coordinator's node ..."));
	if ((rc = begin_join(c, body, seconds, &join, e)) != ERR_OK)
		return rc;
	rc = follow(c, &join, !wait && c->asks ? 0 : start + seconds * 1000, e);
	if (rc == ERR_OK && strcmp(json_text(join, "state"), "refused") == 0)
		rc = refused(join, e);
	if (rc == ERR_OK && c->json)
		call_json(c, join);
	else if (rc == ERR_OK)
		print_join(c, join);
	cJSON_Delete(join);
	return rc;
}
