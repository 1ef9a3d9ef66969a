#include "node/member/body.h"

#include <stdlib.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/kind.h"
#include "proto/kinds/fields.h"

/*
 * A shape is a table of rows: the key, how its value is read, and where it goes. What is absent stays zero, so a
 * required field is one whose zero means "absent"; REQUIRED is checked by a bit a row.
 */
enum how { ID, TEXT, MLTEXT, LETTERS, WORD, UINT, IDS, TEXTS, GROUP, GROUPS };
struct shape;
struct row {
	uint64_t key;
	enum how how;
	bool required;
	size_t offset;
	size_t max;                      /* bytes of a text, items of a list; 0: no limit but the record's */
	const char *const *words;        /* WORD */
	const struct shape *shape;       /* GROUP, GROUPS */
};
struct shape {
	const struct row *rows;
	size_t count, size;
};
#define SHAPE(table, type) { table, sizeof(table) / sizeof *(table), sizeof(type) }

static const char *const class_words[] = { "cso", "institution", "observer", NULL };
static const char *const entry_words[] = { "active", "suspended", "removed", "succeeded", NULL };
static const char *const action_words[] = { "suspend", "reinstate", NULL };

#define AT(field) offsetof(struct body_coordinator, field)
static const struct row coordinator_rows[] = {
	{ 1, ID, true, AT(key), 0, NULL, NULL },
	{ 2, TEXT, true, AT(name), LIMIT_NAME, NULL, NULL },
	{ 3, LETTERS, true, AT(territory), 0, NULL, NULL },
	{ 4, WORD, true, AT(class), 0, class_words, NULL },
};
static const struct shape coordinator_shape = SHAPE(coordinator_rows, struct body_coordinator);
#undef AT
#define AT(field) offsetof(struct body_charter, field)
static const struct row quota_rows[] = {
	{ 1, UINT, false, AT(keys), 0, NULL, NULL },
	{ 2, UINT, false, AT(writes_day), 0, NULL, NULL },
};
static const struct shape quota_shape = SHAPE(quota_rows, struct body_charter);
static const struct row charter_rows[] = {
	{ CHARTER_PARENT, ID, false, AT(parent), 0, NULL, NULL },
	{ CHARTER_NAME, MLTEXT, true, AT(name), LIMIT_NAME, NULL, NULL },
	{ CHARTER_COORDINATORS, GROUPS, true, AT(coordinators), LIMIT_COORDINATORS, NULL, &coordinator_shape },
	{ CHARTER_ADMIT, UINT, false, AT(threshold), 0, NULL, NULL },
	{ CHARTER_QUOTAS, GROUP, false, 0, 0, NULL, &quota_shape },
	{ CHARTER_ROLL, IDS, false, AT(rolls), LIMIT_ROLLS, NULL, NULL },
};
static const struct shape charter_shape = SHAPE(charter_rows, struct body_charter);
#undef AT
#define AT(field) offsetof(struct body_entry, field)
static const struct row entry_rows[] = {
	{ 1, ID, true, AT(key), 0, NULL, NULL },
	{ 2, TEXT, true, AT(name), LIMIT_NAME, NULL, NULL },
	{ 3, LETTERS, true, AT(territory), 0, NULL, NULL },
	{ 4, WORD, true, AT(class), 0, class_words, NULL },
	{ 5, WORD, true, AT(state), 0, entry_words, NULL },
	{ 6, UINT, true, AT(since), 0, NULL, NULL },
	{ 7, ID, false, AT(successor), 0, NULL, NULL },
};
static const struct shape entry_shape = SHAPE(entry_rows, struct body_entry);
static const struct row roll_rows[] = {
	{ 40, GROUPS, false, offsetof(struct body_roll, entries), LIMIT_ROLL_ENTRIES, NULL, &entry_shape },
};
static const struct shape roll_shape = SHAPE(roll_rows, struct body_roll);
#undef AT
#define AT(field) offsetof(struct body_vote, field)
static const struct row approval_rows[] = {
	{ VOTE_CHARTER, ID, true, AT(charter), 0, NULL, NULL },
};
static const struct row admission_rows[] = {
	{ VOTE_CHARTER, ID, true, AT(charter), 0, NULL, NULL },
	{ VOTE_SUBJECT, ID, true, AT(subject), 0, NULL, NULL },
	{ 34, TEXT, true, AT(name), LIMIT_NAME, NULL, NULL },
	{ 35, LETTERS, true, AT(territory), 0, NULL, NULL },
	{ 36, WORD, true, AT(class), 0, class_words, NULL },
};
/* Reason and note are shown, they decide nothing: a code this version does not know is still a reason. */
static const struct row standing_rows[] = {
	{ VOTE_CHARTER, ID, true, AT(charter), 0, NULL, NULL },
	{ VOTE_SUBJECT, ID, true, AT(subject), 0, NULL, NULL },
	{ 34, WORD, true, AT(action), 0, action_words, NULL },
	{ 35, TEXT, false, AT(reason), 0, NULL, NULL },
	{ 37, TEXT, false, AT(note), 0, NULL, NULL },
};
static const struct row removal_rows[] = {
	{ VOTE_CHARTER, ID, true, AT(charter), 0, NULL, NULL },
	{ VOTE_SUBJECT, ID, true, AT(subject), 0, NULL, NULL },
	{ 35, TEXT, false, AT(reason), 0, NULL, NULL },
	{ 37, TEXT, false, AT(note), 0, NULL, NULL },
};
static const struct row succession_rows[] = {
	{ VOTE_CHARTER, ID, true, AT(charter), 0, NULL, NULL },
	{ SUCCESSION_NEW_KEY, ID, true, AT(new_key), 0, NULL, NULL },
	{ SUCCESSION_OLD_KEY, ID, true, AT(subject), 0, NULL, NULL },
};
static const struct {
	uint32_t kind;
	struct shape shape;
} votes[] = {
	{ KIND_APPROVAL, SHAPE(approval_rows, struct body_vote) },
	{ KIND_ADMISSION, SHAPE(admission_rows, struct body_vote) },
	{ KIND_STANDING, SHAPE(standing_rows, struct body_vote) },
	{ KIND_REMOVAL, SHAPE(removal_rows, struct body_vote) },
	{ KIND_SUCCESSION, SHAPE(succession_rows, struct body_vote) },
};
#undef AT
static const struct row machine_rows[] = {
	{ NODE_ITEM_ID, ID, true, offsetof(struct body_machine, node), 0, NULL, NULL },
	{ NODE_ITEM_MACHINE, ID, false, offsetof(struct body_machine, key), 0, NULL, NULL },
};
static const struct shape machine_shape = SHAPE(machine_rows, struct body_machine);
static const struct row dropped_rows[] = {
	{ 1, ID, true, offsetof(struct body_dropped, key), 0, NULL, NULL },
	{ 2, UINT, true, offsetof(struct body_dropped, end), 0, NULL, NULL },
};
static const struct shape dropped_shape = SHAPE(dropped_rows, struct body_dropped);
static const struct row node_rows[] = {
	{ NODE_NODES, GROUPS, false, offsetof(struct body_node, nodes), LIMIT_NODES, NULL, &machine_shape },
	{ NODE_RETURN, ID, false, offsetof(struct body_node, return_node), 0, NULL, NULL },
	{ NODE_DROPPED, GROUPS, false, offsetof(struct body_node, dropped), 0, NULL, &dropped_shape },
};
static const struct shape node_shape = SHAPE(node_rows, struct body_node);
static const struct row reach_rows[] = {
	{ REACH_ADDRESSES, TEXTS, false, offsetof(struct body_reach, addresses), LIMIT_ADDRESSES, NULL, NULL },
	{ REACH_NODE, ID, true, offsetof(struct body_reach, node), 0, NULL, NULL },
};
static const struct shape reach_shape = SHAPE(reach_rows, struct body_reach);

