#include "proto/kind.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/cbor.h"
#include "proto/kinds/tables.h"

const struct kind *const kinds[] = {
	&kind_charter, &kind_roll, &kind_approval, &kind_admission, &kind_standing, &kind_removal,
	&kind_succession, &kind_erasure, &kind_node, &kind_reach, &kind_receipt,
	&kind_organisation, &kind_service, &kind_location, &kind_program, &kind_place, &kind_taxonomy, &kind_term,
	&kind_pathway, &kind_endorsement, &kind_notice, &kind_flag, &kind_claim, &kind_translation, &kind_letter,
	&kind_need, &kind_offer, &kind_expertise, &kind_event, &kind_opportunity, &kind_initiative, &kind_comment,
	&kind_group, &kind_story,
};
const size_t kinds_count = COUNT(kinds);

/* Days of life by collection, and what may be unknown in it. */
static const struct {
	const char *word;
	unsigned life_days;
} collections[COLLECTIONS] = {
	[COLLECTION_MEMBERSHIP] = { "membership", 0 },
	[COLLECTION_DIRECTORY] = { "directory", 400 },
	[COLLECTION_EXCHANGE] = { "exchange", 400 },
	[COLLECTION_LIBRARY] = { "library", 1826 },
	[COLLECTION_STATISTICS] = { "statistics", 7305 },
};

const char *
collection_word(enum collection c)
{
	assert((unsigned)c < COLLECTIONS);
	return collections[c].word;
}

const struct code *
code_find(const struct code_list *l, struct bytes word)
{
	for (size_t i = 0; i < l->count; i++)
		if (bytes_equal(bytes_text(l->codes[i].word), word))
			return &l->codes[i];
	return NULL;
}

void
code_names(const struct code_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->count && i < CODES_NAMED; i++)
		buf_printf(out, "%s%s", i ? ", " : "", l->codes[i].word);
	if (l->count > CODES_NAMED)
		buf_printf(out, " and %zu more", l->count - CODES_NAMED);
}

const struct kind *
kind_find(uint32_t number)
{
	for (size_t i = 0; i < kinds_count; i++)
		if (kinds[i]->number == number)
			return kinds[i];
	return NULL;
}

const struct kind *
kind_by_word(const char *word)
{
	for (size_t i = 0; i < kinds_count; i++)
		if (strcmp(kinds[i]->word, word) == 0)
			return kinds[i];
	return NULL;
}

/* --- fields --- */

const struct field *
kind_field_in(const struct field *fields, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].number == number)
			return &fields[i];
	return NULL;
}

static const struct field *
by_word(const struct field *fields, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].word[0] == word[0] && strcmp(fields[i].word, word) == 0)
			return &fields[i];
	return NULL;
}

const struct field *
kind_field(const struct kind *k, uint64_t number)
{
	const struct field *f = kind_field_in(k->fields, k->field_count, number);

	if (f == NULL && !(k->flags & KIND_INTERNAL))
		f = kind_field_in(common_fields, common_fields_count, number);
	return f;
}

const struct field *
kind_field_by_word(const struct kind *k, const char *word)
{
	const struct field *f = by_word(k->fields, k->field_count, word);

	if (f == NULL && !(k->flags & KIND_INTERNAL))
		f = by_word(common_fields, common_fields_count, word);
	return f;
}

/* --- constants of the number alone (proto/kinds.md) --- */

bool
kind_is_lasting(uint32_t number)
{
	return number >= KIND_CHARTER && number <= KIND_ERASURE;
}

bool
kind_machine_may_sign(uint32_t number)
{
	return number & 0x80;
}

unsigned
kind_life_days(uint32_t number)
{
	uint32_t collection = number >> 8;

	if (number == KIND_REACH)
		return 90;
	if (number & 0x40)
		return 120;
	return collection < COLLECTIONS ? collections[collection].life_days : 400;
}

/* --- who may have it --- */

const struct field *
kind_flagged(const struct kind *k, struct bytes body, unsigned flags)
{
	struct cbor_reader r;

	cbor_open(&r, body);
	if (cbor_peek(&r) != CBOR_MAP)
		return NULL;
	for (size_t n = cbor_map(&r); n > 0 && !r.fault; n--) {
		const struct field *f = kind_field(k, cbor_key(&r));

		cbor_any(&r);
		if (f && (f->flags & flags))
			return f;
	}
	return NULL;
}

enum audience
kind_audience_of(const struct kind *k, struct bytes body, enum audience from, const struct field **out_why)
{
	const struct field *members = kind_flagged(k, body, FIELD_MEMBERS), *scope = kind_flagged(k, body, FIELD_SCOPE);
	const struct code *c;

	*out_why = NULL;
	if (members && from < AUDIENCE_MEMBERS) {
		from = AUDIENCE_MEMBERS;
		*out_why = members;
	}
	c = scope ? code_find(scope->codes, body_text(body, scope->number, NULL)) : NULL;
	if (c && (enum audience)(c - scope->codes->codes) > from) {
		from = (enum audience)(c - scope->codes->codes);
		*out_why = scope;
	}
	return from;
}
