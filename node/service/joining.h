/*
 * joining - the guest's side: from a code to membership.
 *
 * Source   proto/membership.md section 7
 * Shape    one attempt a node, kept in the store until the node is in
 *
 *   connecting --> waiting --> admitted: the network is taken over, the inviter visited
 *                     '------> refused
 */
#ifndef KILIM_SERVICE_JOINING_H
#define KILIM_SERVICE_JOINING_H

#include "node/peer/node.h"

#include <cjson/cJSON.h>

struct joining *joining_new(struct node *n);
void joining_free(struct joining *j);      /* NULL is fine */

/* Begins to dial; the answer comes by joining_state. CONFLICT: already in a network. INPUT: not a code. */
enum err_code joining_join(struct node *n, const char *code, struct err *e);
/* The attempt as JSON; false: there is none. */
bool joining_state(struct node *n, cJSON **out);
/* Somebody has still to answer: founding a network of one's own would cross it. */
bool joining_waits(const struct node *n);
/* The attempt ends here; its inviter is not dialled any more. */
void joining_give_up(struct node *n);
/* TICKET's call is answered as soon as words are known, or the attempt has failed. */
void joining_wait(struct node *n, uint64_t ticket);

/* --- what happens --- */
void joining_session(struct node *n, struct peer *p);
void joining_closed(struct node *n, struct peer *p);
void joining_failed(struct node *n, struct contact *c);
void joining_tick(struct node *n);

#endif
