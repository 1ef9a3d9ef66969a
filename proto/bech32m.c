/* BIP 350: the checksum of BIP 173 with another constant. Five bits a character, most significant first. */
#include "proto/id.h"

#include <assert.h>
#include <string.h>

#define CONSTANT 0x2bc830a3u
#define SUM_LEN 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of the BCH code: SUM with the next five bits. */
static uint32_t
step(uint32_t sum, unsigned five)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ five;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

/* The prefix enters the sum as its high bits, a zero, its low bits. */
static uint32_t
start(const char *prefix, size_t len)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < len; i++)
		sum = step(sum, (unsigned)prefix[i] >> 5);
	sum = step(sum, 0);
	for (size_t i = 0; i < len; i++)
		sum = step(sum, (unsigned)prefix[i] & 31);
	return sum;
}

static uint32_t
put_five(struct buf *out, uint32_t sum, unsigned five)
{
	buf_put_u8(out, (uint8_t)alphabet[five]);
	return step(sum, five);
}

void
bech32m_encode(const char *prefix, struct bytes data, struct buf *out_text)
{
	size_t len = strlen(prefix);
	uint32_t sum = start(prefix, len), bits = 0;
	unsigned have = 0;

	assert(len > 0 && len < BECH32M_PREFIX);
	assert(len + 1 + (data.len * 8 + 4) / 5 + SUM_LEN <= BECH32M_TEXT);
	buf_put(out_text, prefix, len);
	buf_put_u8(out_text, '1');
	for (size_t i = 0; i < data.len; i++) {
		bits = bits << 8 | data.p[i];
		for (have += 8; have >= 5; have -= 5)
			sum = put_five(out_text, sum, bits >> (have - 5) & 31);
		bits &= 31;
	}
	if (have)
		sum = put_five(out_text, sum, bits << (5 - have) & 31);
	for (unsigned i = 0; i < SUM_LEN; i++)
		sum = step(sum, 0);
	sum ^= CONSTANT;
	for (unsigned i = 0; i < SUM_LEN; i++)
		buf_put_u8(out_text, (uint8_t)alphabet[sum >> 5 * (SUM_LEN - 1 - i) & 31]);
}

static enum err_code
bad_character(const char *object, size_t number, struct err *e)
{
	return err_set(e, ERR_INPUT, object, "character", "character %zu is none that an id is written with",
	    number);
}

/* TEXT of LEN characters in lower case to OUT; refuses mixed case and what is not printable ASCII. */
static enum err_code
lower(const char *text, size_t len, const char *object, char *out, struct err *e)
{
	bool small = false, large = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (c < 33 || c > 126)
			return bad_character(object, i + 1, e);
		small |= c >= 'a' && c <= 'z';
		large |= c >= 'A' && c <= 'Z';
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
	}
	out[len] = 0;
	if (small && large)
		return err_set(e, ERR_INPUT, object, "case", "capitals and small letters are mixed");
	return ERR_OK;
}

/* Characters to values 0..31 in place; the number of the first that is none of the alphabet, 0 when all are. */
static size_t
to_fives(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *at = strchr(alphabet, text[i]);
		if (at == NULL || text[i] == 0)
			return i + 1;
		text[i] = (char)(at - alphabet);
	}
	return 0;
}

/* Whole bytes of COUNT values; what is left must be fewer than five bits, all zero. */
static bool
to_bytes(const char *fives, size_t count, struct buf *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < count; i++) {
		bits = (bits << 5 | (uint8_t)fives[i]) & 0xfff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			buf_put_u8(out, (uint8_t)(bits >> have));
		}
	}
	return have < 5 && (bits & ((1u << have) - 1)) == 0;
}

enum err_code
bech32m_decode(const char *text, const char *object, char out_prefix[BECH32M_PREFIX], struct buf *out,
    struct err *e)
{
	char plain[BECH32M_TEXT + 1] = { 0 }, *one, *fives;
	size_t len = strnlen(text, BECH32M_TEXT + 1), bad, prefix_len, count, before = out->len;
	uint32_t sum;
	enum err_code rc;

	if (len > BECH32M_TEXT)
		return err_set(e, ERR_INPUT, object, "length", "longer than %d characters", BECH32M_TEXT);
	if ((rc = lower(text, len, object, plain, e)) != ERR_OK)
		return rc;
	/* The last 1 divides: the alphabet has none, a prefix may. */
	if ((one = strrchr(plain, '1')) == NULL)
		return err_set(e, ERR_INPUT, object, "separator", "no '1' divides a prefix from the rest");
	prefix_len = (size_t)(one - plain);
	if (prefix_len == 0 || prefix_len >= BECH32M_PREFIX)
		return err_set(e, ERR_INPUT, object, "prefix", "the part before the '1' has %zu characters",
		    prefix_len);
	fives = one + 1;
	count = len - prefix_len - 1;
	if (count < SUM_LEN)
		return err_set(e, ERR_INPUT, object, "length", "too short; was it copied whole?");
	if ((bad = to_fives(fives, count)) != 0)
		return bad_character(object, prefix_len + 1 + bad, e);
	sum = start(plain, prefix_len);
	for (size_t i = 0; i < count; i++)
		sum = step(sum, (uint8_t)fives[i]);
	if (sum != CONSTANT)
		return err_set(e, ERR_INPUT, object, "checksum", "a character was mistyped or is missing");
	if (!to_bytes(fives, count - SUM_LEN, out)) {
		out->len = before;
		return err_set(e, ERR_INPUT, object, "padding", "this is not a number of whole bytes");
	}
	memcpy(out_prefix, plain, prefix_len);
	out_prefix[prefix_len] = 0;
	return ERR_OK;
}
