#include "node/service/invites.h"

#include "node/crypto/crypto.h"
#include "proto/calendar.h"
#include "proto/cbor.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS 15
/* A used invite stays open for its one certificate until the guest's records are in, at most this long. */
#define GUEST_DAYS 30

static const char *const state_words[INVITE_STATES] = {
	"open", "asking", "accepted", "used", "refused", "closed",
};

const char *
invite_state_word(enum invite_state s)
{
	return state_words[s];
}

static struct bytes
view(const void *p, size_t len)
{
	return (struct bytes){ p, len };
}

enum err_code
invite_save(struct store *s, const struct invite_row *r, struct err *e)
{
	struct store_txn *t = store_write(s);
	struct buf row = { 0 };
	enum err_code rc;

	cbor_put_array(&row, FIELDS);
	cbor_put_bytes(&row, view(r->secret, sizeof(r->secret)));
	cbor_put_text(&row, bytes_text(r->name));
	cbor_put_uint(&row, r->territory);
	cbor_put_uint(&row, r->member_class);
	cbor_put_bool(&row, r->automatic);
	cbor_put_int(&row, r->expires_ms);
	cbor_put_uint(&row, r->state);
	cbor_put_uint(&row, r->tries);
	cbor_put_bytes(&row, view(r->guest_node.b, ID_LEN));
	cbor_put_bytes(&row, view(r->guest.b, ID_LEN));
	cbor_put_text(&row, bytes_text(r->guest_name));
	cbor_put_uint(&row, r->guest_territory);
	cbor_put_uint(&row, r->guest_class);
	cbor_put_bytes(&row, buf_bytes(&r->node));
	cbor_put_bytes(&row, buf_bytes(&r->reach));
	txn_reserved(t);
	txn_put(t, STORE_INVITE, view(r->id, sizeof(r->id)), buf_bytes(&row));
	rc = txn_commit(&t, e);
	wipe(row.p, row.len);
	buf_free(&row);
	return rc;
}

static void
read_name(struct cbor_reader *in, char out[LIMIT_NAME + 1])
{
	struct bytes text = cbor_text(in);

	if (text.len > LIMIT_NAME) {
		cbor_fail(in, "length of a name");
		return;
	}
	memcpy(out, text.p ? text.p : (const uint8_t *)"", text.len);
	out[text.len] = 0;
}

static struct invite_row *
read_row(struct bytes id, struct bytes value)
{
	struct invite_row *r = need_zeroed(1, sizeof(*r));
	struct cbor_reader in;
	uint64_t state, class, guest_class;

	cbor_open(&in, value);
	cbor_array_of(&in, FIELDS);
	cbor_fixed(&in, r->secret, sizeof(r->secret));
	read_name(&in, r->name);
	r->territory = (uint16_t)cbor_uint(&in);
	class = cbor_uint(&in);
	r->automatic = cbor_bool(&in);
	r->expires_ms = cbor_int(&in);
	state = cbor_uint(&in);
	r->tries = (unsigned)cbor_uint(&in);
	cbor_fixed(&in, r->guest_node.b, ID_LEN);
	cbor_fixed(&in, r->guest.b, ID_LEN);
	read_name(&in, r->guest_name);
	r->guest_territory = (uint16_t)cbor_uint(&in);
	guest_class = cbor_uint(&in);
	buf_put_bytes(&r->node, cbor_bytes(&in));
	buf_put_bytes(&r->reach, cbor_bytes(&in));
	if (id.len != INVITE_ID || state >= INVITE_STATES || class > CLASS_OBSERVER || guest_class > CLASS_OBSERVER ||
	    cbor_close(&in, "invite", NULL)) {
		invites_free(r);
		return NULL;
	}
	memcpy(r->id, id.p, INVITE_ID);
	r->state = (enum invite_state)state;
	r->member_class = (enum member_class)class;
	r->guest_class = (enum member_class)guest_class;
	return r;
}

struct invite_row *
invites_load(struct store *s)
{
	struct store_txn *t = store_read(s);
	struct store_cursor *c = cursor_open(t, STORE_INVITE);
	struct bytes all = { 0 };
	struct invite_row *first = NULL;

	for (bool more = cursor_seek(c, all, all); more; more = cursor_next(c)) {
		struct invite_row *r = read_row(cursor_key(c), cursor_value(c));

		if (r == NULL)
			continue;
		r->next = first;
		first = r;
	}
	cursor_close(c);
	txn_abort(&t);
	return first;
}

void
invites_free(struct invite_row *first)
{
	while (first) {
		struct invite_row *r = first;

		first = r->next;
		buf_free(&r->node);
		buf_free(&r->reach);
		wipe(r->secret, sizeof(r->secret));
		free(r);
	}
}

bool
invite_is_open(const struct invite_row *r, int64_t now_ms)
{
	switch (r->state) {
	case INVITE_OPEN: return now_ms < r->expires_ms;
	case INVITE_ASKING:
	case INVITE_ACCEPTED: return now_ms < r->expires_ms + GUEST_DAYS * DAY_MS;
	default: return false;
	}
}

void
invite_words(const struct invite_row *r, const struct id *inviter, struct words *out)
{
	struct join j = { .joiner_node = r->guest_node, .inviter_node = *inviter, .organisation = r->guest,
		.name = bytes_text(r->guest_name), .territory = r->guest_territory, .class = r->guest_class };

	join_words(&j, out);
}

void
invite_words_json(cJSON *o, const struct words *w)
{
	cJSON *latin = cJSON_AddArrayToObject(o, "words"), *cyrillic = cJSON_AddArrayToObject(o, "words_cyrillic");

	for (int i = 0; i < WORDS; i++) {
		cJSON_AddItemToArray(latin, cJSON_CreateString(w->latin[i]));
		cJSON_AddItemToArray(cyrillic, cJSON_CreateString(w->cyrillic[i]));
	}
	cJSON_AddStringToObject(o, "digits", w->digits);
}
