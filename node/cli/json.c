#include "node/cli/json.h"

#include <stdio.h>
#include <string.h>

const cJSON *
json_at(const cJSON *from, const char *path)
{
	while (from && path && *path) {
		char name[64];
		size_t len = strcspn(path, ".");

		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = 0;
		from = cJSON_GetObjectItemCaseSensitive(from, name);
		path += len + (path[len] == '.');
	}
	return from;
}

const char *
json_text(const cJSON *from, const char *path)
{
	const char *text = cJSON_GetStringValue(json_at(from, path));

	return text ? text : "";
}

double
json_number(const cJSON *from, const char *path, double or)
{
	const cJSON *at = json_at(from, path);

	return cJSON_IsNumber(at) ? at->valuedouble : or;
}

bool
json_true(const cJSON *from, const char *path)
{
	return cJSON_IsTrue(json_at(from, path));
}

const char *
json_mltext(const cJSON *value, const char *prefer)
{
	const cJSON *text;
	char tag[36];

	if (!cJSON_IsObject(value))
		return json_text(value, "");
	snprintf(tag, sizeof(tag), "%s", prefer ? prefer : "");
	while (tag[0]) {
		char *cut;

		if (cJSON_IsString(text = cJSON_GetObjectItemCaseSensitive(value, tag)))
			return text->valuestring;
		if ((cut = strrchr(tag, '-')) == NULL)
			break;
		*cut = 0;
	}
	if (cJSON_IsString(text = cJSON_GetObjectItemCaseSensitive(value, json_text(value, "source"))))
		return text->valuestring;
	cJSON_ArrayForEach(text, value)
		if (cJSON_IsString(text) && strcmp(text->string, "source") != 0)
			return text->valuestring;
	return "";
}
