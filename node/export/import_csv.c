#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "node/export/csv.h"
#include "node/export/import_int.h"
#include "node/record/json.h"
#include "proto/limits.h"

/* --- reading --- */

/* "data/services.csv": the entity of that table; NULL: none of HSDS. */
static const struct hsds_entity *
entity_of_file(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char word[64];
	size_t len = strlen(base) - 4;

	if (len >= sizeof(word))
		return NULL;
	for (size_t i = 0; i < len; i++)
		word[i] = (char)tolower((unsigned char)base[i]);
	word[len] = 0;
	return hsds_entity(word) ? hsds_entity(word) : hsds_in_array(word);
}

static bool
is_own_table(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;

	return strcmp(base, "kilim.csv") == 0;
}

bool
import_is_table(const char *name)
{
	return is_own_table(name) || entity_of_file(name);
}

static void
add_cell(cJSON *o, const struct hsds_entity *in, const char *column, struct bytes cell)
{
	char *text = need_alloc(cell.len + 1), *end;
	bool number = false;
	double v = 0;

	memcpy(text, cell.p, cell.len);
	text[cell.len] = 0;
	if (in && hsds_has(in->members, column, strlen(column), HSDS_31, &number) && number) {
		v = strtod(text, &end);
		number = *end == 0 && v > -1e15 && v < 1e15; /* else it stays a text, and is refused as such */
	}
	if (number)
		cJSON_AddNumberToObject(o, column, v);
	else
		cJSON_AddStringToObject(o, column, text);
	free(text);
}

/* What programs for spreadsheets write instead of a table with commas. NULL: nothing of that sort. */
static const char *
other_format(struct bytes text, const struct csv_reader *r, enum csv_state state)
{
	if (text.len > 3 && (memcmp(text.p, "PK\3\4", 4) == 0 || memcmp(text.p, "\xd0\xcf\x11\xe0", 4) == 0))
		return "this is a file of a spreadsheet program; save the sheet as \"CSV UTF-8\"";
	if (text.len > 1 && (memcmp(text.p, "\xff\xfe", 2) == 0 || memcmp(text.p, "\xfe\xff", 2) == 0))
		return "this is UTF-16; save the table as \"CSV UTF-8\"";
	if (memchr(text.p, '\t', text.len) && (state != CSV_ROW || r->count == 1))
		return "the cells are divided by tabs; save the table with commas between them";
	if (state == CSV_ROW && r->count == 1 && memchr(csv_cell(r, 0).p, ';', csv_cell(r, 0).len))
		return "the cells are divided by semicolons; save the table with commas between them";
	return NULL;
}

/* " Name " is name: HSDS has no other letters in names of columns. */
static char *
column_name(struct bytes cell)
{
	char *name = need_alloc(cell.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < cell.len; i++)
		if (len > 0 || cell.p[i] != ' ')
			name[len++] = (char)tolower(cell.p[i]);
	while (len > 0 && name[len - 1] == ' ')
		len--;
	name[len] = 0;
	return name;
}

/* The first row: names of columns, each once. The caller frees what is in OUT. */
static bool
read_head(struct import *im, size_t file, struct csv_reader *r, char *out[LIMIT_IMPORT_COLUMNS], size_t *out_count)
{
	enum csv_state state = csv_next(r);
	const char *other = im->files[file].text.len ? other_format(im->files[file].text, r, state) : NULL;

	*out_count = 0;
	if (other) {
		import_say(im, file, 1, "", "columns", "%s", other);
		return false;
	}
	if (state != CSV_ROW) {
		import_say(im, file, 1, "", state == CSV_BAD ? r->rule : "empty", "%s",
		    state == CSV_BAD ? r->reason : "there is nothing in this file");
		return false;
	}
	for (size_t i = 0; i < r->count; i++) {
		char *name = column_name(csv_cell(r, i));

		for (size_t j = 0; j < *out_count; j++)
			if (*name && strcmp(out[j], name) == 0)
				import_say(im, file, 1, name, "columns", "two columns have this name");
		out[(*out_count)++] = name;
	}
	return true;
}

/* Spreadsheets leave rows of commas behind. */
static bool
is_blank(const struct csv_reader *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (csv_cell(r, i).len)
			return false;
	return true;
}

static void
read_row(struct import *im, size_t file, const struct csv_reader *r, const struct hsds_entity *in, char *const names[],
    size_t count)
{
	cJSON *o;

	if (is_blank(r))
		return;
	if (r->count != count) {
		import_say(im, file, r->row_line, r->count > count ? "" : names[r->count], "columns",
		    "the row has %zu cells, the first row has %zu", r->count, count);
		return;
	}
	o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, ROW_MEMBER, (double)((uint64_t)file << 32 | r->row_line));
	for (size_t i = 0; i < count; i++)
		if (*names[i] && csv_cell(r, i).len && !cJSON_HasObjectItem(o, names[i]))
			add_cell(o, in, names[i], csv_cell(r, i));
	import_add(im, in, o, file, r->row_line);
}

/* Rows of our own table belong to no entity: IN is this one. */
static const struct hsds_entity own_table = { "kilim", "kilim", HSDS_BOTH, 0, "link_entity link_id value", "", NULL };

void
import_read_table(struct import *im, size_t file)
{
	const char *name = im->files[file].name;
	const struct hsds_entity *in = is_own_table(name) ? &own_table : entity_of_file(name);
	char *names[LIMIT_IMPORT_COLUMNS];
	struct csv_reader r;
	enum csv_state state;
	size_t count = 0;

	if (in == NULL)
		return; /* a table that HSDS does not have */
	csv_open(&r, im->files[file].text);
	if (read_head(im, file, &r, names, &count)) {
		while (!im->full && (state = csv_next(&r)) != CSV_END) {
			if (state == CSV_ROW)
				read_row(im, file, &r, in, names, count);
			else
				import_say(im, file, r.fault_line, r.fault_cell < count ? names[r.fault_cell] : "", r.rule, "%s",
				    r.reason);
		}
	}
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	csv_close(&r);
}

