/*
 * history - records of bucket 0 for tests, written as a story.
 *
 * Shape    organisations are capital letters, charters are words, time is hours after 2026-01-01
 *          one sentence a line: "HOUR WHO verb ...":
 *          0 A first c0                      found
 *          5 A charter c1 of c0 with A,B,C admit 2 roll X:active,Y:removed,Z:succeeded>W
 *          6 B approve c1
 *          7 A admit X [AL] [institution] [@c0]   votes name the charter last written, or @one
 *          8 A suspend X | reinstate X | remove X | succeed X by N
 *          9 A node 1,2 | reach 1 192.0.2.7:5684
 */
#ifndef KILIM_TESTS_HISTORY_H
#define KILIM_TESTS_HISTORY_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/member/member.h"
#include "proto/cbor.h"
#include "proto/kind.h"
#include "proto/stamp.h"
#include "tests/lib/membership_text.h"

#define HOUR0 490896LL      /* 2026-01-01T00:00Z in hours since 1970 */
#define HOUR_AT(h) (HOUR0 + (h))

struct history {
	struct verified *records;
	size_t count, room;
	struct {
		char word[16];
		struct id id;
	} charters[64];
	size_t charter_count;
	struct id network;
	unsigned tick;              /* tells records of one hour apart */
};

static inline struct id
org(char letter)
{
	struct id id = { { 0 } };

	memset(id.b, letter, ID_LEN);
	return id;
}

static inline struct id
node_id(unsigned n)
{
	struct id id = { { 0 } };

	memset(id.b, 0x11, ID_LEN);
	id.b[0] = (uint8_t)n;
	return id;
}

static inline uint64_t
stamp_at(int64_t hour)
{
	return stamp_make(HOUR_AT(hour) * 3600 * 1000, 0);
}

/* Takes BODY. */
static inline struct verified *
history_add(struct history *h, uint32_t kind, struct id author, uint64_t stamp, struct buf *body)
{
	struct verified *v;
	uint8_t head[44];
	struct bytes parts[2];

	if (h->count == h->room)
		h->records = need_realloc(h->records, (h->room = h->room ? 2 * h->room : 64) * sizeof *h->records);
	v = &h->records[h->count++];
	memset(v, 0, sizeof *v);
	v->record.author = author;
	v->record.kind = kind;
	v->record.stamp = stamp;
	v->record.body = buf_bytes(body);
	put_u32(head, kind);
	put_u64(head + 4, stamp);
	memcpy(head + 12, author.b, ID_LEN);
	parts[0] = (struct bytes){ head, sizeof head };
	parts[1] = v->record.body;
	crypto_envelope.hash(parts, 2, &v->id);
	*body = (struct buf){ NULL, 0, 0 };
	return v;
}

static inline void
history_free(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		free((void *)(uintptr_t)h->records[i].record.body.p);
	free(h->records);
	memset(h, 0, sizeof *h);
}

static inline const struct id *
charter_id(const struct history *h, const char *word)
{
	for (size_t i = 0; i < h->charter_count; i++)
		if (strcmp(h->charters[i].word, word) == 0)
			return &h->charters[i].id;
	cr_assert_fail("no charter %s", word);
	return NULL;
}

static inline void
put_key(struct buf *b, uint64_t key, const struct id *id)
{
	cbor_put_uint(b, key);
	cbor_put_bytes(b, (struct bytes){ id->b, ID_LEN });
}

static inline void
put_text_field(struct buf *b, uint64_t key, const char *text)
{
	cbor_put_uint(b, key);
	cbor_put_text(b, bytes_text(text));
}

/* Keys 1 to 4 of a coordinator or roll entry, or FIRST + 0.. of an admission. */
static inline void
put_who(struct buf *b, uint64_t first, char letter, const char *territory, const char *class)
{
	char name[] = "Organisation ?";
	struct id key = org(letter);

	name[sizeof name - 2] = letter;
	put_key(b, first, &key);
	put_text_field(b, first + 1, name);
	put_text_field(b, first + 2, territory);
	put_text_field(b, first + 3, class);
}

static inline void
put_coordinators(struct buf *b, const char *letters)
{
	size_t n = 0;

	for (const char *p = letters; *p; p++)
		n += *p != ',';
	cbor_put_uint(b, 40);
	cbor_put_array(b, n);
	for (const char *p = letters; *p; p++) {
		if (*p == ',')
			continue;
		cbor_put_map(b, 4);
		put_who(b, 1, *p, "MK", "cso");
	}
}

