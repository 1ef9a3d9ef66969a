/*
 * member_attack - a real member of the network, with its own keys and a session of its own, that serves what no honest
 * node would.
 *
 *   member_attack rows                                  every refusal and the attack that provokes it; 1: one has none
 *   member_attack HOME ADDRESS ATTACK [OTHER-HOME]      HOME is a member whose node is stopped; OTHER-HOME lends its key
 *
 * For an attack on records it greets the victim, offers short ids, and answers /records with what the attack made. Every
 * forged entry is named "Kukavičje jaje". At the end one line of what happened. Exit 0: the attack was carried out; what
 * the victim did with it, it must be asked itself. 4: the victim lets this node in no more. 1: anything else.
 */
#include "node/member/invite.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/message.h"
#include "proto/stamp.h"
#include "tests/lib/member.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINGER_MS 300
#define BUSY_MS 5000            /* the victim may have something else to do for so long, before it asks for the rest */
#define SILENCE_MS 30
#define MARK "Kukavičje jaje"
#define TRAIN 20000
#define BATCH 60

/* What is offered at once. */
struct batch {
	bucket_id bucket;
	struct buf ids;
};

/* What is served when it is asked for. */
struct piece {
	uint8_t id[8];
	size_t at, len;              /* in the shelf */
};

struct attacker {
	struct member_session m;
	struct home other;
	bool has_other;
	struct batch *batches;
	size_t count;
	struct piece *pieces;
	size_t piece_count, piece_cap;
	struct buf shelf;
	bool asked;                          /* for what was offered last */
	size_t given;                        /* ids that were asked for */
};

static int64_t
now_ms(void)
{
	return world_now_ms(&world_real);
}

/* --- making records --- */

static struct batch *
new_batch(struct attacker *a, bucket_id bucket)
{
	a->batches = need_realloc(a->batches, (a->count + 1) * sizeof(*a->batches));
	a->batches[a->count] = (struct batch){ .bucket = bucket };
	return &a->batches[a->count++];
}

static bucket_id
directory(void)
{
	return bucket_make(COLLECTION_DIRECTORY, TERRITORY('R', 'S'), AUDIENCE_PUBLIC);
}

/* Under its own short id, or a made-up one where the bytes are no record. */
static void
shelve(struct attacker *a, struct batch *b, const struct id *id, struct bytes envelope)
{
	struct piece *p;
	uint8_t short_id[8];

	if (id)
		records_short(a->m.records, id, short_id);
	else
		world_random(&world_real, short_id, sizeof(short_id));
	buf_put(&b->ids, short_id, sizeof(short_id));
	if (a->piece_count == a->piece_cap) {
		a->piece_cap = a->piece_cap ? a->piece_cap * 2 : 64;
		a->pieces = need_realloc(a->pieces, a->piece_cap * sizeof(*a->pieces));
	}
	p = &a->pieces[a->piece_count++];
	*p = (struct piece){ .at = a->shelf.len, .len = envelope.len };
	memcpy(p->id, short_id, sizeof(short_id));
	buf_put_bytes(&a->shelf, envelope);
}

static void
entry_body(struct buf *out)
{
	cbor_put_map(out, 3);
	cbor_put_uint(out, 32);
	cbor_put_text(out, bytes_text("listed"));
	cbor_put_uint(out, 33);
	cbor_put_array(out, 1);
	cbor_put_array(out, 3);
	cbor_put_text(out, bytes_text("en"));
	cbor_put_text(out, bytes_text(MARK));
	cbor_put_uint(out, 0);
	cbor_put_uint(out, 34);
	cbor_put_array(out, 1);
	cbor_put_text(out, bytes_text("RS"));
}

static struct record
entry(const struct sign_key *author, int64_t unix_ms, const struct buf *body)
{
	struct record r = { .author = author->public_key, .kind = KIND_ORGANISATION,
		.stamp = stamp_make(unix_ms, 0), .audience = AUDIENCE_PUBLIC, .body = buf_bytes(body) };

	world_random(&world_real, r.name.b, sizeof(r.name.b));
	return r;
}

