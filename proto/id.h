/*
 * id - the 32-byte names of things, and how people see them.
 *
 * Source   proto/records.md section 1; BIP 350 (bech32m)
 * Shape    bech32m of the 32 bytes under a prefix that tells what it names; always lower case
 * Law      id_parse(id_format(x)) is x; a text with another prefix, a wrong checksum, mixed case or
 *          another length is refused with the reason
 */
#ifndef KILIM_PROTO_ID_H
#define KILIM_PROTO_ID_H

#include "proto/buf.h"
#include "proto/err.h"

#define ID_LEN 32
#define UUID_LEN 16
struct id {
	uint8_t b[ID_LEN];
};
struct uuid {
	uint8_t b[UUID_LEN];
};
/* What an entry is called by others, whatever its kind: all its versions have the same author and name. */
struct reference {
	struct id author;
	struct uuid name;
};

enum id_type { ID_ORGANISATION, ID_NODE, ID_NETWORK, ID_RECORD, ID_BLOB, ID_TYPES };

#define ID_TEXT 80    /* longest text with its zero, rounded up */
#define UUID_TEXT 37
/* The prefix: "org", "node", "net", "rec", "blob". */
const char *id_prefix(enum id_type type);
const char *id_format(enum id_type type, const struct id *id, char out[ID_TEXT]);
/* ERR_INPUT: not such an id; OUT is left alone. OBJECT names it in the error. */
enum err_code id_parse(enum id_type type, const char *text, const char *object, struct id *out, struct err *e);
bool id_equal(const struct id *a, const struct id *b);
int id_compare(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *a);

/* Lower-case "8-4-4-4-12". */
const char *uuid_format(const struct uuid *u, char out[UUID_TEXT]);
/* Upper or lower case, any version. ERR_INPUT: OUT is left alone. */
enum err_code uuid_parse(const char *text, const char *object, struct uuid *out, struct err *e);
/* Sets version 4 and variant of 16 random bytes. */
void uuid_from_random(const uint8_t random[UUID_LEN], struct uuid *out);
bool uuid_equal(const struct uuid *a, const struct uuid *b);

bool reference_equal(const struct reference *a, const struct reference *b);
/* <0, 0, >0 by author, then by name. */
int reference_compare(const struct reference *a, const struct reference *b);

/*
 * bech32m itself (proto/bech32m.c). PREFIX is 1 to 83 characters in lower case; a whole text has at most
 * BECH32M_TEXT characters: ids stay below the 90 that BIP 350 plans for, invite codes may be longer.
 * Appends to OUT_TEXT.
 */
#define BECH32M_PREFIX 84
#define BECH32M_TEXT 1023
void bech32m_encode(const char *prefix, struct bytes data, struct buf *out_text);
/*
 * Upper or lower case, never mixed. OUT_PREFIX gets the prefix in lower case, the data is appended to OUT.
 *   ERR_INPUT    rule is "length", "character", "case", "separator", "prefix", "checksum", or "padding" (a
 *                right checksum over something that is not whole bytes)
 */
enum err_code bech32m_decode(const char *text, const char *object, char out_prefix[BECH32M_PREFIX],
    struct buf *out, struct err *e);

#endif
