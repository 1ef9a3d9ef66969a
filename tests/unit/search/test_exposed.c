/* node/search/index.c: entries that are said to tell an address are found by what does not tell it, from that transaction on. */
#include "node/search/index.h"

#include <unistd.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/record/view.h"
#include "tests/unit/search/indexed.h"

#define OWNERS 3                   /* organisations 1, 2 and 4, each with a place and a service that may name it */
#define FLAGS 8
static const unsigned owners[OWNERS] = { 1, 2, 4 };
enum { PLACE = 1, SERVICE, FLAG = 10 };

static void
begin(void)
{
	indexed_begin(0);
}

TestSuite(exposed, .init = begin, .fini = indexed_end);

/* --- signing --- */

/* Each record is a second younger than the one before. JSON NULL: withdrawn. */
static void
sign(unsigned org, const char *kind, unsigned name, const char *json)
{
	const struct kind *k = kind_by_word(kind);
	struct record r = net_record(&net, org, k->number, name, 0);
	struct buf body = { 0 }, rest = { 0 };
	cJSON *object = NULL;

	net.now_ms += 1000;
	r.stamp = stamp_make(net.now_ms, 0);
	r.audience = k->audience;
	if (json) {
		cr_assert_eq(json_parse(bytes_text(json), 10000, "row", &object, &err), ERR_OK, "%s", json);
		cr_assert_eq(body_from_json(k, &r.author, object, "en", &body, &rest, &err), ERR_OK, "%s: %s: %s", err.object,
		    err.rule, err.reason);
		r.body = buf_bytes(&body);
	} else {
		r.state = RECORD_WITHDRAWN;
		r.body = (struct bytes){ NULL, 0 };
	}
	cr_assert_eq(net_admit_record(&net, org, &r), REFUSAL_NONE);
	cJSON_Delete(object);
	buf_free(&body);
	buf_free(&rest);
}

static void
sign_place(unsigned org)
{
	sign(org, "location", PLACE, "{\"disclosure\":\"municipality\",\"name\":\"House\",\"territory\":\"XK\",\"municipality\":\"Qxtown\","
	    "\"description\":\"qxdescribed\",\"alert\":\"qxalerted\"}");
}

static void
sign_service(unsigned org, bool names_place)
{
	char text[1000], place[80] = "";
	struct uuid u = name_of(PLACE);
	char uuid[UUID_TEXT];

	if (names_place)
		snprintf(place, sizeof place, ",\"locations\":[\"%s\"]", uuid_format(&u, uuid));
	snprintf(text, sizeof text, "{\"organisation\":\"00000000-0000-0000-0000-000000000063\",\"name\":\"Line\",\"description\":"
	    "\"qxdescribed\",\"alert\":\"qxalerted\",\"languages\":[\"sqi\"],\"service_areas\":[\"XK\"],\"phones\":[\"116001\"],"
	    "\"municipalities\":[\"Qxtown\"],\"disclosure\":\"municipality\"%s}", place);
	sign(org, "service", SERVICE, text);
}

static void
sign_flag(unsigned org, unsigned flag, unsigned of, unsigned name, const char *reason)
{
	char text[300], uuid[UUID_TEXT], key[ID_TEXT];
	struct uuid u = name_of(name);

	snprintf(text, sizeof text, "{\"about\":\"%s/%s\",\"reason\":\"%s\"}",
	    id_format(ID_ORGANISATION, &net.keys[of].public_key, key), uuid_format(&u, uuid), reason);
	sign(org, "flag", FLAG + flag, text);
}

/* --- what the index has of it --- */

static bool
has_term(struct store_txn *t, enum term_class class, const char *key, const struct id *record)
{
	struct term term = { (uint8_t)class, (uint8_t)strlen(key), key };
	struct postings *p = postings_open(t, &term);
	struct posting one;
	bool found = false;
	struct id id;

	while (!found && postings_next(p, &one))
		found = index_record_id(t, one.doc, &id) && id_equal(&id, record);
	postings_close(p);
	return found;
}

/* Every trace of where it is, or none of them; what does not tell it is always there. */
static void
check_terms(struct store_txn *t, unsigned org, const struct verified *v, bool whole)
{
	static const struct {
		enum term_class class;
		const char *key;
	} telling[] = { { TERM_PLACE, "qxtown" }, { TERM_WORD, "qxtown" }, { TERM_WORD, "qxdescribed" }, { TERM_WORD, "qxalerted" } };
	bool service = v->record.kind == KIND_SERVICE;

	for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
		/* A warning has no weight everywhere; where it is searched for it goes too. */
		if (i == 3 && whole)
			continue;
		cr_assert_eq(has_term(t, telling[i].class, telling[i].key, &v->id), whole, "%s of %u: %c%s", service ? "service" : "place",
		    org, telling[i].class, telling[i].key);
	}
	cr_assert_eq(has_term(t, TERM_EXPOSED, INDEX_EXPOSED, &v->id), !whole);
	cr_assert(has_term(t, TERM_KIND, service ? "service" : "location", &v->id));
	cr_assert(has_term(t, TERM_WORD, service ? "line" : "house", &v->id));
	cr_assert(has_term(t, TERM_TERRITORY, "XK", &v->id));
	cr_assert(!service || has_term(t, TERM_WORD, "116001", &v->id));
}

