/*
 * collide - two records whose short ids are equal: how the ones in proto/vectors/collision were found.
 *
 *   collide NETWORK PAYLOAD [FILE]
 *
 * Source   proto/records.md section 3.3 (record id, short id); RFC 7693 (BLAKE2b)
 * Shape    NETWORK is 32 bytes, PAYLOAD that of one record whose name is 16 bytes like 000000000000 4000 8000 0000 00000000,
 *          both in hexadecimal. A name holds 64 free bits; the short id of the record with that name is the next name.
 *          A walk ends at a short id with so many low zero bits (van Oorschot and Wiener, 1999); two walks that end at
 *          the same have met, and where they meet are the two names. About 2^32 records have to be hashed: minutes
 *          with AVX-512 (make ... CFLAGS=-march=native), hours without.
 * Law      FILE gets a line for each walk, and is read again at the start: a search goes on where it was stopped
 *          shares no code with the rest: it is a second implementation of a record's short id as well
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES 8
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

#define END_BITS 20                     /* a walk is 2^20 steps long, on average */
#define WALK_MOST (20u << END_BITS)     /* this one runs in a circle */
#define WALKS (1u << 18)                /* rows of the table */
#define MESSAGE_MOST 1024

static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
static const uint8_t sigma[12][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
};

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define MIX(a, b, c, d, x, y)                                           \
	do {                                                            \
		v[a] += v[b] + (x);                                     \
		v[d] = ROTATE(v[d] ^ v[a], 32);                         \
		v[c] += v[d];                                           \
		v[b] = ROTATE(v[b] ^ v[c], 24);                         \
		v[a] += v[b] + (y);                                     \
		v[d] = ROTATE(v[d] ^ v[a], 16);                         \
		v[c] += v[d];                                           \
		v[b] = ROTATE(v[b] ^ v[c], 63);                         \
	} while (0)

