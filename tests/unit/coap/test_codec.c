/* node/coap/codec: bytes to fields and back, against RFC 7252 and against libcoap's own judgement. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coap3/coap.h>

#include "node/coap/codec.h"

static struct err why;

/* "44 01 ..." as bytes; static, good until the next call. */
static struct bytes
hex(const char *text)
{
	static uint8_t raw[2048];
	size_t len = 0;
	unsigned v;

	for (; sscanf(text, " %2x", &v) == 1; text += 2) {
		raw[len++] = (uint8_t)v;
		while (text[0] == ' ')
			text++;
	}
	return (struct bytes){ raw, len };
}

static struct coap_message
must_read(const char *text)
{
	struct coap_message m;

	cr_assert_eq(codec_read(hex(text), &m, &why), ERR_OK, "%s: %s", text, why.reason);
	return m;
}

static void
must_refuse(const char *text, const char *rule)
{
	struct coap_message m;

	cr_expect_eq(codec_read(hex(text), &m, &why), ERR_INPUT, "%s was read", text);
	cr_expect_str_eq(why.rule, rule, "%s: %s instead of %s", text, why.rule, rule);
}

static bool
is_text(struct bytes b, const char *text)
{
	return bytes_equal(b, bytes_text(text));
}

static void
must_write(const struct coap_message *m, const char *text)
{
	struct buf out = { 0 };

	codec_write(m, &out);
	cr_expect(bytes_equal(buf_bytes(&out), hex(text)), "wrote other bytes than %s", text);
	buf_free(&out);
}

/* RFC 7252 figure 16: a confirmable GET and its piggybacked answer, without token. */
Test(codec, rfc_7252_figure_16)
{
	struct coap_message m = must_read("40 01 7d 34 bb 74 65 6d 70 65 72 61 74 75 72 65");

	cr_expect(m.kind == COAP_CON && m.code == COAP_GET && m.id == 0x7d34 && m.token_len == 0);
	cr_expect(m.path_count == 1 && is_text(m.path[0], "temperature"));
	cr_expect(m.format == COAP_FORMAT_NONE && m.accept == COAP_FORMAT_NONE && m.observe == -1);
	cr_expect(!m.block2.present && !m.has_size2 && m.payload.len == 0);
	must_write(&m, "40 01 7d 34 bb 74 65 6d 70 65 72 61 74 75 72 65");
	m = must_read("60 45 7d 34 ff 32 32 2e 33 20 43");
	cr_expect(m.kind == COAP_ACK && m.code == 205 && m.id == 0x7d34 && is_text(m.payload, "22.3 C"));
	must_write(&m, "60 45 7d 34 ff 32 32 2e 33 20 43");
}

/* RFC 7252 figure 17: the same with a token. */
Test(codec, rfc_7252_figure_17)
{
	struct coap_message m = must_read("41 01 7d 35 20 bb 74 65 6d 70 65 72 61 74 75 72 65");

	cr_expect(m.token_len == 1 && m.token[0] == 0x20 && m.id == 0x7d35);
	must_write(&m, "41 01 7d 35 20 bb 74 65 6d 70 65 72 61 74 75 72 65");
	m = must_read("61 45 7d 35 20 ff 32 32 2e 33 20 43");
	cr_expect(m.token_len == 1 && m.token[0] == 0x20 && m.code == 205);
}

/* The empty message has each of the four kinds and nothing behind its header. */
Test(codec, empty_messages)
{
	static const char *const heads[] = { "40 00 12 34", "50 00 12 34", "60 00 12 34", "70 00 12 34" };

	for (unsigned i = 0; i < 4; i++) {
		struct coap_message m = must_read(heads[i]);
		cr_expect(m.kind == (enum coap_kind)i && m.code == 0 && m.id == 0x1234);
		must_write(&m, heads[i]);
	}
	must_refuse("41 00 12 34 aa", "empty");
	must_refuse("40 00 12 34 ff", "empty");
	must_refuse("40 00 12 34 ff 00", "empty");
	must_refuse("60 00 12 34 b1 61", "empty");
}

/* What is no header is refused by the rule that it breaks. */
Test(codec, broken_headers)
{
	must_refuse("", "length");
	must_refuse("40 01 00", "length");
	must_refuse("00 01 00 00", "version");
	must_refuse("80 01 00 00", "version");
	must_refuse("c0 01 00 00", "version");
	must_refuse("49 01 00 00 01 02 03 04 05 06 07 08 09", "token");
	must_refuse("4d 01 00 00 01", "token");
	must_refuse("4f 01 00 00 01", "token");
	must_refuse("42 01 00 00 01", "token");
	must_refuse("40 20 00 00", "code");
	must_refuse("40 7f 00 00", "code");
	must_refuse("40 c1 00 00", "code");
	must_refuse("40 e1 00 00", "code");
}