static void
put_signed(struct attacker *a, struct batch *b, const struct record *r, const struct id *network,
    const struct sign_key *k)
{
	struct sign_key key = *k;
	struct buf envelope = { 0 };
	struct err e = { 0 };
	struct id id;

	struct unverified u;

	if (envelope_sign(r, network, &crypto_envelope, sign_for, &key, &envelope, &id, &e))
		member_give_up("signing", &e);
	/* Announced under the id that the victim will compute: what was not asked for is not even looked at. */
	if (envelope_read(buf_bytes(&envelope), records_network(a->m.records), &crypto_envelope, &u, NULL) == ERR_OK)
		id = u.id;
	shelve(a, b, &id, buf_bytes(&envelope));
	buf_free(&envelope);
}

static const struct id *
network(const struct attacker *a)
{
	return records_network(a->m.records);
}

static const struct sign_key *
own_key(const struct attacker *a)
{
	return &a->m.home.organisation;
}

static const struct sign_key *
lent_key(const struct attacker *a)
{
	if (!a->has_other)
		member_give_up("this attack needs OTHER-HOME", NULL);
	return &a->other.organisation;
}

/* --- the attacks on records; each shelves what no honest node would offer --- */

static void
dated(struct attacker *a, int64_t ahead_ms)
{
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(own_key(a), now_ms() + ahead_ms, &body);
	put_signed(a, new_batch(a, directory()), &r, network(a), own_key(a));
	buf_free(&body);
}

static void
make_future(struct attacker *a)
{
	dated(a, 25 * HOUR_MS);
}

static void
make_future_aside(struct attacker *a)
{
	dated(a, 2 * HOUR_MS);
}

static void
make_past(struct attacker *a)
{
	dated(a, -(400 + 32) * 24 * HOUR_MS);
}

static void
make_signature(struct attacker *a)
{
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(lent_key(a), now_ms(), &body);
	put_signed(a, new_batch(a, directory()), &r, network(a), own_key(a));
	buf_free(&body);
}

static void
make_network(struct attacker *a)
{
	struct id elsewhere = { { 1 } };
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(own_key(a), now_ms(), &body);
	put_signed(a, new_batch(a, directory()), &r, &elsewhere, own_key(a));
	buf_free(&body);
}

/* Three forged ones in one answer: enough to be shut out. */
static void
make_ban(struct attacker *a)
{
	struct batch *b = new_batch(a, directory());
	struct buf body = { 0 };

	entry_body(&body);
	for (int i = 0; i < 3; i++) {
		struct record r = entry(lent_key(a), now_ms() + i, &body);

		put_signed(a, b, &r, network(a), own_key(a));
	}
	buf_free(&body);
}

/* COSE by hand, so that it can be wrong: the tag in two bytes where one does, or a payload of our choice. */
static void
put_raw(struct attacker *a, bool long_tag, struct bytes payload)
{
	static const uint8_t protected_header[] = { 0xa1, 0x01, 0x27 }, two_byte_tag[] = { 0xd8, 18 };
	uint8_t signature[64] = { 0 };
	struct buf out = { 0 };

	if (long_tag)
		buf_put(&out, two_byte_tag, sizeof(two_byte_tag));
	else
		cbor_put_tag(&out, 18);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, (struct bytes){ protected_header, sizeof(protected_header) });
	cbor_put_map(&out, 0);
	cbor_put_bytes(&out, payload);
	cbor_put_bytes(&out, (struct bytes){ signature, sizeof(signature) });
	shelve(a, new_batch(a, directory()), NULL, buf_bytes(&out));
	buf_free(&out);
}

static void
make_structure(struct attacker *a)
{
	struct buf payload = { 0 };

	cbor_put_map(&payload, 1);
	cbor_put_uint(&payload, 2);
	cbor_put_uint(&payload, KIND_ORGANISATION);
	put_raw(a, false, buf_bytes(&payload));
	buf_free(&payload);
}

/* The only fault of this one is that its tag is longer than it must be; or that a key stands twice in the payload. */
static void
make_canonical(struct attacker *a)
{
	static const uint8_t twice[] = { 0xa2, 2, 1, 2, 1 };

	put_raw(a, false, (struct bytes){ twice, sizeof(twice) });
}

static void
make_long_tag(struct attacker *a)
{
	static const uint8_t map[] = { 0xa1, 2, 1 };

	put_raw(a, true, (struct bytes){ map, sizeof(map) });
}

