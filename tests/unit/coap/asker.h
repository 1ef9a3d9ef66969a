/*
 * asker - side 0 of a link asks, and what it gets is kept; the answers' content is known by place and version.
 *
 * Shape    start a request and run the link, or fetch: both at once; then is_content says whether it came whole
 */
#ifndef KILIM_TEST_ASKER_H
#define KILIM_TEST_ASKER_H


#include "tests/unit/coap/link.h"

static struct link l;

static inline uint8_t
content(size_t at, unsigned version)
{
	return (uint8_t)(at * 7 + at / 256 * 13 + version);
}

static inline void
put_content(struct buf *out, size_t len, unsigned version)
{
	uint8_t *p = buf_grow(out, len);

	for (size_t i = 0; i < len; i++)
		p[i] = content(i, version);
}

struct got {
	unsigned done;
	enum err_code failed;
	uint16_t code;
	int format;
	struct buf body, parts;
	bool ordered;
	struct err why;
	bool has_why;
	int64_t round_ms, at_ms;         /* of its first exchange; when it ended */
};

static inline void
on_part(void *self, size_t offset, struct bytes part)
{
	struct got *g = self;

	if (offset == 0)
		buf_reset(&g->parts);
	g->ordered = g->ordered && offset == g->parts.len && part.len > 0;
	buf_put_bytes(&g->parts, part);
}

static inline void
on_done(void *self, const struct coap_response *r)
{
	struct got *g = self;

	g->done++;
	g->failed = r->failed;
	g->code = r->code;
	g->format = r->format;
	g->round_ms = r->round_ms;
	g->at_ms = l.now_ms;
	buf_put_bytes(&g->body, r->body);
	g->has_why = r->why != NULL;
	if (r->why)
		g->why = *r->why;
}

static inline void
start(struct got *g, const struct coap_ask *like)
{
	struct coap_ask ask = *like;
	struct err why;

	*g = (struct got){ .ordered = true };
	ask.part = on_part;
	ask.done = on_done;
	ask.self = g;
	cr_assert_eq(exchange_ask(l.side[0].x, &ask, &why), ERR_OK, "%s", why.reason);
}

static inline void
drop(struct got *g)
{
	buf_free(&g->body);
	buf_free(&g->parts);
}

static inline struct coap_ask
get(const char *path, bool non)
{
	return (struct coap_ask){ .method = COAP_GET, .path = path, .format = COAP_FORMAT_NONE, .non = non };
}

/* Ask and wait for the end. */
static inline void
fetch(struct got *g, const struct coap_ask *ask)
{
	start(g, ask);
	link_run(&l, 1000 * 1000, &g->done);
	cr_assert_eq(g->done, 1);
}

static inline bool
is_content(const struct buf *b, size_t len, unsigned version)
{
	if (b->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (b->p[i] != content(i, version))
			return false;
	return true;
}

/* The same everywhere, unless it is given: what holds for nearly every seed would else be untrue somewhere, some day. */
static unsigned seed;

static inline void
setup(void)
{
	const char *again = getenv("KILIM_SEED");

	seed = again ? (unsigned)strtoul(again, NULL, 10) : 20261122;
	printf("seed %u\n", seed);
	link_open(&l, seed);
}

static inline void
finish(void)
{
	link_close(&l);
}

#endif
