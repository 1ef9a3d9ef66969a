/* node/service/sealed.c: who reads a letter, who does not, and what is made of letters that nobody's node wrote. Whole nodes of the simulation. */
#include "node/base/log.h"
#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/service/sealed.h"
#include "proto/cbor.h"
#include "tests/sim/sim.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0 founds and coordinates; 1 writes; 2 is written about. */
enum { COORDINATOR, WRITER, OWNER, PEOPLE };

static struct sim sim;
static struct err err;
static const struct uuid name = { { 1, 2, 3 } };

static void
three_nodes(void)
{
	crypto_start();
	log_set_level(LOG_ERROR);
	sim_open(&sim, 7);
	sim_people(&sim, PEOPLE);
	sim_run(&sim, 120 * 1000);
	cr_assert_eq(sim.failed[0], 0, "%s", sim.failed);
}

static void
end(void)
{
	sim_close(&sim);
}

TestSuite(sealed, .init = three_nodes, .fini = end, .timeout = 120);

static struct node *
node(unsigned i)
{
	return &sim.nodes[i]->node;
}

static const struct id *
key_of(unsigned i)
{
	return &sim.nodes[i]->home.organisation.public_key;
}

/* The body of a flag about an entry of ABOUT. */
static void
flag_of(unsigned about, const char *more, struct buf *out)
{
	struct buf rest = { 0 };
	char text[3000], org[ID_TEXT];
	cJSON *o = NULL;

	snprintf(text, sizeof text, "{\"about\":\"%s/00000000-0000-4000-8000-000000000001\",\"reason\":\"wrong-phone\"%s}",
	    id_format(ID_ORGANISATION, key_of(about), org), more);
	cr_assert_eq(json_parse(bytes_text(text), sizeof text, "flag", &o, &err), ERR_OK);
	/* Her own program may flag her own entry. */
	cr_assert_eq(body_from_json(kind_by_word("flag"), key_of(about == WRITER ? OWNER : WRITER), o, "en", out, &rest, &err), ERR_OK, "%s: %s", err.object,
	    err.reason);
	cJSON_Delete(o);
	buf_free(&rest);
}

static enum err_code
make(unsigned by, struct bytes flag, struct buf *out)
{
	struct store_txn *t = store_read(node(by)->store);
	enum err_code rc = sealed_make(node(by), t, &name, flag, out, &err);

	txn_abort(&t);
	return rc;
}

static struct verified
letter(unsigned by, struct bytes body)
{
	return (struct verified){ .record = { .author = *key_of(by), .kind = KIND_LETTER, .name = name, .audience = AUDIENCE_MEMBERS,
		.body = body } };
}

static bool
opens(unsigned reader, const struct verified *v, struct bytes flag)
{
	struct buf words = { 0 };
	bool yes = sealed_open(node(reader), v, &words);

	cr_assert_eq(yes, words.len > 0);
	cr_assert(!yes || bytes_equal(buf_bytes(&words), flag), "other words than were written");
	buf_free(&words);
	return yes;
}

/* The coordinator and the author read it, the owner of what it is about does not; its row takes it, and no byte of it tells a word. */
Test(sealed, who_reads)
{
	struct buf flag = { 0 }, body = { 0 };
	struct verified v;

	flag_of(OWNER, ",\"remark\":{\"en\":\"nobody is there\"}", &flag);
	cr_assert_eq(make(WRITER, buf_bytes(&flag), &body), ERR_OK, "%s", err.reason);
	v = letter(WRITER, buf_bytes(&body));
	cr_assert_eq(kind_check(kind_find(KIND_LETTER), &v.record, &err), ERR_OK, "%s: %s", err.object, err.reason);
	cr_expect(opens(COORDINATOR, &v, buf_bytes(&flag)));
	cr_expect(opens(WRITER, &v, buf_bytes(&flag)));
	cr_expect_not(opens(OWNER, &v, buf_bytes(&flag)));
	cr_expect_null(memmem(body.p, body.len, "nobody", 6));
	cr_expect_null(memmem(body.p, body.len, key_of(OWNER)->b, ID_LEN), "nor whom it is about");
	buf_free(&flag);
	buf_free(&body);
}

/* Letters of one set of readers are of one length, whatever they say. */
Test(sealed, length_tells_nothing)
{
	struct buf flag = { 0 }, body = { 0 };
	size_t len;

	flag_of(OWNER, "", &flag);
	cr_assert_eq(make(WRITER, buf_bytes(&flag), &body), ERR_OK);
	len = body.len;
	buf_reset(&flag);
	buf_reset(&body);
	flag_of(OWNER, ",\"phone\":\"+38344123456\",\"remark\":{\"en\":\"Twice this week nobody answered, and the door was shut.\"}", &flag);
	cr_assert_eq(make(WRITER, buf_bytes(&flag), &body), ERR_OK);
	cr_expect_eq(body.len, len);
	buf_free(&flag);
	buf_free(&body);
}

