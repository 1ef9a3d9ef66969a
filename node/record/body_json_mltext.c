/* Texts by language, from JSON to CBOR: {"sr": "...", "en": "...", "source": "sr", "machine": ["en"]}. */
#include "node/record/body_json_int.h"

#include <string.h>

#include "proto/cbor.h"

/* Names beside the languages: no language has one of these as its tag. */
static bool
is_mark(const char *word)
{
	return strcmp(word, "source") == 0 || strcmp(word, "machine") == 0 || strcmp(word, "unreviewed") == 0;
}

/* Is TAG in the list that stands under MARK? */
static bool
is_marked(const cJSON *texts, const char *mark, const char *tag)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, mark), *item;

	cJSON_ArrayForEach(item, list)
		if (cJSON_IsString(item) && strcmp(item->valuestring, tag) == 0)
			return true;
	return false;
}

static void
put_mltext_row(struct body_walk *w, const struct field *f, const cJSON *texts, const char *tag, const cJSON *v,
    struct buf *out)
{
	size_t before = body_descend(w, ".%s", tag);
	unsigned flags = (is_marked(texts, "machine", tag) ? 1u : 0) | (is_marked(texts, "unreviewed", tag) ? 2u : 0);

	if (!tag_valid(bytes_text(tag))) {
		body_refuse(w, ERR_INPUT, "language", "a language is named by a tag such as sq, sr-Cyrl, en");
	} else {
		cbor_put_array(out, 3);
		cbor_put_text(out, bytes_text(tag));
		body_from_text(w, f, v, out);
		cbor_put_uint(out, flags);
	}
	body_ascend(w, before);
}

/* Every tag in a mark's list, and the source, must be there as a text. */
static void
check_marks(struct body_walk *w, const cJSON *texts)
{
	static const char *const marks[] = { "machine", "unreviewed" };
	const cJSON *source = cJSON_GetObjectItemCaseSensitive(texts, "source"), *item;

	if (source && (!cJSON_IsString(source) || is_mark(source->valuestring) ||
	    !cJSON_GetObjectItemCaseSensitive(texts, source->valuestring)))
		body_refuse(w, ERR_INPUT, "source", "\"source\" names one of the languages beside it");
	for (size_t i = 0; i < 2; i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(texts, marks[i]);

		if (list && !cJSON_IsArray(list))
			body_refuse(w, ERR_INPUT, "type", "\"%s\" is a list of languages", marks[i]);
		cJSON_ArrayForEach(item, list)
			if (!cJSON_IsString(item) || is_mark(item->valuestring) ||
			    !cJSON_GetObjectItemCaseSensitive(texts, item->valuestring))
				body_refuse(w, ERR_INPUT, marks[i], "\"%s\" names languages beside it", marks[i]);
	}
}

void
body_from_mltext(struct body_walk *w, const struct field *f, const cJSON *v, struct buf *out)
{
	const cJSON *source, *item;
	size_t count = 0;

	if (cJSON_IsString(v)) {
		if (w->language == NULL)
			return body_refuse(w, ERR_INPUT, "language",
			    "say in which language it is: {\"sr\": \"...\", \"en\": \"...\"}");
		cbor_put_array(out, 1);
		return put_mltext_row(w, f, NULL, w->language, v, out);
	}
	if (!cJSON_IsObject(v))
		return body_refuse(w, ERR_INPUT, "type", "texts belong here: {\"sr\": \"...\", \"en\": \"...\"}");
	check_marks(w, v);
	cJSON_ArrayForEach(item, v)
		count += !is_mark(item->string);
	if (count == 0)
		return body_refuse(w, ERR_INPUT, "empty", "no text in any language; leave the field out instead");
	if (count > 32)
		return body_refuse(w, ERR_LIMIT, "count", "%zu languages are too many; 32 is the most", count);
	if (w->rc)
		return;
	source = cJSON_GetObjectItemCaseSensitive(v, "source");
	source = source ? cJSON_GetObjectItemCaseSensitive(v, source->valuestring) : NULL;
	cbor_put_array(out, count);
	if (source)
		put_mltext_row(w, f, v, source->string, source, out);
	cJSON_ArrayForEach(item, v)
		if (item != source && !is_mark(item->string))
			put_mltext_row(w, f, v, item->string, item, out);
}
