/*
 * stamp - hybrid logical clock: 48 bits of ms since 2020-01-01 UTC, 16 bits of counter.
 *
 * Source   proto/records.md section 4
 * Law      stamp_next is greater than LAST and not below the clock; authors are never compared with each other
 */
#ifndef KILIM_PROTO_STAMP_H
#define KILIM_PROTO_STAMP_H

#include <stdint.h>

#include "proto/err.h"

#define STAMP_EPOCH_MS 1577836800000LL   /* 2020-01-01T00:00:00Z in Unix ms */

/* Clamped to the range that 48 bits hold. */
uint64_t stamp_make(int64_t unix_ms, uint16_t counter);
int64_t stamp_unix_ms(uint64_t stamp);
/* What the organisation signs next. Only after the very last stamp there is none: it is given again. */
uint64_t stamp_next(uint64_t last, int64_t now_unix_ms);
/* RFC 3339 UTC with ms, behind them the counter as 5 digits when it is not 0:
 * "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.67800003Z". Years beyond 9999 have 5 digits. */
#define STAMP_TEXT 40
const char *stamp_format(uint64_t stamp, char out[STAMP_TEXT]);
/* Reads what stamp_format writes, also without a fraction. ERR_INPUT: another shape, no such day or hour,
 * or before 2020; OUT is left alone. */
enum err_code stamp_parse(const char *text, const char *object, uint64_t *out, struct err *e);

enum stamp_judgement { STAMP_NOW, STAMP_ASIDE, STAMP_REFUSED };
/* Future: up to LIMIT_FUTURE_MS accepted, to LIMIT_ASIDE_MS waits aside, beyond refused. */
enum stamp_judgement stamp_judge(uint64_t stamp, int64_t now_unix_ms);

#endif
