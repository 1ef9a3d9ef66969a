/* The control socket as its callers see it: raw HTTP in, raw HTTP out; server and client share one thread. */
#include "node/control/control.h"
#include "proto/limits.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct control *k;
static char dir[] = "/tmp/kilim-control-XXXXXX";
static char path[64];
static uint64_t later_ticket;
static unsigned handled;

/* The machine's groups as this test wants them: who asks by name gets these numbers. */
#define READERS 40003
#define WRITERS 40002

struct group *
getgrnam(const char *name)
{
	static struct group g;

	g.gr_gid = strcmp(name, "kilim") == 0 ? WRITERS : READERS;
	return strcmp(name, "kilim") == 0 || strcmp(name, "kilim-read") == 0 ? &g : NULL;
}

/* --- routes --- */

static enum err_code
echo(const struct api_call *c, struct api_reply *reply, struct err *e)
{
	const char *q = api_query(c, "q");

	(void)e;
	handled++;
	reply->json = cJSON_CreateObject();
	cJSON_AddNumberToObject(reply->json, "len", (double)c->body.len);
	cJSON_AddStringToObject(reply->json, "role", role_word(c->role));
	for (int i = 0; i < 4 && c->rest[i]; i++)
		cJSON_AddStringToObject(reply->json, i == 0 ? "a" : "b", c->rest[i]);
	if (q)
		cJSON_AddStringToObject(reply->json, "q", q);
	return ERR_OK;
}

static enum err_code
raw(const struct api_call *c, struct api_reply *reply, struct err *e)
{
	(void)c, (void)e;
	buf_put_text(&reply->raw, "up 1\n");
	reply->type = "text/plain";
	return ERR_OK;
}

static enum err_code
refuse(const struct api_call *c, struct api_reply *reply, struct err *e)
{
	(void)c;
	reply->json = cJSON_CreateObject();   /* dropped without a leak */
	return err_set(e, ERR_CONFLICT, "name", "exists", "it \"exists\" already");
}

static enum err_code
later(const struct api_call *c, struct api_reply *reply, struct err *e)
{
	(void)e;
	later_ticket = c->ticket;
	reply->later = true;
	return ERR_OK;
}

static enum err_code
at_once(const struct api_call *c, struct api_reply *reply, struct err *e)
{
	struct api_reply now = { .json = cJSON_CreateArray() };

	(void)e;
	control_answer(k, c->ticket, &now, NULL);
	reply->later = true;
	return ERR_OK;
}

static const struct api_route routes[] = {
	{ "GET", "/v1/echo", ROLE_READ, 0, "say what came", echo },
	{ "POST", "/v1/echo", ROLE_WRITE, 1000, "say what came", echo },
	{ "GET", "/v1/kinds/*/*", ROLE_READ, 0, "say what came", echo },
	{ "POST", "/v1/big", ROLE_ADMIN, SIZE_MAX, "take much", echo },
	{ "GET", "/v1/raw", ROLE_READ, 0, "figures", raw },
	{ "GET", "/v1/refuse", ROLE_READ, 0, "refuse", refuse },
	{ "POST", "/v1/later", ROLE_READ, 10, "answer later", later },
	{ "GET", "/v1/at-once", ROLE_READ, 0, "answer within the handler", at_once },
	{ "GET", "/v1/admin", ROLE_ADMIN, 0, "for admins", echo },
};

/* --- a server and its raw clients --- */

static void
start(void)
{
	struct err e = { 0 };

	cr_assert(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(path, sizeof path, "%s/control", dir);
	cr_assert_eq(control_open(path, routes, COUNT(routes), NULL, &k, &e), ERR_OK, "%s", e.reason);
}

static void
stop(void)
{
	struct stat st;

	control_close(k);
	cr_assert_neq(lstat(path, &st), 0, "the socket was left behind");
	rmdir(dir);
}

static int
dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(a.sun_path, path);
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0, "%s", strerror(errno));
	return fd;
}

/* One round of the server's loop: wait at most MS for it or for FD. */
static void
turn(int fd, short events, int ms)
{
	struct pollfd p[2] = { { .fd = control_fd(k), .events = POLLIN }, { .fd = fd, .events = events } };
	int64_t wait = control_wait_ms(k);

	poll(p, fd < 0 ? 1 : 2, wait >= 0 && wait < ms ? (int)wait : ms);
	control_run(k);
}

static void
send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		turn(fd, POLLOUT, 1000);
	}
}

