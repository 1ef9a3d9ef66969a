#include "tests/lib/link_core.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND INT64_C(1000000)

static struct link_options
both(struct link_way_options w)
{
	return (struct link_options){ .way = { w, w } };
}

/* COUNT datagrams of 1000 IP bytes, EVERY microseconds; how many arrived. */
static size_t
send_many(struct link *l, size_t count, int64_t every, int64_t *out_at)
{
	size_t arrived = 0;
	int64_t at[2];

	for (size_t i = 0; i < count; i++) {
		unsigned copies = link_pass(l, LINK_UP, (int64_t)i * every, 1000 - LINK_HEADERS, at);

		for (unsigned k = 0; k < copies; k++, arrived++)
			if (out_at)
				out_at[arrived] = at[k];
	}
	return arrived;
}

/* A link that is asked for nothing passes everything at once. */
Test(link_core, plain)
{
	struct link_options o = { 0 };
	struct link l;
	int64_t at[2];

	link_start(&l, &o, 1, 0);
	cr_assert_eq(link_pass(&l, LINK_DOWN, 77, 100, at), 1);
	cr_assert_eq(at[0], 77);
	cr_assert_eq(l.counts[LINK_DOWN].bytes, 128, "IP bytes are counted");
	cr_assert_eq(l.counts[LINK_UP].packets, 0);
}

/* Datagrams leave one after the other at the rate of the link, and arrive after its delay. */
Test(link_core, rate_and_delay)
{
	struct link_options o = both((struct link_way_options){ .rate = 100000, .delay_us = 5000 });
	struct link l;
	int64_t at[10];

	link_start(&l, &o, 1, 0);
	cr_assert_eq(send_many(&l, 10, 0, at), 10);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(at[i], (i + 1) * 10000 + 5000, "1000 bytes take 10 ms at 100 kB/s");
}

/* What does not fit the queue is dropped, and room comes back as the transmitter works. */
Test(link_core, queue)
{
	struct link_options o = both((struct link_way_options){ .rate = 100000, .queue = 3000 });
	struct link l;
	int64_t at[2];

	link_start(&l, &o, 1, 0);
	cr_assert_eq(send_many(&l, 10, 0, NULL), 3);
	cr_assert_eq(l.counts[LINK_UP].queue_full, 7);
	cr_assert_eq(link_pass(&l, LINK_UP, 9000, 1000 - LINK_HEADERS, at), 0, "the first is still leaving");
	cr_assert_eq(link_pass(&l, LINK_UP, 10000, 1000 - LINK_HEADERS, at), 1);
}

/* As much is lost as was asked for, whether one by one or in bursts, and bursts are as long as was asked for. */
Test(link_core, loss)
{
	for (unsigned burst = 1; burst <= 8; burst *= 8) {
		struct link_options o = both((struct link_way_options){ .loss = 2000, .burst = burst });
		struct link l;
		size_t runs = 0, count = 200000;
		bool was = false;
		int64_t at[2];

		link_start(&l, &o, 42, 0);
		for (size_t i = 0; i < count; i++) {
			bool lost = link_pass(&l, LINK_UP, (int64_t)i, 100, at) == 0;

			runs += lost && !was;
			was = lost;
		}
		cr_assert_float_eq((double)l.counts[LINK_UP].lost / (double)count, 0.2, 0.01, "burst %u", burst);
		if (burst > 1)
			cr_assert_float_eq((double)l.counts[LINK_UP].lost / (double)runs, burst, 0.5);
	}
}

/* Jitter alone never changes the order; asked for, some are overtaken. */
Test(link_core, order)
{
	for (unsigned reorder = 0; reorder <= 1000; reorder += 1000) {
		struct link_options o = both((struct link_way_options){ .delay_us = 10000, .jitter_us = 9000,
			.reorder = reorder });
		struct link l;
		static int64_t at[2000];
		size_t overtaken = 0;

		link_start(&l, &o, 5, 0);
		cr_assert_eq(send_many(&l, 2000, 100, at), 2000);
		for (size_t i = 1; i < 2000; i++)
			overtaken += at[i] < at[i - 1];
		if (reorder)
			cr_assert_gt(overtaken, 50);
		else
			cr_assert_eq(overtaken, 0);
		cr_assert_eq(l.counts[LINK_UP].reordered > 0, reorder > 0);
	}
}

/* Some arrive twice. */
Test(link_core, duplicates)
{
	struct link_options o = both((struct link_way_options){ .duplicates = 1000 });
	struct link l;
	size_t arrived;

	link_start(&l, &o, 9, 0);
	arrived = send_many(&l, 10000, 10, NULL);
	cr_assert_eq(arrived, 10000 + l.counts[LINK_UP].duplicated);
	cr_assert_eq(arrived, l.counts[LINK_UP].out_packets);
	cr_assert_float_eq((double)l.counts[LINK_UP].duplicated, 1000, 150);
}

/* At the end of each period the link is dead, both ways. */
Test(link_core, outage)
{
	struct link_options o = { .outage_every_us = 30 * SECOND, .outage_us = 5 * SECOND };
	struct link l;
	int64_t at[2], began = 7 * SECOND;

	link_start(&l, &o, 1, began);
	cr_assert_eq(link_pass(&l, LINK_UP, began + 24 * SECOND, 10, at), 1);
	cr_assert_eq(link_pass(&l, LINK_UP, began + 26 * SECOND, 10, at), 0);
	cr_assert_eq(link_pass(&l, LINK_DOWN, began + 29 * SECOND, 10, at), 0);
	cr_assert_eq(link_pass(&l, LINK_UP, began + 31 * SECOND, 10, at), 1);
	cr_assert_eq(l.counts[LINK_UP].outage + l.counts[LINK_DOWN].outage, 2);
}

/* The same seed gives the same link, another seed another one. */
Test(link_core, seeded)
{
	struct link_options o = both((struct link_way_options){ .loss = 1000, .delay_us = 100, .jitter_us = 1000,
		.duplicates = 500, .reorder = 500 });
	static int64_t a[4000], b[4000];
	struct link l;
	size_t x, y;

	link_start(&l, &o, 3, 0);
	x = send_many(&l, 2000, 50, a);
	link_start(&l, &o, 3, 0);
	y = send_many(&l, 2000, 50, b);
	cr_assert_eq(x, y);
	cr_assert_arr_eq(a, b, x * sizeof *a);
	link_start(&l, &o, 4, 0);
	y = send_many(&l, 2000, 50, b);
	cr_assert(x != y || memcmp(a, b, x * sizeof *a) != 0);
}

/* Every profile that help names is there, with a queue, and no other is. */
Test(link_core, profiles)
{
	char names[64], *name, *rest = names;
	struct link_options o;
	size_t count = 0;

	strcpy(names, link_profiles());
	for (; (name = strtok_r(rest, " ", &rest)) != NULL; count++) {
		cr_assert(link_profile(name, &o), "%s", name);
		cr_assert_gt(o.way[LINK_UP].queue, 0);
	}
	cr_assert_eq(count, 7);
	cr_assert(link_profile("3g", &o));
	cr_assert_eq(o.way[LINK_DOWN].rate, 250000, "2 Mbit/s");
	cr_assert_eq(o.way[LINK_DOWN].delay_us, 75000);
	cr_assert_eq(o.way[LINK_DOWN].loss, 100, "1 percent");
	cr_assert_not(link_profile("5g", &o));
}
