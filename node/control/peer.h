/*
 * peer - who is at the other end of a unix socket, as the kernel says.
 *
 * Source   unix(7): SO_PEERCRED, SO_PEERGROUPS
 * Law      a role is the strongest that user or groups give; nothing the caller sends changes it
 */
#ifndef KILIM_CONTROL_PEER_H
#define KILIM_CONTROL_PEER_H

#include "node/control/control.h"

#include <sys/types.h>

#define PEER_GROUPS 3
/* The groups' numbers, looked up once; (gid_t)-1 where this machine has no such group. */
struct peer_groups {
	gid_t gid[PEER_GROUPS];
};
void peer_groups_load(struct peer_groups *out);
/* ROLE_NONE when the kernel does not say. */
enum role peer_role(int fd, const struct peer_groups *g);

#endif
