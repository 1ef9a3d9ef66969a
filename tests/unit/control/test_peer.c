/* Roles by what the kernel says about the other end of a socket. */
#include "node/control/peer.h"

#include <criterion/criterion.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct peer_groups groups = { { 40001, 40002, 40003 } };

/* The role that a process with these ids gets. */
static enum role
role_of(uid_t uid, gid_t gid, size_t count, const gid_t *more)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof a;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	enum role role;
	pid_t child;

	/* an abstract name of the kernel's choice */
	cr_assert_eq(bind(listener, (struct sockaddr *)&a, sizeof a.sun_family), 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	cr_assert_eq(listen(listener, 1), 0);
	if ((child = fork()) == 0) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		_exit(setgroups(count, more) || setgid(gid) || setuid(uid) || connect(fd, (struct sockaddr *)&a, len));
	}
	cr_assert_geq(fd = accept(listener, NULL, NULL), 0);
	role = peer_role(fd, &groups);
	waitpid(child, NULL, 0);
	close(fd);
	close(listener);
	return role;
}

/* The strongest of all groups counts, the first or a further one; others give nothing. */
Test(peer, groups_give_roles)
{
	gid_t many[100];

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	for (gid_t i = 0; i < 100; i++)
		many[i] = 50000 + i;
	cr_expect_eq(role_of(65534, 65534, 0, NULL), ROLE_NONE);
	cr_expect_eq(role_of(65534, 40003, 0, NULL), ROLE_READ);
	cr_expect_eq(role_of(65534, 65534, 1, (gid_t[]){ 40003 }), ROLE_READ);
	cr_expect_eq(role_of(65534, 40003, 2, (gid_t[]){ 7, 40002 }), ROLE_WRITE);
	cr_expect_eq(role_of(65534, 40001, 1, (gid_t[]){ 40003 }), ROLE_ADMIN);
	cr_expect_eq(role_of(65534, 65534, 100, many), ROLE_NONE);
	many[99] = 40002;
	cr_expect_eq(role_of(65534, 65534, 100, many), ROLE_WRITE);
	cr_expect_eq(role_of(0, 65534, 0, NULL), ROLE_ADMIN);
}

/* A machine without our groups gives their roles to nobody. */
Test(peer, missing_groups)
{
	struct peer_groups none = { { (gid_t)-1, (gid_t)-1, (gid_t)-1 } };
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_expect_eq(peer_role(pair[0], &none), ROLE_ADMIN, "our own user");
	cr_expect_eq(peer_role(-1, &none), ROLE_NONE);
	close(pair[0]);
	close(pair[1]);
}
