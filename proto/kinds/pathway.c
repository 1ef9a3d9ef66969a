#include "proto/kinds/tables.h"

#include <stdio.h>

#include "proto/cbor.h"

#define STEPS 38
#define MOST_STEPS 40

static const struct field basis_fields[] = {
	{ 1, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 300, .schema_org = "citation.name",
	  .help = "name of the law or rule" },
	{ 2, "ref", FIELD_TEXT, 0, .max = 200, .schema_org = "citation.identifier", .help = "article, number, gazette" },
	{ 3, "url", FIELD_URL, 0, .schema_org = "citation.url", .help = "where it can be read" },
};

enum { STEP_N = 1, STEP_FALLBACK = 10 };
static const struct field step_fields[] = {
	{ STEP_N, "n", FIELD_UINT, FIELD_REQUIRED, .min = 1, .max = 99, .schema_org = "step.position",
	  .help = "its number; numbers rise" },
	{ 2, "action", FIELD_MLTEXT, FIELD_REQUIRED, .max = 1000, .weight = 2, .schema_org = "step.text",
	  .help = "what is to be done" },
	{ 3, "service", FIELD_REFERENCE, 0, .target = KIND_SERVICE, .schema_org = "step.provider",
	  .help = "the service that does it" },
	{ 4, "organisation", FIELD_REFERENCE, 0, .target = KIND_ORGANISATION, .schema_org = "step.agent",
	  .help = "the organisation that does it, where no service is named" },
	{ 5, "deadline", FIELD_UINT, 0, .min = 1, .max = 8760, .schema_org = "step.timeRequired",
	  .help = "hours within which it is done" },
	{ 6, "contact", FIELD_MLTEXT, 0, .max = 200, .help = "whom to turn to there, as a role" },
	{ 7, "out_of_hours", FIELD_MLTEXT, 0, .max = 500, .help = "what to do at night and on holidays" },
	{ 8, "out_of_hours_service", FIELD_REFERENCE, 0, .target = KIND_SERVICE,
	  .help = "the service that does it at night and on holidays" },
	{ 9, "out_of_hours_phone", FIELD_PHONE, 0, .help = "number at night and on holidays" },
	{ STEP_FALLBACK, "fallback", FIELD_UINT, 0, .min = 1, .max = 99,
	  .help = "number of the step to take when this one cannot be taken" },
	{ 11, "consent_needed", FIELD_BOOL, FIELD_REQUIRED, .help = "must the person agree first?" },
	{ 12, "do_not", FIELD_MLTEXT, FIELD_LIST, .max = 300, .max_count = 8, .help = "what must not be done" },
};
static const struct rule step_rules[] = {
	{ RULE_NEEDS, .fields = { 3, 4 }, .help = "a step names who is responsible: a service or an organisation" },
};

static const struct field fields[] = {
	{ 32, "title", FIELD_MLTEXT, FIELD_REQUIRED, .max = 200, .weight = 10, .schema_org = "name",
	  .help = "its name, in each language" },
	{ 33, "situation", FIELD_CODE, FIELD_REQUIRED | FIELD_LIST, .max_count = 16, .codes = &situation_codes,
	  .weight = 5, .schema_org = "about", .help = "what has happened, or may happen" },
	{ 34, "territory", FIELD_CODE, FIELD_REQUIRED, .codes = &territory_codes, .schema_org = "areaServed",
	  .help = "AL BA ME MK RS XK" },
	{ 35, "municipality", FIELD_TEXT, FIELD_PLACE, .max = 120, .weight = 4, .schema_org = "areaServed.name",
	  .help = "the municipality it holds in; none: the whole territory" },
	{ 36, "description", FIELD_MLTEXT, 0, .max = 2000, .weight = 3, .schema_org = "description",
	  .help = "for whom it is, and when" },
	{ 37, "legal_basis", FIELD_GROUP, FIELD_LIST, .max_count = 16, GROUP(basis_fields), .schema_org = "citation",
	  .help = "laws and rules it rests on" },
	{ STEPS, "steps", FIELD_GROUP, FIELD_REQUIRED | FIELD_LIST, .max_count = MOST_STEPS, GROUP(step_fields),
	  RULE_ROWS(step_rules), .schema_org = "step", .help = "the steps, in their order" },
	{ 39, "reviewed_by_team", FIELD_DATE, 0, .schema_org = "lastReviewed",
	  .help = "the day the team of the municipality last went through it" },
	{ 40, "printable", FIELD_BOOL, 0, .help = "may it be printed and hung up?" },
	{ 41, "topics", FIELD_REFERENCE, FIELD_LIST, .max_count = 32, .target = KIND_TERM, .weight = 5,
	  .schema_org = "about", .help = "terms it is about" },
};

