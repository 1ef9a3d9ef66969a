#include "node/export/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/export/import_int.h"
#include "node/export/scan.h"
#include "proto/limits.h"

static bool
ends_with(const char *name, const char *end)
{
	size_t a = strlen(name), b = strlen(end);

	return a >= b && strcasecmp(name + a - b, end) == 0;
}

/* --- sources and faults --- */

struct source *
import_add(struct import *im, const struct hsds_entity *in, cJSON *o, size_t file, unsigned line)
{
	struct source *s;

	if (im->count == LIMIT_IMPORT_ROWS) {
		im->full = true;
		cJSON_Delete(o);
		return NULL;
	}
	im->sources = need_room(im->sources, im->count, &im->cap, sizeof *im->sources);
	s = &im->sources[im->count++];
	*s = (struct source){ .in = in, .o = o, .file = file, .line = line };
	return s;
}

/* NULL: there are too many. */
static struct fault *
add_fault(struct faults *to, size_t file, unsigned line, const char *column, const char *rule)
{
	struct fault *f;

	/* Beyond the limit they are counted only. */
	if (to->count >= LIMIT_IMPORT_FAULTS) {
		to->count++;
		return NULL;
	}
	to->list = need_room(to->list, to->count, &to->cap, sizeof(*to->list));
	f = &to->list[to->count++];
	*f = (struct fault){ .file = file, .line = line };
	snprintf(f->column, sizeof(f->column), "%s", column ? column : "");
	snprintf(f->rule, sizeof(f->rule), "%s", rule);
	return f;
}

void
import_say(struct import *im, size_t file, unsigned line, const char *column, const char *rule, const char *fmt, ...)
{
	struct fault *f = add_fault(&im->faults, file, line, column, rule);
	va_list args;

	if (f == NULL)
		return;
	va_start(args, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, args);
	va_end(args);
}

/* --- where a fault of an entry stands --- */

/* The member or element of O that PATH begins with; PATH goes on behind it. */
static const cJSON *
step(const cJSON *o, const char **path)
{
	size_t len;
	char word[64];

	if (**path == '[') {
		char *end;
		long i = strtol(*path + 1, &end, 10);

		*path = *end == ']' ? end + 1 : end;
		return cJSON_IsArray(o) ? cJSON_GetArrayItem(o, (int)i) : NULL;
	}
	*path += **path == '.';
	len = strcspn(*path, ".[");
	if (len == 0 || len >= sizeof(word))
		return NULL;
	memcpy(word, *path, len);
	word[len] = 0;
	*path += len;
	return cJSON_GetObjectItemCaseSensitive(o, word);
}

/* In tables: the row of the deepest object on the way, and the column in it. */
static void
place_in_tables(const struct source *s, const char *path, size_t *file, unsigned *line, const char **column)
{
	const cJSON *o = s->o;

	*column = path;
	while (o && *path) {
		const cJSON *row;

		o = step(o, &path);
		row = cJSON_GetObjectItemCaseSensitive(o, ROW_MEMBER);
		if (cJSON_IsNumber(row)) {
			uint64_t at = (uint64_t)row->valuedouble;

			*file = (size_t)(at >> 32);
			*line = (unsigned)(at & 0xffffffff);
			*column = path + (*path == '.');
		}
	}
}

/* Of JSON in one long line, and of objects within others, the line tells little: there the object's own id does. */
static bool
needs_id(const struct import_file *f, const struct source *s)
{
	const uint8_t *end = f->text.len ? memchr(f->text.p, '\n', f->text.len) : NULL;

	return !ends_with(f->name, ".csv") && (s->within || end == NULL || end + 1 == f->text.p + f->text.len);
}

static void
place(struct import *im, const struct source *s, const struct err *e, struct faults *to)
{
	struct buf path = { 0 };
	size_t file = s->file;
	unsigned line = s->line;
	const char *column, *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s->o, "id"));
	struct fault *f;

	hsds_place(s->entry.kind, e->object, &path);
	column = path.len ? buf_text(&path) : e->object;
	if (s->text.len)
		line = scan_line(s->text, s->line, column);
	else
		place_in_tables(s, column, &file, &line, &column);
	if ((f = add_fault(to, file, line, column, e->rule)) != NULL) {
		if (id && s->in->kind && needs_id(&im->files[file], s))
			snprintf(f->reason, sizeof(f->reason), "%.240s (%s %.60s)", e->reason, s->in->name, id);
		else
			snprintf(f->reason, sizeof(f->reason), "%s", e->reason);
	}
	buf_free(&path);
}

void
import_fault(struct import *im, size_t i, const struct err *e)
{
	place(im, &im->sources[im->entries[i]], e, &im->faults);
}

void
import_warn(struct import *im, size_t i, const struct err *e)
{
	place(im, &im->sources[im->entries[i]], e, &im->warnings);
}

