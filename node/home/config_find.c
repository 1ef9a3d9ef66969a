/* A key by its words, and what was probably meant where there is none. */
#include "node/home/config_int.h"

#include <stdio.h>
#include <string.h>

#include "node/base/near.h"

#define SECTION 20

static bool
in_section(const struct config_row *r, const char *section)
{
	return strlen(section) == config_section_len(r) && memcmp(r->key, section, strlen(section)) == 0;
}

static enum err_code
unknown_section(const char *section, const char *where, struct err *e)
{
	char word[SECTION], best[SECTION] = "";
	size_t least = 3;

	for (size_t i = 0; i < CONFIG_ROWS; i++) {
		snprintf(word, sizeof word, "%.*s", (int)config_section_len(&config_table[i]), config_table[i].key);
		if (near_distance(section, word) < least) {
			least = near_distance(section, word);
			strcpy(best, word);
		}
	}
	if (section[0] == 0)
		return err_set(e, ERR_INPUT, where, "section", "a key stands before the first [section]");
	if (best[0])
		return err_set(e, ERR_INPUT, where, "section", "unknown section \"%s\"; did you mean \"%s\"?", section,
		    best);
	return err_set(e, ERR_INPUT, where, "section", "unknown section \"%s\"; there are organisation, network and log",
	    section);
}

static enum err_code
unknown_key(const char *section, const char *name, const char *where, struct err *e)
{
	const struct config_row *best = NULL;
	size_t least = 3;

	for (size_t i = 0; i < CONFIG_ROWS; i++) {
		size_t d = near_distance(name, config_name(&config_table[i])) + (in_section(&config_table[i], section) ? 0 : 1);

		if (d < least) {
			least = d;
			best = &config_table[i];
		}
	}
	if (best && in_section(best, section))
		return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\"; did you mean \"%s\"?", name, config_name(best));
	if (best)
		return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\" in [%s]; did you mean \"%s\" in [%.*s]?",
		    name, section, config_name(best), (int)config_section_len(best), best->key);
	return err_set(e, ERR_INPUT, where, "key", "unknown key \"%s\" in [%s]; `kilim config show` lists the keys", name,
	    section);
}

const struct config_row *
config_find(const char *section, const char *name, const char *where, struct err *e)
{
	bool known = false;

	for (size_t i = 0; i < CONFIG_ROWS; i++) {
		if (!in_section(&config_table[i], section))
			continue;
		known = true;
		if (strcmp(config_name(&config_table[i]), name) == 0)
			return &config_table[i];
	}
	if (known)
		unknown_key(section, name, where, e);
	else
		unknown_section(section, where, e);
	return NULL;
}
