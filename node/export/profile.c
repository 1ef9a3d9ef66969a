#include "node/export/profile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Order counts: the first text of several is the source. */
static bool
same(const cJSON *a, const cJSON *b)
{
	char *x = cJSON_PrintUnformatted(a), *y = cJSON_PrintUnformatted(b);
	bool equal = x && y && strcmp(x, y) == 0;

	cJSON_free(x);
	cJSON_free(y);
	return equal;
}

cJSON *
profile_of(const cJSON *entry, const cJSON *back)
{
	cJSON *out = cJSON_CreateObject();
	const cJSON *v, *other;

	cJSON_ArrayForEach(v, entry) {
		other = cJSON_GetObjectItemCaseSensitive(back, v->string);
		if (other == NULL || !same(v, other))
			cJSON_AddItemToObject(out, v->string, cJSON_Duplicate(v, true));
	}
	cJSON_ArrayForEach(v, back)
		if (cJSON_GetObjectItemCaseSensitive(entry, v->string) == NULL)
			cJSON_AddNullToObject(out, v->string);
	if (out->child)
		return out;
	cJSON_Delete(out);
	return NULL;
}

void
profile_apply(cJSON *back, const cJSON *profile)
{
	const cJSON *v;

	if (!cJSON_IsObject(profile))
		return;
	cJSON_ArrayForEach(v, profile) {
		cJSON_DeleteItemFromObjectCaseSensitive(back, v->string);
		if (!cJSON_IsNull(v))
			cJSON_AddItemToObject(back, v->string, cJSON_Duplicate(v, true));
	}
}
