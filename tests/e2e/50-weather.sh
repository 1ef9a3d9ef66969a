#!/bin/sh
# weather - nodes behind links that lose 0, 5, 20 and 40 % of the datagrams each way, and that change their ports,
# have what the others have; how many seconds it took is printed. Up to 20 % they also join that way.
. "$(dirname "$0")/lib/nodes.sh"
[ -x "$bin/link" ] || { echo "$bin/link is missing: build first" >&2; exit 1; }

losses="0 5 20 40"
seconds_since() {
	awk -v ms="$(($(now_ms) - $1))" 'BEGIN { printf "%.1f", ms / 1000 }'
}

# relay LOSS: a link to the node of a; its port stands in $work/relay.LOSS
relay() {
	"$bin/link" --listen 127.0.0.1:0 --to "127.0.0.1:$(port_of a)" --seed "$1" --loss "$1" --delay 20 --jitter 10 \
	    --duplicate 1 --reorder 1 --calm "$([ "$1" = 40 ] && echo yes || echo no)" >"$work/relay.$1" 2>"$work/relay.$1.err" &
	eval "relay_$1=$!"
	pids="$pids $!"
	await 30 grep -q listening "$work/relay.$1" || bad "the link listens"
}

# The code of an invitation names the address that is announced at that moment.
invite_through() {
	port=$(sed -n 's/^listening on .*://p' "$work/relay.$1")
	mkdir -p "$work/a/conf.d"
	printf '[network]\nannounce = 127.0.0.1:%s\n' "$port" >"$work/a/conf.d/relay.conf"
	before=$(grep -c config.read "$work/a.log" || :)
	kill -HUP "$(pid_of a)"
	await 30 eval '[ "$(grep -c config.read "$work/a.log")" -gt "$before" ]' || bad "a reads its configuration again"
	quiet a invite "Gost $1" --territory RS --auto --json
	get .code >"$work/code.$1"
}

guest() {
	home "b$1" "Gost $1" RS --protected yes
	mkdir -p "$work/b$1/conf.d"
	printf '[network]\nvisit_minutes = 1\n' >"$work/b$1/conf.d/visits.conf"
	start "b$1"
}

# add NODE NAME
add() {
	quiet "$1" organisation add --json --name "$2" --relation listed --territories RS
}

# arrivals WHAT SECONDS: every "NODE NAME" of $work/awaited is seen; prints when each was. Nobody is told to visit: what
# is lost is found by the visit that comes every minute. At 40 % a handshake alone may take half a minute, so less is
# awaited behind the worst links unless LONG is set.
arrivals() {
	what=$1 limit=$2 begun=$(now_ms)
	while [ -s "$work/awaited" ]; do
		: >"$work/still"
		while read -r who name; do
			if lists "$who" organisation "$name"; then
				ok "$what: \"$name\" at $who after $(seconds_since "$begun") s"
			else
				echo "$who $name" >>"$work/still"
			fi
		done <"$work/awaited"
		mv "$work/still" "$work/awaited"
		[ "$(($(now_ms) - begun))" -lt $((limit * 1000)) ] || { cat "$work/awaited" >&2; bad "$what (within $limit s)"; }
		sleep 0.1
	done
}

home a "Izmišljeni centar" RS
start a
found a "Test"
for loss in $losses; do
	relay "$loss"
	invite_through "$loss"
	guest "$loss"
done

begun=$(now_ms)
for loss in $losses; do
	k "b$loss" join "$(cat "$work/code.$loss")" --wait 60 --json >"$work/join.$loss" 2>&1 &
done
for loss in 0 5 20; do
	await 120 actives "b$loss" 5 || bad "joins at $loss % loss"
	ok "at $loss % loss a guest is in, and knows the others, after $(seconds_since "$begun") s"
done
await 60 actives b40 5 || bad "the last one joins"
kill -HUP "$relay_40"

# Two of the links forget whom they served: their sessions have another port now. Whoever asks notices, and begins anew.
change_ports() {
	for loss in 0 5; do
		eval "kill -USR2 \$relay_$loss"
	done
}
change_ports
add a "Od centra"
for loss in $losses; do
	add "b$loss" "Iz gosta $loss"
	echo "b$loss Od centra"
	echo "a Iz gosta $loss"
	for other in $losses; do
		[ "$other" = "$loss" ] || { [ "$other" -ge 20 ] && [ -z "${LONG:-}" ]; } || echo "b$other Iz gosta $loss"
	done
done >"$work/awaited"
arrivals "through bad links" 300

# And once more, soon after.
change_ports
for loss in 0 5; do
	add "b$loss" "Posle promene $loss"
	echo "a Posle promene $loss"
done >"$work/awaited"
arrivals "after a second change of ports" 240

for loss in $losses; do
	eval "pid=\$relay_$loss"
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null || :
	tail -n 1 "$work/relay.$loss" | jq -ce '[.up, .down] | map(.ip_bytes)' >"$work/bytes" ||
	    bad "the link at $loss % counts"
	ok "at $loss % loss the link carried $(cat "$work/bytes") bytes of IP up and down"
done