static void
make_size(struct attacker *a)
{
	uint8_t *zeros = need_zeroed(LIMIT_RECORD, 1);

	put_raw(a, false, (struct bytes){ zeros, LIMIT_RECORD });
	free(zeros);
}

static void
make_older(struct attacker *a)
{
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(own_key(a), now_ms(), &body);
	put_signed(a, new_batch(a, directory()), &r, network(a), own_key(a));
	r.stamp = stamp_make(now_ms() - HOUR_MS, 0);
	put_signed(a, new_batch(a, directory()), &r, network(a), own_key(a));
	buf_free(&body);
}

/* First the erasure, then what it erases. */
static void
make_erased(struct attacker *a)
{
	struct buf body = { 0 }, erasure = { 0 };
	struct record r, e;
	struct id key;

	entry_body(&body);
	r = entry(own_key(a), now_ms() - HOUR_MS, &body);
	record_key(&r, &crypto_envelope, &key);
	cbor_put_map(&erasure, 3);
	cbor_put_uint(&erasure, 32);
	cbor_put_bytes(&erasure, (struct bytes){ key.b, ID_LEN });
	cbor_put_uint(&erasure, 33);
	cbor_put_uint(&erasure, r.stamp);
	cbor_put_uint(&erasure, 34);
	cbor_put_text(&erasure, bytes_text("key"));
	e = entry(own_key(a), now_ms(), &erasure);
	e.kind = KIND_ERASURE;
	put_signed(a, new_batch(a, 0), &e, network(a), own_key(a));
	put_signed(a, new_batch(a, directory()), &r, network(a), own_key(a));
	buf_free(&body);
	buf_free(&erasure);
}

static void
make_stranger(struct attacker *a)
{
	struct sign_key nobody;
	struct buf body = { 0 };
	struct record r;

	sign_key_new(&nobody);
	entry_body(&body);
	r = entry(&nobody, now_ms(), &body);
	put_signed(a, new_batch(a, directory()), &r, network(a), &nobody);
	buf_free(&body);
}

/* OTHER-HOME is a member that is suspended. */
static void
make_not_active(struct attacker *a)
{
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(lent_key(a), now_ms(), &body);
	put_signed(a, new_batch(a, directory()), &r, network(a), lent_key(a));
	buf_free(&body);
}

/* OTHER-HOME is a member of another class than cso. */
static void
make_audience(struct attacker *a)
{
	struct buf body = { 0 };
	struct record r;

	entry_body(&body);
	r = entry(lent_key(a), now_ms(), &body);
	r.audience = AUDIENCE_CSO;
	put_signed(a, new_batch(a, directory()), &r, network(a), lent_key(a));
	buf_free(&body);
}

/* A vote to admit a friend, by one who is no coordinator. */
static void
make_not_entitled(struct attacker *a)
{
	const struct charter *charter = membership_charter(records_membership(a->m.records));
	struct sign_key friend;
	struct buf body = { 0 };
	struct record r;

	if (charter == NULL)
		member_give_up("no charter is known", NULL);
	sign_key_new(&friend);
	cbor_put_map(&body, 5);
	cbor_put_uint(&body, 32);
	cbor_put_bytes(&body, (struct bytes){ charter->id.b, ID_LEN });
	cbor_put_uint(&body, 33);
	cbor_put_bytes(&body, (struct bytes){ friend.public_key.b, ID_LEN });
	cbor_put_uint(&body, 34);
	cbor_put_text(&body, bytes_text(MARK));
	cbor_put_uint(&body, 35);
	cbor_put_text(&body, bytes_text("RS"));
	cbor_put_uint(&body, 36);
	cbor_put_text(&body, bytes_text("cso"));
	r = entry(own_key(a), now_ms(), &body);
	r.kind = KIND_ADMISSION;
	put_signed(a, new_batch(a, 0), &r, network(a), own_key(a));
	buf_free(&body);
}

/* Above the quota the keys with the largest hash have to go: a name that makes R such a key. */
static void
name_last(struct record *r)
{
	struct id key;

	do {
		world_random(&world_real, r->name.b, sizeof(r->name.b));
		record_key(r, &crypto_envelope, &key);
	} while (key.b[0] != 0xff || key.b[1] < 0xfe);
}

