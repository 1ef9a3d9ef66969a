/*
 * joining - invitations: how a new organisation comes in, from both sides.
 *
 * Source   proto/membership.md section "Joining"; node/member/invite.h (code, transcript), words.h (six words)
 * Shape    the inviter keeps one row an invite in the store; the guest keeps one attempt
 *
 *   inviter   open --join came--> asking --words accepted (or --auto)--> admitted --its node record is in--> used
 *               |                   '----words refused----> refused
 *               '--- 7 days, revoked, 5 wrong tries ---> closed
 *
 * Law      only a person's word (or --auto, when the join is what was invited) signs the vote
 *          an invite serves one certificate
 */
#ifndef KILIM_SERVICE_JOINING_H
#define KILIM_SERVICE_JOINING_H

#include "node/service/node.h"
#include "proto/message.h"

struct joining;
struct joining *joining_new(struct node *n);
void joining_free(struct joining *j);

/* --- the inviter's side --- */
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
enum err_code joining_invite(struct node *n, const struct invite_options *o, cJSON **out, struct err *e);
cJSON *joining_list(struct node *n);
/* KEY: an invite's id, the start of it, or the name it was made for. */
enum err_code joining_revoke(struct node *n, const char *key, struct err *e);
/* WORDS (or digits) as the guest reads them; signs the admission. MISSING: nobody with those words is waiting. */
enum err_code joining_accept(struct node *n, const char *words, bool accept, cJSON **out, struct err *e);
/* A request on /join. */
enum err_code joining_request(struct node *n, const struct id *guest, const struct message_join *m,
    struct message_joined *out, char reason[320], struct err *e);
/* May a stranger's certificate finish its handshake just now? */
bool joining_open(const struct node *n, const struct id *node);

/* --- the guest's side --- */
/* Begins to dial; the answer comes by joining_state. CONFLICT: already in a network. INPUT: not a code. */
enum err_code joining_join(struct node *n, const char *code, struct err *e);
/* The attempt as JSON; false: there is none. */
bool joining_state(struct node *n, cJSON **out);
/* TICKET's call is answered as soon as words are known, or the attempt has failed. */
void joining_wait(struct node *n, uint64_t ticket);

/* --- what happens --- */
void joining_session(struct node *n, struct peer *p);
void joining_closed(struct node *n, struct peer *p);
void joining_failed(struct node *n, struct contact *c);
void joining_settle(struct node *n);    /* membership moved */
void joining_tick(struct node *n);

#endif
