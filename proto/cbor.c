#include "proto/cbor.h"

#include <assert.h>
#include <string.h>

#include "proto/utf8.h"

/* RFC 8949 section 3: the three high bits of an item's first byte. */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
#define FALSE_BYTE 0xf4
#define TRUE_BYTE 0xf5
#define ONLY_TAG 18

/* --- writing --- */

static void
put_head(struct buf *out, enum major major, uint64_t v)
{
	uint8_t *p, high = (uint8_t)(major << 5);

	if (v < 24) {
		buf_put_u8(out, (uint8_t)(high | v));
	} else if (v <= UINT8_MAX) {
		p = buf_grow(out, 2);
		p[0] = high | 24;
		p[1] = (uint8_t)v;
	} else if (v <= UINT16_MAX) {
		p = buf_grow(out, 3);
		p[0] = high | 25;
		put_u16(p + 1, (uint16_t)v);
	} else if (v <= UINT32_MAX) {
		p = buf_grow(out, 5);
		p[0] = high | 26;
		put_u32(p + 1, (uint32_t)v);
	} else {
		p = buf_grow(out, 9);
		p[0] = high | 27;
		put_u64(p + 1, v);
	}
}

void
cbor_put_uint(struct buf *out, uint64_t v)
{
	put_head(out, UNSIGNED, v);
}

void
cbor_put_int(struct buf *out, int64_t v)
{
	if (v >= 0)
		put_head(out, UNSIGNED, (uint64_t)v);
	else
		put_head(out, NEGATIVE, ~(uint64_t)v); /* -1 - v */
}

void
cbor_put_bytes(struct buf *out, struct bytes v)
{
	put_head(out, BYTES, v.len);
	buf_put_bytes(out, v);
}

void
cbor_put_bytes_head(struct buf *out, size_t len)
{
	put_head(out, BYTES, len);
}

void
cbor_put_text(struct buf *out, struct bytes v)
{
	assert(utf8_valid(v));
	put_head(out, TEXT, v.len);
	buf_put_bytes(out, v);
}

void
cbor_put_array(struct buf *out, uint64_t count)
{
	put_head(out, ARRAY, count);
}

void
cbor_put_map(struct buf *out, uint64_t count)
{
	put_head(out, MAP, count);
}

void
cbor_put_bool(struct buf *out, bool v)
{
	buf_put_u8(out, v ? TRUE_BYTE : FALSE_BYTE);
}

void
cbor_put_tag(struct buf *out, uint64_t tag)
{
	assert(tag == ONLY_TAG);
	put_head(out, TAG, tag);
}

/* --- reading --- */

void
cbor_open(struct cbor_reader *r, struct bytes in)
{
	/* The levels are set when they are entered; clearing them here would cost more than most reads. */
	r->start = r->p = in.p;
	r->end = in.len ? in.p + in.len : in.p;
	r->fault = NULL;
	r->fault_at = 0;
	r->depth = 0;
	r->tagged = false;
	r->known = false;
}

void
cbor_open_known(struct cbor_reader *r, struct bytes in)
{
	cbor_open(r, in);
	r->known = true;
}

static void
fault_here(struct cbor_reader *r, const uint8_t *at, const char *rule)
{
	if (r->fault)
		return;
	r->fault = rule;
	r->fault_at = r->start ? (size_t)(at - r->start) : 0;
}

void
cbor_fail(struct cbor_reader *r, const char *rule)
{
	fault_here(r, r->p, rule);
}

enum cbor_type
cbor_peek(const struct cbor_reader *r)
{
	static const enum cbor_type types[] = { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY,
		CBOR_MAP, CBOR_TAG };

	if (r->fault || r->p == r->end)
		return CBOR_END;
	if (*r->p >> 5 < SIMPLE)
		return types[*r->p >> 5];
	return *r->p == FALSE_BYTE || *r->p == TRUE_BYTE ? CBOR_BOOL : CBOR_END;
}

struct head {
	const uint8_t *at;
	enum major major;
	uint64_t v;
};

