/*
 * sayings - what members say of each other's entries: flags, claims, translations, endorsements.
 *
 * Source   proto/kinds.md "What others say of an entry"; rows of kinds whose column `says` is set
 * Shape    gathered from the set, in order of (entry they are about, stamp, id); views into it hold until it is freed
 * Law      a function of the set alone: the order of arrival does not matter
 *          nobody flags or claims her own entry; of what a rule bounds only an author's oldest, as many as it allows, count;
 *          of what one author says of one entry with one word the newest four, without a word the newest forty
 *          what a saying says is here; whether it holds, for this entry and now, is judged by view.h
 */
#ifndef KILIM_RECORD_SAYINGS_H
#define KILIM_RECORD_SAYINGS_H

#include "node/record/records.h"


struct said {
	enum says says;
	const struct kind *kind;
	struct reference by;         /* the saying itself */
	struct id record;
	uint64_t stamp;
	enum audience audience;
	struct reference about;      /* of an endorsement: the member, and a name of zeros */
	const struct code *code;     /* why it is flagged, what is claimed; NULL: none, or one that is not known here */
	bool has_other;
	struct reference other;      /* the endorsement that is accepted, the claimer's own entry, the duplicate */
	struct id source;            /* the version that was translated */
	const struct rule *bound;
};

/* What a saying reaches beside the entry it is about: its places, and what belongs to the organisation it describes. */
struct reached {
	struct reference entry;
	const struct said *said;
	bool place;                  /* as a place that the entry names */
};

struct sayings;
struct sayings *sayings_gather(struct records *r, struct store_txn *t);
/* Only flags that say that an address is told, and what they reach. */
struct sayings *sayings_exposing(struct store_txn *t);
void sayings_free(struct sayings *s);        /* NULL is fine */
/* All about ENTRY, oldest first. */
const struct said *sayings_about(const struct sayings *s, const struct reference *entry, size_t *out_count);
/* Every entry that something is said of, or that it reaches, and the sayings themselves; some of them more than once. */
void sayings_each(const struct sayings *s, void (*fn)(void *self, const struct reference *entry), void *self);
/* All that reach ENTRY by way of another one. */
const struct reached *sayings_reaching(const struct sayings *s, const struct reference *entry, size_t *out_count);

#endif
