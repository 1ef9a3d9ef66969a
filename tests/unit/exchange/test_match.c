#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/exchange/match.h"
#include "node/record/body_json.h"
#include "node/record/json.h"

static struct err err;
static const struct id us = { { 1 } }, them = { { 2 } }, terms_of = { { 3 } };

#define TODAY 21000              /* 2027-07-01 */

/* A tree: things (1) - machines (2) - laptops (3), phones (4); law (5). */
static bool
term(void *self, const struct reference *key, char out_name[80], struct reference *out_parent)
{
	static const struct {
		const char *name;
		uint8_t parent;
	} tree[] = { { "", 0 }, { "things", 0 }, { "machines", 1 }, { "laptops", 2 }, { "phones", 2 }, { "law", 0 }, { "circle", 6 } };
	uint8_t n = key->name.b[15];

	(void)self;
	if (n == 0 || n >= sizeof tree / sizeof *tree)
		return false;
	strcpy(out_name, tree[n].name);
	*out_parent = (struct reference){ 0 };
	if (tree[n].parent) {
		out_parent->author = terms_of;
		out_parent->name.b[15] = tree[n].parent;
	}
	return true;
}
static const struct match_world world = { TODAY, NULL, term };

static struct match_side
side(const char *kind, const struct id *author, const char *text)
{
	static struct buf kept[64];
	static size_t count;
	struct buf *body = &kept[count++ % 64], none = { 0 };
	cJSON *o = NULL;

	buf_reset(body);
	cr_assert_eq(json_parse(bytes_text(text), 100000, "t", &o, &err), ERR_OK, "%s", err.reason);
	cr_assert_eq(body_from_json(kind_by_word(kind), &terms_of, o, "en", body, &none, &err), ERR_OK, "%s: %s", err.object, err.reason);
	cJSON_Delete(o);
	buf_free(&none);
	return (struct match_side){ kind_by_word(kind), { *author, { { (uint8_t)kind[0] } } }, buf_bytes(body) };
}

/* Fields beside what every side needs; LEFT_OUT needs none of them. */
static char *
text_with(const char *base, const char *more)
{
	static char text[2][1500];
	static unsigned turn;
	char *out = text[turn++ % 2];

	snprintf(out, sizeof text[0], "{%s%s%s}", more, *more ? "," : "", base);
	return out;
}

#define TERM(n) "\"00000000-0000-0000-0000-00000000000" #n "\""
#define NEED_LEAST "\"until\":\"2030-01-01\",\"quantity\":6"
#define OFFER_LEAST "\"until\":\"2030-01-01\",\"quantity\":10"

/* The words of the reasons, as "topic category ...", "!" before each that is a question; "-": no match. */
static const char *
why(const char *need_more, const char *offer_more)
{
	static char out[600];
	struct match_side need = side("need", &us, text_with(NEED_LEAST, need_more));
	struct match_side offer = side("offer", &them, text_with(OFFER_LEAST, offer_more));
	struct match m;

	if (!match_of(&need, &offer, &world, &m))
		return "-";
	cr_assert(m.score >= 1 && m.score <= 100);
	out[0] = 0;
	for (size_t i = 0; i < m.count; i++)
		sprintf(out + strlen(out), "%s%s%s", i ? " " : "", reason_speaks_for(m.why[i].reason) ? "" : "!", reason_word(m.why[i].reason));
	return out;
}

#define E_NEED "\"category\":\"equipment\",\"item\":{\"en\":\"laptops\"},\"stage\":\"open\",\"territory\":\"AL\""
#define E_OFFER "\"category\":\"equipment\",\"item\":{\"sq\":\"laptopë\"},\"stage\":\"open\",\"territory\":\"AL\""

/* Topics: the same, one within the other either way, or both below a third that is not the top; else only words of the
 * item tell. */
