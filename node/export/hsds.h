/*
 * hsds - entries as objects of the Human Services Data Specification, and back.
 *
 * Source   HSDS 3.0 and 3.1, read as facts; docs/export.md (our profile, and what plain HSDS loses)
 * Shape    paths come from the rows of kinds (.hsds): "name" is a member; "languages.code" is one object an item in the
 *          array "languages"; "attributes.taxonomy_term" and "attributes.value" are one attribute an item, whose
 *          link_type is the field's word
 *          what this table adds is what a row cannot say: entities, their members, what must stand in them
 * Law      hsds_read(hsds_write(entry)) is the entry: what plain HSDS cannot say stands in the member "kilim"
 *          where a location is not told exactly there is no address object; where it is withheld its type is virtual
 */
#ifndef KILIM_EXPORT_HSDS_H
#define KILIM_EXPORT_HSDS_H

#include <cjson/cJSON.h>

#include "proto/id.h"
#include "proto/kind.h"

enum { HSDS_30 = 1, HSDS_31 = 2, HSDS_BOTH = 3 };

/* One sort of object. Members and arrays are words with spaces between; "+word": from 3.1 on. */
struct hsds_entity {
	const char *name;            /* "organization": also the name of its table */
	const char *file;            /* "organizations.csv" without its ending */
	unsigned versions;
	uint16_t kind;               /* whose entries it holds; 0: it is only a part of others */
	const char *members;         /* texts and numbers, "#word" is a number; in the order of columns */
	const char *arrays;          /* of other entities */
	const char *fallback;        /* required texts: "description=name", "status:active"; or NULL */
};
extern const struct hsds_entity hsds_entities[];
extern const size_t hsds_entities_count;
/* By its name, by the name of an array that holds it ("phones"), by its kind. NULL: none. */
const struct hsds_entity *hsds_entity(const char *name);
const struct hsds_entity *hsds_in_array(const char *array);
const struct hsds_entity *hsds_of_kind(uint16_t kind);
/* Is WORD of LEN bytes among the words of LIST, for VERSIONS? *OUT_NUMBER (may be NULL): it is marked as a number. */
bool hsds_has(const char *list, const char *word, size_t len, unsigned versions, bool *out_number);
/* The next word of LIST, from *AT on; false: no more. NUMBER as above. */
bool hsds_word(const char **at, unsigned versions, char out[64], bool *out_number);

struct hsds_context {
	unsigned version;            /* HSDS_30 or HSDS_31 */
	const struct id *author;     /* whose the entry is: ids of HSDS are names of this author's */
	/* The id that an entry has in this export, where it is not its name; false: it is. May be NULL. */
	bool (*renamed)(void *self, const char *reference, uint16_t target, char out[UUID_TEXT]);
	void *self;
	const char *territory;       /* reading: where telephone numbers without a country code are; NULL: not known */
};
/* ENTRY (as body_to_json has it) as a new object with ID, "kilim" included. */
cJSON *hsds_write(const struct kind *k, const char *id, const cJSON *entry, const struct hsds_context *c);
/* OBJECT as an entry for body_from_json: a new object. What is of the wrong type is handed on, to be refused there. */
cJSON *hsds_read(const struct kind *k, const cJSON *object, const struct hsds_context *c);
cJSON *hsds_read_plain(const struct kind *k, const cJSON *object, const struct hsds_context *c);

/* A UUID of HSDS is our name; of anything else the name follows by hash, the same each time. */
void hsds_name(const char *entity, const char *id, struct uuid *out);
/* An id for what has none of its own: the same each time for the same PARENT, WORD and place. */
void hsds_id_of(const char *parent, const char *word, size_t at, char out[UUID_TEXT]);
/* Where in the HSDS object stands what PATH ("required_documents[2]") names in the entry? Appends. */
void hsds_place(const struct kind *k, const char *path, struct buf *out);

#endif