/* By the view of organisation 3, which wrote none of it. */
static void
check_all(void)
{
	struct store_txn *t = store_read(net.store);
	struct sayings *said = sayings_gather(net.records, t);
	struct view_context c = { net.records, t, said, net.keys[3].public_key, net.now_ms, true };

	for (size_t i = 0; i < OWNERS; i++)
		for (unsigned name = PLACE; name <= SERVICE; name++) {
			const struct kind *k = kind_by_word(name == PLACE ? "location" : "service");
			struct uuid u = name_of(name);
			struct verified v;
			struct view w;

			if (!records_live(net.records, t, k->number, &net.keys[owners[i]].public_key, &u, &v) ||
			    v.record.state != RECORD_LIVE)
				continue;
			view_of(&c, k, &v, &w);
			check_terms(t, owners[i], &v, !w.exposed);
		}
	sayings_free(said);
	txn_abort(&t);
}

static unsigned
exposed_now(void)
{
	static const struct term term = { TERM_EXPOSED, sizeof INDEX_EXPOSED - 1, INDEX_EXPOSED };
	struct store_txn *t = store_read(net.store);
	struct postings *p = postings_open(t, &term);
	unsigned count = (unsigned)postings_count(p);

	postings_close(p);
	txn_abort(&t);
	return count;
}

static void
build_anew(void)
{
	struct store_txn *t = store_write(net.store);

	txn_delete(t, STORE_META, bytes_text("index"));
	cr_assert_eq(txn_commit(&t, &err), ERR_OK);
	cr_assert_eq(net_reopen(&net, &err), ERR_OK);
}

/* --- cases --- */

/* A flag takes the place out of the index, and that of the place it names; its withdrawal brings both back. */
Test(exposed, comes_and_goes)
{
	sign_place(1);
	sign_service(1, true);
	cr_expect_eq(exposed_now(), 0);
	sign_flag(2, 0, 1, SERVICE, "address-exposed");
	cr_expect_eq(exposed_now(), 2);
	check_all();
	build_anew();
	cr_expect_eq(exposed_now(), 2);
	check_all();
	sign(2, "flag", FLAG, NULL);
	cr_expect_eq(exposed_now(), 0);
	check_all();
}

/* It came before what it is about; it is answered by a new version; the place goes by the entry that names it. */
Test(exposed, before_its_entry_and_answered)
{
	sign_flag(2, 0, 1, SERVICE, "address-exposed");
	sign_service(1, true);
	sign_place(1);
	cr_expect_eq(exposed_now(), 0, "both are younger than the flag");
	sign_flag(2, 0, 1, SERVICE, "address-exposed");
	cr_expect_eq(exposed_now(), 2);
	sign_place(1);
	cr_expect_eq(exposed_now(), 2, "a place has no say in it");
	sign_service(1, false);
	cr_expect_eq(exposed_now(), 0);
	check_all();
}

/* Who is suspended says nothing: her flags go with her, and come back with her. */
Test(exposed, with_its_author)
{
	sign_place(1);
	sign_flag(4, 0, 1, PLACE, "address-exposed");
	cr_expect_eq(exposed_now(), 1);
	net_vote(&net, 4, "suspend", at(30));
	cr_assert_eq(records_refresh(net.records, NULL, &err), ERR_OK);
	cr_expect_eq(exposed_now(), 0);
	net_vote(&net, 4, "reinstate", at(20));
	cr_assert_eq(records_refresh(net.records, NULL, &err), ERR_OK);
	cr_expect_eq(exposed_now(), 1);
	check_all();
}

/* What ends with its life takes its effect along at that midnight: the place that it names has a life of its own. */
Test(exposed, ends_with_its_life)
{
	sign_service(1, true);
	sign_flag(2, 0, 1, SERVICE, "address-exposed");
	net.now_ms += 100LL * 24 * HOUR;
	sign_place(1);
	cr_expect_eq(exposed_now(), 2);
	net.now_ms += 340LL * 24 * HOUR;
	cr_assert_eq(records_sweep(net.records, &err), ERR_OK);
	cr_expect_eq(exposed_now(), 0);
	check_all();
}

static void
give_up(void)
{
	struct store_txn *t = store_write(net.store);

	net.follower.flush(net.follower.self, t);
	txn_abort(&t);
	net.follower.forget(net.follower.self);
}

/* Whatever comes, goes and is given up in whatever order: the index has of each entry what the view shows, also built anew. */
Test(exposed, against_the_view, .timeout = 120)
{
	static const char *const reasons[] = { "address-exposed", "address-exposed", "closed", "conduct" };

	for (size_t round = 0; round < 400; round++) {
		unsigned org = owners[dice(&seed) % OWNERS], flag = (unsigned)(dice(&seed) % FLAGS);
		unsigned by = flag % 3, name = dice(&seed) % 2 ? PLACE : SERVICE;

		switch (dice(&seed) % 8) {
		case 0:
			sign_place(org);
			break;
		case 1:
			sign_service(org, dice(&seed) % 2);
			break;
		case 2:
			sign(org, name == PLACE ? "location" : "service", name, NULL);
			break;
		case 3:
			sign(by, "flag", FLAG + flag, NULL);
			break;
		case 4:
			give_up();
			break;
		default:
			if (by == org)
				continue;
			sign_flag(by, flag, org, name, reasons[dice(&seed) % 4]);
		}
		check_all();
		if (round % 100 == 99) {
			build_anew();
			check_all();
		}
	}
}
