/*
 * link - a bad network between two programs of this machine: takes datagrams, and passes them on as link_core says.
 *
 * Shape    one flow a sender: its own socket towards the other end, so that answers find back; a rebinding gives
 *          every flow a new one, as a NAT does that has forgotten
 *          or, as root, two network devices: IP packets of any protocol, from the one to the other; whoever began it
 *          moves them to the namespaces that they are to connect
 * Output   "listening on ADDRESS", or "devices NAME NAME", at the start; counters as JSON, one line, at SIGUSR1 and at
 *          the end (SIGTERM)
 */
#include "tests/lib/link_core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOWS 64
#define DATAGRAM 65536

static const char usage[] =
    "link --listen ADDRESS:PORT --to ADDRESS:PORT [OPTION...]\n"
    "link --devices NAME,NAME [OPTION...]\n"
    "\n"
    "  --seed N                 of all chances (1)\n"
    "  --profile NAME           lan dsl dsl8 3g hill sat flap; what follows changes it\n"
    "  --rate BYTES             IP bytes a second, each way\n"
    "  --queue BYTES            before the transmitter\n"
    "  --delay MS --jitter MS   one way\n"
    "  --loss PERCENT           each way, such as 0.5\n"
    "  --burst N                lost in a row, on average\n"
    "  --duplicate PERCENT --reorder PERCENT\n"
    "  --outage EVERY,FOR       seconds\n"
    "  --rebind SECONDS         a new port towards the other end, again and again; SIGUSR2: now\n"
    "  --calm yes               all of that begins with SIGHUP; until then everything passes at once\n"
    "\n"
    "UP is from whoever sends to --listen, or through the first device; DOWN is the way back. SIGUSR1 prints the counters, SIGTERM ends.\n";

struct flow {
	struct sockaddr_in from;
	int fd;
};
struct waiting {
	struct waiting *next;
	int64_t at_us;
	struct sockaddr_in back;        /* DOWN: to whom */
	size_t flow;                    /* UP: through which */
	enum link_way way;
	size_t len;
	uint8_t bytes[];
};
struct relay {
	struct sockaddr_in listen, to;
	int fd;
	char device[LINK_WAYS][IFNAMSIZ]; /* empty: datagrams */
	int tun[LINK_WAYS];             /* what comes from each goes that way */
	struct flow flows[FLOWS];
	size_t count, oldest;
	struct waiting *first;
	struct link link;
	struct link_options options;
	uint64_t seed, rebound;
	bool calm;
	int64_t rebind_us, next_rebind_us;
};

static volatile sig_atomic_t stop, say, rebind_now, weather_now;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		say = 1;
	else if (number == SIGUSR2)
		rebind_now = 1;
	else if (number == SIGHUP)
		weather_now = 1;
	else
		stop = 1;
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "link: %s: %s\n", what, why);
	exit(2);
}

/* --- options --- */

static void
parse_address(const char *text, struct sockaddr_in *out)
{
	char host[64];
	unsigned port;

	memset(out, 0, sizeof *out);
	out->sin_family = AF_INET;
	if (sscanf(text, "%63[0-9.]:%5u", host, &port) != 2 || port > 65535 ||
	    inet_pton(AF_INET, host, &out->sin_addr) != 1)
		die(text, "not an address and port of IPv4");
	out->sin_port = htons((uint16_t)port);
}

static double
parse_number(const char *option, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v <= 1e12))
		die(option, "a number is expected");
	return v;
}

/* One option that is the same both ways; false: it is another. */
static bool
both_ways(struct link_options *o, const char *name, const char *text)
{
	static const char *const names[] = { "--rate", "--queue", "--delay", "--jitter", "--loss", "--burst",
		"--duplicate", "--reorder" };
	size_t which = 0, count = sizeof names / sizeof *names;
	double v;

	while (which < count && strcmp(names[which], name) != 0)
		which++;
	if (which == count)
		return false;
	v = parse_number(name, text);
	if ((which == 4 || which >= 6) && v > 100)
		die(name, "at most 100 percent");
	for (int way = 0; way < LINK_WAYS; way++) {
		struct link_way_options *w = &o->way[way];

		switch (which) {
		case 0: w->rate = (uint64_t)v; break;
		case 1: w->queue = (uint64_t)v; break;
		case 2: w->delay_us = (int64_t)(v * 1000); break;
		case 3: w->jitter_us = (int64_t)(v * 1000); break;
		case 4: w->loss = (unsigned)(v * 100 + 0.5); break;
		case 5: w->burst = (unsigned)v; break;
		case 6: w->duplicates = (unsigned)(v * 100 + 0.5); break;
		default: w->reorder = (unsigned)(v * 100 + 0.5); break;
		}
	}
	return true;
}

