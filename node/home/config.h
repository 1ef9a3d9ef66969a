/*
 * config - kilim.conf and its drop-ins: INI, one row a key; works when empty.
 *
 * Source   docs/manual.md "kilim.conf" (made from the rows)
 * Law      an unknown key or a wrong value is an error with file:line and a suggestion, and nothing is taken over
 */
#ifndef KILIM_HOME_CONFIG_H
#define KILIM_HOME_CONFIG_H

#include "proto/buf.h"
#include "proto/err.h"
#include "proto/limits.h"

#define CONFIG_PEERS 16
struct config {
	char name[LIMIT_NAME + 1];        /* organisation.name */
	char territory[3];                /* organisation.territory */
	char language[36];                /* organisation.language: of texts without a tag, and of messages */
	bool protected_org;               /* organisation.protected; true when not answered */
	char listen[64];                  /* network.listen: literal address:port; default [::]:5684 */
	char announce[LIMIT_ADDRESSES][64]; size_t announce_count;  /* network.announce: addresses for `reach` */
	struct { char address[64]; char node[80]; } peers[CONFIG_PEERS]; size_t peer_count;  /* network.peer = ADDRESS [node1...] */
	unsigned left_out;                /* network.keep: bit of each collection that is not kept; 0: everything is */
	unsigned visit_minutes;           /* network.visit_minutes, 15 */
	unsigned max_sessions;            /* network.max_sessions, 128 */
	char log_level[8];                /* log.level, info */
};
struct config_origin {                    /* where each row's value came from, for config show --origin */
	char file[256];
	int line;                         /* 0: default */
};

void config_defaults(struct config *c);
/* DIR/kilim.conf then DIR/conf.d, files *.conf in order of name. ORIGINS (may be NULL) has config_rows() entries. */
enum err_code config_load(const char *dir, struct config *out, struct config_origin *origins, struct err *e);
/*
 * One file's TEXT over what IO holds; FILE is its name in messages and origins. A value replaces an earlier file's,
 * lists (announce, peer) grow. On an error nothing is taken over.
 *   ERR_INPUT    "FILE:LINE", what is wrong there: UTF-8, syntax, an unknown section or key, a key given twice, a value
 *   ERR_LIMIT    more than LIMIT_CONFIG bytes
 */
enum err_code config_parse(struct bytes text, const char *file, struct config *io, struct config_origin *origins,
    struct err *e);
/* network.keep by itself: "everything", or "directory" with some of exchange, library, statistics. ERR_INPUT */
enum err_code config_keep(struct config *c, const char *value, struct err *e);
size_t config_rows(void);
/* Row I: "network.listen", its value as text, its help. */
const char *config_key(size_t i);
const char *config_help(size_t i);
void config_value(const struct config *c, size_t i, struct buf *out);
/* A commented file with C's values. */
void config_write(const struct config *c, struct buf *out);

#endif
