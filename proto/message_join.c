#include "proto/message.h"

#include "proto/cbor.h"
#include "proto/limits.h"

enum { JOIN_INVITE = 1, JOIN_ORGANISATION, JOIN_NAME, JOIN_TERRITORY, JOIN_CLASS, JOIN_MAC, JOIN_SIGNATURE,
	JOIN_NODE, JOIN_REACH };
#define REQUEST 0xfeu                /* bits of the keys that a request has: JOIN_INVITE to JOIN_SIGNATURE */
#define CLASS_LAST 2                 /* enum member_class */
#define JOINED_FIELDS 4
#define REASON_MOST 320              /* bytes */

void
message_join_write(const struct message_join *m, struct buf *out)
{
	char territory[2] = { (char)(m->territory >> 8), (char)m->territory };
	uint64_t pairs = (m->has_request ? 7u : 0u) + (m->has_records ? (m->reach.len ? 2u : 1u) : 0u);

	cbor_put_map(out, pairs);
	if (m->has_request) {
		cbor_put_uint(out, JOIN_INVITE);
		cbor_put_bytes(out, BYTES_OF(m->invite));
		cbor_put_uint(out, JOIN_ORGANISATION);
		cbor_put_bytes(out, BYTES_OF(m->organisation));
		cbor_put_uint(out, JOIN_NAME);
		cbor_put_text(out, m->name);
		cbor_put_uint(out, JOIN_TERRITORY);
		cbor_put_text(out, (struct bytes){ (const uint8_t *)territory, 2 });
		cbor_put_uint(out, JOIN_CLASS);
		cbor_put_uint(out, m->member_class);
		cbor_put_uint(out, JOIN_MAC);
		cbor_put_bytes(out, BYTES_OF(m->mac));
		cbor_put_uint(out, JOIN_SIGNATURE);
		cbor_put_bytes(out, BYTES_OF(m->signature));
	}
	if (m->has_records) {
		cbor_put_uint(out, JOIN_NODE);
		cbor_put_bytes(out, m->node);
		if (m->reach.len) {
			cbor_put_uint(out, JOIN_REACH);
			cbor_put_bytes(out, m->reach);
		}
	}
}

static void
read_territory(struct cbor_reader *r, uint16_t *out)
{
	struct bytes t = cbor_text(r);

	if (t.len != 2)
		cbor_fail(r, "territory of two letters");
	else
		*out = get_u16(t.p);
}

static void
read_class(struct cbor_reader *r, uint8_t *out)
{
	uint64_t value = cbor_uint(r);

	if (value > CLASS_LAST)
		cbor_fail(r, "class");
	*out = (uint8_t)value;
}

static void
read_field(struct cbor_reader *r, uint64_t key, struct message_join *m)
{
	switch (key) {
	case JOIN_INVITE: cbor_fixed(r, m->invite, sizeof(m->invite)); break;
	case JOIN_ORGANISATION: cbor_fixed(r, m->organisation.b, ID_LEN); break;
	case JOIN_NAME: m->name = cbor_text(r); break;
	case JOIN_TERRITORY: read_territory(r, &m->territory); break;
	case JOIN_CLASS: read_class(r, &m->member_class); break;
	case JOIN_MAC: cbor_fixed(r, m->mac, sizeof(m->mac)); break;
	case JOIN_SIGNATURE: cbor_fixed(r, m->signature, sizeof(m->signature)); break;
	case JOIN_NODE: m->node = cbor_bytes(r); break;
	case JOIN_REACH: m->reach = cbor_bytes(r); break;
	default: cbor_fail(r, "known keys"); break;
	}
}

enum err_code
message_join_read(struct bytes in, struct message_join *out, struct err *e)
{
	struct message_join m = { 0 };
	struct cbor_reader r;
	uint64_t seen = 0;
	size_t pairs;

	cbor_open(&r, in);
	pairs = cbor_map(&r);
	for (size_t i = 0; i < pairs && !r.fault; i++) {
		uint64_t key = cbor_key(&r);

		read_field(&r, key, &m);
		if (!r.fault)
			seen |= UINT64_C(1) << key;
	}
	m.has_request = (seen & REQUEST) == REQUEST;
	m.has_records = seen >> JOIN_NODE & 1;
	if ((!m.has_request && (seen & REQUEST)) || !(m.has_request || m.has_records))
		cbor_fail(&r, "all fields of a request, or records");
	if (m.has_request && (m.name.len == 0 || m.name.len > LIMIT_NAME))
		cbor_fail(&r, "length of the name");
	if (cbor_close(&r, "join", e))
		return ERR_INPUT;
	*out = m;
	return ERR_OK;
}

static const char *const join_words[JOIN_STATES] = { "waiting", "admitted", "refused" };

const char *
join_state_word(enum join_state s)
{
	return join_words[s];
}

void
message_joined_write(const struct message_joined *m, struct buf *out)
{
	cbor_put_array(out, JOINED_FIELDS);
	cbor_put_bytes(out, BYTES_OF(m->network));
	cbor_put_bytes(out, BYTES_OF(m->charter));
	cbor_put_uint(out, m->state);
	cbor_put_text(out, m->reason);
}

enum err_code
message_joined_read(struct bytes in, struct message_joined *out, struct err *e)
{
	struct message_joined m;
	struct cbor_reader r;
	uint64_t state;

	cbor_open(&r, in);
	cbor_array_of(&r, JOINED_FIELDS);
	cbor_fixed(&r, m.network.b, ID_LEN);
	cbor_fixed(&r, m.charter.b, ID_LEN);
	state = cbor_uint(&r);
	if (state >= JOIN_STATES)
		cbor_fail(&r, "state");
	m.state = (enum join_state)state;
	m.reason = cbor_text(&r);
	if (m.reason.len > REASON_MOST)
		cbor_fail(&r, "length of the reason");
	if (cbor_close(&r, "joined", e))
		return ERR_INPUT;
	*out = m;
	return ERR_OK;
}