static void
parse_outage(const char *text, struct link_options *out)
{
	double every, length;

	if (sscanf(text, "%lf,%lf", &every, &length) != 2 || !(length >= 0 && length <= every && every < 1e9))
		die(text, "EVERY,FOR in seconds is expected");
	out->outage_every_us = (int64_t)(every * 1e6);
	out->outage_us = (int64_t)(length * 1e6);
}

static void
parse_devices(const char *text, struct relay *r)
{
	if (sscanf(text, "%15[a-z0-9],%15[a-z0-9]", r->device[LINK_UP], r->device[LINK_DOWN]) != 2)
		die(text, "NAME,NAME is expected");
}

static void
parse(int argc, char **argv, struct relay *r)
{
	r->seed = 1;
	for (int i = 1; i < argc; i += 2) {
		const char *name = argv[i], *text = argv[i + 1];

		if (text == NULL || strcmp(name, "--help") == 0) {
			fputs(usage, stderr);
			exit(2);
		}
		if (strcmp(name, "--listen") == 0)
			parse_address(text, &r->listen);
		else if (strcmp(name, "--to") == 0)
			parse_address(text, &r->to);
		else if (strcmp(name, "--devices") == 0)
			parse_devices(text, r);
		else if (strcmp(name, "--seed") == 0)
			r->seed = (uint64_t)parse_number(name, text);
		else if (strcmp(name, "--rebind") == 0)
			r->rebind_us = (int64_t)(parse_number(name, text) * 1e6);
		else if (strcmp(name, "--calm") == 0)
			r->calm = strcmp(text, "yes") == 0;
		else if (strcmp(name, "--outage") == 0)
			parse_outage(text, &r->options);
		else if (strcmp(name, "--profile") == 0 && !link_profile(text, &r->options))
			die(text, link_profiles());
		else if (strcmp(name, "--profile") != 0 && !both_ways(&r->options, name, text))
			die(name, "there is no such option; see --help");
	}
	if (r->device[0][0] == 0 && (r->listen.sin_family == 0 || r->to.sin_family == 0))
		die("--listen and --to", "both are needed");
}

/* --- flows --- */

static int
open_socket(const struct sockaddr_in *at, bool connects)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), size = 4 << 20;

	if (fd < 0)
		die("socket", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if ((connects ? connect : bind)(fd, (const struct sockaddr *)at, sizeof *at) != 0)
		die("address", strerror(errno));
	return fd;
}

static size_t
flow_of(struct relay *r, const struct sockaddr_in *from)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->flows[i].from.sin_port == from->sin_port &&
		    r->flows[i].from.sin_addr.s_addr == from->sin_addr.s_addr)
			return i;
	if (r->count < FLOWS) {
		i = r->count++;
	} else {
		i = r->oldest++ % FLOWS;
		close(r->flows[i].fd);
	}
	r->flows[i] = (struct flow){ *from, open_socket(&r->to, true) };
	return i;
}

static void
rebind_all(struct relay *r)
{
	for (size_t i = 0; i < r->count; i++) {
		int fresh = open_socket(&r->to, true); /* before the old one closes: surely another port */

		close(r->flows[i].fd);
		r->flows[i].fd = fresh;
		r->rebound++;
	}
}

/* --- devices --- */

static int
open_device(const char *name)
{
	struct ifreq wish = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(wish.ifr_name, sizeof wish.ifr_name, "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &wish) != 0)
		die(name, strerror(errno));
	return fd;
}

/* --- passing on --- */

/* A datagram's payload, of this flow; a packet of a device is whole. */
static void
hold(struct relay *r, enum link_way way, size_t flow, const uint8_t *bytes, size_t len)
{
	int64_t at[2];
	bool whole = r->device[0][0];
	size_t payload = !whole ? len : len < LINK_HEADERS ? 0 : len - LINK_HEADERS;
	unsigned copies = link_pass(&r->link, way, now_us(), payload, at);

	for (unsigned i = 0; i < copies; i++) {
		struct waiting *w = malloc(sizeof *w + len), **place = &r->first;

		if (w == NULL)
			die("memory", strerror(errno));
		*w = (struct waiting){ .at_us = at[i], .back = r->flows[flow].from, .flow = flow, .way = way, .len = len };
		memcpy(w->bytes, bytes, len);
		while (*place && (*place)->at_us <= w->at_us)
			place = &(*place)->next;
		w->next = *place;
		*place = w;
	}
}

static void
release_due(struct relay *r)
{
	int64_t now = now_us();

	while (r->first && r->first->at_us <= now) {
		struct waiting *w = r->first;

		r->first = w->next;
		/* What cannot be sent is lost, as on any link. */
		if (r->device[0][0])
			(void)!write(r->tun[!w->way], w->bytes, w->len);
		else if (w->way == LINK_UP)
			(void)!send(r->flows[w->flow].fd, w->bytes, w->len, 0);
		else
			(void)!sendto(r->fd, w->bytes, w->len, 0, (struct sockaddr *)&w->back, sizeof w->back);
		free(w);
	}
}

static void
receive(struct relay *r, int fd, size_t flow)
{
	static uint8_t bytes[DATAGRAM];
	struct sockaddr_in from = { 0 };
	socklen_t from_len;
	ssize_t len;

	for (int i = 0; i < 256; i++) {
		from_len = sizeof from;
		len = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);
		if (len < 0)
			return; /* nothing more; or nobody listens there just now */
		if (fd == r->fd)
			hold(r, LINK_UP, flow_of(r, &from), bytes, (size_t)len);
		else
			hold(r, LINK_DOWN, flow, bytes, (size_t)len);
	}
}