Test(match, topics)
{
#define T_NEED(n) "\"category\":\"equipment\",\"item\":{\"en\":\"abc\"},\"stage\":\"open\",\"territory\":\"AL\",\"topics\":[" TERM(n) "]"
#define T_OFFER(n) "\"category\":\"equipment\",\"item\":{\"en\":\"xyz\"},\"stage\":\"open\",\"territory\":\"AL\",\"topics\":[" TERM(n) "]"
	cr_assert_str_eq(why(T_NEED(3), T_OFFER(3)), "topic category territory quantity");
	cr_assert_str_eq(why(T_NEED(2), T_OFFER(3)), "topic-within category territory quantity");
	cr_assert_str_eq(why(T_NEED(3), T_OFFER(2)), "topic-around category territory quantity");
	cr_assert_str_eq(why(T_NEED(3), T_OFFER(4)), "topic-near category territory quantity");
	cr_assert_str_eq(why(T_NEED(3), T_OFFER(5)), "-");
	cr_assert_str_eq(why(T_NEED(6), T_OFFER(5)), "-");
	cr_assert_str_eq(why(E_NEED, E_OFFER), "item category territory quantity");
	cr_assert_str_eq(why("\"category\":\"equipment\",\"item\":{\"en\":\"used lamps\"},\"stage\":\"open\"",
	    "\"category\":\"equipment\",\"item\":{\"en\":\"used chairs\"},\"stage\":\"open\""), "-");
}

/* Place: the same town, the same territory, brought across a border, from anywhere; a thing that stays where it is and
 * is elsewhere is no match; where nothing is told it is asked. */
Test(match, places)
{
#define P_NEED "\"category\":\"equipment\",\"item\":{\"en\":\"laptops\"},\"stage\":\"open\""
#define P_OFFER "\"category\":\"equipment\",\"item\":{\"en\":\"laptop\"},\"stage\":\"open\""
	cr_assert_str_eq(why(P_NEED ",\"territory\":\"AL\",\"municipality\":\"Kukës\"", P_OFFER ",\"territory\":\"AL\",\"municipality\":\"Kukës\""),
	    "item category municipality quantity");
	cr_assert_str_eq(why(P_NEED ",\"territory\":\"AL\"", P_OFFER ",\"territory\":\"AL\""), "item category territory quantity");
	cr_assert_str_eq(why(P_NEED ",\"territory\":\"AL\"", P_OFFER ",\"territory\":\"RS\",\"delivery_area\":[\"AL\"]"),
	    "item category delivery quantity");
	cr_assert_str_eq(why(P_NEED ",\"territory\":\"AL\"", P_OFFER ",\"territory\":\"RS\""), "-");
	cr_assert_str_eq(why(P_NEED ",\"territory\":\"AL\"", P_OFFER ",\"territory\":\"RS\",\"delivery_area\":[\"WB\"]"),
	    "item category remote quantity");
	cr_assert_str_eq(why(P_NEED, P_OFFER), "item category !ask-place quantity");
	cr_assert_str_eq(why("\"category\":\"mentoring\",\"item\":{\"en\":\"mentor\"},\"stage\":\"open\",\"territory\":\"AL\"",
	    "\"category\":\"mentoring\",\"item\":{\"en\":\"mentor\"},\"stage\":\"open\",\"territory\":\"RS\""), "item category remote quantity");
}

/* Time, number and stage shut out what cannot be; what is late or too little is told. */
Test(match, time_number_stage)
{
	struct match_side need = side("need", &us, text_with("\"quantity\":6,\"until\":\"2027-06-30\"", E_NEED));
	struct match_side offer = side("offer", &them, text_with(OFFER_LEAST, E_OFFER));
	struct match m;

	cr_assert_not(match_of(&need, &offer, &world, &m), "yesterday");
	need = side("need", &us, text_with("\"quantity\":6,\"until\":\"2027-07-01\"", E_NEED));
	cr_assert(match_of(&need, &offer, &world, &m), "today is a day");
	offer = side("offer", &them, text_with(OFFER_LEAST, E_OFFER ",\"available_from\":\"2027-07-02\""));
	cr_assert_not(match_of(&need, &offer, &world, &m), "there a day too late");
	cr_assert_str_eq(why(E_NEED, E_OFFER ",\"available_from\":\"2028-01-01\""), "item category territory !later quantity");
	cr_assert_str_eq(why(E_NEED, E_OFFER ",\"reserved_qty\":7"), "item category territory !fewer");
	cr_assert_str_eq(why(E_NEED, E_OFFER ",\"reserved_qty\":10"), "-");
	cr_assert_str_eq(why("\"category\":\"equipment\",\"item\":{\"en\":\"laptops\"},\"stage\":\"met\"", E_OFFER), "-");
	cr_assert_str_eq(why(E_NEED, "\"category\":\"equipment\",\"item\":{\"en\":\"laptops\"},\"stage\":\"handed-over\""), "-");
}

