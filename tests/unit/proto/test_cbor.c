/* What proto/cbor.h promises: the subset is accepted, everything else refused with its rule. */
#include "proto/cbor.h"

#include "tests/lib/rewrite.h"
#include "tests/lib/vectors.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SEED 0x6b696c696d
static uint64_t random_state;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

static void
seed_random(void)
{
	const char *given = getenv("SEED");

	random_state = given ? strtoull(given, NULL, 0) : SEED;
	cr_log_info("SEED=%#llx", (unsigned long long)random_state);
}

static void
open_hex(struct cbor_reader *r, struct buf *bytes, const char *hex)
{
	buf_reset(bytes);
	vectors_hex(hex, bytes);
	cbor_open(r, buf_bytes(bytes));
}

static void
good_line(const char *const *column, const char *where)
{
	struct buf in = { 0 }, again = { 0 };
	struct err e;
	char text[512];

	vectors_hex(column[0], &in);
	if (cbor_check(buf_bytes(&in), "item", &e))
		cr_expect_fail("%s: %s", where, err_text(&e, text, sizeof(text)));
	cr_expect(rewrite(buf_bytes(&in), &again), "%s: the typed reader refuses", where);
	cr_expect(bytes_equal(buf_bytes(&in), buf_bytes(&again)), "%s: written differently", where);

	/* No beginning of it is an item, and nothing may stand behind it. */
	for (size_t len = 0; len < in.len; len++)
		cr_expect_eq(cbor_check((struct bytes){ in.p, len }, "item", NULL), ERR_INPUT, "%s: cut at %zu",
		    where, len);
	buf_put_u8(&in, 0);
	cr_expect_eq(cbor_check(buf_bytes(&in), "item", NULL), ERR_INPUT, "%s: with a byte behind", where);
	buf_free(&in);
	buf_free(&again);
}

/* Every golden item is accepted, and writing what was read gives the same bytes. */
Test(cbor, good_vectors)
{
	vectors_each("cbor/good.txt", 2, good_line);
}

static void
bad_line(const char *const *column, const char *where)
{
	struct buf in = { 0 }, again = { 0 };
	struct err e = { 0 };

	vectors_hex(column[0], &in);
	cr_expect_eq(cbor_check(buf_bytes(&in), "item", &e), ERR_INPUT, "%s: accepted", where);
	cr_expect_str_eq(e.rule, column[1], "%s", where);
	cr_expect_str_eq(e.object, "item");
	cr_expect_not(rewrite(buf_bytes(&in), &again), "%s: the typed reader accepts", where);
	buf_free(&in);
	buf_free(&again);
}

/* Every bad item is refused, and the error names the rule. */
Test(cbor, bad_vectors)
{
	vectors_each("cbor/bad.txt", 3, bad_line);
}

/* Exactly what is written again as the same bytes is accepted; both readers agree. */
static void
check_law(struct bytes in)
{
	struct buf again = { 0 };
	bool accepted = cbor_check(in, "item", NULL) == ERR_OK;
	bool typed = rewrite(in, &again);

	if (accepted != typed || (accepted && !bytes_equal(in, buf_bytes(&again)))) {
		struct buf hex = { 0 };
		for (size_t i = 0; i < in.len; i++)
			buf_printf(&hex, "%02x", in.p[i]);
		cr_expect_fail("%s: accepted %d, typed %d", buf_text(&hex), accepted, typed);
		buf_free(&hex);
	}
	buf_free(&again);
}

/* The law holds for all inputs of one and two bytes and for many longer ones. */
Test(cbor, law_of_all_bytes)
{
	uint8_t b[16];

	for (unsigned i = 0; i < 0x10000; i++) {
		put_u16(b, (uint16_t)i);
		check_law((struct bytes){ b, 1 });
		check_law((struct bytes){ b, 2 });
	}
	seed_random();
	for (unsigned i = 0; i < 200000; i++) {
		size_t len = 3 + random_below(sizeof(b) - 3);
		for (size_t j = 0; j < len; j++)
			b[j] = (uint8_t)(random_below(3) ? random_below(256) : random_below(4) << 6 | random_below(4));
		check_law((struct bytes){ b, len });
	}
}

