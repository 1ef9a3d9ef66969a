#include "node/control/control.h"

#include "node/control/peer.h"
#include "node/control/target.h"
#include "proto/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS 64          /* people and programs of one machine at a time */
#define CONNECTION_IDLE_S 120   /* a kept connection without a request is closed */
#define TURNS 32                /* rounds of one control_run: other work of the loop waits meanwhile */

struct call {
	struct call *next;              /* in control.waiting */
	struct control *control;
	struct MHD_Connection *http;
	struct target target;
	const struct api_route *route;
	const char *rest[4];
	enum role role;
	struct buf body;
	size_t dropped;                 /* bytes that came beyond max_body */
	uint64_t ticket;
	bool begun, suspended;
	unsigned status;
	struct MHD_Response *response;  /* made, not yet queued */
	enum err_code bad_target;
	struct err fault;               /* of the target */
};

struct control {
	struct MHD_Daemon *http;
	const struct api_route *routes;
	size_t count;
	void *node;
	struct peer_groups groups;
	struct call *waiting;           /* those with a ticket */
	uint64_t last_ticket;
	bool resumed;                   /* a late answer is ready: MHD_get_timeout does not say so */
	char path[108];
	dev_t device;
	ino_t inode;
};

/* --- answers --- */

static void
set_response(struct call *c, unsigned status, const char *type, void *taken, size_t len)
{
	assert(c->response == NULL);
	c->status = status;
	c->response = MHD_create_response_from_buffer(len, taken, MHD_RESPMEM_MUST_FREE);
	assert(c->response);
	MHD_add_response_header(c->response, "Content-Type", type);
	MHD_add_response_header(c->response, "Cache-Control", "no-store");
}

static void
set_json(struct call *c, unsigned status, cJSON *taken)
{
	char *text = cJSON_PrintUnformatted(taken);

	assert(text);
	cJSON_Delete(taken);
	set_response(c, status, "application/json", text, strlen(text));
}

static void
set_error(struct call *c, unsigned status, const struct err *e)
{
	cJSON *whole = cJSON_CreateObject(), *inner = cJSON_AddObjectToObject(whole, "error");

	cJSON_AddStringToObject(inner, "code", err_word(e->code));
	cJSON_AddStringToObject(inner, "object", e->object);
	cJSON_AddStringToObject(inner, "rule", e->rule);
	cJSON_AddStringToObject(inner, "reason", e->reason);
	set_json(c, status, whole);
}

__attribute__((format(printf, 5, 6))) static void
refuse(struct call *c, enum err_code code, const char *object, const char *rule, const char *fmt, ...)
{
	struct err e;
	char reason[sizeof e.reason];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof reason, fmt, ap);
	va_end(ap);
	err_set(&e, code, object, rule, "%s", reason);
	set_error(c, (unsigned)err_http(code), &e);
}

/* An answer in parts (ERR_PARTLY) has a body of its own; every other error is told by E. */
static void
set_outcome(struct call *c, enum err_code rc, struct api_reply *reply, const struct err *e)
{
	assert(rc != ERR_OK || reply);
	if (reply == NULL || (rc != ERR_OK && !(rc == ERR_PARTLY && reply->json))) {
		set_error(c, (unsigned)err_http(rc), e);
	} else if (reply->json) {
		set_json(c, (unsigned)err_http(rc), reply->json);
		reply->json = NULL;
	} else if (reply->type) {
		set_response(c, 200, reply->type, reply->raw.p, reply->raw.len);
		reply->raw = (struct buf){ 0 };
	} else if (reply->raw.len) {
		set_response(c, 200, "application/json", reply->raw.p, reply->raw.len);
		reply->raw = (struct buf){ 0 };
	} else {
		set_json(c, 200, cJSON_CreateObject());
	}
	if (reply) {
		cJSON_Delete(reply->json);
		buf_free(&reply->raw);
		*reply = (struct api_reply){ 0 };
	}
}

static enum MHD_Result
send_response(struct call *c)
{
	enum MHD_Result ok = MHD_queue_response(c->http, c->status, c->response);

	MHD_destroy_response(c->response);
	c->response = NULL;
	return ok;
}

