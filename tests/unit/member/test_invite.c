#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/crypto/crypto.h"
#include "node/member/invite.h"

static void
start(void)
{
	crypto_start();
}
TestSuite(invite, .init = start);

static struct invite
sample(bool v6)
{
	struct invite i = { .v6 = v6, .ip = { 192, 0, 2, 7 }, .port = 5684 };

	if (v6)
		memcpy(i.ip, (uint8_t[16]){ 0x20, 0x01, 0x0d, 0xb8, [15] = 7 }, 16);
	for (uint8_t k = 0; k < 10; k++) {
		i.node[k] = (uint8_t)(0xa0 + k);
		i.secret[k] = (uint8_t)(0x50 + k);
	}
	return i;
}

/* What is made is read back, also in capitals, in groups, over two lines. */
Test(invite, a_code_comes_back)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct invite i = sample(v6), got;
		char code[INVITE_TEXT], text[2 * INVITE_TEXT];
		size_t n = 0;
		struct err e;

		memset(&got, 0xee, sizeof got);
		invite_code_make(&i, code);
		cr_assert_eq(invite_code_parse(code, &got, &e), ERR_OK);
		cr_expect_eq(memcmp(&got, &i, sizeof i), 0);
		for (size_t k = 0; code[k]; k++) {
			text[n++] = (char)(code[k] >= 'a' && code[k] <= 'z' ? code[k] - 'a' + 'A' : code[k]);
			if (k % 4 == 3)
				text[n++] = "- \n"[k / 4 % 3];
		}
		text[n] = 0;
		memset(&got, 0xee, sizeof got);
		cr_assert_eq(invite_code_parse(text, &got, &e), ERR_OK, "%s", text);
		cr_expect_eq(memcmp(&got, &i, sizeof i), 0);
	}
}

/* One letter mistyped, anywhere, is found, and said as such. */
Test(invite, one_wrong_letter)
{
	struct invite i = sample(false), got;
	char code[INVITE_TEXT];
	struct err e;

	invite_code_make(&i, code);
	for (size_t k = 6; code[k]; k++) {
		char was = code[k];

		code[k] = was == 'q' ? 'p' : 'q';
		cr_expect_eq(invite_code_parse(code, &got, &e), ERR_INPUT);
		cr_expect_str_eq(e.rule, "checksum");
		cr_expect(strstr(e.reason, "mistyped"));
		code[k] = was;
	}
}

/* A code of DATA under PREFIX. */
static const char *
encode(const char *prefix, const uint8_t *data, size_t len, char out[256])
{
	struct buf b = { NULL, 0, 0 };

	bech32m_encode(prefix, (struct bytes){ data, len }, &b);
	snprintf(out, 256, "%.*s", (int)b.len, (const char *)b.p);
	buf_free(&b);
	return out;
}

/* Whatever else is no code is refused by name, and nothing is written. */
Test(invite, refuses)
{
	uint8_t data[64] = { 0 };
	struct invite got, before;
	char text[256], code[INVITE_TEXT];
	struct invite i = sample(false);
	struct err e;

	memset(&before, 0xee, sizeof before);
	got = before;
	data[6] = 1;
	struct {
		const char *text, *rule;
		enum err_code code;
	} rows[] = {
		{ strdup(""), "prefix", ERR_INPUT },
		{ strdup("kilim"), "prefix", ERR_INPUT },
		{ strdup("kilim1"), NULL, ERR_INPUT },
		{ strdup(encode("org", data, 27, text)), "prefix", ERR_INPUT },
		{ strdup(encode("kilim1x", data, 27, text)), "prefix", ERR_INPUT },
		{ strdup(encode("kilim", data, 26, text)), "length", ERR_INPUT },
		{ strdup(encode("kilim", data, 28, text)), "length", ERR_INPUT },
		{ strdup(encode("kilim", data, 60, text)), "length", ERR_INPUT },
		{ strdup(encode("kilim", data, 0, text)), "length", ERR_INPUT },
		{ strdup(encode("kilim", (uint8_t[27]){ 0x01, [6] = 1 }, 27, text)), "length", ERR_INPUT },
		{ strdup(encode("kilim", (uint8_t[27]){ 0x10, [6] = 1 }, 27, text)), "version", ERR_VERSION },
		{ strdup(encode("kilim", (uint8_t[27]){ 0x02, [6] = 1 }, 27, text)), "version", ERR_VERSION },
		{ strdup(encode("kilim", (uint8_t[27]){ 0 }, 27, text)), "port", ERR_INPUT },
		{ strdup("Kilim1qqqqqqqqqqqqqqqqqqqqqqqqqqqqq"), "case", ERR_INPUT },
		{ strdup("kilim1qqqqqqqqq!qqqqqqqqqqqqqqqqqqqq"), "character", ERR_INPUT },
	};
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		cr_expect_eq(invite_code_parse(rows[k].text, &got, &e), rows[k].code, "%s", rows[k].text);
		if (rows[k].rule)
			cr_expect_str_eq(e.rule, rows[k].rule, "%s: %s", rows[k].text, e.rule);
		cr_expect_str_eq(e.object, "invitation code");
		cr_expect_eq(memcmp(&got, &before, sizeof got), 0);
		free((void *)(uintptr_t)rows[k].text);
	}
	invite_code_make(&i, code);
	code[strlen(code) - 1] = 0;
	cr_expect_eq(invite_code_parse(code, &got, &e), ERR_INPUT);
}

