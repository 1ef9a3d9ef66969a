#include "tests/unit/record/network.h"

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/record/view.h"

#define HOUR_OF(h) ((h) * HOUR)
#define DAY_AGO (24 * HOUR)

/*
 * One record: who wrote it, its kind, the number it is named by, how many hours ago, and its fields. In the fields @1/5 is
 * the entry 5 of organisation 1, @1 its key, %1/5 the record id of that entry's version in this list.
 */
struct row {
	unsigned org;
	const char *kind;
	unsigned name;
	int hours;
	enum audience audience;
	const char *fields;
};

static struct network net;
static struct id ids[64];        /* of the rows, once they are signed */

static void
open_net(void)
{
	net_start(&net, 0);
	net_found(&net, 5000, 2000);
}

static void
close_net(void)
{
	net_stop(&net);
}

static void
expand(const struct row *rows, size_t count, const char *text, struct buf *out)
{
	char plain[ID_TEXT];

	for (const char *p = text; *p; p++) {
		unsigned org, name;
		int used = 0;

		if (*p == '@' && sscanf(p, "@%u/%u%n", &org, &name, &used) == 2 && used) {
			struct uuid u = name_of(name);

			reference_format(&net.keys[org].public_key, &u, out);
		} else if (*p == '@' && sscanf(p, "@%u%n", &org, &used) == 1 && used) {
			buf_put_text(out, id_format(ID_ORGANISATION, &net.keys[org].public_key, plain));
		} else if (*p == '%' && sscanf(p, "%%%u/%u%n", &org, &name, &used) == 2 && used) {
			for (size_t i = 0; i < count; i++)
				if (rows[i].org == org && rows[i].name == name)
					buf_put_text(out, id_format(ID_RECORD, &ids[i], plain));
		} else {
			buf_put_u8(out, (uint8_t)*p);
			continue;
		}
		p += used - 1;
	}
}

/* Signed as any member's program could: fields are read by the table, its rules for authors are not asked. */
static void
sign_row(const struct row *rows, size_t count, size_t i, struct buf *out)
{
	const struct row *row = &rows[i];
	const struct kind *k = kind_by_word(row->kind);
	struct record r = net_record(&net, row->org, k->number, row->name, at(row->hours * HOUR));
	struct buf text = { 0 }, body = { 0 }, private_fields = { 0 };
	cJSON *object;
	struct err e;

	expand(rows, count, row->fields, &text);
	cr_assert_eq(json_parse(buf_bytes(&text), 100000, "row", &object, &e), ERR_OK, "%s", buf_text(&text));
	/* Who flags her own entry has a program of her own. */
	cr_assert_eq(body_from_json(k, k->says == SAYS_FLAG ? &net.keys[5].public_key : &r.author, object, "en", &body, &private_fields, &e), ERR_OK, "row %zu: %s: %s: %s", i,
	    e.object, e.rule, e.reason);
	r.audience = row->audience;
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[row->org], &net.network, &r, out, &ids[i]);
	cJSON_Delete(object);
	buf_free(&text);
	buf_free(&body);
	buf_free(&private_fields);
}

/* All rows, in the order that SEED gives (0: as they stand). */
static void
admit_rows(const struct row *rows, size_t count, uint64_t seed)
{
	struct buf signed_rows[64] = { { 0 } };
	size_t order[64];

	cr_assert_leq(count, 64u);
	for (size_t i = 0; i < count; i++) {
		order[i] = i;
		sign_row(rows, count, i, &signed_rows[i]);
	}
	for (size_t i = count; seed && i > 1; i--) {
		size_t j = dice(&seed) % i, was = order[i - 1];

		order[i - 1] = order[j];
		order[j] = was;
	}
	for (size_t i = 0; i < count; i++)
		net_admit(&net, buf_bytes(&signed_rows[order[i]]));
	for (size_t i = 0; i < count; i++)
		buf_free(&signed_rows[i]);
}

struct looking {
	struct store_txn *txn;
	struct sayings *said;
	struct view_context c;
};

static void
look(struct looking *l, unsigned self)
{
	l->txn = store_read(net.store);
	l->said = sayings_gather(net.records, l->txn);
	l->c = (struct view_context){ net.records, l->txn, l->said, net.keys[self].public_key, net.now_ms, true };
}

static void
look_away(struct looking *l)
{
	sayings_free(l->said);
	txn_abort(&l->txn);
}

