#include "node/peer/choice.h"

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

/* The position from FROM on, before END, of the best of DRAWS draws out of IDS. */
static size_t
draw(const struct candidate *all, const size_t *ids, size_t from, size_t end, unsigned draws, uint64_t *dice)
{
	size_t best = from + (size_t)(choice_dice(dice) % (end - from));

	while (--draws) {
		size_t other = from + (size_t)(choice_dice(dice) % (end - from));

		if (all[ids[other]].score > all[ids[best]].score)
			best = other;
	}
	return best;
}

/* Those that may be dialled, NAMED or not, behind the END ids of OUT; the new end. */
static size_t
list(const struct candidate *all, size_t count, bool named, size_t *out, size_t end)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].link == CHOICE_AWAY && all[i].ready && all[i].named == named)
			out[end++] = i;
	return end;
}

size_t
choice_dial(const struct candidate *all, size_t count, bool mix, uint64_t *dice, size_t *out)
{
	size_t chosen = list(all, count, true, out, 0), end = list(all, count, false, out, chosen);
	size_t have = live(all, count) + chosen, want = (have < CHOICE_LEAST ? CHOICE_LEAST - have : 0) + mix;

	/* The chosen ones come to stand in front, as in a shuffle that stops early. The one for mixing is the last. */
	for (size_t turn = 0; turn < want && chosen < end; turn++, chosen++) {
		bool blind = turn % 2 || (mix && turn == want - 1);
		size_t at = draw(all, out, chosen, end, blind ? 1 : CHOICE_DRAWS, dice), id = out[at];

		out[at] = out[chosen];
		out[chosen] = id;
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
