#include "tests/sim/sim.h"

#include "node/record/body_json.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"
#include "tests/lib/vectors.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_MS (60 * 1000)
#define SHARED 200

/* --- short ids that are equal far too often; the linker puts this where everybody else calls records_short --- */

static unsigned short_bits = 64;

void __real_records_short(const struct records *r, const struct id *id, uint8_t out[8]);
void __wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8]);

void
__wrap_records_short(const struct records *r, const struct id *id, uint8_t out[8])
{
	__real_records_short(r, id, out);
	if (short_bits < 64)
		put_u64(out, get_u64(out) & ~(UINT64_MAX >> short_bits));
}

bool
collide_many(void)
{
	return short_bits < 64;
}

void
collide_bits(unsigned bits)
{
	short_bits = bits;
}

/* --- two records of which the short ids are equal, in truth --- */

/* The lines of proto/vectors/collision/records.txt: a founding charter and two records. */
static struct line {
	uint8_t seed[CRYPTO_SEED];
	struct id id;
	struct buf envelope;
} lines[3];
static size_t count;

static void
take_line(const char *const *column, const char *where)
{
	struct line *l = &lines[count++ % 3];

	(void)where;
	vectors_fixed(column[1], l->seed, sizeof l->seed);
	vectors_fixed(column[2], l->id.b, ID_LEN);
	buf_reset(&l->envelope);
	vectors_hex(column[6], &l->envelope);
}

static void
give(struct sim_node *n, struct bytes envelope)
{
	struct admission a = { .envelope = envelope, .signature_ok = true };
	struct err e = { 0 };

	if (records_admit(n->node.records, &a, 1, &e) || a.verdict)
		sim_fail(n->sim, "node %u does not take a record: %s", n->number, refusal_words(a.verdict));
	n->node.membership_moved = true;
	node_settle(&n->node);
}

/* The same record under another name, and so with another short id. */
static void
sign_another(const struct sim_node *founder, const struct line *of, uint8_t name, struct buf *out)
{
	struct sign_key key = founder->home.organisation;
	struct id id, network = *records_network(founder->node.records);
	struct record r;

	envelope_peek(buf_bytes(&of->envelope), &r);
	r.name.b[0] = name;
	(void)envelope_sign(&r, &network, &crypto_envelope, sign_for, &key, out, &id, NULL);
}

static void
share(struct sim_node *n)
{
	struct draft *drafts = need_zeroed(SHARED, sizeof *drafts);
	struct authored *done = need_zeroed(SHARED, sizeof *done);
	struct record r;
	struct err e = { 0 };

	envelope_peek(buf_bytes(&lines[1].envelope), &r);
	for (size_t i = 0; i < SHARED; i++)
		drafts[i] = (struct draft){ .kind = r.kind, .audience = r.audience, .body = r.body };
	if (node_author(&n->node, drafts, SHARED, done, &e))
		sim_fail(n->sim, "sharing: %s", e.reason);
	free(drafts);
	free(done);
}

/* Node 0 is the founder of the vector's network, node 1 its guest. */
static void
two_members(struct sim *s)
{
	struct sim_node *founder = sim_add(s, CLASS_CSO, false), *guest = sim_add(s, CLASS_CSO, false);
	struct invite_options o = { .name = guest->home.config.name, .territory = 'A' << 8 | 'L', .automatic = true };
	struct err e = { 0 };
	cJSON *made = NULL;

	strcpy(guest->home.config.territory, "AL");
	founder->home.config.visit_minutes = guest->home.config.visit_minutes = 15;
	sign_key_from_seed(lines[0].seed, &founder->home.organisation);
	if (!sim_start(founder) || !sim_start(guest))
		return;
	if (records_set_network(founder->node.records, &lines[0].id, &e))
		sim_fail(s, "network: %s", e.reason);
	give(founder, buf_bytes(&lines[0].envelope));
	sim_run(s, 1000);
	share(founder);
	if (inviting_make(&founder->node, &o, &made, &e) ||
	    joining_join(&guest->node, cJSON_GetStringValue(cJSON_GetObjectItem(made, "code")), &e))
		sim_fail(s, "invitation: %s", e.reason);
	cJSON_Delete(made);
	sim_run(s, 5 * MINUTE_MS);
	if (!s->failed[0] && (records_count(guest->node.records, COLLECTION_DIRECTORY) != SHARED || !check_equal(s, false)))
		sim_fail(s, "the guest has not everything");
}

int64_t
collide_run(struct sim *s, bool crafted)
{
	struct buf other[2] = { { 0 } };
	int64_t began;

	count = 0;
	vectors_each("collision/records.txt", 7, take_line);
	s->weather = (struct weather){ .delay_ms = 5 };
	two_members(s);
	if (s->failed[0])
		return 0;
	for (unsigned i = 0; i < 2; i++)
		sign_another(s->nodes[0], &lines[1 + i], (uint8_t)i, &other[i]);
	sim_stop(s->nodes[1], STOP_CLEAN);
	give(s->nodes[0], buf_bytes(crafted ? &lines[1].envelope : &other[0]));
	if (sim_start(s->nodes[1]))
		give(s->nodes[1], buf_bytes(crafted ? &lines[2].envelope : &other[1]));
	began = s->now_ms;
	while (!s->failed[0] && !check_equal(s, false)) {
		sim_run(s, 10);
		if (s->now_ms - began > 10 * MINUTE_MS)
			sim_fail(s, "two records with one short id keep two nodes apart");
	}
	for (unsigned i = 0; i < 2 && !s->failed[0]; i++)
		if (records_count(s->nodes[i]->node.records, COLLECTION_DIRECTORY) != SHARED + 2)
			sim_fail(s, "node %u has not both", i);
	buf_free(&other[0]);
	buf_free(&other[1]);
	for (size_t i = 0; i < 3; i++)
		buf_free(&lines[i].envelope);
	return s->now_ms - began;
}
