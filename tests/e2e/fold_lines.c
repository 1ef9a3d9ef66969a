/* fold_lines - for each line of the input, a line: its words as keys, a tab, and their stems. */
#include "node/search/fold.h"

#include <stdio.h>
#include <stdlib.h>

static bool
put_stem(void *self, const struct fold_word *w)
{
	char stem[FOLD_WORD + 1];

	(void)self;
	fold_stem(w->key, w->len, stem);
	printf("%s%s", w->number > 0 ? " " : "\t", stem);
	return true;
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		struct bytes text = { (const uint8_t *)line, (size_t)len };
		struct buf key = { 0 };

		fold_phrase(text, &key);
		printf("%s", buf_text(&key));
		if (fold_text(text, put_stem, NULL))
			putchar('\n');
		buf_free(&key);
	}
	free(line);
	return 0;
}