/* The first bytes of the node id are what the code pins. */
Test(invite, pins_the_node)
{
	struct invite i = sample(false);
	struct id node = { { 0 } };

	memcpy(node.b, i.node, INVITE_NODE);
	node.b[31] = 9;
	cr_expect(invite_names_node(&i, &node));
	node.b[9] ^= 1;
	cr_expect_not(invite_names_node(&i, &node));
}

struct joining {
	struct sign_key key;
	struct join join;
	uint8_t secret[INVITE_SECRET], mac[32], signature[64];
};

static void
make_join(struct joining *j)
{
	struct buf t = { NULL, 0, 0 };
	uint8_t seed[CRYPTO_SEED];

	memset(seed, 7, sizeof seed);
	sign_key_from_seed(seed, &j->key);
	memset(&j->join.joiner_node, 1, ID_LEN);
	memset(&j->join.inviter_node, 2, ID_LEN);
	j->join.organisation = j->key.public_key;
	j->join.name = bytes_text("Shoqata e Sajuar");
	j->join.territory = TERRITORY('X', 'K');
	j->join.class = CLASS_CSO;
	memset(j->secret, 0x50, sizeof j->secret);
	join_mac(&j->join, j->secret, j->mac);
	join_transcript(&j->join, &t);
	sign_detached(&j->key, buf_bytes(&t), j->signature);
	buf_free(&t);
}

/* The transcript is these bytes and no others: proto/membership.md section 7. */
Test(invite, transcript)
{
	struct buf t = { NULL, 0, 0 };
	struct joining j;
	const uint8_t *p;

	make_join(&j);
	join_transcript(&j.join, &t);
	cr_assert_eq(t.len, 12 + 3 * 32 + 2 + 16 + 2 + 2 + 3);
	p = t.p;
	cr_expect_eq(memcmp(p, "kilim/1 join", 12), 0);
	cr_expect_eq(memcmp(p + 12, j.join.joiner_node.b, 32), 0);
	cr_expect_eq(memcmp(p + 44, j.join.inviter_node.b, 32), 0);
	cr_expect_eq(memcmp(p + 76, j.join.organisation.b, 32), 0);
	cr_expect_eq(memcmp(p + 108, "\0\020Shoqata e SajuarXK\0\003cso", 25), 0);
	buf_free(&t);
}

/* An honest join passes; one byte of anything else does not, and the words differ too. */
Test(invite, every_field_is_bound)
{
	struct words words, other;
	struct joining j, bad;
	struct err e;

	make_join(&j);
	cr_expect_eq(join_check(&j.join, j.secret, j.mac, j.signature, &e), ERR_OK);
	join_words(&j.join, &words);
	for (int i = 0; i < 6; i++) {
		bad = j;
		bad.join.joiner_node.b[31] ^= i == 0;
		bad.join.inviter_node.b[0] ^= i == 1;
		bad.join.organisation.b[5] ^= i == 2;
		if (i == 3)
			bad.join.name = bytes_text("Shoqata e SajuaR");
		if (i == 4)
			bad.join.territory = TERRITORY('A', 'L');
		if (i == 5)
			bad.join.class = CLASS_INSTITUTION;
		cr_expect_eq(join_check(&bad.join, j.secret, j.mac, j.signature, &e), ERR_DENIED);
		cr_expect_str_eq(e.rule, "mac");
		join_words(&bad.join, &other);
		cr_expect_neq(memcmp(&words, &other, sizeof words), 0);
		/* Who holds the code makes a right MAC for it, but not the signature. */
		join_mac(&bad.join, j.secret, bad.mac);
		cr_expect_eq(join_check(&bad.join, j.secret, bad.mac, j.signature, &e), ERR_DENIED);
		cr_expect_str_eq(e.rule, "signature");
	}
	bad = j;
	bad.secret[9] ^= 1;
	cr_expect_eq(join_check(&j.join, bad.secret, j.mac, j.signature, &e), ERR_DENIED);
	bad.mac[31] ^= 1;
	cr_expect_eq(join_check(&j.join, j.secret, bad.mac, j.signature, &e), ERR_DENIED);
}

