#include "proto/kinds/tables.h"

enum { SUBJECT = 32, ACCEPTS = 36 };

static const struct field fields[] = {
	{ SUBJECT, "subject", FIELD_KEY, FIELD_REQUIRED, .schema_org = "object", .help = "the member it is about" },
	{ 33, "statement", FIELD_MLTEXT, 0, .max = 1000, .schema_org = "description",
	  .help = "what you know of its work" },
	{ 34, "since", FIELD_DATE, 0, .schema_org = "startTime", .help = "since when you know it" },
	{ 35, "evidence", FIELD_CODE, FIELD_LIST, .max_count = 8, .codes = &evidence_codes, .hsds = "attributes.value",
	  .schema_org = "instrument", .help = "how you know it" },
	{ ACCEPTS, "accepts", FIELD_REFERENCE, FIELD_FOLLOWS, .target = KIND_ENDORSEMENT,
	  .help = "as the subject: the endorsement of you that may be shown" },
};

static const struct rule rules[] = {
	{ RULE_FORBIDS, .when = ACCEPTS, .fields = { 33, 34, 35 },
	  .help = "who accepts an endorsement says nothing else in it" },
	{ RULE_NEEDS, .fields = { 33, 35, ACCEPTS }, .help = "say what you know of its work, or how you know it" },
};

/* Nobody praises herself; only the subject accepts. */
static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	struct id subject;
	bool accepts = body_get(r->body, ACCEPTS).len > 0, own;

	(void)k;
	own = body_id(r->body, SUBJECT, &subject) && id_equal(&subject, &r->author);
	if (own == accepts)
		return ERR_OK;
	return own ? err_set(e, ERR_INPUT, "subject", "self", "an endorsement is about another member")
	    : err_set(e, ERR_INPUT, "subject", "self", "only the member it is about accepts an endorsement: name yourselves");
}

const struct kind kind_endorsement = {
	KIND_ENDORSEMENT, "endorsement", "endorsements", KIND_BESIDE, AUTHOR_MEMBER, .verify_days = 365,
	.max_body = LIMIT_BODY, .audience = AUDIENCE_MEMBERS, .widest = AUDIENCE_MEMBERS,
	.fields = fields, .field_count = COUNT(fields), .title = 33, .says = SAYS_ENDORSEMENT, RULE_ROWS(rules), .check = check,
	.help = "what one member knows of another's work; shown after that one has accepted it",
	.example = "{\"subject\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78\","
	    "\"statement\":{\"en\":\"They trained our staff.\"},\"evidence\":[\"trained-together\"]}",
};
