#include "proto/kinds/tables.h"

#include "proto/cbor.h"

static const struct field coordinator_fields[] = {
	{ 1, "key", FIELD_KEY, FIELD_REQUIRED, .help = "the organisation" },
	{ 2, "name", FIELD_TEXT, FIELD_REQUIRED, .max = LIMIT_NAME, .help = "its name" },
	{ 3, "territory", FIELD_CODE, FIELD_REQUIRED, .codes = &territory_codes, .help = "its territory" },
	{ 4, "class", FIELD_CODE, FIELD_REQUIRED, .codes = &class_codes, .help = "its class" },
};

static const struct field quota_fields[] = {
	{ 1, "keys", FIELD_UINT, 0, .min = 1, .max = LIMIT_KEYS_HARD,
	  .help = "live keys of an organisation in one collection and audience" },
	{ 2, "writes_day", FIELD_UINT, 0, .min = 1, .max = LIMIT_WRITES_DAY_HARD,
	  .help = "records of an organisation stamped within one day" },
	{ 3, "blob_bytes", FIELD_UINT, 0, .help = "bytes of an organisation's files" },
};

static const struct field fields[] = {
	{ CHARTER_PARENT, "parent", FIELD_HASH, 0, .help = "the charter it follows; absent in the first" },
	{ CHARTER_NAME, "name", FIELD_MLTEXT, FIELD_REQUIRED, .max = LIMIT_NAME, .help = "name of the network" },
	{ 34, "purpose", FIELD_MLTEXT, 0, .max = 4000, .help = "what the network is for" },
	{ 35, "sharing", FIELD_MLTEXT, 0, .max = 4000, .help = "what may be shared in it" },
	{ 36, "controller", FIELD_MLTEXT, 0, .max = 1000, .help = "who is responsible for the data" },
	{ 37, "complaints", FIELD_MLTEXT, 0, .max = 1000, .help = "whom to complain to, as a role" },
	{ 38, "data_protection", FIELD_MLTEXT, 0, .max = 1000, .help = "who answers about personal data, as a role" },
	{ CHARTER_COORDINATORS, "coordinators", FIELD_GROUP, FIELD_REQUIRED | FIELD_LIST, .max_count = LIMIT_COORDINATORS,
	  GROUP(coordinator_fields), .help = "who admits and suspends" },
	{ CHARTER_ADMIT, "admit", FIELD_UINT, FIELD_REQUIRED, .min = 1, .max = LIMIT_COORDINATORS,
	  .help = "how many coordinators must agree to admit" },
	{ CHARTER_QUOTAS, "quotas", FIELD_GROUP, 0, GROUP(quota_fields), .help = "maxima, where not the usual ones" },
	{ CHARTER_ROLL, "roll", FIELD_HASH, FIELD_LIST, .max_count = LIMIT_ROLLS,
	  .help = "hashes of the bodies of the rolls that belong to it, in ascending order" },
};

/* Two coordinators with one key would count twice. */
static bool
repeats_a_key(struct bytes list, const struct id *author, bool *out_has_author)
{
	struct id keys[LIMIT_COORDINATORS];
	struct cbor_reader in;

	*out_has_author = false;
	cbor_open(&in, list);
	for (size_t i = 0, n = cbor_array(&in); i < n && i < LIMIT_COORDINATORS; i++) {
		struct cbor_reader key;

		cbor_open(&key, body_get(cbor_any(&in), 1));
		cbor_fixed(&key, &keys[i], ID_LEN);
		*out_has_author |= id_equal(&keys[i], author);
		for (size_t k = 0; k < i; k++)
			if (id_equal(&keys[k], &keys[i]))
				return true;
	}
	return false;
}

static size_t
count_items(struct bytes list)
{
	struct cbor_reader in;

	if (list.len == 0)
		return 0;
	cbor_open(&in, list);
	return cbor_array(&in);
}

/* proto/membership.md section 1: a majority of n is floor(n/2)+1; the first charter has one coordinator, its author, and no roll. */
static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	struct bytes coordinators = body_get(r->body, CHARTER_COORDINATORS);
	size_t n = count_items(coordinators);
	uint64_t admit = 0;
	bool has_author;

	(void)k;
	body_uint(r->body, CHARTER_ADMIT, &admit);
	if (repeats_a_key(coordinators, &r->author, &has_author))
		return err_set(e, ERR_INPUT, "coordinators", "unique", "one organisation is named twice");
	if (admit > n / 2 + 1)
		return err_set(e, ERR_INPUT, "admit", "majority",
		    "at most %zu of %zu coordinators may be asked to agree", n / 2 + 1, n);
	if (body_get(r->body, CHARTER_PARENT).len > 0)
		return ERR_OK;
	if (n != 1 || !has_author)
		return err_set(e, ERR_INPUT, "coordinators", "first",
		    "the first charter has one coordinator, its author");
	if (body_get(r->body, CHARTER_ROLL).len > 0)
		return err_set(e, ERR_INPUT, "roll", "first", "the first charter has no roll");
	return ERR_OK;
}

const struct kind kind_charter = {
	KIND_CHARTER, "charter", "charters", KIND_LASTING | KIND_INTERNAL, AUTHOR_MEMBER,
	.max_body = LIMIT_RECORD - 1024, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = CHARTER_NAME, .check = check,
	.help = "the rules of the network and its coordinators",
	.example = "{\"name\":{\"en\":\"A made-up network\"},\"coordinators\":[{\"key\":\"org1zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygsk7v38t\","
	    "\"name\":\"Izmišljeni centar\",\"territory\":\"RS\",\"class\":\"cso\"}],\"admit\":1}",
};
