/*
 * invites - the inviter's rows, in memory and in the store.
 *
 * Source   proto/membership.md section 7
 * Law      a change is on disk before anybody hears of it
 */
#ifndef KILIM_SERVICE_INVITES_H
#define KILIM_SERVICE_INVITES_H

#include "node/member/invite.h"
#include "node/store/store.h"

#include <cjson/cJSON.h>

enum invite_state { INVITE_OPEN, INVITE_ASKING, INVITE_ACCEPTED, INVITE_USED, INVITE_REFUSED, INVITE_CLOSED,
	INVITE_STATES };
const char *invite_state_word(enum invite_state s);

struct invite_row {
	struct invite_row *next;
	uint8_t id[INVITE_ID], secret[INVITE_SECRET];
	char name[LIMIT_NAME + 1];
	uint16_t territory;
	enum member_class member_class;
	bool automatic;
	int64_t expires_ms;
	enum invite_state state;
	unsigned tries;                        /* wrong ones */
	/* from INVITE_ASKING on */
	struct id guest_node, guest;
	char guest_name[LIMIT_NAME + 1];
	uint16_t guest_territory;
	enum member_class guest_class;
	struct buf node, reach;                /* envelopes, until they are admitted */
};

/* Every row of the store, newest first; damaged rows are left out. */
struct invite_row *invites_load(struct store *s);
void invites_free(struct invite_row *first);
enum err_code invite_save(struct store *s, const struct invite_row *r, struct err *e);
bool invite_is_open(const struct invite_row *r, int64_t now_ms);
/* What the words are made of. INVITER is our node. */
void invite_words(const struct invite_row *r, const struct id *inviter, struct words *out);
/* "words", "words_cyrillic" and "digits" of W into O. */
void invite_words_json(cJSON *o, const struct words *w);

#endif
