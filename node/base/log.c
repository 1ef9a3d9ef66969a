#include "node/base/log.h"

#include "node/base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum log_level shown = LOG_INFO;
static const char *const words[] = { "error", "warn", "info", "debug" };

void
log_set_level(enum log_level level)
{
	shown = level;
}

int
log_level_from(const char *word)
{
	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[1024], when[CLOCK_TEXT];
	va_list ap;
	int len;

	if (level > shown)
		return;
	clock_format(world_now_ms(&world_real), when);
	len = snprintf(line, sizeof(line), "%s %s %s ", when, words[level], event);
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	fprintf(stderr, "%s\n", line);
}
