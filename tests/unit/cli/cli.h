/* What tests of the command line share: a call whose answers land in memory. */
#ifndef KILIM_TESTS_CLI_H
#define KILIM_TESTS_CLI_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/args.h"

struct heard {
	struct call call;
	struct err error;
	char *out, *err;
	size_t out_len, err_len;
};

static inline void
hear(struct heard *h)
{
	*h = (struct heard){ .call = { .in = stdin, .lang = "en" } };
	h->call.out = open_memstream(&h->out, &h->out_len);
	h->call.err = open_memstream(&h->err, &h->err_len);
}

static inline const char *
heard_out(struct heard *h)
{
	fflush(h->call.out);
	return h->out;
}

static inline const char *
heard_err(struct heard *h)
{
	fflush(h->call.err);
	return h->err;
}

static inline void
hush(struct heard *h)
{
	fclose(h->call.out);
	fclose(h->call.err);
	free(h->out);
	free(h->err);
	args_free(&h->call);
}

#endif