static void
receive_packets(struct relay *r, enum link_way way)
{
	static uint8_t bytes[DATAGRAM];
	ssize_t len;

	for (int i = 0; i < 256 && (len = read(r->tun[way], bytes, sizeof bytes)) > 0; i++)
		hold(r, way, 0, bytes, (size_t)len);
}

static void
print_counts(const struct relay *r)
{
	static const char *const words[] = { "up", "down" };

	printf("{\"flows\":%zu,\"rebound\":%llu", r->count, (unsigned long long)r->rebound);
	for (int way = 0; way < LINK_WAYS; way++) {
		const struct link_counts *c = &r->link.counts[way];

		printf(",\"%s\":{\"packets\":%llu,\"ip_bytes\":%llu,\"arrived\":%llu,\"arrived_ip_bytes\":%llu,\"lost\":%llu,"
		    "\"queue_full\":%llu,\"outage\":%llu,\"duplicated\":%llu,\"reordered\":%llu}", words[way],
		    (unsigned long long)c->packets, (unsigned long long)c->bytes, (unsigned long long)c->out_packets,
		    (unsigned long long)c->out_bytes, (unsigned long long)c->lost, (unsigned long long)c->queue_full,
		    (unsigned long long)c->outage, (unsigned long long)c->duplicated, (unsigned long long)c->reordered);
	}
	puts("}");
	fflush(stdout);
}

/* Sleep until something comes, the next datagram is due, or a signal; signals come only in here. */
static void
wait_for_more(struct relay *r, const sigset_t *during)
{
	struct pollfd fds[FLOWS + 2] = { { .fd = r->fd, .events = POLLIN } };
	int64_t now = now_us(), until = now + 1000000;
	struct timespec t;
	bool devices = r->device[0][0];
	size_t count = devices ? LINK_WAYS : 1 + r->count;

	if (r->first && r->first->at_us < until)
		until = r->first->at_us;
	if (until < now)
		until = now;
	t = (struct timespec){ (until - now) / 1000000, (until - now) % 1000000 * 1000 };
	for (size_t i = devices ? 0 : 1; i < count; i++)
		fds[i] = (struct pollfd){ .fd = devices ? r->tun[i] : r->flows[i - 1].fd, .events = POLLIN };
	if (ppoll(fds, count, &t, during) <= 0)
		return;
	for (size_t i = devices ? 0 : 1; i < count; i++)
		if (fds[i].revents && devices)
			receive_packets(r, (enum link_way)i);
		else if (fds[i].revents)
			receive(r, fds[i].fd, i - 1);
	if (fds[0].revents && !devices)
		receive(r, r->fd, 0); /* last: it may replace a flow */
}

/* Opens what is listened to, and says so. */
static void
open_mouths(struct relay *r)
{
	char text[INET_ADDRSTRLEN];
	socklen_t len = sizeof r->listen;

	if (r->device[0][0]) {
		for (int way = 0; way < LINK_WAYS; way++)
			r->tun[way] = open_device(r->device[way]);
		printf("devices %s %s\n", r->device[LINK_UP], r->device[LINK_DOWN]);
	} else {
		r->fd = open_socket(&r->listen, false);
		getsockname(r->fd, (struct sockaddr *)&r->listen, &len);
		printf("listening on %s:%u\n", inet_ntop(AF_INET, &r->listen.sin_addr, text, sizeof text),
		    ntohs(r->listen.sin_port));
	}
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct relay r;
	struct sigaction act = { .sa_handler = on_signal };
	static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP };
	sigset_t blocked, before;

	parse(argc, argv, &r);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		sigaction(numbers[i], &act, NULL);
		sigaddset(&blocked, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &before);
	open_mouths(&r);
	link_start(&r.link, r.calm ? &(struct link_options){ .outage_us = 0 } : &r.options, r.seed, now_us());
	r.next_rebind_us = now_us() + r.rebind_us;
	while (!stop) {
		wait_for_more(&r, &before);
		release_due(&r);
		if (say)
			print_counts(&r);
		if (weather_now)
			r.link.options = r.options;
		if (rebind_now || (r.rebind_us && now_us() >= r.next_rebind_us)) {
			rebind_all(&r);
			r.next_rebind_us = now_us() + r.rebind_us;
		}
		say = rebind_now = weather_now = 0;
	}
	print_counts(&r);
	return 0;
}
