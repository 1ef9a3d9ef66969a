/*
 * http - asking the daemon over D/control; the only room of the program that knows libcurl.
 *
 * Source   docs/control.md; RFC 9110
 * Law      nothing but this machine's socket is ever contacted; an answer longer than LIMIT_CONTROL_BODY is refused
 */
#ifndef KILIM_CLI_HTTP_H
#define KILIM_CLI_HTTP_H

#include "node/cli/call.h"

/* Append TEXT to a path, with what does not belong there escaped. */
void http_escape(struct buf *path, const char *text);
/*
 * METHOD PATH with BODY (may be empty). OUT (may be NULL) gets the answer; the caller frees it.
 *   ERR_MISSING  no node lives in that directory
 *   ERR_PEER     it is not running, or gave no answer in time
 *   ERR_DENIED   this user may not talk to it
 *   others       as the daemon answered
 */
enum err_code http_ask(struct call *c, const char *method, const char *path, struct bytes body,
    cJSON **out, struct err *e);
/* The same with a JSON body, which is taken. */
enum err_code http_send(struct call *c, const char *method, const char *path, cJSON *body,
    cJSON **out, struct err *e);
/* The same for an answer that is no JSON; appended to OUT. */
enum err_code http_raw(struct call *c, const char *path, struct buf *out, struct err *e);
/* What {"error": {...}} in an answer says, as an err of this side; STATUS is HTTP's. */
enum err_code http_fault(struct bytes answer, long status, struct err *e);

#endif
