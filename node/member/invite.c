#include "node/member/invite.h"

#include <assert.h>
#include <string.h>

#include "node/crypto/crypto.h"

#define OBJECT "invitation code"
#define VERSION 0u                  /* upper four bits of the first byte */
#define FLAG_V6 1u
#define LEN_V4 (1 + 6 + INVITE_NODE + INVITE_SECRET)
#define LEN_V6 (1 + 18 + INVITE_NODE + INVITE_SECRET)

const char *
invite_code_make(const struct invite *i, char out[INVITE_TEXT])
{
	struct buf data = { NULL, 0, 0 }, text = { NULL, 0, 0 };

	assert(i->port);
	buf_put_u8(&data, (uint8_t)(VERSION << 4 | (i->v6 ? FLAG_V6 : 0)));
	buf_put(&data, i->ip, i->v6 ? 16 : 4);
	put_u16(buf_grow(&data, 2), i->port);
	buf_put(&data, i->node, sizeof i->node);
	buf_put(&data, i->secret, sizeof i->secret);
	bech32m_encode("kilim", buf_bytes(&data), &text);
	assert(text.len < INVITE_TEXT);
	memcpy(out, text.p, text.len);
	out[text.len] = 0;
	wipe(data.p, data.len);
	wipe(text.p, text.len);
	buf_free(&data);
	buf_free(&text);
	return out;
}

/* A sheet is read aloud, typed and photographed: what stands between the letters does not count. */
static bool
squeeze(const char *text, char out[INVITE_TEXT])
{
	size_t n = 0;

	for (; *text; text++) {
		if (strchr(" \t\r\n-", *text))
			continue;
		if (n + 1 == INVITE_TEXT)
			return false;
		out[n++] = *text;
	}
	out[n] = 0;
	return true;
}

static enum err_code
bad_length(struct err *e)
{
	return err_set(e, ERR_INPUT, OBJECT, "length", "part of the code is missing, or something was added");
}

static enum err_code
read_data(struct bytes data, struct invite *out, struct err *e)
{
	struct invite i;
	const uint8_t *p = data.p;

	memset(&i, 0, sizeof i);
	if (data.len == 0)
		return bad_length(e);
	if ((*p & ~FLAG_V6) != VERSION << 4)
		return err_set(e, ERR_VERSION, OBJECT, "version", "it was made by a newer kilim: update this one");
	i.v6 = *p++ & FLAG_V6;
	if (data.len != (i.v6 ? LEN_V6 : LEN_V4))
		return bad_length(e);
	memcpy(i.ip, p, i.v6 ? 16 : 4);
	p += i.v6 ? 16 : 4;
	i.port = get_u16(p);
	memcpy(i.node, p + 2, sizeof i.node);
	memcpy(i.secret, p + 2 + sizeof i.node, sizeof i.secret);
	if (i.port == 0)
		return err_set(e, ERR_INPUT, OBJECT, "port", "its address has port 0");
	*out = i;
	wipe(&i, sizeof i);
	return ERR_OK;
}

/* What is wrong with the letters, in words for the person who typed them. */
static enum err_code
explain(const struct err *why, struct err *e)
{
	static const struct {
		const char *rule, *reason;
	} rows[] = {
		{ "checksum", "one letter is mistyped, or some are missing: compare it with the sheet" },
		{ "length", "part of the code is missing, or something was added" },
		{ "character", "it has a character that no code has" },
		{ "case", "capital and small letters are mixed: use one of them" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].rule, why->rule) == 0)
			return err_set(e, ERR_INPUT, OBJECT, why->rule, "%s", rows[i].reason);
	return err_set(e, ERR_INPUT, OBJECT, why->rule, "%s", why->reason);
}

enum err_code
invite_code_parse(const char *text, struct invite *out, struct err *e)
{
	char plain[INVITE_TEXT], prefix[BECH32M_PREFIX];
	struct buf data = { NULL, 0, 0 };
	struct err why;
	enum err_code rc;

	if (!squeeze(text, plain))
		return bad_length(e);
	if (strncasecmp(plain, "kilim1", 6) != 0)
		return err_set(e, ERR_INPUT, OBJECT, "prefix", "no invitation code: those begin with \"kilim1\"");
	if (bech32m_decode(plain, OBJECT, prefix, &data, &why) != ERR_OK)
		rc = explain(&why, e);
	else if (strcmp(prefix, "kilim") != 0)
		rc = err_set(e, ERR_INPUT, OBJECT, "prefix", "it has a second 1: no invitation code");
	else
		rc = read_data(buf_bytes(&data), out, e);
	wipe(plain, sizeof plain);
	if (data.p)
		wipe(data.p, data.len);
	buf_free(&data);
	return rc;
}

static void
derive(const char *label, const uint8_t secret[INVITE_SECRET], struct id *out)
{
	const struct bytes parts[] = { bytes_text(label), { secret, INVITE_SECRET } };

	hash_parts(NULL, parts, 2, out);
}

void
invite_id(const uint8_t secret[INVITE_SECRET], uint8_t out[INVITE_ID])
{
	struct id h;

	derive("id", secret, &h);
	memcpy(out, h.b, INVITE_ID);
}

bool
invite_names_node(const struct invite *i, const struct id *node)
{
	return memcmp(i->node, node->b, INVITE_NODE) == 0;
}

static void
put_text(struct buf *out, struct bytes text)
{
	put_u16(buf_grow(out, 2), (uint16_t)text.len);
	buf_put_bytes(out, text);
}

void
join_transcript(const struct join *j, struct buf *out)
{
	assert(j->name.len <= LIMIT_NAME);
	buf_put_text(out, "kilim/1 join");
	buf_put(out, j->joiner_node.b, ID_LEN);
	buf_put(out, j->inviter_node.b, ID_LEN);
	buf_put(out, j->organisation.b, ID_LEN);
	put_text(out, j->name);
	put_u16(buf_grow(out, 2), j->territory);
	put_text(out, bytes_text(member_class_word(j->class)));
}

void
join_mac(const struct join *j, const uint8_t secret[INVITE_SECRET], uint8_t out[32])
{
	struct buf t = { NULL, 0, 0 };
	struct id key, mac;

	join_transcript(j, &t);
	derive("mac", secret, &key);
	mac_one(key.b, buf_bytes(&t), &mac);
	memcpy(out, mac.b, sizeof mac.b);
	wipe(&key, sizeof key);
	buf_free(&t);
}

void
join_words(const struct join *j, struct words *out)
{
	struct buf t = { NULL, 0, 0 };
	struct id h;

	join_transcript(j, &t);
	hash_one(buf_bytes(&t), &h);
	words_from(h.b, out);
	buf_free(&t);
}

enum err_code
join_check(const struct join *j, const uint8_t secret[INVITE_SECRET], const uint8_t mac[32],
    const uint8_t signature[64], struct err *e)
{
	struct buf t = { NULL, 0, 0 };
	enum err_code rc = ERR_OK;
	uint8_t want[32];

	if (j->name.len > LIMIT_NAME)
		return err_set(e, ERR_LIMIT, "name", "maximum", "longer than %d bytes", LIMIT_NAME);
	join_mac(j, secret, want);
	join_transcript(j, &t);
	if (!secret_equal(want, mac, sizeof want))
		rc = err_set(e, ERR_DENIED, "join", "mac", "not made with this invitation, or for another session");
	else if (!sign_verify(&j->organisation, buf_bytes(&t), signature))
		rc = err_set(e, ERR_DENIED, "join", "signature", "not by the key of the organisation it names");
	buf_free(&t);
	return rc;
}
