#include "proto/kind.h"

#include <string.h>

/* --- limits --- */

uint32_t
field_max(const struct field *f)
{
	static const uint32_t usual[FIELD_TYPES] = {
		[FIELD_TEXT] = 400, [FIELD_MLTEXT] = 4000, [FIELD_LANGUAGE] = 3, [FIELD_CODE] = 64,
		[FIELD_URL] = 500, [FIELD_PHONE] = 16, [FIELD_EMAIL] = 254, [FIELD_BYTES] = 256,
		[FIELD_TAG] = 35,
	};

	return f->max ? f->max : usual[f->type];
}

uint32_t
field_max_count(const struct field *f)
{
	return f->max_count ? f->max_count : 64;
}

/* --- syntax of words --- */

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
starts_with(struct bytes text, const char *head)
{
	size_t len = strlen(head);

	return text.len >= len && memcmp(text.p, head, len) == 0;
}

/*
 * RFC 5646 section 2.1 by shape: a primary subtag of two or three letters (longer ones are reserved and unused) or
 * x, then subtags of 1 to 8.
 */
bool
tag_valid(struct bytes tag)
{
	size_t subtag = 0, len = 0;

	if (tag.len == 0 || tag.len > 35)
		return false;
	for (size_t i = 0; i <= tag.len; i++) {
		uint8_t c = i < tag.len ? tag.p[i] : '-';

		if (c == '-') {
			bool private_use = len == 1 && (tag.p[0] | 0x20) == 'x' && i < tag.len;

			if (len == 0 || len > 8 || (subtag == 0 && !private_use && (len < 2 || len > 3)))
				return false;
			subtag++;
			len = 0;
		} else if (is_letter(c) || (subtag > 0 && is_digit(c))) {
			len++;
		} else {
			return false;
		}
	}
	return true;
}

static const char *
tag_fault(struct bytes text)
{
	return tag_valid(text) ? NULL : "the language is named by a tag such as sq, sr-Cyrl, en";
}

static const char *
language_fault(struct bytes text)
{
	bool right = text.len == 3;

	for (size_t i = 0; right && i < 3; i++)
		right = text.p[i] >= 'a' && text.p[i] <= 'z';
	return right ? NULL : "a language has three small letters, such as sqi, srp, mkd (ISO 639-3)";
}

/* ITU-T E.164 section 6.2: at most 15 digits with the country code; short numbers have no such form. */
static const char *
phone_fault(struct bytes text)
{
	bool international = text.len > 0 && text.p[0] == '+';
	size_t at = international ? 1 : 0, digits = text.len - at;

	for (size_t i = at; i < text.len; i++)
		if (!is_digit(text.p[i]))
			return "a number has digits only, after +";
	if (international && (digits < 7 || digits > 15))
		return "a number has 7 to 15 digits after +";
	if (!international && (digits < 3 || digits > 6))
		return "write it with + and the country code, or as a short number of three to six digits";
	return text.p[at] == '0' ? "write it with + and the country code, without a leading zero" : NULL;
}

/* RFC 3986: http or https, a host, no blanks, no user part, nothing that a page could take for markup. */
static const char *
url_fault(struct bytes text)
{
	size_t at = starts_with(text, "https://") ? 8 : starts_with(text, "http://") ? 7 : 0, host = at;

	if (at == 0)
		return "an address begins with https:// or http://";
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] <= ' ' || text.p[i] == 0x7f || strchr("\"<>\\^`{|}", text.p[i]))
			return "an address has no blanks, quotes, braces or angle brackets";
	while (host < text.len && !strchr("/?#", text.p[host]))
		if (text.p[host++] == '@')
			return "an address carries no user name";
	return host == at || text.p[at] == '.' || text.p[at] == ':' ? "the address names no host" : NULL;
}

/* RFC 5321 section 4.1.2 without quoted forms: what people write and mail programs take. */
static const char *
email_fault(struct bytes text)
{
	static const char *const fault = "a mailbox looks like office@example.org";
	const uint8_t *sign = memchr(text.p, '@', text.len);
	size_t local, dots = 0, label = 0;

	if (sign == NULL)
		return fault;
	local = (size_t)(sign - text.p);
	if (local == 0 || local > 64 || text.p[0] == '.' || text.p[local - 1] == '.')
		return fault;
	for (size_t i = 0; i < local; i++)
		if (text.p[i] <= ' ' || strchr("\"(),:;<>[\\]", text.p[i]))
			return fault;
	for (size_t i = local + 1; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c == '.' && label > 0) {
			dots++;
			label = 0;
		} else if (is_letter(c) || is_digit(c) || c == '-' || c >= 0x80) {
			label++;
		} else {
			return fault;
		}
	}
	return dots == 0 || label == 0 ? fault : NULL;
}

const char *
field_fault(enum field_type type, struct bytes text)
{
	static const char *(*const faults[FIELD_TYPES])(struct bytes) = {
		[FIELD_LANGUAGE] = language_fault, [FIELD_URL] = url_fault,
		[FIELD_PHONE] = phone_fault, [FIELD_EMAIL] = email_fault, [FIELD_TAG] = tag_fault,
	};

	if (text.len == 0)
		return "it is empty; leave the field out instead";
	return faults[type] ? faults[type](text) : NULL;
}