/* A refused message still tells kind, code, id and token, so that its sender can be told. */
Test(codec, header_of_refused)
{
	struct coap_message m;

	cr_assert_eq(codec_read(hex("42 02 ab cd 01 02 e1 06 00 00"), &m, &why), ERR_INPUT);
	cr_expect_str_eq(why.rule, "option");
	cr_expect(m.kind == COAP_CON && m.code == COAP_POST && m.id == 0xabcd && m.token_len == 2 && m.token[1] == 2);
}

/* Deltas and lengths of one, two and three bytes meet at 12/13 and 268/269. */
Test(codec, extended_deltas_and_lengths)
{
	struct coap_message m;

	/* 14 (Max-Age) by delta 13 + 1, value 60; ignored. */
	m = must_read("40 01 00 01 d1 01 3c");
	cr_expect_eq(m.path_count, 0);
	/* 268 by 13 + 255 and 269 by 14 + 0: even is ignored, odd is critical. */
	must_read("40 01 00 01 d0 ff");
	must_refuse("40 01 00 01 e0 00 00", "option");
	must_read("40 01 00 01 e0 00 01");
	/* 65535 is the last number, odd: refused as unknown, not as malformed; 65534 passes. */
	must_refuse("40 01 00 01 e0 fe f2", "option");
	must_read("40 01 00 01 e0 fe f1");
	/* 65536 and more: RFC 7252 section 3.1 has no such number; it must not wrap round to a small one. */
	must_refuse("40 01 00 01 e0 fe f3", "malformed");
	must_refuse("40 01 00 01 e1 fe fe 61", "malformed");
	must_refuse("40 01 00 01 e0 ff ff", "malformed");
	must_refuse("40 01 00 01 e0 fe f1 20", "malformed");
	/* Lengths of 13 and 269. */
	m = must_read("40 01 00 01 bd 00 61 61 61 61 61 61 61 61 61 61 61 61 61");
	cr_expect_eq(m.path[0].len, 13);
	/* 15 is reserved for both. */
	must_refuse("40 01 00 01 bf 61", "malformed");
	must_refuse("40 01 00 01 f1 61", "malformed");
	must_refuse("40 01 00 01 f0", "malformed");
}

/* Options cut short at each of their bytes. */
Test(codec, cut_options)
{
	must_refuse("40 01 00 01 b1", "malformed");
	must_refuse("40 01 00 01 b3 61 62", "malformed");
	must_refuse("40 01 00 01 d1", "malformed");
	must_refuse("40 01 00 01 e1 00", "malformed");
	must_refuse("40 01 00 01 bd", "malformed");
	must_refuse("40 01 00 01 be 00", "malformed");
	must_refuse("40 01 00 01 be 00 00 61", "malformed");
}

/* A payload marker must be followed by a payload; 0xff inside a value or a payload is no marker. */
Test(codec, payload_marker)
{
	struct coap_message m;

	must_refuse("40 02 00 01 ff", "malformed");
	must_refuse("40 02 00 01 b1 61 ff", "malformed");
	m = must_read("40 02 00 01 b1 ff ff ff");
	cr_expect(m.path[0].len == 1 && m.path[0].p[0] == 0xff && m.payload.len == 1 && m.payload.p[0] == 0xff);
}

/* Critical options that we do not have refuse the message; elective ones are passed over. */
Test(codec, unknown_options)
{
	must_refuse("40 01 00 01 11 61", "option");                      /* If-Match */
	must_refuse("40 01 00 01 50", "option");                         /* If-None-Match */
	must_refuse("40 01 00 01 90", "option");                         /* OSCORE */
	must_refuse("40 01 00 01 d1 0e 06", "option");                   /* Block1, 27 */
	must_refuse("40 01 00 01 d1 06 00", "option");                   /* Q-Block1, 19 */
	must_refuse("40 01 00 01 d3 16 61 3a 62", "option");             /* Proxy-Uri, 35 */
	must_refuse("40 01 00 01 d1 1a 61", "option");                   /* Proxy-Scheme, 39 */
	must_refuse("40 01 00 01 d1 03 05", "option");                   /* Hop-Limit, 16: elective, but of proxies */
	must_read("40 01 00 01 d1 2f 01");                               /* Size1, 60 */
	must_read("40 01 00 01 d1 ef 01");                               /* Echo, 252 */
	must_read("40 01 00 01 31 61 42 16 34");                         /* Uri-Host, Uri-Port: any */
	must_read("60 45 00 01 81 61");                                  /* Location-Path */
}

