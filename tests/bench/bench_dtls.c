/*
 * bench_dtls - what sessions cost. The accepting node is a process of its own: one core each side.
 *
 *   dtls.handshakes_per_s   full mutual handshakes that the accepting node finishes
 *   dtls.handshake_cpu_ms   what each takes of its processor, whoever else is using the machine (for information)
 *   dtls.session_kib        its growth of RssAnon for each established session
 *   dtls.throughput_mib_s   messages of 1,152 bytes over one session, as they arrive (for information)
 */
#include "node/crypto/crypto.h"
#include "node/dtls/dtls.h"
#include "proto/limits.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSIONS 128
#define AT_ONCE 8           /* diallers that keep the accepting node busy */
#define SHAKE_MS 5000
#define STREAM_MS 3000
#define WINDOW 192          /* messages under way: below what the socket's buffer holds */
#define ACK_EVERY 32

struct end {
	struct dtls *d;
	struct dtls_identity *identity;
	struct session *session;
	unsigned opened, failed;
	uint64_t messages, acked;
	bool answers;
};

static enum dtls_verdict
on_judge(void *self, const struct id *node, bool dialled)
{
	(void)self;
	(void)node;
	(void)dialled;
	return DTLS_MEMBER;
}

static void
on_opened(void *self, struct session *s)
{
	struct end *n = self;

	n->session = s;
	n->opened++;
}

static void
on_message(void *self, struct session *s, struct bytes datagram)
{
	struct end *n = self;

	n->messages++;
	if (!n->answers && datagram.len == 8)
		n->acked = get_u64(datagram.p);
	if (n->answers && n->messages % ACK_EVERY == 0) {
		uint8_t ack[8];

		put_u64(ack, n->messages);
		session_send(s, (struct bytes){ ack, sizeof ack });
	}
}

static void
on_closed(void *self, struct session *s, enum dtls_end end)
{
	struct end *n = self;

	(void)end;
	if (n->session == s)
		n->session = NULL;
}

static void
on_failed(void *self, const union address *a, void *cookie, enum dtls_end end)
{
	struct end *n = self;

	(void)a;
	(void)cookie;
	(void)end;
	n->failed++;
}

__attribute__((noreturn)) static void
die(const char *what, const struct err *e)
{
	char text[512] = "";

	fprintf(stderr, "bench_dtls: %s %s\n", what, e ? err_text(e, text, sizeof text) : "");
	exit(1);
}

static struct end *
open_end(unsigned max_sessions)
{
	struct end *n = need_zeroed(1, sizeof *n);
	struct dtls_options o = { .accept = true, .max_sessions = max_sessions };
	struct dtls_events ev = { n, on_judge, on_opened, on_message, on_closed, on_failed };
	struct buf key = { 0 }, certificate = { 0 };
	struct err e = { 0 };

	if (address_parse("127.0.0.1:0", true, &o.listen, &e) ||
	    dtls_identity_make(&world_real, &key, &certificate, &e) ||
	    dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &n->identity, &e) ||
	    dtls_open(&o, n->identity, &world_real, &ev, &n->d, &e))
		die("cannot open", &e);
	buf_free(&key);
	buf_free(&certificate);
	return n;
}

static void
turn(struct end **ends, size_t count, int max_ms)
{
	struct pollfd fds[SESSIONS];

	for (size_t i = 0; i < count; i++) {
		int64_t wait;

		dtls_flush(ends[i]->d);
		wait = dtls_wait_ms(ends[i]->d);
		if (wait >= 0 && wait < max_ms)
			max_ms = (int)wait;
		fds[i] = (struct pollfd){ dtls_fd(ends[i]->d), POLLIN, 0 };
	}
	poll(fds, count, max_ms);
	for (size_t i = 0; i < count; i++) {
		if (fds[i].revents)
			dtls_readable(ends[i]->d);
		dtls_timer(ends[i]->d);
	}
}

