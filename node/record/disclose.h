/*
 * disclose - how exactly a record may tell where something is: where it is written and where it is read.
 *
 * Source   proto/kinds.md "Disclosure"
 * Shape    four levels, from the loosest; a location states its level, a service may, an organisation has none
 *          of its own: it is redacted when it is protected, else it is not bound
 * Law      a level becomes stricter at once and looser only by the command made for it (CONFIRMED)
 *          entries about others never go below the municipality, their confidential services name no place
 *          what a term of a taxonomy calls confidential is confidential, as what a code calls so
 *          fields that tell where are known by their flags: no kind is named here
 */
#ifndef KILIM_RECORD_DISCLOSE_H
#define KILIM_RECORD_DISCLOSE_H

#include <cjson/cJSON.h>

#include "node/record/walk.h"
#include "proto/buf.h"
#include "proto/envelope.h"
#include "proto/err.h"
#include "proto/kind.h"

/* In the order of the code list "disclosure". */
enum disclosure { DISCLOSURE_EXACT, DISCLOSURE_MUNICIPALITY, DISCLOSURE_TERRITORY, DISCLOSURE_REDACTED };
const char *disclosure_word(enum disclosure level);
/* False: no such level. */
bool disclosure_parse(struct bytes word, enum disclosure *out);

struct disclose_context {
	const struct id *author;     /* whose a bare UUID in JSON is; NULL: such ones are not looked up */
	bool protected_org;          /* the author's own organisation is protected */
	bool confirmed;              /* the looser level was asked for by its command, and confirmed a day later */
	struct bytes previous;       /* body of the version that is replaced; empty: a new entry */
	const struct bytes *guarded; /* names, other names and numbers of redacted organisations and services */
	size_t guarded_count;
	/* The live body of what a record refers to; false: not held here. May be NULL. */
	bool (*find)(void *self, const struct id *author, const struct uuid *name, struct bytes *out_body,
	    const struct kind **out_kind);
	void *self;
};

/* The level that holds for BODY: the stated one, else where it starts. C may be NULL: by the body alone. */
enum disclosure disclose_level(const struct kind *k, struct bytes body, const struct disclose_context *c);
/* Does K keep a level, and does OBJECT lack it? Then it gets the level it starts at. Before body_from_json. */
void disclose_fill(const struct kind *k, cJSON *object, const struct disclose_context *c);

/*
 * May this be signed?
 *   ERR_DENIED   it tells where something is that must stay unknown; object is the field, rule "disclosure",
 *                "relation", "landline", "protected", or the linter's
 * The body must have passed kind_check.
 */
enum err_code disclose_check(const struct kind *k, const struct record *r, const struct disclose_context *c,
    struct err *e);
/* Does the change from PREVIOUS to BODY make the level stricter? Then earlier versions are erased. */
bool disclose_stricter(const struct kind *k, struct bytes previous, struct bytes body, const struct disclose_context *c);

/*
 * By what it is judged: by what the record says itself, where nothing else is asked for; or, once others say that it tells an address (exposure.h), as at
 * the level territory at least, and without its free texts but the title, for no rule finds "behind the blue school".
 * Landlines go by what it says: a helpline that others call exposed is still rung up. What refers to an entry whose place must
 * stay unknown tells no exact place either, nor a text in which the linter finds one: what disclose_check asks of its author.
 */
enum disclose_as { DISCLOSE_AS_STATED, DISCLOSE_AS_REFERRING, DISCLOSE_AS_EXPOSED };
/* Does BODY tell an exact place, or is there a finding in its texts? */
bool disclose_tells(const struct kind *k, struct bytes body);
/*
 * The reader's side, for records of others: takes out of OBJECT (made by body_to_json of BODY) every field that
 * the level forbids, and every text in which the linter finds a place, and lists their words under "withheld".
 */
void disclose_prune(const struct kind *k, struct bytes body, cJSON *object);
void disclose_prune_as(const struct kind *k, struct bytes body, enum disclose_as as, cJSON *object);
/*
 * By the same judgement: every value of BODY that a reader may be shown (walk.h); FN returns false to stop. Whatever is
 * made of records for readers (an index, an export) is made from these.
 */
void disclose_walk(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct walk_value *v),
    void *self);
void disclose_walk_as(const struct kind *k, struct bytes body, enum disclose_as as,
    bool (*fn)(void *self, const struct walk_value *v), void *self);

#endif