/* COUNT entries, the same names each time, stamped from UNIX_MS on. */
static void
many(struct attacker *a, size_t count, int64_t unix_ms)
{
	struct batch *b = NULL;
	struct buf body = { 0 };

	entry_body(&body);
	for (size_t i = 0; i < count; i++) {
		struct record r = entry(own_key(a), unix_ms + (int64_t)i, &body);
		struct id name;

		hash_one((struct bytes){ (const uint8_t *)&i, sizeof(i) }, &name);
		memcpy(r.name.b, name.b, sizeof(r.name.b));
		if (i >= LIMIT_KEYS)
			name_last(&r);
		if (i % BATCH == 0)
			b = new_batch(a, directory());
		put_signed(a, b, &r, network(a), own_key(a));
	}
	buf_free(&body);
}

static void
make_quota(struct attacker *a)
{
	many(a, LIMIT_KEYS + 60, now_ms() - 48 * HOUR_MS);
}

static void
make_day(struct attacker *a)
{
	int64_t midnight = now_ms() / DAY_MS * DAY_MS;

	many(a, LIMIT_WRITES_DAY + 60, midnight);
}

static const struct attack {
	const char *name;
	enum refusal rule;
	void (*make)(struct attacker *a);
} attacks[] = {
	{ "size", REFUSAL_SIZE, make_size },
	{ "canonical", REFUSAL_CANONICAL, make_canonical },
	{ "long-tag", REFUSAL_CANONICAL, make_long_tag },
	{ "structure", REFUSAL_STRUCTURE, make_structure },
	{ "future", REFUSAL_FUTURE, make_future },
	{ "future-aside", REFUSAL_FUTURE_ASIDE, make_future_aside },
	{ "past", REFUSAL_PAST, make_past },
	{ "older", REFUSAL_OLDER, make_older },
	{ "erased", REFUSAL_ERASED, make_erased },
	{ "stranger", REFUSAL_STRANGER, make_stranger },
	{ "not-active", REFUSAL_NOT_ACTIVE, make_not_active },
	{ "not-entitled", REFUSAL_NOT_ENTITLED, make_not_entitled },
	{ "audience", REFUSAL_AUDIENCE, make_audience },
	{ "quota", REFUSAL_QUOTA, make_quota },
	{ "day", REFUSAL_DAY, make_day },
	{ "signature", REFUSAL_SIGNATURE, make_signature },
	{ "network", REFUSAL_SIGNATURE, make_network },
	{ "ban", REFUSAL_SIGNATURE, make_ban },
};
#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

/* Rows that no peer can provoke, or that are no refusal. */
static const struct {
	enum refusal rule;
	const char *why;
} without[] = {
	{ REFUSAL_NONE, "an admission" },
	{ REFUSAL_HELD, "honest peers do it all day; it is not counted" },
	{ REFUSAL_STORE, "a full disk: tests/e2e/12-bad-input.sh" },
};

static int
print_rows(void)
{
	int missing = 0;

	for (int r = 0; r < REFUSALS; r++) {
		const char *by = NULL;

		for (size_t i = 0; i < ATTACKS && by == NULL; i++)
			by = attacks[i].rule == (enum refusal)r ? attacks[i].name : NULL;
		for (size_t i = 0; i < sizeof(without) / sizeof(without[0]) && by == NULL; i++)
			by = without[i].rule == (enum refusal)r ? "-" : NULL;
		printf("%s %s %s\n", refusal_name((enum refusal)r), by ? by : "?",
		    refusal_blamed((enum refusal)r) ? "blamed" : "");
		missing += by == NULL;
	}
	return missing ? 1 : 0;
}

/* --- the session --- */

static void
offer(struct attacker *a, const struct batch *b)
{
	a->asked = false;
	if (!member_offer(&a->m, b->bucket, buf_bytes(&b->ids)))
		member_give_up("offering", NULL);
}

static void
put_pieces(const struct attacker *a, const uint8_t id[8], struct buf *out)
{
	for (size_t i = 0; i < a->piece_count; i++)
		if (memcmp(a->pieces[i].id, id, 8) == 0)
			buf_put(out, a->shelf.p + a->pieces[i].at, a->pieces[i].len);
}

