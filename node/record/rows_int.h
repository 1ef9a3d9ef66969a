/*
 * rows_int - the rows of this room's tables, byte for byte; nobody else includes it.
 *
 * Source   STORE_TABLES in node/store/store.h, which says the same in words
 * Shape    every member is bytes, integers are big-endian: a struct has no padding and may lie anywhere, so it is its
 *          key or its value, and what is read can be looked at where it is
 * Law      stores of today are read by the versions to come: nothing here changes its place
 */
#ifndef KILIM_RECORD_ROWS_INT_H
#define KILIM_RECORD_ROWS_INT_H

#include <assert.h>

#include "proto/id.h"

#define SHORT_LEN 8

/* RECORD: under the record's id; the envelope follows. */
struct record_head {
	uint8_t arrival[8], short_id[SHORT_LEN], bucket[4];
};
/* PRIVATE; LIVE, of all but lasting records. */
struct name_key {
	uint8_t kind[4];
	struct id author;
	struct uuid name;
};
/* LIVE, of lasting records, which have no other versions. */
struct lasting_key {
	uint8_t kind[4];
	struct id author, id;
};
/* FIRST_SEEN, in Unix ms, is not there in older stores. */
struct live_value {
	uint8_t stamp[8];
	struct id id;
	uint8_t first_seen[8];
};
struct history_key {
	struct name_key of;
	uint8_t stamp[8];
};
struct tail_key {
	uint8_t bucket[4], stamp[8];
	struct id id;
};
struct tail_value {
	uint8_t short_id[SHORT_LEN], envelope_len[4], kind[4];
};
struct short_key {
	uint8_t bucket[4], short_id[SHORT_LEN];
	struct id id;
};
struct arrival_value {
	struct id id;
	uint8_t bucket[4], short_id[SHORT_LEN];
};
/* What is behind SHARE orders the keys of a group; of charters its first half is the parent, and names the group too. */
struct quota_key {
	struct id author;
	uint8_t collection, share;
	struct id order;
};
struct aside_key {
	struct id author, id;
};
/* The envelope follows. */
struct aside_head {
	uint8_t reason, when[8];
};
struct erased_key {
	struct id target, author, id;
};
struct erased_value {
	uint8_t up_to[8];
	struct id charter;
};
struct gone_key {
	uint8_t day[4], short_id[SHORT_LEN];
};
struct day_value {
	uint8_t day[4], count[4];
};
struct taken_value {
	uint8_t kind[4], stamp[8];
};

static_assert(sizeof(struct record_head) == 20 && sizeof(struct name_key) == 52 && sizeof(struct lasting_key) == 68 &&
    sizeof(struct live_value) == 48 && sizeof(struct history_key) == 60 && sizeof(struct tail_key) == 44 &&
    sizeof(struct tail_value) == 16 && sizeof(struct short_key) == 44 && sizeof(struct arrival_value) == 44 &&
    sizeof(struct quota_key) == 66 && sizeof(struct aside_key) == 64 && sizeof(struct aside_head) == 9 &&
    sizeof(struct erased_key) == 96 && sizeof(struct erased_value) == 40 && sizeof(struct gone_key) == 12 &&
    sizeof(struct day_value) == 8 && sizeof(struct taken_value) == 12, "rows are what stores hold");

#endif
