/*
 * fuzz_query - any bytes as a search: the first ones choose filters, the rest is what somebody typed. Pages keep within their
 * limits, hits within the total, and what is marked in a text lies in it.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/search/query.h"
#include "tests/lib/bodies.h"

static struct store *store;
static struct records *records;
static struct lexicon *lexicon;
static char dir[] = "/tmp/kilim-fuzz-XXXXXX";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
must(bool so)
{
	if (!so)
		abort();
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
clear(void)
{
	nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void
add(const struct sign_key *key, const char *kind, const char *json)
{
	const struct kind *k = kind_by_word(kind);
	struct buf body = { 0 }, rest = { 0 };
	struct draft d = { .kind = k->number, .audience = k->audience };
	cJSON *o = NULL;

	must(json_parse(bytes_text(json), 1 << 16, "entry", &o, NULL) == ERR_OK);
	must(body_from_json(k, &key->public_key, o, "en", &body, &rest, NULL) == ERR_OK);
	d.body = buf_bytes(&body);
	must(records_author(records, key, &d, 1, NULL, NULL) == ERR_OK);
	cJSON_Delete(o);
	buf_free(&body);
	buf_free(&rest);
}

static bool
trusts(void *self, const struct verified *v)
{
	(void)self, (void)v;
	return true;
}

#define SERVICE(name, text, more) "{\"organisation\":\"00000000-0000-4000-8000-000000000001\",\"name\":" name \
	",\"description\":" text ",\"languages\":[\"srp\"],\"service_areas\":[\"RS\"]" more "}"

static void
fill(void)
{
	struct store_options so = { .map_bytes = 16 << 20, .reserve_bytes = 1 << 20 };
	struct records_options o = { .world = &world_real };
	struct index *index = index_new();
	struct sign_key key;
	struct id network;
	struct buf body = { 0 };
	struct store_txn *t;

	crypto_start();
	sign_key_new(&key);
	must(mkdtemp(dir) != NULL);
	atexit(clear);
	must(store_open(dir, &so, &store, NULL) == ERR_OK && index_open(index, store, NULL) == ERR_OK);
	index_follow(index, &o.follower);
	o.store = store;
	o.self = key.public_key;
	must(records_open(&o, &records, NULL) == ERR_OK);
	body_charter(&body, &key.public_key);
	must(records_found(records, &key, buf_bytes(&body), &network, NULL) == ERR_OK);
	buf_free(&body);
	add(&key, "place", "{\"names\":{\"sq\":\"Gjakovë\",\"sr-Latn\":\"Đakovica\"},\"territory\":\"XK\"}");
	add(&key, "service", SERVICE("{\"sr-Cyrl\":\"Сигурна кућа\"}", "{\"sr-Latn\":\"Za žene i decu\"}", ",\"kind_terms\":[\"shelter\"]"));
	add(&key, "service", SERVICE("{\"sq\":\"Këshilltorja\"}", "{\"sq\":\"Çështje ligjore në Gjakovë\"}", ",\"municipalities\":[\"Gjakovë\"]"));
	add(&key, "service", SERVICE("{\"en\":\"Line\"}", "{\"en\":\"Open now\"}", ",\"schedules\":[{\"rrule\":\"FREQ=DAILY\"}]"));
	t = store_read(store);
	lexicon = lexicon_new(records, t, trusts, NULL);
	txn_abort(&t);
}

static void
check_marks(const struct found *f, struct bytes text, size_t max)
{
	struct highlight marks[16], part;
	size_t count = found_highlights(f, text, marks, 16);

	for (size_t i = 0; i < count; i++)
		must(marks[i].at < marks[i].end && marks[i].end <= text.len && (i == 0 || marks[i].at >= marks[i - 1].end));
	part = query_snippet(text, marks, count, max);
	must(part.at <= part.end && part.end <= text.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct query_filter filters[] = { { TERM_KIND, { (const uint8_t *)"service", 7 } },
		{ TERM_PLACE, { (const uint8_t *)"gjakove", 7 } }, { TERM_SPEAKS, { (const uint8_t *)"tur", 3 } } };
	struct query q = { .filters = filters, .audiences = 7, .now_ms = 1767268800000LL };
	struct store_txn *t;
	struct found f;

	if (store == NULL)
		fill();
	if (len < 2)
		return 0;
	q.filter_count = data[0] % 4;
	q.open_now = data[0] & 16;
	q.fresh_only = data[0] & 32;
	q.facets = data[0] & 64;
	q.place_territories = q.territories = data[0] & 128 ? data[1] : 0;
	q.limit = 1 + data[1] % 5;
	q.page = data[1] >> 6;
	q.text = (struct bytes){ data + 2, len - 2 };
	t = store_read(store);
	if (query_run(records, t, lexicon, &q, &f, NULL) == ERR_OK) {
		must(f.count <= q.limit && f.before + f.count <= f.total && f.total <= 4);
		check_marks(&f, q.text, data[1]);
	}
	found_done(&f);
	txn_abort(&t);
	return 0;
}