static void
requested(void *self, const struct coap_request *r, uint64_t ticket, struct coap_answer *out)
{
	struct attacker *a = self;
	struct message_ids m;
	struct err e = { 0 };

	(void)ticket;
	if (!member_is_asked(r, "records") || message_ids_read(r->payload, &m, &e)) {
		member_has_nothing(out);
		return;
	}
	out->code = 205;
	out->format = COAP_FORMAT_CBOR_SEQUENCE;
	for (size_t i = 0; i < m.ids.len; i += 8)
		put_pieces(a, m.ids.p + i, &out->body);
	a->given += m.ids.len / 8;
	a->asked = true;
}

/* Until the victim has been silent for so long: it has asked for all blocks that it wanted. */
static void
hush(struct attacker *a, int64_t ms)
{
	while (a->m.session && world_tick_ms(&world_real) - session_counts(a->m.session)->heard_ms < ms)
		member_turn(&a->m, 5);
}

static int
shut_out(const struct attacker *a)
{
	printf("let in no more: %s\n", a->m.said);
	return 4;
}

static int
serve(struct attacker *a)
{
	size_t served = 0;

	for (size_t i = 0; i < a->count && !a->m.closed; i++) {
		offer(a, &a->batches[i]);
		if (!member_until(&a->m, &a->asked))
			break;
		hush(a, SILENCE_MS);
		served += a->batches[i].ids.len / 8;
	}
	hush(a, a->count == 1 && a->given >= served ? LINGER_MS : BUSY_MS);
	printf("%zu records served%s\n", served, a->m.closed ? ", then the session was ended" : "");
	return served ? 0 : 1;
}

/* --- other attacks --- */

/* Datagrams that are no CoAP, or nearly so, in a session of a member; and those that are too large for their path. */
static int
attack_messages(struct attacker *a)
{
	static const uint8_t wrong[][6] = {
		{ 0xc0, 1, 0, 1, 0, 0 },            /* version 3 */
		{ 0x4f, 1, 0, 2, 0, 0 },            /* a token of 15 bytes */
		{ 0x40, 1, 0, 3, 0xf0, 0 },         /* an option's delta of 15 */
		{ 0x40, 1, 0, 4, 0xff, 0 },         /* this one is whole, but asks nothing */
		{ 0x40, 1, 0, 5, 0xee, 0xff },      /* a delta that is cut off */
		{ 0x60, 0, 0, 6, 1, 2 },            /* an empty message with bytes behind it */
		{ 0x40, 0x3f, 0, 7, 0, 0 },         /* a class that does not exist */
	};
	uint8_t noise[LIMIT_MESSAGE];
	struct bytes large = { noise, 900 };

	memset(noise, 0, sizeof(noise));
	member_ask(&a->m, COAP_POST, "hello", NULL, large, NULL);
	member_until_class(&a->m, 4);
	for (unsigned i = 0; i < 2000 && a->m.session; i++) {
		uint16_t len;

		world_random(&world_real, &len, sizeof(len));
		world_random(&world_real, noise, sizeof(noise));
		(void)session_send(a->m.session, (struct bytes){ noise, 1 + len % (LIMIT_MESSAGE - 1) });
		if (i % 8 == 0)
			(void)session_send(a->m.session,
			    (struct bytes){ wrong[i / 8 % (sizeof(wrong) / sizeof(wrong[0]))], sizeof(wrong[0]) });
		if (i % 16 == 0)
			member_turn(&a->m, 1);
	}
	member_until(&a->m, &a->m.closed);
	printf("messages: a greeting of %zu bytes is answered %u; after nonsense %s\n", large.len, a->m.last_code,
	    a->m.closed ? "the session was ended" : "the session goes on");
	return 0;
}

/* A stranger with an invitation that nobody made. */
static int
attack_join(struct attacker *a)
{
	struct join j = { .joiner_node = *dtls_identity_node(a->m.home.identity), .inviter_node = *session_node(a->m.session),
		.organisation = own_key(a)->public_key, .name = bytes_text(MARK), .territory = TERRITORY('R', 'S') };
	struct message_join m = { .has_request = true, .organisation = j.organisation, .name = j.name,
		.territory = j.territory };
	uint8_t secret[INVITE_SECRET];
	struct buf transcript = { 0 }, body = { 0 };

	world_random(&world_real, secret, sizeof(secret));
	invite_id(secret, m.invite);
	join_transcript(&j, &transcript);
	join_mac(&j, secret, m.mac);
	sign_detached(own_key(a), buf_bytes(&transcript), m.signature);
	message_join_write(&m, &body);
	for (int i = 0; i < 20 && a->m.exchange; i++) {
		member_ask(&a->m, COAP_POST, "join", NULL, buf_bytes(&body), NULL);
		member_turn(&a->m, 5);
	}
	member_until_class(&a->m, 4);
	member_linger(&a->m, LINGER_MS);
	printf("join: answers by class: %u of 2, %u of 4, %u of 5; the first says: %s\n", a->m.codes[2], a->m.codes[4],
	    a->m.codes[5], a->m.said);
	buf_free(&transcript);
	buf_free(&body);
	return 0;
}

