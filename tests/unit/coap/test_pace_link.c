/*
 * node/coap/pace over simulated links: how much of each it uses, and what it leaves to others. Each case runs SEEDS
 * seeds, or FEW where many things change at once, and says which one failed; docs/transfer.md has the figures.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/lib/pace_link.h"

#define SEEDS 20
#define FEW 5
#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)
#define MIB (1024 * 1024 / SCENE_BLOCK)
#define PAGE 256                 /* blocks of a page of records */

static struct scene_result result;

static struct scene
scene(const char *profile, unsigned seed, int64_t end_us)
{
	struct scene s = { .seed = seed * UINT64_C(0x9e3779b97f4a7c15), .end_us = end_us };

	cr_assert(link_profile(profile, &s.link), "%s", profile);
	s.flow[0].kind = SCENE_PACED;
	return s;
}

/* The per cent of the link that are blocks of a transfer of BLOCKS, of which S says the rest. */
static double
percent_used(struct scene *s, uint32_t blocks)
{
	s->flow[0].blocks = blocks;
	scene_run(s, &result);
	cr_assert_gt(result.flow[0].done_us, 0, "seed %llu never ends", (unsigned long long)s->seed);
	return 100.0 * blocks * SCENE_BLOCK * 1e6 / (double)result.flow[0].done_us /
	    (double)s->link.way[LINK_DOWN].rate;
}

/* The per cent of the link that flow I has between two seconds, headers and all. */
static double
share(const struct scene *s, size_t i, size_t from, size_t to)
{
	return 100.0 * (double)scene_ip(&result, i, from, to) / (double)(to - from) / (double)s->link.way[LINK_DOWN].rate;
}

/* A file of 16 MiB uses nearly all of each link: blocks are at most 92 % of what the wire carries. */
Test(pace_link, long_file)
{
	static const struct {
		const char *profile;
		double mean, least;
	} rows[] = {
		{ "lan", 70, 65 }, { "dsl", 90, 89 }, { "dsl8", 90, 89 }, { "3g", 88, 86 }, { "hill", 81, 74 },
		{ "sat", 73, 70 }, { "flap", 71, 70 },
	};

	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		double sum = 0;

		for (unsigned seed = 1; seed <= SEEDS; seed++) {
			struct scene s = scene(rows[k].profile, seed, 180 * SECOND);
			double used = percent_used(&s, 16 * MIB);

			sum += used;
			cr_expect_geq(used, rows[k].least, "%s, seed %u: %.1f %%", rows[k].profile, seed, used);
		}
		cr_expect_geq(sum / SEEDS, rows[k].mean, "%s: %.1f %%", rows[k].profile, sum / SEEDS);
	}
}

/* 7.5 MB of records in pages, each of which names where the next begins, take four fifths of 3g; two are asked at once. */
Test(pace_link, first_sync)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene("3g", seed, 180 * SECOND);
		double used;

		s.flow[0].page = PAGE;
		s.flow[0].ahead = 2;
		s.flow[0].server_us = 8 * MS;
		used = percent_used(&s, 7500000 / SCENE_BLOCK);
		cr_expect_geq(used, 86, "seed %u: %.1f %%", seed, used);
	}
}

/* What was remembered of a peer brings it sooner, where the way is long. */
Test(pace_link, remembered)
{
	double before = 0, after = 0;

	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene("sat", seed, 180 * SECOND);

		before += percent_used(&s, 2 * MIB);
		s.flow[0].remembered = result.flow[0].rate;
		after += percent_used(&s, 2 * MIB);
	}
	cr_expect_geq(after, before * 1.1, "%.1f %%, then %.1f %%", before / SEEDS, after / SEEDS);
}

/* Too much remembered does no harm: a link five times slower than yesterday. */
Test(pace_link, remembered_too_much)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene("3g", seed, 180 * SECOND);
		double used;

		s.flow[0].remembered = 5 * 250000;
		used = percent_used(&s, 4 * MIB);
		cr_expect_geq(used, 80, "seed %u: %.1f %%", seed, used);
	}
}

/* After the start nobody waits long behind us: half of the time 30 ms at most, hardly ever 100 ms. */
Test(pace_link, queue)
{
	static const char *const profiles[] = { "dsl", "dsl8", "3g", "hill", "sat" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 60 * SECOND);

			scene_run(&s, &result);
			cr_expect_leq(scene_queue_ms(&result, 6 * SECOND, 50), 35, "%s, seed %u: %u ms", profiles[k], seed,
			    scene_queue_ms(&result, 6 * SECOND, 50));
			cr_expect_leq(scene_queue_ms(&result, 6 * SECOND, 95), 120, "%s, seed %u: %u ms", profiles[k], seed,
			    scene_queue_ms(&result, 6 * SECOND, 95));
		}
}

