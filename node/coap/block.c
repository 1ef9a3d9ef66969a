#include "node/coap/inside.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_OF(szx) ((size_t)16 << (szx))

enum err_code
block_read(const struct coap_message *m, struct ticket *t, struct err *e)
{
	const struct coap_block *q = m->qblock2;
	struct wanted w = { 0 };

	t->block2 = m->block2;
	if (!m->block2.present)
		t->block2.szx = LIMIT_BLOCK_SZX;
	if (m->qblock2_count == 0)
		return ERR_OK;
	if (m->block2.present)
		return err_set(e, ERR_INPUT, "request", "block", "Block2 and Q-Block2 in one request");
	w.first = q[0].number - q[0].number % COAP_MAX_SET;
	for (size_t i = 0; i < m->qblock2_count; i++) {
		uint32_t at = q[i].number - w.first;

		if (q[i].number < w.first || at >= COAP_MAX_SET || q[i].szx != q[0].szx)
			return err_set(e, ERR_INPUT, "request", "block", "block %u is of another set or size than the first",
			    q[i].number);
		/* RFC 9177 section 4.4: "this block" or, with M, "this one and the rest of its set". */
		w.mask |= (uint16_t)((q[i].more ? (1u << COAP_MAX_SET) - (1u << at) : 1u << at));
		w.anew = w.anew || (q[i].more && q[i].number == 0);
	}
	t->block2 = (struct coap_block){ false, q[0].number, false, q[0].szx };
	t->wanted = w;
	return ERR_OK;
}

bool
block_anew(const struct ticket *t)
{
	return t->wanted.mask ? t->wanted.anew : t->block2.number == 0;
}

bool
block_next(const struct ticket *t, uint32_t *number)
{
	struct wanted w = t->wanted;

	if (w.mask == 0)
		w = (struct wanted){ .first = t->block2.number, .mask = 1 };
	if (*number < w.first)
		*number = w.first;
	while (*number < w.first + COAP_MAX_SET && !(w.mask >> (*number - w.first) & 1))
		++*number;
	return *number < w.first + COAP_MAX_SET;
}

bool
block_needed(const struct ticket *t, const struct coap_answer *a)
{
	uint32_t first = 0;

	/* Errors are short and belong to no block. */
	block_next(t, &first);
	return a->code / 100 == 2 && (first > 0 || a->body.len > SIZE_OF(t->block2.szx));
}

void
block_etag(struct bytes body, int format, uint8_t out[ETAG_LEN])
{
	uint8_t raw[4];

	put_u32(raw, (uint32_t)hash_more((uint64_t)format, body));
	memcpy(out, raw, ETAG_LEN);
}

enum err_code
block_cut(struct coap_message *m, const struct ticket *t, uint32_t number, uint16_t code, int format,
    struct bytes body, const uint8_t etag[ETAG_LEN], struct err *e)
{
	size_t size = SIZE_OF(t->block2.szx), offset = (size_t)number * size, rest;
	struct coap_block b = { true, number, false, t->block2.szx };

	if (number && offset >= body.len)
		return err_set(e, ERR_INPUT, "request", "block", "block %u lies behind the end of the answer", number);
	rest = body.len - offset;
	b.more = rest > size;
	m->code = code;
	m->format = format;
	m->payload = (struct bytes){ body.p + offset, rest > size ? size : rest };
	if (t->wanted.mask)
		m->qblock2[m->qblock2_count++] = b;
	else
		m->block2 = b;
	if (body.len > size)
		m->etag = (struct bytes){ etag, ETAG_LEN };
	return ERR_OK;
}

static void
kept_free(struct kept *k)
{
	buf_free(&k->body);
	free(k);
}

struct kept *
kept_find(struct exchange *x, uint64_t key, int64_t now_ms)
{
	for (struct kept *k = x->kept; k; k = k->next)
		if (k->key == key && now_ms - k->used_ms < KEPT_MS && now_ms - k->made_ms < KEPT_MOST_MS) {
			k->used_ms = now_ms;
			return k;
		}
	return NULL;
}

/* Free what Q points at and let Q point at the next. */
static void
unlink_kept(struct kept **q)
{
	struct kept *k = *q;

	*q = k->next;
	kept_free(k);
}

/* Newest first; what lies behind the bounds of number and bytes goes. */
static void
trim_kept(struct exchange *x)
{
	size_t count = 0, bytes = 0;

	for (struct kept **q = &x->kept; *q;) {
		count++;
		bytes += (*q)->body.len;
		if (count > KEPT_ANSWERS || bytes > KEPT_BYTES)
			unlink_kept(q);
		else
			q = &(*q)->next;
	}
}

struct kept *
kept_add(struct exchange *x, uint64_t key, struct coap_answer *a, int64_t now_ms)
{
	struct kept *k = need_zeroed(1, sizeof(*k));

	for (struct kept **q = &x->kept; *q;)
		if ((*q)->key == key)
			unlink_kept(q);
		else
			q = &(*q)->next;
	*k = (struct kept){ x->kept, key, now_ms, now_ms, a->code, a->format, { 0 }, a->body };
	a->body = (struct buf){ 0 };
	block_etag(buf_bytes(&k->body), k->format, k->etag);
	x->kept = k;
	trim_kept(x);
	wake_at(x, now_ms + KEPT_MS);
	return k;
}

void
kept_expire(struct exchange *x, int64_t now_ms)
{
	for (struct kept **q = &x->kept; *q;)
		if (now_ms - (*q)->used_ms >= KEPT_MS || now_ms - (*q)->made_ms >= KEPT_MOST_MS)
			unlink_kept(q);
		else
			q = &(*q)->next;
}