static int
by_place(const void *x, const void *y)
{
	const struct fault *a = x, *b = y;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

static cJSON *
list_faults(const struct import *im, struct faults *all)
{
	size_t told = all->count < LIMIT_IMPORT_FAULTS ? all->count : LIMIT_IMPORT_FAULTS;
	cJSON *list = cJSON_CreateArray();

	if (told)
		qsort(all->list, told, sizeof(*all->list), by_place);
	for (size_t i = 0; i < told; i++) {
		const struct fault *f = &all->list[i];
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "file", im->files[f->file].name);
		cJSON_AddNumberToObject(o, "line", f->line);
		cJSON_AddStringToObject(o, "column", f->column);
		cJSON_AddStringToObject(o, "rule", f->rule);
		cJSON_AddStringToObject(o, "reason", f->reason);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

cJSON *
import_faults(struct import *im)
{
	return list_faults(im, &im->faults);
}

cJSON *
import_warnings(struct import *im)
{
	return list_faults(im, &im->warnings);
}

cJSON *
import_passed(const struct import *im)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < im->file_count; i++)
		if (ends_with(im->files[i].name, ".csv") && !import_is_table(im->files[i].name))
			cJSON_AddItemToArray(list, cJSON_CreateString(im->files[i].name));
	return list;
}

size_t
import_fault_count(const struct import *im)
{
	return im->faults.count;
}

/* --- the whole --- */

/*
 * Two objects of one id in lists of their own: which of them is meant nobody can tell. What stands within others may be
 * told with each of them: the object of a list counts, else the first one.
 */
struct known {
	const struct source *s;
	const char *id;
};

static int
by_id(const void *x, const void *y)
{
	const struct known *a = x, *b = y;
	int order = a->s->in < b->s->in ? -1 : a->s->in > b->s->in;

	if (order == 0)
		order = strcmp(a->id, b->id);
	if (order == 0)
		order = a->s->within - b->s->within;
	return order ? order : (a->s > b->s) - (a->s < b->s);
}

static void
find_twins(struct import *im)
{
	struct known *all = need_alloc((im->count + 1) * sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < im->count; i++) {
		const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(im->sources[i].o, "id"));

		if (im->sources[i].in->kind && id && *id)
			all[count++] = (struct known){ &im->sources[i], id };
	}
	if (count)
		qsort(all, count, sizeof(*all), by_id);
	for (size_t i = 1; i < count; i++) {
		if (all[i].s->in != all[i - 1].s->in || strcmp(all[i].id, all[i - 1].id) != 0)
			continue;
		im->sources[all[i].s - im->sources].twin = true;
		if (!all[i].s->within)
			import_say(im, all[i].s->file, all[i].s->line, "id", "unique", "this id was given in %s, line %u",
			    im->files[all[i - 1].s->file].name, all[i - 1].s->line);
	}
	free(all);
}

/* Vocabularies come before what uses them: the table of entities has that order. */
static void
list_entries(struct import *im)
{
	im->entries = need_alloc((im->count + 1) * sizeof(*im->entries));
	for (size_t e = 0; e < hsds_entities_count; e++) {
		for (size_t i = 0; i < im->count; i++) {
			struct source *s = &im->sources[i];

			if (s->in != &hsds_entities[e] || s->in->kind == 0 || (s->twin && s->within))
				continue;
			import_adapt(im, s);
			if (s->entry.fields)
				im->entries[im->entry_count++] = i;
		}
	}
}

static int
by_name(const void *a, const void *b)
{
	return memcmp(((const struct uuid *)a)->b, ((const struct uuid *)b)->b, UUID_LEN);
}

static void
list_names(struct import *im)
{
	im->names = need_alloc((im->entry_count + 1) * sizeof(*im->names));
	for (size_t i = 0; i < im->entry_count; i++)
		im->names[i] = import_at(im, i)->name;
	if (im->entry_count)
		qsort(im->names, im->entry_count, sizeof(*im->names), by_name);
}

bool
import_names(const struct import *im, const struct uuid *name)
{
	return im->entry_count && bsearch(name, im->names, im->entry_count, sizeof(*im->names), by_name) != NULL;
}

enum err_code
import_open(const struct import_file *files, size_t count, const struct import_options *o, struct import **out,
    struct err *e)
{
	struct import *im;
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += files[i].text.len;
	if (count > LIMIT_IMPORT_FILES)
		return err_set(e, ERR_LIMIT, "import", "files", "at most %d files are read at once", LIMIT_IMPORT_FILES);
	if (bytes > LIMIT_IMPORT)
		return err_set(e, ERR_LIMIT, "import", "size", "at most %d MiB are read at once", LIMIT_IMPORT >> 20);
	im = need_zeroed(1, sizeof(*im));
	im->files = files;
	im->file_count = count;
	im->options = *o;
	for (size_t i = 0; i < count; i++) {
		if (ends_with(files[i].name, ".csv"))
			import_read_table(im, i);
		else if (!ends_with(files[i].name, "datapackage.json"))
			import_read_json(im, i);
	}
	import_join_tables(im);
	if (im->full) {
		import_close(im);
		return err_set(e, ERR_LIMIT, "import", "rows", "at most %d objects are read at once", LIMIT_IMPORT_ROWS);
	}
	find_twins(im);
	list_entries(im);
	list_names(im);
	*out = im;
	return ERR_OK;
}

void
import_close(struct import *im)
{
	if (im == NULL)
		return;
	for (size_t i = 0; i < im->count; i++) {
		cJSON_Delete(im->sources[i].entry.fields);
		cJSON_Delete(im->sources[i].taken);
		if (!im->sources[i].attached)
			cJSON_Delete(im->sources[i].o);
	}
	free(im->sources);
	free(im->entries);
	free(im->names);
	free(im->faults.list);
	free(im->warnings.list);
	free(im);
}

size_t
import_count(const struct import *im)
{
	return im->entry_count;
}

struct import_entry *
import_at(struct import *im, size_t i)
{
	return &im->sources[im->entries[i]].entry;
}
