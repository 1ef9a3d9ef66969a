/*
 * hsds_int - what writing and reading HSDS share; nobody else includes it.
 *
 * Source   fields' `.hsds` paths in proto/kinds; RFC 5545 section 3.3.10 (recurrence rules)
 */
#ifndef KILIM_EXPORT_HSDS_INT_H
#define KILIM_EXPORT_HSDS_INT_H

#include "node/export/hsds.h"

struct hsds_path {
	char first[64];              /* a member, or an array */
	size_t len;
	const char *rest;            /* the member of its objects; NULL: none */
};
/* False: the field has no path. NESTED: within the object of a group. */
bool hsds_path(const struct field *f, bool nested, struct hsds_path *out);

/* Parts of a recurrence rule, in the order in which they are written. */
struct hsds_rrule {
	const char *word, *member;
	bool number;
};
extern const struct hsds_rrule hsds_rrule[];
extern const size_t hsds_rrule_count;

#endif
