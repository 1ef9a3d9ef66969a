/*
 * sim - histories of small networks, by seed.
 *
 *   sim                     COUNT histories (200) from seed FROM (1) on, in JOBS processes (all processors)
 *   SEED=7 sim              that one, told step by step; LOG=debug with what the nodes say
 *   BITS=5 sim              short ids have 5 bits, so that a few dozen of records share each
 *   COLLIDE=7 sim           only two nodes with one short id between them, by that seed (always done first, by seed FROM)
 *   COUNT=2000 SECONDS=60   ends after so many seconds, and tells how many there were; fewer than LEAST (1) is a failure
 */
#include "tests/sim/sim.h"

#include "node/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct totals {
	uint64_t histories, failed, nodes, datagrams, lost;
	int64_t simulated_ms;
};

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static int64_t
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
live(uint64_t seed, bool trace, struct totals *io)
{
	struct sim s;

	sim_open(&s, seed);
	s.trace = trace;
	if (!s.failed[0])
		history_run(&s);
	io->histories++;
	io->nodes += s.count;
	io->datagrams += s.sent;
	io->lost += s.lost;
	io->simulated_ms += s.now_ms;
	if (s.failed[0]) {
		io->failed++;
		printf("FAILED: SEED=%llu: %s\n", (unsigned long long)seed, s.failed);
		fflush(stdout);
	}
	sim_close(&s);
}

/* Two records with one short id may cost a visit so much more. */
#define COLLIDE_MS 1000

static bool
collide(uint64_t seed)
{
	int64_t took[2] = { 0 };
	bool fine = true;

	for (int crafted = 0; crafted < 2 && fine; crafted++) {
		struct sim s;

		sim_open(&s, seed);
		took[crafted] = collide_run(&s, crafted);
		fine = s.failed[0] == 0;
		if (!fine)
			printf("FAILED: collide, seed %llu: %s\n", (unsigned long long)seed, s.failed);
		sim_close(&s);
	}
	printf("collide, seed %llu: two records reach both in %lld ms, and in %lld ms when they have one short id\n",
	    (unsigned long long)seed, (long long)took[0], (long long)took[1]);
	return fine && took[1] - took[0] <= COLLIDE_MS;
}

/* Every JOBS-th history, from the FIRST on; totals go up the pipe. */
static int
worker(uint64_t from, uint64_t count, uint64_t first, uint64_t jobs, int64_t until, int pipe_end)
{
	struct totals t = { 0 };

	for (uint64_t i = first; i < count && seconds() < until; i += jobs)
		live(from + i, false, &t);
	return write(pipe_end, &t, sizeof t) == (ssize_t)sizeof t ? 0 : 1;
}

int
main(void)
{
	uint64_t from = number("FROM", 1), count = number("COUNT", 200), left = 0;
	uint64_t jobs = number("JOBS", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	int64_t began = seconds(), until = began + (int64_t)number("SECONDS", 1u << 30);
	struct totals all = { 0 }, t;
	int ends[2], status;

	crypto_start();
	log_set_level(getenv("LOG") ? (enum log_level)log_level_from(getenv("LOG")) : LOG_ERROR);
	collide_bits((unsigned)number("BITS", 64));
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("SEED")) {
		live(number("SEED", 1), true, &all);
		printf("%s\n", all.failed ? "failed" : "ok");
		return all.failed != 0;
	}
	if (!collide(getenv("COLLIDE") ? number("COLLIDE", 1) : from)) {
		printf("FAILED: records with one short id\n");
		return 1;
	}
	if (getenv("COLLIDE"))
		return 0;
	if (pipe(ends))
		return 1;
	for (uint64_t i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(worker(from, count, i, jobs, until, ends[1]));
		left += pid > 0;
	}
	close(ends[1]);
	while (read(ends[0], &t, sizeof t) == (ssize_t)sizeof t) {
		all.histories += t.histories;
		all.failed += t.failed;
		all.nodes += t.nodes;
		all.datagrams += t.datagrams;
		all.lost += t.lost;
		all.simulated_ms += t.simulated_ms;
	}
	for (; left; left--)
		if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) {
			printf("FAILED: a process ended with %d\n", status);
			all.failed++;
		}
	if (all.histories < number("LEAST", 1)) {
		printf("FAILED: only %llu histories in the time allowed\n", (unsigned long long)all.histories);
		all.failed++;
	}
	printf("%s: %llu histories from seed %llu on, %llu failed: %.1f nodes and %.1f simulated hours each; "
	    "%llu datagrams, %.1f %% lost; %lld s\n", all.failed ? "failed" : "ok", (unsigned long long)all.histories,
	    (unsigned long long)from, (unsigned long long)all.failed, (double)all.nodes / (double)(all.histories + !all.histories),
	    (double)all.simulated_ms / 3600000 / (double)(all.histories + !all.histories),
	    (unsigned long long)all.datagrams, 100.0 * (double)all.lost / (double)(all.datagrams + !all.datagrams),
	    (long long)(seconds() - began));
	return all.failed != 0;
}