/* --- which row --- */

static bool
same_method(const char *row, const char *asked)
{
	return strcmp(row, strcmp(asked, "HEAD") == 0 ? "GET" : asked) == 0;
}

/* The row, or NULL; ALLOW gets the methods of the path, empty when there is no such path. */
static const struct api_route *
find_route(struct call *c, const char *method, struct buf *allow)
{
	const struct control *k = c->control;
	const struct api_route *found = NULL;
	const char *rest[4];

	for (size_t i = 0; i < k->count; i++) {
		if (!target_match(&c->target, k->routes[i].path, rest))
			continue;
		buf_printf(allow, "%s%s", k->routes[i].method, strcmp(k->routes[i].method, "GET") ? ", " : ", HEAD, ");
		if (found == NULL && same_method(k->routes[i].method, method)) {
			found = &k->routes[i];
			memcpy(c->rest, rest, sizeof rest);
		}
	}
	if (allow->len)
		buf_put_text(allow, "OPTIONS");
	return found;
}

/* OPTIONS: what can be done here, from the rows. */
static void
set_options(struct call *c, const char *allow)
{
	const struct control *k = c->control;
	cJSON *list = cJSON_CreateArray();
	const char *rest[4];

	for (size_t i = 0; i < k->count; i++) {
		const struct api_route *r = &k->routes[i];
		cJSON *row;

		if (!target_match(&c->target, r->path, rest))
			continue;
		row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "method", r->method);
		cJSON_AddStringToObject(row, "path", r->path);
		cJSON_AddStringToObject(row, "role", role_word(r->role));
		cJSON_AddStringToObject(row, "help", r->help);
		cJSON_AddItemToArray(list, row);
	}
	set_json(c, 200, list);
	MHD_add_response_header(c->response, "Allow", allow);
}

static const char *
header(const struct call *c, const char *name)
{
	return MHD_lookup_connection_value(c->http, MHD_HEADER_KIND, name);
}

static size_t
max_body(const struct api_route *r)
{
	return r->max_body < LIMIT_CONTROL_BODY ? r->max_body : LIMIT_CONTROL_BODY;
}

static void
refuse_length(struct call *c)
{
	if (max_body(c->route) == 0)
		refuse(c, ERR_LIMIT, "body", "length", "this request takes no body");
	else
		refuse(c, ERR_LIMIT, "body", "length", "at most %zu bytes", max_body(c->route));
}

static void
choose_route(struct call *c, const char *method)
{
	struct buf allow = { 0 };
	const char *length = header(c, "Content-Length");

	c->route = find_route(c, method, &allow);
	if (allow.len == 0) {
		refuse(c, ERR_MISSING, "path", "route", "no such path; docs/control.md lists them");
	} else if (strcmp(method, "OPTIONS") == 0) {
		set_options(c, buf_text(&allow));
	} else if (c->route == NULL) {
		struct err e;

		err_set(&e, ERR_USAGE, "method", "method", "\"%.20s\" is not for this path; it takes %s", method,
		    buf_text(&allow));
		set_error(c, MHD_HTTP_METHOD_NOT_ALLOWED, &e);
		MHD_add_response_header(c->response, "Allow", buf_text(&allow));
	} else if (c->role < c->route->role) {
		refuse(c, ERR_DENIED, "caller", "role", "this takes the role %s; your account has %s",
		    role_word(c->route->role), role_word(c->role));
	} else if (length && strtoull(length, NULL, 10) > max_body(c->route)) {
		refuse_length(c);
	}
	buf_free(&allow);
}

/* Everything that can be judged before the body comes. */
static void
judge(struct call *c, const char *method)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->http, MHD_CONNECTION_INFO_CONNECTION_FD);

	c->role = info ? peer_role(info->connect_fd, &c->control->groups) : ROLE_NONE;
	if (header(c, "Origin"))        /* only a web page sends it, and none of ours needs this door */
		refuse(c, ERR_DENIED, "Origin", "browser", "web pages are not served here");
	else if (c->role == ROLE_NONE)
		refuse(c, ERR_DENIED, "caller", "role",
		    "only root, the daemon's user and the groups kilim-read, kilim and kilim-admin are served");
	else if (c->bad_target)
		set_error(c, (unsigned)err_http(c->bad_target), &c->fault);
	else
		choose_route(c, method);
}

