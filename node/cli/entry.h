/*
 * entry - entries of any kind as people read them, and the commands that make and change them.
 *
 * Source   docs/control.md "An entry is"; the field tables of proto/kinds
 * Law      no kind has a line of its own here
 *          no entry reads as fresh that nobody has checked
 */
#ifndef KILIM_CLI_ENTRY_H
#define KILIM_CLI_ENTRY_H

#include <time.h>

#include "node/cli/call.h"

/* What is shown beside entries: our own id, names of members, when the network was last heard from. */
struct entry_view {
	cJSON *status, *members;   /* NULL: not known */
	time_t now;
};

/* Best effort: a list is worth showing even when names or the last contact cannot be had. */
void entry_view_open(struct call *c, struct entry_view *v);
void entry_view_close(struct entry_view *v);
/* "this computer last heard from the network N days ago", where there is reason to say it: first of all lines. */
void entry_print_silence(const struct call *c, const struct entry_view *v);

/* What names ENTRY in lists; of other languages than its own by somebody's translation, where there is one. */
const char *entry_title(const struct call *c, const struct kind *k, const cJSON *entry);
/* "fresh", "stale" ...; "not verified" where nobody has looked. */
const char *entry_freshness(const cJSON *entry);
/* Who entered ENTRY; for entries about others how far that goes: "listed by X, not confirmed". Appends. */
void entry_by(const cJSON *entry, const struct entry_view *v, struct buf *out);
/* What others say of it and whether it is hidden, in the few words that a line of a list has room for. Appends. */
void entry_note(const cJSON *entry, const struct entry_view *v, struct buf *out);
/* All that others say of it; of translations those in full that --lang asks for. */
void entry_print_beside(const struct call *c, const cJSON *entry, const struct entry_view *v);
/* Somebody's translation of the field WORD in the reader's language, where ENTRY itself has none. NULL: there is none. */
const char *entry_translated(const struct call *c, const cJSON *entry, const char *word);
/* Everything about one entry, a label a line. */
void entry_print(const struct call *c, const struct kind *k, const cJSON *entry, const struct entry_view *v);
/*
 * What the daemon answered to an addition or change. DONE is "added", "changed" ...; MAYBE says it for a dry run.
 * Of more than five entries only their number is told; warnings of all, each with its entry's place and id.
 */
void entry_report(const struct call *c, const char *done, const char *maybe, const cJSON *answer);
/* A list of entries: first what organisations say of themselves, then what was entered for them, then what is known of them. */
void entry_table(const struct call *c, const struct kind *k, const cJSON *entries, const struct entry_view *v);
/* Does ENTRY pass the filters --territory, --author and --relation? */
bool entry_passes(const struct kind *k, const cJSON *entry, const char *territory, const char *author,
    const char *relation, const struct entry_view *v);
/* "this computer last heard from the network N days ago" into OUT when N > 14; else nothing. */
void entry_silence(const struct entry_view *v, struct buf *out);
/* Name of a member by its id; the id's beginning when it is not known. */
void entry_author(const struct entry_view *v, const char *id, struct buf *out);

#endif
