#!/bin/sh
# A writer that is killed at random moments loses nothing that was acknowledged: 100 times, with LONG 20,000,
# and as often again as it takes until a fifth of that many kills fell inside a commit.
set -eu
cycles=100
[ -z "${LONG:-}" ] || cycles=20000
out=$("$B/hostile/crash_store" "$cycles")
echo "$out"
echo "$out" | grep -q 'none lost' || exit 1
echo "ok: every acknowledged record is there after each kill -9, and all tables agree"
inside=$(echo "$out" | sed -n 's/.*; \([0-9]*\) of [0-9]* kills inside.*/\1/p')
[ "$((inside * 5))" -ge "$cycles" ] || { echo "untrue: at least $((cycles / 5)) kills fell inside a commit"; exit 1; }
echo "ok: at least $((cycles / 5)) kills fell inside a commit"
