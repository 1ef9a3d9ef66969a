#include "node/service/choice.h"

uint64_t
choice_dice(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t
live(const struct candidate *all, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += all[i].link != CHOICE_AWAY;
	return n;
}

/* The best of DRAWS draws out of the LEFT indexes of FREE; it is taken out of them. */
static size_t
draw(const struct candidate *all, size_t *left_over, size_t *left, unsigned draws, uint64_t *dice)
{
	size_t best = (size_t)(choice_dice(dice) % *left), chosen;

	while (--draws) {
		size_t other = (size_t)(choice_dice(dice) % *left);

		if (all[left_over[other]].score > all[left_over[best]].score)
			best = other;
	}
	chosen = left_over[best];
	left_over[best] = left_over[--*left];
	return chosen;
}

size_t
choice_dial(const struct candidate *all, size_t count, bool mix, uint64_t *dice, size_t *out)
{
	size_t have = live(all, count), chosen = 0, left = 0;
	size_t *left_over;

	for (size_t i = 0; i < count; i++)
		if (all[i].link == CHOICE_AWAY && all[i].ready && all[i].named)
			out[chosen++] = i;
	/* The others stand behind those in OUT until they are drawn: an index is in one of the two only. */
	left_over = out + chosen;
	for (size_t i = 0; i < count; i++)
		if (all[i].link == CHOICE_AWAY && all[i].ready && !all[i].named)
			left_over[left++] = i;
	have += chosen;
	for (unsigned turn = 0; left && (have < CHOICE_LEAST || mix); turn++) {
		size_t next = draw(all, left_over, &left, turn % 2 || have >= CHOICE_LEAST ? 1 : CHOICE_DRAWS, dice);

		/* The place that the draw has freed is at the end; what stands first makes room for the chosen one. */
		left_over[left] = left_over[0];
		left_over[0] = next;
		left_over++;
		chosen++;
		if (have++ >= CHOICE_LEAST)
			break;
	}
	return chosen;
}

size_t
choice_leave(const struct candidate *all, size_t count)
{
	size_t worst = count;

	if (live(all, count) <= CHOICE_MOST)
		return count;
	for (size_t i = 0; i < count; i++)
		if (all[i].link == CHOICE_DIALLED && !all[i].named && all[i].idle && all[i].age_ms >= CHOICE_YOUNG_MS &&
		    (worst == count || all[i].score < all[worst].score))
			worst = i;
	return worst;
}
