/*
 * sim - histories of small networks, by seed.
 *
 *   sim                     COUNT histories (200) from seed FROM (1) on, in JOBS processes (all processors)
 *   SEED=7 sim              that one, told step by step; LOG=debug with what the nodes say
 *   SEEDS=tests/sim/seeds sim   those of a file, each on its line, with "govern" behind it or not; # begins a remark
 *   BITS=5 sim              short ids have 5 bits, so that a few dozen of records share each
 *   GOVERN=1 sim            half of what happens is charters, votes and clocks that leap by hours and years
 *   COLLIDE=7 sim           only two nodes with one short id between them, by that seed (always done first, by seed FROM)
 *   COUNT=2000 SECONDS=60   ends after so many seconds, and LEAST (1) histories, and tells how many there were
 *   STOP=1                  ends at the first failure, and says every minute how far it is, for what takes a day
 *
 * Law      seeds are lived in order, JOBS at a time: when it says that all below N are done, FROM=N goes on from there
 */
#include "tests/sim/sim.h"

#include "node/base/log.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MOST 256
#define REPORT_S 60

struct plan {
	uint64_t from, end, least;           /* seeds FROM to below END */
	unsigned jobs;
	int64_t began, until;                /* s */
	bool stops;
};

struct totals {
	uint64_t histories, failed, nodes, datagrams, lost;
	int64_t simulated_ms;
};

/* What the processes share. */
struct shared {
	atomic_ullong next;                  /* a seed that nobody lives yet */
	atomic_bool stop;
	atomic_ullong living[JOBS_MOST];     /* seed of each process; the end of all once it is through */
	struct totals of[JOBS_MOST];
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
failure(uint64_t seed, const char *why)
{
	printf("FAILED: SEED=%llu: %s\n  again, step by step: SEED=%llu build/sim/sim\n", (unsigned long long)seed, why,
	    (unsigned long long)seed);
	fflush(stdout);
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
		failure(seed, s.failed);
	}
	sim_close(&s);
}

/* The next seed that nobody lives, again and again. */
static void
work(const struct plan *p, struct shared *all, unsigned job)
{
	while (!all->stop && (seconds() < p->until || all->next < p->from + p->least)) {
		uint64_t seed = atomic_fetch_add(&all->next, 1);

		if (seed >= p->end)
			break;
		all->living[job] = seed;
		live(seed, false, &all->of[job]);
		if (all->of[job].failed && p->stops)
			all->stop = true;
	}
	all->living[job] = p->end;
}

/* Once a minute, until it is killed: every seed below the lowest that is lived is done. */
static void
report(const struct plan *p, struct shared *all, unsigned job)
{
	(void)job;
	for (;;) {
		uint64_t low;

		sleep(REPORT_S);
		low = all->next;
		for (unsigned i = 0; i < p->jobs; i++)
			low = all->living[i] < low ? all->living[i] : low;
		printf("%llu s: all seeds from %llu to below %llu are done; FROM=%llu goes on from there\n",
		    (unsigned long long)(seconds() - p->began), (unsigned long long)p->from, (unsigned long long)low,
		    (unsigned long long)low);
	}
}

static struct shared *
share(const struct plan *p)
{
	struct shared *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED) {
		perror("sim");
		exit(1);
	}
	all->next = p->from;
	for (unsigned i = 0; i < p->jobs; i++)
		all->living[i] = p->from;
	return all;
}

/* A process that ends with its caller, and does WORK. */
static pid_t
begin(void (*task)(const struct plan *p, struct shared *all, unsigned job), const struct plan *p, struct shared *all,
    unsigned job)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		task(p, all, job);
		exit(0);
	}
	return pid;
}

