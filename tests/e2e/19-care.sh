#!/bin/sh
# care - three members look after each other's entries: what each says of another's is seen at every node, in every form, and
# changes there what it may change and nothing else.
. "$(dirname "$0")/lib/nodes.sh"
needs curl

home a "Izmišljeni centar" RS --language en
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --language sq
member a c "Organizata e Tretë" AL --language sq
for o in a b c; do await 30 actives $o 3 || bad "$o knows all members"; done
key_a=$(organisation_of a)
key_b=$(organisation_of b)
key_c=$(organisation_of c)

# add NODE KIND, JSON on stdin; prints the new entry's id
add() {
	tr -d '\n' | k "$1" "$2" add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "$1 adds: $2"; }
	get .id
}
# one NODE KIND ID JQ: a truth about one entry as NODE shows it
one() {
	k "$1" "$2" show "$3" --json | jq -e --arg a "$key_a" --arg b "$key_b" --arg c "$key_c" "$4"
}
# says NODE KIND ID TEXT: for people
says() {
	k "$1" "$2" show "$3" | grep -qF -- "$4"
}
# seeks NODE ID WORDS...: a search has it on its first page
seeks() {
	who=$1 id=$2
	shift 2
	k "$who" find "$@" --json | jq -e --arg id "$id" 'any(.hits[]; .id == $id)'
}
# counts NODE PLACE: some facet of a search has the place
counts() {
	k "$1" find --kind location --json | jq -e --arg place "$2" '.facets.place | has($place)'
}
row() {
	k "$1" "$2" list --json | jq -e --arg id "$3" "any(.[]; .id == \$id and ($4))"
}
gone_at() {
	! k "$1" "$2" show "$3" >"$work/gone" 2>&1 && lists_not "$1" "$2" "${3#*/}"
}

org_b=$(echo '{"relation":"self","name":"Shoqata e Sajuar","territories":["XK"]}' | add b organisation)
place=$(echo '{"name":"Dhomat","territory":"XK","municipality":"Sajuarevë","disclosure":"municipality"}' | add b location)
line=$(echo "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Linja e sajuar\"},\"description\":\"Këshilla.\",\"languages\":[\"sqi\"],
    \"service_areas\":[\"XK\"],\"phones\":[\"116000\"],\"kind_terms\":[\"helpline\"],\"locations\":[\"$place\"],
    \"last_verified\":\"2020-01-01\"}" | add b service)
advice=$(echo "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Këshillimi\"},\"description\":\"Këshilla.\",\"languages\":[\"sqi\"],
    \"service_areas\":[\"XK\"],\"last_verified\":\"2020-01-01\"}" | add b service)
for o in a c; do await 30 same_records b $o || bad "$o has b's services"; done

# --- freshness ---

is "a stale helpline is shown and marked" row a service "$line" '.freshness == "stale"'
quiet a service list --plain
is "people read it in every list" grep -qF 'freshness: stale' "$work/out"
quiet a report stale --json
is "the report of stale entries has both" get '[.[] | select(.kind == "service")] | length == 2 and all(.[]; .days_left < 0)'
quiet a report stale --own --json
is "and of its own none" get 'length == 0'
quiet b verify --due --json
is "their owner sees what is due" get "length == 2 and all(.[]; .kind == \"service\")"
quiet a status --json
is "the coverage of the whole network is told, by kind and territory" \
    get '.freshness.service.all.stale == 2 and .freshness.service.XK.stale == 2'
quiet a status
is "and people read where it is stale" grep -qF "2 stale (XK 2)" "$work/out"
echo "{\"about\":\"$key_b/$advice\",\"reason\":\"correct\",\"confirmed\":\"phone\"}" | add a flag >"$work/flag"
quiet a flag list
is "a list of flags tells what each is about" grep -qF "correct: Këshillimi" "$work/out"
quiet a flag show "$(cat "$work/flag")"
is "and so does a flag" grep -qF "about: service Këshillimi (" "$work/out"
until_true 30 "a member's word that it is correct makes it fresh at every node" one c service "$advice" \
    '.freshness == "fresh" and .verified and .confirmation.by == $a'