/* RFC 8949 section 4.2.1: the shortest head; section 3: 28 to 30 are reserved, 31 is indefinite. */
static const char *
long_argument(struct cbor_reader *r, unsigned info, uint64_t *out)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	size_t len;

	if (info == 31)
		return "definite length";
	if (info > 27)
		return "reserved";
	len = (size_t)1 << (info - 24);
	if ((size_t)(r->end - r->p) < len)
		return "end of input";
	*out = len == 1 ? r->p[0] : len == 2 ? get_u16(r->p) : len == 4 ? get_u32(r->p) : get_u64(r->p);
	r->p += len;
	return *out < least[info - 24] ? "shortest form" : NULL;
}

/* Where a key must stand, only a key may be read, and it must be greater than the one before. */
static const char *
check_key(struct cbor_reader *r, const struct head *h)
{
	unsigned i = r->depth - 1;

	if (r->depth == 0 || !r->level[i].is_map || r->level[i].left % 2)
		return NULL;
	if (h->major != UNSIGNED)
		return "map key";
	if (r->level[i].any_key && h->v <= r->level[i].last_key)
		return h->v == r->level[i].last_key ? "duplicate key" : "key order";
	r->level[i].any_key = true;
	r->level[i].last_key = h->v;
	return NULL;
}

/* The rules of the subset that a head alone can break. */
static const char *
check_head(struct cbor_reader *r, const struct head *h)
{
	size_t rest = (size_t)(r->end - r->p);

	if (r->tagged && h->major != ARRAY)
		return "tag";
	switch (h->major) {
	case NEGATIVE:
		return h->v > INT64_MAX ? "integer range" : NULL;
	case BYTES:
	case TEXT:
		return h->v > rest ? "end of input" : NULL;
	case ARRAY:
	case MAP:
		if (r->depth == LIMIT_CBOR_DEPTH)
			return "depth";
		/* Every item has a byte at least: a count is never larger than what can follow. */
		return h->v > (h->major == MAP ? rest / 2 : rest) ? "end of input" : NULL;
	case TAG:
		return h->v != ONLY_TAG ? "tag" : NULL;
	default:
		return NULL;
	}
}

/* Read an item's head and apply every rule; false after a fault. Content and accounting are the caller's. */
static bool
take_head(struct cbor_reader *r, struct head *out)
{
	const char *rule = NULL;
	unsigned info;

	if (r->fault)
		return false;
	out->at = r->p;
	if (r->p == r->end) {
		fault_here(r, r->p, "end of input");
		return false;
	}
	info = *r->p & 31;
	out->major = *r->p++ >> 5;
	out->v = info;
	if (out->major == SIMPLE) {
		if (info != (FALSE_BYTE & 31) && info != (TRUE_BYTE & 31))
			rule = "type";
	} else if (info >= 24) {
		rule = long_argument(r, info, &out->v);
	}
	if (rule == NULL)
		rule = check_head(r, out);
	if (rule == NULL)
		rule = check_key(r, out);
	if (rule)
		fault_here(r, out->at, rule);
	return rule == NULL;
}

/* An item is complete: so are the arrays and maps whose last item it was. */
static void
complete(struct cbor_reader *r)
{
	while (r->depth && --r->level[r->depth - 1].left == 0)
		r->depth--;
}

/* What follows a head: the content of a string, or one level more. */
static bool
take_content(struct cbor_reader *r, const struct head *h, struct bytes *out)
{
	uint64_t items = h->v;

	switch (h->major) {
	case TEXT:
	case BYTES:
		*out = (struct bytes){ r->p, (size_t)h->v };
		if (h->major == TEXT && !r->known && !utf8_valid(*out)) {
			fault_here(r, h->at, "utf-8");
			return false;
		}
		r->p += h->v;
		break;
	case MAP:
		items *= 2;
		/* fall through */
	case ARRAY:
		r->tagged = false;
		if (items == 0)
			break;
		r->level[r->depth].left = items;
		r->level[r->depth].is_map = h->major == MAP;
		r->level[r->depth].any_key = false;
		r->depth++;
		return true;
	case TAG:
		r->tagged = true;
		return true;
	default:
		break;
	}
	complete(r);
	return true;
}

