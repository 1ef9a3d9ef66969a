/*
 * bench_coap - requests a second over one DTLS session between two processes of ours on the loopback.
 *
 * Usage    bench_coap [seconds] [non]
 * Prints   coap.requests_per_s VALUE 1/s
 * Shape    as peer_coap, so that both figures stand side by side: GET, answers of 1 KiB, 16 in flight, CON
 *          (or NON); a warm-up of half a second is not counted
 */
#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/coap/exchange.h"
#include "node/crypto/crypto.h"
#include "node/dtls/dtls.h"
#include "tests/lib/bench.h"

#define WINDOW 16
#define ANSWER 1024
#define WARM_MS 500

static struct dtls *door;
static struct exchange *talk;
static bool non, stop;
static uint64_t answered, failed;

/* --- both ends --- */

static enum dtls_verdict
let_in(void *self, const struct id *node, bool dialled)
{
	(void)self;
	(void)node;
	(void)dialled;
	return DTLS_MEMBER;
}

static void
send_datagram(void *self, struct bytes d)
{
	session_send(self, d);
}

static void
serve(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	(void)self;
	(void)r;
	(void)ticket;
	out->code = 205;
	out->format = COAP_FORMAT_CBOR;
	memset(buf_grow(&out->body, ANSWER), 'x', ANSWER);
}

static void ask(void);

static void
on_done(void *self, const struct coap_response *r)
{
	(void)self;
	if (r->failed == ERR_OK && r->code == 205 && r->body.len == ANSWER)
		answered++;
	else
		failed++;
	if (!stop)
		ask();
}

static void
ask(void)
{
	struct coap_ask spec = { .method = COAP_GET, .path = "b", .format = COAP_FORMAT_NONE, .non = non,
		.done = on_done };
	struct err why;

	bench_must(exchange_ask(talk, &spec, &why), &why);
}

static void
opened(void *self, struct session *s)
{
	struct exchange_events ev = { .self = s, .send = send_datagram, .request = serve };

	(void)self;
	talk = exchange_new(&ev, &world_real);
	for (unsigned i = 0; session_dialled(s) && i < WINDOW; i++)
		ask();
}

static void
message(void *self, struct session *s, struct bytes d)
{
	(void)self;
	(void)s;
	exchange_receive(talk, d, NULL);
}

static void
closed(void *self, struct session *s, enum dtls_end end)
{
	(void)self;
	(void)s;
	(void)end;
	stop = true;
	exchange_free(talk);
	talk = NULL;
}

static void
not_reached(void *self, const union address *a, void *cookie, enum dtls_end end)
{
	(void)self;
	(void)a;
	(void)cookie;
	fprintf(stderr, "bench_coap: no session: %s\n", dtls_end_word(end));
	exit(1);
}

static void
open_door(bool accept)
{
	struct dtls_events ev = { NULL, let_in, opened, message, closed, not_reached };
	struct dtls_options o = { .accept = accept };
	struct dtls_identity *identity;
	struct buf key = { 0 }, certificate = { 0 };
	struct err why;

	crypto_start();
	bench_must(address_parse("127.0.0.1:0", true, &o.listen, &why), &why);
	bench_must(dtls_identity_make(&world_real, &key, &certificate, &why), &why);
	bench_must(dtls_identity_open(buf_bytes(&key), buf_bytes(&certificate), &identity, &why), &why);
	bench_must(dtls_open(&o, identity, &world_real, &ev, &door, &why), &why);
	buf_free(&key);
	buf_free(&certificate);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static void
turn(int64_t at_most_ms)
{
	struct pollfd p = { dtls_fd(door), POLLIN, 0 };
	int64_t wait = sooner(at_most_ms, dtls_wait_ms(door));

	if (talk)
		wait = sooner(wait, exchange_wait_ms(talk));
	if (poll(&p, 1, (int)wait) > 0)
		dtls_readable(door);
	if (talk)
		exchange_timer(talk);
	dtls_timer(door);
	dtls_flush(door);
}

/* --- the two processes --- */

static pid_t
start_server(union address *out)
{
	int line[2];
	pid_t child;

	if (pipe(line) || (child = fork()) < 0) {
		perror("bench_coap");
		exit(1);
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		open_door(true);
		if (write(line[1], dtls_address(door), sizeof(*out)) != (ssize_t)sizeof(*out))
			exit(1);
		for (;;)
			turn(-1);
	}
	close(line[1]);
	if (read(line[0], out, sizeof(*out)) != (ssize_t)sizeof(*out)) {
		fputs("bench_coap: the server did not start\n", stderr);
		exit(1);
	}
	close(line[0]);
	return child;
}

static void
run_for(int64_t ms)
{
	int64_t until = world_tick_ms(&world_real) + ms, now;

	while ((now = world_tick_ms(&world_real)) < until)
		turn(until - now);
}

int
main(int argc, char **argv)
{
	int64_t seconds = argc > 1 ? atol(argv[1]) : 3, from;
	union address server;
	struct err why;
	pid_t child;

	non = argc > 2 && strcmp(argv[2], "non") == 0;
	child = start_server(&server);
	open_door(false);
	bench_must(dtls_dial(door, &server, NULL, NULL, &why), &why);
	dtls_flush(door);
	while (talk == NULL)
		turn(1000);
	run_for(WARM_MS);
	answered = 0;
	from = world_tick_ms(&world_real);
	run_for(seconds * 1000);
	bench_say("coap.requests_per_s", (double)answered * 1000 / (double)(world_tick_ms(&world_real) - from), "1/s");
	if (failed)
		fprintf(stderr, "bench_coap: %" PRIu64 " requests failed\n", failed);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	return failed > 0;
}
