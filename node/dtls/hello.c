#include "node/dtls/inside.h"

#include <string.h>

/*
 * RFC 6347 section 4.1 (record), 4.2.2 (handshake header), 4.2.1 (cookie), RFC 5246 7.4.1.2 (ClientHello):
 *   record     type 22, version, epoch 0, sequence 6, length 2
 *   handshake  type 1, length 3, message sequence 2, fragment offset 3, fragment length 3
 *   hello      version 2, random 32, session id <0..32>, cookie <0..255>, suites <2..>, compressions <1..>
 */
#define HANDSHAKE_HEAD 12
#define RANDOM_AT (RECORD_HEAD + HANDSHAKE_HEAD + 2)
#define TYPE_HANDSHAKE 22
#define CLIENT_HELLO 1
#define HELLO_VERIFY_REQUEST 3

static uint32_t
get_u24(const uint8_t p[3])
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static void
put_u24(uint8_t out[3], size_t v)
{
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
}

/* A vector with a length of one byte at *AT; false when it runs past the end. */
static bool
read_short(struct bytes b, size_t *at, struct bytes *out)
{
	if (*at >= b.len || b.len - *at - 1 < b.p[*at])
		return false;
	*out = (struct bytes){ b.p + *at + 1, b.p[*at] };
	*at += 1u + out->len;
	return true;
}

/* One whole ClientHello in the first record: ours always is, and 2.28 knows no other. */
bool
hello_parse(struct bytes b, struct hello *out)
{
	const uint8_t *hs = b.p + RECORD_HEAD;
	size_t at = RANDOM_AT + 32, record_len, hello_len;
	struct bytes session_id;

	if (b.len < at + 2 || b.p[0] != TYPE_HANDSHAKE || b.p[1] != 0xfe || get_u16(b.p + 3) != 0)
		return false;
	record_len = get_u16(b.p + 11);
	if (record_len < HANDSHAKE_HEAD || record_len > b.len - RECORD_HEAD || hs[0] != CLIENT_HELLO)
		return false;
	hello_len = get_u24(hs + 1);
	if (hello_len != record_len - HANDSHAKE_HEAD || get_u24(hs + 6) != 0 || get_u24(hs + 9) != hello_len)
		return false;
	b.len = RECORD_HEAD + record_len;
	if (!read_short(b, &at, &session_id) || session_id.len > 32 || !read_short(b, &at, &out->cookie))
		return false;
	/* One suite and one compression at least; so the answer is always shorter than the question. */
	if (b.len - at < 2 + 2 + 2)
		return false;
	memcpy(out->sequence, b.p + 5, sizeof out->sequence);
	memcpy(out->random, b.p + RANDOM_AT, sizeof out->random);
	return true;
}

size_t
hello_answer(const struct hello *h, struct bytes cookie, uint8_t out[HELLO_ANSWER_MAX])
{
	size_t body = 2 + 1 + cookie.len, len = RECORD_HEAD + HANDSHAKE_HEAD + body;
	uint8_t *hs = out + RECORD_HEAD;

	memset(out, 0, len);
	/* 4.2.1: DTLS 1.0 as version whatever will be agreed on; the sequence number is the hello's. */
	out[0] = TYPE_HANDSHAKE;
	put_u16(out + 1, 0xfeff);
	memcpy(out + 5, h->sequence, sizeof h->sequence);
	put_u16(out + 11, (uint16_t)(HANDSHAKE_HEAD + body));
	hs[0] = HELLO_VERIFY_REQUEST;
	put_u24(hs + 1, body);
	put_u24(hs + 9, body);
	put_u16(hs + HANDSHAKE_HEAD, 0xfeff);
	hs[HANDSHAKE_HEAD + 2] = (uint8_t)cookie.len;
	memcpy(hs + HANDSHAKE_HEAD + 3, cookie.p, cookie.len);
	return len;
}
