/* Nodes, machine keys and addresses, from the live `node` and `reach` records; proto/membership.md section 6. */
#include "node/member/internal.h"

#include <string.h>

#include "proto/kind.h"

/* The version of a key that lives: the higher stamp, on equal stamps the larger id. */
static bool
is_newer(const struct verified *a, const struct verified *b)
{
	int d = order_u64(a->record.stamp, b->record.stamp);

	return d ? d > 0 : id_compare(&a->id, &b->id) > 0;
}

/*
 * Records of a suspended organisation or one that fell out still say which nodes are hers, so that they can be told
 * why they are refused. What a succeeded key signed too late is not hers.
 */
static bool
may_speak(const struct membership *m, const struct verified *v)
{
	enum member_standing s = membership_judge(m, &v->record, &v->id);

	if (s == STANDING_REFUSED || membership_state(m, &v->record.author) == MEMBER_NEVER)
		return false;
	return s == STANDING_IN || membership_state(m, &v->record.author) != MEMBER_SUCCEEDED;
}

static int
order_versions(const void *a, const void *b)
{
	const struct verified *x = *(const struct verified *const *)a, *y = *(const struct verified *const *)b;
	int d = id_compare(&x->record.author, &y->record.author);

	if (d == 0)
		d = memcmp(x->record.name.b, y->record.name.b, UUID_LEN);
	return d ? d : is_newer(x, y) ? -1 : is_newer(y, x);
}

/* Live versions of KIND, by author and name. */
static size_t
live_versions(const struct membership *m, const struct build *b, uint32_t kind, const struct verified **out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < b->record_count; i++)
		if (b->records[i]->record.kind == kind && may_speak(m, b->records[i]))
			out[n++] = b->records[i];
	if (n > 1)
		qsort(out, n, sizeof(struct verified *), order_versions);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !id_equal(&out[kept - 1]->record.author, &out[i]->record.author) ||
		    !uuid_equal(&out[kept - 1]->record.name, &out[i]->record.name))
			out[kept++] = out[i];
	return kept;
}

static int
order_owners(const void *a, const void *b)
{
	const struct member_node *x = a, *y = b;
	int d = id_compare(&x->node, &y->node);

	return d ? d : id_compare(&x->organisation, &y->organisation);
}

/* A return node may dial, so it has an owner; nobody dials it. */
static void
index_owners(struct membership *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->node_count; i++)
		n += m->nodes[i].machine_count + 1;
	m->owners = need_alloc((n + 1) * sizeof *m->owners);
	m->active = need_alloc((n + 1) * sizeof *m->active);
	for (size_t i = 0; i < m->node_count; i++) {
		const struct node_list *l = &m->nodes[i];
		const struct id *who = &m->keys.ids[l->owner];
		bool active = m->members[m->member_of[l->owner]].state == MEMBER_ACTIVE;

		for (size_t k = 0; k < l->machine_count; k++) {
			struct member_node node = { *who, l->machines[k].node };

			m->owners[m->owner_count++] = node;
			if (active)
				m->active[m->active_count++] = node;
		}
		if (!id_is_zero(&l->return_node))
			m->owners[m->owner_count++] = (struct member_node){ *who, l->return_node };
	}
	if (m->owner_count > 1)
		qsort(m->owners, m->owner_count, sizeof *m->owners, order_owners);
}

static void
gather_nodes(struct membership *m, const struct build *b, const struct verified **versions)
{
	size_t n = live_versions(m, b, KIND_NODE, versions);

	m->nodes = need_zeroed(n + 1, sizeof *m->nodes);
	for (size_t i = 0; i < n; i++) {
		struct node_list *l = &m->nodes[m->node_count];
		struct body_node body;

		if (!body_node(&versions[i]->record, &body))
			continue;
		l->owner = keys_find(&m->keys, &versions[i]->record.author);
		l->machines = body.nodes.items;
		l->machine_count = body.nodes.count;
		l->dropped = body.dropped.items;
		l->dropped_count = body.dropped.count;
		l->return_node = body.return_node;
		m->node_count++;
	}
}

static int
order_reaches(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;
	int d = id_compare(&x->node, &y->node);

	return d ? d : order_u32(x->owner, y->owner);
}

static char *
copy_text(struct bytes t)
{
	char *text = need_alloc(t.len + 1);

	if (t.len)
		memcpy(text, t.p, t.len);
	text[t.len] = 0;
	return text;
}