/* A whole answer: head and as much body as it says. "" when the server hung up first. */
static const char *
receive(int fd)
{
	static struct buf in;
	char chunk[65536];

	buf_reset(&in);
	for (int i = 0; i < 20000; i++) {
		ssize_t n = recv(fd, chunk, sizeof chunk, 0);
		const char *head_end, *length;

		if (n > 0)
			buf_put(&in, chunk, (size_t)n);
		if (n == 0)
			return buf_text(&in);
		head_end = strstr(buf_text(&in), "\r\n\r\n");
		length = head_end ? strstr(buf_text(&in), "Content-Length: ") : NULL;
		if (length && strlen(head_end + 4) >= strtoul(length + 16, NULL, 10))
			return buf_text(&in);
		turn(fd, POLLIN, 100);
	}
	cr_assert_fail("no answer: %s", buf_text(&in));
	return "";
}

static const char *
ask(int fd, const char *request)
{
	send_all(fd, request, strlen(request));
	return receive(fd);
}

static const char *
ask_once(const char *request)
{
	int fd = dial();
	const char *answer = ask(fd, request);

	close(fd);
	turn(-1, 0, 0);
	return answer;
}

static void
expect(const char *answer, int status, const char *part)
{
	char line[32];

	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	cr_expect(strncmp(answer, line, strlen(line)) == 0, "%s: %s", line, answer);
	cr_expect(strstr(answer, part), "%s is not in: %s", part, answer);
}

TestSuite(control, .init = start, .fini = stop);

/* One connection serves many requests, one after the other. */
Test(control, a_connection_is_kept)
{
	int fd = dial();

	for (int i = 0; i < 500; i++)
		expect(ask(fd, "GET /v1/echo HTTP/1.1\r\nHost: kilim\r\n\r\n"), 200, "{\"len\":0,\"role\":\"admin\"}");
	expect(ask(fd, "POST /v1/echo HTTP/1.1\r\nHost: kilim\r\nContent-Length: 5\r\n\r\nhallo"), 200, "\"len\":5");
	expect(ask(fd, "GET /v1/none HTTP/1.1\r\nHost: kilim\r\n\r\n"), 404, "missing");
	expect(ask(fd, "GET /v1/echo HTTP/1.1\r\nHost: kilim\r\n\r\n"), 200, "\"len\":0");
	close(fd);
}

/* Two requests sent at once are both answered, in order. */
Test(control, pipelined)
{
	int fd = dial();
	const char *two = "GET /v1/raw HTTP/1.1\r\nHost: k\r\n\r\nGET /v1/raw HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n";
	const char *answer = ask(fd, two), *second;

	while ((second = strstr(answer + 1, "HTTP/1.1 200")) == NULL && (answer = receive(fd))[0])
		if (strncmp(answer, "HTTP/1.1 200", 12) == 0)
			break;
	cr_expect(strstr(answer, "up 1\n"), "%s", answer);
	close(fd);
}

/* Segments and parameters are decoded after they were split. */
Test(control, path_and_query_are_decoded)
{
	expect(ask_once("GET /v1/kinds/org1x%2F55/%C5%A1?q=a%20b+c%26d&x HTTP/1.1\r\nHost: k\r\n\r\n"), 200,
	    "\"a\":\"org1x/55\",\"b\":\"š\",\"q\":\"a b c&d\"");
	expect(ask_once("GET /v1/kinds/%ff/x HTTP/1.1\r\nHost: k\r\n\r\n"), 400, "encoding");
	expect(ask_once("GET /v1/kinds/%00/x HTTP/1.1\r\nHost: k\r\n\r\n"), 400, "encoding");
	expect(ask_once("GET /v1/kinds/%4/x HTTP/1.1\r\nHost: k\r\n\r\n"), 400, "encoding");
	expect(ask_once("GET /v1/kinds/a/b/c/d/e/f/g/h/i HTTP/1.1\r\nHost: k\r\n\r\n"), 400, "length");
	expect(ask_once("GET /v1/kinds//x HTTP/1.1\r\nHost: k\r\n\r\n"), 404, "route");
}

/* An error is exactly one object with four words, under the status of its code. */
Test(control, errors_have_one_form)
{
	expect(ask_once("GET /v1/refuse HTTP/1.1\r\nHost: k\r\n\r\n"), 409,
	    "\r\n\r\n{\"error\":{\"code\":\"conflict\",\"object\":\"name\",\"rule\":\"exists\","
	    "\"reason\":\"it \\\"exists\\\" already\"}}");
	expect(ask_once("GET /v1/none HTTP/1.1\r\nHost: k\r\n\r\n"), 404,
	    "\r\n\r\n{\"error\":{\"code\":\"missing\",\"object\":\"path\",\"rule\":\"route\",\"reason\":");
}