/* Language and accessibility: what fits is told, what does not is asked about, and it never ends a match. */
Test(match, language_and_access)
{
	cr_assert_str_eq(why(E_NEED ",\"languages\":[\"sqi\",\"srp\"]", E_OFFER ",\"languages\":[\"srp\"]"),
	    "item category territory quantity language");
	cr_assert_str_eq(why(E_NEED ",\"languages\":[\"sqi\"]", E_OFFER ",\"languages\":[\"srp\"]"),
	    "item category territory quantity !ask-language");
	cr_assert_str_eq(why(E_NEED ",\"accessibility_need\":[\"braille\",\"lift\"]", E_OFFER ",\"accessibility\":[\"braille\"]"),
	    "item category territory quantity accessibility !ask-accessibility");
}

/* What an organisation knows meets needs for training, mentoring and expertise; nobody meets her own needs. */
Test(match, expertise)
{
	struct match_side need = side("need", &us, text_with(NEED_LEAST, "\"category\":\"mentoring\",\"item\":{\"en\":\"mentor for digital safety\"},"
	    "\"stage\":\"open\",\"territory\":\"MK\",\"languages\":[\"sqi\"]"));
	struct match_side knows = side("expertise", &them, "{\"organisation\":\"00000000-0000-0000-0000-000000000001\","
	    "\"title\":{\"en\":\"Digital safety\"},\"languages\":[\"sqi\"],\"formats\":[\"mentoring\"]}");
	struct match_side equipment = side("need", &us, text_with(NEED_LEAST, "\"category\":\"equipment\",\"item\":{\"en\":\"digital camera\"},\"stage\":\"open\""));
	struct buf text = { 0 };
	struct match m;

	cr_assert(match_offers(knows.kind) && !match_offers(need.kind));
	cr_assert(match_of(&need, &knows, &world, &m));
	for (size_t i = 0; i < m.count; i++) {
		match_text(&m, i, &text);
		buf_put_text(&text, "; ");
	}
	cr_assert_str_eq(buf_text(&text), "the word \"digital\" stands in both; the same sort: mentoring; can be given from anywhere; "
	    "speaks Albanian; ");
	buf_free(&text);
	cr_assert_not(match_of(&equipment, &knows, &world, &m));
	need.key.author = them;
	cr_assert_not(match_of(&need, &knows, &world, &m));
}

/* Whatever other nodes wrote into a body, matching ends, and its texts are whole letters. */
Test(match, broken_bodies)
{
	struct match_side need = side("need", &us, text_with(NEED_LEAST, E_NEED ",\"topics\":[" TERM(3) "]"));
	struct match_side offer = side("offer", &them, text_with(OFFER_LEAST, E_OFFER ",\"topics\":[" TERM(3) "]"));
	uint64_t seed = 7;
	struct match m;

	for (int round = 0; round < 20000; round++) {
		uint8_t *copy = malloc(offer.body.len);
		struct match_side other = offer;

		memcpy(copy, offer.body.p, offer.body.len);
		for (int k = 0; k < 3; k++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			copy[(seed >> 33) % offer.body.len] = (uint8_t)(seed >> 20);
		}
		other.body.p = copy;
		match_of(&need, &other, &world, &m);
		match_of(&other, &need, &world, &m);
		free(copy);
	}
}