/* "X:active,Z:succeeded>W" */
static inline void
roll_body(struct buf *b, const char *text)
{
	size_t n = 1;

	for (const char *p = text; *p; p++)
		n += *p == ',';
	cbor_put_map(b, 1);
	cbor_put_uint(b, 40);
	cbor_put_array(b, n);
	for (const char *p = text; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char word[16] = "", successor = 0;

		sscanf(p + 2, "%15[a-z]>%c", word, &successor);
		cbor_put_map(b, successor ? 7 : 6);
		put_who(b, 1, *p, "RS", "cso");
		put_text_field(b, 5, word);
		cbor_put_uint(b, 6);
		cbor_put_uint(b, HOUR0);
		if (successor)
			put_key(b, 7, &(struct id[]){ org(successor) }[0]);
	}
}

static inline void
charter_body(struct buf *b, const struct id *parent, const char *coordinators, int admit, const struct id *roll)
{
	cbor_put_map(b, 2u + !!parent + (admit > 0) + !!roll);
	if (parent)
		put_key(b, 32, parent);
	cbor_put_uint(b, 33);
	cbor_put_array(b, 1);
	cbor_put_array(b, 3);
	cbor_put_text(b, bytes_text("en"));
	cbor_put_text(b, bytes_text("A made-up network"));
	cbor_put_uint(b, 0);
	put_coordinators(b, coordinators);
	if (admit > 0) {
		cbor_put_uint(b, 41);
		cbor_put_uint(b, (uint64_t)admit);
	}
	if (roll) {
		cbor_put_uint(b, 43);
		cbor_put_array(b, 1);
		cbor_put_bytes(b, (struct bytes){ roll->b, ID_LEN });
	}
}

static inline void
name_charter(struct history *h, const char *word, const struct id *id)
{
	cr_assert(h->charter_count < 64);
	snprintf(h->charters[h->charter_count].word, sizeof h->charters->word, "%s", word);
	h->charters[h->charter_count++].id = *id;
}

#define WORDS_MAX 24
static inline void
say_charter(struct history *h, struct id who, uint64_t stamp, char **w, size_t n)
{
	const char *parent = NULL, *with = "A", *roll = NULL;
	struct buf b = { NULL, 0, 0 };
	struct id hash;
	int admit = 0;

	for (size_t i = 4; i + 1 < n; i += 2)
		if (strcmp(w[i], "of") == 0)
			parent = w[i + 1];
		else if (strcmp(w[i], "with") == 0)
			with = w[i + 1];
		else if (strcmp(w[i], "admit") == 0)
			admit = atoi(w[i + 1]);
		else if (strcmp(w[i], "roll") == 0)
			roll = w[i + 1];
		else
			cr_assert_fail("charter: %s?", w[i]);
	if (roll) {
		roll_body(&b, roll);
		hash_one(buf_bytes(&b), &hash);
		history_add(h, KIND_ROLL, who, stamp, &b);
	}
	charter_body(&b, parent ? charter_id(h, parent) : NULL, with, admit, roll ? &hash : NULL);
	name_charter(h, w[3], &history_add(h, KIND_CHARTER, who, stamp + 1, &b)->id);
}

static inline void
say_nodes(struct history *h, struct id who, uint64_t stamp, char **w, size_t n)
{
	struct buf b = { NULL, 0, 0 };
	struct verified *v;
	size_t count = 0;

	for (size_t i = 3; i < n; i++)
		count++;
	cbor_put_map(&b, 1);
	cbor_put_uint(&b, 32);
	cbor_put_array(&b, count);
	for (size_t i = 3; i < n; i++) {
		struct id id = node_id((unsigned)atoi(w[i]));

		cbor_put_map(&b, 1);
		put_key(&b, 1, &id);
	}
	v = history_add(h, KIND_NODE, who, stamp, &b);
	(void)v;
}

static inline void
say_reach(struct history *h, struct id who, uint64_t stamp, char **w)
{
	struct id node = node_id((unsigned)atoi(w[3]));
	struct buf b = { NULL, 0, 0 };

	cbor_put_map(&b, 2);
	cbor_put_uint(&b, 32);
	cbor_put_array(&b, 1);
	cbor_put_text(&b, bytes_text(w[4]));
	put_key(&b, 33, &node);
	memcpy(history_add(h, KIND_REACH, who, stamp, &b)->record.name.b, node.b, UUID_LEN);
}

