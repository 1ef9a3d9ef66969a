#include "node/coap/codec.h"

#include <assert.h>
#include <string.h>

#include <coap3/coap.h>

/*
 * Of libcoap only the option level is used (coap_opt_parse, coap_opt_encode): it works in place, without a
 * session, a copy or an allocation. coap_pdu_parse would copy every datagram, write a warning for each
 * foreign mistake, and judge lengths without telling which option was wrong, which RFC 7252 section 5.4
 * needs. The header and the token are so small that they are read here.
 */

#define VERSION 1
#define HEADER 4
#define PAYLOAD_MARKER 0xff
#define Q_BLOCK2 31                  /* RFC 9177; younger than our libcoap */

/* What an option's value must look like; one row each, ascending. A number without a row is unknown to us. */
enum shape { IGNORED, ETAG, OBSERVE, PATH, FORMAT, QUERY, ACCEPT, BLOCK2, SIZE2, QBLOCK2, REFUSED };
static const struct row {
	uint16_t number;
	enum shape shape;
	uint16_t min, max;
} options[] = {
	{ COAP_OPTION_URI_HOST, IGNORED, 1, 255 },       /* critical; a node is one host, whatever its name */
	{ COAP_OPTION_ETAG, ETAG, 1, 8 },
	{ COAP_OPTION_OBSERVE, OBSERVE, 0, 3 },
	{ COAP_OPTION_URI_PORT, IGNORED, 0, 2 },         /* critical; as the host */
	{ COAP_OPTION_URI_PATH, PATH, 0, 255 },
	{ COAP_OPTION_CONTENT_FORMAT, FORMAT, 0, 2 },
	{ COAP_OPTION_URI_QUERY, QUERY, 0, 255 },
	{ COAP_OPTION_HOP_LIMIT, REFUSED, 0, 0 },        /* nothing that came through a proxy */
	{ COAP_OPTION_ACCEPT, ACCEPT, 0, 2 },
	{ COAP_OPTION_BLOCK2, BLOCK2, 0, 3 },
	{ COAP_OPTION_SIZE2, SIZE2, 0, 4 },
	{ Q_BLOCK2, QBLOCK2, 0, 3 },
	{ COAP_OPTION_PROXY_URI, REFUSED, 0, 0 },
	{ COAP_OPTION_PROXY_SCHEME, REFUSED, 0, 0 },
};

static const struct row *
find(uint16_t number)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].number == number)
			return &options[i];
	return NULL;
}

static enum err_code
bad(struct err *e, const char *rule, const char *why)
{
	return err_set(e, ERR_INPUT, "coap message", rule, "%s", why);
}

/* RFC 7252 section 3.2: big-endian, leading zeros allowed, empty is 0. */
static uint32_t
number(const coap_option_t *o)
{
	uint32_t v = 0;

	for (size_t i = 0; i < o->length; i++)
		v = v << 8 | o->value[i];
	return v;
}

static bool
add(struct bytes *list, size_t *count, const coap_option_t *o)
{
	if (*count == COAP_MAX_SEGMENTS)
		return false;
	list[(*count)++] = (struct bytes){ o->value, o->length };
	return true;
}

/* RFC 7959 section 2.2: number, more, size exponent; exponent 7 is reserved. RFC 9177 section 4.2 writes the same. */
static bool
take_block(struct coap_block *b, const coap_option_t *o)
{
	uint32_t v = number(o);

	if (b->present)
		return false;
	*b = (struct coap_block){ true, v >> 4, (v & 8) != 0, (uint8_t)(v & 7) };
	return b->szx <= LIMIT_BLOCK_SZX;
}

/* A request names the blocks that it wants, a response the one that it carries: RFC 9177 section 4.1, table 1. */
static bool
take_qblock(struct coap_message *m, const coap_option_t *o)
{
	size_t most = m->code < 100 ? COAP_MAX_SET : 1;

	return m->qblock2_count < most && take_block(&m->qblock2[m->qblock2_count++], o);
}