/* A name that is too long is refused before anything is computed. */
Test(invite, long_name)
{
	char name[LIMIT_NAME + 1];
	struct joining j;
	struct err e;

	make_join(&j);
	memset(name, 'a', sizeof name);
	j.join.name = (struct bytes){ (uint8_t *)name, sizeof name };
	cr_expect_eq(join_check(&j.join, j.secret, j.mac, j.signature, &e), ERR_LIMIT);
}

/* The golden bytes of proto/vectors/join: other programs must arrive at the same. */
static void
next_hex(FILE *f, const char *want, uint8_t *out, size_t len)
{
	char word[32], hex[256];

	cr_assert_eq(fscanf(f, "%31s %255s", word, hex), 2);
	cr_assert_str_eq(word, want);
	cr_assert_eq(strlen(hex), 2 * len, "%s", word);
	for (size_t i = 0; i < len; i++) {
		unsigned v;

		cr_assert_eq(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
}

Test(invite, vectors)
{
	FILE *f = fopen("proto/vectors/join/join.txt", "r");
	char line[256], word[32], rest[200];
	uint8_t id[8], got_id[8], mac[32], signature[64], seed[32];
	struct invite i, parsed;
	struct join j = { .class = CLASS_CSO };
	struct sign_key key;
	struct words w;
	struct err e;

	cr_assert(f, "run from the top of the source");
	memset(&i, 0, sizeof i);
	cr_assert(fgets(line, sizeof line, f) && line[0] == '#');
	next_hex(f, "ip", i.ip, 4);
	cr_assert_eq(fscanf(f, " port %hu", &i.port), 1);
	next_hex(f, "node", i.node, sizeof i.node);
	next_hex(f, "secret", i.secret, sizeof i.secret);
	cr_assert_eq(fscanf(f, "%31s %199s", word, rest), 2);
	cr_assert_eq(invite_code_parse(rest, &parsed, &e), ERR_OK);
	cr_expect_eq(memcmp(&parsed, &i, sizeof i), 0);
	next_hex(f, "id", id, sizeof id);
	invite_id(i.secret, got_id);
	cr_expect_eq(memcmp(id, got_id, sizeof id), 0);
	next_hex(f, "joiner", j.joiner_node.b, 32);
	next_hex(f, "inviter", j.inviter_node.b, 32);
	next_hex(f, "seed", seed, 32);
	sign_key_from_seed(seed, &key);
	j.organisation = key.public_key;
	cr_assert_eq(fscanf(f, " name %199[^\n]", rest), 1);
	j.name = bytes_text(rest);
	j.territory = TERRITORY('X', 'K');
	next_hex(f, "mac", mac, sizeof mac);
	next_hex(f, "signature", signature, sizeof signature);
	cr_expect_eq(join_check(&j, i.secret, mac, signature, &e), ERR_OK, "%s", e.rule);
	join_words(&j, &w);
	cr_assert_eq(fscanf(f, " words %199[^\n]", line), 1);
	cr_expect(words_match(line, &w), "%s", line);
	cr_assert_eq(fscanf(f, " cyrillic %199[^\n]", line), 1);
	cr_expect(words_match(line, &w), "%s", line);
	cr_assert_eq(fscanf(f, " digits %199[^\n]", line), 1);
	cr_expect_str_eq(line, w.digits);
	fclose(f);
}

/* Codes good and bad, each bad one with the rule that it breaks. */
Test(invite, code_vectors)
{
	FILE *f = fopen("proto/vectors/join/codes.txt", "r");
	char line[256], rule[32], code[200];
	unsigned count = 0;

	cr_assert(f, "run from the top of the source");
	cr_assert(fgets(line, sizeof line, f) && line[0] == '#');
	for (; fscanf(f, "%31s %199s", rule, code) == 2; count++) {
		struct invite i;
		struct err e;

		if (strcmp(rule, "ok") == 0) {
			cr_expect_eq(invite_code_parse(code, &i, &e), ERR_OK, "%s", code);
			continue;
		}
		cr_expect_neq(invite_code_parse(code, &i, &e), ERR_OK, "%s", code);
		cr_expect_str_eq(e.rule, rule, "%s: %s", code, e.rule);
	}
	cr_expect_eq(count, 10);
	fclose(f);
}