static struct verified
entry(const struct looking *l, unsigned org, const char *kind, unsigned name)
{
	struct uuid u = name_of(name);
	struct verified v;

	cr_assert(records_live(net.records, l->txn, kind_by_word(kind)->number, &net.keys[org].public_key, &u, &v));
	return v;
}

/* What a reader is told, as words in a fixed order; what is usual is left out. */
static void
tell(const struct looking *l, unsigned org, const char *kind, unsigned name, struct buf *out)
{
	static const char *const says[] = { "", "flag", "claim", "translation", "endorsement" };
	const struct kind *k = kind_by_word(kind);
	struct verified v = entry(l, org, kind, name);
	cJSON *object = NULL, *word;
	struct view w;

	view_of(&l->c, k, &v, &w);
	buf_put_text(out, view_hides(&w) ? view_word(w.why) : w.why ? "own " : "shown");
	if (w.own && w.why)
		buf_put_text(out, view_word(w.why));
	if (w.freshness.state)
		buf_printf(out, " %s", freshness_word(w.freshness.state));
	if (!id_is_zero(&w.confirmed_by))
		buf_put_text(out, " confirmed");
	if (view_standing_word(w.standing) && w.standing != VIEW_SELF)
		buf_printf(out, " %s", view_standing_word(w.standing));
	if (w.exposed)
		buf_put_text(out, " exposed");
	if (w.caution)
		buf_put_text(out, " caution");
	if (w.claimed)
		buf_put_text(out, w.replaced ? " replaced" : " claimed");
	for (size_t i = 0; i < w.count; i++) {
		const struct view_saying *s = &w.sayings[i];

		buf_printf(out, " %s%s%s", says[s->said->says], s->said->code ? ":" : "", s->said->code ? s->said->code->word : "");
		buf_put_text(out, s->behind ? "(behind)" : !s->counts ? "(no effect)" : "");
	}
	cr_assert_eq(body_to_json(k, v.record.body, (struct bytes){ 0 }, &object, NULL), ERR_OK);
	view_prune(&l->c, k, &v, &w, object);
	cJSON_ArrayForEach(word, cJSON_GetObjectItemCaseSensitive(object, "withheld"))
		buf_printf(out, " -%s", word->valuestring);
	cJSON_Delete(object);
}

#define OWN(word) "{\"relation\":\"" word "\",\"name\":\"Made-up member\",\"territories\":[\"AL\"]}"
#define OTHER(word) "{\"relation\":\"" word "\",\"name\":\"Another\",\"territories\":[\"AL\"]}"
#define SERVICE(org, more) "{\"organisation\":\"" org "\",\"name\":\"Line\",\"description\":\"Advice.\",\"languages\":[\"sqi\"]," \
	"\"service_areas\":[\"AL\"]" more "}"
#define FLAG(about, reason, more) "{\"about\":\"" about "\",\"reason\":\"" reason "\"" more "}"
#define CLAIM(about, what, more) "{\"about\":\"" about "\",\"what\":\"" what "\"" more "}"

/* Another record, whose id stands for a version that is not the present one. */
#define OLD { 2, "comment", 3, 10, 1, "{\"parent\":\"@4/9\",\"text\":\"Hello.\"}" }

