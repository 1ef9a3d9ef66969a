/*
 * import - files of HSDS as entries of ours: read, judged, every fault named.
 *
 * Source   docs/export.md "Import"; HSDS 3.0 and 3.1
 * Shape    one JSON document, lines of JSON objects, or tables of CSV with the names that HSDS gives them; objects may
 *          stand within others; in the end there is one list of entries, each with where it came from
 * Law      bytes of others meet limits.h before they are parsed
 *          a fault is named by file, line, column (of a table; in JSON the path) and rule, and does not hide the next
 *          an imported organisation is listed, never self or hosted; a place is told no finer than its municipality;
 *          nothing that is private, for members or for coordinators comes in
 *          the same ids give the same names, so a second import changes the entries of the first
 */
#ifndef KILIM_EXPORT_IMPORT_H
#define KILIM_EXPORT_IMPORT_H

#include <cjson/cJSON.h>

#include "proto/err.h"
#include "proto/id.h"
#include "proto/kind.h"

struct import_file {
	const char *name;            /* "services.csv", for people and to know a table by */
	struct bytes text;
};
struct import_options {
	const struct id *author;     /* whose entries they become */
	const char *territory;       /* of what names none; NULL: ZZ, not stated */
	const char *source, *licence;    /* where it is from, and under which licence; NULL: not said */
};
struct import_entry {
	const struct kind *kind;
	struct uuid name;
	cJSON *fields;               /* for body_from_json */
};

struct import;
/*
 * FILES are borrowed until import_close. Faults in them are no error of this call: import_faults tells.
 *   ERR_LIMIT    too many files, bytes or objects
 */
enum err_code import_open(const struct import_file *files, size_t count, const struct import_options *o,
    struct import **out, struct err *e);
void import_close(struct import *im);    /* NULL is fine */
/* In an order in which what is referred to comes first. */
size_t import_count(const struct import *im);
struct import_entry *import_at(struct import *im, size_t i);
/* Entry I breaks a rule: E's object is a path in it, as refusals of bodies name it. */
void import_fault(struct import *im, size_t i, const struct err *e);
/* The same of what is allowed, and yet somebody should look at. */
void import_warn(struct import *im, size_t i, const struct err *e);
/*
 * Entry I was refused: the fault is told, unless it only follows from one before, and what is amiss is taken out of its
 * fields, so that the next fault can be found. False: nothing can be taken out, and all that it lacks was told.
 */
bool import_mend(struct import *im, size_t i, const struct err *e);
/* Does an entry of these files have this name? */
bool import_names(const struct import *im, const struct uuid *name);
size_t import_fault_count(const struct import *im);
/* [{"file", "line", "column", "rule", "reason"}], in order of files and lines; at most LIMIT_IMPORT_FAULTS. */
cJSON *import_faults(struct import *im);
cJSON *import_warnings(struct import *im);
/* [name], of tables that HSDS does not have. */
cJSON *import_passed(const struct import *im);

#endif
