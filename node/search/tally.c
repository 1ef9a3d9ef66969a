#include "node/search/tallying.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[AXES] = {
#define X(name, word) word,
	TALLY_AXIS_TABLE(X)
#undef X
};

const char *
tally_word(enum tally_axis axis)
{
	assert((unsigned)axis < AXES);
	return words[axis];
}

enum err_code
tally_axis(struct bytes word, enum tally_axis *out, struct err *e)
{
	static const struct { const char *word; enum tally_axis axis; } others[] = {
		{ "municipality", AXIS_PLACE }, { "code", AXIS_TOPIC }, { "speaks", AXIS_LANGUAGE },
		{ "text-lang", AXIS_TEXT_LANGUAGE }, { "organization", AXIS_ORGANISATION },
	};

	for (int i = 0; i < AXES; i++)
		if (bytes_equal(word, bytes_text(words[i]))) {
			*out = (enum tally_axis)i;
			return ERR_OK;
		}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (bytes_equal(word, bytes_text(others[i].word))) {
			*out = others[i].axis;
			return ERR_OK;
		}
	return err_set(e, ERR_INPUT, "query", "axis", "\"%.*s\" is none of kind, territory, topic, place, language, "
	    "text-language, channel, accessibility, freshness, organisation, home", (int)(word.len < 40 ? word.len : 40),
	    (const char *)word.p);
}

enum err_code
tally_run(struct records *r, struct store_txn *t, const struct lexicon *l, const struct tally_query *q,
    struct tally *out, struct err *e)
{
	struct tallying y = { .r = r, .t = t, .l = l, .q = q };
	enum err_code rc;

	*out = (struct tally){ 0 };
	if ((rc = entries_choose(&y, out, e)) == ERR_OK)
		rc = cells_make(&y, out, e);
	out->read = y.read;
	free(y.docs);
	free(y.fresh);
	free(y.kinds);
	names_done(&y);
	return rc;
}

void
tally_done(struct tally *y)
{
	free(y->cells);
	free(y->offsets);
	buf_free(&y->texts);
	*y = (struct tally){ 0 };
}