/* One block of LANES messages at once; AT counts the bytes up to its end. */
static inline void
compress(lanes h[8], const lanes m[16], uint64_t at, bool last)
{
	lanes v[16];

	for (int i = 0; i < 8; i++) {
		v[i] = h[i];
		v[i + 8] = (lanes){ 0 } + iv[i];
	}
	v[12] ^= at;
	if (last)
		v[14] = ~v[14];
#pragma GCC unroll 12
	for (int r = 0; r < 12; r++) {
		const uint8_t *s = sigma[r];

		MIX(0, 4, 8, 12, m[s[0]], m[s[1]]);
		MIX(1, 5, 9, 13, m[s[2]], m[s[3]]);
		MIX(2, 6, 10, 14, m[s[4]], m[s[5]]);
		MIX(3, 7, 11, 15, m[s[6]], m[s[7]]);
		MIX(0, 5, 10, 15, m[s[8]], m[s[9]]);
		MIX(1, 6, 11, 12, m[s[10]], m[s[11]]);
		MIX(2, 7, 8, 13, m[s[12]], m[s[13]]);
		MIX(3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (int i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
}

/* --- short ids of records by name --- */

static uint8_t message[MESSAGE_MOST + 128];     /* the Sig_structure, its name all zero, and zeros behind */
static size_t message_len, name_at;
static lanes keyed[8];                          /* after the block with the key */
static uint64_t bits_0, bits_1;                 /* of the name that are always set */

static lanes
word(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return (lanes){ 0 } + w;
}

static void
put_name(const lanes *z, lanes m[16], size_t block)
{
	/* The 64 bits: bytes 0 to 5 and 10, 11; a UUID's version and variant stand between them. */
	lanes name[2] = { (*z & 0xffffffffffff) | bits_0, (*z >> 48) << 16 | bits_1 };
	unsigned shift = 8 * (name_at % 8);

	for (size_t i = 0; i < 2; i++) {
		size_t at = name_at / 8 + i;

		if (at / 16 == block)
			m[at % 16] |= name[i] << shift;
		if (shift && (at + 1) / 16 == block)
			m[(at + 1) % 16] |= name[i] >> (64 - shift);
	}
}

static void
next(lanes *z)
{
	lanes h[8], m[16], k[8];

	for (int i = 0; i < 8; i++) {
		h[i] = (lanes){ 0 } + iv[i];
		k[i] = keyed[i];
	}
	h[0] ^= 0x01010000 ^ 32;
	for (size_t at = 0, block = 0; at < message_len; at += 128, block++) {
		bool last = at + 128 >= message_len;

		for (size_t i = 0; i < 16; i++)
			m[i] = word(message + at + 8 * i);
		put_name(z, m, block);
		compress(h, m, last ? message_len : at + 128, last);
	}
	for (int i = 0; i < 16; i++)
		m[i] = i < 4 ? h[i] : (lanes){ 0 };
	compress(k, m, 128 + 32, true);
	*z = k[0];
}

static uint64_t
next_one(uint64_t z)
{
	lanes all = (lanes){ 0 } + z;

	next(&all);
	return all[0];
}

/* --- what is asked for --- */

static size_t
read_hex(const char *text, uint8_t *out, size_t most)
{
	size_t len = 0;
	unsigned byte;

	for (; len < most && sscanf(text + 2 * len, "%2x", &byte) == 1; len++)
		out[len] = (uint8_t)byte;
	if (text[2 * len]) {
		fprintf(stderr, "collide: not hexadecimal, or too long: %s\n", text + 2 * len);
		exit(2);
	}
	return len;
}

static void
put(const void *p, size_t len)
{
	if (message_len + len > MESSAGE_MOST) {
		fprintf(stderr, "collide: the payload is too long\n");
		exit(2);
	}
	memcpy(message + message_len, p, len);
	message_len += len;
}

static void
prepare(const char *network_text, const char *payload_text)
{
	static const uint8_t name_head[] = { 0x03, 0x50 }, aad_head[] = { 0x58, 0x27 }, whole[16] = { [6] = 0x40, [8] = 0x80 };
	uint8_t network[32], payload[MESSAGE_MOST], head[3] = { 0x58 };
	size_t len = read_hex(payload_text, payload, sizeof(payload)), head_len = len < 256 ? 2 : 3;
	uint8_t *at = memmem(payload, len, name_head, sizeof(name_head));
	lanes m[16] = { 0 };

	if (read_hex(network_text, network, sizeof(network)) != 32 || len < 24 || at == NULL ||
	    at + 2 + 16 > payload + len || memcmp(at + 2, whole, 16) != 0) {
		fprintf(stderr, "collide: NETWORK is 32 bytes; PAYLOAD has the name 00000000-0000-4000-8000-000000000000\n");
		exit(2);
	}
	put("\x84\x6aSignature1\x43\xa1\x01\x27", 16);
	put(aad_head, 2);
	put("kilim/1", 7);
	put(network, 32);
	head[0] = len < 256 ? 0x58 : 0x59;
	head[1] = (uint8_t)(len < 256 ? len : len >> 8);
	head[2] = (uint8_t)len;
	put(head, head_len);
	name_at = message_len + (size_t)(at + 2 - payload);
	put(payload, len);
	memset(message + name_at, 0, 16);
	memcpy(&bits_0, whole, 8);
	memcpy(&bits_1, whole + 8, 8);
	for (int i = 0; i < 8; i++)
		keyed[i] = (lanes){ 0 } + iv[i];
	keyed[0] ^= 0x01010000 ^ 32 << 8 ^ 32;
	for (size_t i = 0; i < 4; i++)
		m[i] = word(network + 8 * i);
	compress(keyed, m, 128, false);
}

static void
print_name(uint64_t z)
{
	for (int i = 0; i < 6; i++)
		printf("%02x", (unsigned)(z >> 8 * i & 0xff));
	printf("40008000%02x%02x00000000", (unsigned)(z >> 48 & 0xff), (unsigned)(z >> 56));
}

/* --- walks --- */

static struct walk {
	uint64_t start, end;
	uint32_t steps;                         /* 0: this row is free */
} walks[WALKS];

/* The two walks end alike: where did they meet? False: one is the end of the other. */
static bool
meet(struct walk a, struct walk b)
{
	uint64_t x = a.start, y = b.start;

	for (; a.steps > b.steps; a.steps--)
		x = next_one(x);
	for (; b.steps > a.steps; b.steps--)
		y = next_one(y);
	if (x == y)
		return false;
	for (;;) {
		uint64_t to_x = next_one(x), to_y = next_one(y);

		if (to_x == to_y)
			break;
		x = to_x;
		y = to_y;
	}
	print_name(x);
	printf(" ");
	print_name(y);
	printf("\n");
	return true;
}

/* True: found. */
static bool
take(const struct walk *w)
{
	size_t row = (w->end >> END_BITS) % WALKS;

	for (; walks[row].steps; row = (row + 1) % WALKS)
		if (walks[row].end == w->end)
			return meet(walks[row], *w);
	walks[row] = *w;
	return false;
}

static uint64_t
random_start(void)
{
	static FILE *from;
	uint64_t z = 0;

	if (from == NULL)
		from = fopen("/dev/urandom", "rb");
	if (from == NULL || fread(&z, sizeof(z), 1, from) != 1) {
		perror("collide: /dev/urandom");
		exit(1);
	}
	return z;
}

static bool
go_on(const char *file)
{
	FILE *f = file ? fopen(file, "r") : NULL;
	struct walk w;
	bool found = false;

	while (f && !found &&
	    fscanf(f, "%" SCNx64 " %" SCNx64 " %" SCNu32, &w.start, &w.end, &w.steps) == 3)
		found = take(&w);
	if (f)
		fclose(f);
	return found;
}

int
main(int argc, char **argv)
{
	struct walk w[LANES];
	lanes z;
	FILE *out;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: collide NETWORK PAYLOAD [FILE]\n");
		return 2;
	}
	prepare(argv[1], argv[2]);
	if (argc == 4 && go_on(argv[3]))
		return 0;
	out = argc == 4 ? fopen(argv[3], "a") : NULL;
	for (int i = 0; i < LANES; i++) {
		w[i] = (struct walk){ .start = random_start() };
		z[i] = w[i].start;
	}
	for (;;) {
		next(&z);
		for (int i = 0; i < LANES; i++) {
			bool end = (z[i] & ((1u << END_BITS) - 1)) == 0;

			w[i].steps++;
			if (!end && w[i].steps < WALK_MOST)
				continue;
			w[i].end = z[i];
			if (end && out) {
				fprintf(out, "%016" PRIx64 " %016" PRIx64 " %" PRIu32 "\n", w[i].start, w[i].end,
				    w[i].steps);
				fflush(out);
			}
			if (end && take(&w[i]))
				return 0;
			w[i] = (struct walk){ .start = random_start() };
			z[i] = w[i].start;
		}
	}
}
