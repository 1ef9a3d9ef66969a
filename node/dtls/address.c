#include "node/dtls/inside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static enum err_code
refuse(const char *text, const char *why, struct err *e)
{
	return err_set(e, ERR_INPUT, text, "address", "%s; write 192.0.2.1:5684 or [2001:db8::1]:5684", why);
}

/* Decimal without sign, blank or needless zero. */
static bool
read_number(const char *text, unsigned long max, unsigned long *out)
{
	unsigned long n = 0;

	if (*text == 0 || (text[0] == '0' && text[1] != 0))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned long)(*text - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

/* HOST is what stood between the brackets; "%3" behind a link-local address is the interface's number. */
static bool
read_host6(char *host, union address *out)
{
	char *percent = strchr(host, '%');
	unsigned long scope = 0;

	if (percent) {
		*percent = 0;
		if (!read_number(percent + 1, UINT32_MAX, &scope) || scope == 0)
			return false;
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) != 1)
		return false;
	if (percent && !IN6_IS_ADDR_LINKLOCAL(&out->v6.sin6_addr))
		return false;
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_scope_id = (uint32_t)scope;
	return true;
}

enum err_code
address_parse(const char *text, bool may_be_zero, union address *out, struct err *e)
{
	union address a = { 0 };
	char host[ADDRESS_TEXT];
	const char *colon = strrchr(text, ':');
	bool six = text[0] == '[';
	unsigned long port;
	size_t len;

	if (colon == NULL || (size_t)(colon - text) >= sizeof host)
		return refuse(text, "this has no port", e);
	len = (size_t)(colon - text);
	memcpy(host, text, len);
	host[len] = 0;
	if (six) {
		if (host[len - 1] != ']')
			return refuse(text, "this has no port behind the bracket", e);
		host[len - 1] = 0;
		if (!read_host6(host + 1, &a))
			return refuse(text, "this is no IPv6 address", e);
		address_unmap(&a);
	} else {
		if (inet_pton(AF_INET, host, &a.v4.sin_addr) != 1)
			return refuse(text, "this is no IPv4 address, and names are not looked up", e);
		a.v4.sin_family = AF_INET;
	}
	if (!read_number(colon + 1, 65535, &port) || (port == 0 && !may_be_zero))
		return refuse(text, "the port is not a number from 1 to 65535", e);
	address_set_port(&a, (uint16_t)port);
	*out = a;
	return ERR_OK;
}

const char *
address_format(const union address *a, char out[ADDRESS_TEXT])
{
	char host[INET6_ADDRSTRLEN];

	if (a->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof host);
		if (a->v6.sin6_scope_id && IN6_IS_ADDR_LINKLOCAL(&a->v6.sin6_addr))
			snprintf(out, ADDRESS_TEXT, "[%.39s%%%u]:%u", host, a->v6.sin6_scope_id, address_port(a));
		else
			snprintf(out, ADDRESS_TEXT, "[%s]:%u", host, address_port(a));
	} else {
		inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof host);
		snprintf(out, ADDRESS_TEXT, "%s:%u", host, address_port(a));
	}
	return out;
}

bool
address_equal(const union address *a, const union address *b)
{
	uint8_t x[ADDRESS_KEY], y[ADDRESS_KEY];

	address_key(a, x);
	address_key(b, y);
	return memcmp(x, y, ADDRESS_KEY) == 0;
}

/* As an address of IPv6: those of IPv4 become ::ffff:a.b.c.d. */
static struct in6_addr
as_six(const union address *a)
{
	struct in6_addr six = { 0 };

	if (a->any.sa_family == AF_INET6)
		return a->v6.sin6_addr;
	six.s6_addr[10] = six.s6_addr[11] = 0xff;
	memcpy(six.s6_addr + 12, &a->v4.sin_addr, 4);
	return six;
}

void
address_key(const union address *a, uint8_t out[ADDRESS_KEY])
{
	struct in6_addr six = as_six(a);
	uint32_t scope = 0;

	if (a->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->v6.sin6_addr))
		scope = a->v6.sin6_scope_id;
	memcpy(out, six.s6_addr, 16);
	put_u16(out + 16, address_port(a));
	put_u32(out + 18, scope);
}

void
address_unmap(union address *a)
{
	union address four = { 0 };

	if (a->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return;
	four.v4.sin_family = AF_INET;
	four.v4.sin_port = a->v6.sin6_port;
	memcpy(&four.v4.sin_addr, a->v6.sin6_addr.s6_addr + 12, 4);
	*a = four;
}

void
address_map(union address *a)
{
	union address six = { 0 };

	if (a->any.sa_family != AF_INET)
		return;
	six.v6.sin6_family = AF_INET6;
	six.v6.sin6_port = a->v4.sin_port;
	six.v6.sin6_addr = as_six(a);
	*a = six;
}

socklen_t
address_len(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

uint16_t
address_port(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

void
address_set_port(union address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET6)
		a->v6.sin6_port = htons(port);
	else
		a->v4.sin_port = htons(port);
}
