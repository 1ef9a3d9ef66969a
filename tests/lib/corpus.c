#include "tests/lib/corpus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"

#define EACH (CORPUS_WORDS / CORPUS_LANGUAGES)

/* Ends are what inflection does; both lists stop at NULL. */
static const struct language {
	const char *tag, *iso;
	const char *syllables[20], *ends[8];
} languages[CORPUS_LANGUAGES] = {
	{ "sq", "sqi", { "shp", "ndih", "më", "gja", "ko", "vë", "strë", "li", "për", "dhu", "një", "qen", "zhv", "tri", "lla", "xha", "mbro", "fa", NULL },
	  { "", "ja", "it", "ve", "ës", "a", "t", NULL } },
	{ "bs", "bos", { "po", "moć", "že", "na", "sig", "ur", "ku", "ća", "đa", "ljub", "nje", "ga", "pra", "vo", "za", "šti", "dje", "te", NULL },
	  { "", "a", "i", "u", "om", "ama", "e", NULL } },
	{ "hr", "hrv", { "sa", "vje", "to", "va", "li", "šte", "skl", "ona", "uda", "ruga", "hra", "bri", "čl", "an", "ži", "dru", "mje", "sto", NULL },
	  { "", "a", "e", "u", "om", "ima", "i", NULL } },
	{ "sr-Latn", "srp", { "cen", "tar", "ob", "ra", "zo", "van", "lek", "dom", "mre", "žni", "ra", "dnja", "šk", "ola", "deč", "ji", "ve", "šti", NULL },
	  { "", "a", "e", "u", "om", "ama", "i", NULL } },
	{ "sr-Cyrl", "srp", { "по", "моћ", "же", "на", "ку", "ћа", "ђа", "љу", "ње", "га", "пра", "во", "шти", "де", "те", "џе", "ра", "дња", NULL },
	  { "", "а", "и", "у", "ом", "ама", "е", NULL } },
	{ "cnr", "cnr", { "śe", "đe", "voj", "ka", "źe", "nica", "mla", "di", "ško", "lo", "va", "nje", "pri", "mo", "rje", "gla", "sa", "tri", NULL },
	  { "", "a", "e", "u", "om", "ama", "i", NULL } },
	{ "mk", "mkd", { "за", "сол", "ни", "ште", "же", "на", "ќе", "ѓа", "по", "мош", "пра", "ва", "ѕве", "зда", "ра", "бо", "те", "сов", NULL },
	  { "", "та", "то", "и", "ите", "ата", "от", NULL } },
	{ "rom", "rom", { "phu", "čhav", "ro", "džuv", "li", "kher", "šaj", "lo", "ma", "nuš", "te", "kha", "si", "van", "ikh", "bar", "pa", "len", NULL },
	  { "", "a", "e", "en", "es", "i", "o", NULL } },
	{ "tr", "tur", { "sı", "ğın", "ma", "ev", "ka", "dın", "des", "tek", "hu", "kuk", "ço", "cuk", "şid", "det", "gü", "ven", "li", "yar", NULL },
	  { "", "i", "ler", "lar", "in", "de", "a", NULL } },
	{ "en", "eng", { "shel", "ter", "coun", "sel", "ling", "wo", "men", "help", "line", "train", "sup", "port", "safe", "le", "gal", "com", "mu", "ni", NULL },
	  { "", "s", "ing", "ed", "er", "ty", "ly", NULL } },
};

uint64_t
corpus_dice(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static const char *
pick(const char *const *list, uint64_t *state)
{
	size_t count = 0;

	while (list[count])
		count++;
	return list[corpus_dice(state) % count];
}

/* Frequent words are short. */
static void
make_word(const struct language *l, size_t rank, uint64_t *state, char out[32])
{
	size_t syllables = 2u + (rank > 100) + (rank > 2000 ? corpus_dice(state) % 2 : 0), len = 0;

	for (size_t i = 0; i < syllables; i++)
		len += (size_t)snprintf(out + len, 32 - len, "%s", pick(l->syllables, state));
	snprintf(out + len, 32 - len, "%s", pick(l->ends, state));
}

void
corpus_init(struct corpus *c, uint64_t seed)
{
	uint64_t state = seed;
	double sum = 0;

	*c = (struct corpus){ .seed = seed, .words = need_zeroed(CORPUS_WORDS, sizeof *c->words),
		.sums = need_alloc(EACH * sizeof *c->sums) };
	for (unsigned l = 0; l < CORPUS_LANGUAGES; l++)
		for (size_t i = 0; i < EACH; i++)
			make_word(&languages[l], i, &state, c->words[l * EACH + i]);
	for (size_t i = 0; i < EACH; i++)
		c->sums[i] = sum += 1 / (double)(i + 1);
}

void
corpus_done(struct corpus *c)
{
	free(c->words);
	free(c->sums);
}

const char *
corpus_tag(unsigned language)
{
	return languages[language].tag;
}

const char *
corpus_word(const struct corpus *c, unsigned language, size_t rank)
{
	return c->words[language * EACH + rank];
}

size_t
corpus_draw(const struct corpus *c, uint64_t *state)
{
	double want = (double)(corpus_dice(state) >> 11) / 9007199254740992.0 * c->sums[EACH - 1];
	size_t low = 0, high = EACH - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c->sums[mid] < want)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
put_text(const struct corpus *c, struct buf *b, uint64_t key, unsigned language, size_t words, uint64_t *state)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < words; i++)
		buf_printf(&text, "%s%s", i ? " " : "", corpus_word(c, language, corpus_draw(c, state)));
	cbor_put_uint(b, key);
	cbor_put_array(b, 1);
	cbor_put_array(b, 3);
	cbor_put_text(b, bytes_text(languages[language].tag));
	cbor_put_text(b, buf_bytes(&text));
	cbor_put_uint(b, 0);
	buf_free(&text);
}

static void
put_list(struct buf *b, uint64_t key, const char *word)
{
	cbor_put_uint(b, key);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text(word));
}

void
corpus_service(const struct corpus *c, const struct id *author, uint64_t number, struct buf *out)
{
	static const char *const terms[] = { "helpline", "counselling", "legal-aid", "training", "information", "shelter" };
	static const char *const areas[] = { "AL", "BA", "ME", "MK", "RS", "XK" };
	uint64_t state = c->seed ^ (number + 1) * 0xd6e8feb86659fd93u;
	unsigned language = (unsigned)(corpus_dice(&state) % CORPUS_LANGUAGES);
	struct uuid name = { { 0 } };
	char place[40];

	put_u32(name.b, (uint32_t)(number % CORPUS_ORGANISATIONS));
	cbor_put_map(out, 7);
	cbor_put_uint(out, 32);
	cbor_put_array(out, 2);
	cbor_put_bytes(out, BYTES_OF(*author));
	cbor_put_bytes(out, BYTES_OF(name));
	put_text(c, out, 33, language, 3 + corpus_dice(&state) % 3, &state);
	put_text(c, out, 34, language, 37 + corpus_dice(&state) % 79, &state);
	put_list(out, 36, terms[corpus_dice(&state) % 5]);
	put_list(out, 44, languages[language].iso);
	put_list(out, 47, areas[corpus_dice(&state) % 6]);
	snprintf(place, sizeof place, "Izmislenovo %u", (unsigned)(corpus_dice(&state) % 200));
	put_list(out, 48, place);
}
