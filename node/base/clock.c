#include "node/base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>

static int64_t
read_ms(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
real_now(void *self)
{
	(void)self;
	return read_ms(CLOCK_REALTIME);
}

static int64_t
real_tick(void *self)
{
	(void)self;
	return read_ms(CLOCK_BOOTTIME);
}

static void
real_random(void *self, void *out, size_t len)
{
	uint8_t *p = out;

	(void)self;
	while (len) {
		ssize_t got = getrandom(p, len > 256 ? 256 : len, 0);
		if (got < 0)
			continue; /* EINTR: up to 256 bytes there is no other fault */
		p += got;
		len -= (size_t)got;
	}
}

const struct world world_real = { NULL, real_now, real_tick, real_random };

/* Where the directory is missing (no sysfs, a container) nothing is known, and nothing is concluded from it. */
static bool
has_no_battery(void)
{
	DIR *d = opendir("/sys/class/rtc");
	const struct dirent *entry;
	bool any = d == NULL;

	while (d && !any && (entry = readdir(d)) != NULL)
		any = entry->d_name[0] != '.';
	if (d)
		closedir(d);
	return !any;
}

void
clock_ask_kernel(struct clock_kernel *out)
{
	struct timex t = { .modes = 0 };

	out->synchronised = adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC);
	out->bare = has_no_battery();
}

const char *
clock_format(int64_t unix_ms, char out[CLOCK_TEXT])
{
	time_t s = (time_t)(unix_ms >= 0 ? unix_ms / 1000 : (unix_ms - 999) / 1000);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL || strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, CLOCK_TEXT, "(no time)");
	return out;
}
