#include "node/service/service.h"

#include <stdlib.h>

#include "node/base/log.h"
#include "node/search/index.h"
#include "node/service/beside.h"
#include "node/service/finding.h"
#include "node/service/guard.h"
#include "node/service/inviting.h"
#include "node/service/joining.h"
#include "node/service/routes.h"

/* Without an index (no room to build it) a node does everything but search. */
static void
open_index(struct node *n, struct records_follower *out)
{
	struct service *s = n->service;
	struct err e = { 0 };
	char text[512];

	s->index = index_new();
	if (index_open(s->index, n->store, &e))
		log_event(LOG_ERROR, "index.open", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	index_follow(s->index, out);
	s->finding = finding_new(n);
	finding_follow(s->finding, out);
}

static void
open_service(struct node *n, struct records_follower *out)
{
	n->service = need_zeroed(1, sizeof(*n->service));
	open_index(n, out);
	n->service->guard = guard_new();
	n->service->beside = beside_new();
	n->service->inviting = inviting_new(n);
	n->service->joining = joining_new(n);
}

void
service_close(struct node *n)
{
	struct service *s = n->service;

	if (s == NULL)
		return;
	joining_free(s->joining);
	inviting_free(s->inviting);
	beside_free(s->beside);
	guard_free(s->guard);
	finding_free(s->finding);
	index_free(s->index);
	free(s);
	n->service = NULL;
}

static void
membership_moved(struct node *n)
{
	finding_stale(n->service->finding);
	inviting_settle(n);
}

static void
tick(struct node *n)
{
	joining_tick(n);
	ended_tick(n);
}

const struct node_above service_above = { open_service, inviting_open, routes_request, joining_session, joining_closed,
	joining_failed, membership_moved, tick };
