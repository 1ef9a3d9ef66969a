/*
 * kin - do two texts by language speak of the same thing? They share a word, or the beginning of one.
 *
 * Source   docs/exchange.md "Matching"
 * Shape    without case and marks; words are akin when their first five letters are, or when they are the same
 * Law      words that say nothing about a thing ("used", "small") and words of fewer than four letters do not count
 */
#ifndef KILIM_EXCHANGE_KIN_H
#define KILIM_EXCHANGE_KIN_H

#include <stdbool.h>

#include "proto/buf.h"

/* The first word of NEED (an mltext, as CBOR) that has kin in OFFER, in whatever languages, folded and appended to OUT; false:
 * there is none. Anything that is no mltext has no words. */
bool kin_word(struct bytes need, struct bytes offer, struct buf *out);

#endif
