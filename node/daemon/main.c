/*
 * kilimd - the daemon: open a home, a store, a socket and a control door; run; close.
 */
#include "node/base/log.h"
#include "node/daemon/loop.h"
#include "node/peer/peer.h"
#include "node/service/api.h"
#include "node/service/service.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "kilimd - the node of one organisation: keeps and exchanges records with other nodes\n"
    "\n"
    "  kilimd --dir D        serve the node that lives in D (made by: kilim --dir D init)\n"
    "  kilimd                the node in $KILIM_DIR, your own one, or the system's\n"
    "  kilimd --alone        do not wait for other nodes when the store is an old copy\n"
    "  kilimd --version\n"
    "\n"
    "It stays in the foreground and logs to stderr. SIGTERM or ^C ends it, SIGHUP reads kilim.conf again.\n";

static int
complain(const struct err *e)
{
	char text[600];

	fprintf(stderr, "kilimd: %s\n", err_text(e, text, sizeof(text)));
	return err_exit(e->code);
}

/* -1: go on; else the exit code. */
static int
parse(int argc, char **argv, const char **out_dir, bool *out_alone)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc) {
			*out_dir = argv[++i];
		} else if (strcmp(argv[i], "--dir") == 0) {
			fputs("kilimd: --dir needs the directory of a node\n", stderr);
			return err_exit(ERR_USAGE);
		} else if (strncmp(argv[i], "--dir=", 6) == 0) {
			*out_dir = argv[i] + 6;
		} else if (strcmp(argv[i], "--alone") == 0) {
			*out_alone = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("kilimd " KILIM_VERSION);
			return 0;
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return 0;
		} else {
			fprintf(stderr, "kilimd: %s: not an option; see kilimd --help\n", argv[i]);
			return err_exit(ERR_USAGE);
		}
	}
	return -1;
}

/* Keys stay out of core files and out of reach of a debugger of the same user. */
static void
confine(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(0077);
	/* A node is mostly one thread; an arena for each worker would only cost memory. */
	mallopt(M_ARENA_MAX, 1);
	setenv("UV_THREADPOOL_SIZE", "2", 0);
}

/* "Port 0" is chosen once and kept, so that the address in `reach` stays true. */
static enum err_code
open_socket(struct node *n, struct err *e)
{
	const struct config *c = &n->home->config;
	struct dtls_options o = { .accept = !c->protected_org, .max_sessions = c->max_sessions };
	struct dtls_events ev = peer_events;
	bool choose;
	enum err_code rc;

	if ((rc = address_parse(c->listen, true, &o.listen, e)))
		return rc;
	choose = o.listen.v4.sin_port == 0; /* at the same place in both families */
	if (choose)
		o.listen.v4.sin_port = htons((uint16_t)home_port(n->home));
	ev.self = n;
	rc = dtls_open(&o, n->home->identity, n->world, &ev, &n->dtls, e);
	if (rc && choose && o.listen.v4.sin_port) {
		o.listen.v4.sin_port = 0; /* somebody took it meanwhile */
		rc = dtls_open(&o, n->home->identity, n->world, &ev, &n->dtls, e);
	}
	if (rc == ERR_OK && choose)
		rc = home_save_port(n->home, ntohs(dtls_address(n->dtls)->v4.sin_port), e);
	return rc;
}

static enum err_code
open_doors(struct node *n, struct err *e)
{
	char path[512];
	enum err_code rc;

	if ((rc = open_socket(n, e)) ||
	    (rc = control_open(home_path(n->home, "control", path), api_routes, api_routes_count, n, &n->control, e)))
		return rc;
	if (node_self(n) && node_self(n)->state == MEMBER_ACTIVE)
		return node_announce(n, e);
	return ERR_OK;
}

static enum err_code
serve(const char *dir, bool alone, int *out_exit, struct err *e)
{
	struct home home = { 0 };
	struct node n = { .home = &home, .world = &world_real, .above = &service_above, .alone = alone };
	struct loop *loop = loop_new();
	char text[ADDRESS_TEXT];
	enum err_code rc;

	n.ops = loop_ops(loop);
	if ((rc = home_open(dir, &home, e)))
		goto out;
	log_set_level((enum log_level)log_level_from(home.config.log_level));
	if ((rc = node_open(&n, e)) || (rc = open_doors(&n, e)))
		goto out;
	log_event(LOG_INFO, "node.started", "version=%s listen=%s protected=%d", KILIM_VERSION,
	    address_format(dtls_address(n.dtls), text), home.config.protected_org);
	*out_exit = loop_run(loop, &n);
	log_event(LOG_INFO, "node.stopped", "uptime_s=%lld",
	    (long long)(world_tick_ms(n.world) - n.started_ms) / 1000);
out:
	control_close(n.control);
	dtls_close(n.dtls);
	node_close(&n);
	service_close(&n);
	home_close(&home);
	loop_free(loop);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *dir_option = NULL;
	bool alone = false;
	char dir[256];
	struct err e = { 0 };
	int code = parse(argc, argv, &dir_option, &alone);

	if (code >= 0)
		return code;
	confine();
	crypto_start();
	if (home_find(dir_option, dir, &e) || serve(dir, alone, &code, &e))
		return complain(&e);
	return code;
}
