/*
 * scan - where values stand in a JSON text, before they are parsed.
 *
 * Source   RFC 8259
 * Shape    the reader stands before a value; a value is taken whole, or entered
 * Law      it finds the ends of values, by brackets and quotes; whether what is between is JSON, record/json judges
 *          no nesting is too deep for it: it counts, and calls nothing that calls itself
 */
#ifndef KILIM_EXPORT_SCAN_H
#define KILIM_EXPORT_SCAN_H

#include "proto/buf.h"

struct scan {
	struct bytes in;
	size_t at;
	unsigned line;
	bool bad;                    /* the text ended too early, or something else stood there */
};
struct scan_value {
	struct bytes text;
	unsigned line;               /* where it begins */
};

void scan_open(struct scan *s, struct bytes in, unsigned line);
/* The next byte that is no space; -1 at the end. */
int scan_look(struct scan *s);
/* Over the byte C, if it comes next. */
bool scan_pass(struct scan *s, char c);
/* The next value, whole; a string with its quotes. */
bool scan_take(struct scan *s, struct scan_value *out);
/*
 * Within an object: the name of the next member, without its quotes and with its escapes as they are; the reader then
 * stands before the value. *FIRST is true before the first call. False: there are no more, and the object is left.
 */
bool scan_member(struct scan *s, bool *first, struct bytes *out_name);
/* Within an array: is there another element? */
bool scan_element(struct scan *s, bool *first);
/* The line of what PATH ("phones[1].number") names in OBJECT, which begins in LINE; where it ends, the deepest part that
 * is there. */
unsigned scan_line(struct bytes object, unsigned line, const char *path);

#endif
