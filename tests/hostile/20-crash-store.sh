#!/bin/sh
# A writer that is killed at random moments loses nothing that was acknowledged: 100 times, with LONG 20,000.
set -eu
out=$("$B/hostile/crash_store" "$([ -n "${LONG:-}" ] && echo 20000 || echo 100)")
echo "$out"
echo "$out" | grep -q 'none lost' || exit 1
echo "ok: every acknowledged record is there after each kill -9, and all tables agree"
inside=$(echo "$out" | sed -n 's/.*; \([0-9]*\) of \([0-9]*\) kills inside.*/\1 * 5 >= \2/p')
[ "$(($inside))" -eq 1 ] || { echo "untrue: at least a fifth of the kills fell inside a commit"; exit 1; }
echo "ok: at least a fifth of the kills fell inside a commit"
