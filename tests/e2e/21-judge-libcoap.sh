#!/bin/sh
# judge-libcoap - a CoAP client that is not ours reads a node as a member; as a stranger it reads nothing.
. "$(dirname "$0")/lib/nodes.sh"
needs openssl coap-client-openssl curl

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
for i in $(seq 30); do
	printf '{"relation":"listed","territories":["RS"],"name":"Društvo %s","description":"Izmišljeno, %s. put."}\n' $i $i
done >"$work/many.ndjson"
quiet a organisation add "$work/many.ndjson" --json
await 30 counts b organisation 30 || bad "the entries arrive"
stop b
keys_of b member

openssl ecparam -genkey -name prime256v1 -noout -out "$work/stranger.key" 2>/dev/null
openssl req -x509 -new -key "$work/stranger.key" -subj /CN=stranger -days 30 -out "$work/stranger.crt" 2>/dev/null
openssl ecparam -genkey -name secp384r1 -noout -out "$work/curve.key" 2>/dev/null
openssl req -x509 -new -key "$work/curve.key" -subj /CN=curve -days 30 -out "$work/curve.crt" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/rsa.key" -subj /CN=rsa -days 30 -out "$work/rsa.crt" 2>/dev/null

sessions() {
	[ "$(metric a kilim_sessions)" -eq "$1" ]
}
for plain in -tls1_3 -dtls1; do
	timeout 3 openssl s_client $plain -connect "127.0.0.1:$(port_of a)" -cert "$work/member.crt" -key "$work/member.key" \
	    </dev/null >"$work/shake" 2>&1 || :
	isnt "nothing but DTLS 1.2 is spoken ($plain)" grep -q "Cipher is [A-Z]" "$work/shake"
done

coap_as member a /.well-known/core
is "libcoap reads the list of paths as the member" grep -q '^</.well-known/core>.*</tail/>' "$work/coap"
coap_as member a /buckets -o "$work/buckets"
is "and the buckets" test -s "$work/buckets"
bucket=$((1 << 24 | 0x5253 << 8))
coap_as member a /tail/$bucket -v 7 -o "$work/tail"
is "a long answer comes block by block" grep -q "Block2:2/" "$work/coap"
size=$(wc -c <"$work/tail")
is "and is whole: 30 entries in $size bytes" sh -c "[ $size -gt 6000 ] && [ \$(grep -ao 'Društvo' '$work/tail' | wc -l) -eq 30 ]"
coap_as member a /tail/$bucket -b 256 -o "$work/tail256"
is "the same in blocks of 256" cmp "$work/tail" "$work/tail256"
# watch PATH FILE OPTION...: the client goes on, as $watcher, until `watched` ends it
watch() {
	path=$1 file=$2
	shift 2
	coap-client-openssl -n -c "$work/member.crt" -j "$work/member.key" -B 300 -v 7 "$@" \
	    "coaps://127.0.0.1:$(port_of a)$path" >"$work/$file" 2>&1 &
	watcher=$!
	pids="$pids $watcher"
}
watched() {
	kill "$watcher"
	wait "$watcher" || bad "the client ends well: $(tail -n 3 "$work/$1")"
	pids=${pids% "$watcher"}
}
# This libcoap knows no Q-Block2: it sends the option as it is given, shows what comes, and resets it.
blocks=$(((size + 1023) / 1024))
came() {
	[ "$(grep -c '^v:1 t:NON c:2.05 i:[0-9a-f]* {01} \[ ETag:0x[0-9a-f]\{6\}, .*31:' "$work/came")" -eq "$blocks" ]
}
watch /tail/$bucket came -N -O 31,0x0e
until_true 30 "one question by Q-Block2 brings the $blocks blocks, each under its token with the option and an ETag" came
watched came
coap_as member a "/cells/$bucket?n=256" -o "$work/cells"
tail -c $((256 * 13)) "$work/cells" >"$work/row"
is "the cells of the same bucket's sketch: a whole row, and the first cell counts 30" \
    test "$(od -An -tu1 -j12 -N1 "$work/row" | tr -d ' ')" = 30
