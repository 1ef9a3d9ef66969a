/*
 * way - what is known of the way to a peer: its round trips, how fast it has been, what it loses by itself.
 *
 * Source   proto/exchange.md section "Pacing"; RFC 6298 (smoothed round trips)
 * Shape    plain memory, part of struct pace; times in us, rates in bytes a second
 * Law      what is remembered ends by time or by rounds, and only when something newer takes its place: a pause of
 *          the caller makes nobody forget
 */
#ifndef KILIM_COAP_WAY_H
#define KILIM_COAP_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAY_RECENT 8                 /* round trips of which the lowest tells a queue from jitter */
#define WAY_LOWS 10                  /* seconds whose lowest round trip counts */
#define WAY_RATES 10                 /* rounds whose best rate counts */
#define WAY_BESTS 6                  /* tens of seconds whose best rate is remembered */

struct way {
	int64_t srtt_us, var_us;         /* 0: unknown */
	int64_t recent_us[WAY_RECENT];   /* the last ones; 0: none */
	unsigned recent_at;
	int64_t spread_us;               /* smoothed, above the lowest of the recent ones: jitter */
	int64_t low_us[WAY_LOWS];        /* lowest of a second; 0: none */
	int64_t low_second;
	int64_t held_low_us;             /* counts whatever is forgotten; 0: none */
	int64_t fresh_us;                /* when a round trip was near the lowest last */
	uint64_t rate[WAY_RATES];        /* of the last rounds; 0: none */
	unsigned rate_at;
	uint64_t best[WAY_BESTS];        /* of tens of seconds */
	int64_t best_ten;
	double came, lost;               /* blocks asked for while we did not press the way; the older the less */
};

/* A round trip was seen. */
void way_round_trip(struct way *w, int64_t round_us, int64_t now_us);
/* The lowest of the last eight; 0: unknown. */
int64_t way_recent_low(const struct way *w);
/* The round trip without queues; 0: unknown. */
int64_t way_low(const struct way *w);
/* Until way_free what is lowest now counts as long as nothing is lower. */
void way_hold(struct way *w);
void way_free(struct way *w);
/* The lowest is LOW_US from now on, whatever was seen before. */
void way_is_now(struct way *w, int64_t low_us, int64_t now_us);
/* How long an answer is waited for: srtt + 4 var + 50 ms. */
int64_t way_patience(const struct way *w);

/* A round has shown RATE. */
void way_keep_rate(struct way *w, uint64_t rate, int64_t now_us);
/* The best of the last rounds; 0: unknown. */
uint64_t way_rate(const struct way *w);
/* The best of the last minute. */
uint64_t way_best(const struct way *w);

/* So many blocks came, so many were lost, that were asked for while we did not press the way. */
void way_count(struct way *w, unsigned came, unsigned lost);
/* The part that is lost though we do not press it; UNKNOWN while too little has been seen. */
double way_loss(const struct way *w, double unknown);
/* GAIN times the bytes that fill the way without a queue, those included that get lost. */
uint64_t way_holds(const struct way *w, uint64_t rate, double gain);
/* RATE has to be asked for so fast to come so fast. */
double way_ask(const struct way *w, double rate);

#endif
