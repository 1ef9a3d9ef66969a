#!/bin/sh
# pathway - the steps of a referral, followed across two nodes: whole, broken in every way a service can end, and on paper.
. "$(dirname "$0")/lib/nodes.sh"
S=$here/contrib/sample-network

home a "Izmišljeni centar" AL --language sq
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --language sq
key_a=$(organisation_of a)
key_b=$(organisation_of b)
# What is of today stays so: not in the last minutes of a day.
await 240 eval '[ "$(date -u +%H%M)" -lt 2357 ]' || bad "a new day begins"
today=$(date -u +%F)

# add NODE KIND, JSON on stdin; the new entry's id
add() {
	tr -d '\n' | k "$1" "$2" add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "$1 adds a $2"; }
	get .id
}

# --- what it rests on: a's line and shelter, b's centre; the public emergency numbers ---

head -n 1 "$S/emergency-organisation.ndjson" | add a organisation >/dev/null
grep '"service_areas": \["AL"\]' "$S/emergency-services.ndjson" | jq -c 'del(.tags)' | add a service >/dev/null
house=$(echo '{"name":{"en":"Made-up <House> & Co"},"territories":["AL"]}' | add a organisation)
line=$(echo "{\"organisation\":\"$house\",\"name\":{\"sq\":\"Linja e sajuar\",\"en\":\"Made-up line\"},
    \"description\":{\"en\":\"Advice.\"},\"kind_terms\":[\"helpline\"],\"languages\":[\"sqi\"],\"service_areas\":[\"AL\"],
    \"phones\":[{\"number\":\"116000\",\"type\":\"helpline\"}],\"last_verified\":\"$today\",\"method\":\"phone\"}" | add a service)
