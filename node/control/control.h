/*
 * control - HTTP/JSON for the people of this machine, over a unix socket; the only room that knows libmicrohttpd.
 *
 * Source   docs/control.md (the routes); HTTP/1.1
 * Shape    D/control, mode 0660; one row a route, with method, path, role and limits as columns
 * Law      a caller's role comes from the kernel (peer credentials), never from what it says
 *          no handler checks its own rights
 */
#ifndef KILIM_CONTROL_CONTROL_H
#define KILIM_CONTROL_CONTROL_H

#include "proto/buf.h"
#include "proto/err.h"

#include <cjson/cJSON.h>

/* Groups kilim-read, kilim, kilim-admin; root and the daemon's own user are admin. */
enum role { ROLE_NONE, ROLE_READ, ROLE_WRITE, ROLE_ADMIN };
const char *role_word(enum role r);

struct api_call {
	void *node;                     /* the owner of all handlers */
	enum role role;
	const char *rest[4];            /* what the '*' segments of the path held, decoded; NULL beyond */
	struct bytes body;              /* raw; at most LIMIT_CONTROL_BODY */
	uint64_t ticket;                /* names the call for control_answer when it is answered later */
	void *connection;               /* for api_query */
};
/* Value of a query parameter, decoded; NULL when absent. Borrowed for the call. */
const char *api_query(const struct api_call *c, const char *key);

struct api_reply {
	cJSON *json;                    /* taken and freed; or */
	struct buf raw;                 /* taken, with its type */
	const char *type;               /* of raw: static text; NULL: application/json */
	bool later;                     /* control_answer comes later */
};

struct api_route {
	const char *method;             /* "GET", "POST", "PATCH", "DELETE" */
	const char *path;               /* "/v1/kinds/" "*" segments stand for rest[0], rest[1] ... */
	enum role role;                 /* the weakest that may */
	size_t max_body;                /* 0: none allowed */
	const char *help;               /* for docs and OPTIONS; one line */
	/* OK: REPLY is filled; else the error becomes {"error": {"code","object","rule","reason"}} with its status. */
	enum err_code (*handle)(const struct api_call *c, struct api_reply *reply, struct err *e);
};

struct control;
/*
 * Listen on PATH (a stale socket of a dead daemon is replaced).
 *   ERR_FAILED   cannot bind; the path is too long for a unix socket (107 bytes)
 */
enum err_code control_open(const char *path, const struct api_route *routes, size_t count, void *node,
    struct control **out, struct err *e);
void control_close(struct control *c);      /* NULL is fine; removes the socket */
int control_fd(const struct control *c);    /* readable: call control_run */
int64_t control_wait_ms(const struct control *c);
void control_run(struct control *c);
/* Answer a call that said later: with E (code not OK) or REPLY. An unknown ticket (caller gone) is ignored. */
void control_answer(struct control *c, uint64_t ticket, struct api_reply *reply, const struct err *e);

#endif
