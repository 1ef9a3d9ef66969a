/*
 * import_int - what the readers of files share: a list of objects, and of faults; nobody else includes it.
 *
 * Shape    import.c        the run: read, judge, name the faults
 *          import_json.c   one document, or lines of objects      import_csv.c   tables, and what joins them
 *          import_adapt.c  an object as an entry that may be ours
 * Law      a fault ends nothing: all are gathered, up to LIMIT_IMPORT_FAULTS, and none is imported if there is one
 */
#ifndef KILIM_EXPORT_IMPORT_INT_H
#define KILIM_EXPORT_IMPORT_INT_H

#include "node/export/hsds.h"
#include "node/export/import.h"

/* Where a row of a table stood: a member that no format has; its number is file << 32 | line. */
#define ROW_MEMBER "\x01row"

struct source {
	const struct hsds_entity *in;
	cJSON *o;                    /* owned until it is attached to another */
	bool attached;
	bool within;                 /* it stood within another object */
	bool twin;                   /* told before: passed over */
	size_t file;
	unsigned line;
	struct bytes text;           /* of JSON: the object; empty for a table's row */
	struct import_entry entry;
	cJSON *taken;                /* import_mend.c: what has left the entry; NULL: nothing */
};
struct fault {
	size_t file;
	unsigned line;
	char column[96], rule[64], reason[320];
};
struct faults {
	struct fault *list;
	size_t count, cap;           /* beyond LIMIT_IMPORT_FAULTS they are counted only */
};
struct import {
	const struct import_file *files;
	size_t file_count;
	struct import_options options;
	struct source *sources;
	size_t count, cap;
	size_t *entries, entry_count;    /* sources that are entries, in order */
	struct uuid *names;          /* of entries, in order */
	struct faults faults, warnings;
	bool full;                   /* LIMIT_IMPORT_ROWS was reached */
};

/* The new source, valid until the next; NULL: there are too many. O is taken. */
struct source *import_add(struct import *im, const struct hsds_entity *in, cJSON *o, size_t file, unsigned line);
__attribute__((format(printf, 6, 7))) void import_say(struct import *im, size_t file, unsigned line,
    const char *column, const char *rule, const char *fmt, ...);

/* import_json.c: one document or lines of objects. */
void import_read_json(struct import *im, size_t file);
/* import_csv.c: one table; and when all are read, parts are put into what they belong to. */
void import_read_table(struct import *im, size_t file);
/* Is it one of HSDS, or our own? */
bool import_is_table(const char *name);
void import_join_tables(struct import *im);
/* import_adapt.c: SOURCE's object as an entry that may be ours. */
void import_adapt(struct import *im, struct source *s);

#endif
