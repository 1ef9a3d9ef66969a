/*
 * age_invites - makes every invitation of a node older, as if days had passed.
 *
 *   age_invites DIR DAYS
 *
 * The node must be stopped. At the end one line: "N invitations". What it saves goes the way the node's own saving goes.
 */
#include "node/crypto/crypto.h"
#include "node/service/invites.h"
#include "node/store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_OF_MS (24LL * 3600 * 1000)

int
main(int argc, char **argv)
{
	struct store_options o = { 0 };
	struct store *s = NULL;
	struct invite_row *all;
	struct err e = { 0 };
	char text[600];
	int count = 0;
	long days = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (days < 1 || days > 1000) {
		fputs("usage: age_invites DIR DAYS\n", stderr);
		return 2;
	}
	crypto_start();
	if (store_open(argv[1], &o, &s, &e)) {
		fprintf(stderr, "age_invites: %s\n", err_text(&e, text, sizeof(text)));
		return 1;
	}
	all = invites_load(s);
	for (struct invite_row *r = all; r && e.code == ERR_OK; r = r->next) {
		r->expires_ms -= days * DAY_OF_MS;
		(void)invite_save(s, r, &e);
		count++;
	}
	invites_free(all);
	store_close(s);
	printf("%d invitations\n", count);
	return e.code ? 1 : 0;
}
