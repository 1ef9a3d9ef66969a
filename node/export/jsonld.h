/*
 * jsonld - entries as schema.org JSON-LD, and back.
 *
 * Source   JSON-LD 1.1, schema.org (terms read as facts); docs/export.md
 * Shape    paths come from the rows of kinds (.schema_org): "name" is a member, "geo.latitude" a member of an object;
 *          texts by language are values with @language, references are objects with @id "urn:uuid:..."
 * Law      jsonld_read(jsonld_write(entry)) is the entry: what schema.org has no term for stands in "kilim:fields"
 */
#ifndef KILIM_EXPORT_JSONLD_H
#define KILIM_EXPORT_JSONLD_H

#include <cjson/cJSON.h>

#include "proto/id.h"
#include "proto/kind.h"

/* "NGO", "Service" ...; NULL: the kind has no term there, and is not exported. */
const char *jsonld_type(uint16_t kind);
/* ENTRY (as body_to_json has it) of AUTHOR as a new node object named by ID. */
cJSON *jsonld_write(const struct kind *k, const char *id, const cJSON *entry, const struct id *author);
/* OBJECT as an entry for body_from_json: a new object. */
cJSON *jsonld_read(const struct kind *k, const cJSON *object, const struct id *author);

#endif
