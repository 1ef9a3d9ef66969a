#!/bin/sh
# match - a need in one territory and an offer in another find each other; reservation and hand-over, each side in its own
# records; what they contradict each other in; the map of needs.
. "$(dirname "$0")/lib/nodes.sh"
S=$here/contrib/sample-network

home a "Shoqata e Sajuar" AL --language sq
start a
found a "Test"
member a b "Izmišljena radionica" RS --language sr-Latn
key_a=$(organisation_of a)
key_b=$(organisation_of b)

quiet a taxonomy add "$S/taxonomies.ndjson" --json
quiet a term add "$S/terms.ndjson" --json
await 30 same_records a b || bad "the terms are at b"
need=$(jq -c --arg k "$key_a" 'del(.organisation) | .languages = ["sqi"]' "$S/made-up-needs.ndjson" | k a need add - --json | jq -r .id)
head -n 1 "$S/made-up-offers.ndjson" | jq -c --arg k "$key_a" 'del(.organisation) | .topics |= map("\($k)/\(.)") |
    .languages = ["sqi", "srp"]' | k b offer add - --json >"$work/out"
offer=$(get .id)
printf '%s' '{"category":"equipment","item":{"en":"laptops"},"quantity":5,"until":"2035-12-31","territory":"RS"}' |
    k b offer add - --json >"$work/out"
printf '%s' '{"category":"space","item":{"en":"laptops"},"quantity":5,"until":"2035-12-31","territory":"AL"}' |
    k b offer add - --json >"$work/out"
await 30 same_lists a b need offer || bad "the offers are at a, and the need is at b"
is "the offer is" lists a offer "Used laptops"
is "the need is" lists b need "Laptops for a village course"

# --- matching ---

quiet a need match "$need" --json
is "one offer fits the need: of the right sort, and it can be sent across the border" \
    jq -e --arg o "$key_b/$offer" 'length == 1 and .[0].offer.reference == $o and .[0].score > 50' "$work/out"
for word in topic item category language delivery quantity; do
	is "and says why: $word" jq -e --arg w "$word" 'any(.[0].why[]; .word == $w and .speaks_for)' "$work/out"
done
is "in words" jq -e '[.[0].why[].text] | (index("speaks Albanian") and index("can be sent across borders, to AL"))' "$work/out"
jq -S . "$work/out" >"$work/wanted"
same() {
	k "$@" --json | jq -S . | diff "$work/wanted" -
}
is "the same from the other end" same b offer match "$offer"
for n in a b; do is "and among all of $n's" same $n match; done
quiet a match
is "for people: because ..." grep -q 'because: speaks Albanian' "$work/out"
quiet a match --plain
isnt "nothing is aligned in the plain form" grep -q '^ ' "$work/out"

# --- reservation and hand-over: each in its own record ---

# state NODE STATE AT_ODDS: of the pair
state() {
	k "$1" need match "$key_a/$need" --json | jq -e --arg o "$key_b/$offer" --arg s "$2" \
	    "any(.[]; .offer.reference == \$o and .state == \$s and .at_odds == $3)"
}
both() {
	for n in a b; do until_true 30 "as $n sees it: $1$([ "$2" = true ] && echo ', at odds')" state $n "$1" "$2"; done
}
both free false
fails 4 a offer reserve "$key_b/$offer" "$need"
fails 4 b need take "$key_a/$need" "$offer"
quiet b offer reserve "$offer" "$key_a/$need" --dry-run
both free false
quiet b offer reserve "$offer" "$key_a/$need" --json
both reserved false
is "six of ten are spoken for, in the offer's own record, and it stays open" tells b \
    '.reserved_qty == 6 and .stage == "open" and (.reserved_for | length) == 1' offer show "$offer"
fails 4 b offer reserve "$offer" "$key_a/$need"
quiet a need take "$need" "$key_b/$offer" --json
both agreed false
quiet a need met "$need" "$key_b/$offer" --json
both given true
quiet b offer hand-over "$offer" --json
both "done" false
fails 4 b offer release "$offer" "$key_a/$need"
quiet a need reopen "$need" --json
both given true
quiet a need met "$need" "$key_b/$offer" --json
quiet b offer take-back "$offer" --json
both returned false

# --- needs fade ---

printf '%s' '{"category":"space","item":{"en":"A room"},"quantity":1,"until":"2035-12-31","territory":"RS","topics":["legal-aid"]}' |
    k b need add - --json >"$work/out"
room=$(get .id)
printf '%s' '{"category":"space","item":{"en":"A room for advice"},"quantity":1,"until":"2035-12-31","territory":"RS","topics":["legal-aid"]}' |
    k a offer add - --json >"$work/out"
fits() {
	k a match --json | jq -e --arg n "$key_b/$room" 'any(.[]; .need.reference == $n)'
}
until_true 30 "a room is offered where one is needed" fits
quiet b need edit "$room" --last-verified "$(date -u -d '-61 days' +%F)" --method self --json
until_true 30 "a need that nobody verified for sixty days has faded" not fits

# --- the map ---

n=0
for town in Kukës Berat; do
	for org in 1 2 3; do
		n=$((n + 1))
		printf '{"id":"1f0c2e4a-0000-4000-8000-00000000010%s","relation":"listed","name":{"en":"Made-up %s"},"territories":["AL"]}' $n $n |
		    k a organisation add - --json >"$work/out"
		printf '{"category":"equipment","item":{"en":"phones"},"quantity":%s,"until":"2035-12-31","territory":"AL","municipality":"%s",
		    "topics":["legal-aid"],"organisation":"1f0c2e4a-0000-4000-8000-00000000010%s"}' $((n + 2)) "$town" $n | tr -d '\n' |
		    k a need add - --json >"$work/out"
	done
done
map() {
	k a report needs --json | jq -e "$1"
}
is "two towns with three organisations each are told" map '[.rows[] | select(.level == "municipality" and .municipality != "" and .total != null)] | length == 2'
printf '%s' '{"category":"equipment","item":{"en":"one phone"},"quantity":2,"until":"2035-12-31","territory":"AL","municipality":"Lezhë"}' |
    k a need add - --json >"$work/out"
is "a third with one is hidden, and another with it" map '[.rows[] | select(.level == "municipality" and .total == null)] | length == 2'
is "the larger one is still told" map 'any(.rows[]; .municipality == "Berat" and .total.things == 21)'
quiet a report needs
is "for people" grep -q 'hidden' "$work/out"
quiet a report needs --csv
is "as comma-separated values" sh -c "head -n 1 '$work/out' | grep -q '^level,territory,municipality,\"equipment needs\"'"
quiet a report needs --by territory --plain
isnt "by territory: no town" grep -q Kukës "$work/out"
is "about one topic" tells a '.columns == ["legal-aid", "other"]' report needs --topic legal-aid
fails 3 a report needs --topic no-such-topic
fails 5 a report needs --by street
