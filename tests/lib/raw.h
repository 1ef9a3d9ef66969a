/*
 * raw - what a store's file really holds, read past LMDB: for tests of what must be gone.
 */
#ifndef KILIM_TESTS_LIB_RAW_H
#define KILIM_TESTS_LIB_RAW_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/buf.h"

/* How often MARKER stands in the file of the store below DIR. */
static inline size_t
raw_count(const char *dir, const char *marker)
{
	char path[128];
	struct stat st;
	uint8_t *bytes;
	size_t count = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/store/data.mdb", dir);
	cr_assert_not_null(f = fopen(path, "r"));
	cr_assert_eq(fstat(fileno(f), &st), 0);
	bytes = need_alloc((size_t)st.st_size);
	cr_assert_eq(fread(bytes, 1, (size_t)st.st_size, f), (size_t)st.st_size);
	for (const uint8_t *p = bytes, *end = bytes + st.st_size;
	     (p = memmem(p, (size_t)(end - p), marker, strlen(marker))) != NULL; p++)
		count++;
	fclose(f);
	free(bytes);
	return count;
}

#endif