/* One rule a row: the records, who looks (org), at what, and what is told. */
static const struct rule_case {
	const char *law;
	struct row rows[8];
	unsigned reader, org;
	const char *kind;
	unsigned name;
	const char *told;
} cases[] = {
	/* --- flags --- */
	{ "what a member says is wrong is told, and hides nothing",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "closed", "") },
	      { 3, "flag", 1, 7, 1, FLAG("@1/1", "wrong-phone", "") } },
	    2, 1, "service", 1, "shown listed flag:closed flag:wrong-phone" },
	{ "a flag falls away when the entry is signed after it",
	    { { 1, "service", 1, 5, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "closed", "") } },
	    2, 1, "service", 1, "shown listed" },
	{ "who calls it correct takes back what she said before; what others said stays",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "moved", "") },
	      { 3, "flag", 1, 8, 1, FLAG("@1/1", "closed", "") },
	      { 2, "flag", 2, 7, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"phone\"") } },
	    2, 1, "service", 1, "shown confirmed listed flag:closed flag:correct" },
	{ "correct makes a stale entry fresh",
	    { { 1, "service", 1, 200 * 24, 0, SERVICE("@1/7", "") },
	      { 2, "flag", 2, 7, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"visit\"") } },
	    2, 1, "service", 1, "shown confirmed listed flag:correct" },
	{ "and is counted from the day it was said",
	    { { 1, "service", 1, 390 * 24, 0, SERVICE("@1/7", "") },
	      { 2, "flag", 2, 190 * 24, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"visit\"") } },
	    2, 1, "service", 1, "shown stale confirmed listed flag:correct" },
	{ "a stale helpline is shown",
	    { { 1, "service", 1, 100 * 24, 0, SERVICE("@1/7", ",\"kind_terms\":[\"helpline\"]") } },
	    2, 1, "service", 1, "shown stale listed" },
	{ "a stale offer is not",
	    { { 1, "offer", 1, 61 * 24, 1, "{\"category\":\"space\",\"item\":\"room\",\"quantity\":1,\"until\":\"2030-01-01\","
	      "\"basis\":\"gift\",\"stage\":\"open\"}" } },
	    2, 1, "offer", 1, "ended stale" },
	{ "unless somebody called it correct",
	    { { 1, "offer", 1, 61 * 24, 1, "{\"category\":\"space\",\"item\":\"room\",\"quantity\":1,\"until\":\"2030-01-01\","
	      "\"basis\":\"gift\",\"stage\":\"open\"}" }, { 2, "flag", 2, 7, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"phone\"") } },
	    2, 1, "offer", 1, "shown confirmed flag:correct" },
	{ "nobody flags her own entry",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 1, "flag", 1, 8, 1, FLAG("@1/1", "closed", "") } },
	    2, 1, "service", 1, "shown listed" },
	{ "of many with one reason by one member the newest four count",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "moved", "") },
	      { 2, "flag", 2, 7, 1, FLAG("@1/1", "moved", "") }, { 2, "flag", 3, 6, 1, FLAG("@1/1", "moved", "") },
	      { 2, "flag", 4, 5, 1, FLAG("@1/1", "moved", "") }, { 2, "flag", 5, 4, 1, FLAG("@1/1", "moved", "") },
	      { 3, "flag", 1, 3, 1, FLAG("@1/1", "moved", "") } },
	    4, 1, "service", 1, "shown listed flag:moved flag:moved flag:moved flag:moved flag:moved" },
	/* --- exposed --- */
	{ "an exposed address: what tells the place is withheld",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"municipalities\":[\"Izmišljevo\"]") },
	      { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    3, 1, "service", 1, "shown listed exposed flag:address-exposed -municipalities -description" },
	{ "its author sees it whole",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"municipalities\":[\"Izmišljevo\"]") },
	      { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    1, 1, "service", 1, "shown listed exposed flag:address-exposed" },
	{ "and so are all free texts but the title, for no rule finds every place",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    3, 1, "service", 1, "shown listed exposed flag:address-exposed -description" },
	{ "those that every kind has as well",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"alert\":\"Enter from the yard.\"") },
	      { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    3, 1, "service", 1, "shown listed exposed flag:address-exposed -description -alert" },
	{ "a translation tells no more of it than the entry does",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") },
	      { 4, "translation", 1, 8, 0, "{\"about\":\"@1/1\",\"source_record\":\"%1/1\",\"tag\":\"sq\",\"texts\":["
	      "{\"field\":\"name\",\"text\":\"Linja\"},{\"field\":\"description\",\"text\":\"Pas shkolles blu.\"}]}" } },
	    3, 4, "translation", 1, "shown -texts" },
	{ "a later word of the same member does not take it back",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"municipalities\":[\"Izmišljevo\"]") },
	      { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") },
	      { 2, "flag", 2, 7, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"phone\"") } },
	    3, 1, "service", 1, "shown confirmed listed exposed flag:address-exposed flag:correct -municipalities -description" },
	{ "the places that it names are hidden with it",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"locations\":[\"@1/2\"]") },
	      { 1, "location", 2, 9, 0, "{\"name\":\"Rooms\",\"territory\":\"AL\",\"disclosure\":\"municipality\","
	      "\"municipality\":\"Izmišljevo\"}" }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    3, 1, "location", 2, "shown exposed -municipality" },
	{ "places of others are not: nobody hides them by naming them",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"locations\":[\"@4/2\"]") },
	      { 4, "location", 2, 9, 0, "{\"name\":\"Rooms\",\"territory\":\"AL\",\"disclosure\":\"municipality\","
	      "\"municipality\":\"Izmišljevo\"}" }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") } },
	    3, 4, "location", 2, "shown" },
	{ "that another one made sure is not the author's to say",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"last_verified\":\"2026-01-01\",\"method\":\"visit\",\"verified_by\":\"@2\"") } },
	    3, 1, "service", 1, "shown listed -verified_by" },
	{ "only that she did herself",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"last_verified\":\"2026-01-01\",\"method\":\"visit\",\"verified_by\":\"@1\"") } },
	    3, 1, "service", 1, "shown listed" },
	/* --- what refers to what must stay unknown --- */
	{ "a comment on a redacted service tells no street, whoever wrote it and by what program",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") },
	      { 2, "comment", 2, 8, 1, "{\"parent\":\"@1/1\",\"text\":\"It is at rruga e Sajuar 12.\"}" } },
	    3, 2, "comment", 2, "shown -text" },
	{ "also one that was written while the street was no secret",
	    { { 2, "comment", 2, 9, 1, "{\"parent\":\"@1/1\",\"text\":\"It is at rruga e Sajuar 12.\"}" },
	      { 1, "service", 1, 8, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") } },
	    3, 2, "comment", 2, "shown -text" },
	{ "one without a street stays",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") },
	      { 2, "comment", 2, 8, 1, "{\"parent\":\"@1/1\",\"text\":\"Thank you.\"}" } },
	    3, 2, "comment", 2, "shown" },
	{ "one on what is no secret stays as well",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") },
	      { 2, "comment", 2, 8, 1, "{\"parent\":\"@1/1\",\"text\":\"It is at rruga e Sajuar 12.\"}" } },
	    3, 2, "comment", 2, "shown" },
	{ "an event that refers to a redacted service tells no exact place",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") },
	      { 2, "event", 2, 8, 0, "{\"title\":\"Open day\",\"type\":\"training\",\"start\":\"2040-05-04T08:00:00Z\",\"mode\":\"onsite\","
	      "\"materials\":[\"@1/1\"],\"venue\":\"The yellow house\",\"municipality\":\"Izmišljevo\"}" } },
	    3, 2, "event", 2, "shown -venue" },
	{ "a step of a pathway does not lead to the door",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"kind_terms\":[\"shelter\"]") },
	      { 2, "pathway", 2, 8, 0, "{\"title\":\"Steps\",\"situation\":[\"domestic-violence\"],\"territory\":\"AL\",\"steps\":["
	      "{\"n\":1,\"action\":\"Go to rruga e Sajuar 12.\",\"service\":\"@1/1\",\"consent_needed\":true}]}" } },
	    3, 2, "pathway", 2, "shown -steps" },
	{ "nor does a flag repeat what another one says is told",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 4, "flag", 1, 8, 1, FLAG("@1/1", "address-exposed", "") },
	      { 2, "flag", 2, 8, 1, FLAG("@1/1", "moved", ",\"remark\":\"It was at rruga e Sajuar 12.\"") } },
	    3, 2, "flag", 2, "shown -remark" },
	{ "its author reads her own words",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") },
	      { 2, "comment", 2, 8, 1, "{\"parent\":\"@1/1\",\"text\":\"It is at rruga e Sajuar 12.\"}" } },
	    2, 2, "comment", 2, "shown" },
	/* --- conduct --- */
	{ "caution is advised at other nodes",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") } },
	    3, 1, "service", 1, "shown listed caution flag:conduct" },
	{ "and hides it at the flagger's own",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") } },
	    2, 1, "service", 1, "caution listed caution flag:conduct" },
	{ "it holds for later versions as well",
	    { { 1, "service", 1, 5, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") } },
	    3, 1, "service", 1, "shown listed caution flag:conduct" },
	{ "two members are not two coordinators",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") },
	      { 4, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") } },
	    3, 1, "service", 1, "shown listed caution flag:conduct flag:conduct" },
	{ "one coordinator is not two, whatever she says twice",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 0, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") },
	      { 0, "flag", 2, 7, 1, FLAG("@1/1", "conduct", "") } },
	    3, 1, "service", 1, "shown listed caution flag:conduct flag:conduct" },
	{ "a helpline is marked and never hidden, not even at the flagger's",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"kind_terms\":[\"helpline\"]") },
	      { 2, "flag", 1, 8, 1, FLAG("@1/1", "conduct", "") } },
	    2, 1, "service", 1, "shown listed caution flag:conduct" },
	{ "of more than three open flags about conduct the oldest three count",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "flag", 1, 8, 1, FLAG("@1/5", "conduct", "") },
	      { 2, "flag", 2, 7, 1, FLAG("@1/5", "conduct", "") }, { 2, "flag", 3, 6, 1, FLAG("@1/5", "conduct", "") },
	      { 2, "flag", 4, 5, 1, FLAG("@1/1", "conduct", "") } },
	    3, 1, "service", 1, "shown listed" },
	/* --- claims --- */
	{ "the member that a listed entry names has it removed",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "organisation", 1, "claim listed claimed claim:remove" },
	{ "who listed it sees it, and why others do not",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    2, 2, "organisation", 1, "own claim listed claimed claim:remove" },
	{ "a later version does not bring it back",
	    { { 2, "organisation", 1, 5, 0, OWN("listed") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "organisation", 1, "claim listed claimed claim:remove" },
	{ "a member of another name changes nothing",
	    { { 2, "organisation", 1, 9, 0, OTHER("listed") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "organisation", 1, "shown listed claim:remove(no effect)" },
	{ "nor one of the same name in another territory",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 4, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "organisation", 1, "shown listed claim:remove(no effect)" },
	{ "a coordinator claims for who has no computer",
	    { { 2, "organisation", 1, 9, 0, OTHER("hosted") },
	      { 0, "claim", 1, 8, 0, CLAIM("@2/1", "remove", ",\"on_behalf\":\"Another\"") } },
	    3, 2, "organisation", 1, "claim hosted claimed claim:remove" },
	{ "nobody claims what an organisation says of itself, not even a coordinator",
	    { { 2, "organisation", 1, 9, 0, OWN("self") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") },
	      { 0, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "organisation", 1, "shown claim:remove(no effect) claim:remove(no effect)" },
	{ "services of a removed organisation go with it",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 2, "service", 2, 9, 0, SERVICE("@2/1", "") },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "service", 2, "claim listed claimed" },
	{ "a helpline as well: it is their wish",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") },
	      { 2, "service", 2, 9, 0, SERVICE("@2/1", ",\"kind_terms\":[\"helpline\"]") },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "service", 2, "claim listed claimed" },
	{ "and the places of those services",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 2, "service", 2, 9, 0, SERVICE("@2/1", ",\"locations\":[\"@2/3\"]") },
	      { 2, "location", 3, 9, 0, "{\"name\":\"Rooms\",\"territory\":\"AL\",\"disclosure\":\"municipality\"}" },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 2, "location", 3, "claim claimed" },
	{ "and what is said about them",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 4, "comment", 2, 9, 1, "{\"parent\":\"@2/1\",\"text\":\"Hello.\"}" },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") } },
	    3, 4, "comment", 2, "withheld" },
	{ "mine: the subject's own entry is shown instead",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 1, "organisation", 4, 9, 0, OWN("self") },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "mine", ",\"own\":\"@1/4\"") } },
	    3, 2, "organisation", 1, "claim listed replaced claim:mine" },
	{ "but not by one that is not there",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "mine", ",\"own\":\"@1/4\"") } },
	    3, 2, "organisation", 1, "shown listed claimed claim:mine" },
	{ "and its services stay, marked",
	    { { 2, "organisation", 1, 9, 0, OWN("listed") }, { 1, "organisation", 4, 9, 0, OWN("self") },
	      { 2, "service", 2, 9, 0, SERVICE("@2/1", "") },
	      { 1, "claim", 1, 8, 0, CLAIM("@2/1", "mine", ",\"own\":\"@1/4\"") } },
	    3, 2, "service", 2, "shown listed claimed" },
	/* --- translations --- */
	{ "a translation is shown as its author's",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "translation", 1, 8, 0,
	      "{\"about\":\"@1/1\",\"source_record\":\"%1/1\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\",\"text\":\"Linija\"}]}" } },
	    3, 1, "service", 1, "shown listed translation" },
	{ "behind, when it is of another version",
	    { OLD, { 1, "service", 1, 9, 0, SERVICE("@1/7", "") }, { 2, "translation", 2, 8, 0,
	      "{\"about\":\"@1/1\",\"source_record\":\"%2/3\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\",\"text\":\"Linija\"}]}" } },
	    3, 1, "service", 1, "shown listed translation(behind)" },
	{ "withheld, when it is wider than its entry",
	    { { 1, "service", 1, 9, 2, SERVICE("@1/7", "") }, { 2, "translation", 1, 8, 0,
	      "{\"about\":\"@1/1\",\"source_record\":\"%1/1\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\",\"text\":\"Linija\"}]}" } },
	    4, 2, "translation", 1, "withheld" },
	{ "behind is withheld where the place must stay unknown",
	    { OLD, { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") }, { 2, "translation", 2, 8, 0,
	      "{\"about\":\"@1/1\",\"source_record\":\"%2/3\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\",\"text\":\"Linija\"}]}" } },
	    3, 2, "translation", 2, "withheld" },
	{ "a translation of the present version keeps to the entry's level, field by field",
	    { { 1, "service", 1, 9, 0, SERVICE("@1/7", ",\"disclosure\":\"redacted\"") }, { 2, "translation", 2, 8, 0,
	      "{\"about\":\"@1/1\",\"source_record\":\"%1/1\",\"tag\":\"rom\",\"texts\":[{\"field\":\"description\","
	      "\"text\":\"Rruga e Sajuar 12\"}]}" } },
	    3, 2, "translation", 2, "shown -texts" },
	{ "one of an entry that is not here is not shown",
	    { OLD, { 2, "translation", 2, 8, 0, "{\"about\":\"@1/1\",\"source_record\":\"%2/3\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\","
	      "\"text\":\"Linija\"}]}" } },
	    3, 2, "translation", 2, "withheld" },
	/* --- endorsements --- */
	{ "before it is accepted an endorsement is not shown to others",
	    { { 2, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"Good.\"}" } },
	    3, 2, "endorsement", 1, "acceptance" },
	{ "but to its subject",
	    { { 2, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"Good.\"}" } },
	    1, 2, "endorsement", 1, "shown" },
	{ "accepted, it is shown",
	    { { 2, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"Good.\"}" },
	      { 1, "endorsement", 1, 8, 1, "{\"subject\":\"@1\",\"accepts\":\"@2/1\"}" } },
	    3, 2, "endorsement", 1, "shown" },
	{ "other words than those that were accepted are not",
	    { { 2, "endorsement", 1, 7, 1, "{\"subject\":\"@1\",\"statement\":\"Better.\"}" },
	      { 1, "endorsement", 1, 8, 1, "{\"subject\":\"@1\",\"accepts\":\"@2/1\"}" } },
	    3, 2, "endorsement", 1, "acceptance" },
	{ "it stands beside the subject's own entry about itself",
	    { { 2, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"Good.\"}" },
	      { 1, "endorsement", 1, 8, 1, "{\"subject\":\"@1\",\"accepts\":\"@2/1\"}" },
	      { 1, "organisation", 4, 9, 0, OWN("self") }, { 4, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"So so.\"}" } },
	    3, 1, "organisation", 4, "shown endorsement" },
	{ "and beside none that it entered about others",
	    { { 2, "endorsement", 1, 9, 1, "{\"subject\":\"@1\",\"statement\":\"Good.\"}" },
	      { 1, "endorsement", 1, 8, 1, "{\"subject\":\"@1\",\"accepts\":\"@2/1\"}" }, { 1, "organisation", 4, 9, 0, OTHER("listed") } },
	    3, 1, "organisation", 4, "shown listed" },
};

