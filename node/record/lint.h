/*
 * lint - reads every free text of a record for what tells where somebody is, or who she is.
 *
 * Source   proto/kinds.md "Disclosure"; design of each rule beside its row in lint.c
 * Shape    a finding is a field's path ("description.sr"), a rule's word, and the place in that text
 * Law      it judges texts, never who wrote them; whoever calls decides between blocking and warning
 *          fields whose very purpose is an exact place are not read: the disclosure rules judge those
 *          it is no proof: a text without a finding may still tell too much
 */
#ifndef KILIM_RECORD_LINT_H
#define KILIM_RECORD_LINT_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/kind.h"

struct lint_finding {
	char path[96];
	const char *rule;        /* "street", "coordinates", ... */
	const char *reason;      /* a sentence, a msgid */
	struct bytes text;       /* the whole text, borrowed from the body */
	size_t at, len;          /* what was found in it */
};

/* The rules, for documents and the test that walks them. */
size_t lint_rule_count(void);
const char *lint_rule_word(size_t i);

/* Every finding in one text, in order; FN returns false to stop. PATH names the text; TYPE picks the rules. */
bool lint_text(struct bytes text, enum field_type type, const char *path,
    bool (*fn)(void *self, const struct lint_finding *f), void *self);
/* Every finding in BODY (canonical, of kind K). */
void lint_body(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct lint_finding *f),
    void *self);
/* Is there any, in a text and in BODY? */
bool lint_finds(struct bytes text);
bool lint_body_finds(const struct kind *k, struct bytes body);
/* ERR_DENIED with the first finding, where the text belongs to, names or references what is redacted. */
enum err_code lint_check(const struct kind *k, struct bytes body, struct err *e);

/*
 * Does BODY name one of NAMES (names, other names, telephone numbers of redacted organisations and services)?
 * Case, marks and script do not matter; a name is found as whole words. Returns the index + 1; 0: none.
 */
size_t lint_names(const struct kind *k, struct bytes body, const struct bytes *names, size_t count);

/* Are A and B the same words, whatever their case, marks and script? An empty name is the same as none. */
bool lint_same_name(struct bytes a, struct bytes b);

/* Every text-like value of BODY with its path and field; FN returns false to stop. Unknown keys are passed over. */
struct text_value {
	const char *path;
	const struct field *field;
	bool exact;              /* it stands in a field, or in a group, that tells exactly where */
	struct bytes text;
};
void lint_each_text(const struct kind *k, struct bytes body, bool (*fn)(void *self, const struct text_value *v),
    void *self);

/* Does this number (as FIELD_PHONE has it) have an area code, which names a town? Mobile, free and short ones: no. */
bool phone_names_town(struct bytes number);

#endif
