/*
 * err - what went wrong: a code for the machine, a sentence for the person.
 *
 * Source   RFC 9290 (the body of a CoAP error), docs/manual.md "Exit codes"
 * Shape    text reads "object: rule: reason"; object is what the person named (file, record, field),
 *          outermost context first; rule is a short stable word ("required", "canonical"); reason a sentence
 * Law      foreign bytes lead to an err, our own bugs to an assert
 */
#ifndef KILIM_PROTO_ERR_H
#define KILIM_PROTO_ERR_H

#include <stddef.h>

#define ERR_TABLE(X) /* code, word, HTTP, CoAP, exit, meaning */                              \
	X(OK, "ok", 200, 205, 0, "done")                                                      \
	X(FAILED, "failed", 500, 500, 1, "something on this computer failed")                 \
	X(USAGE, "usage", 400, 400, 2, "the command was not understood")                      \
	X(MISSING, "missing", 404, 404, 3, "no such thing here")                              \
	X(DENIED, "denied", 403, 403, 4, "this key, person or setting may not do that")       \
	X(CONFLICT, "conflict", 409, 409, 4, "changed in the meantime, or exists already")    \
	X(INPUT, "input", 422, 400, 5, "malformed, or breaks a rule")                         \
	X(LIMIT, "limit", 413, 413, 5, "over a stated maximum")                               \
	X(BUSY, "busy", 429, 429, 6, "too many requests; later")                              \
	X(PEER, "peer", 502, 502, 6, "a peer is away or broke the rules")                     \
	X(VERSION, "version", 501, 501, 6, "this node and that one have no version in common") \
	X(PARTLY, "partly", 207, 205, 7, "done in part")                                      \
	X(STORE, "store", 507, 500, 8, "storage failed")

enum err_code {
#define X(name, word, http, coap, exit, meaning) ERR_##name,
	ERR_TABLE(X)
#undef X
	ERR_CODES
};

struct err {
	enum err_code code;
	char object[160];
	char rule[64];
	char reason[320];
};

/* Columns of the table; CODE in range. */
const char *err_word(enum err_code code);
int err_http(enum err_code code);
int err_coap(enum err_code code); /* as three digits: 404 is 4.04 */
int err_exit(enum err_code code);
const char *err_meaning(enum err_code code);
/* ERR_FAILED when no row has that word. */
enum err_code err_from_word(const char *word);

/* Fill E (which may be NULL) and return CODE, so that callers write `return err_set(...)`. */
__attribute__((format(printf, 5, 6))) enum err_code err_set(struct err *e, enum err_code code,
    const char *object, const char *rule, const char *fmt, ...);
/* Put a context before the object: "kilim.conf" + "territory" -> "kilim.conf: territory". */
__attribute__((format(printf, 2, 3))) enum err_code err_wrap(struct err *e, const char *fmt, ...);
/* "object: rule: reason" into OUT, always ended by a zero; returns OUT. Control characters become '?'. */
const char *err_text(const struct err *e, char *out, size_t max);

#endif
