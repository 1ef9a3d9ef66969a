/*
 * fuzz_hello - any datagram as the first of a stranger.
 *
 * Law      what is read lies in the datagram; what follows the first record changes nothing, and no shorter part
 *          of that record is taken for a whole one
 *          our answer carries the hello's number and our cookie, and is shorter than the hello was
 */
#include "node/dtls/inside.h"

#include <assert.h>
#include <string.h>

#define COOKIE_LEN 32   /* as mbedTLS makes them */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static bool
same(const struct hello *a, const struct hello *b)
{
	return memcmp(a->sequence, b->sequence, sizeof a->sequence) == 0 &&
	    memcmp(a->random, b->random, sizeof a->random) == 0 && bytes_equal(a->cookie, b->cookie);
}

/* In memory of its own, so that one byte read too far is seen. */
static bool
parse_copy(struct bytes datagram, struct bytes tail, const struct hello *wanted)
{
	uint8_t *copy = need_alloc(datagram.len + tail.len);
	struct hello h;
	bool is;

	memcpy(copy, datagram.p, datagram.len);
	if (tail.len)
		memcpy(copy + datagram.len, tail.p, tail.len);
	is = hello_parse((struct bytes){ copy, datagram.len + tail.len }, &h) && (!wanted || same(&h, wanted));
	free(copy);
	return is;
}

static void
check_answer(const struct hello *h, size_t record_len)
{
	uint8_t cookie[COOKIE_LEN], answer[HELLO_ANSWER_MAX];
	size_t len;

	memset(cookie, 0xc5, sizeof cookie);
	len = hello_answer(h, (struct bytes){ cookie, sizeof cookie }, answer);
	assert(len <= sizeof answer && len < record_len);
	assert(answer[0] == 22 && get_u16(answer + 11) == len - RECORD_HEAD);
	assert(memcmp(answer + 5, h->sequence, sizeof h->sequence) == 0);
	assert(memcmp(answer + len - sizeof cookie, cookie, sizeof cookie) == 0);
	/* Nobody takes an answer for a question: two nodes never play ping-pong. */
	assert(!parse_copy((struct bytes){ answer, len }, (struct bytes){ NULL, 0 }, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const uint8_t tail[] = { 22, 0xfe, 0xfd, 0, 0 };
	struct hello h;
	size_t record_len;

	if (!hello_parse((struct bytes){ p, len }, &h))
		return 0;
	record_len = RECORD_HEAD + (size_t)get_u16(p + 11);
	assert(record_len <= len);
	/* Behind the cookie stand a suite and a compression at least, each with its list's length. */
	assert(h.cookie.p > p && h.cookie.p + h.cookie.len + 6 <= p + record_len);
	assert(parse_copy((struct bytes){ p, record_len }, (struct bytes){ tail, sizeof tail }, &h));
	assert(parse_copy((struct bytes){ p, record_len }, (struct bytes){ NULL, 0 }, &h));
	assert(!parse_copy((struct bytes){ p, record_len - 1 }, (struct bytes){ NULL, 0 }, NULL));
	check_answer(&h, record_len);
	return 0;
}
