/*
 * bench_pace - how much of each simulated link a transfer uses: figures; with `table`, the tables of docs/transfer.md.
 *
 * Shape    mean of SEEDS seeds; shares are of what the link carries, of which blocks are at most 92 %
 */
#include <stdio.h>
#include <string.h>

#include "tests/lib/bench.h"
#include "tests/lib/pace_link.h"

#define SEEDS 20
#define SECOND INT64_C(1000000)
#define MIB (1024 * 1024 / SCENE_BLOCK)

static const char *const profiles[] = { "lan", "dsl", "dsl8", "3g", "hill", "sat", "flap" };
#define PROFILES (sizeof profiles / sizeof *profiles)

static struct scene_result result;

static struct scene
scene(const char *profile, unsigned seed)
{
	struct scene s = { .seed = seed * UINT64_C(0x9e3779b97f4a7c15), .end_us = 180 * SECOND };

	link_profile(profile, &s.link);
	s.flow[0].kind = SCENE_PACED;
	return s;
}

/* Of a file of so many MiB: the per cent of the link that are blocks. */
struct file {
	double used, least, queue_ms, late_ms, lost;
	uint64_t rate;
};

static struct file
send_file(const char *profile, uint32_t mib, uint64_t remembered)
{
	struct file f = { .least = 100 };

	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene(profile, seed);
		double used;

		s.flow[0].blocks = mib * MIB;
		s.flow[0].remembered = remembered;
		scene_run(&s, &result);
		used = 100.0 * mib * 1048576e6 / (double)result.flow[0].done_us / (double)s.link.way[LINK_DOWN].rate;
		f.used += used / SEEDS;
		f.least = used < f.least ? used : f.least;
		f.queue_ms += (double)scene_queue_ms(&result, 3 * SECOND, 50) / SEEDS;
		f.late_ms += (double)scene_queue_ms(&result, 3 * SECOND, 95) / SEEDS;
		f.lost += 100.0 * (double)result.flow[0].lost / (double)result.flow[0].asked / SEEDS;
		f.rate = result.flow[0].rate;
	}
	return f;
}

static void
files_table(void)
{
	puts("| link | 1 MiB | 4 MiB | again | 16 MiB | least | queue, half | 95 % | lost |\n|---|---|---|---|---|---|---|---|---|");
	for (size_t k = 0; k < PROFILES; k++) {
		struct file one = send_file(profiles[k], 1, 0), four = send_file(profiles[k], 4, 0);
		struct file again = send_file(profiles[k], 4, four.rate), f = send_file(profiles[k], 16, 0);

		printf("| %s | %.0f %% | %.0f %% | %.0f %% | %.1f %% | %.1f %% | %.0f ms | %.0f ms | %.1f %% |\n", profiles[k],
		    one.used, four.used, again.used, f.used, f.least, f.queue_ms, f.late_ms, f.lost);
	}
}

/* Mbit/s of flow I between two seconds. */
static double
mbit(size_t i, size_t from, size_t to)
{
	return (double)scene_ip(&result, i, from, to) * 8 / (double)(to - from) / 1e6;
}

static void
others_table(enum scene_kind kind)
{
	static const char *const names[] = { [SCENE_PACED] = "of us", [SCENE_STEADY] = "call", [SCENE_TCP] = "TCP" };

	for (size_t k = 1; k < PROFILES - 1; k++) {
		double ours = 0, theirs = 0, lost = 0, late = 0, queue = 0;

		for (unsigned seed = 1; seed <= SEEDS; seed++) {
			struct scene s = scene(profiles[k], seed);

			s.end_us = 100 * SECOND;
			s.flow[1] = (struct scene_flow){ .kind = kind, .from_us = 10 * SECOND,
				.rate = s.link.way[LINK_DOWN].rate / 2 };
			scene_run(&s, &result);
			ours += mbit(0, 20, 100) / SEEDS;
			theirs += mbit(1, 20, 100) / SEEDS;
			lost += (100 - 100.0 * (double)result.flow[1].came / (double)result.flow[1].asked) / SEEDS;
			late += (double)result.flow[1].late_p95_ms / SEEDS;
			queue += (double)scene_queue_ms(&result, 20 * SECOND, 50) / SEEDS;
		}
		printf("| %s | %s | %.2f | %.2f | %.0f ms |", profiles[k], names[kind], ours, theirs, queue);
		if (kind == SCENE_STEADY)
			printf(" %.1f %% | %.0f ms |\n", lost, late);
		else
			puts(" | |");
	}
}

static void
figures(void)
{
	for (size_t k = 0; k < PROFILES; k++) {
		char name[32];

		snprintf(name, sizeof name, "pace.%s_percent", profiles[k]);
		bench_say(name, send_file(profiles[k], 16, 0).used, "%");
	}
}

int
main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "table") != 0) {
		figures();
		return 0;
	}
	files_table();
	puts("\n| link | with | we | they | queue, half | their loss | late, 95 % |\n|---|---|---|---|---|---|---|");
	others_table(SCENE_STEADY);
	others_table(SCENE_TCP);
	others_table(SCENE_PACED);
	return 0;
}
