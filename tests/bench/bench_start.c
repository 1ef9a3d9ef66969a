/*
 * bench_start - how long a node with a million records takes to open them and their index, and what it holds in memory then.
 * The file system's cache is warm.
 *
 * Prints "NAME VALUE UNIT": start.1m_records_s, rss.1m_records_mib. The records have about 600
 * bytes, are DAYS (2) old, 0: of today, and of six organisations: no charter lets one have more than 200,000.
 * Opening does not verify again, so their signatures are made up; admission is told they are good.
 * Usage: bench_start [DIR [RECORDS [DAYS]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record/body_json.h"
#include "proto/calendar.h"
#include "proto/stamp.h"
#include "tests/lib/bench.h"
#include "tests/lib/bodies.h"

#define AUTHORS 6
#define BATCH   20000

static struct sign_key keys[AUTHORS];
static unsigned records_wanted = 1000000, days_old = 2;

/* The network was founded then, and filled. */
static int64_t
then_ms(void *self)
{
	(void)self;
	return world_now_ms(&world_real) - days_old * DAY_MS;
}

static void
engine_open(struct bench_node *n, const struct world *w)
{
	bench_open(n, "node", BENCH_INDEXED, w, &keys[0].public_key);
}

/* --- a million records --- */

static void
admit(struct bench_node *n, const struct id *charter, unsigned author)
{
	char subject[ID_TEXT], text[ID_TEXT], json[512];
	struct buf body = { 0 }, none = { 0 };
	struct draft d = { .kind = KIND_ADMISSION, .audience = AUDIENCE_PUBLIC };
	struct err e;
	cJSON *o;

	snprintf(json, sizeof json, "{\"charter\":\"%s\",\"subject\":\"%s\",\"name\":\"Made-up %u\","
	    "\"territory\":\"RS\",\"class\":\"cso\"}", id_format(ID_RECORD, charter, text),
	    id_format(ID_ORGANISATION, &keys[author].public_key, subject), author);
	o = cJSON_Parse(json);
	bench_must(body_from_json(kind_find(KIND_ADMISSION), &keys[0].public_key, o, NULL, &body, &none, &e), &e);
	d.body = buf_bytes(&body);
	bench_must(records_author(n->records, &keys[0], &d, 1, NULL, &e), &e);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

static void
found(struct bench_node *n)
{
	const struct membership *m;
	struct id network;
	struct err e;

	bench_found(n, &keys[0], &network);
	bench_must(records_refresh(n->records, &m, &e), &e);
	for (unsigned i = 1; i < AUTHORS; i++)
		admit(n, &membership_charter(m)->id, i);
	bench_must(records_refresh(n->records, &m, &e), &e);
}

static void
sign_nothing(void *self, struct bytes message, uint8_t out[64])
{
	(void)self, (void)message;
	memset(out, 0x5a, 64);
}

/* Records FROM to UNTIL, each under a name of its own. */
static void
admit_some(struct bench_node *n, struct bytes body, unsigned from, unsigned until)
{
	struct admission *items = need_zeroed(BATCH, sizeof *items);
	size_t at[BATCH + 1] = { 0 };
	struct buf all = { 0 };
	struct err e;
	struct id id;

	for (unsigned i = from; i < until; i++) {
		struct record r = { .author = keys[i % AUTHORS].public_key, .kind = KIND_ORGANISATION,
			.stamp = stamp_make(then_ms(NULL), 0), .audience = AUDIENCE_PUBLIC, .body = body };

		put_u32(r.name.b, i + 1);
		r.name.b[6] = 0x40;      /* version 4, variant 1 */
		r.name.b[8] = 0x80;
		bench_must(envelope_sign(&r, records_network(n->records), &crypto_envelope, sign_nothing, NULL, &all, &id,
		    &e), &e);
		at[i - from + 1] = all.len;
	}
	for (unsigned i = 0; i < until - from; i++)
		items[i] = (struct admission){ .envelope = { all.p + at[i], at[i + 1] - at[i] }, .signature_ok = true };
	bench_admit(n, items, until - from);
	buf_free(&all);
	free(items);
}

static void
fill(void)
{
	struct world then = world_real;
	struct buf body = { 0 };
	struct bench_node n;
	char text[400];

	then.now_ms = then_ms;
	engine_open(&n, &then);
	found(&n);
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	body_organisation(&body, "Made-up organisation", text);
	for (unsigned i = 0; i < records_wanted; i += BATCH)
		admit_some(&n, buf_bytes(&body), i, records_wanted - i < BATCH ? records_wanted : i + BATCH);
	buf_free(&body);
	bench_close(&n);
}

/* --- in a process of its own: what was allocated before is not counted --- */

static void
start(void)
{
	struct bench_node n;
	double t = bench_now_s();

	engine_open(&n, &world_real);
	bench_say("start.1m_records_s", bench_now_s() - t, "s");
	bench_say("rss.1m_records_mib", bench_anon_mib(), "MiB");
	bench_require(records_count(n.records, COLLECTION_DIRECTORY) == records_wanted, "records are missing");
	bench_close(&n);
}

int
main(int argc, char **argv)
{
	if (argc > 2)
		records_wanted = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		days_old = (unsigned)strtoul(argv[3], NULL, 10);
	bench_dir(argc > 1 ? argv[1] : NULL);
	crypto_start();
	for (unsigned i = 0; i < AUTHORS; i++)
		sign_key_from_seed((uint8_t[CRYPTO_SEED]){ (uint8_t)(i + 1) }, &keys[i]);
	bench_apart(fill);
	bench_apart(start);
	return 0;
}
