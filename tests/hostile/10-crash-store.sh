#!/bin/sh
# crash-store - a hundred (LONG=1: ten thousand) deaths while writing; nothing acknowledged is lost.
set -eu
cycles=10000
[ -n "${LONG:-}" ] || cycles=100
"$B/hostile/crash_store" "$cycles"
echo "ok: $cycles kills while writing lost nothing that was acknowledged"