static size_t
rows_of(const struct rule_case *c)
{
	size_t n = 0;

	while (n < 8 && c->rows[n].kind)
		n++;
	return n;
}

/* Each rule of kinds.md "What others say", by its own records; in another order of arrival what is told is the same. */
Test(view, rules)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (uint64_t seed = 0; seed <= i + 1; seed += i + 1) {
			const struct rule_case *c = &cases[i];
			struct buf told = { 0 };
			struct looking l;

			open_net();
			admit_rows(c->rows, rows_of(c), seed);
			look(&l, c->reader);
			tell(&l, c->org, c->kind, c->name, &told);
			cr_expect_str_eq(buf_text(&told), c->told, "%s (seed %u):\n  %s\n  %s", c->law, (unsigned)seed, buf_text(&told),
			    c->told);
			look_away(&l);
			buf_free(&told);
			close_net();
		}
}

/* Two coordinators together hide an entry everywhere, and one who is none any more does not count. */
Test(view, two_coordinators, .init = open_net, .fini = close_net)
{
	static const struct row rows[] = {
		{ 2, "service", 1, 9, 0, SERVICE("@2/7", "") }, { 0, "flag", 1, 8, 1, FLAG("@2/1", "conduct", "") },
		{ 1, "flag", 1, 8, 1, FLAG("@2/1", "conduct", "") },
	};
	struct record r = net_record(&net, 0, KIND_CHARTER, 0, at(HOUR));
	struct buf body = { 0 }, told = { 0 }, envelope = { 0 };
	const struct membership *m;
	struct id charter;
	struct looking l;

	admit_rows(rows, 3, 0);
	look(&l, 3);
	tell(&l, 2, "service", 1, &told);
	look_away(&l);
	cr_expect_str_eq(buf_text(&told), "shown listed caution flag:conduct flag:conduct");
	net_charter(&net, &body, &net.network, 3, 5000, 2000);
	r.body = buf_bytes(&body);
	net_envelope(&net.keys[0], &net.network, &r, &envelope, &charter);
	cr_assert_eq(net_admit(&net, buf_bytes(&envelope)), REFUSAL_NONE);
	for (unsigned org = 0; org < 3; org++) {
		struct record vote = net_record(&net, org, KIND_APPROVAL, 0, at(30 * 60 * 1000));

		buf_reset(&body);
		cbor_put_map(&body, 1);
		put_id(&body, 32, &charter);
		vote.body = buf_bytes(&body);
		cr_assert_eq(net_admit_record(&net, org, &vote), REFUSAL_NONE);
	}
	cr_assert_eq(records_refresh(net.records, &m, NULL), ERR_OK);
	buf_reset(&told);
	look(&l, 3);
	cr_assert_eq(membership_charter(records_membership(net.records))->coordinators, 3u);
	tell(&l, 2, "service", 1, &told);
	look_away(&l);
	cr_expect_str_eq(buf_text(&told), "caution listed caution flag:conduct flag:conduct");
	buf_free(&body);
	buf_free(&told);
	buf_free(&envelope);
}

