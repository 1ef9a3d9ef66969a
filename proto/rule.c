#include "proto/rule.h"

#include <assert.h>

#include "proto/cbor.h"

#define MOST(array) (sizeof(array) / sizeof *(array))

static bool
stands(struct bytes map, uint16_t number)
{
	return number != 0 && body_get(map, number).len > 0;
}

static bool
number_at(struct bytes map, uint16_t number, int64_t *out)
{
	struct cbor_reader r;

	if (!stands(map, number))
		return false;
	cbor_open(&r, body_get(map, number));
	*out = cbor_int(&r);
	return r.fault == NULL;
}

bool
rule_holds(const struct rule *r, struct bytes map)
{
	int64_t value;

	if (r->when && !stands(map, r->when))
		return false;
	if (r->is && !bytes_equal(body_text(map, r->when, NULL), bytes_text(r->is)))
		return false;
	if (r->below && !(number_at(map, r->when, &value) && value < (int64_t)r->below))
		return false;
	return r->beside[0] == 0 || stands(map, r->beside[0]) || stands(map, r->beside[1]);
}

static uint16_t
needs(const struct rule *r, struct bytes map)
{
	for (size_t i = 0; i < MOST(r->fields); i++)
		if (stands(map, r->fields[i]))
			return 0;
	return r->fields[0];
}

static uint16_t
forbids(const struct rule *r, struct bytes map)
{
	for (size_t i = 0; i < MOST(r->fields); i++)
		if (stands(map, r->fields[i]))
			return r->fields[i];
	return 0;
}

static uint16_t
orders(const struct rule *r, struct bytes map)
{
	int64_t low, high;

	if (!number_at(map, r->fields[0], &low) || !number_at(map, r->fields[1], &high))
		return 0;
	return low > high ? r->fields[0] : 0;
}

static const struct {
	const char *word;
	uint16_t (*broken)(const struct rule *r, struct bytes map);
} demands[] = {
	[RULE_NEEDS] = { "required", needs },
	[RULE_FORBIDS] = { "excluded", forbids },
	[RULE_ORDERS] = { "range", orders },
	[RULE_AT_MOST] = { "count", NULL },
};

uint16_t
rule_broken(const struct rule *r, struct bytes map)
{
	assert((unsigned)r->demand < MOST(demands));
	return demands[r->demand].broken && rule_holds(r, map) ? demands[r->demand].broken(r, map) : 0;
}

const char *
rule_word(enum rule_demand demand)
{
	assert((unsigned)demand < MOST(demands));
	return demands[demand].word;
}
