/* Invitation codes: what parses is made again letter by letter, and nothing else happens. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "node/member/invite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The letters of TEXT alone, small: what a code is made of. */
static void
letters(const char *text, char *out)
{
	for (; *text; text++)
		if (!strchr(" \t\r\n-", *text))
			*out++ = (char)tolower((unsigned char)*text);
	*out = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = need_alloc(len + 1), *plain = need_alloc(len + 1), again[INVITE_TEXT];
	struct invite i;
	static struct words w;
	struct err e;

	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	if (invite_code_parse(text, &i, &e) == ERR_OK) {
		letters(text, plain);
		assert(strcmp(plain, invite_code_make(&i, again)) == 0);
	}
	if (!w.latin[0][0])
		words_from((const uint8_t[32]){ 1, 2, 3 }, &w);
	(void)words_match(text, &w);
	free(plain);
	free(text);
	return 0;
}