/* A known option of a wrong length, or once too often, counts as unknown (RFC 7252 section 5.4.3, 5.4.5). */
Test(codec, wrong_lengths_and_repeats)
{
	struct coap_message m;

	must_refuse("40 01 00 01 d3 04 01 02 03", "option");             /* Accept of 3 bytes */
	must_refuse("40 01 00 01 d1 04 3c 01 3c", "option");             /* Accept twice */
	must_refuse("40 01 00 01 d4 0a 00 00 00 06", "option");          /* Block2 of 4 bytes */
	must_refuse("40 01 00 01 d1 0a 06 01 06", "option");             /* Block2 twice */
	must_refuse("40 01 00 01 d1 0a 07", "block");                    /* Block2 with exponent 7 */
	must_refuse("40 01 00 01 d1 12 07", "block");                    /* Q-Block2 with exponent 7 */
	must_refuse("40 01 00 01 d4 12 00 00 00 06", "option");          /* Q-Block2 of 4 bytes */
	m = must_read("40 01 00 01 c3 01 02 03");                        /* Content-Format of 3 bytes */
	cr_expect_eq(m.format, COAP_FORMAT_NONE);
	m = must_read("60 45 00 01 40");                                 /* ETag of 0 bytes */
	cr_expect_eq(m.etag.len, 0);
	m = must_read("60 45 00 01 c1 3c 01 28");                        /* Content-Format twice: the first */
	cr_expect_eq(m.format, 60);
	m = must_read("60 45 00 01 61 05 01 06");                        /* Observe twice */
	cr_expect_eq(m.observe, 5);
}

/* A request names up to ten blocks by Q-Block2, a response one; an eleventh, and a second, refuse the message. */
Test(codec, q_block2_repeats)
{
	struct coap_message m = must_read("40 05 00 01 d1 12 3e 01 46 02 01 46");

	cr_expect_eq(m.qblock2_count, 3);
	cr_expect(m.qblock2[0].number == 3 && m.qblock2[0].more && m.qblock2[0].szx == 6);
	cr_expect(m.qblock2[1].number == 4 && !m.qblock2[1].more && m.qblock2[2].number == 20);
	must_write(&m, "40 05 00 01 d1 12 3e 01 46 02 01 46");
	m = must_read("40 01 00 01 d1 12 06 01 16 01 26 01 36 01 46 01 56 01 66 01 76 01 86 01 96");
	cr_expect_eq(m.qblock2_count, 10);
	must_refuse("40 01 00 01 d1 12 06 01 16 01 26 01 36 01 46 01 56 01 66 01 76 01 86 01 96 01 a6", "option");
	m = must_read("60 45 00 01 d1 12 3e ff 61");
	cr_expect(m.qblock2_count == 1 && m.qblock2[0].number == 3 && m.qblock2[0].more);
	must_refuse("60 45 00 01 d1 12 3e 01 46 ff 61", "option");
}

/* Eight segments are read, a ninth is refused; empty ones count. */
Test(codec, segments)
{
	struct coap_message m = must_read("40 01 00 01 b0 00 00 00 00 00 00 00");

	cr_expect_eq(m.path_count, 8);
	must_refuse("40 01 00 01 b0 00 00 00 00 00 00 00 00", "option");
	m = must_read("40 01 00 01 d1 02 61 01 62");
	cr_expect(m.query_count == 2 && is_text(m.query[1], "b"));
}

/* All fields at once, and numbers in their shortest form. */
Test(codec, every_field)
{
	static const uint8_t etag[] = { 1, 2, 3, 4 };
	struct coap_message m = { .kind = COAP_NON, .code = 205, .id = 0xfffe, .token = { 9, 8, 7 }, .token_len = 3,
		.etag = { etag, 4 }, .format = COAP_FORMAT_PROBLEM, .accept = 0, .observe = 0x123456,
		.block2 = { true, 0xabcd, true, 6 }, .has_size2 = true, .size2 = 0x40000,
		.path = { bytes_text("tail"), bytes_text("770") }, .path_count = 2,
		.query = { bytes_text("n=3") }, .query_count = 1, .payload = bytes_text("x") };
	struct coap_message back;
	struct buf out = { 0 };

	codec_write(&m, &out);
	cr_assert_eq(codec_read(buf_bytes(&out), &back, &why), ERR_OK);
	cr_expect(back.observe == 0x123456 && back.format == 257 && back.accept == 0 && back.size2 == 0x40000);
	cr_expect(back.block2.number == 0xabcd && back.block2.more && back.block2.szx == 6);
	cr_expect(is_text(back.path[1], "770") && is_text(back.query[0], "n=3") && bytes_equal(back.etag, m.etag));
	cr_expect(is_text(back.payload, "x"));
	buf_free(&out);
	/* Zero is the empty value. */
	m = (struct coap_message){ .code = 205, .format = 0, .accept = -1, .observe = -1, .has_size2 = true };
	must_write(&m, "40 45 00 00 c0 d0 03");
}