/* Losses by chance, 15 % of the blocks, do not slow it: it has four fifths of what a clean link gives. */
Test(pace_link, random_loss)
{
	static const char *const profiles[] = { "dsl8", "3g", "hill", "sat" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 60 * SECOND);
			double clean, lossy;

			s.link.way[LINK_UP].loss = s.link.way[LINK_DOWN].loss = 0;
			scene_run(&s, &result);
			clean = share(&s, 0, 6, 60);
			s.link.way[LINK_UP].loss = s.link.way[LINK_DOWN].loss = 780;   /* 1 - 0.922^2 = 0.15 */
			scene_run(&s, &result);
			lossy = share(&s, 0, 6, 60);
			cr_expect_geq(lossy, clean * 0.85 * 0.8, "%s, seed %u: %.1f of %.1f %%", profiles[k], seed, lossy, clean);
		}
}

/* It never starves: of datagrams two fifths are lost each way, of blocks two thirds, and something still comes. */
Test(pace_link, heavy_loss)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene("3g", seed, 60 * SECOND);

		s.link.way[LINK_UP].loss = s.link.way[LINK_DOWN].loss = 4000;
		scene_run(&s, &result);
		cr_expect_geq(share(&s, 0, 6, 60), 3, "seed %u: %.1f %%", seed, share(&s, 0, 6, 60));
	}
}

/* Losses that our own window makes do: a queue of 20 ms only is not flooded. */
Test(pace_link, shallow_queue)
{
	static const char *const profiles[] = { "dsl", "dsl8", "3g" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 60 * SECOND);

			s.link.way[LINK_DOWN].queue = s.link.way[LINK_DOWN].rate / 50;
			scene_run(&s, &result);
			cr_expect_geq(share(&s, 0, 6, 60), 70, "%s, seed %u: %.1f %%", profiles[k], seed, share(&s, 0, 6, 60));
			cr_expect_leq(result.flow[0].lost * 100, result.flow[0].asked * 15, "%s, seed %u", profiles[k], seed);
		}
}

/* The link is full again within two seconds after an outage of five. */
Test(pace_link, outage)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct scene s = scene("flap", seed, 100 * SECOND);

		scene_run(&s, &result);
		for (size_t back = 30; back <= 90; back += 30)
			cr_expect_geq(share(&s, 0, back + 2, back + 5), 85, "seed %u, outage before %zu s: %.1f %%", seed, back,
			    share(&s, 0, back + 2, back + 5));
	}
}

/* A call that takes half of the link keeps what it needs, and we have the rest. */
Test(pace_link, call)
{
	static const struct {
		const char *profile;
		double lost;             /* per cent, the link's own losses among them */
		unsigned late_ms;
	} rows[] = { { "dsl", 0.7, 80 }, { "dsl8", 0.7, 100 }, { "3g", 2.5, 150 }, { "hill", 5, 190 } };

	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(rows[k].profile, seed, 60 * SECOND);
			double lost;

			s.flow[1] = (struct scene_flow){ .kind = SCENE_STEADY, .rate = s.link.way[LINK_DOWN].rate / 2,
				.from_us = 10 * SECOND };
			scene_run(&s, &result);
			lost = 100 - 100.0 * (double)result.flow[1].came / (double)result.flow[1].asked;
			cr_expect_leq(lost, rows[k].lost, "%s, seed %u: %.2f %%", rows[k].profile, seed, lost);
			cr_expect_leq(result.flow[1].late_p95_ms, rows[k].late_ms, "%s, seed %u: %u ms", rows[k].profile, seed,
			    result.flow[1].late_p95_ms);
			cr_expect_geq(share(&s, 0, 15, 60), 40, "%s, seed %u: %.1f %%", rows[k].profile, seed,
			    share(&s, 0, 15, 60));
		}
}

/* A download by TCP keeps at least a third where it can, and does not starve us. */
Test(pace_link, tcp)
{
	static const char *const profiles[] = { "dsl", "dsl8", "3g" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 90 * SECOND);

			s.flow[1] = (struct scene_flow){ .kind = SCENE_TCP, .from_us = 10 * SECOND };
			scene_run(&s, &result);
			cr_expect_geq(share(&s, 1, 20, 90), 33, "%s, seed %u: %.1f %%", profiles[k], seed, share(&s, 1, 20, 90));
			cr_expect_geq(share(&s, 0, 20, 90), 12, "%s, seed %u: %.1f %%", profiles[k], seed, share(&s, 0, 20, 90));
		}
}