/* A method that the path lacks is told which it has; OPTIONS lists the rows. */
Test(control, methods)
{
	const char *answer = ask_once("DELETE /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n");

	expect(answer, 405, "Allow: GET, HEAD, POST, OPTIONS\r\n");
	expect(answer, 405, "{\"error\":{\"code\":\"usage\"");
	expect(ask_once("OPTIONS /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n"), 200, "\"help\":\"say what came\"");
	cr_expect_eq(handled, 0);
	answer = ask_once("HEAD /v1/echo HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n");
	expect(answer, 200, "Content-Length: 24\r\n");
	cr_expect_eq(handled, 1);
}

/* A type of its own is kept, and nothing is cached. */
Test(control, raw_answers)
{
	const char *answer = ask_once("GET /v1/raw HTTP/1.1\r\nHost: k\r\n\r\n");

	expect(answer, 200, "Content-Type: text/plain\r\n");
	expect(answer, 200, "Cache-Control: no-store\r\n");
	expect(answer, 200, "\r\n\r\nup 1\n");
}

/* A body that says it is too long is refused before it comes, one that does not say is refused when it is. */
Test(control, long_bodies)
{
	struct buf chunked = { 0 };

	expect(ask_once("POST /v1/echo HTTP/1.1\r\nHost: k\r\nContent-Length: 1001\r\n\r\n"), 413, "at most 1000 bytes");
	expect(ask_once("POST /v1/big HTTP/1.1\r\nHost: k\r\nContent-Length: 67108865\r\n\r\n"), 413, "at most 67108864 bytes");
	expect(ask_once("GET /v1/echo HTTP/1.1\r\nHost: k\r\nContent-Length: 1\r\n\r\nx"), 413, "takes no body");
	buf_put_text(&chunked, "POST /v1/echo HTTP/1.1\r\nHost: k\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 11; i++)
		buf_printf(&chunked, "64\r\n%0100d\r\n", i);
	buf_put_text(&chunked, "0\r\n\r\n");
	expect(ask_once(buf_text(&chunked)), 413, "at most 1000 bytes");
	cr_expect_eq(handled, 0);
	buf_free(&chunked);
}

/* The last byte that is allowed is. */
Test(control, longest_bodies)
{
	struct buf request = { 0 };
	size_t big = 3 * 1024 * 1024;

	buf_printf(&request, "POST /v1/echo HTTP/1.1\r\nHost: k\r\nContent-Length: 1000\r\n\r\n%01000d", 1);
	expect(ask_once(buf_text(&request)), 200, "\"len\":1000");
	buf_reset(&request);
	buf_printf(&request, "POST /v1/big HTTP/1.1\r\nHost: k\r\nContent-Length: %zu\r\n\r\n", big);
	memset(buf_grow(&request, big), 'x', big);
	expect(ask_once(buf_text(&request)), 200, "\"len\":3145728");
	buf_free(&request);
}

/* A web page that found a way to this door is turned away. */
Test(control, browsers_are_refused)
{
	expect(ask_once("GET /v1/echo HTTP/1.1\r\nHost: k\r\nOrigin: http://example.org\r\n\r\n"), 403, "Origin");
	cr_expect_eq(handled, 0);
}

/* A call that said later is answered when its ticket is; others are served meanwhile. */
Test(control, later_answers)
{
	struct api_reply reply = { .json = cJSON_CreateTrue() };
	struct err e;
	int one = dial(), two = dial();
	const char *request = "POST /v1/later HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n\r\n";

	send_all(one, request, strlen(request));
	while (later_ticket == 0)
		turn(one, POLLIN, 100);
	expect(ask(two, "GET /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n"), 200, "len");
	control_answer(k, later_ticket, &reply, NULL);
	cr_expect_eq(control_wait_ms(k), 0, "the loop would sleep over a ready answer");
	expect(receive(one), 200, "\r\n\r\ntrue");
	reply.json = cJSON_CreateTrue();
	control_answer(k, later_ticket, &reply, NULL);     /* unknown by now: ignored, and freed */
	later_ticket = 0;
	send_all(one, request, strlen(request));
	while (later_ticket == 0)
		turn(one, POLLIN, 100);
	err_set(&e, ERR_PEER, "peer", "away", "nobody there");
	control_answer(k, later_ticket, NULL, &e);
	expect(receive(one), 502, "nobody there");
	expect(ask(one, "GET /v1/at-once HTTP/1.1\r\nHost: k\r\n\r\n"), 200, "\r\n\r\n[]");
	close(one);
	close(two);
}

/* A caller who went away while waiting does no harm, nor does one who waits when the node stops. */
Test(control, waiting_callers_may_leave)
{
	struct api_reply reply = { .json = cJSON_CreateTrue() };
	int one = dial(), two = dial();
	const char *request = "POST /v1/later HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n\r\n";
	uint64_t first;

	send_all(one, request, strlen(request));
	while (later_ticket == 0)
		turn(one, POLLIN, 100);
	close(one);
	first = later_ticket;
	send_all(two, request, strlen(request));
	while (later_ticket == first)
		turn(two, POLLIN, 100);
	control_answer(k, first, &reply, NULL);
	turn(-1, 0, 10);
	control_close(k);
	k = NULL;
	char last[1000] = "";
	cr_expect_gt(recv(two, last, sizeof last - 1, 0), 0);
	cr_expect(strstr(last, "HTTP/1.1 429") && strstr(last, "stopping"), "%s", last);
	close(two);
}

/* A path that no unix socket can have, and one that is taken by a file. */
Test(control, paths_that_cannot_be)
{
	char longer[200], file[64];
	struct control *other = NULL;
	struct err e = { 0 };

	snprintf(longer, sizeof longer, "%s/%0100d", dir, 0);
	cr_expect_eq(control_open(longer, routes, COUNT(routes), NULL, &other, &e), ERR_FAILED);
	cr_expect(strstr(e.reason, "107"), "%s", e.reason);
	snprintf(file, sizeof file, "%s/file", dir);
	fclose(fopen(file, "w"));
	cr_expect_eq(control_open(file, routes, COUNT(routes), NULL, &other, &e), ERR_FAILED);
	cr_expect_eq(access(file, F_OK), 0, "a file was removed");
	unlink(file);
	cr_expect_eq(control_open("/nonexistent/control", routes, COUNT(routes), NULL, &other, &e), ERR_FAILED);
	cr_expect_null(other);
}

/* A living daemon's socket stays its own; a dead one's is replaced, and has the right mode. */
Test(control, stale_sockets)
{
	struct control *other = NULL;
	struct err e = { 0 };
	struct stat st;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_expect_eq(control_open(path, routes, COUNT(routes), NULL, &other, &e), ERR_CONFLICT);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/dead", dir);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	cr_assert_eq(listen(fd, 1), 0);
	close(fd);
	cr_expect_eq(control_open(a.sun_path, routes, COUNT(routes), NULL, &other, &e), ERR_OK, "%s", e.reason);
	cr_expect_eq(stat(a.sun_path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0660);
	control_close(other);
}

/* As another user, from a process of its own: the answer's first line. */
static void
ask_as(uid_t uid, gid_t gid, size_t count, const gid_t *groups, const char *request, char answer[600])
{
	int io[2];
	pid_t child;

	memset(answer, 0, 600);
	cr_assert_eq(pipe(io), 0);
	if ((child = fork()) == 0) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char text[600];
		ssize_t n;

		strcpy(a.sun_path, path);
		if (setgroups(count, groups) || setgid(gid) || setuid(uid) ||
		    connect(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
		    write(fd, request, strlen(request)) < 0 || (n = read(fd, text, sizeof text)) < 0 ||
		    write(io[1], text, (size_t)n) < 0)
			_exit(1);
		_exit(0);
	}
	close(io[1]);
	for (int status = 0; waitpid(child, &status, WNOHANG) == 0;)
		turn(-1, 0, 20);
	cr_assert_geq(read(io[0], answer, 599), 0);
	close(io[0]);
}

/* The kernel says who calls: somebody else gets nothing, whatever is asked. */
Test(control, others_are_refused)
{
	char answer[600];

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	chmod(path, 0666);
	ask_as(65534, 65534, 0, NULL, "GET /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n", answer);
	expect(answer, 403, "\r\n");
	ask_as(65534, 65534, 0, NULL, "GET /v1/none HTTP/1.1\r\nHost: k\r\n\r\n", answer);
	expect(answer, 403, "\r\n");
	cr_expect_eq(handled, 0);
}

/* A group gives its role and no more; each row's own role is asked for before anything is done. */
Test(control, rows_ask_for_roles)
{
	char answer[600];

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	chmod(path, 0666);
	ask_as(65534, 65534, 1, (gid_t[]){ READERS }, "GET /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n", answer);
	expect(answer, 200, "\"role\":\"read\"");
	ask_as(65534, READERS, 0, NULL, "POST /v1/echo HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n\r\n", answer);
	expect(answer, 403, "this takes the role write; your account has read");
	ask_as(65534, READERS, 1, (gid_t[]){ WRITERS },
	    "POST /v1/echo HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n\r\n", answer);
	expect(answer, 200, "\"role\":\"write\"");
	ask_as(65534, WRITERS, 0, NULL, "GET /v1/admin HTTP/1.1\r\nHost: k\r\n\r\n", answer);
	expect(answer, 403, "the role admin");
	cr_expect_eq(handled, 2);
}

/* The socket's own mode keeps strangers from even connecting. */
Test(control, the_mode_guards_first)
{
	char answer[600];

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	ask_as(65534, 65534, 0, NULL, "GET /v1/echo HTTP/1.1\r\nHost: k\r\n\r\n", answer);
	cr_expect_str_empty(answer);
}
