#!/bin/sh
# kill - a node that is written to and synced with is killed with -9 a hundred times (LONG=1: 1,500); what a
# separate process was told is stored is there afterwards, here and at the other node, and a start takes 2 s at most. One in
# twenty may take longer: a machine that has something else to do stands still now and then.
#
# SEED=N repeats the times of the kills, in parts of the time that a dozen entries take here.
. "$(dirname "$0")/../e2e/lib/nodes.sh"

cycles=100
[ -z "${LONG:-}" ] || cycles=1500
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed"
writes_a_cycle=12
[ "$cycles" -le 100 ] || writes_a_cycle=1     # an author may sign 2,000 records a day

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
: >"$work/acknowledged.b"
: >"$work/acknowledged.a"

# write NODE CYCLE COUNT: what the process was told is stored stands in $work/acknowledged.NODE, once it has ended with 0
write() {
	for i in $(seq "$3"); do
		name="$1 $2 $i"
		"$bin/kilim" --dir "$work/$1" --no-input organisation add --name "$name" --relation listed --territories RS \
		    >/dev/null 2>&1 || return 0
		echo "$name" >>"$work/acknowledged.$1"
	done
}

crash b
home z "Nepoznata" BA
untouched() {
	start z
	stop z
}
slowest=0 slow=0
begun=$(now_ms)
write a 0 4
window=$((3 * ($(now_ms) - begun)))
[ "$window" -ge 250 ] || window=250
awk -v seed="$seed" -v n="$cycles" -v most="$window" \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.3f\n", rand() * most / 1000 }' >"$work/times"
cycle=0
while read -r after; do
	cycle=$((cycle + 1))
	begun=$(now_ms)
	start b
	took=$(($(now_ms) - begun))
	[ "$took" -le "$slowest" ] || slowest=$took
	swift 2000 "$took" untouched >>"$work/late" || slow=$((slow + 1))
	write b $cycle $writes_a_cycle &
	writer=$!
	write a $cycle 1 &
	other=$!
	sleep "$after"
	crash b
	wait "$writer" "$other" || :
done <"$work/times"

is "$cycles kills; the slowest start took $slowest ms$(sed 's/^/; /' "$work/late" | tr -d '\n')" \
    test $((slow * 20)) -le "$cycles"
start b
# present NODE WRITER: every acknowledged entry of WRITER is listed at NODE
present() {
	k "$1" organisation list --json | jq -r '.[].name[]' | sort >"$work/listed"
	sort "$work/acknowledged.$2" | comm -23 - "$work/listed" >"$work/lost"
	[ ! -s "$work/lost" ] || { wc -l "$work/lost"; head "$work/lost"; return 1; }
}
written=$(wc -l <"$work/acknowledged.b")
is "entries were written while it was killed ($written)" test "$written" -ge $((cycles / 2))
is "each acknowledged one is there afterwards" present b b
until_true 60 "at the other node as well" present a b
until_true 60 "and those of the other node are here" present b a
synced=$(grep -cE 'records.came|sync.done' "$work/b.log" || :)
is "it was synced with in between ($synced times)" test "$synced" -ge $((cycles / 10))
same() {
	k a organisation list --json | jq -S '[.[].record] | sort' >"$work/list.a"
	k b organisation list --json | jq -S '[.[].record] | sort' >"$work/list.b"
	cmp "$work/list.a" "$work/list.b"
}
until_true 30 "both nodes list the same records" same
k a doctor --json >"$work/out" 2>&1 || :
is "the store is sound" sh -c "! '$bin/kilim' --dir '$work/b' doctor --json | grep -qi damaged"
