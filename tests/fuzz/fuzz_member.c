/*
 * fuzz_member - bodies of membership records, from anybody: who is a member then.
 *
 * Shape    hour / 8, branch (0: none; n: the id of record n - 1), then records:
 *          kind (low 4 bits; 0x30: counter of the stamp; 0x40: another name; 0x80: signed by a machine),
 *          author, hour / 8, length (2), body
 *          a key is 32 times one byte, a machine's that of its organisation with bit 0x20 turned over; in a body
 *          32 times 0xc0 + n stands for the id of record n, 0xe0 + n for the hash of its body, so that an input
 *          can say which charter and roll it means
 * Law      no records crash anybody
 *          neither their order nor how often each comes changes a word of the membership
 *          what is refused, and so not stored, has no part in it: who never heard of it has the same membership
 */
#include "tests/lib/membership_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "proto/kind.h"
#include "proto/stamp.h"

#define RECORDS 32
#define HOUR0 490896LL      /* 2026-01-01T00:00Z in hours since 1970 */
#define HEAD 5
#define ID_MARK 0xc0
#define HASH_MARK 0xe0

static const uint32_t kinds_said[16] = {
	KIND_CHARTER, KIND_ROLL, KIND_APPROVAL, KIND_ADMISSION, KIND_STANDING, KIND_REMOVAL, KIND_SUCCESSION,
	KIND_ERASURE, KIND_NODE, KIND_REACH, KIND_RECEIPT, KIND_ORGANISATION, KIND_ADMISSION, KIND_CHARTER,
	KIND_ROLL, KIND_APPROVAL,
};

struct story {
	struct verified records[RECORDS];
	size_t count;
	struct id network, branch;
	int64_t hour;
};

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

/* Marks in a body become the ids and hashes that they stand for. */
static void
resolve(const struct story *s, uint8_t *body, size_t len)
{
	for (size_t i = 0; len >= ID_LEN && i <= len - ID_LEN; i++) {
		const struct verified *v = &s->records[body[i] & 31];
		struct id id;

		if (body[i] < ID_MARK || (body[i] & 31u) >= s->count || memcmp(body + i, body + i + 1, ID_LEN - 1) != 0)
			continue;
		id = v->id;
		if (body[i] >= HASH_MARK)
			crypto_envelope.hash(&v->record.body, 1, &id);
		memcpy(body + i, id.b, ID_LEN);
		i += ID_LEN - 1;
	}
}

/* What tells records apart is hashed, so equal ids are equal records. */
static void
name_record(struct verified *v)
{
	const struct record *r = &v->record;
	uint8_t head[4 + 8 + ID_LEN + 3];
	struct bytes parts[] = { { head, sizeof head }, r->body };

	put_u32(head, r->kind);
	put_u64(head + 4, r->stamp);
	memcpy(head + 12, r->author.b, ID_LEN);
	head[12 + ID_LEN] = r->by_machine;
	head[13 + ID_LEN] = (uint8_t)r->state;
	head[14 + ID_LEN] = r->name.b[0];
	crypto_envelope.hash(parts, 2, &v->id);
}

static struct bytes
read_record(struct story *s, struct bytes in)
{
	struct verified *v = &s->records[s->count];
	struct record *r = &v->record;
	size_t len = get_u16(in.p + 3);
	uint8_t *body;

	memset(v, 0, sizeof *v);
	if (len > in.len - HEAD)
		len = in.len - HEAD;
	r->kind = kinds_said[in.p[0] & 15];
	r->by_machine = in.p[0] & 0x80;
	memset(r->name.b, in.p[0] & 0x40 ? 1 : 0, sizeof r->name.b);
	memset(r->author.b, in.p[1], ID_LEN);
	memset(r->machine.b, in.p[1] ^ 0x20, ID_LEN);
	r->stamp = stamp_make((HOUR0 + 8 * in.p[2]) * 3600 * 1000, in.p[0] >> 4 & 3);
	r->state = len ? RECORD_LIVE : RECORD_WITHDRAWN;
	if (len) {
		body = need_alloc(len);
		memcpy(body, in.p + HEAD, len);
		resolve(s, body, len);
		r->body = (struct bytes){ body, len };
	}
	name_record(v);
	s->count++;
	return (struct bytes){ in.p + HEAD + len, in.len - HEAD - len };
}

