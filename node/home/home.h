/*
 * home - a node's state directory: what lies where, keys, config; shared by the daemon and the command line.
 *
 * Source   docs/manual.md "Files"
 * Shape    D/ (0700; 0750 with group kilim): kilim.conf, conf.d/, organisation.key (0600: 32-byte seed),
 *          node.key, node.crt (DER, 0600), machine.key, machine (twin of the incarnation, boot counter), port,
 *          store/, control (socket)
 * Law      a key file that others may read stops the start, and so does a directory in which everybody may write
 *          nothing here is changed half: files are written aside and renamed
 */
#ifndef KILIM_HOME_HOME_H
#define KILIM_HOME_HOME_H

#include "node/base/clock.h"
#include "node/crypto/crypto.h"
#include "node/dtls/dtls.h"
#include "node/home/config.h"

struct home {
	char dir[256];
	struct config config;
	struct sign_key organisation;
	struct sign_key machine;
	struct dtls_identity *identity;
	uint64_t machine_incarnation, boot;   /* from D/machine; 0: no twin */
};

/* Where the state lives: --dir, $KILIM_DIR, ~/.local/share/kilim when it holds a node, /var/lib/kilim. */
enum err_code home_find(const char *dir_option, char out[256], struct err *e);
/* Make DIR with keys and a commented kilim.conf. ERR_CONFLICT: a node lives there already; nothing is changed. */
enum err_code home_init(const char *dir, const struct config *c, const struct world *w, struct err *e);
/* Read everything. ERR_MISSING: no node there; ERR_DENIED: a key that others may read, a directory in
 * which everybody may write; ERR_INPUT: names file:line. */
enum err_code home_open(const char *dir, struct home *out, struct err *e);
void home_close(struct home *h);              /* wipes the keys */
enum err_code home_save_machine(const struct home *h, uint64_t incarnation, uint64_t boot, struct err *e);
/* The port chosen for "port 0", kept across starts; 0: none yet. */
unsigned home_port(const struct home *h);
enum err_code home_save_port(const struct home *h, unsigned port, struct err *e);
const char *home_path(const struct home *h, const char *file, char out[512]);

#endif
