/*
 * bench_start - how long a node with a million records takes to open them, and what it holds in
 * memory then. The file system's cache is warm.
 *
 * Prints "NAME VALUE UNIT": start.1m_records_s, rss.1m_records_mib. The records have about 600
 * bytes, are DAYS (2) old, 0: of today, and of six organisations: no charter lets one have more than 200,000.
 * Opening does not verify again, so their signatures are made up; admission is told they are good.
 * Usage: bench_start [DIR [RECORDS [DAYS]]]
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node/record/body_json.h"
#include "node/record/records.h"
#include "proto/cbor.h"
#include "proto/stamp.h"
#include "tests/lib/bodies.h"

#define AUTHORS 6
#define BATCH   20000

static char dir[256];
static struct sign_key keys[AUTHORS];
static unsigned records_wanted = 1000000, days_old = 2;

struct engine {
	struct store *store;
	struct records *records;
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(enum err_code rc, const struct err *e)
{
	if (rc == ERR_OK)
		return;
	fprintf(stderr, "bench_start: %s: %s: %s\n", e->object, e->rule, e->reason);
	exit(1);
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* The network was founded then, and filled. */
static int64_t
then_ms(void *self)
{
	(void)self;
	return world_now_ms(&world_real) - days_old * DAY_MS;
}

static void
engine_open(struct engine *n, const struct world *w)
{
	struct records_options o = { .world = w, .self = keys[0].public_key };
	struct err e;

	must(store_open(dir, NULL, &n->store, &e), &e);
	o.store = n->store;
	must(records_open(&o, &n->records, &e), &e);
}

static void
engine_close(struct engine *n)
{
	records_close(n->records);
	store_close(n->store);
}

/* --- a million records --- */

static void
admit(struct engine *n, const struct id *charter, unsigned author)
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
	must(body_from_json(kind_find(KIND_ADMISSION), &keys[0].public_key, o, NULL, &body, &none, &e), &e);
	d.body = buf_bytes(&body);
	must(records_author(n->records, &keys[0], &d, 1, NULL, &e), &e);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&none);
}

static void
found(struct engine *n)
{
	const struct membership *m;
	struct buf body = { 0 };
	struct id network;
	struct err e;

	body_charter(&body, &keys[0].public_key);
	must(records_found(n->records, &keys[0], buf_bytes(&body), &network, &e), &e);
	must(records_refresh(n->records, &m, &e), &e);
	for (unsigned i = 1; i < AUTHORS; i++)
		admit(n, &membership_charter(m)->id, i);
	must(records_refresh(n->records, &m, &e), &e);
	buf_free(&body);
}

static void
sign_nothing(void *self, struct bytes message, uint8_t out[64])
{
	(void)self, (void)message;
	memset(out, 0x5a, 64);
}

static void
body_organisation(struct buf *b)
{
	char text[400];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	cbor_put_map(b, 4);
	put_word(b, 32, "listed");
	put_title(b, 33, "Made-up organisation");
	cbor_put_uint(b, 34);
	cbor_put_array(b, 1);
	cbor_put_text(b, bytes_text("AL"));
	put_title(b, 36, text);
}

/* Records FROM to UNTIL, each under a name of its own. */
static void
admit_some(struct engine *n, struct bytes body, unsigned from, unsigned until)
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
		must(envelope_sign(&r, records_network(n->records), &crypto_envelope, sign_nothing, NULL, &all, &id,
		    &e), &e);
		at[i - from + 1] = all.len;
	}
	for (unsigned i = 0; i < until - from; i++)
		items[i] = (struct admission){ .envelope = { all.p + at[i], at[i + 1] - at[i] }, .signature_ok = true };
	must(records_admit(n->records, items, until - from, &e), &e);
	for (unsigned i = 0; i < until - from; i++)
		if (items[i].verdict != REFUSAL_NONE) {
			fprintf(stderr, "bench_start: %s\n", refusal_name(items[i].verdict));
			exit(1);
		}
	buf_free(&all);
	free(items);
}

static void
fill(void)
{
	struct world then = world_real;
	struct buf body = { 0 };
	struct engine n;

	then.now_ms = then_ms;
	engine_open(&n, &then);
	found(&n);
	body_organisation(&body);
	for (unsigned i = 0; i < records_wanted; i += BATCH)
		admit_some(&n, buf_bytes(&body), i, records_wanted - i < BATCH ? records_wanted : i + BATCH);
	buf_free(&body);
	engine_close(&n);
}

/* --- in a process of its own: what was allocated before is not counted --- */

static double
rss_anon_mib(void)
{
	char line[128];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "RssAnon: %lf", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib / 1024;
}

static void
start(void)
{
	struct engine n;
	double t = now_s();

	engine_open(&n, &world_real);
	printf("start.1m_records_s %.3f s\n", now_s() - t);
	printf("rss.1m_records_mib %.1f MiB\n", rss_anon_mib());
	if (records_count(n.records, COLLECTION_DIRECTORY) != records_wanted) {
		fprintf(stderr, "bench_start: records are missing\n");
		exit(1);
	}
	engine_close(&n);
}

static void
apart(void (*fn)(void))
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	if ((child = fork()) == 0) {
		fn();
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
		nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	if (argc > 2)
		records_wanted = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		days_old = (unsigned)strtoul(argv[3], NULL, 10);
	snprintf(dir, sizeof dir, "%s/bench-start-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	crypto_start();
	for (unsigned i = 0; i < AUTHORS; i++)
		sign_key_from_seed((uint8_t[CRYPTO_SEED]){ (uint8_t)(i + 1) }, &keys[i]);
	apart(fill);
	apart(start);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
