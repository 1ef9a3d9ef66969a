#include "proto/kinds/tables.h"

#include <stdio.h>

#include "proto/cbor.h"

#define TEXTS 35

static const struct field text_fields[] = {
	{ 1, "field", FIELD_TEXT, FIELD_REQUIRED, .max = 95, .help = "the field, as in description or phones[0].label" },
	{ 2, "text", FIELD_TEXT, FIELD_REQUIRED, .max = 16000, .weight = 2, .schema_org = "text",
	  .help = "what it says in this language" },
};

static const struct field fields[] = {
	{ 32, "about", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_FOLLOWS, .schema_org = "translationOfWork",
	  .help = "the entry that is translated" },
	{ 33, "source_record", FIELD_HASH, FIELD_REQUIRED,
	  .help = "the version that was translated; the present one when you say nothing" },
	{ 34, "tag", FIELD_TAG, FIELD_REQUIRED, .schema_org = "inLanguage", .help = "the language it is translated into" },
	{ TEXTS, "texts", FIELD_GROUP, FIELD_REQUIRED | FIELD_LIST, .max_count = 64, GROUP(text_fields),
	  .help = "each field that is translated" },
};

/* word, word[3], word.word: as refusals and the linter name fields. */
static bool
is_path(struct bytes text)
{
	size_t i = 0;

	for (;;) {
		size_t start = i;

		while (i < text.len && ((text.p[i] >= 'a' && text.p[i] <= 'z') || text.p[i] == '_'))
			i++;
		if (i == start)
			return false;
		if (i < text.len && text.p[i] == '[') {
			size_t digits = ++i;

			while (i < text.len && text.p[i] >= '0' && text.p[i] <= '9')
				i++;
			if (i == digits || i == text.len || text.p[i++] != ']')
				return false;
		}
		if (i == text.len)
			return true;
		if (text.p[i++] != '.')
			return false;
	}
}

static enum err_code
refuse(struct err *e, size_t i, const char *rule, const char *reason)
{
	char object[40];

	snprintf(object, sizeof object, "texts[%zu].field", i);
	return err_set(e, ERR_INPUT, object, rule, "%s", reason);
}

static enum err_code
check(const struct kind *k, const struct record *r, struct err *e)
{
	struct bytes seen[64];
	struct cbor_reader in;

	(void)k;
	cbor_open(&in, body_get(r->body, TEXTS));
	for (size_t i = 0, n = cbor_array(&in); i < n && i < COUNT(seen); i++) {
		seen[i] = body_text(cbor_any(&in), 1, NULL);
		if (!is_path(seen[i]))
			return refuse(e, i, "syntax", "a field is named as in description or phones[0].label");
		for (size_t before = 0; before < i; before++)
			if (bytes_equal(seen[before], seen[i]))
				return refuse(e, i, "unique", "this field stands here twice");
	}
	return ERR_OK;
}

const struct kind kind_translation = {
	KIND_TRANSLATION, "translation", "translations", KIND_BESIDE, AUTHOR_MEMBER,
	.max_body = LIMIT_BODY_LONG, .audience = AUDIENCE_PUBLIC, .widest = AUDIENCE_PUBLIC,
	.fields = fields, .field_count = COUNT(fields), .title = 34, .says = SAYS_TRANSLATION, .check = check,
	.help = "an entry in a further language, shown as yours; behind as soon as the entry changes",
	.example = "{\"about\":\"org1yg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3q92jy78/"
	    "1f0c2e4a-0000-4000-8000-000000000003\","
	    "\"source_record\":\"rec1xvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvenxvesn8y6dq\",\"tag\":\"rmn\","
	    "\"texts\":[{\"field\":\"name\",\"text\":\"Kedini linija\"}]}",
};
