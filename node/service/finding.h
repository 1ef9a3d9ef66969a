/*
 * finding - what searches of this node need beside the index: names of topics and places, and the emergency lines.
 *
 * Source   docs/search.md sections 4 and 6
 * Law      only words that view_trusts lead anybody, and only lines of coordinators and of our own organisation: a member
 *          cannot rename a town, nor put her number above every search
 *          made anew when a record that they come from, or the membership, has changed
 */
#ifndef KILIM_SERVICE_FINDING_H
#define KILIM_SERVICE_FINDING_H

#include "node/peer/node.h"
#include "node/search/lexicon.h"

struct finding;
struct finding *finding_new(struct node *n);
void finding_free(struct finding *f);   /* NULL is fine */
/* Puts itself before the follower *IO, which hears all that it heard. */
void finding_follow(struct finding *f, struct records_follower *io);
/* Membership has changed. */
void finding_stale(struct finding *f);

const struct lexicon *finding_lexicon(struct finding *f, struct store_txn *t);
/* Services for emergencies in one of TERRITORIES (bits as in index_doc), in order of territory. */
void finding_emergencies(struct finding *f, struct store_txn *t, uint8_t territories,
    void (*fn)(void *self, const struct verified *v), void *self);

#endif