/* Store one option; false when it may not occur like this (again, or too often). */
static bool
take(struct coap_message *m, enum shape shape, const coap_option_t *o)
{
	switch (shape) {
	case IGNORED:
		return true;
	case ETAG:
		/* A request may list several (RFC 7252 section 5.10.6.2); we validate nothing, the first is enough. */
		if (m->etag.len == 0)
			m->etag = (struct bytes){ o->value, o->length };
		return true;
	case OBSERVE:
		if (m->observe >= 0)
			return false;
		m->observe = (int32_t)number(o);
		return true;
	case PATH:
		return add(m->path, &m->path_count, o);
	case QUERY:
		return add(m->query, &m->query_count, o);
	case FORMAT:
		if (m->format != COAP_FORMAT_NONE)
			return false;
		m->format = (int)number(o);
		return true;
	case ACCEPT:
		if (m->accept != COAP_FORMAT_NONE)
			return false;
		m->accept = (int)number(o);
		return true;
	case BLOCK2:
		return take_block(&m->block2, o);
	case SIZE2:
		if (m->has_size2)
			return false;
		m->has_size2 = true;
		m->size2 = number(o);
		return true;
	case QBLOCK2:
		return take_qblock(m, o);
	case REFUSED:
		break;
	}
	return false;
}

static bool
is_reserved_size(const struct coap_message *m, uint16_t at)
{
	if (at == COAP_OPTION_BLOCK2)
		return m->block2.szx > LIMIT_BLOCK_SZX;
	return at == Q_BLOCK2 && m->qblock2_count &&
	    m->qblock2[m->qblock2_count - 1].szx > LIMIT_BLOCK_SZX;
}

/*
 * RFC 7252 section 5.4: an option that is unknown, has a length outside its range, or is repeated against
 * its definition is ignored when elective (even number) and refuses the message when critical (odd).
 */
static enum err_code
judge(struct coap_message *m, uint16_t at, const coap_option_t *o, struct err *e)
{
	const struct row *row = find(at);

	if (row && row->shape != REFUSED && o->length >= row->min && o->length <= row->max &&
	    take(m, row->shape, o))
		return ERR_OK;
	if (is_reserved_size(m, at))
		return bad(e, "block", "block size exponent 7 is reserved");
	if ((at & 1) == 0 && (row == NULL || row->shape != REFUSED))
		return ERR_OK;
	return err_set(e, ERR_INPUT, "coap message", "option", "option %u is not understood like this", at);
}

/* coap_opt_parse lets a two-byte delta wrap around 16 bits; such an option would take on another's number. */
static bool
wraps(const uint8_t *p, const coap_option_t *o)
{
	return p[0] >> 4 == 14 && o->delta < 269;
}

static enum err_code
read_options(const uint8_t *p, const uint8_t *end, struct coap_message *m, struct err *e)
{
	enum err_code rc = ERR_OK;
	uint32_t at = 0;

	while (p < end && *p != PAYLOAD_MARKER) {
		coap_option_t o;
		size_t used = coap_opt_parse(p, (size_t)(end - p), &o);

		if (used == 0 || wraps(p, &o) || (at += o.delta) > UINT16_MAX)
			return bad(e, "malformed", "an option's delta or length is not well-formed");
		/* The first reason stays, but the rest must still be well-formed: that decides between 4.02 and RST. */
		if (rc == ERR_OK)
			rc = judge(m, (uint16_t)at, &o, e);
		p += used;
	}
	if (p < end) {
		if (++p == end)
			return bad(e, "malformed", "a payload marker without payload");
		m->payload = (struct bytes){ p, (size_t)(end - p) };
	}
	return rc;
}

