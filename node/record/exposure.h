/*
 * exposure - which entries members say tell an address that must stay unknown.
 *
 * Source   proto/kinds.md "What others say of an entry": address-exposed; decision 0012
 * Shape    of an entry: until which stamp its versions are said to; of a set: all such entries, in order
 * Law      a function of the set alone: neither whose node it is, nor the time, nor the order of arrival matters
 *          a flag about an entry reaches the places of the same author which that entry names
 *          a version signed after the flag is not meant by it
 */
#ifndef KILIM_RECORD_EXPOSURE_H
#define KILIM_RECORD_EXPOSURE_H

#include "node/record/sayings.h"

/* Versions of ENTRY that are stamped before this are said to tell an address; 0: none. */
uint64_t exposure_until(const struct sayings *s, struct records *r, struct store_txn *t, const struct reference *entry);

/* All of them, for who keeps something beside the records: as T's store has it. */
struct exposure;
struct exposure *exposure_gather(struct store_txn *t);
void exposure_free(struct exposure *x);      /* NULL is fine */
bool exposure_has(const struct exposure *x, const struct record *r);
/* May X be another one once R has come or gone? */
bool exposure_follows(const struct exposure *x, const struct record *r);
/* Every entry that has, or had, such a version; once. */
void exposure_each(const struct exposure *x, void (*fn)(void *self, const struct reference *entry), void *self);

#endif