/* Those that died while they lived a seed are a failure of that seed; how many there were. */
static unsigned
wait_for_all(const struct plan *p, struct shared *all, const pid_t *pids)
{
	unsigned died = 0;

	for (unsigned left = p->jobs, job; left; left--) {
		int status;
		pid_t pid = wait(&status);

		for (job = 0; job < p->jobs && pids[job] != pid; job++)
			;
		if (job == p->jobs || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
			continue;
		failure(all->living[job], WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "the process ended");
		died++;
		all->stop = all->stop || p->stops;
	}
	return died;
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

/* Shorter than a notification is repeated, and longer: then it is given up, and the observation as well. */
static bool
silence(uint64_t seed)
{
	static const int64_t cuts_s[] = { 5, 20, 35, 60, 85 };
	bool fine = true;

	for (size_t i = 0; i < sizeof cuts_s / sizeof *cuts_s && fine; i++) {
		struct sim s;
		int64_t took;

		sim_open(&s, seed);
		took = silence_run(&s, cuts_s[i] * 1000);
		fine = s.failed[0] == 0;
		printf("%ssilence, seed %llu: %lld s, and news %lld ms behind it %s\n", fine ? "" : "FAILED: ",
		    (unsigned long long)seed, (long long)cuts_s[i], (long long)took, s.failed);
		sim_close(&s);
	}
	return fine;
}

static int
tell(const struct plan *p, const struct shared *all, unsigned died)
{
	struct totals sum = { 0 }, *t = &sum;
	double histories;
	uint64_t failed;

	for (unsigned i = 0; i < p->jobs; i++) {
		const struct totals *of = &all->of[i];

		t->histories += of->histories;
		t->failed += of->failed;
		t->nodes += of->nodes;
		t->datagrams += of->datagrams;
		t->lost += of->lost;
		t->simulated_ms += of->simulated_ms;
	}
	histories = (double)t->histories + !t->histories;
	failed = t->failed + died;

	printf("%s: %llu histories from seed %llu on, %llu failed: %.1f nodes and %.1f simulated hours each; "
	    "%llu datagrams, %.1f %% lost; %lld s\n", failed ? "failed" : "ok", (unsigned long long)t->histories,
	    (unsigned long long)p->from, (unsigned long long)failed, (double)t->nodes / histories,
	    (double)t->simulated_ms / 3600000 / histories, (unsigned long long)t->datagrams,
	    100.0 * (double)t->lost / (double)(t->datagrams + !t->datagrams), (long long)(seconds() - p->began));
	return failed != 0;
}

static int
one(uint64_t seed)
{
	struct totals t = { 0 };

	live(seed, true, &t);
	printf("%s\n", t.failed ? "failed" : "ok");
	return t.failed != 0;
}

static int
of_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct totals t = { 0 };
	char line[160];

	if (f == NULL) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof line, f)) {
		char word[16] = "";
		unsigned long long seed;

		if (sscanf(line, "%llu %15s", &seed, word) < 1)
			continue;
		history_governs = strcmp(word, "govern") == 0;
		live(seed, false, &t);
	}
	fclose(f);
	printf("%s: %llu histories of %s, %llu failed\n", t.failed || !t.histories ? "failed" : "ok",
	    (unsigned long long)t.histories, path, (unsigned long long)t.failed);
	return t.failed != 0 || t.histories == 0;
}

int
main(void)
{
	struct plan p = { .from = number("FROM", 1), .least = number("LEAST", 1), .stops = number("STOP", 0) != 0,
		.began = seconds() };
	uint64_t jobs = number("JOBS", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	pid_t pids[JOBS_MOST], reporter = -1;
	struct shared *all;
	unsigned died;

	crypto_start();
	log_set_level(getenv("LOG") ? (enum log_level)log_level_from(getenv("LOG")) : LOG_ERROR);
	collide_bits((unsigned)number("BITS", 64));
	history_governs = number("GOVERN", 0) != 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("SEED"))
		return one(number("SEED", 1));
	if (getenv("SEEDS"))
		return of_file(getenv("SEEDS"));
	if (!collide(getenv("COLLIDE") ? number("COLLIDE", 1) : p.from)) {
		printf("FAILED: records with one short id\n");
		return 1;
	}
	if (getenv("COLLIDE"))
		return 0;
	if (!silence(p.from))
		return 1;
	p.jobs = (unsigned)(jobs < 1 ? 1 : jobs > JOBS_MOST ? JOBS_MOST : jobs);
	p.end = p.from + number("COUNT", 200);
	p.until = p.began + (int64_t)number("SECONDS", 1u << 30);
	all = share(&p);
	for (unsigned i = 0; i < p.jobs; i++)
		if ((pids[i] = begin(work, &p, all, i)) < 0)
			return 1;
	if (p.stops)
		reporter = begin(report, &p, all, 0);
	died = wait_for_all(&p, all, pids);
	if (reporter > 0)
		kill(reporter, SIGTERM);
	return tell(&p, all, died);
}