static inline void
say_vote(struct history *h, struct id who, uint64_t stamp, char **w, size_t n)
{
	const struct id *charter = &h->charters[h->charter_count - 1].id;
	const char *verb = w[2], *territory = "AL", *class = "cso";
	struct buf b = { NULL, 0, 0 };
	uint32_t kind = KIND_STANDING;
	struct id subject = org(w[3][0]);

	for (size_t i = 4; i < n; i++)
		if (w[i][0] == '@')
			charter = charter_id(h, w[i] + 1);
		else if (strlen(w[i]) == 2 && strcmp(w[i], "by") != 0)
			territory = w[i];
		else if (strlen(w[i]) > 2)
			class = w[i];
	if (strcmp(verb, "admit") == 0) {
		kind = KIND_ADMISSION;
		cbor_put_map(&b, 5);
		put_key(&b, 32, charter);
		put_who(&b, 33, w[3][0], territory, class);
	} else if (strcmp(verb, "remove") == 0) {
		kind = KIND_REMOVAL;
		cbor_put_map(&b, 3);
		put_key(&b, 32, charter);
		put_key(&b, 33, &subject);
		put_text_field(&b, 35, "safety");
	} else if (strcmp(verb, "succeed") == 0) {
		struct id new_key = org(w[5][0]);

		kind = KIND_SUCCESSION;
		cbor_put_map(&b, 3);
		put_key(&b, 32, charter);
		put_key(&b, 33, &new_key);
		put_key(&b, 34, &subject);
	} else {
		cr_assert(strcmp(verb, "suspend") == 0 || strcmp(verb, "reinstate") == 0, "%s?", verb);
		cbor_put_map(&b, 5);
		put_key(&b, 32, charter);
		put_key(&b, 33, &subject);
		put_text_field(&b, 34, verb);
		put_text_field(&b, 35, "key-lost");
		put_text_field(&b, 37, "a note");
	}
	history_add(h, kind, who, stamp, &b);
}

static inline void
history_say(struct history *h, const char *line)
{
	char copy[256], *w[WORDS_MAX];
	struct buf b = { NULL, 0, 0 };
	uint64_t stamp;
	struct id who;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *p = strtok(copy, " \t"); p; p = strtok(NULL, " \t")) {
		cr_assert(n < WORDS_MAX);
		w[n++] = p;
	}
	if (n == 0)
		return;
	cr_assert(n >= 4, "%s", line);
	stamp = stamp_at(atoll(w[0])) + 4 * h->tick++;
	who = org(w[1][0]);
	if (strcmp(w[2], "first") == 0) {
		charter_body(&b, NULL, w[1], 0, NULL);
		h->network = history_add(h, KIND_CHARTER, who, stamp, &b)->id;
		name_charter(h, w[3], &h->network);
	} else if (strcmp(w[2], "charter") == 0) {
		say_charter(h, who, stamp, w, n);
	} else if (strcmp(w[2], "approve") == 0) {
		cbor_put_map(&b, 1);
		put_key(&b, 32, charter_id(h, w[3]));
		history_add(h, KIND_APPROVAL, who, stamp, &b);
	} else if (strcmp(w[2], "node") == 0) {
		say_nodes(h, who, stamp, w, n);
	} else if (strcmp(w[2], "reach") == 0) {
		say_reach(h, who, stamp, w);
	} else {
		say_vote(h, who, stamp, w, n);
	}
}

/* One sentence a line. */
static inline void
history_tell(struct history *h, const char *story)
{
	while (*story) {
		size_t len = strcspn(story, "\n");
		char line[256];

		cr_assert(len < sizeof line);
		memcpy(line, story, len);
		line[len] = 0;
		history_say(h, line);
		story += len + (story[len] == '\n');
	}
}

static inline struct membership *
history_compute(const struct history *h, const struct id *branch, int64_t hour)
{
	struct member_input in = {
		.network = h->network,
		.hour = HOUR_AT(hour),
		.records = h->records,
		.count = h->count,
		.self = org('A'),
		.hash = crypto_envelope.hash,
	};

	if (branch)
		in.branch = *branch;
	return membership_compute(&in);
}

#endif