is "and people read whose word it is" says c service "$advice" "Izmišljeni centar"
until_true 30 "at its owner's too" one b service "$advice" '.freshness == "fresh"'
quiet b verify --due --all --method phone --json
is "what is due is signed again" get 'length == 1'
until_true 30 "and fresh everywhere" row c service "$line" '.freshness == "fresh"'
quiet b verify --due --json
is "then nothing is due" get 'length == 0'
fails 2 b verify

# --- what is new ---

quiet c new --json
is "what came lately is listed, flags are not" get 'any(.[]; .kind == "service") and all(.[]; .kind != "flag" and .first_seen)'
is "the newest first" get '[.[].first_seen] | . == (sort | reverse)'
quiet c new --kind organisation --territory XK --json
is "by kind and territory" get 'length == 1 and .[0].kind == "organisation"'
quiet c new --days 7

# --- flags ---

fails 5 a service flag "$line" no-such-reason
quiet a service flag "$line" wrong-phone --phone 116000 --dry-run
quiet a service flag "$(echo "$line" | cut -c1-8)" wrong-phone --phone 116000 --json
until_true 30 "a wrong number is told" one c service "$line" '.marks == ["wrong-phone"] and .flags[0].by == $a and .flags[0].phone == "116000"'
quiet c service list
is "in the list as well" grep -qF 'a number is wrong' "$work/out"
until_true 30 "and to its owner" one b service "$line" '.marks == ["wrong-phone"]'
short=$(echo "$line" | cut -c1-8)
doctor_says() {
	k "$1" doctor --json | jq -e --arg id "$short" "[.[] | select(.code == \"flags\")] | $2"
}
is "whose doctor says it, since when, what to do, and not who" doctor_says b 'length == 1 and .[0].state == "warn" and
    (.[0].text | test("^service \($id): a number is wrong, as a member says since 20[0-9-]+$")) and
    (.[0].remedy | contains("kilim service verify \($id)"))'
is "and nobody else's" doctor_says a 'length == 1 and .[0].state == "ok"'
quiet b service edit "$line" --phones 116001 --json
until_true 30 "the owner's new version answers it" one c service "$line" 'has("marks") | not'
await 30 one a service "$line" '.phones == ["116001"] or (.phones | any(.number? == "116001"))' || bad "a has that version"

until_true 30 "a place is found by its municipality" seeks a "$place" --kind location Sajuarevë
is "which is counted" counts a sajuareve
echo "{\"about\":\"$key_b/$line\",\"reason\":\"address-exposed\"}" | add c flag >"$work/flag"
until_true 30 "an exposed address: no node but the owner's tells the place" one a service "$line" \
    '(has("locations") | not) and (.withheld | index("locations")) and .phones'
until_true 30 "nor that of the location it names" one a location "$place" '(has("municipality") | not)'
is "nor does the flagger's own" one c location "$place" '(has("municipality") | not)'
await 30 row b service "$line" '.marks == ["address-exposed"]' || bad "the owner knows of it"
for o in a b c; do
	isnt "no search of $o tells it either, by a word" seeks $o "$place" --kind location Sajuarevë
	isnt "by a place" seeks $o "$place" --kind location --place Sajuarevë
	isnt "or by a count" counts $o sajuareve
	is "the place is still found by its name" seeks $o "$place" --kind location Dhomat
	is "and the helpline by its name" seeks $o "$line" "Linja e sajuar"
	is "and by its number" seeks $o "$line" 116001
	isnt "but by none of its texts" seeks $o "$line" --kind service Këshilla