/* One item whose type must be MAJOR; false, with OUT zero, after a fault. */
static bool
take(struct cbor_reader *r, enum major major, struct head *out, struct bytes *out_content)
{
	if (take_head(r, out)) {
		if (out->major != major)
			fault_here(r, out->at, "type");
		else if (take_content(r, out, out_content))
			return true;
	}
	*out = (struct head){ 0 };
	*out_content = (struct bytes){ 0 };
	return false;
}

static uint64_t
take_value(struct cbor_reader *r, enum major major)
{
	struct head h;
	struct bytes none;

	take(r, major, &h, &none);
	return h.v;
}

uint64_t
cbor_uint(struct cbor_reader *r)
{
	return take_value(r, UNSIGNED);
}

int64_t
cbor_int(struct cbor_reader *r)
{
	const uint8_t *at = r->p;
	uint64_t v;

	if (cbor_peek(r) == CBOR_NEGATIVE) {
		v = take_value(r, NEGATIVE);
		return r->fault ? 0 : -1 - (int64_t)v;
	}
	v = take_value(r, UNSIGNED);
	if (v <= INT64_MAX)
		return (int64_t)v;
	fault_here(r, at, "integer range");
	return 0;
}

struct bytes
cbor_bytes(struct cbor_reader *r)
{
	struct head h;
	struct bytes out;

	take(r, BYTES, &h, &out);
	return out;
}

void
cbor_fixed(struct cbor_reader *r, void *out, size_t len)
{
	const uint8_t *at = r->p;
	struct bytes got = cbor_bytes(r);

	if (!r->fault && got.len != len)
		fault_here(r, at, "length");
	if (r->fault)
		memset(out, 0, len);
	else if (len)
		memcpy(out, got.p, len);
}

struct bytes
cbor_text(struct cbor_reader *r)
{
	struct head h;
	struct bytes out;

	take(r, TEXT, &h, &out);
	return out;
}

bool
cbor_bool(struct cbor_reader *r)
{
	return take_value(r, SIMPLE) == (TRUE_BYTE & 31);
}

size_t
cbor_array(struct cbor_reader *r)
{
	return (size_t)take_value(r, ARRAY);
}

size_t
cbor_map(struct cbor_reader *r)
{
	return (size_t)take_value(r, MAP);
}

void
cbor_array_of(struct cbor_reader *r, size_t count)
{
	const uint8_t *at = r->p;

	if (cbor_array(r) != count)
		fault_here(r, at, "item count");
}

uint64_t
cbor_key(struct cbor_reader *r)
{
	unsigned i = r->depth - 1;

	if (r->depth == 0 || !r->level[i].is_map || r->level[i].left % 2) {
		fault_here(r, r->p, "map key");
		return 0;
	}
	return take_value(r, UNSIGNED);
}

void
cbor_tag(struct cbor_reader *r, uint64_t expected)
{
	const uint8_t *at = r->p;

	if (take_value(r, TAG) != expected)
		fault_here(r, at, "tag");
}

struct bytes
cbor_any(struct cbor_reader *r)
{
	const uint8_t *start = r->p;
	unsigned depth = r->depth;
	struct head h;
	struct bytes none;

	/* The reader's own levels are the stack: no recursion, whatever the bytes say. */
	do {
		if (!take_head(r, &h) || !take_content(r, &h, &none))
			return (struct bytes){ 0 };
	} while (r->depth > depth || r->tagged);
	return (struct bytes){ start, (size_t)(r->p - start) };
}

enum err_code
cbor_close(struct cbor_reader *r, const char *object, struct err *e)
{
	struct head h;

	if (r->fault == NULL && (r->depth || r->tagged || r->p != r->end)) {
		/* Something is left or lacking: a broken item tells more than that it was not expected. */
		const uint8_t *at = r->p;
		if (take_head(r, &h))
			fault_here(r, at, "nothing may follow");
	}
	if (r->fault == NULL)
		return ERR_OK;
	return err_set(e, ERR_INPUT, object, r->fault, "at byte %zu", r->fault_at);
}

enum err_code
cbor_check(struct bytes in, const char *object, struct err *e)
{
	struct cbor_reader r;

	cbor_open(&r, in);
	cbor_any(&r);
	return cbor_close(&r, object, e);
}