/* What a suspended member said is not heard, and is heard again when it is back. */
Test(view, suspended, .init = open_net, .fini = close_net)
{
	static const struct row rows[] = {
		{ 2, "organisation", 1, 9, 0, OWN("listed") }, { 1, "claim", 1, 8, 0, CLAIM("@2/1", "remove", "") },
	};
	const char *told[] = { "claim listed claimed claim:remove", "shown listed", "claim listed claimed claim:remove" };
	struct buf text = { 0 };

	admit_rows(rows, 2, 0);
	for (int i = 0; i < 3; i++) {
		struct looking l;
		const struct membership *m;

		if (i)
			net_vote(&net, 1, i == 1 ? "suspend" : "reinstate", at((3 - i) * HOUR));
		cr_assert_eq(records_refresh(net.records, &m, NULL), ERR_OK);
		buf_reset(&text);
		look(&l, 3);
		tell(&l, 2, "organisation", 1, &text);
		look_away(&l);
		cr_expect_str_eq(buf_text(&text), told[i], "%d", i);
	}
	buf_free(&text);
}

/* An entry whose earlier versions were erased was cleaned of something: translations of those are withheld. */
Test(view, translation_of_what_was_erased, .init = open_net, .fini = close_net)
{
	static const struct row before[] = {
		{ 1, "service", 1, 9, 0, SERVICE("@1/7", "") },
		{ 2, "translation", 2, 8, 0, "{\"about\":\"@1/1\",\"source_record\":\"%1/1\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\","
		    "\"text\":\"Linija\"}]}" },
	};
	static const struct row after[] = { { 1, "service", 1, 5, 0, SERVICE("@1/7", ",\"fees\":\"none\"") } };
	struct record r = net_record(&net, 1, KIND_ERASURE, 0, at(5 * HOUR)), service = net_record(&net, 1, KIND_SERVICE, 1, 0);
	struct buf told = { 0 }, body = { 0 };
	struct looking l;
	struct id key;

	admit_rows(before, 2, 0);
	admit_rows(after, 1, 0);
	look(&l, 3);
	tell(&l, 1, "service", 1, &told);
	look_away(&l);
	cr_expect_str_eq(buf_text(&told), "shown listed translation(behind)");
	record_key(&service, &crypto_envelope, &key);
	body_erasure(&body, &key, at(6 * HOUR), NULL);
	r.body = buf_bytes(&body);
	cr_assert_eq(net_admit_record(&net, 1, &r), REFUSAL_NONE);
	buf_reset(&told);
	look(&l, 3);
	tell(&l, 1, "service", 1, &told);
	buf_put_text(&told, ", ");
	tell(&l, 2, "translation", 2, &told);
	look_away(&l);
	cr_expect_str_eq(buf_text(&told), "shown listed, withheld");
	buf_free(&told);
	buf_free(&body);
}

