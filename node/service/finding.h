/*
 * finding - what searches of this node need beside the index: names of topics and places, and the emergency lines.
 *
 * Source   docs/search.md sections 4 and 6
 * Law      words lead as view_trusts says (node/record/view.h), lines only when they are of coordinators or our own: a member
 *          cannot rename a town, nor put her number above every search, whoever calls it correct
 *          made anew when a record that they come from, what is said of any, or the membership has changed
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
/* May the emergency lines of AUTHOR stand above what others wrote, on a screen or on paper? */
bool finding_leads(const struct node *n, const struct id *author);
/* Services for emergencies in one of TERRITORIES (bits as in index_doc), in order of territory. */
void finding_emergencies(struct finding *f, struct store_txn *t, uint8_t territories,
    void (*fn)(void *self, const struct verified *v), void *self);

#endif