/* Two sessions over one link share it within a factor of two, whichever came first, and use it. */
Test(pace_link, two)
{
	static const char *const profiles[] = { "dsl", "dsl8", "3g", "hill" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++) {
		double ratios = 0;

		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 100 * SECOND);
			double a, b;

			s.flow[1] = (struct scene_flow){ .kind = SCENE_PACED, .from_us = 10 * SECOND };
			scene_run(&s, &result);
			a = share(&s, 0, 40, 100);
			b = share(&s, 1, 40, 100);
			ratios += a > b ? a / b : b / a;
			cr_expect_geq(a < b ? a : b, 20, "%s, seed %u: %.1f and %.1f %%", profiles[k], seed, a, b);
			cr_expect_geq(a + b, 88, "%s, seed %u: %.1f and %.1f %%", profiles[k], seed, a, b);
		}
		cr_expect_leq(ratios / FEW, 2, "%s: %.2f", profiles[k], ratios / FEW);
	}
}

/* Over a long way shares take minutes to become equal, but who comes second does not starve. */
Test(pace_link, two_far)
{
	for (unsigned seed = 1; seed <= FEW; seed++) {
		struct scene s = scene("sat", seed, 100 * SECOND);

		s.flow[1] = (struct scene_flow){ .kind = SCENE_PACED, .from_us = 10 * SECOND };
		scene_run(&s, &result);
		cr_expect_geq(share(&s, 1, 40, 100), 8, "seed %u: %.1f %%", seed, share(&s, 1, 40, 100));
		cr_expect_geq(share(&s, 0, 40, 100) + share(&s, 1, 40, 100), 80, "seed %u", seed);
	}
}

/* A link that becomes four times wider, narrower, or 100 ms longer is full again within ten seconds, or twenty. */
Test(pace_link, change)
{
	static const char *const profiles[] = { "dsl", "dsl8", "3g", "hill" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++)
			for (int what = 0; what < 3; what++) {
				struct scene s = scene(profiles[k], seed, 60 * SECOND);
				struct link_way_options *down = &s.then.way[LINK_DOWN];
				double part;

				s.then = s.link;
				s.change_us = 20 * SECOND;
				down->rate = what == 0 ? down->rate * 4 : what == 1 ? down->rate / 4 : down->rate;
				down->delay_us += what == 2 ? 100 * MS : 0;
				scene_run(&s, &result);
				part = share(&s, 0, 40, 60) * (double)s.link.way[LINK_DOWN].rate / (double)down->rate;
				cr_expect_geq(part, 75, "%s, seed %u, change %d: %.1f %%", profiles[k], seed, what, part);
			}
}

/* Jitter of 30 ms each way, as of mobile links, is no queue. */
Test(pace_link, jitter)
{
	static const char *const profiles[] = { "dsl8", "3g", "hill" };

	for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++)
		for (unsigned seed = 1; seed <= FEW; seed++) {
			struct scene s = scene(profiles[k], seed, 60 * SECOND);

			s.link.way[LINK_UP].jitter_us = s.link.way[LINK_DOWN].jitter_us = 30 * MS;
			scene_run(&s, &result);
			cr_expect_geq(share(&s, 0, 10, 60), 70, "%s, seed %u: %.1f %%", profiles[k], seed, share(&s, 0, 10, 60));
		}
}

/* On a short way busy machines make everything late by tens of ms; the window does not shrink with the rate it allows. */
Test(pace_link, busy_machines)
{
	for (unsigned seed = 1; seed <= FEW; seed++) {
		struct scene s = scene("lan", seed, 5 * SECOND);

		for (int way = 0; way < LINK_WAYS; way++) {
			s.link.way[way].rate = 20000000;
			s.link.way[way].queue = 2000000;
			s.link.way[way].jitter_us = 15 * MS;
		}
		scene_run(&s, &result);
		cr_expect_geq(share(&s, 0, 1, 5), 60, "seed %u: %.1f %%", seed, share(&s, 0, 1, 5));
	}
}

/* The same seed gives the same figures. */
Test(pace_link, repeats)
{
	static struct scene_result again;
	struct scene s = scene("hill", 7, 20 * SECOND);

	s.flow[1] = (struct scene_flow){ .kind = SCENE_TCP, .from_us = 3 * SECOND };
	scene_run(&s, &result);
	scene_run(&s, &again);
	cr_expect_eq(memcmp(&result, &again, sizeof result), 0);
}
