/*
 * log - one event a line on stderr: "2026-01-02T03:04:05Z info sync.done peer=3f9a records=12 ms=840".
 *
 * Law      never a record's body, a person's name, an address, a search or a key
 *          the only global of the program
 */
#ifndef KILIM_BASE_LOG_H
#define KILIM_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Events above LEVEL are left out; the default is LOG_INFO. */
void log_set_level(enum log_level level);
/* -1 when WORD is none of error, warn, info, debug. */
int log_level_from(const char *word);
/* EVENT is "area.what"; FMT gives "key=value ..." and may be "". */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, const char *event,
    const char *fmt, ...);

#endif
