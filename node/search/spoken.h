/*
 * spoken - the languages that people ask for under one name: tags of two letters, and languages with their varieties.
 *
 * Source   docs/search.md section 5; ISO 639-3
 */
#ifndef KILIM_SEARCH_SPOKEN_H
#define KILIM_SEARCH_SPOKEN_H

#include "proto/err.h"
#include "proto/buf.h"

/*
 * FN for each code of three letters that ASKED, "sq", "rom" or "eng", stands for.
 *   ERR_INPUT    it is no code of a language
 */
enum err_code spoken_codes(struct bytes asked, void (*fn)(void *self, const char *code, size_t len), void *self,
    struct err *e);

#endif
