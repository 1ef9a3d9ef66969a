#include "node/service/sealed.h"

#include "node/service/entry.h"
#include "proto/cbor.h"
#include "proto/kinds/fields.h"

#include <string.h>

#define BLOCK 1024
#define WORDS_MOST (4 * BLOCK)
#define READERS_MOST 17

/* --- what it is bound to --- */

static void
context_of(const struct node *n, const struct id *author, const struct uuid *name, struct buf *out)
{
	buf_put_text(out, "kilim/1 letter");
	buf_put(out, records_network(n->records)->b, ID_LEN);
	buf_put(out, author->b, ID_LEN);
	buf_put(out, name->b, UUID_LEN);
}

/* --- readers --- */

struct readers {
	struct id list[READERS_MOST];
	uint8_t keys[READERS_MOST][BOX_KEY];
	size_t count;
};

static void
add_reader(struct readers *r, const struct id *who, const uint8_t key[BOX_KEY])
{
	if (r->count == READERS_MOST)
		return;
	r->list[r->count] = *who;
	memcpy(r->keys[r->count++], key, BOX_KEY);
}

/* The key that the organisation's own record tells; false: its node is of an older version. */
static bool
find_key(struct node *n, struct store_txn *t, const struct id *who, uint8_t out[BOX_KEY])
{
	static const struct uuid zero;
	struct verified v;
	struct cbor_reader r;
	struct bytes item, key = { NULL, 0 };

	if (!records_live(n->records, t, KIND_NODE, who, &zero, &v) || v.record.state != RECORD_LIVE)
		return false;
	item = body_get(v.record.body, NODE_BOX_KEY);
	cbor_open(&r, item);
	if (item.len && cbor_peek(&r) == CBOR_BYTES)
		key = cbor_bytes(&r);
	if (key.len != BOX_KEY)
		return false;
	memcpy(out, key.p, BOX_KEY);
	return true;
}

static void
find_readers(struct node *n, struct store_txn *t, struct readers *out)
{
	const struct membership *m = records_membership(n->records);
	const struct id *own = &n->home->organisation.public_key;
	uint8_t key[BOX_KEY];

	for (size_t i = 0; m && i < membership_count(m); i++) {
		const struct member *who = membership_at(m, i);

		if (who->coordinator && who->state == MEMBER_ACTIVE && !id_equal(&who->key, own) && find_key(n, t, &who->key, key))
			add_reader(out, &who->key, key);
	}
}

/* --- writing --- */

static bool
about_of(struct bytes flag, struct reference *out)
{
	struct bytes item = body_get(flag, FLAG_ABOUT);
	struct cbor_reader r;

	cbor_open(&r, item);
	if (item.len == 0 || cbor_peek(&r) != CBOR_ARRAY)
		return false;
	cbor_array_of(&r, 2);
	cbor_fixed(&r, out->author.b, ID_LEN);
	cbor_fixed(&r, out->name.b, UUID_LEN);
	return r.fault == NULL;
}

static bool
is_coordinator(const struct node *n, const struct id *who)
{
	const struct membership *m = records_membership(n->records);
	const struct member *member = m ? membership_find(m, who) : NULL;

	return member && member->coordinator;
}

static void
put_boxes(const struct readers *r, const uint8_t key[LOCK_KEY], struct buf *out)
{
	uint8_t sealed[READERS_MOST][BOX_SEALED];
	size_t count = 0, at[READERS_MOST];

	for (size_t i = 0; i < r->count; i++)
		if (box_seal(r->keys[i], key, sealed[i]))
			at[count++] = i;
	cbor_put_uint(out, LETTER_BOXES);
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++) {
		cbor_put_map(out, 2);
		cbor_put_uint(out, LETTER_BOX_TO);
		cbor_put_bytes(out, (struct bytes){ r->list[at[i]].b, ID_LEN });
		cbor_put_uint(out, LETTER_BOX_KEY);
		cbor_put_bytes(out, (struct bytes){ sealed[at[i]], BOX_SEALED });
	}
}

/* Length 2, words, zeros to a whole block. */
static void
pad(struct bytes words, struct buf *out)
{
	size_t whole = (2 + words.len + BLOCK - 1) / BLOCK * BLOCK;

	buf_put_u8(out, (uint8_t)(words.len >> 8));
	buf_put_u8(out, (uint8_t)words.len);
	buf_put_bytes(out, words);
	while (out->len < whole)
		buf_put_u8(out, 0);
}

