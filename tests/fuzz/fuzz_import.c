/*
 * Files of others as entries: a first byte says whether the rest is a document or tables. Whatever they hold, an entry is
 * never self, never finer than a municipality, has nothing private, and what its row accepts is a body that shows again.
 */
#include <stdlib.h>
#include <string.h>

#include "node/export/import.h"
#include "node/record/body_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct id author = { { 0x11 } };

static void
need(bool right)
{
	if (!right)
		abort();
}

static bool
says(const cJSON *fields, const char *word, const char *text)
{
	const char *said = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(fields, word));

	return said && strcmp(said, text) == 0;
}

static void
judge(struct import *im, size_t i)
{
	struct import_entry *x = import_at(im, i);
	struct buf body = { 0 }, private_fields = { 0 };
	struct err e = { 0 };

	if (x->kind->number == KIND_ORGANISATION)
		need(says(x->fields, "relation", "listed"));
	if (x->kind->number == KIND_LOCATION)
		need(!says(x->fields, "disclosure", "exact") && !cJSON_HasObjectItem(x->fields, "address") &&
		    !cJSON_HasObjectItem(x->fields, "lat"));
	need(!cJSON_HasObjectItem(x->fields, "note") && !cJSON_HasObjectItem(x->fields, "consent"));
	if (body_from_json(x->kind, &author, x->fields, "en", &body, &private_fields, &e) == ERR_OK) {
		struct bytes none = { 0 };
		cJSON *shown = NULL;

		need(body_to_json(x->kind, buf_bytes(&body), none, &shown, NULL) == ERR_OK);
		cJSON_Delete(shown);
	} else {
		import_fault(im, i, &e);
	}
	buf_free(&body);
	buf_free(&private_fields);
}

/* Tables stand behind each other, each after a zero byte and a letter that names it. */
static size_t
split(const uint8_t *data, size_t len, struct import_file *files)
{
	static const char *const names[] = { "organizations.csv", "services.csv", "locations.csv", "phones.csv", "contacts.csv",
		"attributes.csv", "taxonomy_terms.csv", "service_at_location.csv", "addresses.csv", "kilim.csv", "languages.csv",
		"units.csv" };
	size_t count = 0;

	for (const uint8_t *end = data + len; data < end && count < 8;) {
		const uint8_t *next = memchr(data + 1, 0, (size_t)(end - data) - 1);

		if (next == NULL)
			next = end;
		files[count++] = (struct import_file){ names[*data % 12], { data + 1, (size_t)(next - data) - 1 } };
		data = next < end ? next + 1 : end;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct import_options o = { .author = &author, .territory = "XK" };
	struct import_file files[8];
	struct import *im = NULL;
	size_t count = 1;

	if (len == 0)
		return 0;
	if (data[0] == 't')
		count = split(data + 1, len - 1, files);
	else
		files[0] = (struct import_file){ "a.json", { data, len } };
	if (import_open(files, count, &o, &im, NULL) == ERR_OK) {
		for (size_t i = 0; i < import_count(im); i++)
			judge(im, i);
		cJSON_Delete(import_faults(im));
	}
	import_close(im);
	return 0;
}