static void
read_story(struct story *s, struct bytes in)
{
	s->count = 0;
	s->hour = HOUR0 + 8 * in.p[0];
	memset(&s->network, 0, sizeof s->network);
	memset(&s->branch, 0, sizeof s->branch);
	for (struct bytes rest = { in.p + 2, in.len - 2 }; rest.len >= HEAD && s->count < RECORDS;)
		rest = read_record(s, rest);
	if (s->count)
		s->network = s->records[0].id;
	if (in.p[1] && s->count)
		s->branch = s->records[(in.p[1] - 1u) % s->count].id;
}

static struct membership *
compute(const struct story *s, const struct verified *records, size_t count)
{
	struct member_input in = {
		.network = s->network, .branch = s->branch, .hour = s->hour, .records = records, .count = count,
		.hash = crypto_envelope.hash,
	};

	/* Half of them also wait for their time: that gives nobody anything. */
	in.later = s->records;
	in.later_count = s->count / 2;
	if (s->count)
		in.self = s->records[0].record.author;
	return membership_compute(&in);
}

/* All that can be asked of the membership of RECORDS; with STANDINGS also of each record of S where it belongs. */
enum detail { MEMBERSHIP, STANDINGS };
static void
tell(const struct story *s, const struct verified *records, size_t count, enum detail d, struct buf *out)
{
	struct membership *m = compute(s, records, count);
	const char *addresses[LIMIT_ADDRESSES];
	struct id owners[LIMIT_COORDINATORS];

	membership_text(m, out);
	membership_carried_text(m, out);
	buf_printf(out, "holds %d\n", membership_holds_branch(m));
	for (size_t i = 0; d == STANDINGS && i < s->count; i++)
		buf_printf(out, "%d", membership_judge(m, &s->records[i].record, &s->records[i].id));
	for (size_t i = 0; i < membership_node_count(m); i++) {
		const struct id *node = &membership_node_at(m, i)->node;
		size_t n = membership_reach(m, node, addresses, LIMIT_ADDRESSES);

		for (size_t k = 0; k < n; k++)
			buf_printf(out, "\n%s", addresses[k]);
		n = membership_nodes_owners(m, node, owners, LIMIT_COORDINATORS);
		for (size_t k = 0; k < n && k < LIMIT_COORDINATORS; k++)
			buf_put(out, owners[k].b, ID_LEN);
	}
	membership_free(m);
}

static void
expect(const struct story *s, const struct verified *records, size_t count, enum detail d)
{
	struct buf wanted = { 0 }, text = { 0 };

	tell(s, s->records, s->count, d, &wanted);
	tell(s, records, count, d, &text);
	assert(bytes_equal(buf_bytes(&wanted), buf_bytes(&text)));
	buf_free(&wanted);
	buf_free(&text);
}

/* Every record twice, backwards; then the odd ones before the even ones. */
static void
check_orders(const struct story *s)
{
	struct verified *other = need_alloc((2 * s->count + 1) * sizeof *other);
	size_t n = 0;

	for (size_t i = 0; i < 2 * s->count; i++)
		other[i] = s->records[s->count - 1 - i % s->count];
	expect(s, other, 2 * s->count, STANDINGS);
	for (size_t odd = 2; odd-- > 0;)
		for (size_t i = odd; i < s->count; i += 2)
			other[n++] = s->records[i];
	expect(s, other, n, STANDINGS);
	free(other);
}

static void
check_refused(const struct story *s)
{
	struct verified *stored = need_alloc((s->count + 1) * sizeof *stored);
	struct membership *m = compute(s, s->records, s->count);
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		if (membership_judge(m, &s->records[i].record, &s->records[i].id) != STANDING_REFUSED)
			stored[n++] = s->records[i];
	membership_free(m);
	expect(s, stored, n, MEMBERSHIP);
	free(stored);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct story s;

	if (len < 2)
		return 0;
	crypto_start();
	read_story(&s, (struct bytes){ p, len });
	check_orders(&s);
	check_refused(&s);
	for (size_t i = 0; i < s.count; i++)
		free((void *)(uintptr_t)s.records[i].record.body.p);
	return 0;
}
