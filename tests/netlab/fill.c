/*
 * fill - fills the store of a node that is stopped with entries of made-up organisations, signed for real.
 *
 *   fill HOME admit               the key of HOME, a coordinator, admits the made-up organisations
 *   fill HOME COUNT SALT          COUNT entries of theirs; another SALT gives other entries, the same one the same
 *
 * Shape    entry i is by organisation i mod AUTHORS: no charter lets one have more than 200,000; its stamp is drawn from
 *          the thirty days before the day before yesterday, so that what is added later lies scattered among the rest
 *          entries have about 300 bytes, and lie in one bucket: directory, RS, public
 * Output   one line: how many, and how many bytes they have
 */
#include "node/home/home.h"
#include "node/record/body_json.h"
#include "node/record/records.h"
#include "proto/calendar.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "tests/lib/bodies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORS 6
#define BATCH   20000
#define SPREAD_MS (30 * DAY_MS)

struct filler {
	struct home home;
	struct store *store;
	struct records *records;
	const struct membership *membership;
	struct sign_key keys[AUTHORS];
	int64_t until_ms;            /* the newest stamp that is given */
	struct buf body;
	size_t bytes;
};

static void
must(enum err_code rc, const struct err *e)
{
	char text[600];

	if (rc == ERR_OK)
		return;
	fprintf(stderr, "fill: %s\n", err_text(e, text, sizeof text));
	exit(1);
}

static void
open_home(struct filler *f, const char *dir)
{
	struct store_options so = { 0 };
	struct records_options ro = { .world = &world_real };
	struct err e = { 0 };

	must(home_open(dir, &f->home, &e), &e);
	must(store_open(dir, &so, &f->store, &e), &e);
	ro.store = f->store;
	ro.self = f->home.organisation.public_key;
	must(records_open(&ro, &f->records, &e), &e);
	must(records_refresh(f->records, &f->membership, &e), &e);
	for (unsigned i = 0; i < AUTHORS; i++)
		sign_key_from_seed((uint8_t[CRYPTO_SEED]){ (uint8_t)(i + 1), 0xf1 }, &f->keys[i]);
	f->until_ms = world_now_ms(&world_real) / DAY_MS * DAY_MS - DAY_MS;
}

static void
admit(struct filler *f, unsigned author)
{
	char charter[ID_TEXT], subject[ID_TEXT], json[512];
	struct draft d = { .kind = KIND_ADMISSION, .audience = AUDIENCE_PUBLIC };
	struct buf body = { 0 }, none = { 0 };
	struct err e = { 0 };
	cJSON *o;

	snprintf(json, sizeof json, "{\"charter\":\"%s\",\"subject\":\"%s\",\"name\":\"Made-up %u\","
	    "\"territory\":\"RS\",\"class\":\"cso\"}", id_format(ID_RECORD, &membership_charter(f->membership)->id, charter),
	    id_format(ID_ORGANISATION, &f->keys[author].public_key, subject), author);
	o = cJSON_Parse(json);
	must(body_from_json(kind_find(KIND_ADMISSION), &f->home.organisation.public_key, o, NULL, &body, &none, &e), &e);
	d.body = buf_bytes(&body);
	must(records_author(f->records, &f->home.organisation, &d, 1, NULL, &e), &e);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

/* Entry AT of those of SALT, appended to OUT. */
static void
sign_entry(struct filler *f, uint64_t salt, uint64_t at, struct buf *out)
{
	const struct sign_key *k = &f->keys[at % AUTHORS];
	struct record r = { .author = k->public_key, .kind = KIND_ORGANISATION, .audience = AUDIENCE_PUBLIC,
		.body = buf_bytes(&f->body) };
	uint8_t seed[16];
	struct id drawn, id;
	struct err e = { 0 };

	put_u64(seed, salt);
	put_u64(seed + 8, at);
	hash_one((struct bytes){ seed, sizeof seed }, &drawn);
	memcpy(r.name.b, drawn.b, sizeof r.name.b);
	r.name.b[6] = 0x40 | (r.name.b[6] & 0x0f);      /* version 4, variant 1 */
	r.name.b[8] = 0x80 | (r.name.b[8] & 0x3f);
	r.stamp = stamp_make(f->until_ms - (int64_t)(get_u64(drawn.b + 16) % SPREAD_MS), 0);
	must(envelope_sign(&r, records_network(f->records), &crypto_envelope, sign_for, (void *)(uintptr_t)k, out, &id, &e),
	    &e);
}

/* Entries FROM to UNTIL in one transaction. */
static void
enter(struct filler *f, uint64_t salt, uint64_t from, uint64_t until)
{
	struct admission *items = need_zeroed(BATCH, sizeof *items);
	size_t at[BATCH + 1] = { 0 }, count = (size_t)(until - from);
	struct buf all = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < count; i++) {
		sign_entry(f, salt, from + i, &all);
		at[i + 1] = all.len;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct admission){ .envelope = { all.p + at[i], at[i + 1] - at[i] }, .signature_ok = true };
	must(records_admit(f->records, items, count, &e), &e);
	for (size_t i = 0; i < count; i++)
		if (items[i].verdict != REFUSAL_NONE) {
			fprintf(stderr, "fill: entry %zu: %s\n", i, refusal_name(items[i].verdict));
			exit(1);
		}
	f->bytes += all.len;
	buf_free(&all);
	free(items);
}

static void
entry_body(struct buf *b)
{
	char text[101];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	cbor_put_map(b, 4);
	put_word(b, 32, "listed");
	put_title(b, 33, "Made-up organisation");
	cbor_put_uint(b, 34);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text("RS"));
	put_title(b, 36, text);
}

int
main(int argc, char **argv)
{
	static struct filler f;
	uint64_t count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t salt = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	bool admits = argc == 3 && strcmp(argv[2], "admit") == 0;

	if (!admits && (count == 0 || count > 1000000)) {
		fputs("usage: fill HOME admit | fill HOME COUNT SALT\n", stderr);
		return 2;
	}
	crypto_start();
	open_home(&f, argv[1]);
	if (admits) {
		for (unsigned i = 0; i < AUTHORS; i++)
			admit(&f, i);
		printf("%d organisations\n", AUTHORS);
	} else {
		entry_body(&f.body);
		for (uint64_t i = 0; i < count; i += BATCH)
			enter(&f, salt, i, count - i < BATCH ? count : i + BATCH);
		printf("%llu entries of %llu bytes\n", (unsigned long long)count, (unsigned long long)f.bytes);
	}
	buf_free(&f.body);
	records_close(f.records);
	store_close(f.store);
	home_close(&f.home);
	return 0;
}