static void read_shape(struct cbor_reader *in, const struct shape *shape, uint8_t *out);

static void
limit(struct cbor_reader *in, const struct row *row, size_t len)
{
	if (row->max && len > row->max)
		cbor_fail(in, "maximum");
}

static struct bytes
read_text(struct cbor_reader *in, const struct row *row)
{
	struct bytes text = cbor_text(in);

	limit(in, row, text.len);
	return text;
}

/* [[tag, text, flags], ...]: the first is the source. */
static struct bytes
read_mltext(struct cbor_reader *in, const struct row *row)
{
	struct cbor_reader first;
	struct bytes text;

	cbor_open(&first, cbor_any(in));
	if (cbor_array(&first) == 0 || cbor_array(&first) < 2)
		cbor_fail(in, "item count");
	cbor_text(&first);
	text = read_text(&first, row);
	if (first.fault)
		cbor_fail(in, "mltext");
	return text;
}

/* Which codes exist may grow; two capital letters is what every version agrees on. */
static uint16_t
read_letters(struct cbor_reader *in)
{
	struct bytes t = cbor_text(in);

	if (t.len == 2 && t.p[0] >= 'A' && t.p[0] <= 'Z' && t.p[1] >= 'A' && t.p[1] <= 'Z')
		return TERRITORY(t.p[0], t.p[1]);
	cbor_fail(in, "territory");
	return 0;
}