/* Without any session, from many addresses: noise, and noise that begins like DTLS. */
static int
attack_garbage(const union address *victim)
{
	static const uint8_t starts[][14] = {
		{ 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, 1 },   /* a hello that breaks off */
		{ 22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1 },
		{ 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 2 },   /* a server's hello */
		{ 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 60, 0 },   /* data of a session that is not there */
		{ 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2 },    /* an alert */
		{ 20, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 },
	};
	uint8_t noise[1400];
	long sent = 0;
	int fd = -1;

	for (unsigned i = 0; i < TRAIN; i++) {
		struct sockaddr_in from = { .sin_family = AF_INET };
		uint16_t len, host;

		if (i % 200 == 0 && (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
			break;
		world_random(&world_real, &len, sizeof(len));
		world_random(&world_real, noise, sizeof(noise));
		if (i % 200 == 0) {
			world_random(&world_real, &host, sizeof(host));
			from.sin_addr.s_addr = htonl(0x7f000002u + host);
			(void)bind(fd, (struct sockaddr *)&from, sizeof(from));
		}
		if (i % 2)
			memcpy(noise, starts[i / 2 % (sizeof(starts) / sizeof(starts[0]))], sizeof(starts[0]));
		sent += sendto(fd, noise, 1 + len % sizeof(noise), 0, &victim->any, sizeof(victim->v4)) > 0;
		if (i % 200 == 199)
			close(fd);
		if (i % 50 == 0)
			poll(NULL, 0, 1);
	}
	printf("garbage: %ld datagrams\n", sent);
	return sent * 10 >= TRAIN * 9 ? 0 : 1;
}

static void
open_homes(struct attacker *a, const char *home, const char *other)
{
	struct err e = { 0 };

	member_open(&a->m, home);
	a->m.requested = requested;
	a->m.self = a;
	if (other && home_open(other, &a->other, &e))
		member_give_up("opening", &e);
	a->has_other = other != NULL;
}

static int
run(struct attacker *a, const union address *victim, const char *name)
{
	const struct attack *found = NULL;

	for (size_t i = 0; i < ATTACKS; i++)
		if (strcmp(attacks[i].name, name) == 0)
			found = &attacks[i];
	if (found)
		found->make(a);
	if (!member_connect(&a->m, victim))
		return shut_out(a);
	if (strcmp(name, "join") == 0)
		return attack_join(a);
	if (!member_greet(&a->m)) {
		printf("not greeted: %u %s\n", a->m.last_code, a->m.said);
		return 1;
	}
	if (strcmp(name, "messages") == 0)
		return attack_messages(a);
	if (found == NULL)
		member_give_up("there is no such attack", NULL);
	return serve(a);
}

int
main(int argc, char **argv)
{
	struct attacker a = { .has_other = false };
	union address victim;
	int code;

	crypto_start();
	if (argc == 2 && strcmp(argv[1], "rows") == 0)
		return print_rows();
	if (argc < 4 || argc > 5 || !member_address(argv[2], &victim)) {
		fputs("usage: member_attack rows | member_attack HOME 127.X.Y.Z:PORT ATTACK [OTHER-HOME]\n", stderr);
		return 2;
	}
	if (strcmp(argv[3], "garbage") == 0)
		return attack_garbage(&victim);
	open_homes(&a, argv[1], argc == 5 ? argv[4] : NULL);
	code = run(&a, &victim, argv[3]);
	for (size_t i = 0; i < a.count; i++)
		buf_free(&a.batches[i].ids);
	free(a.batches);
	free(a.pieces);
	buf_free(&a.shelf);
	member_close(&a.m);
	if (a.has_other)
		home_close(&a.other);
	return code;
}
