#!/bin/sh
# kinds - every kind of the table is added, read elsewhere, changed, verified and taken back, as people and programs do it;
# and what its row says beyond its fields is kept by the node that signs.
. "$(dirname "$0")/lib/nodes.sh"
. "$(dirname "$0")/lib/samples.sh"
needs curl

home a "Izmišljeni centar" RS --language en
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --language sq
key_a=$(organisation_of a)
key_b=$(organisation_of b)

# one_of NODE KIND ID JQ: a truth about one entry as NODE shows it
one_of() {
	k "$1" "$2" show "$3" --json >"$work/one" || return # jq 1.6 calls it well when nothing comes
	<"$work/one" jq -e --arg a "$key_a" --arg b "$key_b" "$4"
}
# add NODE KIND, JSON on stdin; `last` prints the new entry's id
add() {
	k "$1" "$2" add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "$1 adds: $2"; }
	get .id >"$work/id"
}
last() {
	cat "$work/id"
}
# refused CODE NODE KIND WORD, JSON on stdin: refused with one sentence that names WORD
refused() {
	rc=0
	k "$2" "$3" add - >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -eq "$1" ] || { cat "$work/out" "$work/err" >&2; bad "$3: ends with $1, not $rc"; }
	said_one_sentence "$3"
	is "$3: refused, and the sentence names $4" grep -qF -- "$4" "$work/err"
}
warned() {
	get "any(.warnings[]?; contains(\"$1\"))"
}

# --- what the others refer to ---

echo '{"relation":"self","name":{"sq":"Shoqata e Sajuar"},"territories":["XK"]}' | add b organisation
org_b=$(last)
echo "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Linja\"},\"description\":{\"sq\":\"Këshilla.\"},\"languages\":[\"sqi\"],
    \"service_areas\":[\"XK\"],\"phones\":[\"116000\"]}" | tr -d '\n' | add b service
service_b=$key_b/$(last)
await 30 same_lists a b organisation service || bad "what b has signed is at a"
record_b=$(one_of a service "$service_b" .record | tr -d '"')

# --- each kind, by one example that says much ---

echo '{"relation":"self","name":{"en":"Made-up Centre"},"territories":["RS"]}' | add a organisation
own=$(last)
samples "$own" "$key_b" "$org_b" "$service_b"
needs_for_samples a
law=$(get '.[0].id')
is "a reference may be written as a code, even of an entry before it in the same file" \
    one_of a term "$(get '.[1].id')" ".parent == \"\(\$a)/$law\""
await 30 lists b term "legal aid" || bad "terms are at b"
all_kinds a >"$work/all"
for kind in $(cat "$work/all"); do
	add a "$kind" <"$work/kinds/$kind"
	id=$(last)
	until_true 30 "$kind: added, and at the other node" one_of b "$kind" "$key_a/$id" '.author == $a and .state == "live"'
	for form in "" --plain; do
		quiet b "$kind" show "$key_a/$id" $form
		quiet b "$kind" list $form
		[ -s "$work/out" ] || bad "$kind: the list says something"
	done
	quiet a "$kind" edit "$id" --alert "en:mind the step" --json
	quiet a "$kind" verify "$id" --method document --json
	until_true 30 "$kind: changed and verified, and so at the other node" one_of b "$kind" "$key_a/$id" \
	    '.alert.en == "mind the step" and .method == "document" and .verified_by == $a'
	is "$kind: three versions at home" sh -c "'$bin/kilim' --dir '$work/a' $kind history $id --json | jq -e 'length == 3'"
	fails 4 b "$kind" edit "$key_a/$id" --alert "en:theirs"
	quiet a "$kind" withdraw "$id" --json
	until_true 30 "$kind: withdrawn, and listed nowhere" lists_not b "$kind" "$id"
	case $kind in
	story) is "story: and no version of it is kept, even at home" sh -c \
	    "'$bin/kilim' --dir '$work/a' $kind history $id --json | jq -e 'all(.[]; .state == \"withdrawn\")'" ;;
	esac
	for verb in add edit show list history verify withdraw; do
		quiet a help "$kind" "$verb"
	done
	quiet a help "$kind"
done

# --- who may have it ---

