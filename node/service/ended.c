#include "node/service/ended.h"

#include "node/base/log.h"
#include "node/service/authoring.h"
#include "node/service/service.h"
#include "node/service/settle.h"

#include <string.h>

#define AGAIN_MS (3600 * 1000LL)   /* after a withdrawal that could not be signed */

struct looking {
	struct node *node;
	const struct kind *kind;
	struct authoring *authoring;
	int64_t now_ms, next_ms;
	size_t count;
};

static bool
look(void *self, const struct verified *v)
{
	struct looking *w = self;
	int64_t end_ms = settle_end(w->kind, v->record.body) * 1000;

	if (end_ms <= 0)
		return true;
	if (end_ms > w->now_ms) {
		if (end_ms < w->next_ms)
			w->next_ms = end_ms;
		return true;
	}
	if (w->authoring == NULL)
		w->authoring = authoring_new(w->node, w->kind);
	authoring_kind(w->authoring, w->kind);
	(void)authoring_withdraw(w->authoring, v, NULL);
	w->count++;
	return true;
}

static bool
may_sign(struct node *n)
{
	const struct member *self = node_self(n);

	return !n->recovery.going && self && self->state == MEMBER_ACTIVE;
}

void
ended_tick(struct node *n)
{
	const struct id *own = &n->home->organisation.public_key;
	struct looking w = { .node = n, .now_ms = records_now_ms(n->records), .next_ms = INT64_MAX };
	uint64_t changes = records_changes(n->records) + 1;
	struct store_txn *t;
	cJSON *list = NULL;
	struct err e = { 0 };
	char text[512];
	bool failed;

	if (records_sure(n->records)->state != SURE || !may_sign(n) ||
	    (w.now_ms < n->service->ended.next_ms && (n->service->ended.failed || n->service->ended.looked_at == changes)))
		return;
	t = store_read(n->store);
	for (size_t i = 0; i < kinds_count; i++) {
		w.kind = kinds[i];
		if ((w.kind->flags & KIND_ERASED) && w.kind->end)
			records_each_of(n->records, t, w.kind->number, own, look, &w);
	}
	txn_abort(&t);
	failed = w.authoring && authoring_finish(w.authoring, false, &list, &e) != ERR_OK;
	if (failed)
		log_event(LOG_ERROR, "entry.ended", "why=\"%s\"", err_text(&e, text, sizeof(text)));
	else if (w.authoring)
		log_event(LOG_INFO, "entry.ended", "withdrawn=%zu", w.count);
	n->service->ended = (struct ended){ changes, failed ? w.now_ms + AGAIN_MS : w.next_ms, failed };
	authoring_free(w.authoring);
	cJSON_Delete(list);
}
