/*
 * fuzz_id - any text as an id, a UUID, a stamp or bech32m: what is accepted is written again as the same text
 * (but for its case).
 */
#include "proto/id.h"

#include "proto/stamp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
try_bech32m(const char *text)
{
	char prefix[BECH32M_PREFIX];
	struct buf data = { 0 }, again = { 0 };

	if (bech32m_decode(text, "text", prefix, &data, NULL) == ERR_OK) {
		bech32m_encode(prefix, buf_bytes(&data), &again);
		if (strcasecmp(buf_text(&again), text) != 0)
			abort();
	}
	buf_free(&data);
	buf_free(&again);
}

static void
try_ids(const char *text)
{
	char again[ID_TEXT];
	struct id id;

	for (enum id_type t = 0; t < ID_TYPES; t++)
		if (id_parse(t, text, "text", &id, NULL) == ERR_OK && strcasecmp(id_format(t, &id, again), text) != 0)
			abort();
}

static void
try_others(const char *text)
{
	char uuid_text[UUID_TEXT], stamp_text[STAMP_TEXT];
	struct uuid uuid;
	uint64_t stamp, back;

	if (uuid_parse(text, "text", &uuid, NULL) == ERR_OK && strcasecmp(uuid_format(&uuid, uuid_text), text) != 0)
		abort();
	/* A stamp has shorter and longer texts: the value must come back. */
	if (stamp_parse(text, "text", &stamp, NULL) == ERR_OK &&
	    (stamp_parse(stamp_format(stamp, stamp_text), "text", &back, NULL) != ERR_OK || back != stamp))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text = { 0 };

	buf_put(&text, data, len);
	try_bech32m(buf_text(&text));
	try_ids(buf_text(&text));
	try_others(buf_text(&text));
	buf_free(&text);
	return 0;
}
