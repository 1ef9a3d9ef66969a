#include "node/service/invites.h"
#include "node/crypto/crypto.h"
#include "proto/calendar.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64];
static struct store *store;

static void
start(void)
{
	struct err e = { 0 };

	crypto_start();
	snprintf(dir, sizeof dir, "%s/kilim-invites-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(store_open(dir, &(struct store_options){ .map_bytes = 64 << 20 }, &store, &e), ERR_OK, "%s", e.reason);
}

static void
stop(void)
{
	char command[128];

	store_close(store);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(invites, .init = start, .fini = stop);

static struct invite_row
some_row(void)
{
	struct invite_row r = { .territory = TERRITORY('X', 'K'), .member_class = CLASS_INSTITUTION, .automatic = true,
		.expires_ms = 1790000000000, .state = INVITE_ASKING, .tries = 3, .guest_territory = TERRITORY('A', 'L'),
		.guest_class = CLASS_CSO };

	memset(r.secret, 5, sizeof r.secret);
	invite_id(r.secret, r.id);
	strcpy(r.name, "Shoqata e Sajuar");
	strcpy(r.guest_name, "Измислено здружение");
	memset(r.guest.b, 7, ID_LEN);
	memset(r.guest_node.b, 8, ID_LEN);
	buf_put_text(&r.node, "an envelope");
	return r;
}

/* What was saved is there again after the store was closed and opened. */
Test(invites, kept)
{
	struct invite_row r = some_row(), *back;
	struct err e = { 0 };

	cr_assert_eq(invite_save(store, &r, &e), ERR_OK);
	store_close(store);
	cr_assert_eq(store_open(dir, &(struct store_options){ .map_bytes = 64 << 20 }, &store, &e), ERR_OK);
	back = invites_load(store);
	cr_assert_not_null(back);
	cr_assert_null(back->next);
	cr_assert_eq(memcmp(back->id, r.id, sizeof r.id), 0);
	cr_assert_eq(memcmp(back->secret, r.secret, sizeof r.secret), 0);
	cr_assert_str_eq(back->guest_name, r.guest_name);
	cr_assert_eq(back->state, INVITE_ASKING);
	cr_assert_eq(back->tries, 3);
	cr_assert(back->automatic);
	cr_assert_eq(back->member_class, CLASS_INSTITUTION);
	cr_assert_eq(back->guest_territory, r.guest_territory);
	cr_assert(id_equal(&back->guest, &r.guest));
	cr_assert_eq(back->node.len, r.node.len);
	invites_free(back);
	buf_free(&r.node);
}

/* A damaged row is left out; the others are there. */
Test(invites, damaged_row_left_out)
{
	struct invite_row r = some_row(), *back;
	struct store_txn *t;
	struct err e = { 0 };

	cr_assert_eq(invite_save(store, &r, &e), ERR_OK);
	t = store_write(store);
	txn_put(t, STORE_INVITE, bytes_text("12345678"), bytes_text("not a row"));
	cr_assert_eq(txn_commit(&t, &e), ERR_OK);
	back = invites_load(store);
	cr_assert_not_null(back);
	cr_assert_null(back->next);
	invites_free(back);
	buf_free(&r.node);
}

/* An open invite ends with its days; one that a guest has used stays open for that guest a while longer. */
Test(invites, open_until)
{
	struct invite_row r = some_row();
	int64_t late = r.expires_ms + DAY_MS;

	r.state = INVITE_OPEN;
	cr_assert(invite_is_open(&r, r.expires_ms - 1));
	cr_assert_not(invite_is_open(&r, r.expires_ms));
	r.state = INVITE_ACCEPTED;
	cr_assert(invite_is_open(&r, late));
	for (int s = INVITE_USED; s < INVITE_STATES; s++) {
		r.state = (enum invite_state)s;
		cr_assert_not(invite_is_open(&r, 0), "%s", invite_state_word(r.state));
	}
	buf_free(&r.node);
}
