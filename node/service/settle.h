/*
 * settle - what an entry of ours says where nothing was said, and whether it fits what is known here.
 *
 * Source   proto/kinds.md "Who writes and who may have it", "Rules between fields"
 * Shape    two steps: of JSON before it is a body (fill), of the body before it is signed (check)
 * Law      all of it binds our own entries only; nothing of it is asked of others' records
 *          what is filled in is always the stricter thing, and is told
 */
#ifndef KILIM_SERVICE_SETTLE_H
#define KILIM_SERVICE_SETTLE_H

#include <cjson/cJSON.h>

#include "node/peer/node.h"
#include "node/record/disclose.h"

struct settle_names;
struct settle {
	struct node *node;
	struct store_txn *txn;
	const struct kind *kind;
	const struct disclose_context *disclose;
	/* Entry I of this kind in the same batch, which is not stored yet; false: there are no more. */
	bool (*batch)(void *self, size_t i, struct uuid *out_name, struct bytes *out_body);
	/* Does the batch hold an entry of this name, of any kind? */
	bool (*named)(void *self, const struct uuid *name);
	void *self;
	struct settle_names *names;      /* codes that references may be written by; NULL: not asked for yet */
};
void settle_done(struct settle *s);

/* OBJECT is a new entry: relation, presets, the version that is translated, disclosure. Only what is absent. */
void settle_fill(struct settle *s, cJSON *object);
/*
 * OBJECT is an entry, or a change of one: references that are written as the code of what they name ("legal-aid")
 * become references. Our own entries' codes come first.
 *   ERR_INPUT    rule "reference": there is no such code
 */
enum err_code settle_names(struct settle *s, cJSON *object, struct err *e);

/* Unix seconds after which what K's row calls its end is over; 0: it has none. */
int64_t settle_end(const struct kind *k, struct bytes body);

struct settled {
	struct uuid name;
	struct bytes body, private_fields;
	struct bytes previous;           /* body of the version that is replaced; empty: a new entry */
	bool audience_said, expires_said;
	enum audience audience;          /* in and out */
	int64_t expires;                 /* in and out: Unix s, 0: never */
	cJSON *warnings;                 /* sentences are added */
};
/*
 * May it be signed?
 *   ERR_INPUT    rule "target": it refers to an entry of another kind; "required": consent is missing
 *   ERR_DENIED   rule "audience": it would be shown more widely than what it is about
 *   ERR_CONFLICT rule is a code, or "count": too many entries of ours say this already
 */
enum err_code settle_check(struct settle *s, struct settled *io, struct err *e);

#endif