/* --- a call's life: begin, body, run, (suspended), answered, freed --- */

static void *
on_uri(void *self, const char *uri, struct MHD_Connection *http)
{
	struct call *c = need_zeroed(1, sizeof *c);

	c->control = self;
	c->http = http;
	c->bad_target = target_read(uri, &c->target, &c->fault);
	return c;
}

static void
stop_waiting(struct call *c)
{
	for (struct call **p = &c->control->waiting; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			return;
		}
}

static void
on_completed(void *self, struct MHD_Connection *http, void **slot, enum MHD_RequestTerminationCode why)
{
	struct call *c = *slot;

	(void)self, (void)http, (void)why;
	if (c == NULL)
		return;
	stop_waiting(c);
	if (c->response)
		MHD_destroy_response(c->response);
	target_free(&c->target);
	buf_free(&c->body);
	free(c);
	*slot = NULL;
}

static enum MHD_Result
begin(struct call *c, const char *method)
{
	c->begun = true;
	judge(c, method);
	/* A refusal does not wait for a body; without one it does, so that the connection can be kept. */
	if (c->response && (header(c, "Content-Length") || header(c, "Transfer-Encoding")))
		return send_response(c);
	return MHD_YES;
}

/* Only a chunked body can grow beyond the limit here. It is read to its end, or to the largest any row allows. */
static enum MHD_Result
collect(struct call *c, const char *data, size_t *len)
{
	size_t max = c->route ? max_body(c->route) : 0;

	if (c->dropped || c->response || *len > max - c->body.len) {
		buf_free(&c->body);
		c->dropped += *len;
	} else {
		buf_put(&c->body, data, *len);
	}
	*len = 0;
	return c->dropped > LIMIT_CONTROL_BODY ? MHD_NO : MHD_YES;
}

static void
run(struct call *c)
{
	struct control *k = c->control;
	struct api_reply reply = { 0 };
	struct err e = { 0 };
	struct api_call call = {
		.node = k->node, .role = c->role, .body = buf_bytes(&c->body), .ticket = ++k->last_ticket, .connection = c,
	};
	enum err_code rc;

	memcpy(call.rest, c->rest, sizeof call.rest);
	c->ticket = call.ticket;
	c->next = k->waiting;           /* an answer may come before the handler returns */
	k->waiting = c;
	rc = c->route->handle(&call, &reply, &e);
	if (rc == ERR_OK && reply.later) {
		buf_free(&c->body);
		return;
	}
	stop_waiting(c);
	set_outcome(c, rc, &reply, &e);
}

static enum MHD_Result
on_request(void *self, struct MHD_Connection *http, const char *url, const char *method, const char *version,
    const char *data, size_t *len, void **slot)
{
	struct call *c = *slot;

	(void)self, (void)http, (void)url, (void)version;
	if (!c->begun)
		return begin(c, method);
	if (*len)
		return collect(c, data, len);
	c->suspended = false;
	if (c->response == NULL && c->dropped)
		refuse_length(c);
	if (c->response == NULL)
		run(c);
	if (c->response)
		return send_response(c);
	c->suspended = true;
	MHD_suspend_connection(c->http);
	return MHD_YES;
}

void
control_answer(struct control *k, uint64_t ticket, struct api_reply *reply, const struct err *e)
{
	struct call *c = k->waiting;
	enum err_code rc = e ? e->code : ERR_OK;

	while (c && c->ticket != ticket)
		c = c->next;
	if (c == NULL) {
		if (reply) {
			cJSON_Delete(reply->json);
			buf_free(&reply->raw);
			*reply = (struct api_reply){ 0 };
		}
		return;
	}
	stop_waiting(c);
	set_outcome(c, rc, reply, e);
	if (c->suspended) {
		MHD_resume_connection(c->http);
		k->resumed = true;
	}
}

