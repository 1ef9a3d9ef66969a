#include "node/dtls/dtls.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* What is written in the one way comes back as it was. */
Test(address, written_and_read_again)
{
	static const char *const good[] = { "192.0.2.1:5684", "127.0.0.1:1", "255.255.255.255:65535",
		"[2001:db8::1]:5684", "[::]:5684", "[::1]:5684", "[fe80::1%3]:5684",
		"[2001:db8:1111:2222:3333:4444:5555:6666]:65535" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		union address a, b;
		char text[ADDRESS_TEXT];
		struct err e = { 0 };

		cr_assert_eq(address_parse(good[i], false, &a, &e), ERR_OK, "%s: %s", good[i], e.reason);
		cr_assert_str_eq(address_format(&a, text), good[i]);
		cr_assert_eq(address_parse(text, false, &b, &e), ERR_OK);
		cr_assert(address_equal(&a, &b));
	}
}

/* Names, missing or wild ports and every other spelling are refused, and OUT is left alone. */
Test(address, refused)
{
	static const char *const bad[] = { "", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
		"192.0.2.1:-1", "192.0.2.1:+5", "192.0.2.1:5684 ", " 192.0.2.1:5684", "192.0.2.1:05684", "192.0.2:1",
		"192.0.2.1.1:5", "256.0.2.1:5", "example.org:5684", "localhost:5684", "2001:db8::1:5684",
		"2001:db8::1", "[2001:db8::1]", "[2001:db8::1]5684", "[2001:db8::1:5684", "[]:5684", "[", "]", "[]",
		"[:", "[192.0.2.1]:5684", "[2001:db8::1%3]:5684", "[fe80::1%]:5684", "[fe80::1%eth0]:5684",
		"[fe80::1%0]:1", "[fe80::1%4294967296]:1", "192.0.2.1:99999999999999999999",
		"[2001:db8:1111:2222:3333:4444:5555:6666:7777]:1",
		"[0000000000000000000000000000000000000000000000000000000000000000000000]:1" };
	union address before, a;

	memset(&before, 0x5a, sizeof before);
	a = before;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = { 0 };

		cr_assert_eq(address_parse(bad[i], false, &a, &e), ERR_INPUT, "%s", bad[i]);
		cr_assert_eq(memcmp(&a, &before, sizeof a), 0, "%s", bad[i]);
		cr_assert_neq(e.reason[0], 0);
	}
}

/* Port 0 is for those who listen. */
Test(address, port_zero)
{
	union address a;
	char text[ADDRESS_TEXT];
	struct err e;

	cr_assert_eq(address_parse("[::]:0", true, &a, &e), ERR_OK);
	cr_assert_eq(address_parse("0.0.0.0:0", true, &a, &e), ERR_OK);
	cr_assert_str_eq(address_format(&a, text), "0.0.0.0:0");
}

/* An IPv4 address is one address, however IPv6 spells it; port and host both count. */
Test(address, equality)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "192.0.2.1:1", "[::ffff:192.0.2.1]:1", true },
		{ "192.0.2.1:1", "192.0.2.1:2", false },
		{ "192.0.2.1:1", "192.0.2.2:1", false },
		{ "[fe80::1%1]:1", "[fe80::1%2]:1", false },
		{ "[2001:DB8::1]:1", "[2001:db8:0::1]:1", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		union address a, b;
		struct err e;

		cr_assert_eq(address_parse(rows[i].a, false, &a, &e), ERR_OK);
		cr_assert_eq(address_parse(rows[i].b, false, &b, &e), ERR_OK);
		cr_assert_eq(address_equal(&a, &b), rows[i].equal, "%s %s", rows[i].a, rows[i].b);
	}
}