# A number below 24 is one byte of CBOR.
number=$(od -An -tu1 -j1 -N1 "$work/cells" | tr -d ' ')
coap_as member a "/cells/$bucket?snap=$number&from=200&n=100" -o "$work/more"
tail -c $((56 * 13)) "$work/more" >"$work/end"
tail -c $((56 * 13)) "$work/row" >"$work/same"
is "more of the same by its number, up to where the row ends" cmp "$work/end" "$work/same"
is "and no more than that" test "$(wc -c <"$work/more")" -lt $((57 * 13 + 60))
coap_as member a "/cells/$bucket?snap=77" -v 7
is "a snapshot that is not there is 4.04" grep -q "c:4.04" "$work/coap"
# The total of 30 ids, then counts of 16 cells that nobody has: only a few are alike.
coap_as member a "/cells/$bucket?counts=AAAeABCDEFGHIJKLMNOP" -o "$work/foreseen"
is "as many as counts foresee, of those that are there" \
    test "$(wc -c <"$work/foreseen")" -gt $((10 * 13)) -a "$(wc -c <"$work/foreseen")" -lt $((256 * 13 + 60))
# Its own buffer for queries is too short for these.
coap_as member a "/cells/$bucket" -v 7 -O "15,counts=$(printf '%0245d' 0)"
is "counts of 241 cells are 4.00" grep -q "c:4.00" "$work/coap"
for wrong in "$bucket?counts=AAAe" "$bucket?counts=AAAeA+" "$bucket?from=1&counts=AAAeAB" \
    "$bucket?part=1&salt=0123456789abcdef&counts=AAAeAB" "$bucket?n=4097" "$bucket?part=16" "$bucket?from=-1" "x"; do
	coap_as member a "/cells/$wrong" -v 7
	is "$wrong is 4.00" grep -q "c:4.00" "$work/coap"
done
# Observing: the state at once, a confirmable message for what comes in, and one more for 150 entries at a time.
watch /events observed -s 300 -o "$work/events"
# A message that was acknowledged late comes twice, under one number.
notified() {
	[ "$(grep "t:CON c:2.05.*Observe:" "$work/observed" | grep -o ' i:[0-9a-f]* ' | sort -u | grep -c .)" -ge "$1" ]
}
until_true 30 "libcoap observes /events: the answer has the option" grep -q "t:ACK c:2.05.*Observe:0" "$work/observed"
quiet a organisation add --relation listed --territories RS --name "Dok neko gleda" --json
record=$(get .record)
until_true 30 "a new entry is told it by a confirmable message" notified 1
for i in $(seq 150); do
	printf '{"relation":"listed","territories":["RS"],"name":"Još jedno %s"}\n' $i
done >"$work/batch.ndjson"
quiet a organisation add "$work/batch.ndjson" --json
until_true 30 "150 more by another" notified 2
stays 3 "and by no more than that" not notified 4
watched observed
if ! /usr/bin/python3 -c 'import cbor2' 2>/dev/null; then
	skipped "python3 with cbor2 is not installed: what notifications say is not read"
else
	/usr/bin/python3 - "$work/events" <<'PYTHON' >"$work/said" 2>&1 || { cat "$work/said" >&2; bad "notifications say what came in"; }
import sys, cbor2, io
bodies, data = [], io.BytesIO(open(sys.argv[1], "rb").read())
while data.tell() < len(data.getvalue()):
    bodies.append(cbor2.load(data))
(a, b, none), (c, d, one), *rest = bodies
assert a == b == c < d and none == [] and len(one) == 1 and len(one[0][1]) == 8, bodies
assert rest and rest[0][0] == d and rest[-1][2][0][1] == b"" and rest[-1][1] >= d + 150, bodies
PYTHON
	ok "the numbers of arrivals follow each other; one entry by its short id, 150 by their bucket alone"
fi
coap_as member a /nothing -v 7
is "what is not there is 4.04" grep -q "c:4.04" "$work/coap"

until_true 30 "its sessions have ended" sessions 0
opened=$(metric a 'kilim_handshakes_total{result="done"}')
for who in stranger curve rsa; do
	coap_as "$who" a /.well-known/core -B 2 -v 7 -o "$work/nothing"
	isnt "libcoap as $who reads nothing" grep -q "c:2.05" "$work/coap"
	isnt "and writes nothing ($who)" test -s "$work/nothing"
done
is "none of them had a session" test "$(metric a 'kilim_handshakes_total{result="done"}')" -eq "$opened"
start b
until_true 30 "the member comes back" connected b
