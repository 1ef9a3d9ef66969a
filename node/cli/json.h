/*
 * json - reading the daemon's answers: a member that is absent or of another type reads as empty.
 *
 * Law      what is returned is borrowed from the document
 */
#ifndef KILIM_CLI_JSON_H
#define KILIM_CLI_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

/* The member at PATH ("organisation.id"); NULL: absent. */
const cJSON *json_at(const cJSON *from, const char *path);
/* Its text, "" when there is none. */
const char *json_text(const cJSON *from, const char *path);
/* Its number, OR when there is none. */
double json_number(const cJSON *from, const char *path, double or);
bool json_true(const cJSON *from, const char *path);
/*
 * One text of an mltext {"sr": "...", "source": "sr"}: the one in language PREFER ("sr-Latn" falls back on
 * "sr"), else the source, else the first. A plain string is itself. "" when there is none.
 */
const char *json_mltext(const cJSON *value, const char *prefer);

#endif
