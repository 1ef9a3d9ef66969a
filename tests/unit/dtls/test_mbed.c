#include "node/dtls/inside.h"
#include "tests/unit/dtls/pair.h"

TestSuite(mbed, .fini = close_ends, .timeout = 120);

/* The ClientHello of an honest dialler, caught by a socket whose address goes to OUT_FROM; no cookie is in it. */
static size_t
catch_hello(struct end *dialler, uint8_t out[2048], union address *out_from)
{
	union address a = { .v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd ready = { fd, POLLIN, 0 };
	socklen_t len = sizeof a;
	struct err e = { 0 };
	ssize_t got;

	cr_assert_eq(bind(fd, &a.any, sizeof a.v4), 0);
	cr_assert_eq(getsockname(fd, &a.any, &len), 0);
	cr_assert_eq(dtls_dial(dialler->d, &a, NULL, NULL, &e), ERR_OK, "%s", e.reason);
	dtls_flush(dialler->d);
	cr_assert_eq(poll(&ready, 1, 5000), 1);
	got = recv(fd, out, 2048, 0);
	cr_assert_gt(got, 0);
	close(fd);
	*out_from = a;
	return (size_t)got;
}

/* A server whose mbedTLS asks for a cookie once more (it ran out since we looked) has seen no key to judge. */
Test(mbed, asking_for_a_cookie_proves_no_key)
{
	struct end *a = open_end(), *b = open_end();
	struct path from = { 0 };
	uint8_t raw[2048];
	struct bytes datagram = { raw, catch_hello(a, raw, &from.peer) };
	struct hello hello;

	cr_assert(hello_parse(datagram, &hello));
	session_accept(b->d, &from, &hello, datagram);
	UNTIL(dtls_counts(b->d)->pending == 0);
	cr_assert_eq(dtls_counts(b->d)->handshakes_failed, 1u);
	cr_assert_eq(b->judged + b->opened, 0u);
}