static uint64_t
rss_anon_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	uint64_t kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "RssAnon: %" SCNu64, &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static uint64_t
cpu_us(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
	    (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* The accepting node answers each byte on the line with its figures at that moment. */
struct figures {
	uint64_t handshakes, sessions, rss_kib, messages, cpu_us;
};

static void
accept_all(int line)
{
	struct end *n = open_end(LIMIT_SESSIONS_HARD);
	const union address *at = dtls_address(n->d);

	n->answers = true;
	if (write(line, at, sizeof *at) != sizeof *at)
		exit(1);
	for (;;) {
		struct pollfd fds[2] = { { dtls_fd(n->d), POLLIN, 0 }, { line, POLLIN, 0 } };
		int64_t wait = dtls_wait_ms(n->d);
		char ask;

		poll(fds, 2, wait < 0 || wait > 1000 ? 1000 : (int)wait);
		if (fds[0].revents)
			dtls_readable(n->d);
		dtls_timer(n->d);
		if (fds[1].revents) {
			struct figures f = { dtls_counts(n->d)->handshakes_done, dtls_counts(n->d)->sessions,
				rss_anon_kib(), n->messages, cpu_us() };

			if (read(line, &ask, 1) != 1 || write(line, &f, sizeof f) != sizeof f)
				break;
		}
	}
	dtls_close(n->d);
	dtls_identity_free(n->identity);
	free(n);
	exit(0);
}

static struct figures
ask(int line)
{
	struct figures f;

	if (write(line, "?", 1) != 1 || read(line, &f, sizeof f) != sizeof f)
		die("the accepting node has died", NULL);
	return f;
}

static void
dial(struct end *n, const union address *to)
{
	struct err e = { 0 };

	if (dtls_dial(n->d, to, NULL, NULL, &e))
		die("cannot dial", &e);
}

/* Memory first, while the accepting node is fresh. Each says a word, which ends the handshake's memory. */
static void
measure_memory(struct end **ends, const union address *to, int line)
{
	struct figures before = ask(line), after;

	for (size_t i = 0; i < SESSIONS; i++) {
		dial(ends[i], to);
		while (ends[i]->session == NULL && ends[i]->failed == 0)
			turn(ends + i, 1, 100);
		if (ends[i]->session == NULL)
			die("a handshake failed", NULL);
		session_send(ends[i]->session, bytes_text("hello"));
		dtls_flush(ends[i]->d);
	}
	do
		after = ask(line);
	while (after.messages < SESSIONS);
	printf("dtls.session_kib %.1f KiB\n", (double)(after.rss_kib - before.rss_kib) / (double)after.sessions);
}

static void
measure_handshakes(struct end **ends, const union address *to, int line)
{
	struct figures before = ask(line), after;
	int64_t start = world_tick_ms(&world_real), ms;
	unsigned seen[AT_ONCE], failed = 0;

	for (size_t i = 0; i < AT_ONCE; i++) {
		seen[i] = ends[i]->opened;
		dial(ends[i], to);
	}
	while ((ms = world_tick_ms(&world_real) - start) < SHAKE_MS) {
		turn(ends, AT_ONCE, 100);
		for (size_t i = 0; i < AT_ONCE; i++)
			if (ends[i]->opened > seen[i]) {
				seen[i] = ends[i]->opened;
				dial(ends[i], to);
			}
	}
	after = ask(line);
	for (size_t i = 0; i < AT_ONCE; i++)
		failed += ends[i]->failed;
	if (failed)
		die("a handshake failed", NULL);
	printf("dtls.handshakes_per_s %.1f 1/s\n", (double)(after.handshakes - before.handshakes) * 1000 / (double)ms);
	printf("dtls.handshake_cpu_ms %.2f ms\n",
	    (double)(after.cpu_us - before.cpu_us) / 1000 / (double)(after.handshakes - before.handshakes));
}

static void
measure_throughput(struct end *n, int line)
{
	struct figures before = ask(line), after;
	uint64_t sent = n->acked = before.messages;
	int64_t start = world_tick_ms(&world_real), moved = start, ms;
	uint8_t load[LIMIT_MESSAGE];

	memset(load, 'k', sizeof load);
	while ((ms = world_tick_ms(&world_real) - start) < STREAM_MS) {
		uint64_t acked = n->acked;

		while (n->session && sent - n->acked < WINDOW &&
		       session_send(n->session, (struct bytes){ load, sizeof load }) == ERR_OK)
			sent++;
		turn(&n, 1, 1);
		if (n->acked != acked)
			moved = start + ms;
		else if (start + ms - moved > 200) /* some were lost: count again from here */
			sent = n->acked;
	}
	after = ask(line);
	printf("dtls.throughput_mib_s %.1f MiB/s\n",
	    (double)(after.messages - before.messages) * LIMIT_MESSAGE / 1048576 * 1000 / (double)ms);
}

int
main(void)
{
	static struct end *ends[SESSIONS];
	union address to;
	int line[2], status;
	pid_t child;

	crypto_start();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line) < 0 || (child = fork()) < 0)
		die("cannot start", NULL);
	if (child == 0) {
		close(line[0]);
		accept_all(line[1]);
	}
	close(line[1]);
	signal(SIGPIPE, SIG_IGN);
	if (read(line[0], &to, sizeof to) != sizeof to)
		die("the accepting node has died", NULL);
	for (size_t i = 0; i < SESSIONS; i++)
		ends[i] = open_end(8);
	measure_memory(ends, &to, line[0]);
	measure_handshakes(ends, &to, line[0]);
	while (ends[0]->session == NULL || dtls_counts(ends[0]->d)->pending)
		turn(ends, 1, 100);
	measure_throughput(ends[0], line[0]);
	for (size_t i = 0; i < SESSIONS; i++) {
		dtls_close(ends[i]->d);
		dtls_identity_free(ends[i]->identity);
		free(ends[i]);
	}
	close(line[0]);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
