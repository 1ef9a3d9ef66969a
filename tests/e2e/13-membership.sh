#!/bin/sh
# membership - who is suspended gets nothing more, and everything back; what a protected organisation does not do.
. "$(dirname "$0")/lib/nodes.sh"
needs openssl coap-client-openssl curl

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
member a c "Измислено здружение" MK
await 30 actives b 3 || bad "everybody knows everybody"
b=$(organisation_of b)
bucket=$((1 << 24 | 0x5253 << 8))

# add NODE NAME TERRITORY
add() {
	quiet "$1" organisation add --json --name "$2" --relation listed --territories "$3"
}
state_at() {
	k "$1" members --json | jq -e --arg id "$2" --arg state "$3" 'any(.[]; .id == $id and .state == $state)'
}

add a "Pre svega" RS
add b "Para" XK
until_true 30 "before, all three exchange entries" lists b organisation "Pre svega"
until_true 30 "in both directions" lists c organisation "Para"
keys_of b member
coap_as member a /tail/$bucket -o "$work/before"
is "and its certificate reads entries with any CoAP tool" grep -qa "Pre svega" "$work/before"

fails 4 b invite "Neko" --territory RS
ok "who is no coordinator cannot invite: \"$(sed 's/^kilim: //' "$work/err")\""
fails 4 b members suspend "$(organisation_of c)" --reason safety
ok "nor suspend"
fails 4 a members suspend "$(organisation_of a)" --reason safety
ok "nobody votes on herself"

# --- suspension ---
quiet a members suspend "$b" --reason key-stolen --note "Nestao laptop" --yes --json
begun=$(now_ms)
until_true 30 "the third node learns of the suspension" state_at c "$b" suspended
is "with its reason, and the note of the coordinator" tells c \
    'any(.[]; .reason == "key-stolen" and (.text | contains("laptop")))' network log
until_true 30 "and shows it among its peers" tells c "any(.[]; .organisation == \"$b\" and .state == \"suspended\")" peers
ok "($(($(now_ms) - begun)) ms after the vote)"
until_true 30 "what it had published is shown nowhere else" lists_not c organisation "Para"
until_true 30 "nor at the coordinator" lists_not a organisation "Para"
add a "Posle suspenzije" RS
await 30 lists c organisation "Posle suspenzije" || bad "the others go on"
ok "the others go on exchanging entries"
add b "Nga i pezulluari" XK
quiet b sync
until_true 30 "its greeting is answered by its state and nothing else" \
    tells b 'any(.[]; (.why // "") | contains("suspended"))' peers
is "and nothing has reached it since" lists_not b organisation "Posle suspenzije"
is "nor has anything come from it" lists_not a organisation "pezulluari"
is "to neither of the others" lists_not c organisation "pezulluari"
stop b
for path in /buckets /tail/$bucket; do
	coap_as member a $path -v 7 -o "$work/after"
	is "its certificate is answered 4.03 at $path" grep -q "c:4.03" "$work/coap"
	isnt "and not a byte more" grep -qa "Posle" "$work/after" "$work/coap"
done
start b

# --- and back ---
quiet a members reinstate "$b" --reason own-wish --yes --json
until_true 30 "reinstated, it is active at once" state_at c "$b" active
until_true 30 "it is connected again by itself" connected b
until_true 30 "gets what it missed" lists b organisation "Posle suspenzije"
until_true 30 "what it had published is shown again" lists c organisation "Para"
until_true 30 "and what it wrote meanwhile arrives" lists c organisation "pezulluari"

# --- a protected organisation ---
for o in b c; do await 30 same_records a $o || bad "a and $o know the same"; done
records=$(k a status --json | jq .records.membership)
quiet p init --name "Skriveno" --territory ME --protected yes --listen 127.0.0.1:0
start p
fails 4 p network create "Njena"
ok "a protected organisation founds no network: \"$(sed 's/^kilim: //' "$work/err")\""
code=$(invite a "Skriveno" --territory ME --auto)
join p "$code"
until_true 30 "it joins like anybody" actives p 4
# Its admission and its node record: no third one, where it can be reached.
until_true 30 "no address of it is published" tells c ".records.membership == $((records + 2))" status
until_true 30 "it reads what the others publish, from its inviter alone" lists p organisation "Posle suspenzije"
add p "Iz skrivenog" ME
until_true 30 "and what it publishes reaches a member that it has no session with" lists c organisation "Iz skrivenog"
until_true 30 "one peer, its inviter" tells p \
    "map(select(.state == \"connected\" or .state == \"syncing\")) | length == 1 and .[0].organisation == \"$(organisation_of a)\"" peers
port=$(port_of p)
timeout 4 openssl s_client -dtls1_2 -connect "127.0.0.1:$port" -cert "$work/member.crt" -key "$work/member.key" \
    </dev/null >"$work/shake" 2>&1 || :
isnt "a member who knows its port gets no session" grep -q "Cipher is [A-Z]" "$work/shake"
isnt "nor a byte" grep -qE "read [1-9][0-9]* bytes" "$work/shake"
is "nobody else met it" sh -c "! grep -q 'session.opened.*dialled=0' '$work/p.log'"
