#include "node/service/api.h"

#include "node/pathway/print.h"
#include "node/service/beside.h"
#include "node/service/entry.h"
#include "node/service/shown.h"
#include "proto/calendar.h"

/* The sheet of the pathway that rest[0] names, texts in the language that is asked for. */
static enum err_code
sheet_of(const struct api_call *c, const char *language, cJSON **out, struct err *e)
{
	struct node *n = api_node(c);
	const struct kind *k = kind_find(KIND_PATHWAY);
	struct shown shown = { .node = n };
	struct sight sight = shown_sight(&shown);
	struct seen pathway = { NULL, STANDING_GONE, 0 };
	struct store_txn *txn;
	struct reference key;
	struct verified v;
	enum err_code rc;

	if ((rc = entry_find(n, k, c->rest[0], &key, e)))
		return rc;
	txn = store_read(n->store);
	beside_view(n, txn, &shown.view);
	if (records_live(n->records, txn, k->number, &key.author, &key.name, &v))
		pathway = shown_record(&shown, k, &v);
	if (pathway.entry)
		*out = pathway_sheet(&pathway, &sight, language, records_now_ms(n->records) / DAY_MS);
	else
		rc = err_set(e, ERR_MISSING, c->rest[0], "id", "is gone");
	shown_done(&shown);
	txn_abort(&txn);
	cJSON_Delete(pathway.entry);
	return rc;
}

/* "lang", else the language of this node. */
static const char *
language_of(const struct api_call *c)
{
	const char *language = api_query(c, "lang");

	return language ? language : api_node(c)->home->config.language;
}

enum err_code
api_pathway(const struct api_call *c, struct api_reply *r, struct err *e)
{
	return sheet_of(c, language_of(c), &r->json, e);
}

enum err_code
api_pathway_print(const struct api_call *c, struct api_reply *r, struct err *e)
{
	const char *size_word = api_query(c, "size"), *format_word = api_query(c, "format");
	enum print_size size = PRINT_A4;
	enum print_format format = PRINT_TEXT;
	cJSON *sheet = NULL;
	enum err_code rc;

	if ((size_word && (rc = print_size_parse(size_word, &size, e))) ||
	    (format_word && (rc = print_format_parse(format_word, &format, e))) ||
	    (rc = sheet_of(c, language_of(c), &sheet, e)))
		return rc;
	rc = print_sheet(sheet, size, format, language_of(c), &r->raw, e);
	r->type = format == PRINT_HTML ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
	cJSON_Delete(sheet);
	return rc;
}
