#include "proto/bounded.h"

struct bytes
bounded_text(struct cbor_reader *r, size_t most)
{
	struct bytes text = cbor_text(r);

	if (text.len > most)
		cbor_fail(r, "length");
	return text.len > most ? (struct bytes){ NULL, 0 } : text;
}

uint64_t
bounded_uint(struct cbor_reader *r, uint64_t most)
{
	uint64_t v = cbor_uint(r);

	if (v > most)
		cbor_fail(r, "range");
	return v > most ? 0 : v;
}

size_t
bounded_array(struct cbor_reader *r, size_t most)
{
	size_t n = cbor_array(r);

	if (n > most)
		cbor_fail(r, "count");
	return r->fault ? 0 : n;
}

size_t
bounded_texts(struct cbor_reader *r, struct bytes *out, size_t most, size_t length)
{
	size_t n = bounded_array(r, most);

	for (size_t i = 0; i < n && !r->fault; i++)
		out[i] = bounded_text(r, length);
	return n;
}

void
bounded_put_texts(struct buf *out, const struct bytes *texts, size_t count)
{
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_text(out, texts[i]);
}
