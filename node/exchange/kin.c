#include "node/exchange/kin.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "proto/cbor.h"
#include "proto/utf8.h"

/* Words that say nothing about a thing, as they are when folded. */
static const char *const empty_words[] = { "used", "with", "from", "small", "some", "made", "good", "perdorur", "polovni",
	"polovna", "koristeni", "половни", "vogla", "male", "mali", "мали", "женски", "zene", "grave" };

#define STEM 5                   /* letters after which endings begin */

static char *
fold(struct bytes text)
{
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map(text.p, (utf8proc_ssize_t)text.len, &out,
	    UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD) < 0) {
		free(out);
		return need_strdup("");
	}
	return (char *)out;
}

static size_t
letters(const char *text, size_t len)
{
	return utf8_count((struct bytes){ (const uint8_t *)text, len });
}

static bool
says_nothing(const char *word, size_t len)
{
	if (letters(word, len) < 4)
		return true;
	for (size_t i = 0; i < sizeof empty_words / sizeof *empty_words; i++)
		if (strlen(empty_words[i]) == len && memcmp(empty_words[i], word, len) == 0)
			return true;
	return false;
}

static const char separators[] = " \t\n.,;:!?()[]\"'/-+0123456789";

/* Do two words begin with the same STEM letters, or are they the same short word? */
static bool
akin(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t same = 0;

	while (same < a_len && same < b_len && a[same] == b[same])
		same++;
	return letters(a, same) >= STEM || (same == a_len && same == b_len);
}

/* The first word of TEXT that has kin in OTHER, both folded; its length, 0: none. */
static size_t
common_word(const char *text, const char *other, const char **out)
{
	for (const char *a = text + strspn(text, separators); *a; a += strspn(a, separators)) {
		size_t a_len = strcspn(a, separators);

		for (const char *b = other + strspn(other, separators); *b && !says_nothing(a, a_len); b += strspn(b, separators)) {
			size_t b_len = strcspn(b, separators);

			if (akin(a, a_len, b, b_len)) {
				*out = a;
				return a_len;
			}
			b += b_len;
		}
		a += a_len;
	}
	return 0;
}

/* Every language of a text, one after the other. */
static struct bytes
mltext(struct cbor_reader *r)
{
	struct bytes text = { 0 };
	size_t parts = cbor_array(r);

	for (size_t i = 0; i < parts && !r->fault; i++)
		if (i == 1 && cbor_peek(r) == CBOR_TEXT)
			text = cbor_text(r);
		else
			cbor_any(r);
	return text;
}

/* The first word of TEXT, folded, that has kin in a text of OFFER; appended to OUT. */
static bool
find_in(const char *text, struct bytes offer, struct buf *out)
{
	struct cbor_reader r;
	size_t len = 0;

	cbor_open(&r, offer);
	for (size_t n = cbor_peek(&r) == CBOR_ARRAY ? cbor_array(&r) : 0; n > 0 && len == 0 && !r.fault; n--) {
		char *other = fold(mltext(&r));
		const char *word;

		if ((len = common_word(text, other, &word)) > 0)
			buf_put(out, word, len);
		free(other);
	}
	return len > 0;
}

bool
kin_word(struct bytes need, struct bytes offer, struct buf *out)
{
	struct cbor_reader r;
	bool found = false;

	cbor_open(&r, need);
	for (size_t n = cbor_peek(&r) == CBOR_ARRAY ? cbor_array(&r) : 0; n > 0 && !found && !r.fault; n--) {
		char *text = fold(mltext(&r));

		found = find_in(text, offer, out);
		free(text);
	}
	return found;
}
