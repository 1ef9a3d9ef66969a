#!/bin/sh
# catch-up - a node that was away, switched off or killed, has what the others have; and who may not have it, has not.
. "$(dirname "$0")/lib/nodes.sh"

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
member a c "Измислено здружение" MK
await 30 actives b 3 || bad "everybody knows everybody"

# add NODE NAME TERRITORY [OPTION...]: prints its id
add() {
	who=$1 name=$2 in=$3
	shift 3
	quiet "$who" organisation add --json --name "$name" --relation listed --territories "$in" "$@"
	get .id
}
# same NODE NODE: both list the same entries
entries() {
	k "$1" organisation list --json | jq -S '[.[] | {id, record, author}] | sort_by(.id)'
}
same() {
	entries "$1" >"$work/same.$1" && entries "$2" >"$work/same.$2" && cmp "$work/same.$1" "$work/same.$2"
}

# visits RUNG...: how many visits of the nodes that are up ended with one of these. Who finds a difference is whoever visits
# first: the others may call on the one that is back before it calls on them.
visits() {
	for rung in "$@"; do
		for n in a b c; do metric $n "kilim_visits_total{by=\"$rung\"}" 2>/dev/null; done
	done | awk '{ n += $1 } END { print n + 0 }'
}
more_visits() {
	[ "$(visits stream cells)" -gt "$1" ]
}

stays_there=$(add a "Ostaje" RS)
goes=$(add b "Largohet" XK)
changes=$(add a "Menja se" RS)
await 30 counts c organisation 3 || bad "three entries arrive"

stop c
quiet b organisation withdraw "$goes" --yes --json
quiet a organisation edit "$changes" --email posta@example.org --json
for i in $(seq 40); do
	printf '{"relation":"listed","territories":["RS"],"name":"Za vreme odsustva %s"}\n' $i
done >"$work/many.ndjson"
quiet a organisation add "$work/many.ndjson" --json
add b "Ndërkohë" XK >/dev/null
await 30 same a b || bad "the others agree"
before=$(visits stream cells)
begun=$(now_ms)
start c
until_true 30 "a node that was switched off has all that was added, changed and withdrawn meanwhile" same c a
ok "($(($(now_ms) - begun)) ms after its start was asked for)"
is "what stayed is there" lists c organisation "$stays_there"
is "what was withdrawn is not" lists_not c organisation "$goes"
# A visit that ends with its session is not counted, and may have brought all by then: so once more where none is.
found=
for try in 1 2 3; do
	! await 20 more_visits "$before" || found=1
	[ -z "$found" ] || break
	stop c
	add b "Edhe një $try" XK >/dev/null
	start c
	await 30 same c b || bad "it catches up once more"
done
is "their metrics say how the difference was found" test "$found"
is "and that no list of ids was needed" test "$(visits list)" = 0

crash c
quiet a organisation withdraw "$changes" --yes --json
add b "Pas rrëzimit" XK >/dev/null
await 30 same a b || bad "the others agree"
begun=$(now_ms)
start c
ok "after kill -9 it answers $(($(now_ms) - begun)) ms after its start was asked for"
until_true 30 "and catches up again" same c a
add c "По паѓањето" MK >/dev/null
until_true 30 "and what it adds reaches the others" same a c
until_true 30 "all of them" same b c

# The inviter away: the other two find each other by what their membership says.
crash a
add b "Pa qendrën" XK >/dev/null
until_true 30 "two members exchange entries while the founder is away" lists c organisation "Pa qendrën"
start a
until_true 30 "which it has when it is back" same a c

# --- an institution ---
home i "Opština Izmišljeno" RS
start i
code=$(invite a "Opština Izmišljeno" --territory RS --class institution --auto)
asks i "$code" a
stays 3 "a guest that is not of the class invited waits for a person, also with --auto" actives a 3
words=$(get '.words | join(" ")')
# shellcheck disable=SC2086
quiet a invite accept $words --json
until_true 30 "then it is a member" actives i 4
until_true 30 "of its class" tells b 'any(.[]; .class == "institution")' members

secret="Samo za udruženja 7c1f"
for_all="Za sve članove 3b2e"
quiet a service add --json --organisation "$stays_there" --name "$secret" --kind-terms legal-aid --description "$secret" --audience cso --languages srp \
    --service-areas RS
quiet a service add --json --organisation "$stays_there" --name "$for_all" --kind-terms legal-aid --description "$for_all" --audience members --languages srp \
    --service-areas RS
until_true 30 "civil-society members have what is meant for them" lists c service "$secret"
until_true 30 "the institution has what is meant for all members" lists i service "$for_all"
is "but not what is meant for civil-society members" lists_not i service "$secret"
quiet i sync
stop i
start i
await 30 connected i || bad "it is connected again"
quiet b service add --json --organisation "$(add b "Para" XK)" --name "Provera" --kind-terms legal-aid --description "Provera." --audience members --languages sqi \
    --service-areas XK
until_true 30 "after a visit of its own as well" lists i service "Provera"
is "still not" lists_not i service "$secret"
stop i
is "the bytes of others prove it: its files hold what is for all" grep -raqF "$for_all" "$work/i"
isnt "and nothing of what is not" grep -raqF "$secret" "$work/i"
is "while those of a civil-society member do" grep -raqF "$secret" "$work/c"
