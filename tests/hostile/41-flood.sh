#!/bin/sh
# flood - 3,000 hellos a second of strangers who never come back: the node's memory stays, and a member still gets in.
#
# 5 seconds; LONG=1 or SOAK=1: 20.
# alone: it takes as much of this machine as it can get
. "$(dirname "$0")/../e2e/lib/nodes.sh"
needs curl

seconds=5
[ -z "${LONG:-}${SOAK:-}" ] || seconds=20
[ -x "$bin/hostile/hello_flood" ] || bad "$bin/hostile/hello_flood is built"

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
stop b
home z "Nepoznata" BA           # where no water comes

anonymous() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$(pid_of a)/status"
}
# A first short burst makes the node use what it always uses.
"$bin/hostile/hello_flood" 127.0.0.1 "$(port_of a)" 500 1 >/dev/null || bad "the flood can be made here"
before=$(anonymous)
answered=$(metric a kilim_hellos_answered_total)
"$bin/hostile/hello_flood" 127.0.0.1 "$(port_of a)" 3000 500 >"$work/flood" &
flood=$!
flooded=$(now_ms)
pids="$pids $flood"

# From the start of its program until it says that it is connected; the middle one counts, and where this machine is busy
# with something else as well that of three such series.
dry() {
	start z
	stop z
}
most=$before
series() {
	: >"$work/times"
	for i in 1 2 3 4 5; do
		begun=$(now_ms)
		start b
		await 60 connected b || bad "a member connects during the flood"
		echo $(($(now_ms) - begun)) >>"$work/times"
		now=$(anonymous)
		[ "$now" -le "$most" ] || most=$now
		stop b
	done
	middle=$(sort -n "$work/times" | sed -n 3p)
	swift 1000 "$middle" dry
}
quick=
for i in 1 2 3; do
	if series; then
		quick=1
		break
	fi
done
while [ "$(($(now_ms) - flooded))" -lt "${seconds}000" ]; do sleep 0.1; done
is "the flood was on all the while" kill -0 "$flood"
kill "$flood"
is "a member connects in less than a second during the flood ($middle ms with its start, of $(tr '\n' ' ' <"$work/times"))" \
    test "$quick"
pids=${pids% "$flood"}
wait "$flood" || { cat "$work/flood" >&2; bad "3,000 hellos a second were sent"; }
now=$(anonymous)
[ "$now" -le "$most" ] || most=$now
ok "hellos: $(cat "$work/flood"), $(($(metric a kilim_hellos_answered_total) - answered)) answered"
is "no memory was spent on them: $((most - before)) KiB more at most" test $((most - before)) -le 1024
