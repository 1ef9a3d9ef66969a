#include "node/dtls/inside.h"

#include <errno.h>
#include <string.h>

#define SLOTS 64
#define CONTROL CMSG_SPACE(sizeof(struct in6_pktinfo)) /* the larger of the two kinds */

struct slot {
	union address to;
	size_t len;
	uint8_t bytes[PATH_MTU];
	_Alignas(struct cmsghdr) uint8_t control[CONTROL];
};

struct outbox {
	size_t used;
	struct slot slots[SLOTS];
	struct iovec pieces[SLOTS];
	struct mmsghdr heads[SLOTS];
};

struct outbox *
outbox_new(void)
{
	return need_zeroed(1, sizeof(struct outbox));
}

void
outbox_free(struct outbox *o)
{
	free(o);
}

bool
outbox_is_empty(const struct outbox *o)
{
	return o->used == 0;
}

/* An answer must leave from the address that the question was sent to, or a translator drops it. */
static size_t
write_source(const struct path *path, bool six, uint8_t control[CONTROL])
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	memset(control, 0, CONTROL);
	if (six) {
		struct in6_pktinfo info = { .ipi6_addr = path->source };

		if (IN6_IS_ADDR_LINKLOCAL(&path->source))
			info.ipi6_ifindex = path->peer.v6.sin6_scope_id;
		*c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof info);
		return CMSG_SPACE(sizeof info);
	}
	struct in_pktinfo info = { 0 };

	memcpy(&info.ipi_spec_dst, path->source.s6_addr + 12, 4);
	*c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO };
	memcpy(CMSG_DATA(c), &info, sizeof info);
	return CMSG_SPACE(sizeof info);
}

bool
outbox_has_room(struct dtls *d)
{
	if (d->outbox->used == SLOTS)
		outbox_send(d);
	return d->outbox->used < SLOTS;
}

bool
outbox_put(struct dtls *d, const struct path *to, const void *p, size_t len)
{
	struct outbox *o = d->outbox;
	bool six = d->bound.any.sa_family == AF_INET6;
	struct slot *s;
	struct msghdr *m;

	if (len > PATH_MTU || !outbox_has_room(d))
		return false;
	s = &o->slots[o->used];
	s->to = to->peer;
	if (six)
		address_map(&s->to);
	memcpy(s->bytes, p, len);
	s->len = len;
	o->pieces[o->used] = (struct iovec){ s->bytes, len };
	m = &o->heads[o->used].msg_hdr;
	*m = (struct msghdr){ .msg_name = &s->to, .msg_namelen = address_len(&s->to),
		.msg_iov = &o->pieces[o->used], .msg_iovlen = 1 };
	if (to->has_source) {
		m->msg_control = s->control;
		m->msg_controllen = write_source(to, six, s->control);
	}
	o->used++;
	return true;
}

/* What the kernel did not take moves to the front; its messages point into their slots. */
static void
keep_from(struct outbox *o, size_t from)
{
	size_t left = o->used - from;

	if (from == 0)
		return;
	for (size_t i = 0; i < left; i++) {
		struct msghdr *m = &o->heads[i].msg_hdr;
		size_t control = o->heads[from + i].msg_hdr.msg_controllen;

		o->slots[i] = o->slots[from + i];
		o->pieces[i] = (struct iovec){ o->slots[i].bytes, o->slots[i].len };
		*m = (struct msghdr){ .msg_name = &o->slots[i].to, .msg_namelen = address_len(&o->slots[i].to),
			.msg_iov = &o->pieces[i], .msg_iovlen = 1,
			.msg_control = control ? o->slots[i].control : NULL, .msg_controllen = control };
	}
	o->used = left;
}

void
outbox_send(struct dtls *d)
{
	struct outbox *o = d->outbox;
	size_t at = 0;

	while (at < o->used) {
		int sent = sendmmsg(d->fd, o->heads + at, (unsigned)(o->used - at), 0);

		if (sent < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == ENOBUFS)
				break;
			at++; /* no route, forbidden, too long: lost, as on any network */
			continue;
		}
		for (int i = 0; i < sent; i++)
			d->counts.bytes_out += o->slots[at + (size_t)i].len;
		d->counts.datagrams_out += (uint64_t)sent;
		at += (size_t)sent;
	}
	keep_from(o, at);
}
