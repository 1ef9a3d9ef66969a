#include "node/exchange/handover.h"

#include <assert.h>
#include <string.h>

#include "node/record/json.h"
#include "proto/kind.h"

static unsigned
number_of(const cJSON *o, const char *word)
{
	const cJSON *v = json_get(o, word);

	return cJSON_IsNumber(v) && v->valuedouble > 0 ? (unsigned)v->valuedouble : 0;
}

static bool
is_kept_for(const cJSON *offer, const char *need)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, json_get(offer, "reserved_for"))
		if (cJSON_IsString(one) && strcmp(one->valuestring, need) == 0)
			return true;
	return false;
}

/* --- what each side says --- */

enum giver
handover_giver(const cJSON *offer, const char *need)
{
	const char *stage = json_string(offer, "stage");
	bool kept = is_kept_for(offer, need);

	if (offer == NULL || strcmp(stage, "withdrawn") == 0)
		return GIVER_STOPPED;
	if (strcmp(stage, "handed-over") == 0)
		return kept ? GIVER_GAVE : GIVER_ELSEWHERE;
	if (strcmp(stage, "returned") == 0)
		return kept ? GIVER_HAS_BACK : GIVER_ELSEWHERE;
	if (kept)
		return GIVER_RESERVED;
	return strcmp(stage, "reserved") == 0 ? GIVER_ELSEWHERE : GIVER_OPEN;
}

enum taker
handover_taker(const cJSON *need, const char *offer)
{
	const char *stage = json_string(need, "stage");
	bool this_one = strcmp(json_string(need, "met_by"), offer) == 0;

	if (need == NULL || strcmp(stage, "withdrawn") == 0)
		return TAKER_STOPPED;
	if (strcmp(stage, "matched") == 0)
		return this_one ? TAKER_TAKES : TAKER_ELSEWHERE;
	if (strcmp(stage, "met") == 0)
		return this_one ? TAKER_HAS : TAKER_ELSEWHERE;
	return TAKER_OPEN;
}

/* --- both together --- */

#define ODDS true
static const struct handover pairs[GIVERS][TAKERS] = {
	[GIVER_OPEN] = {
		[TAKER_OPEN] = { "free", false, "neither has said anything yet" },
		[TAKER_ELSEWHERE] = { "free", false, "the need is met by another" },
		[TAKER_TAKES] = { "asked", false, "the need takes it; the offer has to reserve it" },
		[TAKER_HAS] = { "asked", ODDS, "the need says that it has it, the offer has not even reserved it" },
		[TAKER_STOPPED] = { "off", false, "it is not needed any more" } },
	[GIVER_ELSEWHERE] = {
		[TAKER_OPEN] = { "off", false, "it is kept for others, or gone to them" },
		[TAKER_ELSEWHERE] = { "off", false, "each has found another" },
		[TAKER_TAKES] = { "off", ODDS, "the need counts on it, but it is kept for others or gone to them" },
		[TAKER_HAS] = { "off", ODDS, "the need says that it has it, the offer says that it went to others" },
		[TAKER_STOPPED] = { "off", false, "it is not needed any more" } },
	[GIVER_RESERVED] = {
		[TAKER_OPEN] = { "reserved", false, "the offer keeps it; the need has to take it" },
		[TAKER_ELSEWHERE] = { "reserved", ODDS, "the offer keeps it, but the need has found another" },
		[TAKER_TAKES] = { "agreed", false, "both agree; the offer has to say when it is handed over" },
		[TAKER_HAS] = { "given", ODDS, "the need says that it has it; the offer has not said that it was handed over" },
		[TAKER_STOPPED] = { "off", ODDS, "the offer keeps it, but it is not needed any more" } },
	[GIVER_GAVE] = {
		[TAKER_OPEN] = { "given", ODDS, "the offer says that it was handed over; the need does not speak of it" },
		[TAKER_ELSEWHERE] = { "given", ODDS, "the offer says that it was handed over; the need names another" },
		[TAKER_TAKES] = { "given", false, "it was handed over; the need has to say that it came" },
		[TAKER_HAS] = { "done", false, "handed over, and it has come" },
		[TAKER_STOPPED] = { "given", ODDS, "it was handed over, but the need says that it is not needed" } },
	[GIVER_HAS_BACK] = {
		[TAKER_OPEN] = { "returned", false, "lent, and returned" },
		[TAKER_ELSEWHERE] = { "returned", false, "lent, and returned; the need has found another" },
		[TAKER_TAKES] = { "returned", ODDS, "the offer says that it came back, the need still waits for it" },
		[TAKER_HAS] = { "returned", false, "lent, and returned" },
		[TAKER_STOPPED] = { "returned", false, "lent, and returned" } },
	[GIVER_STOPPED] = {
		[TAKER_OPEN] = { "off", false, "it is not offered any more" },
		[TAKER_ELSEWHERE] = { "off", false, "it is not offered any more" },
		[TAKER_TAKES] = { "off", ODDS, "the need counts on it, but it is not offered any more" },
		[TAKER_HAS] = { "off", ODDS, "the need says that it has it, the offer was taken back" },
		[TAKER_STOPPED] = { "off", false, "neither stands any more" } },
};

struct handover
handover_of(enum giver g, enum taker t)
{
	assert((unsigned)g < GIVERS && (unsigned)t < TAKERS);
	return pairs[g][t];
}

/* --- steps --- */