static uint8_t
read_word(struct cbor_reader *in, const char *const *words)
{
	struct bytes t = cbor_text(in);

	for (uint8_t i = 0; words[i]; i++)
		if (bytes_equal(t, bytes_text(words[i])))
			return i;
	cbor_fail(in, "code");
	return 0;
}

static void
read_item(struct cbor_reader *in, const struct row *row, uint8_t *out)
{
	struct bytes text;

	switch (row->how) {
	case IDS:
		cbor_fixed(in, out, ID_LEN);
		break;
	case TEXTS:
		text = cbor_text(in);
		memcpy(out, &text, sizeof text);
		break;
	default:
		read_shape(in, row->shape, out);
	}
}

/* The array grows with what is really there: a count is only a claim. */
static void
read_list(struct cbor_reader *in, const struct row *row, uint8_t *out)
{
	size_t size = row->how == IDS ? sizeof(struct id) :
	    row->how == TEXTS ? sizeof(struct bytes) : row->shape->size;
	struct list list = { NULL, 0 };
	size_t cap = 0, n = cbor_array(in);

	limit(in, row, n);
	for (size_t i = 0; i < n && !in->fault; i++) {
		list.items = need_room(list.items, list.count, &cap, size);
		memset((uint8_t *)list.items + list.count * size, 0, size);
		read_item(in, row, (uint8_t *)list.items + list.count++ * size);
	}
	memcpy(out, &list, sizeof list);
}

static void
read_value(struct cbor_reader *in, const struct row *row, uint8_t *out)
{
	struct bytes text;
	uint16_t letters;
	uint64_t v;

	switch (row->how) {
	case ID:
		cbor_fixed(in, out, ID_LEN);
		break;
	case TEXT:
	case MLTEXT:
		text = row->how == TEXT ? read_text(in, row) : read_mltext(in, row);
		memcpy(out, &text, sizeof text);
		break;
	case LETTERS:
		letters = read_letters(in);
		memcpy(out, &letters, sizeof letters);
		break;
	case WORD:
		*out = read_word(in, row->words);
		break;
	case UINT:
		v = cbor_uint(in);
		memcpy(out, &v, sizeof v);
		break;
	case GROUP:
		read_shape(in, row->shape, out);
		break;
	case IDS:
	case TEXTS:
	case GROUPS:
		read_list(in, row, out);
		break;
	}
}

static void
read_shape(struct cbor_reader *in, const struct shape *shape, uint8_t *out)
{
	size_t n = cbor_map(in), i = 0;

	/* Keys ascend on both sides: one walk over the two. */
	for (size_t item = 0; item < n && !in->fault; item++) {
		uint64_t key = cbor_key(in);

		for (; i < shape->count && shape->rows[i].key < key; i++)
			if (shape->rows[i].required)
				cbor_fail(in, "required");
		if (i < shape->count && shape->rows[i].key == key)
			read_value(in, &shape->rows[i], out + shape->rows[i].offset), i++;
		else
			cbor_any(in);
	}
	for (; i < shape->count; i++)
		if (shape->rows[i].required)
			cbor_fail(in, "required");
}

