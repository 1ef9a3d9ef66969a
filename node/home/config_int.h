/*
 * config_int - what the files of config share: a row a key.
 *
 * Shape    config.c has the rows, config_find.c finds one by its words, config_read.c reads files into them
 */
#ifndef KILIM_HOME_CONFIG_INT_H
#define KILIM_HOME_CONFIG_INT_H

#include "node/home/config.h"

struct config_row {
	const char *key;         /* "section.name" */
	/* VALUE is trimmed, valid text; the reason is half a sentence about it. */
	enum err_code (*set)(struct config *c, const struct config_row *r, const char *value, struct err *e);
	void (*show)(const struct config *c, const struct config_row *r, struct buf *out); /* lists: one item a line */
	size_t offset, size;     /* of a text or number within struct config */
	unsigned min, max;       /* of a number */
	bool list;               /* may be given several times */
	bool always;             /* written by config_write even when it is the default */
	const char *help;
};

#define CONFIG_ROWS 11
extern const struct config_row config_table[CONFIG_ROWS];

/* The two halves of its key: letters before the dot, and what stands behind it. */
size_t config_section_len(const struct config_row *r);
const char *config_name(const struct config_row *r);
/* The row of NAME in [SECTION]; NULL: ERR_INPUT at WHERE, with the words that were probably meant. */
const struct config_row *config_find(const char *section, const char *name, const char *where, struct err *e);

#endif