const char *
api_query(const struct api_call *c, const char *key)
{
	const struct call *call = c->connection;

	return target_query(&call->target, key);
}

/* --- the socket --- */

static enum err_code
fail(struct err *e, const char *path)
{
	return err_set(e, ERR_FAILED, path, "system", "%s", strerror(errno));
}

/* A socket that nobody answers was left by a dead daemon. Anything else under that name stays. */
static enum err_code
clear_stale(const struct sockaddr_un *a, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(a->sun_path, &st) != 0)
		return errno == ENOENT ? ERR_OK : fail(e, a->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_FAILED, a->sun_path, "socket", "something that is no socket has this name");
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return fail(e, a->sun_path);
	rc = connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 ? 0 : errno;
	close(fd);
	if (rc != ECONNREFUSED)
		return err_set(e, ERR_CONFLICT, a->sun_path, "running", "another kilimd answers there");
	return unlink(a->sun_path) == 0 ? ERR_OK : fail(e, a->sun_path);
}

static enum err_code
listen_at(struct control *k, int *out_fd, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	enum err_code rc;
	int fd;

	strcpy(a.sun_path, k->path);
	if ((rc = clear_stale(&a, e)) != ERR_OK)
		return rc;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return fail(e, k->path);
	/* Never wider than 0660, not even between bind and chmod. */
	if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || chmod(k->path, 0660) != 0 ||
	    listen(fd, CONNECTIONS) != 0 || lstat(k->path, &st) != 0) {
		rc = fail(e, k->path);
		close(fd);
		return rc;
	}
	k->device = st.st_dev;
	k->inode = st.st_ino;
	*out_fd = fd;
	return ERR_OK;
}

static void
remove_socket(const struct control *k)
{
	struct stat st;

	if (lstat(k->path, &st) == 0 && st.st_dev == k->device && st.st_ino == k->inode)
		unlink(k->path);
}

enum err_code
control_open(const char *path, const struct api_route *routes, size_t count, void *node, struct control **out,
    struct err *e)
{
	struct control *k;
	enum err_code rc;
	int fd = -1;

	if (strlen(path) >= sizeof k->path)
		return err_set(e, ERR_FAILED, path, "length", "the path of a unix socket has at most 107 bytes");
	k = need_zeroed(1, sizeof *k);
	k->routes = routes;
	k->count = count;
	k->node = node;
	strcpy(k->path, path);
	peer_groups_load(&k->groups);
	if ((rc = listen_at(k, &fd, e)) != ERR_OK)
		goto out;
	k->http = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, k,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, k,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, k, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S, MHD_OPTION_END);
	if (k->http == NULL) {
		rc = err_set(e, ERR_FAILED, path, "http", "the HTTP server cannot start");
		remove_socket(k);
		if (fcntl(fd, F_GETFD) >= 0)
			close(fd);
		goto out;
	}
	*out = k;
	return ERR_OK;
out:
	free(k);
	return rc;
}

/* Those who still wait are told; the library may not stop while a connection is suspended. */
void
control_close(struct control *k)
{
	struct err e;

	if (k == NULL)
		return;
	err_set(&e, ERR_BUSY, "node", "stopping", "the node is stopping; ask again when it runs");
	while (k->waiting)
		control_answer(k, k->waiting->ticket, NULL, &e);
	control_run(k);
	MHD_stop_daemon(k->http);
	remove_socket(k);
	free(k);
}

int
control_fd(const struct control *k)
{
	return MHD_get_daemon_info(k->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int64_t
control_wait_ms(const struct control *k)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (k->resumed)
		return 0;
	return MHD_get_timeout(k->http, &ms) == MHD_YES ? (int64_t)ms : -1;
}

void
control_run(struct control *k)
{
	for (int i = 0; i < TURNS; i++) {
		k->resumed = false;
		MHD_run(k->http);
		if (control_wait_ms(k) != 0)
			break;
	}
}
