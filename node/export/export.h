/*
 * export - what this node shows to everybody, in formats that others read.
 *
 * Source   docs/export.md
 * Shape    a set of entries is collected once, as readers see them; each format is a row that writes files from it
 * Law      audience public only; private fields, entries that are hidden from readers, and what their disclosure
 *          withholds are in no set, our own entries like those of others
 *          the same entries give the same bytes, in whatever order they came
 */
#ifndef KILIM_EXPORT_EXPORT_H
#define KILIM_EXPORT_EXPORT_H

#include <cjson/cJSON.h>

#include "node/record/view.h"

struct export_entry {
	const struct kind *kind;
	struct id author;
	struct uuid name;
	uint64_t stamp;
	cJSON *fields;               /* as body_to_json has them, less what is withheld */
	char id[UUID_TEXT];          /* its name; where two authors gave one name, the second gets one of her own */
};
struct export_set {
	struct export_entry *entries;    /* in order of (kind, name, author) */
	size_t count, cap;
	int64_t now_ms;
};
/* As others see them by VIEW. KINDS: numbers of kinds, ended by 0; NULL: all that people enter. */
void export_collect(const struct view_context *view, const uint16_t *kinds, struct export_set *out);
void export_done(struct export_set *s);
/* The entries of one kind: the first, and how many. */
size_t export_of_kind(const struct export_set *s, uint16_t kind, const struct export_entry **out_first);
/* What a reference ("org1.../UUID") names, TARGET (0: any kind) first; NULL: it is not in the set. */
const struct export_entry *export_find(const struct export_set *s, const char *reference, uint16_t target);

struct export_file {
	char name[64];
	struct buf text;
};
struct export_files {
	struct export_file *files;
	size_t count;
};
/* A new file, to be written to. Valid until the next. */
struct buf *export_file(struct export_files *f, const char *name);
void export_files_done(struct export_files *f);

struct export_how {
	unsigned version;            /* HSDS_30, HSDS_31 */
	const char *language;        /* preferred for texts where a format has room for one; NULL: the source */
};
struct export_format {
	const char *word, *help;     /* "hsds"; one line, a msgid */
	const uint16_t *kinds;       /* it can say, ended by 0; NULL: by jsonld_type */
	/* Entries of kinds that the format cannot say are passed over. */
	void (*write)(const struct export_set *s, const struct export_how *how, struct export_files *out);
};
extern const struct export_format export_formats[];
extern const size_t export_formats_count;
/* ERR_INPUT: there is no such format; the reason lists them. */
enum err_code export_format(const char *word, const struct export_format **out, struct err *e);
/* Can the format say this kind? */
bool export_says(const struct export_format *f, uint16_t kind);

/* Appends the table of what plain HSDS loses: one line a field, as it stands in docs/export.md. */
void export_losses(struct buf *out);
/* Does plain HSDS keep all of field F of kind K? Else *OUT_WHY (may be NULL) is the reason. */
bool export_keeps(const struct kind *k, const struct field *f, const char **out_why);

/* Rows of the table. */
void hsds_json_write(const struct export_set *s, const struct export_how *how, struct export_files *out);
void hsds_lines_write(const struct export_set *s, const struct export_how *how, struct export_files *out);
void hsds_tables_write(const struct export_set *s, const struct export_how *how, struct export_files *out);
void jsonld_file_write(const struct export_set *s, const struct export_how *how, struct export_files *out);
void threew_write(const struct export_set *s, const struct export_how *how, struct export_files *out);
void ical_write(const struct export_set *s, const struct export_how *how, struct export_files *out);

/* The text of an entry's field in LANGUAGE where it has one, else the source; NULL: it has none. Borrowed. */
const char *export_text(const cJSON *fields, const char *word, const char *language);

#endif