done
is "the owner's doctor calls it bad" doctor_says b 'length == 1 and .[0].state == "bad" and (.[0].remedy | contains("--answered"))'
is "the owner still sees it" one b service "$line" 'has("locations")'
signed=$(one b service "$line" .record | tr -d '"')
await 30 one a service "$line" ".record == \"$signed\"" || bad "a has the version that is signed last"
fails 4 a record export "$signed"
ok "nor are its signed bytes given out there"
fails 4 b service verify "$line"
fails 4 b service edit "$line" --fees "en:none"
quiet b service edit "$line" --unset locations --json
is "then the doctor is content" doctor_says b 'length == 1 and .[0].state == "ok"'
until_true 30 "once it is out, the entry is whole again" one a service "$line" '(has("withheld") | not) and (has("marks") | not)'
is "to searches too" seeks a "$line" --kind service Këshilla
is "and the place, which it names no more" seeks a "$place" --kind location --place Sajuarevë

echo "{\"about\":\"$key_b/$advice\",\"reason\":\"conduct\"}" | add c flag >"$work/flag"
until_true 30 "caution: elsewhere it is advised, and by whom is not told" one a service "$advice" \
    '.caution and ((.flags // []) | all(.reason != "conduct"))'
is "it is hidden at the flagger's node" gone_at c service "$key_b/$advice"
isnt "but nowhere else" gone_at a service "$key_b/$advice"
quiet c flag withdraw "$(cat "$work/flag")" --json
until_true 30 "taken back, it is gone" one a service "$advice" 'has("caution") | not'
is "and the entry is there again" row c service "$advice" true
echo "{\"about\":\"$key_b/$line\",\"reason\":\"conduct\"}" | add c flag >"$work/flag"
is "a helpline is not even hidden at the flagger's node" row c service "$line" '.caution'

# --- to the coordinators alone ---

quiet c service flag "$key_b/$advice" wrong-phone --remark "nobody is there" --to coordinators --json
letter=$(get .id)
sealed() {
	k "$1" flag list --json | jq -e --arg id "$letter" 'any(.[]; .id == $id and .audience == "coordinators" and .reason == "wrong-phone")'
}
until_true 30 "what is written to the coordinators a coordinator reads, with who wrote it" sealed a
is "and so does its author" sealed c
is "one by one as well" sh -c "'$bin/kilim' --dir '$work/a' flag show $letter --json | grep -qF 'nobody is there'"
letters() { k "$1" doctor --json | jq -e ".[] | select(.code == \"letters\") | $2"; }
is "her doctor says that there is something to read" letters a '.state == "warn" and (.text | contains(": 1, 1 "))'
quiet b sync
holds() { k b record export "$1"; }
rec=$(k a flag show "$letter" --json | jq -r .record)
until_true 30 "whom it is about has it too" holds "$rec"
isnt "but reads nothing of it" sealed b
fails 3 b flag show "$letter"
isnt "nor is anything said beside the entry" one b service "$advice" 'has("marks")'
isnt "not even at the coordinator's" one a service "$advice" 'has("marks")'
isnt "and no byte of it stands in the owner's files" grep -raqF "nobody is there" "$work/b"
is "doctor has none for her" letters b '.state == "ok"'
fails 4 c flag edit "$letter" --remark "en:somebody"
org_a=$(echo '{"relation":"self","name":"Izmišljeni centar","territories":["RS"]}' | add a organisation)
await 30 lists c organisation "Izmišljeni centar" || bad "c has the coordinator's entry"
fails 4 c organisation flag "$key_a/$org_a" closed --to coordinators
ok "one about a coordinator's entry is refused: she would read it"
fails 3 a service flag "$key_b/$advice" closed --to coordinators
ok "and the only coordinator has nobody to write to"
quiet c flag withdraw "$letter" --json
taken_back() { ! sealed a; }
until_true 30 "withdrawn it is gone" taken_back

# --- claims ---

listed=$(echo '{"relation":"listed","name":"Organizata e tretë","territories":["AL"]}' | add b organisation)
theirs=$(echo "{\"organisation\":\"$listed\",\"name\":\"Ndihmë\",\"description\":\"D.\",\"languages\":[\"sqi\"],
    \"service_areas\":[\"AL\"]}" | add b service)