/* 1,152 bytes are read, one more is not. */
Test(codec, longest_message)
{
	static uint8_t raw[LIMIT_MESSAGE + 1] = { 0x40, 0x02, 0, 1, 0xff };
	struct coap_message m;

	memset(raw + 5, 'a', sizeof(raw) - 5);
	cr_expect_eq(codec_read((struct bytes){ raw, LIMIT_MESSAGE }, &m, &why), ERR_OK);
	cr_expect_eq(m.payload.len, LIMIT_MESSAGE - 5);
	cr_expect_eq(codec_read((struct bytes){ raw, LIMIT_MESSAGE + 1 }, &m, &why), ERR_INPUT);
}

static bool
libcoap_reads(struct bytes d)
{
	coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, 2048);
	bool good = coap_pdu_parse(COAP_PROTO_DTLS, d.p, d.len, pdu) != 0;

	coap_delete_pdu(pdu);
	return good;
}

/* RFC 7252 table 4 allows it, libcoap does not. */
static bool
has_empty_query(const struct coap_message *m)
{
	for (size_t i = 0; i < m->query_count; i++)
		if (m->query[i].len == 0)
			return true;
	return false;
}

/* The one malformed thing that we see and libcoap does not: a delta beyond 65535 (RFC 7252 section 3.1). */
static bool
has_wrapping_delta(struct bytes d)
{
	for (size_t i = 0; i + 2 < d.len; i++)
		if (d.p[i] >> 4 == 14 && d.p[i + 1] >= 0xfe)
			return true;
	return false;
}

static void
mutate(uint8_t *raw, size_t *len)
{
	unsigned n = 1 + (unsigned)rand() % 4;

	while (n--)
		raw[4 + (size_t)rand() % (*len - 4)] = (uint8_t)(rand() % 4 ? rand() : (rand() % 2 ? 0xff : 0xe0 | rand() % 16));
	if (rand() % 4 == 0)
		*len -= (size_t)rand() % (*len - 4);
}

/*
 * On mutated messages, what libcoap's own parser refuses as malformed we refuse too, and what we read it reads,
 * and is given back by writing and reading again.
 */
Test(codec, agrees_with_libcoap)
{
	const char *given = getenv("KILIM_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20261122, read = 0;

	printf("seed %u\n", seed);
	srand(seed);
	coap_set_log_level((coap_log_t)0);
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t raw[64] = { 0x42, 0x01, 0, 1, 5, 5, 0x44, 1, 2, 3, 4, 0x71, 'a', 0x11, 60, 0x33, 'k', '=', 'v',
			0x21, 17, 0x61, 0x0e, 0x51, 9, 0xd1, 0x13, 2, 0xff, 'p', 'a', 'y' };
		size_t len = 32;
		struct coap_message m, back;
		struct buf out = { 0 };

		mutate(raw, &len);
		struct bytes d = { raw, len };
		if (codec_read(d, &m, &why)) {
			if (strcmp(why.rule, "malformed") != 0)
				continue;
			cr_assert(!libcoap_reads(d) || has_wrapping_delta(d), "message %u", i);
			continue;
		}
		read++;
		/* It also refuses elective options for their length; RFC 7252 section 5.4.3 has them ignored. */
		codec_write(&m, &out);
		cr_assert(libcoap_reads(buf_bytes(&out)) || has_empty_query(&m), "message %u", i);
		cr_assert_eq(codec_read(buf_bytes(&out), &back, &why), ERR_OK);
		cr_assert(back.path_count == m.path_count && back.query_count == m.query_count && back.accept == m.accept);
		cr_assert(back.format == m.format && bytes_equal(back.payload, m.payload) && back.id == m.id);
		cr_assert(back.block2.present == m.block2.present && back.block2.number == m.block2.number);
		cr_assert(back.observe == m.observe && back.size2 == m.size2 && bytes_equal(back.etag, m.etag));
		buf_free(&out);
	}
	cr_expect_gt(read, 1000u);
}