static void
put_random(struct buf *out, unsigned depth)
{
	static const char *const texts[] = { "", "a", "Đakovica", "Ѓ", "two\nlines", "\xf0\x9f\x8c\xb7" };
	uint32_t n, key = 0;

	switch (random_below(depth ? 8 : 5)) {
	case 0:
		cbor_put_uint(out, (uint64_t)random_below(1u << 30) << random_below(35));
		break;
	case 1:
		cbor_put_int(out, -(int64_t)((uint64_t)random_below(1u << 30) << random_below(33)) - 1);
		break;
	case 2:
		n = random_below(300);
		cbor_put_bytes_head(out, n);
		memset(buf_grow(out, n), (int)n, n);
		break;
	case 3:
		cbor_put_text(out, bytes_text(texts[random_below(6)]));
		break;
	case 4:
		cbor_put_bool(out, random_below(2));
		break;
	case 5:
		cbor_put_tag(out, 18);
		/* fall through */
	case 6:
		n = random_below(5);
		cbor_put_array(out, n);
		while (n--)
			put_random(out, depth - 1);
		break;
	default:
		n = random_below(5);
		cbor_put_map(out, n);
		while (n--) {
			cbor_put_uint(out, key += 1 + random_below(300));
			put_random(out, depth - 1);
		}
	}
}

/* What the writer writes is accepted, and after any change of one byte the law still holds. */
Test(cbor, written_items_and_their_mutations)
{
	struct buf b = { 0 };

	seed_random();
	for (unsigned i = 0; i < 2000; i++) {
		buf_reset(&b);
		put_random(&b, LIMIT_CBOR_DEPTH);
		cr_assert_eq(cbor_check(buf_bytes(&b), "item", NULL), ERR_OK);
		for (unsigned j = 0; j < 20; j++) {
			size_t at = random_below((uint32_t)b.len);
			uint8_t was = b.p[at];
			b.p[at] = (uint8_t)random_below(256);
			check_law(buf_bytes(&b));
			b.p[at] = was;
		}
	}
	buf_free(&b);
}

/* Arrays and maps close themselves after their last item, however deep. */
Test(cbor, levels_close_themselves)
{
	struct cbor_reader r;
	struct buf b = { 0 };

	/* { 1: [ [], { 2: -3 }, "a" ], 4: true } */
	open_hex(&r, &b, "a2018380a10222616104f5");
	cr_expect_eq(cbor_map(&r), 2);
	cr_expect_eq(cbor_key(&r), 1);
	cbor_array_of(&r, 3);
	cr_expect_eq(cbor_array(&r), 0);
	cr_expect_eq(cbor_map(&r), 1);
	cr_expect_eq(cbor_key(&r), 2);
	cr_expect_eq(cbor_int(&r), -3);
	cr_expect(bytes_equal(cbor_text(&r), bytes_text("a")));
	cr_expect_eq(cbor_key(&r), 4);
	cr_expect(cbor_bool(&r));
	cr_expect_eq(cbor_close(&r, "x", NULL), ERR_OK);
	buf_free(&b);
}

/* cbor_any takes one whole item and leaves the levels around it as if it had been read by type. */
Test(cbor, any_keeps_the_levels)
{
	struct cbor_reader r;
	struct buf b = { 0 };
	struct bytes item;

	open_hex(&r, &b, "82a201810203a08305d28006");
	cbor_array_of(&r, 2);
	item = cbor_any(&r);
	cr_expect_eq(item.p, b.p + 1);
	cr_expect_eq(item.len, 6);
	cbor_array_of(&r, 3);
	cr_expect_eq(cbor_uint(&r), 5);
	item = cbor_any(&r);
	cr_expect_eq(item.len, 2, "the tag belongs to the item");
	item = cbor_any(&r);
	cr_expect_eq(item.len, 1);
	cr_expect_eq(cbor_close(&r, "x", NULL), ERR_OK);

	open_hex(&r, &b, "82a1000018");
	cbor_array_of(&r, 2);
	cbor_any(&r);
	item = cbor_any(&r);
	cr_expect(item.p == NULL && item.len == 0);
	cr_expect_str_eq(r.fault, "end of input");
	cr_expect_eq(r.fault_at, 4);
	buf_free(&b);
}

