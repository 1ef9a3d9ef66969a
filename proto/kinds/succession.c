#include "proto/kinds/tables.h"

static const struct field fields[] = {
	{ VOTE_CHARTER, "charter", FIELD_HASH, FIELD_REQUIRED, .help = "the charter under which the vote counts" },
	{ SUCCESSION_NEW_KEY, "new_key", FIELD_KEY, FIELD_REQUIRED, .help = "the key that follows" },
	{ SUCCESSION_OLD_KEY, "old_key", FIELD_KEY, FIELD_REQUIRED, .help = "the key that is followed" },
};

/* A key that follows itself would be an edge of no meaning. */
static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	(void)k;
	if (bytes_equal(body_get(r->body, SUCCESSION_NEW_KEY), body_get(r->body, SUCCESSION_OLD_KEY)))
		return err_set(e, ERR_INPUT, "new_key", "unique", "the new key is the old one");
	return ERR_OK;
}

const struct kind kind_succession = {
	KIND_SUCCESSION, "succession", "successions", KIND_LASTING | KIND_INTERNAL, AUTHOR_COORDINATOR,
	.max_body = 256, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .check = check,
	.help = "a coordinator's vote that a new key follows a lost one",
	.example = "{\"charter\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\",\"new_key\":\"org1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsk7v38t\",\"old_key\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78\"}",
};
