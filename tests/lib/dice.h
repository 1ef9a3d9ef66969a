/*
 * dice - numbers that follow from a seed, which is told.
 *
 * Law      SEED=N repeats a run
 */
#ifndef KILIM_TESTS_LIB_DICE_H
#define KILIM_TESTS_LIB_DICE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DICE_SEED 0x6b696c696d

static uint64_t dice_state;

static inline void
dice_seed(void)
{
	const char *given = getenv("SEED");

	dice_state = given ? strtoull(given, NULL, 0) : DICE_SEED;
	printf("SEED=%" PRIu64 "\n", dice_state);
}

/* 31 bits. */
static inline uint64_t
draw(void)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return dice_state >> 33;
}

#endif
