/*
 * invite - the code that lets a newcomer in, and what proves that she holds it.
 *
 * Source   proto/membership.md section 7; BIP 350 (bech32m)
 * Shape    bech32m, prefix "kilim", over 1 byte of version and flags, address (6 or 18 bytes), 10 bytes of node id,
 *          10 bytes of secret
 * Law      invite_code_parse(invite_code_make(x)) is x; no other bytes give x
 *          the secret never travels: the joiner shows a MAC over who she is and whom she speaks to
 */
#ifndef KILIM_MEMBER_INVITE_H
#define KILIM_MEMBER_INVITE_H

#include "node/member/member.h"
#include "node/member/words.h"

#define INVITE_NODE 10
#define INVITE_SECRET 10
#define INVITE_ID 8
#define INVITE_TEXT 96      /* longest code with its zero, rounded up */

struct invite {
	bool v6;
	uint8_t ip[16];              /* network order; 4 bytes when not v6 (the rest zero) */
	uint16_t port;               /* 1..65535 */
	uint8_t node[INVITE_NODE];   /* the first bytes of the inviter's node id */
	uint8_t secret[INVITE_SECRET];
};

const char *invite_code_make(const struct invite *i, char out[INVITE_TEXT]);
/*
 * Upper or lower case; spaces, line ends and hyphens, as a printed sheet may have them, are skipped.
 *   ERR_INPUT    rule "prefix" (no invitation), "checksum" (a letter is mistyped), "length" (too short or
 *                too long), "character", "case", "separator", "padding", "port"
 *   ERR_VERSION  made by a newer kilim
 * OUT is left alone.
 */
enum err_code invite_code_parse(const char *text, struct invite *out, struct err *e);

/* How the inviter finds the invitation again: BLAKE2b("id" || secret), 8 bytes of it. */
void invite_id(const uint8_t secret[INVITE_SECRET], uint8_t out[INVITE_ID]);
/* Does the inviter's certificate belong to the code? NODE is the id of the node that answered. */
bool invite_names_node(const struct invite *i, const struct id *node);

/* What both sides know when somebody joins. */
struct join {
	struct id joiner_node, inviter_node;   /* from the certificates of the session, never from a message */
	struct id organisation;
	struct bytes name;                     /* at most LIMIT_NAME bytes */
	uint16_t territory;
	enum member_class class;
};
/* The bytes that are signed and maced; appended. Asserts the name's length. */
void join_transcript(const struct join *j, struct buf *out);
void join_mac(const struct join *j, const uint8_t secret[INVITE_SECRET], uint8_t out[32]);
/* The six words, the same at both ends. */
void join_words(const struct join *j, struct words *out);
/*
 * The inviter's check of what came.
 *   ERR_LIMIT    the name is longer than LIMIT_NAME
 *   ERR_DENIED   rule "mac": not made with this code, or for another session; rule "signature": not by that key
 */
enum err_code join_check(const struct join *j, const uint8_t secret[INVITE_SECRET], const uint8_t mac[32],
    const uint8_t signature[64], struct err *e);

#endif
