#include "node/search/spoken.h"

#include <string.h>

#include "proto/kind.h"

static const struct {
	const char *asked, *codes;
} languages[] = {
	{ "sq", "sqi aln als" }, { "sqi", "sqi aln als" }, { "bs", "bos" }, { "hr", "hrv" }, { "sr", "srp" }, { "mk", "mkd" },
	{ "tr", "tur" }, { "en", "eng" }, { "de", "deu" }, { "it", "ita" }, { "hu", "hun" }, { "sk", "slk" }, { "ro", "ron" },
	{ "bg", "bul" }, { "uk", "ukr" }, { "ru", "rus" }, { "ar", "ara" }, { "fa", "fas" }, { "el", "ell" }, { "fr", "fra" },
	{ "rom", "rom rmn rmy rmc rmf rmo rml rmw" },
	{ "hbs", "bos hrv srp cnr" }, { "sh", "bos hrv srp cnr" },
};

enum err_code
spoken_codes(struct bytes asked, void (*fn)(void *self, const char *code, size_t len), void *self, struct err *e)
{
	for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
		if (!bytes_equal(bytes_text(languages[i].asked), asked))
			continue;
		for (const char *code = languages[i].codes; *code; code += strcspn(code, " "), code += *code == ' ')
			fn(self, code, strcspn(code, " "));
		return ERR_OK;
	}
	if (field_fault(FIELD_LANGUAGE, asked))
		return err_set(e, ERR_INPUT, "speaks", "language", "a code such as sqi, rom or srp is expected");
	fn(self, (const char *)asked.p, asked.len);
	return ERR_OK;
}
