/*
 * near - how far two words lie apart: for "did you mean".
 *
 * Shape    letters to insert, drop, change, or swap with their neighbour; large and small ones are alike, bytes above
 *          ASCII count each for itself
 */
#ifndef KILIM_BASE_NEAR_H
#define KILIM_BASE_NEAR_H

/* A word of this length or more is as far as that from everything. */
#define NEAR_MOST 48

unsigned near_distance(const char *a, const char *b);

#endif