const struct move moves[] = {
	/* word, kind, from, to, reference, help */
	{ "reserve", "offer", "open reserved", NULL, MOVE_ADDS, "keep it for a need" },
	{ "release", "offer", "open reserved", NULL, MOVE_DROPS, "keep it for that need no longer" },
	{ "hand-over", "offer", "open reserved", "handed-over", MOVE_NOTES, "say that those it is kept for have it" },
	{ "take-back", "offer", "handed-over", "returned", MOVE_NOTES, "say that what was lent came back" },
	{ "take", "need", "open matched", "matched", MOVE_NAMES, "say that you count on this offer" },
	{ "met", "need", "open matched", "met", MOVE_NAMES, "say that you have it from this offer" },
	{ "reopen", "need", "matched met", "open", MOVE_CLEARS, "say that you still need it" },
};
const size_t moves_count = sizeof moves / sizeof *moves;

const struct move *
move_find(const char *kind, const char *word)
{
	for (size_t i = 0; i < moves_count; i++)
		if (strcmp(moves[i].kind, kind) == 0 && strcmp(moves[i].word, word) == 0)
			return &moves[i];
	return NULL;
}

static bool
is_one_of(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; len > 0 && p; p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == ' ' || p[len] == 0))
			return true;
	return false;
}

#define MOST_KEPT 32             /* proto/kinds.md: reserved_for has at most so many */

static enum err_code
adds(const cJSON *offer, const char *need, unsigned *io_quantity, cJSON *patch, struct err *e)
{
	unsigned left = number_of(offer, "quantity") - number_of(offer, "reserved_qty");
	cJSON *list = json_get(offer, "reserved_for") ? cJSON_Duplicate(json_get(offer, "reserved_for"), true) : cJSON_CreateArray();

	cJSON_AddItemToObject(patch, "reserved_for", list);
	if (is_kept_for(offer, need))
		return err_set(e, ERR_CONFLICT, "reserved_for", "reserved", "it is kept for that need already");
	if (cJSON_GetArraySize(list) >= MOST_KEPT)
		return err_set(e, ERR_LIMIT, "reserved_for", "count", "an offer is kept for %d needs at most", MOST_KEPT);
	if (*io_quantity == 0 || left == 0 || *io_quantity > left)
		return err_set(e, ERR_INPUT, "quantity", "quantity", "%u are left, not %u", left, *io_quantity);
	cJSON_AddItemToArray(list, cJSON_CreateString(need));
	*io_quantity = number_of(offer, "reserved_qty") + *io_quantity;
	return ERR_OK;
}

static enum err_code
drops(const cJSON *offer, const char *need, unsigned *io_quantity, cJSON *patch, struct err *e)
{
	unsigned spoken = number_of(offer, "reserved_qty");
	cJSON *list = cJSON_CreateArray();
	const cJSON *one;

	cJSON_ArrayForEach(one, json_get(offer, "reserved_for"))
		if (cJSON_IsString(one) && strcmp(one->valuestring, need) != 0)
			cJSON_AddItemToArray(list, cJSON_CreateString(one->valuestring));
	cJSON_AddItemToObject(patch, "reserved_for", list);
	if (!is_kept_for(offer, need))
		return err_set(e, ERR_CONFLICT, "reserved_for", "reserved", "it is not kept for that need");
	/* Kept for nobody else: nothing is spoken for. */
	*io_quantity = cJSON_GetArraySize(list) == 0 || *io_quantity > spoken ? 0 : spoken - *io_quantity;
	return ERR_OK;
}

/* SPOKEN is how many are spoken for afterwards. */
static void
put_number(const cJSON *offer, unsigned spoken, cJSON *patch)
{
	cJSON_AddStringToObject(patch, "stage", spoken >= number_of(offer, "quantity") ? "reserved" : "open");
	if (spoken > 0)
		cJSON_AddNumberToObject(patch, "reserved_qty", spoken);
	else
		cJSON_AddNullToObject(patch, "reserved_qty");
	if (cJSON_GetArraySize(json_get(patch, "reserved_for")) == 0)
		cJSON_ReplaceItemInObjectCaseSensitive(patch, "reserved_for", cJSON_CreateNull());
}

enum err_code
handover_move(const struct move *move, const cJSON *entry, const char *other, unsigned quantity, cJSON **out_patch,
    struct err *e)
{
	const char *stage = json_string(entry, "stage");
	bool names = move->reference == MOVE_ADDS || move->reference == MOVE_DROPS || move->reference == MOVE_NAMES;
	cJSON *patch;
	enum err_code rc = ERR_OK;

	if (!is_one_of(move->from, stage))
		return err_set(e, ERR_CONFLICT, "stage", "stage", "it is \"%.20s\"; %s is possible from: %s", stage, move->word,
		    move->from);
	if (names && other == NULL)
		return err_set(e, ERR_INPUT, "with", "required", "say which %s", strcmp(move->kind, "offer") == 0 ? "need" : "offer");
	if (strcmp(move->word, "hand-over") == 0 && cJSON_GetArraySize(json_get(entry, "reserved_for")) == 0)
		return err_set(e, ERR_CONFLICT, "reserved_for", "reserved", "it is kept for nobody; reserve it first");
	patch = cJSON_CreateObject();
	if (move->reference == MOVE_ADDS)
		rc = adds(entry, other, &quantity, patch, e);
	else if (move->reference == MOVE_DROPS)
		rc = drops(entry, other, &quantity, patch, e);
	else if (move->reference == MOVE_NAMES)
		cJSON_AddStringToObject(patch, "met_by", other);
	else if (move->reference == MOVE_CLEARS)
		cJSON_AddNullToObject(patch, "met_by");
	if (rc) {
		cJSON_Delete(patch);
		return rc;
	}
	if (move->to)
		cJSON_AddStringToObject(patch, "stage", move->to);
	else
		put_number(entry, quantity, patch);
	*out_patch = patch;
	return ERR_OK;
}
