#include "proto/id.h"

#include <assert.h>
#include <string.h>

static const struct row {
	const char *prefix, *what;
} rows[ID_TYPES] = {
	[ID_ORGANISATION] = { "org", "an organisation" },
	[ID_NODE] = { "node", "a node" },
	[ID_NETWORK] = { "net", "a network" },
	[ID_RECORD] = { "rec", "a record" },
	[ID_BLOB] = { "blob", "a file" },
};

const char *
id_prefix(enum id_type type)
{
	assert(type < ID_TYPES);
	return rows[type].prefix;
}

const char *
id_format(enum id_type type, const struct id *id, char out[ID_TEXT])
{
	struct buf text = { 0 };

	bech32m_encode(id_prefix(type), BYTES_OF(*id), &text);
	assert(text.len < ID_TEXT);
	memcpy(out, text.p, text.len);
	out[text.len] = 0;
	buf_free(&text);
	return out;
}

/* What another prefix stands for, so that the error says what was given instead. */
static const char *
what_of(const char *prefix)
{
	for (unsigned i = 0; i < ID_TYPES; i++)
		if (strcmp(rows[i].prefix, prefix) == 0)
			return rows[i].what;
	return "something else";
}

enum err_code
id_parse(enum id_type type, const char *text, const char *object, struct id *out, struct err *e)
{
	const char *want = id_prefix(type);
	char prefix[BECH32M_PREFIX];
	struct buf data = { 0 };
	enum err_code rc;

	if ((rc = bech32m_decode(text, object, prefix, &data, e)) != ERR_OK)
		goto out;
	if (strcmp(prefix, want) != 0)
		rc = err_set(e, ERR_INPUT, object, "prefix", "names %s (%s1...); %s (%s1...) is needed",
		    what_of(prefix), prefix, rows[type].what, want);
	else if (data.len != ID_LEN)
		rc = err_set(e, ERR_INPUT, object, "length", "holds %zu bytes instead of %d", data.len, ID_LEN);
	else
		memcpy(out->b, data.p, ID_LEN);
out:
	buf_free(&data);
	return rc;
}

bool
id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_LEN) == 0;
}

int
id_compare(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_LEN);
}

bool
id_is_zero(const struct id *a)
{
	static const struct id zero;

	return id_equal(a, &zero);
}

/* Where the four dashes stand in the text of a UUID. */
static bool
is_dash(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

const char *
uuid_format(const struct uuid *u, char out[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < UUID_LEN; i++) {
		if (is_dash(at))
			out[at++] = '-';
		out[at++] = digits[u->b[i] >> 4];
		out[at++] = digits[u->b[i] & 15];
	}
	out[at] = 0;
	return out;
}

enum err_code
uuid_parse(const char *text, const char *object, struct uuid *out, struct err *e)
{
	struct uuid u = { { 0 } };
	size_t digit = 0;

	if (strnlen(text, UUID_TEXT) != UUID_TEXT - 1)
		return err_set(e, ERR_INPUT, object, "length", "a UUID has %d characters", UUID_TEXT - 1);
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		int v = is_dash(i) ? (text[i] == '-' ? 0 : -1) : hex_value(text[i]);
		if (v < 0)
			return err_set(e, ERR_INPUT, object, "character",
			    "character %zu of a UUID must be %s", i + 1, is_dash(i) ? "a dash" : "0-9 or a-f");
		if (is_dash(i))
			continue;
		u.b[digit / 2] = (uint8_t)(u.b[digit / 2] << 4 | v);
		digit++;
	}
	*out = u;
	return ERR_OK;
}

void
uuid_from_random(const uint8_t random[UUID_LEN], struct uuid *out)
{
	memcpy(out->b, random, UUID_LEN);
	out->b[6] = (uint8_t)((out->b[6] & 0x0f) | 0x40); /* RFC 9562 section 5.4: version 4, variant 10 */
	out->b[8] = (uint8_t)((out->b[8] & 0x3f) | 0x80);
}

bool
uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, UUID_LEN) == 0;
}

bool
reference_equal(const struct reference *a, const struct reference *b)
{
	return id_equal(&a->author, &b->author) && uuid_equal(&a->name, &b->name);
}

int
reference_compare(const struct reference *a, const struct reference *b)
{
	int d = id_compare(&a->author, &b->author);

	return d ? d : memcmp(a->name.b, b->name.b, UUID_LEN);
}
