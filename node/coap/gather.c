#include "node/coap/gather.h"

#include <assert.h>
#include <string.h>

static const struct fault too_long = { ERR_LIMIT, "length", "the answer is longer than what was asked for" };
static const struct fault wrong_length = { ERR_PEER, "block", "a block has not the length that it names" };
static const struct fault behind_last = { ERR_PEER, "block", "a block lies behind the last" };

void
gather_init(struct gather *g, size_t limit)
{
	*g = (struct gather){ .limit = limit, .last = GATHER_NONE, .szx = LIMIT_BLOCK_SZX };
}

void
gather_done(struct gather *g)
{
	buf_free(&g->body);
	buf_free(&g->states);
}

void
gather_restart(struct gather *g)
{
	g->begun = g->told = false;
	g->expected = 0;
	g->base = g->top = 0;
	g->last = GATHER_NONE;
	buf_reset(&g->body);
	buf_reset(&g->states);
}

size_t
gather_size(const struct gather *g)
{
	return (size_t)16 << g->szx;
}

/* ETags have 1 to 8 bytes; none is 0. */
static uint64_t
version_of(struct bytes etag)
{
	uint64_t v = etag.len;

	for (size_t i = 0; i < etag.len; i++)
		v = v * 257 + etag.p[i];
	return v;
}

const struct fault *
gather_begin(struct gather *g, const struct coap_message *m, const struct coap_block *b)
{
	if (m->has_size2 && m->size2 > g->limit)
		return &too_long;
	g->begun = true;
	g->told = m->has_size2;
	g->expected = m->has_size2 ? m->size2 : 0;
	g->code = m->code;
	g->format = m->format;
	g->version = version_of(m->etag);
	g->szx = b->szx;
	buf_reserve(&g->body, g->expected);
	return NULL;
}

void
gather_tell(struct gather *g, const struct coap_message *m)
{
	if (!m->has_size2 || g->told || m->size2 > g->limit || g->last != GATHER_NONE)
		return;
	g->told = true;
	if (g->expected < m->size2)
		g->expected = m->size2;
}

bool
gather_is_same(const struct gather *g, const struct coap_message *m)
{
	return m->code == g->code && version_of(m->etag) == g->version;
}

enum gather_state
gather_state(const struct gather *g, uint32_t block)
{
	return block < g->states.len ? (enum gather_state)g->states.p[block] : GATHER_MISSING;
}

static void
set_state(struct gather *g, uint32_t block, enum gather_state s)
{
	if (block >= g->states.len) {
		size_t more = block + 1 - g->states.len;

		memset(buf_grow(&g->states, more), GATHER_MISSING, more);
	}
	g->states.p[block] = (uint8_t)s;
}

void
gather_note(struct gather *g, uint32_t block, enum gather_state s)
{
	assert(s != GATHER_HERE);
	if (gather_state(g, block) != GATHER_HERE)
		set_state(g, block, s);
}

const struct fault *
gather_place(struct gather *g, const struct coap_block *b, struct bytes payload)
{
	size_t size = gather_size(g), offset = b->number * size, end_at = offset + payload.len;

	if (gather_state(g, b->number) == GATHER_HERE)
		return NULL;
	if (b->more ? payload.len != size : payload.len > size)
		return &wrong_length;
	if (end_at + (b->more ? 1 : 0) > g->limit)
		return &too_long;
	/* Nothing lies behind the last, whichever of the two came first. */
	if ((g->last != GATHER_NONE && b->number > g->last) || (!b->more && g->top > b->number))
		return &behind_last;
	if (end_at > g->body.len)
		buf_grow(&g->body, end_at - g->body.len);
	if (payload.len)
		memcpy(g->body.p + offset, payload.p, payload.len);
	set_state(g, b->number, GATHER_HERE);
	g->came++;
	if (b->number >= g->top)
		g->top = b->number + 1;
	if (!b->more) {
		g->last = b->number;
		g->expected = end_at;
	} else if (end_at >= g->expected) {
		g->expected = end_at + 1; /* without Size2, or it was wrong: at least one byte more */
	}
	return NULL;
}

bool
gather_is_whole(const struct gather *g)
{
	return g->last != GATHER_NONE && g->base > g->last;
}

bool
gather_advance(struct gather *g, size_t *out_offset, struct bytes *out_part)
{
	size_t from = g->base * gather_size(g), to;

	while (gather_state(g, g->base) == GATHER_HERE)
		g->base++;
	to = gather_is_whole(g) ? g->body.len : g->base * gather_size(g);
	if (to <= from)
		return false;
	*out_offset = from;
	*out_part = (struct bytes){ g->body.p + from, to - from };
	return true;
}

void
gather_shrink(struct gather *g, uint8_t szx)
{
	assert(szx < g->szx);
	g->base <<= g->szx - szx;
	g->szx = szx;
	g->top = g->base;
	g->last = GATHER_NONE;
	g->body.len = g->base * gather_size(g);
	buf_reset(&g->states);
	for (uint32_t i = 0; i < g->base; i++)
		set_state(g, i, GATHER_HERE);
}

uint32_t
gather_count(const struct gather *g)
{
	return (uint32_t)((g->expected + gather_size(g) - 1) / gather_size(g));
}