add a need <"$work/kinds/need"
is "a need is for members when nothing is said, and open" one_of a need "$(last)" '.audience == "members" and .stage == "open"'
is "and ends with its last day" one_of a need "$(last)" '.expires == "2040-01-02T00:00:00Z"'
quiet a need edit "$(last)" --until 2039-01-01 --json
is "which moves with it" one_of a need "$(last)" '.expires == "2039-01-02T00:00:00Z"'
jq -c '. + {audience: "public"}' "$work/kinds/need" | add a need
is "it may be public" one_of a need "$(last)" '.audience == "public"'
jq -c '. + {audience: "public", municipality: "Izmišljevo"}' "$work/kinds/need" | refused 5 a need municipality
jq -c '. + {hours_per_month: 8}' "$work/kinds/expertise" | add a expertise
is "what has a field for members becomes theirs, and says so" warned "hours_per_month"
is "and is not public" one_of a expertise "$(last)" '.audience == "members"'
jq -c '. + {audience: "cso"}' "$work/kinds/service" | add b service
hidden=$key_b/$(last)
await 30 one_of a service "$hidden" . || bad "a has b's entry for civil society"
jq -c --arg r "$hidden" '. + {about: $r}' "$work/kinds/translation" | add a translation
is "a translation is never shown more widely than its entry" one_of a translation "$(last)" '.audience == "cso"'
jq -c --arg r "$hidden" '. + {about: $r, audience: "public"}' "$work/kinds/translation" | refused 4 a translation audience
jq -c '. + {audience: "public"}' "$work/kinds/comment" | refused 5 a comment audience
jq -c '. + {audience: "public"}' "$work/kinds/story" | refused 5 a story consent_scope
jq -c 'del(.consent)' "$work/kinds/story" | refused 5 a story consent
jq -c '.consent.given = false' "$work/kinds/story" | refused 5 a story consent

# --- rules between fields ---

jq -c '. + {quantity: 4, municipality: "Izmišljevo", for_group: ["roma"]}' "$work/kinds/need" | refused 5 a need municipality
jq -c '. + {quantity: 4, for_group: ["roma"]}' "$work/kinds/need" | add a need
quiet a need edit "$(last)" --quantity 5 --municipality "Izmišljevo" --json
jq -c '.steps[1].fallback = 1' "$work/kinds/pathway" | refused 5 a pathway "steps[0].fallback"
jq -c 'del(.steps[0].organisation)' "$work/kinds/pathway" | refused 5 a pathway "steps[0].service"
for i in 1 2 3; do
	echo "{\"about\":\"$service_b\",\"reason\":\"conduct\"}" | add a flag
done
echo "{\"about\":\"$service_b\",\"reason\":\"conduct\"}" | refused 4 a flag reason
quiet a flag withdraw "$(last)" --json
echo "{\"about\":\"$service_b\",\"reason\":\"conduct\"}" | add a flag
ok "three flags about conduct at a time, and one more when one is gone"
echo "{\"about\":\"$own\",\"reason\":\"moved\"}" | refused 5 a flag about

# --- references ---

jq -c --arg r "$own" '. + {taxonomy: $r}' "$work/kinds/term" | refused 5 a term taxonomy
jq -c '. + {topics: ["no-such"]}' "$work/kinds/need" | refused 5 a need no-such
jq -c '. + {partners: ["00000000-0000-4000-8000-000000000000"]}' "$work/kinds/program" | add a program
is "a reference to what is not known here is told" warned "partners[0]"
add a translation <"$work/kinds/translation"
is "a translation says which version it is of" one_of a translation "$(last)" ".source_record == \"$record_b\""

# --- an endorsement, and its acceptance by the one it is about ---

add a endorsement <"$work/kinds/endorsement"
praise=$key_a/$(last)
await 30 one_of b endorsement "$praise" . || bad "the endorsement is at b"
echo "{\"subject\":\"$key_b\",\"accepts\":\"$praise\"}" | add b endorsement
until_true 30 "the subject accepts an endorsement, and says which" one_of a endorsement "$key_b/$(last)" ".accepts == \"$praise\""
echo "{\"subject\":\"$key_a\",\"statement\":{\"en\":\"We are good.\"}}" | refused 5 a endorsement subject

# --- claims for those without a computer ---

echo "{\"about\":\"$service_b\",\"what\":\"remove\",\"on_behalf\":\"Grupi i sajuar\"}" | add a claim
ok "a coordinator claims for an organisation without a computer"
echo "{\"about\":\"$key_a/$own\",\"what\":\"remove\",\"on_behalf\":\"Grupi i sajuar\"}" | refused 4 b claim on_behalf

# --- what has ended, and what nobody verified ---

echo '{"severity":"urgent","text":{"en":"Long over."},"until":"2020-01-01"}' | add a notice
jq -c '. + {last_verified: "2020-01-01"}' "$work/kinds/offer" | add a offer
stale=$(last)
add a offer <"$work/kinds/offer"
until_true 30 "a fresh offer arrives" lists b offer "$(last)"
isnt "a stale one is not listed elsewhere" lists b offer "$stale"
is "its owner sees it" lists a offer "$stale"
isnt "nor is a notice that has ended" lists b notice "Long over."
quiet a offer verify "$stale" --json
until_true 30 "verified, it is listed again" lists b offer "$stale"
