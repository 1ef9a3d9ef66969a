/*
 * walk - every value of a body, by the table of its kind: what judges bodies need not know how they nest.
 *
 * Source   proto/kinds.md "Types"
 * Shape    items of lists come one by one, groups first and then what is in them; a path is as refusals name it
 * Law      unknown keys, and values of another type than their field's, are passed over
 */
#ifndef KILIM_RECORD_WALK_H
#define KILIM_RECORD_WALK_H

#include "proto/buf.h"
#include "proto/kind.h"

struct walk_value {
	const char *path;            /* "phones[0].label"; until FN returns */
	const struct field *field;
	const struct field *top;     /* the field of the body's own level that it stands in, or is */
	bool exact;                  /* it stands in a field, or in a group, that tells exactly where */
	struct bytes item;           /* one CBOR item */
};
/* Every value of BODY (canonical, of kind K), in order; FN returns false to stop. */
void walk_body(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct walk_value *v),
    void *self);

/* V's author and name; false: it is no reference. */
bool walk_reference(const struct walk_value *v, struct id *out_author, struct uuid *out_name);
/* V's row in its code list; NULL: no code, or one that is not known. */
const struct code *walk_code(const struct walk_value *v);

#endif