/* --- joining --- */

struct known {
	const struct hsds_entity *in;
	const char *id;
	struct source *s;
};
struct index {
	struct known *all;
	size_t count;
};

static int
by_id(const void *x, const void *y)
{
	const struct known *a = x, *b = y;

	return a->in != b->in ? (a->in < b->in ? -1 : 1) : strcmp(a->id, b->id);
}

static struct source *
find(const struct index *x, const struct hsds_entity *in, const char *id)
{
	struct known key = { in, id, NULL }, *found;

	found = in && id && x->count ? bsearch(&key, x->all, x->count, sizeof(key), by_id) : NULL;
	return found ? found->s : NULL;
}

static void
make_index(struct import *im, struct index *x)
{
	x->all = need_alloc((im->count + 1) * sizeof(*x->all));
	x->count = 0;
	for (size_t i = 0; i < im->count; i++) {
		const char *id = json_member(im->sources[i].o, "id");

		if (id && im->sources[i].text.len == 0)
			x->all[x->count++] = (struct known){ im->sources[i].in, id, &im->sources[i] };
	}
	if (x->count)
		qsort(x->all, x->count, sizeof(*x->all), by_id);
}

/* The array of PARENT that holds parts like S. */
static const char *
array_for(const struct hsds_entity *parent, const struct hsds_entity *part, char out[64])
{
	const char *list = parent->arrays;

	while (hsds_word(&list, HSDS_31, out, NULL))
		if (hsds_in_array(out) == part)
			return out;
	return NULL;
}

static void
attach(struct source *s, cJSON *parent, const char *array)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(parent, array);

	if (list == NULL)
		list = cJSON_AddArrayToObject(parent, array);
	cJSON_AddItemToArray(list, s->o);
	s->attached = true;
}

/* "phone" rows name what they belong to by one of several columns: the first one that says something. */
static void
join_part(struct import *im, const struct index *x, struct source *s)
{
	const char *list = s->in->members, *id, *column = NULL;
	const struct hsds_entity *parent = NULL;
	struct source *found;
	char word[64], array[64];

	if ((id = json_member(s->o, "link_id"))) {
		column = "link_id";
		parent = json_member(s->o, "link_entity") ? hsds_entity(json_member(s->o, "link_entity")) : NULL;
	}
	/* A contact's number may name the contact's place as well: the nearest is asked first. */
	for (size_t pass = 0; pass < 2 && parent == NULL; pass++) {
		list = s->in->members;
		while (parent == NULL && hsds_word(&list, HSDS_31, word, NULL)) {
			size_t len = strlen(word);
			bool near = strcmp(word, "contact_id") == 0 || strcmp(word, "phone_id") == 0 ||
			    strcmp(word, "service_at_location_id") == 0;

			if (len < 4 || strcmp(word + len - 3, "_id") != 0 || near != (pass == 0) || !json_member(s->o, word))
				continue;
			id = json_member(s->o, word);
			word[len - 3] = 0;
			parent = hsds_entity(word);
			if (parent && !array_for(parent, s->in, array))
				parent = NULL;
			word[len - 3] = '_';
			column = parent ? word : column;
		}
	}
	if (parent == NULL) {
		import_say(im, s->file, s->line, column, "reference", "the row does not say what it belongs to");
		return;
	}
	if ((found = find(x, parent, id)) == NULL)
		import_say(im, s->file, s->line, column, "reference", "there is no %s with this id in the files", parent->name);
	else if (array_for(parent, s->in, array))
		attach(s, found->o, array);
}

/* What an attribute or a capacity names in another table stands within it in JSON. */
static void
copy_in(const struct index *x, struct source *s, const char *column, const char *entity, const char *as)
{
	const char *id = json_member(s->o, column);
	struct source *found = find(x, hsds_entity(entity), id);

	if (found && !cJSON_HasObjectItem(s->o, as))
		cJSON_AddItemToObject(s->o, as, cJSON_Duplicate(found->o, true));
}

static void
join_profile(struct import *im, const struct index *x, struct source *s)
{
	const char *entity = json_member(s->o, "link_entity"), *value = json_member(s->o, "value");
	struct source *found = entity ? find(x, hsds_entity(entity), json_member(s->o, "link_id")) : NULL;
	struct err e = { 0 };
	cJSON *own = NULL;

	if (found == NULL)
		import_say(im, s->file, s->line, "link_id", "reference", "there is no such object in the files");
	else if (value == NULL || json_parse(bytes_text(value), LIMIT_IMPORT_CELL, "value", &own, &e) != ERR_OK)
		import_say(im, s->file, s->line, "value", "json", "%s", value ? e.reason : "nothing stands here");
	else if (!cJSON_HasObjectItem(found->o, "kilim"))
		cJSON_AddItemToObject(found->o, "kilim", own), own = NULL;
	cJSON_Delete(own);
}

void
import_join_tables(struct import *im)
{
	struct index x;

	make_index(im, &x);
	for (size_t i = 0; i < im->count; i++) {
		struct source *s = &im->sources[i];

		if (s->text.len || s->in->kind || !cJSON_HasObjectItem(s->o, ROW_MEMBER))
			continue;
		copy_in(&x, s, "taxonomy_term_id", "taxonomy_term", "taxonomy_term");
		copy_in(&x, s, "unit_id", "unit", "unit");
		if (s->in == &own_table)
			join_profile(im, &x, s);
		else if (strcmp(s->in->name, "unit") != 0)
			join_part(im, &x, s);
	}
	free(x.all);
}