struct steps {
	size_t count;
	uint64_t n[MOST_STEPS], fallback[MOST_STEPS];
};

static size_t
index_of(const struct steps *s, uint64_t n)
{
	size_t i = 0;

	while (i < s->count && s->n[i] != n)
		i++;
	return i;
}

static enum err_code
refuse(struct err *e, size_t i, const char *word, const char *rule, const char *reason)
{
	char object[40];

	snprintf(object, sizeof object, "steps[%zu].%s", i, word);
	return err_set(e, ERR_INPUT, object, rule, "%s", reason);
}

/* Whoever follows fallbacks comes to an end. */
static bool
comes_round(const struct steps *s, size_t from)
{
	size_t at = from;

	for (size_t hops = 0; hops <= s->count; hops++) {
		if (s->fallback[at] == 0)
			return false;
		at = index_of(s, s->fallback[at]);
	}
	return true;
}

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	struct steps s = { 0 };
	struct cbor_reader in;

	(void)k;
	cbor_open(&in, body_get(r->body, STEPS));
	for (size_t left = cbor_array(&in); left > 0 && s.count < MOST_STEPS; left--, s.count++) {
		struct bytes step = cbor_any(&in);

		body_uint(step, STEP_N, &s.n[s.count]);
		body_uint(step, STEP_FALLBACK, &s.fallback[s.count]);
		if (s.count > 0 && s.n[s.count] <= s.n[s.count - 1])
			return refuse(e, s.count, "n", "order", "steps are numbered in rising order, each number once");
	}
	for (size_t i = 0; i < s.count; i++)
		if (s.fallback[i] && index_of(&s, s.fallback[i]) == s.count)
			return refuse(e, i, "fallback", "unknown", "there is no step with this number");
	for (size_t i = 0; i < s.count; i++)
		if (comes_round(&s, i))
			return refuse(e, i, "fallback", "circle", "its fallbacks lead back to it; the last one has none");
	return ERR_OK;
}

const struct kind kind_pathway = {
	KIND_PATHWAY, "pathway", "pathways", 0, AUTHOR_MEMBER, .verify_days = 90,
	.max_body = LIMIT_BODY_LONG, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 32, .check = check,
	.help = "the steps of a referral: who does what, until when, at night too, and what else if that fails",
	.example = "{\"title\":{\"en\":\"After violence at home\"},\"situation\":[\"domestic-violence\"],\"territory\":\"AL\","
	    "\"municipality\":\"Sajuarë\",\"steps\":[{\"n\":1,\"action\":{\"en\":\"Ask whether she is safe now.\"},"
	    "\"organisation\":\"1f0c2e4a-0000-4000-8000-000000000001\",\"consent_needed\":false,\"fallback\":2},"
	    "{\"n\":2,\"action\":{\"en\":\"Call the helpline together with her.\"},"
	    "\"service\":\"1f0c2e4a-0000-4000-8000-000000000003\",\"deadline\":24,"
	    "\"out_of_hours_phone\":\"116000\",\"consent_needed\":true}]}",
};