/* Whose terms widen a search: our own, a coordinator's, and those a coordinator has called correct as they are. */
Test(view, trusted_terms, .init = open_net, .fini = close_net)
{
	static const char term[] = "{\"taxonomy\":\"@1/1\",\"code\":\"law\",\"name\":\"law\"}";
	static const struct row rows[] = {
		{ 1, "taxonomy", 1, 20, 0, "{\"code\":\"t\",\"name\":\"T\"}" },
		{ 1, "term", 2, 19, 0, term },                                          /* before the taxonomy was called correct */
		{ 1, "term", 3, 9, 0, "{\"taxonomy\":\"@1/1\",\"code\":\"c\",\"name\":\"c\"}" },   /* after it */
		{ 0, "flag", 1, 15, 1, FLAG("@1/1", "correct", ",\"confirmed\":\"document\"") },
		{ 0, "term", 4, 9, 0, "{\"taxonomy\":\"@1/1\",\"code\":\"d\",\"name\":\"d\"}" },   /* a coordinator's */
		{ 4, "term", 5, 19, 0, "{\"taxonomy\":\"@1/1\",\"code\":\"e\",\"name\":\"e\"}" },  /* another's, in that taxonomy */
		{ 1, "term", 6, 9, 0, "{\"taxonomy\":\"@1/1\",\"code\":\"f\",\"name\":\"f\"}" },
		{ 0, "flag", 2, 8, 1, FLAG("@1/6", "correct", ",\"confirmed\":\"document\"") },
		{ 2, "term", 7, 9, 0, "{\"taxonomy\":\"@1/1\",\"code\":\"g\",\"name\":\"g\"}" },
		{ 4, "flag", 2, 8, 1, FLAG("@2/7", "correct", ",\"confirmed\":\"document\"") },   /* no coordinator */
	};
	static const struct { unsigned reader, org, name; bool trusted; } wanted[] = {
		{ 3, 1, 2, true }, { 3, 1, 3, false }, { 1, 1, 3, true }, { 3, 0, 4, true }, { 3, 4, 5, false }, { 3, 1, 6, true },
		{ 3, 2, 7, false }, { 2, 2, 7, true },
	};

	for (uint64_t seed = 0; seed < 3; seed++) {
		if (seed) {
			close_net();
			open_net();
		}
		admit_rows(rows, sizeof rows / sizeof *rows, seed);
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
			struct looking l;
			struct verified v;

			look(&l, wanted[i].reader);
			v = entry(&l, wanted[i].org, "term", wanted[i].name);
			cr_expect_eq(view_trusts(&l.c, kind_by_word("term"), &v), wanted[i].trusted, "%zu, seed %u", i, (unsigned)seed);
			look_away(&l);
		}
	}
}

/* An entry is new on the day its name is first seen here; its later versions are not. */
Test(view, first_seen, .init = open_net, .fini = close_net)
{
	static const struct row first[] = { { 1, "service", 1, 9, 0, SERVICE("@1/7", "") } };
	static const struct row later[] = { { 1, "service", 1, 5, 0, SERVICE("@1/7", ",\"fees\":\"none\"") } };
	struct looking l;
	struct verified v;
	int64_t seen = net.now_ms;

	admit_rows(first, 1, 0);
	net.now_ms += 3 * DAY_AGO;
	admit_rows(later, 1, 0);
	look(&l, 0);
	v = entry(&l, 1, "service", 1);
	cr_expect_eq(v.record.stamp, at(5 * HOUR));
	cr_expect_eq(records_first_seen(net.records, l.txn, &v), seen);
	look_away(&l);
}
