#include "node/coap/route.h"

#include <stdio.h>
#include <string.h>

#define PATH_TEXT 512

/* What each rate lets through: units a second, units at once. Pulls count bytes, the others requests. */
static const struct rate {
	double per_s, burst;
	const char *unit;
} rates[] = {
	[RATE_REQUEST] = { LIMIT_REQUESTS_S, LIMIT_REQUESTS_BURST, "requests" },
	[RATE_PULL] = { LIMIT_PULL_BYTES_S, LIMIT_PULL_BYTES_S, "bytes" },
	[RATE_JOIN] = { 1, 3, "requests" },
	[RATE_SCAN] = { LIMIT_SCAN_S, LIMIT_SCAN_BURST, "records looked at" },
};

static double *
used_of(struct route_meter *m, enum route_rate rate)
{
	double *const used[ROUTE_RATES] = { [RATE_REQUEST] = &m->requests, [RATE_PULL] = &m->pull_bytes,
		[RATE_JOIN] = &m->join, [RATE_SCAN] = &m->scans };

	return used[rate];
}

/* Time empties what has been used. A clock that went back counts as no time. */
static void
drain(struct route_meter *m, int64_t tick_ms)
{
	double s = tick_ms > m->at_ms ? (double)(tick_ms - m->at_ms) / 1000 : 0;

	for (enum route_rate r = RATE_REQUEST; r < ROUTE_RATES; r++) {
		double *used = used_of(m, r);
		*used = *used > s * rates[r].per_s ? *used - s * rates[r].per_s : 0;
	}
	m->at_ms = tick_ms;
}

/* One request more: counted here, or (pulls, scans) by what it takes, which may overdraw the bucket once. */
static enum err_code
meter_one(struct route_meter *m, enum route_rate rate, int64_t tick_ms, struct err *e)
{
	const struct rate *row = &rates[rate];
	double *used = used_of(m, rate);

	drain(m, tick_ms);
	if (*used + 1 > row->burst)
		return err_set(e, ERR_BUSY, "request", "rate", "more than %.0f %s a second", row->per_s, row->unit);
	if (rate != RATE_PULL && rate != RATE_SCAN)
		*used += 1;
	return ERR_OK;
}

void
route_charge(struct route_meter *m, size_t bytes)
{
	m->pull_bytes += bytes > LIMIT_PULL_LEAST ? (double)bytes : LIMIT_PULL_LEAST;
}

enum err_code
route_scan(struct route_meter *m, uint64_t records, int64_t tick_ms, struct err *e)
{
	enum err_code rc = meter_one(m, RATE_SCAN, tick_ms, e);

	if (rc == ERR_OK)
		m->scans += (double)records;
	return rc;
}

/* The path as text with slashes; false when it cannot be the path of a row. */
static bool
path_text(const struct coap_request *r, char out[PATH_TEXT])
{
	size_t len = 0;

	for (size_t i = 0; i < r->path_count; i++) {
		struct bytes s = r->path[i];

		for (size_t k = 0; k < s.len; k++)
			if (s.p[k] <= 0x20 || s.p[k] == '/' || s.p[k] >= 0x7f)
				return false;
		if (len + s.len + 2 > PATH_TEXT)
			return false;
		if (i)
			out[len++] = '/';
		if (s.len)
			memcpy(out + len, s.p, s.len);
		len += s.len;
	}
	out[len] = 0;
	return true;
}

/* The text behind the row's path, NULL when the row is another one. */
static const char *
match(const struct route *row, const char *path)
{
	size_t len = strlen(row->path);

	if (len && row->path[len - 1] == '/')
		return strncmp(path, row->path, len) == 0 && path[len] ? path + len : NULL;
	return strcmp(path, row->path) == 0 ? path + len : NULL;
}

static enum err_code
refuse(uint16_t *out_coap, uint16_t coap, enum err_code code, const char *path, const char *rule,
    const char *reason, struct err *e)
{
	*out_coap = coap;
	return err_set(e, code, path, rule, "%s", reason);
}

