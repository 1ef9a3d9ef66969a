/* Request lines of the control socket: whatever comes, what is kept is text, and patterns stay within it. */
#include "node/control/target.h"

#include "proto/buf.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(int truth)
{
	if (!truth)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct target t = { 0 };
	struct buf uri = { 0 };
	const char *rest[4];
	struct err e;

	buf_put(&uri, data, len);
	if (target_read(buf_text(&uri), &t, &e) == ERR_OK) {
		for (size_t i = 0; i < t.segments; i++)
			need(utf8_valid(bytes_text(t.segment[i])));
		for (size_t i = 0; i < t.queries; i++)
			need(utf8_valid(bytes_text(t.query[i].value)) && target_query(&t, t.query[i].key) != NULL);
		if (target_match(&t, "/v1/kinds/*/*", rest))
			need(rest[0] == t.segment[2] && rest[1] == t.segment[3] && rest[2] == NULL);
		target_free(&t);
	} else {
		need(t.text == NULL);
	}
	buf_free(&uri);
	return 0;
}
