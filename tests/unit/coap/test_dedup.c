/* node/coap/dedup: what is remembered, for how long, and what goes first when there is no room. */
#include <criterion/criterion.h>
#include <string.h>

#include "node/coap/dedup.h"

static struct dedup d;

static void
finish(void)
{
	dedup_free(&d);
}

TestSuite(dedup, .fini = finish);

static struct coap_message
message(uint16_t id)
{
	return (struct coap_message){ .id = id, .token = { 1, 2, 3 }, .token_len = 3 };
}

/* Nothing is found in what is empty, and freeing it twice is fine. */
Test(dedup, empty)
{
	struct coap_message m = message(1);

	cr_expect_null(dedup_find(&d, &m, 0, 0));
	cr_expect_null(dedup_last(&d, 1, m.token, 3));
	dedup_free(&d);
}

/* Id, token, its length and the hash all count, and an entry ends after 247 s. */
Test(dedup, what_counts)
{
	struct coap_message m = message(7), other = m;

	dedup_add(&d, &m, 99, false, 1000);
	cr_expect_not_null(dedup_find(&d, &m, 99, 1000));
	cr_expect_null(dedup_find(&d, &m, 98, 1000));
	other.id = 8;
	cr_expect_null(dedup_find(&d, &other, 99, 1000));
	other = m;
	other.token[2] = 4;
	cr_expect_null(dedup_find(&d, &other, 99, 1000));
	other = m;
	other.token_len = 2;
	cr_expect_null(dedup_find(&d, &other, 99, 1000));
	cr_expect_not_null(dedup_find(&d, &m, 99, 1000 + DEDUP_MS - 1));
	cr_expect_null(dedup_find(&d, &m, 99, 1000 + DEDUP_MS));
}

/* The newest of two with the same id and token is the one whose answer is kept. */
Test(dedup, last_is_newest)
{
	struct coap_message m = message(7);

	dedup_add(&d, &m, 1, false, 0);
	dedup_add(&d, &m, 2, false, 0);
	cr_expect_eq(dedup_last(&d, 7, m.token, 3)->hash, 2);
}

/* Full: the oldest repeatable goes, then the oldest; what is out of date goes before both. */
Test(dedup, who_goes_first)
{
	struct coap_message m;

	for (uint16_t i = 0; i < LIMIT_DEDUP; i++) {
		m = message(i);
		dedup_add(&d, &m, 1, i % 2, i);
	}
	m = message(100);
	dedup_add(&d, &m, 1, false, LIMIT_DEDUP);
	m = message(1);
	cr_expect_null(dedup_find(&d, &m, 1, LIMIT_DEDUP));
	m = message(0);
	cr_expect_not_null(dedup_find(&d, &m, 1, LIMIT_DEDUP));
	/* With entry 0 out of date it is the one, although it may not be repeated. */
	m = message(101);
	dedup_add(&d, &m, 1, false, DEDUP_MS);
	m = message(3);
	cr_expect_not_null(dedup_find(&d, &m, 1, DEDUP_MS));
	for (uint16_t i = 0; i < 40; i++) {
		m = message((uint16_t)(200 + i));
		dedup_add(&d, &m, 1, false, DEDUP_MS);
	}
	/* 31 repeatables have gone by now, then the oldest of the others. */
	m = message(2);
	cr_expect_null(dedup_find(&d, &m, 1, DEDUP_MS));
	m = message(239);
	cr_expect_not_null(dedup_find(&d, &m, 1, DEDUP_MS));
}

/* Replies stay within their bytes; those of repeatable requests are given up first, their entries stay. */
Test(dedup, replies_are_bounded)
{
	static uint8_t reply[1024];
	struct coap_message m;

	for (uint16_t i = 0; i < 20; i++) {
		m = message(i);
		reply[0] = (uint8_t)i;
		dedup_keep(&d, dedup_add(&d, &m, 1, i >= 2, 0), (struct bytes){ reply, sizeof(reply) });
		cr_assert_leq(d.bytes, DEDUP_BYTES);
	}
	m = message(0);
	cr_assert_not_null(dedup_find(&d, &m, 1, 0)->reply);
	cr_expect_eq(dedup_find(&d, &m, 1, 0)->reply[0], 0);
	m = message(2);
	cr_assert_not_null(dedup_find(&d, &m, 1, 0));
	cr_expect_null(dedup_find(&d, &m, 1, 0)->reply);
	m = message(19);
	cr_assert_not_null(dedup_find(&d, &m, 1, 0)->reply);
	/* Keeping again replaces, and does not count twice. */
	for (unsigned i = 0; i < 100; i++)
		dedup_keep(&d, dedup_find(&d, &m, 1, 0), (struct bytes){ reply, 10 });
	cr_expect_leq(d.bytes, DEDUP_BYTES - 1000);
}