/* Each typed read refuses another type and answers zero and empty. */
Test(cbor, wrong_types)
{
	static const char *const items[] = { "01", "20", "4101", "6161", "80", "a0", "d280", "f5" };
	struct cbor_reader r;
	struct buf b = { 0 };
	uint8_t fixed;

	for (enum cbor_type is = CBOR_UINT; is <= CBOR_BOOL; is++)
		for (enum cbor_type asked = CBOR_UINT; asked <= CBOR_BOOL; asked++) {
			open_hex(&r, &b, items[is]);
			cr_expect_eq(cbor_peek(&r), is);
			fixed = 9;
			switch (asked) {
			case CBOR_UINT: cr_expect_eq(cbor_uint(&r), is == asked); break;
			case CBOR_NEGATIVE: cr_expect_eq(cbor_int(&r), is == asked ? -1 : is == CBOR_UINT); break;
			case CBOR_BYTES: cbor_fixed(&r, &fixed, 1); cr_expect_eq(fixed, is == asked); break;
			case CBOR_TEXT: cr_expect_eq(cbor_text(&r).len, is == asked); break;
			case CBOR_ARRAY: cr_expect_eq(cbor_array(&r), 0); break;
			case CBOR_MAP: cr_expect_eq(cbor_map(&r), 0); break;
			case CBOR_TAG: cbor_tag(&r, 18); cbor_array(&r); break;
			default: cr_expect_eq(cbor_bool(&r), is == asked); break;
			}
			cr_expect_eq(r.fault == NULL, is == asked || (asked == CBOR_NEGATIVE && is == CBOR_UINT),
			    "%s read as %d", items[is], asked);
		}
	buf_free(&b);
}

/* After the first fault everything is zero and empty, and that fault is the one that is told. */
Test(cbor, first_fault_is_kept)
{
	struct cbor_reader r;
	struct buf b = { 0 };
	struct err e;
	uint8_t fixed[4] = { 1, 2, 3, 4 };

	open_hex(&r, &b, "8401f6a10102");
	cbor_array_of(&r, 4);
	cr_expect_eq(cbor_uint(&r), 1);
	cr_expect_eq(cbor_uint(&r), 0);
	cr_expect_str_eq(r.fault, "type");
	cbor_fail(&r, "mine");
	cr_expect_eq(cbor_peek(&r), CBOR_END);
	cr_expect_eq(cbor_uint(&r), 0);
	cr_expect_eq(cbor_int(&r), 0);
	cr_expect_eq(cbor_key(&r), 0);
	cr_expect_eq(cbor_map(&r), 0);
	cr_expect_eq(cbor_array(&r), 0);
	cr_expect_not(cbor_bool(&r));
	cr_expect(cbor_bytes(&r).p == NULL);
	cr_expect(cbor_any(&r).p == NULL);
	cbor_fixed(&r, fixed, sizeof(fixed));
	cr_expect_eq(get_u32(fixed), 0);
	cbor_array_of(&r, 7);
	cbor_tag(&r, 18);
	cr_expect_eq(cbor_close(&r, "thing", &e), ERR_INPUT);
	cr_expect_str_eq(e.object, "thing");
	cr_expect_str_eq(e.rule, "type");
	cr_expect_str_eq(e.reason, "at byte 2");
	buf_free(&b);
}

/* The caller's own rule becomes the fault. */
Test(cbor, own_rules)
{
	struct cbor_reader r;
	struct buf b = { 0 };
	struct err e;

	open_hex(&r, &b, "05");
	if (cbor_uint(&r) > 4)
		cbor_fail(&r, "at most 4");
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_INPUT);
	cr_expect_str_eq(e.rule, "at most 4");
	buf_free(&b);
}

/* Lengths and counts that the caller expects are faults when they differ. */
Test(cbor, expected_lengths)
{
	struct cbor_reader r;
	struct buf b = { 0 };
	uint8_t out[2] = { 7, 7 };

	open_hex(&r, &b, "43010203");
	cbor_fixed(&r, out, 2);
	cr_expect_str_eq(r.fault, "length");
	cr_expect_eq(get_u16(out), 0);
	open_hex(&r, &b, "40");
	cbor_fixed(&r, NULL, 0);
	cr_expect_eq(cbor_close(&r, "x", NULL), ERR_OK, "an empty string has a length too");
	open_hex(&r, &b, "820102");
	cbor_array_of(&r, 3);
	cr_expect_str_eq(r.fault, "item count");
	open_hex(&r, &b, "820102");
	cr_expect_eq(cbor_key(&r), 0);
	cr_expect_str_eq(r.fault, "map key", "no map is open");
	open_hex(&r, &b, "a10102");
	cbor_map(&r);
	cbor_key(&r);
	cbor_key(&r);
	cr_expect_str_eq(r.fault, "map key", "a value comes next");
	buf_free(&b);
}

