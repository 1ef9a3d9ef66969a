#include "node/coap/inside.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_OF(szx) ((size_t)16 << (szx))

bool
block_needed(const struct ticket *t, const struct coap_answer *a)
{
	/* Errors are short and belong to no block. */
	return a->code / 100 == 2 && (t->block2.number > 0 || a->body.len > SIZE_OF(t->block2.szx));
}

void
block_etag(struct bytes body, int format, uint8_t out[ETAG_LEN])
{
	put_u32(out, (uint32_t)hash_more((uint64_t)format, body));
}

enum err_code
block_cut(struct coap_message *m, const struct ticket *t, uint16_t code, int format,
    struct bytes body, const uint8_t etag[ETAG_LEN], struct err *e)
{
	const struct coap_block *b = &t->block2;
	size_t size = SIZE_OF(b->szx), offset = (size_t)b->number * size, rest;

	if (b->number && offset >= body.len)
		return err_set(e, ERR_INPUT, "request", "block", "block %u lies behind the end of the answer", b->number);
	rest = body.len - offset;
	m->code = code;
	m->format = format;
	m->block2 = (struct coap_block){ true, b->number, rest > size, b->szx };
	m->payload = (struct bytes){ body.p + offset, rest > size ? size : rest };
	if (body.len > size)
		m->etag = (struct bytes){ etag, ETAG_LEN };
	if (b->number == 0) {
		m->has_size2 = true;
		m->size2 = (uint32_t)body.len;
	}
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
