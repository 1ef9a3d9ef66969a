/*
 * corpus - made-up services for measuring searches: no word of them is anybody's.
 *
 * Shape    CORPUS_WORDS words in ten languages and scripts, made of syllables with the letters and endings of each; a service
 *          has 40 to 120 of them, drawn by Zipf's law, and is of one of CORPUS_ORGANISATIONS
 * Law      the same seed and number give the same bytes
 */
#ifndef KILIM_TESTS_LIB_CORPUS_H
#define KILIM_TESTS_LIB_CORPUS_H

#include "proto/buf.h"
#include "proto/id.h"

#define CORPUS_LANGUAGES 10
#define CORPUS_WORDS 60000
#define CORPUS_ORGANISATIONS 2000

struct corpus {
	uint64_t seed;
	char (*words)[32];             /* CORPUS_WORDS / CORPUS_LANGUAGES of each language, the most frequent first */
	double *sums;                  /* of frequencies, for drawing */
};
void corpus_init(struct corpus *c, uint64_t seed);
void corpus_done(struct corpus *c);
/* The tag of a language, and its word by rank. */
const char *corpus_tag(unsigned language);
const char *corpus_word(const struct corpus *c, unsigned language, size_t rank);
/* A rank, drawn; STATE moves. */
size_t corpus_draw(const struct corpus *c, uint64_t *state);
uint64_t corpus_dice(uint64_t *state);
/* Service NUMBER of AUTHOR: a body that its row accepts. */
void corpus_service(const struct corpus *c, const struct id *author, uint64_t number, struct buf *out);

#endif
