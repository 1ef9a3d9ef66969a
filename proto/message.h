/*
 * message - bodies of requests and answers between nodes, one struct and one pair of functions each.
 *
 * Source   proto/messages.md
 * Shape    CBOR arrays of fixed length, in the subset of cbor.h
 * Law      message_X_read accepts exactly what message_X_write makes; views borrow the input
 */
#ifndef KILIM_PROTO_MESSAGE_H
#define KILIM_PROTO_MESSAGE_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/id.h"
#include "proto/limits.h"

#define PROTOCOL_VERSION 1

/* Beginnings of ids are enough to agree on what both sides know already. */
struct prefix {
	uint8_t b[8];
};
struct prefix prefix_of(const struct id *id);
bool prefix_equal(struct prefix a, struct prefix b);

/* What a node wants: bits 0..7 collections, bits 8..15 territories (AL BA ME MK RS XK WB ZZ). */
#define SUBSCRIBE_ALL 0xff1fu
bool subscription_has(uint64_t subscription, unsigned collection, uint16_t territory);

struct message_hello {
	uint64_t version_min, version_max;
	struct prefix network, organisation, incarnation;
	uint64_t arrival;          /* newest arrival number of the sender */
	int64_t clock_ms;          /* Unix ms */
	struct prefix charter;     /* current; zero: none yet */
	uint64_t subscription;
	uint8_t root[16];
	uint64_t software;         /* major << 16 | minor << 8 | patch: for people, never for decisions */
	/* In answers only. */
	uint64_t seen;             /* the highest arrival number that the asker's incarnation ever named; 0: none above its own */
	bool cloned;               /* two computers use the asker's key */
};
void message_hello_write(const struct message_hello *m, struct buf *out);
enum err_code message_hello_read(struct bytes in, struct message_hello *out, struct err *e);

/* One line of an answer to /buckets. */
struct message_bucket {
	uint32_t bucket;
	uint64_t count;
	uint8_t sum[32];           /* of record ids as little-endian numbers, mod 2^256 */
	uint64_t newest;           /* stamp */
};
/* The array's head, then each line. */
void message_buckets_begin(size_t count, struct buf *out);
void message_bucket_write(const struct message_bucket *m, struct buf *out);
/* Up to MAX lines, ascending by bucket; ERR_LIMIT beyond. */
#define LIMIT_BUCKETS 128      /* 4 collections x 8 territories x 3 audiences + 1, rounded up */
enum err_code message_buckets_read(struct bytes in, struct message_bucket *out, size_t max, size_t *out_count,
    struct err *e);

/* Head of a page of /tail; whole envelopes follow as a CBOR sequence. */
#define MESSAGE_AHEAD 3
struct message_end {
	uint64_t stamp;
	struct id id;
};
/* In the order of pages, B comes after A. */
bool message_is_behind(const struct message_end *b, const struct message_end *a);
struct message_page {
	struct message_end last;   /* the page's last record; the cursor itself when the page is empty */
	bool more;
	struct message_end ends[MESSAGE_AHEAD];   /* of pages behind this one that others follow; ascending */
	size_t end_count;
};
void message_page_write(const struct message_page *m, struct buf *out);
/* OUT_REST: the envelopes. */
enum err_code message_page_read(struct bytes in, struct message_page *out, struct bytes *out_rest, struct err *e);

/* A nonce of one side, for salted ids; in queries its digits are lower-case hexadecimal. */
#define MESSAGE_NONCE 8

/* Answer to /cells: a stretch of a snapshot of one bucket's sketch, for proto/sketch.h. */
struct message_cells {
	uint32_t snapshot;         /* its number, not 0 */
	uint32_t row;              /* cells that it has in all, 1..4096 */
	uint64_t count;            /* of the records that it stands for */
	uint8_t sum[32];           /* of their ids */
	struct bytes cells;        /* whole cells of 13 bytes, at most ROW */
	bool salted;               /* its ids are salted ones (proto/sync.md section 2) */
	uint8_t nonce[MESSAGE_NONCE];  /* the answerer's, when salted */
};
void message_cells_write(const struct message_cells *m, struct buf *out);
enum err_code message_cells_read(struct bytes in, struct message_cells *out, struct err *e);

/* Answer to /list: whole record ids of one bucket in order of (stamp, id), behind the cursor that was asked from. */
#define LIST_IDS 4096              /* at most, in one answer: 128 KiB */
struct message_list {
	uint64_t last_stamp;       /* of the last of them; the cursor itself when there are none */
	struct id last_id;
	bool more;
	struct bytes ids;          /* a multiple of 32 bytes */
};
void message_list_write(const struct message_list *m, struct buf *out);
enum err_code message_list_read(struct bytes in, struct message_list *out, struct err *e);

/* /records and /offer: one bucket and up to LIMIT_IDS short ids of 8 bytes. An offer of none says: visit me. */
struct message_ids {
	uint32_t bucket;
	struct bytes ids;          /* a multiple of 8 bytes */
};
void message_ids_write(const struct message_ids *m, struct buf *out);
enum err_code message_ids_read(struct bytes in, struct message_ids *out, struct err *e);

/*
 * /events: what came in with the arrivals (FROM, TO], one line for each bucket that has news for the asker. A line
 * without ids: too many to be told one by one. Lines ascend; an answer holds at most LIMIT_IDS ids in all, so that it
 * fits one datagram.
 */
struct message_events {
	uint64_t from, to;
	struct message_ids lines[LIMIT_BUCKETS];
	size_t count;
};
void message_events_write(const struct message_events *m, struct buf *out);
/* ERR_LIMIT: more lines or ids than there may be. */
enum err_code message_events_read(struct bytes in, struct message_events *out, struct err *e);

/* Next item of a CBOR sequence of envelopes: false at the end or when what follows is not one item (then *SEQ is
 * left as it is and not empty). */
bool sequence_next(struct bytes *seq, struct bytes *out_item);

/* /join, first form: who asks; second form: the records that only the joiner can sign. */
struct message_join {
	bool has_request;
	uint8_t invite[8];
	struct id organisation;
	struct bytes name;
	uint16_t territory;
	uint8_t member_class;      /* 0..2 */
	uint8_t mac[32], signature[64];
	bool has_records;
	struct bytes node, reach;  /* envelopes; reach may be empty */
};
void message_join_write(const struct message_join *m, struct buf *out);
enum err_code message_join_read(struct bytes in, struct message_join *out, struct err *e);

enum join_state { JOIN_WAITING, JOIN_ADMITTED, JOIN_REFUSED, JOIN_STATES };
const char *join_state_word(enum join_state s);
struct message_joined {
	struct id network, charter;
	enum join_state state;
	struct bytes reason;       /* a sentence; empty when there is nothing to say */
};
void message_joined_write(const struct message_joined *m, struct buf *out);
enum err_code message_joined_read(struct bytes in, struct message_joined *out, struct err *e);

/* Cursor of /tail as query text "after=STAMPHEX,IDHEX" and back. */
#define CURSOR_TEXT 96
const char *cursor_text(uint64_t stamp, const struct id *id, char out[CURSOR_TEXT]);
enum err_code cursor_parse(const char *text, uint64_t *out_stamp, struct id *out_id, struct err *e);
/* Nonces of a query: exactly LEN bytes in lower-case hexadecimal, and back; OUT holds 2 LEN + 1 characters. */
const char *nonce_text(const uint8_t *nonce, size_t len, char *out);
enum err_code nonce_parse(const char *text, uint8_t *out, size_t len, struct err *e);

#endif