enum err_code
sealed_make(struct node *n, struct store_txn *t, const struct uuid *name, struct bytes flag, struct buf *out, struct err *e)
{
	const struct id *own = &n->home->organisation.public_key;
	struct buf context = { 0 }, words = { 0 }, locked = { 0 };
	struct readers readers = { .count = 0 };
	uint8_t key[LOCK_KEY];
	struct reference about;
	struct box_key ours;

	if (!about_of(flag, &about) || is_coordinator(n, &about.author))
		return err_set(e, ERR_DENIED, "to", "coordinator",
		    "the entry is a coordinator's, who would read it; speak with another coordinator");
	find_readers(n, t, &readers);
	if (readers.count == 0)
		return err_set(e, ERR_MISSING, "to", "coordinator", "no other coordinator's node has told its key for letters yet");
	if (2 + flag.len > WORDS_MOST)
		return err_set(e, ERR_LIMIT, "to", "size", "%zu bytes are too many; %d is the most", flag.len, WORDS_MOST - 2);
	box_key_from_seed(n->home->organisation.seed, &ours);
	add_reader(&readers, own, ours.public_key);
	wipe(&ours, sizeof(ours));
	lock_key_new(key);
	pad(flag, &words);
	context_of(n, own, name, &context);
	lock_words(key, buf_bytes(&context), buf_bytes(&words), &locked);
	cbor_put_map(out, 2);
	put_boxes(&readers, key, out);
	cbor_put_uint(out, LETTER_LOCKED);
	cbor_put_bytes(out, buf_bytes(&locked));
	wipe(key, sizeof(key));
	wipe(words.p, words.len);
	buf_free(&context);
	buf_free(&words);
	buf_free(&locked);
	return ERR_OK;
}

/* --- reading --- */

struct opening {
	const struct box_key *ours;
	const struct id *own;
	uint8_t key[LOCK_KEY];
	bool opened;
};

/* The box that names us: { to, key }. */
static void
try_box(struct opening *o, struct cbor_reader *r)
{
	struct bytes to = { NULL, 0 }, sealed = { NULL, 0 };

	for (size_t left = cbor_map(r); left > 0 && r->fault == NULL; left--) {
		uint64_t number = cbor_uint(r);

		if (number == LETTER_BOX_TO && cbor_peek(r) == CBOR_BYTES)
			to = cbor_bytes(r);
		else if (number == LETTER_BOX_KEY && cbor_peek(r) == CBOR_BYTES)
			sealed = cbor_bytes(r);
		else
			cbor_any(r);
	}
	if (!o->opened && to.len == ID_LEN && memcmp(to.p, o->own->b, ID_LEN) == 0 && sealed.len == BOX_SEALED)
		o->opened = box_open(o->ours, sealed.p, o->key);
}

static bool
find_box(struct opening *o, struct bytes body)
{
	struct bytes item = body_get(body, LETTER_BOXES);
	struct cbor_reader r;

	cbor_open(&r, item);
	if (item.len == 0 || cbor_peek(&r) != CBOR_ARRAY)
		return false;
	for (size_t left = cbor_array(&r); left > 0 && cbor_peek(&r) == CBOR_MAP; left--)
		try_box(o, &r);
	return o->opened;
}

/* The words without their padding; empty: they are no padded words. */
static struct bytes
unpad(struct bytes padded)
{
	size_t len = padded.len >= 2 ? (size_t)padded.p[0] << 8 | padded.p[1] : SIZE_MAX;

	return padded.len >= 2 && len <= padded.len - 2 ? (struct bytes){ padded.p + 2, len } : (struct bytes){ NULL, 0 };
}

/* By the table of flags, as if it were an open one of the letter's author. */
static bool
is_flag(const struct verified *letter, struct bytes words)
{
	struct record r = letter->record;

	r.kind = KIND_FLAG;
	r.body = words;
	return words.len > 0 && cbor_check(words, "flag", NULL) == ERR_OK && kind_check(kind_find(KIND_FLAG), &r, NULL) == ERR_OK;
}

bool
sealed_open(const struct node *n, const struct verified *letter, struct buf *out)
{
	struct bytes item = body_get(letter->record.body, LETTER_LOCKED);
	struct buf context = { 0 }, padded = { 0 };
	struct box_key ours;
	struct opening o = { &ours, &n->home->organisation.public_key, { 0 }, false };
	struct bytes words = { NULL, 0 };
	struct cbor_reader r;

	box_key_from_seed(n->home->organisation.seed, &ours);
	cbor_open(&r, item);
	if (item.len && cbor_peek(&r) == CBOR_BYTES && find_box(&o, letter->record.body)) {
		context_of(n, &letter->record.author, &letter->record.name, &context);
		if (unlock_words(o.key, buf_bytes(&context), cbor_bytes(&r), &padded))
			words = unpad(buf_bytes(&padded));
		if (!is_flag(letter, words))
			words.len = 0;
		buf_put_bytes(out, words);
	}
	wipe(&ours, sizeof(ours));
	wipe(o.key, sizeof(o.key));
	wipe(padded.p, padded.len);
	buf_free(&padded);
	buf_free(&context);
	return words.len > 0;
}

cJSON *
sealed_json(struct node *n, const struct view_context *c, const struct verified *letter)
{
	const struct kind *flag = kind_find(KIND_FLAG);
	struct verified shown = *letter;
	struct buf words = { 0 };
	cJSON *o = NULL;
	struct view w;

	if (letter->record.state == RECORD_LIVE && sealed_open(n, letter, &words)) {
		shown.record.kind = KIND_FLAG;
		shown.record.body = buf_bytes(&words);
		view_of(c, flag, &shown, &w);
		o = entry_json(n, c, flag, &shown, &w);
		cJSON_ReplaceItemInObjectCaseSensitive(o, "audience", cJSON_CreateString("coordinators"));
	}
	wipe(words.p, words.len);
	buf_free(&words);
	return o;
}
