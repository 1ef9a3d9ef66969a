/*
 * fake_clock - kilimd with a wall clock that a test can turn: linked with --wrap, so that the program itself knows nothing
 * of it. The file named by FAKE_CLOCK holds by how many seconds the clock is ahead; the kernel never vouches for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

int __real_clock_gettime(clockid_t which, struct timespec *out);
int __wrap_clock_gettime(clockid_t which, struct timespec *out);
int __wrap_adjtimex(struct timex *io);

int
__wrap_clock_gettime(clockid_t which, struct timespec *out)
{
	const char *path = getenv("FAKE_CLOCK");
	FILE *f = which == CLOCK_REALTIME && path ? fopen(path, "r") : NULL;
	long long ahead = 0;
	int rc = __real_clock_gettime(which, out);

	if (f == NULL)
		return rc;
	if (fscanf(f, "%lld", &ahead) == 1)
		out->tv_sec += ahead;
	fclose(f);
	return rc;
}

int
__wrap_adjtimex(struct timex *io)
{
	io->status = STA_UNSYNC;
	return TIME_ERROR;
}
