#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ ERASURE_TARGET, "target", FIELD_HASH, FIELD_REQUIRED, .help = "hash of the record's key, or the file's id" },
	{ ERASURE_UP_TO, "up_to", FIELD_STAMP, 0, .help = "the last stamp that it erases; absent for a file" },
	{ ERASURE_WHAT, "what", FIELD_CODE, FIELD_REQUIRED, .codes = &erased_codes, .help = "a record or a file" },
	{ ERASURE_REASON, "reason", FIELD_CODE, 0, .codes = &erasure_reason_codes, .help = "why; coordinators must say it" },
	{ ERASURE_CHARTER, "charter", FIELD_HASH, 0, .help = "a coordinator's vote: the charter under which it counts" },
};

/* proto/kinds.md "erasure": a record is erased up to a stamp, a file whole; a coordinator's vote has a reason. */
static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	bool record = bytes_equal(body_text(r->body, ERASURE_WHAT, NULL), bytes_text("key"));
	bool stamp = body_get(r->body, ERASURE_UP_TO).len > 0;

	(void)k;
	if (record && !stamp)
		return err_set(e, ERR_INPUT, "up_to", "required", "a record is erased up to a stamp");
	if (!record && stamp)
		return err_set(e, ERR_INPUT, "up_to", "unknown", "a file has no stamps");
	if (body_get(r->body, ERASURE_CHARTER).len > 0 && body_get(r->body, ERASURE_REASON).len == 0)
		return err_set(e, ERR_INPUT, "reason", "required", "a coordinator's erasure says why");
	return ERR_OK;
}

const struct kind kind_erasure = {
	KIND_ERASURE, "erasure", "erasures", KIND_LASTING | KIND_INTERNAL, AUTHOR_MEMBER,
	.max_body = 256, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .check = check,
	.help = "everybody forgets a record up to a stamp, or a file; it holds hashes only",
	.example = "{\"target\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\",\"up_to\":\"2026-01-02T03:04:05.678Z\",\"what\":\"key\","
	    "\"reason\":\"own-wish\"}",
};