/* Only of active organisations, and only of nodes that they list. */
static void
gather_reaches(struct membership *m, const struct build *b, const struct verified **versions)
{
	size_t n = live_versions(m, b, KIND_REACH, versions);

	m->reaches = need_zeroed(n + 1, sizeof *m->reaches);
	for (size_t i = 0; i < n; i++) {
		const struct record *r = &versions[i]->record;
		struct reach *reach = &m->reaches[m->reach_count];
		struct body_reach body;

		if (!body_reach(r, &body))
			continue;
		if (membership_state(m, &r->author) == MEMBER_ACTIVE &&
		    membership_lists_node(m, &r->author, &body.node)) {
			reach->node = body.node;
			reach->owner = keys_find(&m->keys, &r->author);
			reach->addresses = need_alloc((body.addresses.count + 1) * sizeof(char *));
			for (; reach->count < body.addresses.count; reach->count++)
				reach->addresses[reach->count] =
				    copy_text(((struct bytes *)body.addresses.items)[reach->count]);
			m->reach_count++;
		}
		body_free(&body.addresses);
	}
	if (m->reach_count > 1)
		qsort(m->reaches, m->reach_count, sizeof *m->reaches, order_reaches);
}

void
nodes_gather(struct membership *m, const struct build *b)
{
	const struct verified **versions = need_alloc((b->record_count + 1) * sizeof(struct verified *));

	gather_nodes(m, b, versions);
	index_owners(m);
	gather_reaches(m, b, versions);
	free(versions);
}

void
nodes_free(struct membership *m)
{
	for (size_t i = 0; i < m->node_count; i++) {
		free(m->nodes[i].machines);
		free(m->nodes[i].dropped);
	}
	for (size_t i = 0; i < m->reach_count; i++) {
		for (size_t k = 0; k < m->reaches[i].count; k++)
			free(m->reaches[i].addresses[k]);
		free(m->reaches[i].addresses);
	}
	free(m->nodes);
	free(m->owners);
	free(m->active);
	free(m->reaches);
}

size_t
membership_nodes_owners(const struct membership *m, const struct id *node, struct id *out, size_t max)
{
	size_t from = 0, to = m->owner_count, n = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(&m->owners[middle].node, node) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < m->owner_count && n < max && id_equal(&m->owners[from].node, node); from++)
		if (n == 0 || !id_equal(&out[n - 1], &m->owners[from].organisation))
			out[n++] = m->owners[from].organisation;
	return n;
}

static const struct node_list *
list_of(const struct membership *m, const struct id *organisation)
{
	uint32_t owner = keys_find(&m->keys, organisation);
	size_t from = 0, to = m->node_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (m->nodes[middle].owner < owner)
			from = middle + 1;
		else
			to = middle;
	}
	return from < m->node_count && m->nodes[from].owner == owner ? &m->nodes[from] : NULL;
}

bool
membership_lists_node(const struct membership *m, const struct id *organisation, const struct id *node)
{
	const struct node_list *l = list_of(m, organisation);

	if (!l || id_is_zero(node))
		return false;
	for (size_t i = 0; i < l->machine_count; i++)
		if (id_equal(&l->machines[i].node, node))
			return true;
	return id_equal(&l->return_node, node);
}

size_t
membership_reach(const struct membership *m, const struct id *node, const char **out, size_t max)
{
	size_t from = 0, to = m->reach_count, n = 0;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(&m->reaches[middle].node, node) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < m->reach_count && id_equal(&m->reaches[from].node, node); from++)
		for (size_t i = 0; i < m->reaches[from].count && n < max; i++)
			out[n++] = m->reaches[from].addresses[i];
	return n;
}

size_t
membership_node_count(const struct membership *m)
{
	return m->active_count;
}

const struct member_node *
membership_node_at(const struct membership *m, size_t i)
{
	return i < m->active_count ? &m->active[i] : NULL;
}

/* "A machine-signed record counts exactly while the author's live `node` lists the key and its stamp is below the
 * end": a key in use has no end yet. */
bool
membership_machine_counts(const struct membership *m, const struct id *organisation, const struct id *machine,
    uint64_t stamp)
{
	const struct node_list *l = list_of(m, organisation);

	if (!l || id_is_zero(machine))
		return false;
	for (size_t i = 0; i < l->machine_count; i++)
		if (id_equal(&l->machines[i].key, machine))
			return true;
	for (size_t i = 0; i < l->dropped_count; i++)
		if (id_equal(&l->dropped[i].key, machine) && stamp < l->dropped[i].end)
			return true;
	return false;
}
