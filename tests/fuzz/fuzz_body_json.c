/*
 * fuzz_body_json - bodies of every kind, as JSON and as CBOR, through everything that reads them.
 *
 * Input    one byte chooses the kind and, by its highest bit, the form of the rest: JSON or a body
 * Checks   what body_from_json writes keeps the kind's rules and comes back as the same bytes
 *          any canonical map can be shown, linted, judged and pruned
 *          what was kept from a body through JSON and back is that body
 */
#include <stdlib.h>

#include "node/record/body_json.h"
#include "node/record/disclose.h"
#include "node/record/freshness.h"
#include "node/record/json.h"
#include "node/record/lint.h"
#include "node/search/inside.h"
#include "proto/cbor.h"
#include "proto/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct id author = { { 0x11 } };

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Body to JSON to body; SURE: it must be taken. */
static void
turn_round(const struct kind *k, struct bytes body, struct bytes private_fields, bool sure)
{
	struct buf again = { 0 }, private_again = { 0 };
	cJSON *object = NULL;

	must(body_to_json(k, body, private_fields, &object, NULL) == ERR_OK);
	if (body_from_json(k, &author, object, NULL, &again, &private_again, NULL) == ERR_OK) {
		must(bytes_equal(body, buf_bytes(&again)));
		must(bytes_equal(private_fields, buf_bytes(&private_again)));
	} else {
		must(!sure);
	}
	cJSON_Delete(object);
	buf_free(&again);
	buf_free(&private_again);
}

static void
try_json(const struct kind *k, struct bytes text)
{
	struct buf body = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	if (json_parse(text, LIMIT_RECORD, "input", &object, NULL) != ERR_OK)
		return;
	if (body_from_json(k, &author, object, "en", &body, &private_fields, NULL) == ERR_OK) {
		struct record r = { .author = author, .kind = k->number, .audience = k->audience, .body = buf_bytes(&body) };

		must(kind_check(k, &r, NULL) == ERR_OK);
		turn_round(k, buf_bytes(&body), buf_bytes(&private_fields), true);
	} else {
		must(body.len == 0 && private_fields.len == 0);
	}
	cJSON_Delete(object);
	buf_free(&body);
	buf_free(&private_fields);
}

static bool
count(void *self, const struct lint_finding *f)
{
	must(f->at + f->len <= f->text.len);
	return ++*(unsigned *)self < 100;
}

static void
try_body(const struct kind *k, struct bytes body)
{
	struct record r = { .author = author, .kind = k->number, .audience = k->audience, .body = body };
	struct disclose_context c = { .protected_org = body.len % 2 };
	struct bytes name = bytes_text("Made-up house");
	cJSON *object = NULL;
	unsigned found = 0;
	struct terms terms;
	bool lawful = kind_check(k, &r, NULL) == ERR_OK;

	if (body_to_json(k, body, (struct bytes){ NULL, 0 }, &object, NULL) != ERR_OK) {
		must(!lawful);
		return;
	}
	disclose_prune(k, body, object);
	cJSON_Delete(object);
	lint_body(k, body, count, &found);
	lint_names(k, body, &name, 1);
	disclose_check(k, &r, &c, NULL);
	freshness(k, &r, 1800000000000);
	terms_cut(k, &r, bucket_make(COLLECTION_DIRECTORY, TERRITORY('X', 'K'), AUDIENCE_PUBLIC), DISCLOSE_AS_STATED, 1, &terms);
	must(terms.count >= 2);
	buf_free(&terms.packed);
	if (lawful)
		turn_round(k, body, (struct bytes){ NULL, 0 }, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct kind *k;
	struct bytes rest = { data + 1, len - 1 };

	if (len == 0)
		return 0;
	k = kinds[(data[0] & 0x7f) % kinds_count];
	if (data[0] & 0x80)
		try_json(k, rest);
	else
		try_body(k, rest);
	return 0;
}