shelter=$(echo "{\"organisation\":\"$house\",\"name\":{\"en\":\"Made-up safe house\"},\"description\":{\"en\":\"A bed.\"},
    \"kind_terms\":[\"safe-house\"],\"languages\":[\"sqi\"],\"service_areas\":[\"AL\"],\"confidential\":true,
    \"email\":\"qs1shelter@example.org\",\"phones\":[{\"number\":\"+355690000001\",\"type\":\"voice\"},
    {\"number\":\"116000\",\"type\":\"helpline\"}],\"last_verified\":\"$today\",\"method\":\"phone\",
    \"note\":\"qs1note\"}" | add a service)
org_b=$(echo '{"relation":"self","name":{"sq":"Shoqata e Sajuar"},"territories":["XK"]}' | add b organisation)
centre=$key_b/$(echo "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Qendra e sajuar\"},\"description\":{\"sq\":\"Këshilla.\"},
    \"languages\":[\"sqi\"],\"service_areas\":[\"XK\",\"AL\"],\"phones\":[{\"number\":\"+38344000000\"}],
    \"last_verified\":\"$today\",\"method\":\"self\"}" | add b service)
await 30 same_lists a b organisation service || bad "a has what b has signed"
p=$(echo "{\"title\":{\"en\":\"After violence <at> home\",\"sq\":\"Pas dhunës\"},\"situation\":[\"domestic-violence\"],
    \"territory\":\"AL\",\"municipality\":\"Sajuarë\",\"legal_basis\":[{\"title\":{\"en\":\"A made-up law\"},
    \"url\":\"https://example.org/law?a=1&b=2\"}],\"steps\":[
    {\"n\":1,\"action\":{\"en\":\"Call together.\",\"sq\":\"Telefononi bashkë.\"},\"service\":\"$centre\",\"deadline\":24,
    \"consent_needed\":false,\"fallback\":3,\"out_of_hours_phone\":\"116000\"},
    {\"n\":2,\"action\":{\"en\":\"Bring her to safety.\"},\"service\":\"$shelter\",\"consent_needed\":true,\"fallback\":3},
    {\"n\":3,\"action\":{\"en\":\"Call the line.\"},\"service\":\"$line\",\"consent_needed\":true}],
    \"last_verified\":\"$today\",\"method\":\"self\"}" | add a pathway)
await 30 same_records a b || bad "the pathway is at b, and all it rests on"

# sheet NODE JQ: a truth about its sheet
sheet() {
	k "$1" pathway show "$key_a/$p" --json | jq -e ".sheet | $2"
}

for n in a b; do
	until_true 30 "whole, as $n sees it" sheet "$n" '.broken_steps == 0 and (.steps | length) == 3'
	is "$n: the emergency numbers come first" sheet "$n" 'keys_unsorted[0] == "emergency" and (.emergency[0].phones | map(.number) | index("112") == 0)'
	quiet "$n" pathway show "$key_a/$p"
	is "$n: and so they do for people" sh -c "head -n 1 '$work/out' | grep -q '^in danger call: 112'"
	quiet "$n" pathway show "$key_a/$p" --plain
	isnt "$n: nothing is aligned in the plain form" grep -q '^ ' "$work/out"
done
is "it is to be checked when the first of all it rests on is" sheet a ".check_by == \"$(date -u -d '+90 days' +%F)\""

# --- broken ---

# broken WORD ADVICE: step 1 is broken so at a, and this is what to do instead
broken() {
	until_true 30 "b's service is $1: the step is broken at a" sheet a ".broken_steps == 1 and .steps[0].standing == \"$1\""
	is "and instead of it: $2" sheet a "[.steps[0].instead[].do] | join(\" \") == \"$2\""
	is "with the emergency numbers first of all" sheet a '.steps[0].instead[0].numbers[0] == "112"'
}
advice="emergency step out-of-hours"
quiet b service edit "$centre" --status temporarily-closed --json
broken temporarily-closed "$advice"
quiet b service edit "$centre" --status defunct --json
broken closed "$advice"
isnt "the number of what has closed is not told" sheet a '.steps[0].service.phones'
quiet b service edit "$centre" --unset status --last-verified 2020-01-01 --json
broken stale "$advice"
quiet b service verify "$centre" --method phone --json
until_true 30 "verified again: the step holds" sheet a '.broken_steps == 0'
quiet b service withdraw "$centre" --json
broken gone "$advice"
quiet a service edit "$line" --status defunct --json
until_true 30 "its replacement has closed as well: nothing replaces it" sheet a \
    '[.steps[0].instead[].do] | join(" ") == "emergency out-of-hours ask"'
quiet a service edit "$line" --unset status --json

# --- on paper ---

for size in a4 a6; do
	for format in text html; do
		quiet b pathway print "$key_a/$p" --size $size --format $format --lang en
		is "$size $format: danger first, then its day and the day of its check" sh -c "grep -q 'In danger call' '$work/out' &&
		    grep -q 'Printed on.*$today' '$work/out' && grep -q 'Check by' '$work/out'"
		is "$size $format: the broken step says so in words" grep -q 'Do not rely on this step' "$work/out"
		isnt "$size $format: of the shelter nothing but its public line" grep -qE 'qs1|355690000001' "$work/out"
		quiet a pathway print "$p" --size $size --format $format --lang en
		isnt "$size $format: nor on its owner's own paper" grep -qE 'qs1|355690000001' "$work/out"
		if [ $format = html ]; then
			isnt "$size html: loads nothing" grep -qE 'href|src=|url\(|@import|<script|<link' "$work/out"
			isnt "$size html: holds nobody's markup" grep -qE '<at>|<House>' "$work/out"
			if command -v xmllint >/dev/null; then
				is "$size html: another program finds it well-formed" xmllint --noout --nonet "$work/out"
			else
				is "$size html: another program finds it well-formed" \
				    python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/out"
			fi
		fi
	done
done
quiet b pathway print "$key_a/$p" --size a6 --format html --lang sq -o "$work/sheet.html"
is "in Albanian: the page says its language, and each text in another one says so" sh -c \
    "grep -q '<html lang=\"sq\">' '$work/sheet.html' && grep -q 'Telefononi bashkë' '$work/sheet.html' &&
    grep -q '<span lang=\"en\">Bring her to safety' '$work/sheet.html'"
fails 5 a pathway print "$p" --size a5
fails 3 a pathway print 00000000
quiet a pathway edit "$p" --printable no --json
fails 4 a pathway print "$p"
is "it can be read all the same" k a pathway show "$p"

# --- whose number stands where a page says "in danger call": a coordinator's, and on her own pages one's own ---
echo "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Linja e rreme\"},\"description\":{\"sq\":\"Telefononi.\"},
    \"languages\":[\"sqi\"],\"service_areas\":[\"AL\"],\"phones\":[\"+355690666666\"],\"emergency\":true}" | add b service >/dev/null
until_true 30 "a has a member's service that says it is for emergencies" lists a service "Linja e rreme"
isnt "its number stands on none of a's pages" sheet a '.. | strings | select(. == "+355690666666")'
is "those of the coordinator do" sheet a '[.emergency[].phones[].number] | index("112") != null'
is "on its own pages the member has it beside them" sheet b \
    '[.emergency[].phones[].number] | index("112") != null and index("+355690666666") != null'
