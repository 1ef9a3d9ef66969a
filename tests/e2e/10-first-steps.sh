#!/bin/sh
# first-steps - a network is founded and joined as the manual says, with and without a person in between.
. "$(dirname "$0")/lib/nodes.sh"

quiet a init --name "Izmišljeni centar" --territory RS --protected no --listen 127.0.0.1:0
is "init makes a home that nobody else may enter" test "$(stat -c %a "$work/a")" = 700
is "init keeps both keys to the owner" test "$(stat -c %a "$work/a"/*.key | sort -u)" = 600
start a
fails 3 a invite "Shoqata e Sajuar" --territory XK
ok "nobody is invited before there is a network"
quiet a network create "Test" --json
is "the network has an id" grep -q '"net1' "$work/out"
is "its founder is the one member" actives a 1

quiet a invite "Shoqata e Sajuar" --territory XK --auto --json
is "an invitation is a code and the time at which it ends" get '.code, .expires'
code=$(get .code)
quiet b init --name "Shoqata e Sajuar" --territory XK --protected no --listen 127.0.0.1:0
start b
quiet b join "$code" --wait 60 --json
is "join shows six words and their number" get '(.words | length == 6) and (.digits | length > 0) and (.state | length > 0)'
words=$(get '.words | join(" ")') digits=$(get .digits)
quiet a invite list --json
is "the inviter shows the same six words" test "$(get '.[0].words | join(" ")')" = "$words"
is "and the same number" test "$(get '.[0].digits')" = "$digits"
until_true 30 "with --auto it is admitted without a person: the guest knows both members" actives b 2
until_true 30 "so does the host" actives a 2
until_true 30 "the two are connected" connected b

# Five entries, each waited for at the other node; the middle one counts, and five more as long as this computer may have
# been busy with something else.
alone() {
	quiet a organisation add --json --name "Udruženje" --relation listed --territories RS
}
serial=0
quickly() {
	for i in 1 2 3 4 5; do
		serial=$((serial + 1)) begun=$(now_ms)
		quiet a organisation add --json --name "Udruženje br. $serial!" --relation listed --territories RS
		await 30 lists b organisation "Udruženje br. $serial!" || bad "an entry arrives"
		echo "$(($(now_ms) - begun))"
	done >"$work/unsorted"
	sort -n "$work/unsorted" >"$work/times"
	swift 1000 "$(sed -n 3p "$work/times")" alone
}
await 120 quickly || bad "an entry added at one node is listed at the other within a second, and not: $(cat "$work/await")"
ok "an entry added at one node is listed at the other within a second ($(tr '\n' ' ' <"$work/times")ms)"

home c "Измислено здружение" MK
start c
code=$(invite a "Измислено здружение" --territory MK)
asks c "$code" a
words=$(get '.words | join(" ")')
stays 2 "without --auto nobody is admitted until the words are accepted" actives a 2
fails 3 a invite accept bako dune fila gomu hane bako
ok "other words are refused"
is "they changed nothing" actives a 2
# shellcheck disable=SC2086
quiet a invite accept $words --json
is "accepting answers words, number and state" get '(.words | length == 6) and (.digits | length > 0) and .state == "admitted"'
until_true 30 "then the guest is a member" actives c 3
until_true 30 "and the third node knows of it" actives b 3

home d "Nepoznati" BA
start d
code=$(invite a "Nepoznati" --territory BA)
asks d "$code" a
words=$(get '.words | join(" ")')
# shellcheck disable=SC2086
quiet a invite refuse $words --json
is "a refusal is said" get '.state == "refused"'
refused() {
	rc=0
	k d join "$code" --wait 5 --json >"$work/out" 2>"$work/err" || rc=$?
	test "$rc" -eq 4 || jq -e '.state == "refused"' "$work/out"
}
until_true 30 "the refused guest hears it" refused
is "and is no member" actives a 3

# The words say that it is she, not what she calls herself: here, as the second member (in other letters).
home g "Shоqatа e Sаjuar" XK
start g
code=$(invite a "Nova grupa" --territory RS)
asks g "$code" a
words=$(get '.words | join(" ")')
quiet a invite list
is "the list shows what she calls herself, and what she was invited as" grep -q '^Shоqatа e Sаjuar (invited: Nova grupa) *XK (invited: RS)' "$work/out"
# shellcheck disable=SC2086
fails 4 a invite accept $words
is "she is not admitted as that unasked, and who is called so is told" grep -q 'as somebody is called already.*Nova grupa' "$work/err"
# shellcheck disable=SC2086
fails 4 a invite accept $words --name "Nova grupa"
# shellcheck disable=SC2086
quiet a invite accept $words --name "Shoqata e Sajuar" --json
until_true 30 "who types the name admits her" actives a 4

# A name of her own that nobody else has is hers to choose; who admits her is told.
home h "Grupa za sela" RS
start h
code=$(invite a "Seoska grupa" --territory RS)
asks h "$code" a
words=$(get '.words | join(" ")')
# shellcheck disable=SC2086
quiet a invite accept $words
is "who asks under a new name of her own is admitted, and both names are told" grep -q 'invited as: *Seoska grupa' "$work/out"
until_true 30 "under her own" tells a 'any(.[]; .name == "Grupa za sela")' members
