/*
 * codec - one CoAP message: bytes in, fields out, and back; the only file that calls libcoap.
 *
 * Source   RFC 7252 section 3, RFC 7959 (Block2), RFC 9177 (Q-Block2), proto/exchange.md
 * Shape    4-byte header and token are ours; libcoap parses and encodes options, in place and without allocating
 * Law      unknown critical options make codec_read answer ERR_INPUT with rule "option" (4.02 for a request)
 *          codec_read(codec_write(m)) gives m again
 */
#ifndef KILIM_COAP_CODEC_H
#define KILIM_COAP_CODEC_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/limits.h"

enum coap_kind { COAP_CON, COAP_NON, COAP_ACK, COAP_RST };

/* Codes as three digits: 1 GET, 2 POST, 5 FETCH; 205 Content, 404 Not Found ... 0 is the empty message. */
#define COAP_GET 1
#define COAP_POST 2
#define COAP_FETCH 5

#define COAP_MAX_SEGMENTS 8
#define COAP_MAX_SET 10              /* blocks of a set, MAX_PAYLOADS of RFC 9177 section 7.2 */
#define COAP_FORMAT_NONE (-1)
#define COAP_FORMAT_LINK 40
#define COAP_FORMAT_CBOR 60
#define COAP_FORMAT_CBOR_SEQUENCE 63
#define COAP_FORMAT_PROBLEM 257  /* application/concise-problem-details+cbor, RFC 9290 */

struct coap_block {
	bool present;
	uint32_t number;
	bool more;
	uint8_t szx;                 /* 0..6; size is 16 << szx */
};

/* All views borrow the datagram (reading) or the caller (writing). */
struct coap_message {
	enum coap_kind kind;
	uint16_t code;
	uint16_t id;
	uint8_t token[LIMIT_TOKEN], token_len;
	struct bytes path[COAP_MAX_SEGMENTS];    size_t path_count;
	struct bytes query[COAP_MAX_SEGMENTS];   size_t query_count;
	struct bytes etag;                       /* 1..8 bytes, or empty */
	int format, accept;                      /* COAP_FORMAT_NONE when absent */
	int32_t observe;                         /* -1 when absent */
	struct coap_block block2;
	struct coap_block qblock2[COAP_MAX_SET]; size_t qblock2_count;  /* several in requests, one in responses */
	uint32_t size2; bool has_size2;
	struct bytes payload;
};

/*
 * ERR_INPUT: not a CoAP message we understand; the header fields (kind, code, id, token) are set when they could be
 * read. The rule says which: "length", "version", "token", "code", "empty", "malformed", and for messages that are
 * well-formed "option" and "block" (a reserved block size).
 */
enum err_code codec_read(struct bytes datagram, struct coap_message *out, struct err *e);
/* Append at most LIMIT_MESSAGE bytes to OUT; more is our bug. */
void codec_write(const struct coap_message *m, struct buf *out);

#endif
