/*
 * fuzz_fold - any bytes as a text or as a query: words lie in it one behind the other, keys are valid and fold to
 * themselves, variants are bounded and in order, a stem is final, and distance does not depend on the side.
 */
#include "node/search/fold.h"

#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/utf8.h"

#define MOST_EDITS 2

struct run {
	struct bytes text;
	struct fold_word last;
	size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
	if (!so)
		abort();
}

static void
check_variants(const struct fold_word *w)
{
	struct fold_variant v[FOLD_VARIANTS];
	size_t count = fold_variants(w->key, w->len, v);

	must(count >= 2 && count <= FOLD_VARIANTS && strcmp(v[0].key, w->key) == 0 && v[0].penalty == 0);
	for (size_t i = 1; i < count; i++)
		must(v[i].len > 0 && v[i].len <= FOLD_WORD && strlen(v[i].key) == v[i].len &&
		    v[i].penalty >= v[i - 1].penalty);
}

static void
check_stem(const struct fold_word *w)
{
	char stem[FOLD_WORD + 1], again[FOLD_WORD + 1];
	size_t len = fold_stem(w->key, w->len, stem);

	must(len > 0 && len <= w->len && memcmp(stem, w->key, len) == 0);
	must(fold_stem(stem, len, again) == len);
}

static bool
check_word(void *self, const struct fold_word *w)
{
	struct run *r = self;
	struct buf again = { 0 };

	must(w->len > 0 && w->len <= FOLD_WORD && strlen(w->key) == w->len);
	must(utf8_valid((struct bytes){ (const uint8_t *)w->key, w->len }));
	must(w->at < w->end && w->end <= r->text.len && w->at >= r->last.end && w->number == r->count++);
	fold_phrase(bytes_text(w->key), &again);
	must(bytes_equal(buf_bytes(&again), bytes_text(w->key)));
	buf_free(&again);
	check_variants(w);
	check_stem(w);
	must(fold_distance(w->key, w->len, r->last.key, r->last.len, MOST_EDITS) ==
	    fold_distance(r->last.key, r->last.len, w->key, w->len, MOST_EDITS));
	r->last = *w;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct run r = { .text = { data, len } };

	fold_text(r.text, check_word, &r);
	return 0;
}
