#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "node/record/body_json.h"
#include "node/record/json.h"
#include "node/record/walk.h"

static struct err err;
static const struct id me = { { 1 } };

static struct buf
body_of(const char *kind, const char *text)
{
	struct buf body = { 0 }, private_fields = { 0 };
	cJSON *object = NULL;

	cr_assert_eq(json_parse(bytes_text(text), 100000, "t", &object, &err), ERR_OK, "%s", err.reason);
	cr_assert_eq(body_from_json(kind_by_word(kind), &me, object, NULL, &body, &private_fields, &err), ERR_OK, "%s: %s",
	    err.object, err.reason);
	cJSON_Delete(object);
	buf_free(&private_fields);
	return body;
}

#define PATHWAY "{\"title\":{\"en\":\"T\"},\"situation\":[\"stalking\"],\"territory\":\"AL\",\"steps\":[" \
	"{\"n\":1,\"action\":{\"en\":\"A\"},\"service\":\"1f0c2e4a-0000-4000-8000-00000000000a\",\"consent_needed\":true}," \
	"{\"n\":2,\"action\":{\"en\":\"B\"},\"organisation\":\"1f0c2e4a-0000-4000-8000-00000000000b\"," \
	"\"consent_needed\":false}],\"topics\":[\"1f0c2e4a-0000-4000-8000-00000000000c\"]}"

struct seen {
	char paths[1000], references[300], codes[100];
	size_t left;
};

static bool
note(void *self, const struct walk_value *v)
{
	struct seen *s = self;
	const struct code *c = walk_code(v);
	struct id author;
	struct uuid name;
	char one[120];

	snprintf(one, sizeof one, "%s ", v->path);
	strcat(s->paths, one);
	if (walk_reference(v, &author, &name)) {
		cr_expect(id_equal(&author, &me));
		snprintf(one, sizeof one, "%s=%02x ", v->path, name.b[15]);
		strcat(s->references, one);
	}
	if (c)
		strcat(strcat(s->codes, c->word), " ");
	return s->left == 0 || --s->left > 0;
}

/* Every value with its path: items of lists one by one, groups before what is in them; references and codes by name. */
Test(walk, every_value)
{
	struct buf body = body_of("pathway", PATHWAY);
	struct seen s = { .left = 0 };

	walk_body(kind_by_word("pathway"), buf_bytes(&body), note, &s);
	cr_expect_str_eq(s.paths, "title situation[0] territory steps[0] steps[0].n steps[0].action steps[0].service "
	    "steps[0].consent_needed steps[1] steps[1].n steps[1].action steps[1].organisation steps[1].consent_needed "
	    "topics[0] ");
	cr_expect_str_eq(s.references, "steps[0].service=0a steps[1].organisation=0b topics[0]=0c ");
	cr_expect_str_eq(s.codes, "stalking AL ");
	buf_free(&body);
}

/* It stops where it is told to, inside a group too. */
Test(walk, stops)
{
	struct buf body = body_of("pathway", PATHWAY);
	struct seen s = { .left = 6 };

	walk_body(kind_by_word("pathway"), buf_bytes(&body), note, &s);
	cr_expect_str_eq(s.paths, "title situation[0] territory steps[0] steps[0].n steps[0].action ");
	buf_free(&body);
}

/* Unknown keys, and values of another type than their field's, are passed over without harm. */
Test(walk, odd_bodies)
{
	/* {32: 5, 33: "x", 38: [5, {1: {}}], 999: [1]} */
	static const uint8_t odd[] = { 0xa4, 0x18, 0x20, 0x05, 0x18, 0x21, 0x61, 'x', 0x18, 0x26, 0x82, 0x05, 0xa1, 0x01, 0xa0,
		0x19, 0x03, 0xe7, 0x81, 0x01 };
	struct seen s = { .left = 0 };

	walk_body(kind_by_word("pathway"), (struct bytes){ odd, sizeof odd }, note, &s);
	cr_expect_str_eq(s.paths, "title steps[0] steps[1] steps[1].n ");
	cr_expect_str_eq(s.references, "");
	walk_body(kind_by_word("pathway"), (struct bytes){ NULL, 0 }, note, &s);
	walk_body(kind_by_word("pathway"), (struct bytes){ odd + 1, 2 }, note, &s);
}
