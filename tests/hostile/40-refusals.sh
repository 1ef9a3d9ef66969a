#!/bin/sh
# refusals - a real member serves what no honest node would: each is refused and counted, nothing of it is listed, and
# those who are honest do not notice.
. "$(dirname "$0")/../e2e/lib/nodes.sh"
needs curl openssl

attack=$bin/hostile/member_attack
[ -x "$attack" ] || bad "$attack is built"
is "every refusal has its attack" "$attack" rows

home v "Žrtva" RS
start v
found v "Test"
member v h "E ndershme" XK          # honest
member v m "Napadač" RS             # the attacker: a member like others
member v s "Suspendovani" RS        # suspended below
member v q "Mnogopisac" RS          # a second attacker, who writes too much
member v x "Treći napadač" RS       # a third, who will be shut out
home i "Opština" ME
start i
code=$(invite v "Opština" --territory ME --class institution)
asks i "$code" v
# shellcheck disable=SC2046
quiet v invite accept $(k v invite list --json | jq -r '.[] | select(.name == "Opština") | .words | join(" ")') --json
for o in i h m s q x; do
	await 30 actives $o 7 || bad "$o knows every member"
done
quiet v members suspend "$(organisation_of s)" --reason safety --yes --json
until_suspended() {
	k "$1" members --json | jq -e 'any(.[]; .state == "suspended")'
}
for o in h m q x; do
	await 30 until_suspended $o || bad "$o knows of the suspension"
done
for o in m s q x i; do stop $o; done
address=127.0.0.1:$(port_of v)
resident() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$(pid_of v)/status"
}

# honest WHAT: the honest pair does not notice. One entry after the other is slow, or the machine was for a while.
home z "Nepoznata" BA
start z
found z "Drugi"
unattacked() {
	quiet z organisation add --json --name "Neko" --relation listed --territories BA
}
serial=0
arrives() {
	serial=$((serial + 1))
	begun=$(now_ms)
	quiet h organisation add --json --name "E vërtetë $serial" --relation listed --territories XK
	await 30 lists v organisation "E vërtetë $serial" || bad "$1: an honest entry arrives"
	took=$(($(now_ms) - begun))
	echo "$took" >>"$work/honest"
	swift 1000 "$took" unattacked >"$work/late"
}
honest() {
	given_up=$(($(now_ms) + 60000))
	until arrives "$1"; do
		[ "$(now_ms)" -lt "$given_up" ] || bad "$1: an honest entry $(cat "$work/late")"
	done
}
counted() {
	[ "$(metric v "kilim_records_refused_total{rule=\"$1\"}")" -ge "$2" ]
}
# one RULE ATTACK HOME [OTHER]
one() {
	rule=$1 name=$2
	shift 2
	before=$(metric v "kilim_records_refused_total{rule=\"$rule\"}")
	rc=0
	"$attack" "$work/$1" "$address" "$name" ${2:+"$work/$2"} >"$work/said" 2>&1 || rc=$?
	[ "$rc" -eq 0 ] || bad "the attack $name could be carried out ($rc): $(cat "$work/said")"
	await 30 counted "$rule" $((before + 1)) || bad "$name is refused and counted as $rule: $(cat "$work/said")"
	honest "$name"
	ok "$name: refused and counted as $rule; an honest entry took $took ms meanwhile"
}
nothing_of_it() {
	for o in v h; do
		k $o organisation list --json >"$work/list"
		! grep -q "$1" "$work/list" || return 1
	done
}

honest "before any attack"
rss=$(resident)
one future future m
one future-aside future-aside m
one past past m
one stranger stranger m
one not-active not-active m s
one not-entitled not-entitled m
one audience audience m i
one erased erased m
is "nothing of it is listed anywhere" nothing_of_it "Kukavičje jaje"
k v members --json >"$work/list"
isnt "nobody was admitted by who may not" grep -q "Kukavičje" "$work/list"

# Blamed on who sends it: one each, then three at once.
one size size m
one canonical canonical m
one structure structure x
one canonical long-tag x
one signature signature q v
one signature network q
is "nothing of it is listed anywhere either" nothing_of_it "Kukavičje jaje"

"$attack" "$work/m" "$address" messages >"$work/said" 2>&1 || bad "nonsense in a session: $(cat "$work/said")"
honest "nonsense in a session"
is "nonsense in a session: $(cat "$work/said")" grep -q "answered 413.*session was ended" "$work/said"
garbage=$(metric v kilim_datagrams_garbage_total)
"$attack" "$work/m" "$address" garbage >"$work/said" 2>&1 || bad "garbage could be sent: $(cat "$work/said")"
honest "garbage"
is "a train of garbage is counted ($(cat "$work/said"), $(($(metric v kilim_datagrams_garbage_total) - garbage)) counted)" \
    test "$(metric v kilim_datagrams_garbage_total)" -gt "$garbage"

keys_of i member
head -c 12000 /dev/zero | timeout 3 openssl s_client -dtls1_2 -mtu 9000 -connect "$address" -cert "$work/member.crt" \
    -key "$work/member.key" >/dev/null 2>&1 || :
honest "a message larger than a session takes"
ok "messages larger than a session takes do no harm"

home n "Neznanka" BA
quiet v invite "Neko" --territory BA --auto
k v members --json >"$work/members.before"
"$attack" "$work/n" "$address" join >"$work/said" 2>&1 || bad "a stranger asks: $(cat "$work/said")"
is "a stranger with an invitation that nobody made is refused: $(cat "$work/said")" grep -q ' 0 of 2, [1-9].*not known here' "$work/said"
k v members --json >"$work/members.after"
is "and is no member" cmp "$work/members.before" "$work/members.after"

"$attack" "$work/q" "$address" older >"$work/said" 2>&1 || bad "older: $(cat "$work/said")"
await 30 counted older 1 || bad "an older version is refused and counted"
ok "an older version than the one that is held: refused and counted"

# --- shut out ---
"$attack" "$work/x" "$address" ban "$work/v" >"$work/said" 2>&1 || bad "three forged records: $(cat "$work/said")"
shut() {
	rc=0
	"$attack" "$work/x" "$address" future >"$work/said" 2>&1 || rc=$?
	[ "$rc" -eq 4 ]
}
until_true 30 "who sends three records with bad signatures is let in no more" shut
is "peers say so, and for how long" sh -c "'$bin/kilim' --dir '$work/v' peers --json | jq -e 'any(.[]; (.why // \"\") | test(\"hour\"))'"
honest "a ban"

# --- more than anybody may write ---
one quota quota q
one day day q
is "no more of it is kept than anybody may keep" sh -c \
    "[ \$('$bin/kilim' --dir '$work/v' organisation list --json | jq '[.[] | select(.name.en == \"Kukavičje jaje\")] | length') -le 5000 ]"

after=$(resident)
is "memory stays bounded: $rss KiB before, $after KiB after it all" test "$after" -le $((rss + 32768))
is "the honest entries took $(tr '\n' ' ' <"$work/honest")ms" true
is "the node goes on" k v doctor --json