for o in a c; do await 30 same_lists b $o organisation service || bad "$o has what is listed"; done
is "who is listed by another is marked" row a service "$theirs" '.standing == "listed"'
is "and shown so" says a service "$theirs" 'not confirmed'
echo "{\"about\":\"$key_b/$listed\",\"what\":\"remove\"}" | add a claim >"$work/coordinators"
until_true 30 "a coordinator's claim removes a listed entry" gone_at c organisation "$key_b/$listed"
quiet a claim withdraw "$(cat "$work/coordinators")" --json
until_true 30 "and withdrawn it is back" row c organisation "$listed" true
own_c=$(echo '{"relation":"self","name":"Organizata e Tretë","territories":["AL"]}' | add c organisation)
claim=$(echo "{\"about\":\"$key_b/$listed\",\"what\":\"mine\",\"own\":\"$own_c\"}" | add c claim)
until_true 30 "the subject's claim: its own entry is shown instead" gone_at a organisation "$key_b/$listed"
until_true 30 "who listed it sees why" one b organisation "$listed" '.hidden == "claim" and .replaced_by and .claimed_by == $c'
until_true 30 "the services that were listed stay, marked" row a service "$theirs" '.claimed_by'
quiet c claim edit "$claim" --what remove --unset own --json
until_true 30 "or all of it is removed, services too" gone_at a service "$key_b/$theirs"
for form in "service list" "service list --plain" "new --json" "report stale --json"; do
	# shellcheck disable=SC2086
	k a $form
done >"$work/forms"
isnt "nobody else's listing has it, in any form" grep Ndihmë "$work/forms"
echo "{\"about\":\"$key_b/$advice\",\"what\":\"remove\"}" | add c claim >"$work/out2"
until_true 30 "what an organisation says of itself nobody claims" one a service "$advice" '.claims[0].binds == false'

# --- translations ---

tr_id=$(echo "{\"about\":\"$key_b/$advice\",\"tag\":\"rom\",\"texts\":[{\"field\":\"name\",\"text\":\"Kedipe e lava\"}]}" | add c translation)
until_true 30 "a translation is shown as hers" one a service "$advice" \
    '.translations[0].by == $c and .translations[0].tag == "rom" and (.translations[0].behind | not)'
quiet a service show "$advice" --lang rom
is "in the language that is asked for" grep -qF 'Kedipe e lava' "$work/out"
is "others are named" says a service "$advice" "translated by Organizata e Tretë"
quiet b service edit "$advice" --fees "sq:asnjë" --json
until_true 30 "behind, once the entry has changed" one a service "$advice" '.translations[0].behind'
quiet b service edit "$advice" --audience members --json
until_true 30 "withheld, once the entry is for fewer" gone_at a translation "$key_c/$tr_id"

# --- endorsements ---

praise=$(echo "{\"subject\":\"$key_b\",\"statement\":{\"en\":\"They trained our staff.\"}}" | add a endorsement)
await 30 one b endorsement "$key_a/$praise" . || bad "its subject has it"
stays 1 "an endorsement is not shown before it is accepted" gone_at c endorsement "$key_a/$praise"
isnt "nor beside the organisation" says c organisation "$key_b/$org_b" "They trained our staff."
echo "{\"subject\":\"$key_b\",\"accepts\":\"$key_a/$praise\"}" | add b endorsement >"$work/out2"
until_true 30 "accepted, it is" one c organisation "$key_b/$org_b" '.endorsements[0].by == $a'
is "with its words" says c organisation "$key_b/$org_b" "They trained our staff."
isnt "no entry says that it has none" says c organisation "$key_c/$own_c" "endorsement"
quiet a endorsement edit "$praise" --statement "en:Other words." --json
until_true 30 "other words want to be accepted anew" gone_at c endorsement "$key_a/$praise"