/* What a coordinator would read about herself is not written; nor is what has no reader, or no room. */
Test(sealed, not_written)
{
	static uint8_t long_body[4095];
	struct buf flag = { 0 }, body = { 0 };

	flag_of(COORDINATOR, "", &flag);
	cr_expect_eq(make(WRITER, buf_bytes(&flag), &body), ERR_DENIED);
	cr_expect_eq(body.len, 0);
	buf_reset(&flag);
	flag_of(OWNER, "", &flag);
	cr_expect_eq(make(COORDINATOR, buf_bytes(&flag), &body), ERR_MISSING, "the only coordinator");
	memcpy(long_body, flag.p, flag.len);
	cr_expect_eq(make(WRITER, BYTES_OF(long_body), &body), ERR_LIMIT);
	buf_free(&flag);
	buf_free(&body);
}

/* Under another author, another name, or with any bit changed it says the same or nothing. */
Test(sealed, not_passed_off)
{
	struct buf flag = { 0 }, body = { 0 };
	struct verified v;
	unsigned silent = 0;

	flag_of(OWNER, "", &flag);
	cr_assert_eq(make(WRITER, buf_bytes(&flag), &body), ERR_OK);
	v = letter(COORDINATOR, buf_bytes(&body));
	cr_expect_not(opens(COORDINATOR, &v, buf_bytes(&flag)), "under another author");
	v = letter(WRITER, buf_bytes(&body));
	v.record.name.b[15] = 1;
	cr_expect_not(opens(COORDINATOR, &v, buf_bytes(&flag)), "under another name");
	v = letter(WRITER, buf_bytes(&body));
	for (size_t i = 0; i < body.len; i++) {
		body.p[i] ^= 1;
		if (cbor_check(buf_bytes(&body), "letter", NULL) == ERR_OK)
			silent += !opens(COORDINATOR, &v, buf_bytes(&flag));
		body.p[i] ^= 1;
	}
	cr_expect_gt(silent, 1024u, "all of the words and of the box");
	for (size_t len = 1; len < body.len; len += 7) {
		v.record.body.len = len;
		if (cbor_check(v.record.body, "letter", NULL) == ERR_OK)
			cr_expect_not(opens(COORDINATOR, &v, buf_bytes(&flag)));
	}
	buf_free(&flag);
	buf_free(&body);
}

/* A letter that is boxed and locked rightly, of whatever words. */
static void
forge(struct bytes words, struct buf *out)
{
	struct buf context = { 0 }, locked = { 0 };
	uint8_t key[LOCK_KEY], sealed[BOX_SEALED];
	struct box_key box;

	box_key_from_seed(sim.nodes[COORDINATOR]->home.organisation.seed, &box);
	lock_key_new(key);
	cr_assert(box_seal(box.public_key, key, sealed));
	buf_put_text(&context, "kilim/1 letter");
	buf_put(&context, records_network(node(WRITER)->records)->b, ID_LEN);
	buf_put(&context, key_of(WRITER)->b, ID_LEN);
	buf_put(&context, name.b, UUID_LEN);
	lock_words(key, buf_bytes(&context), words, &locked);
	buf_reset(out);
	cbor_put_map(out, 2);
	cbor_put_uint(out, 32);
	cbor_put_array(out, 1);
	cbor_put_map(out, 2);
	cbor_put_uint(out, 1);
	cbor_put_bytes(out, (struct bytes){ key_of(COORDINATOR)->b, ID_LEN });
	cbor_put_uint(out, 2);
	cbor_put_bytes(out, BYTES_OF(sealed));
	cbor_put_uint(out, 33);
	cbor_put_bytes(out, buf_bytes(&locked));
	buf_free(&context);
	buf_free(&locked);
}

/* Whoever can write to a coordinator may write anything: only a flag about somebody else is shown. */
Test(sealed, foreign_words)
{
	static const struct { const char *what; const uint8_t *p; size_t len; } rows[] = {
		{ "nothing", (const uint8_t *)"", 0 }, { "one byte", (const uint8_t *)"\0", 1 }, { "no words", (const uint8_t *)"\0\0", 2 },
		{ "more than there is", (const uint8_t *)"\0\5\xa0", 3 }, { "an empty map", (const uint8_t *)"\0\1\xa0", 3 },
		{ "no map", (const uint8_t *)"\0\1\x01", 3 }, { "half an item", (const uint8_t *)"\0\2\xa1\x18", 4 },
		{ "not canonical", (const uint8_t *)"\0\4\xb8\0\0\0", 6 },
	};
	struct buf body = { 0 }, words = { 0 }, flag = { 0 };
	struct verified v;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		forge((struct bytes){ rows[i].p, rows[i].len }, &body);
		v = letter(WRITER, buf_bytes(&body));
		cr_expect_not(sealed_open(node(COORDINATOR), &v, &words), "%s", rows[i].what);
		buf_reset(&words);
	}
	for (unsigned about = WRITER; about <= OWNER; about++) {
		struct buf padded = { 0 };

		buf_reset(&flag);
		flag_of(about, "", &flag);
		buf_put_u8(&padded, (uint8_t)(flag.len >> 8));
		buf_put_u8(&padded, (uint8_t)flag.len);
		buf_put_bytes(&padded, buf_bytes(&flag));
		forge(buf_bytes(&padded), &body);
		v = letter(WRITER, buf_bytes(&body));
		cr_expect_eq(opens(COORDINATOR, &v, buf_bytes(&flag)), about == OWNER, "nobody flags her own");
		buf_free(&padded);
	}
	buf_free(&body);
	buf_free(&words);
	buf_free(&flag);
}