/* Memberships are said by the organisation itself: what a machine signed, or what was withdrawn, has no body. */
static bool
read_body(const struct record *record, uint32_t kind, const struct shape *shape, void *out)
{
	struct cbor_reader in;

	memset(out, 0, shape->size);
	if (record->kind != kind || record->state != RECORD_LIVE || (record->by_machine && kind != KIND_REACH))
		return false;
	cbor_open(&in, record->body);
	read_shape(&in, shape, out);
	return cbor_close(&in, "body", NULL) == ERR_OK;
}

void
body_free(struct list *l)
{
	free(l->items);
	*l = (struct list){ NULL, 0 };
}

static bool
repeats(const struct list *coordinators)
{
	const struct body_coordinator *c = coordinators->items;

	for (size_t i = 0; i < coordinators->count; i++)
		for (size_t k = 0; k < i; k++)
			if (id_equal(&c[i].key, &c[k].key))
				return true;
	return false;
}

static uint64_t
quota(uint64_t said, uint64_t usual, uint64_t hard)
{
	return said == 0 ? usual : said > hard ? hard : said;
}

/* "default 1 below three coordinators, else 2; at least 1, at most a majority" (section 2) */
bool
body_charter(const struct record *record, struct body_charter *out)
{
	size_t n;
	bool ok;

	ok = read_body(record, KIND_CHARTER, &charter_shape, out);
	n = out->coordinators.count;
	if (ok && out->threshold == 0)
		out->threshold = n < 3 ? 1 : 2;
	if (!ok || n == 0 || repeats(&out->coordinators) || out->threshold > majority_of(n) ||
	    (id_is_zero(&out->parent) && (n != 1 || out->rolls.count > 0))) {
		body_free(&out->coordinators);
		body_free(&out->rolls);
		return false;
	}
	out->keys = quota(out->keys, LIMIT_KEYS, LIMIT_KEYS_HARD);
	out->writes_day = quota(out->writes_day, LIMIT_WRITES_DAY, LIMIT_WRITES_DAY_HARD);
	return true;
}

/* Hours are added to later: beyond the year 100,000 there is nothing to count. */
bool
body_roll(const struct record *record, struct body_roll *out)
{
	bool ok = read_body(record, KIND_ROLL, &roll_shape, out);
	const struct body_entry *entries = out->entries.items;

	for (size_t i = 0; ok && i < out->entries.count; i++)
		ok = entries[i].since < 1ull << 30;
	if (!ok)
		body_free(&out->entries);
	return ok;
}

bool
body_vote(const struct record *record, struct body_vote *out)
{
	for (size_t i = 0; i < sizeof votes / sizeof *votes; i++)
		if (votes[i].kind == record->kind)
			return read_body(record, record->kind, &votes[i].shape, out);
	return false;
}

bool
body_node(const struct record *record, struct body_node *out)
{
	bool ok = read_body(record, KIND_NODE, &node_shape, out);

	for (size_t i = 0; ok && i < UUID_LEN; i++)
		ok = record->name.b[i] == 0;
	if (!ok) {
		body_free(&out->nodes);
		body_free(&out->dropped);
	}
	return ok;
}

bool
body_reach(const struct record *record, struct body_reach *out)
{
	bool ok = read_body(record, KIND_REACH, &reach_shape, out);

	ok = ok && memcmp(record->name.b, out->node.b, UUID_LEN) == 0;
	if (!ok)
		body_free(&out->addresses);
	return ok;
}

bool
body_names(const struct record *record, struct id *out)
{
	struct cbor_reader in;
	bool found = false;

	if (record->state != RECORD_LIVE || record->by_machine)
		return false;
	cbor_open(&in, record->body);
	for (size_t i = 0, n = cbor_map(&in); i < n && !in.fault; i++) {
		if (cbor_key(&in) == VOTE_CHARTER) {
			cbor_fixed(&in, out, ID_LEN);
			found = true;
		} else {
			cbor_any(&in);
		}
	}
	return cbor_close(&in, "body", NULL) == ERR_OK && found;
}
