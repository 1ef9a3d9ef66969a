/*
 * hello_flood - hellos of many strangers who never come back, against a node on this machine.
 *
 *   hello_flood HOST PORT RATE SECONDS
 *
 * Each ClientHello comes from a fresh socket on a random address of 127.0.0.0/8 and is forgotten at once, as
 * datagrams with a forged sender are. HOST must be in 127.0.0.0/8; RATE is at most 20,000, SECONDS at most 120.
 * At the end, or when it is told to stop by SIGTERM, one line: "sent N in S s, E not sent". Exit 0 when at least nine
 * tenths of what was due by then were sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RATE_MAX 20000
#define SECONDS_MAX 600
#define RANDOM_AT 27    /* record head 13, handshake head 12, version 2 */

/* A DTLS 1.2 ClientHello without cookie: two suites, P-256, uncompressed points, ECDSA with SHA-256. */
static const uint8_t hello[] = {
	22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 81,               /* record: epoch 0, sequence 0, 81 bytes */
	1, 0, 0, 69, 0, 0, 0, 0, 0, 0, 0, 69,                       /* ClientHello, whole */
	0xfe, 0xfd,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0,                                                          /* no session id */
	0,                                                          /* no cookie */
	0, 4, 0xc0, 0x2b, 0xcc, 0xa9,
	1, 0,                                                       /* no compression */
	0, 23,                                                      /* extensions */
	0, 10, 0, 4, 0, 2, 0, 23,
	0, 11, 0, 2, 1, 0,
	0, 13, 0, 5, 0, 2, 4, 3, 0,
};

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
read_number(const char *text, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return errno == 0 && *end == 0 && end != text && *out >= 1 && *out <= max;
}

/* From a random address of 127.0.0.0/8; false when this machine refuses. */
static bool
throw_one(const struct sockaddr_in *to)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	uint8_t bytes[sizeof hello];
	uint32_t host;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent;

	if (fd < 0)
		return false;
	memcpy(bytes, hello, sizeof hello);
	if (getrandom(bytes + RANDOM_AT, 32, 0) != 32 || getrandom(&host, sizeof host, 0) != sizeof host) {
		close(fd);
		return false;
	}
	from.sin_addr.s_addr = htonl(0x7f000002u + host % 0xfffff0u);
	sent = bind(fd, (struct sockaddr *)&from, sizeof from) == 0 &&
	    sendto(fd, bytes, sizeof bytes, 0, (const struct sockaddr *)to, sizeof *to) == (ssize_t)sizeof bytes;
	close(fd);
	return sent;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	long port, rate, seconds, sent = 0, lost = 0;
	double start, elapsed;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || ntohl(to.sin_addr.s_addr) >> 24 != 127 ||
	    !read_number(argv[2], 65535, &port) || !read_number(argv[3], RATE_MAX, &rate) ||
	    !read_number(argv[4], SECONDS_MAX, &seconds)) {
		fprintf(stderr, "usage: hello_flood HOST PORT RATE SECONDS; HOST in 127.0.0.0/8, RATE at most %d, "
		    "SECONDS at most %d\n", RATE_MAX, SECONDS_MAX);
		return 2;
	}
	to.sin_port = htons((uint16_t)port);
	signal(SIGTERM, stop);
	start = now();
	while ((elapsed = now() - start) < (double)seconds && !stopped) {
		long due = (long)(elapsed * (double)rate) + 1;

		while (sent + lost < due && sent + lost < rate * seconds) {
			if (throw_one(&to))
				sent++;
			else
				lost++;
		}
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	printf("sent %ld in %.1f s, %ld not sent\n", sent, elapsed, lost);
	return (double)sent * 10 >= (double)rate * elapsed * 9 ? 0 : 1;
}