/* The row of PATH and METHOD that MAY use; every reason against it has its code. */
static enum err_code
choose(const struct route *rows, size_t count, enum route_access may, const char *path, uint16_t method,
    const struct route **out, const char **out_rest, uint16_t *coap, struct err *e)
{
	bool known = false, open = false;

	*out = NULL;
	for (size_t i = 0; i < count && *out == NULL; i++) {
		const char *rest = match(&rows[i], path);

		if (rest == NULL)
			continue;
		known = true;
		if (may < rows[i].access)
			continue;
		open = true;
		if (rows[i].method == method) {
			*out = &rows[i];
			*out_rest = rest;
		}
	}
	if (*out)
		return ERR_OK;
	if (open)
		return refuse(coap, 405, ERR_INPUT, path, "method", "this path has another method", e);
	/* A stranger does not learn which paths there are. */
	if (known || may == ROUTE_STRANGER)
		return refuse(coap, 403, ERR_DENIED, path, "access", "not for this node", e);
	return refuse(coap, 404, ERR_MISSING, path, "path", "no such path", e);
}

static enum err_code
check(const struct route *row, const struct coap_request *r, struct route_meter *meter, int64_t tick_ms,
    uint16_t *coap, struct err *e)
{
	enum err_code rc;

	if (r->payload.len > row->max_request)
		return err_set(e, ERR_LIMIT, row->path, "size", "%zu bytes, at most %zu", r->payload.len,
		    row->max_request);
	if ((rc = meter_one(meter, row->rate, tick_ms, e)))
		return rc;
	if (r->accept != COAP_FORMAT_NONE && row->format != COAP_FORMAT_NONE && r->accept != row->format)
		return refuse(coap, 406, ERR_INPUT, row->path, "accept", "answers have another format", e);
	return ERR_OK;
}

const struct route *
route_dispatch(const struct route *rows, size_t count, enum route_access may, struct route_meter *meter,
    int64_t tick_ms, const struct route_call *call, struct coap_answer *out)
{
	struct route_call own = *call;
	const struct route *row = NULL;
	char path[PATH_TEXT];
	uint16_t coap = 0;
	bool called = false;
	struct err why;
	enum err_code rc;

	/* What is no text matches no row: the empty path is none either. */
	if (!path_text(call->request, path))
		path[0] = 0;
	if ((rc = choose(rows, count, may, path, call->request->method, &row, &own.rest, &coap, &why)) == ERR_OK &&
	    (rc = check(row, call->request, meter, tick_ms, &coap, &why)) == ERR_OK) {
		*out = (struct coap_answer){ .code = 205, .format = row->format };
		called = true;
		rc = row->handle(&own, out, &why);
	}
	if (rc) {
		answer_error(out, &why);
		if (coap)
			out->code = coap;
	} else if (row->rate == RATE_PULL && !out->later) {
		route_charge(meter, out->body.len);
	}
	return called ? row : NULL;
}

/* RFC 6690 section 2: a quoted string. */
static void
put_quoted(struct buf *out, const char *text)
{
	buf_put_u8(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_put_u8(out, '\\');
		buf_put_u8(out, (uint8_t)*text);
	}
	buf_put_u8(out, '"');
}

static bool
is_repeated(const struct route *rows, size_t at, enum route_access may)
{
	for (size_t i = 0; i < at; i++)
		if (rows[i].access <= may && strcmp(rows[i].path, rows[at].path) == 0)
			return true;
	return false;
}

void
route_links(const struct route *rows, size_t count, enum route_access may, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < count; i++) {
		if (rows[i].access > may || is_repeated(rows, i, may))
			continue;
		buf_printf(out, "%s</%s>", comma, rows[i].path);
		if (rows[i].title) {
			buf_put_text(out, ";title=");
			put_quoted(out, rows[i].title);
		}
		if (rows[i].format != COAP_FORMAT_NONE)
			buf_printf(out, ";ct=%d", rows[i].format);
		comma = ",";
	}
}

bool
route_query(const struct coap_request *r, const char *key, char *out, size_t max)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < r->query_count; i++) {
		struct bytes q = r->query[i];

		if (q.len <= len || memcmp(q.p, key, len) != 0 || q.p[len] != '=')
			continue;
		q = (struct bytes){ q.p + len + 1, q.len - len - 1 };
		if (q.len >= max || memchr(q.p, 0, q.len))
			return false;
		memcpy(out, q.p, q.len);
		out[q.len] = 0;
		return true;
	}
	return false;
}
