#include "node/control/peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Strongest first. */
static const struct {
	const char *group;
	enum role role;
} grants[PEER_GROUPS] = {
	{ "kilim-admin", ROLE_ADMIN },
	{ "kilim", ROLE_WRITE },
	{ "kilim-read", ROLE_READ },
};

const char *
role_word(enum role r)
{
	static const char *const words[] = { "none", "read", "write", "admin" };

	return words[r];
}

void
peer_groups_load(struct peer_groups *out)
{
	for (size_t i = 0; i < PEER_GROUPS; i++) {
		const struct group *g = getgrnam(grants[i].group);

		out->gid[i] = g ? g->gr_gid : (gid_t)-1;
	}
}

static enum role
role_of_group(gid_t gid, const struct peer_groups *g)
{
	for (size_t i = 0; i < PEER_GROUPS; i++)
		if (g->gid[i] != (gid_t)-1 && g->gid[i] == gid)
			return grants[i].role;
	return ROLE_NONE;
}

static enum role
stronger(enum role a, enum role b)
{
	return a > b ? a : b;
}

/* The process's own groups, not the account's: what it gave up it has not. */
static enum role
role_of_groups(int fd, const struct peer_groups *g)
{
	gid_t few[64], *list = few;
	socklen_t len = sizeof few;
	enum role role = ROLE_NONE;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) != 0) {
		if (errno != ERANGE)
			return ROLE_NONE;
		list = need_alloc(len);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) != 0)
			len = 0;
	}
	for (size_t i = 0; i < len / sizeof(gid_t); i++)
		role = stronger(role, role_of_group(list[i], g));
	if (list != few)
		free(list);
	return role;
}

enum role
peer_role(int fd, const struct peer_groups *g)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || len != sizeof who)
		return ROLE_NONE;
	if (who.uid == 0 || who.uid == geteuid())
		return ROLE_ADMIN;
	return stronger(role_of_group(who.gid, g), role_of_groups(fd, g));
}
