#include "proto/kind.h"

#include <string.h>

#include "proto/cbor.h"

struct bytes
body_get(struct bytes body, uint64_t number)
{
	struct cbor_reader r;

	cbor_open(&r, body);
	if (cbor_peek(&r) != CBOR_MAP)
		return (struct bytes){ NULL, 0 };
	for (size_t n = cbor_map(&r); n > 0 && !r.fault; n--) {
		uint64_t key = cbor_key(&r);
		struct bytes item = cbor_any(&r);

		if (r.fault || key > number)
			break;
		if (key == number)
			return item;
	}
	return (struct bytes){ NULL, 0 };
}

/* Does the text under TAG serve a reader of PREFER: the same tag, or the same language in front of "-"? */
static bool
serves(struct bytes tag, const char *prefer)
{
	size_t len = strlen(prefer);

	return tag.len >= len && memcmp(tag.p, prefer, len) == 0 && (tag.len == len || tag.p[len] == '-');
}

struct bytes
body_text(struct bytes body, uint64_t number, const char *prefer)
{
	struct bytes item = body_get(body, number), first = { NULL, 0 };
	struct cbor_reader r;

	cbor_open(&r, item);
	if (cbor_peek(&r) == CBOR_TEXT)
		return cbor_text(&r);
	if (cbor_peek(&r) != CBOR_ARRAY)
		return first;
	for (size_t i = 0, n = cbor_array(&r); i < n && cbor_peek(&r) == CBOR_ARRAY; i++) {
		struct bytes tag, text;

		cbor_array_of(&r, 3);
		tag = cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			break;
		if (prefer && serves(tag, prefer))
			return text;
		if (i == 0)
			first = text;
	}
	return first;
}

bool
body_text_at(struct bytes body, uint64_t number, size_t at, struct bytes *out)
{
	struct bytes item = body_get(body, number), text;
	struct cbor_reader r;
	size_t n;

	cbor_open(&r, item);
	if (item.len == 0 || cbor_peek(&r) != CBOR_ARRAY)
		return at == 0 && (*out = body_text(body, number, NULL)).len > 0;
	n = cbor_array(&r);
	for (size_t i = 0; i < n && i <= at && cbor_peek(&r) == CBOR_ARRAY; i++) {
		cbor_array_of(&r, 3);
		cbor_text(&r);
		text = cbor_text(&r);
		cbor_any(&r);
		if (r.fault)
			break;
		if (i == at) {
			*out = text;
			return true;
		}
	}
	return false;
}

bool
body_uint(struct bytes body, uint64_t number, uint64_t *out)
{
	struct bytes item = body_get(body, number);
	struct cbor_reader r;
	uint64_t v;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	v = cbor_uint(&r);
	if (r.fault)
		return false;
	*out = v;
	return true;
}

bool
body_id(struct bytes body, uint64_t number, struct id *out)
{
	struct bytes item = body_get(body, number), v;
	struct cbor_reader r;

	if (item.len == 0)
		return false;
	cbor_open(&r, item);
	v = cbor_bytes(&r);
	if (r.fault || v.len != ID_LEN)
		return false;
	memcpy(out->b, v.p, ID_LEN);
	return true;
}
