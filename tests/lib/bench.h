/*
 * bench - what programs that measure have in common: clocks, lines of figures, a directory, nodes' engines in it, their records.
 *
 * Shape    a figure is a line "NAME VALUE UNIT" on standard output, as tests/bench/run reads it
 *          an engine is opened as the daemon opens it: store, index, records
 * Law      what goes wrong is told on standard error and ends the program; its directory goes with it
 *          where others may be at work, time of the processor is measured
 */
#ifndef KILIM_TESTS_LIB_BENCH_H
#define KILIM_TESTS_LIB_BENCH_H

#include "node/record/records.h"
#include "node/search/index.h"

double bench_now_s(void);
/* Time of the processor: of this thread, of all. */
double bench_thread_s(void);
double bench_process_s(void);
/* Memory that is in no file; what was written to files so far. */
double bench_anon_mib(void);
double bench_written_mib(void);

void bench_say(const char *name, double value, const char *unit);
void bench_must(enum err_code rc, const struct err *e);
void bench_require(bool so, const char *what);
/* The value that PERCENT of them do not exceed; VALUES are sorted by it. */
double bench_percentile(double *values, size_t count, unsigned percent);
#define bench_middle(values) bench_percentile(values, sizeof(values) / sizeof *(values), 50)

/* A directory of this program's own below PARENT (NULL: /var/tmp); its path. */
const char *bench_dir(const char *parent);
/* FN in a process of its own: what was allocated before is not counted. */
void bench_apart(void (*fn)(void));

struct bench_node {
	struct store *store;
	struct records *records;
	struct index *index;                 /* NULL: without */
};
enum bench_engine { BENCH_PLAIN, BENCH_INDEXED };
/* In the directory's SUB, made when it is missing. */
void bench_open(struct bench_node *n, const char *sub, enum bench_engine how, const struct world *w, const struct id *self);
void bench_close(struct bench_node *n);
/* A network of FOUNDER alone, with the highest quotas. */
void bench_found(struct bench_node *n, const struct sign_key *founder, struct id *out_network);
/* COUNT public entries of KIND; FN writes the body of number FROM + i. */
void bench_author(struct bench_node *n, const struct sign_key *author, uint32_t kind, uint64_t from, size_t count,
    void (*fn)(void *self, uint64_t number, struct buf *out), void *self);

/* All records of a node, by bucket and stamp: one after the other, or copied. */
typedef bool bench_visit(void *self, uint64_t stamp, const struct id *id, struct bytes envelope);
void bench_each(struct bench_node *n, bench_visit *fn, void *self);
struct bench_pile {
	struct buf bytes;
	size_t *at;                          /* where each envelope begins; one more for the end */
	size_t count;
};
void bench_gather(struct bench_node *n, struct bench_pile *out);
struct bytes bench_envelope(const struct bench_pile *p, size_t i);
void bench_pile_done(struct bench_pile *p);
/* All of them must be let in. */
void bench_admit(struct bench_node *n, struct admission *items, size_t count);

#endif
