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
#include "tests/lib/bench.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static struct end *
open_end(unsigned max_sessions)
{
	struct end *n = need_zeroed(1, sizeof *n);
	struct dtls_options o = { .accept = true, .max_sessions = max_sessions };
	struct dtls_events ev = { n, on_judge, on_opened, on_message, on_closed, on_failed };
	struct buf key = { 0 }, certificate = { 0 };
	struct err e = { 0 };

	bench_must(address_parse("127.0.0.1:0", true, &o.listen, &e), &e);
	bench_must(dtls_identity_make(&world_real, &key, &certificate, &e), &e);
	bench_must(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &n->identity, &e), &e);
	bench_must(dtls_open(&o, n->identity, &world_real, &ev, &n->d, &e), &e);
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

/* The accepting node answers each byte on the line with its figures at that moment. */
struct figures {
	uint64_t handshakes, sessions, messages;
	double anon_mib, cpu_s;
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
				n->messages, bench_anon_mib(), bench_process_s() };

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
	struct figures f = { .sessions = 0 };

	bench_require(write(line, "?", 1) == 1 && read(line, &f, sizeof f) == sizeof f, "the accepting node has died");
	return f;
}

static void
dial(struct end *n, const union address *to)
{
	struct err e = { 0 };

	bench_must(dtls_dial(n->d, to, NULL, NULL, &e), &e);
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
		bench_require(ends[i]->session != NULL, "a handshake failed");
		session_send(ends[i]->session, bytes_text("hello"));
		dtls_flush(ends[i]->d);
	}
	do
		after = ask(line);
	while (after.messages < SESSIONS);
	bench_say("dtls.session_kib", (after.anon_mib - before.anon_mib) * 1024 / (double)after.sessions, "KiB");
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
	bench_require(failed == 0, "a handshake failed");
	bench_say("dtls.handshakes_per_s", (double)(after.handshakes - before.handshakes) * 1000 / (double)ms, "1/s");
	bench_say("dtls.handshake_cpu_ms", (after.cpu_s - before.cpu_s) * 1000 / (double)(after.handshakes - before.handshakes),
	    "ms");
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
	bench_say("dtls.throughput_mib_s",
	    (double)(after.messages - before.messages) * LIMIT_MESSAGE / 1048576 * 1000 / (double)ms, "MiB/s");
}

int
main(void)
{
	static struct end *ends[SESSIONS];
	union address to;
	int line[2], status;
	pid_t child = -1;

	crypto_start();
	bench_require(socketpair(AF_UNIX, SOCK_STREAM, 0, line) == 0 && (child = fork()) >= 0, "cannot start");
	if (child == 0) {
		close(line[0]);
		accept_all(line[1]);
	}
	close(line[1]);
	signal(SIGPIPE, SIG_IGN);
	bench_require(read(line[0], &to, sizeof to) == sizeof to, "the accepting node has died");
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
