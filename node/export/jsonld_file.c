#include "node/export/export.h"
#include "node/export/jsonld.h"

/* Such a file is put into pages as it is, between <script> and </script>: no text in it may end that. */
static void
put_text(struct buf *out, const char *json)
{
	for (const char *p = json; p && *p; p++) {
		if (*p == '<')
			buf_put_text(out, "\\u003c");
		else
			buf_put_u8(out, (uint8_t)*p);
	}
}

void
jsonld_file_write(const struct export_set *s, const struct export_how *how, struct export_files *out)
{
	struct buf *b = export_file(out, "entries.jsonld");

	(void)how;
	buf_put_text(b, "{\"@context\":[\"https://schema.org/\",{\"kilim\":\"urn:kilim:\","
	    "\"kilim:fields\":{\"@type\":\"@json\"}}],\n\"@graph\":[");
	for (size_t i = 0, told = 0; i < s->count; i++) {
		const struct export_entry *x = &s->entries[i];
		cJSON *o;
		char *text;

		if (jsonld_type(x->kind->number) == NULL)
			continue;
		o = jsonld_write(x->kind, x->id, x->fields, &x->author);
		text = cJSON_PrintUnformatted(o);
		buf_printf(b, "%s\n", told++ ? "," : "");
		put_text(b, text);
		cJSON_free(text);
		cJSON_Delete(o);
	}
	buf_put_text(b, "]}\n");
}