/* A count is never larger than what can follow: the caller may reserve room for it. */
Test(cbor, counts_are_possible)
{
	static const struct { const char *hex; size_t array, map; } rows[] = {
		{ "820000", 2, 0 }, { "830000", 0, 0 }, { "9bffffffffffffffff00", 0, 0 },
		{ "a10000", 0, 1 }, { "a200000000", 0, 2 }, { "a2000000", 0, 0 }, { "bb800000000000000000", 0, 0 },
	};
	struct cbor_reader r;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_hex(&r, &b, rows[i].hex);
		cr_expect_eq(cbor_array(&r), rows[i].array, "%s", rows[i].hex);
		open_hex(&r, &b, rows[i].hex);
		cr_expect_eq(cbor_map(&r), rows[i].map, "%s", rows[i].hex);
		if (rows[i].array + rows[i].map == 0)
			cr_expect_eq(r.fault_at, 0, "%s", rows[i].hex);
	}
	buf_free(&b);
}

/* Integers beyond int64_t are only readable unsigned. */
Test(cbor, integer_ranges)
{
	struct cbor_reader r;
	struct buf b = { 0 };

	open_hex(&r, &b, "1b7fffffffffffffff");
	cr_expect_eq(cbor_int(&r), INT64_MAX);
	open_hex(&r, &b, "3b7fffffffffffffff");
	cr_expect_eq(cbor_int(&r), INT64_MIN);
	open_hex(&r, &b, "1b8000000000000000");
	cr_expect_eq(cbor_int(&r), 0);
	cr_expect_str_eq(r.fault, "integer range");
	open_hex(&r, &b, "1b8000000000000000");
	cr_expect_eq(cbor_uint(&r), 1ull << 63);
	buf_reset(&b);
	cbor_put_int(&b, INT64_MIN);
	cbor_put_int(&b, INT64_MAX);
	cbor_open(&r, buf_bytes(&b));
	cr_expect_eq(cbor_int(&r), INT64_MIN);
	cr_expect_eq(cbor_int(&r), INT64_MAX);
	cr_expect_eq(cbor_close(&r, "x", NULL), ERR_OK);
	buf_free(&b);
}

/* Closing early is a fault: inside a level, before the end, or behind a tag. */
Test(cbor, closing_early)
{
	struct cbor_reader r;
	struct buf b = { 0 };
	struct err e;

	open_hex(&r, &b, "820102");
	cbor_array(&r);
	cbor_uint(&r);
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_INPUT);
	cr_expect_str_eq(e.rule, "nothing may follow");
	cr_expect_str_eq(e.reason, "at byte 2");
	open_hex(&r, &b, "d280");
	cbor_tag(&r, 18);
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_INPUT);
	open_hex(&r, &b, "d2");
	cbor_tag(&r, 18);
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_INPUT, "a tag belongs to an item");
	cr_expect_str_eq(e.rule, "end of input");
	open_hex(&r, &b, "83410000");
	cr_expect_eq(cbor_array(&r), 3);
	cbor_any(&r);
	cbor_any(&r);
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_INPUT, "the third item is missing");
	cr_expect_str_eq(e.rule, "end of input");
	open_hex(&r, &b, "");
	cr_expect_eq(cbor_close(&r, "x", &e), ERR_OK, "nothing was asked, nothing is there");
	cr_expect_eq(cbor_peek(&r), CBOR_END);
	buf_free(&b);
}

/* Items outside of the subset have no type; what they are is told when they are read. */
Test(cbor, peek)
{
	static const char *const none[] = { "f6", "f90000", "e0", "ff", "f814" };
	struct cbor_reader r;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		open_hex(&r, &b, none[i]);
		cr_expect_eq(cbor_peek(&r), CBOR_END, "%s", none[i]);
		cr_expect_eq(cbor_close(&r, "x", NULL), ERR_INPUT);
	}
	open_hex(&r, &b, "f4");
	cr_expect_eq(cbor_peek(&r), CBOR_BOOL);
	buf_free(&b);
}

/* Text that is not valid is a fault of ours when written. */
Test(cbor, writer_refuses_bad_text, .signal = SIGABRT)
{
	struct buf b = { 0 };

	cbor_put_text(&b, bytes_text("\xc3"));
}

/* The writer knows one tag. */
Test(cbor, writer_refuses_other_tags, .signal = SIGABRT)
{
	struct buf b = { 0 };

	cbor_put_tag(&b, 24);
}