enum err_code
codec_read(struct bytes d, struct coap_message *m, struct err *e)
{
	static const uint8_t classes = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 5;
	size_t token;

	memset(m, 0, sizeof(*m));
	m->format = m->accept = COAP_FORMAT_NONE;
	m->observe = -1;
	if (d.len < HEADER)
		return bad(e, "length", "shorter than a header");
	if (d.p[0] >> 6 != VERSION)
		return bad(e, "version", "not version 1");
	m->kind = (enum coap_kind)(d.p[0] >> 4 & 3);
	m->code = (uint16_t)((d.p[1] >> 5) * 100 + (d.p[1] & 31));
	m->id = get_u16(d.p + 2);
	token = d.p[0] & 15;
	if (token > LIMIT_TOKEN)
		return bad(e, "token", "longer than 8 bytes");
	if (d.len > LIMIT_MESSAGE)
		return bad(e, "length", "longer than one datagram of ours");
	if (d.len < HEADER + token)
		return bad(e, "token", "cut short");
	m->token_len = (uint8_t)token;
	memcpy(m->token, d.p + HEADER, token);
	/* RFC 7252 section 4.1: an empty message is four bytes. */
	if (d.p[1] == 0)
		return d.len == HEADER ? ERR_OK : bad(e, "empty", "an empty message with something in it");
	if ((classes >> (d.p[1] >> 5) & 1) == 0)
		return bad(e, "code", "a code of a reserved class");
	return read_options(d.p + HEADER + token, d.p + d.len, m, e);
}

/* --- writing --- */

struct writer {
	uint8_t *p, *end;
	uint16_t last;
};

static void
put(struct writer *w, uint16_t at, const void *value, size_t len)
{
	size_t used = coap_opt_encode(w->p, (size_t)(w->end - w->p), (uint16_t)(at - w->last), value, len);

	assert(used > 0);
	w->p += used;
	w->last = at;
}

static void
put_number(struct writer *w, uint16_t at, uint32_t v)
{
	uint8_t raw[4];
	size_t zeros = 0;

	put_u32(raw, v);
	while (zeros < 4 && raw[zeros] == 0)
		zeros++;
	put(w, at, raw + zeros, 4 - zeros);
}

static void
put_block(struct writer *w, uint16_t at, const struct coap_block *b)
{
	put_number(w, at, b->number << 4 | (b->more ? 8u : 0u) | b->szx);
}

static void
put_options(struct writer *w, const struct coap_message *m)
{
	if (m->etag.len)
		put(w, COAP_OPTION_ETAG, m->etag.p, m->etag.len);
	if (m->observe >= 0)
		put_number(w, COAP_OPTION_OBSERVE, (uint32_t)m->observe);
	for (size_t i = 0; i < m->path_count; i++)
		put(w, COAP_OPTION_URI_PATH, m->path[i].p, m->path[i].len);
	if (m->format != COAP_FORMAT_NONE)
		put_number(w, COAP_OPTION_CONTENT_FORMAT, (uint32_t)m->format);
	for (size_t i = 0; i < m->query_count; i++)
		put(w, COAP_OPTION_URI_QUERY, m->query[i].p, m->query[i].len);
	if (m->accept != COAP_FORMAT_NONE)
		put_number(w, COAP_OPTION_ACCEPT, (uint32_t)m->accept);
	if (m->block2.present)
		put_block(w, COAP_OPTION_BLOCK2, &m->block2);
	if (m->has_size2)
		put_number(w, COAP_OPTION_SIZE2, m->size2);
	for (size_t i = 0; i < m->qblock2_count; i++)
		put_block(w, Q_BLOCK2, &m->qblock2[i]);
}

void
codec_write(const struct coap_message *m, struct buf *out)
{
	struct writer w;
	uint8_t *start;

	assert(m->token_len <= LIMIT_TOKEN && m->block2.szx <= LIMIT_BLOCK_SZX && m->code / 100 < 8);
	buf_reserve(out, LIMIT_MESSAGE);
	start = out->p + out->len;
	start[0] = (uint8_t)(VERSION << 6 | (unsigned)m->kind << 4 | m->token_len);
	start[1] = (uint8_t)(m->code / 100 << 5 | m->code % 100);
	put_u16(start + 2, m->id);
	memcpy(start + HEADER, m->token, m->token_len);
	w = (struct writer){ start + HEADER + m->token_len, start + LIMIT_MESSAGE, 0 };
	if (m->code)
		put_options(&w, m);
	if (m->payload.len) {
		assert((size_t)(w.end - w.p) > m->payload.len);
		*w.p++ = PAYLOAD_MARKER;
		memcpy(w.p, m->payload.p, m->payload.len);
		w.p += m->payload.len;
	}
	out->len += (size_t)(w.p - start);
}
