/*
 * inviting - the inviter's side of joining: codes, words, and the vote that follows.
 *
 * Source   proto/membership.md section 7; node/member/invite.h (code, transcript), words.h (six words)
 *
 *   open --join came--> asking --words accepted (or --auto)--> accepted --admitted, its node record is in--> used
 *     |                   '----words refused----> refused
 *     '--- 7 days, revoked, 5 wrong tries ---> closed
 *
 * Law      only a person's word (or --auto, when the join is what was invited) signs the vote
 *          an invite serves one certificate
 *          nobody becomes a member under another name than she was invited under, where somebody is called so, unless the person
 *          who admits her has typed it: entries about an organisation of that name are hers to claim
 */
#ifndef KILIM_SERVICE_INVITING_H
#define KILIM_SERVICE_INVITING_H

#include "node/peer/node.h"
#include "proto/message.h"

#include <cjson/cJSON.h>

struct inviting *inviting_new(struct node *n);
void inviting_free(struct inviting *i);    /* NULL is fine */

struct invite_options {
	const char *name;
	uint16_t territory;
	enum member_class member_class;
	bool automatic;
	unsigned days;                  /* 1..LIMIT_INVITE_DAYS; 0: LIMIT_INVITE_DAYS */
};
/*
 *   ERR_DENIED   we are no coordinator, or protected
 *   ERR_MISSING  no address of ours that a guest could dial
 */
enum err_code inviting_make(struct node *n, const struct invite_options *o, cJSON **out, struct err *e);
cJSON *inviting_list(struct node *n);
/* KEY: an invite's id, the start of it, or the name it was made for. */
enum err_code inviting_revoke(struct node *n, const char *key, struct err *e);
/*
 * WORDS (or digits) as the guest reads them; signs the admission. NAME: under which she is to be admitted; NULL: as she was
 * invited, or as nobody is called yet.
 *   ERR_MISSING  nobody with those words is waiting
 *   ERR_DENIED   NAME is not hers; or there is none, and she asks under another name or territory than was invited and that
 *                a member, or an entered organisation, is called
 */
enum err_code inviting_decide(struct node *n, const char *words, bool accept, const char *name, cJSON **out,
    struct err *e);
/* A request on /join. */
enum err_code inviting_request(struct node *n, const struct id *guest, const struct message_join *m,
    struct message_joined *out, char reason[320], struct err *e);
/* May a stranger's certificate finish its handshake just now? */
bool inviting_open(const struct node *n, const struct id *node);
/* Membership moved: take in the records of guests whose admission is complete. */
void inviting_settle(struct node *n);

#endif
