#!/bin/sh
# export - what everybody may see goes out in every format and is judged by another program; what goes out as HSDS comes in
# elsewhere, once and not twice; a file with faults comes in not at all, and each fault is named.
#
#   HSDS_SCHEMA=DIR  a folder with the published schemas (service.json, ...): exports are validated against them as well
. "$(dirname "$0")/lib/nodes.sh"
. "$(dirname "$0")/lib/samples.sh"
needs curl python3
judge=$here/tests/e2e/lib/judge_export.py
fixtures=$here/tests/e2e/import

home a "Izmišljeni centar" RS --language sr-Latn
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --language sq
key_b=$(organisation_of b)

# add NODE KIND, JSON on stdin; `last` prints the new entry's id
add() {
	tr -d '\n' | k "$1" "$2" add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "$1 adds: $2"; }
	get .id >"$work/id"
}
last() {
	cat "$work/id"
}
judged() {
	what=$1
	shift
	said=$(python3 "$judge" "$@") || bad "$what: $said"
	ok "$what: $said"
}
# out NODE FORMAT FILE [OPTION...]
out() {
	from=$1 format=$2 file=$3
	shift 3
	k "$from" export "$format" -o "$work/$file" "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; bad "$from exports $format"; }
}

# --- entries that say much, and one of each kind ---

printf '%s' '{"relation":"self","name":{"sq":"Shoqata e Sajuar"},"territories":["XK"]}' | add b organisation
org_b=$(last)
printf '%s' "{\"organisation\":\"$org_b\",\"name\":{\"sq\":\"Linja\"},\"description\":{\"sq\":\"Këshilla.\"},\"languages\":[\"sqi\"],
    \"service_areas\":[\"XK\"],\"phones\":[\"116000\"]}" | add b service
service_b=$key_b/$(last)
await 30 same_lists a b organisation service || bad "what b has signed is at a"
printf '%s' '{"relation":"self","name":{"sr-Latn":"Izmišljeni centar","sr-Cyrl":"Измишљени центар","en":"Made-up Centre"},
    "territories":["RS","BA"],"actor_type":"cso","alternate_names":["IC","Centar"],"founded":1999,
    "identifiers":[{"type":"register","id":"12-3"}],"email":"office@example.org","website":"https://example.org",
    "urls":[{"url":"https://example.org/more","label":{"en":"more"}}],"languages":["srp"],"focus_groups":["women"],
    "contacts":[{"role":{"en":"duty officer"},"phones":["+38164123456"]}],
    "phones":[{"number":"+381641234567","type":"voice","languages":["srp","eng"]}]}' | add a organisation
own=$(last)
samples "$own" "$key_b" "$org_b" "$service_b"
needs_for_samples a
for kind in $(all_kinds a); do
	k a "$kind" add - --json <"$work/kinds/$kind" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "a adds a $kind"; }
done
printf '%s' "{\"disclosure\":\"exact\",\"location_type\":\"physical\",\"name\":{\"en\":\"Office\"},\"territory\":\"RS\",
    \"municipality\":\"Izmišljevo\",\"organisation\":\"$own\",\"lat\":44.5,\"long\":20.25,\"accessibility\":[\"lift\"],
    \"address\":{\"street\":\"Nepostojeća 1\",\"postal_code\":\"00000\",\"city\":\"Izmišljevo\",\"region\":\"Nigde\"}}" |
    add a location
office=$(last)
printf '%s' "{\"disclosure\":\"redacted\",\"location_type\":\"physical\",\"name\":{\"en\":\"Rooms that nobody knows\"},
    \"territory\":\"RS\",\"organisation\":\"$own\"}" | add a location
hidden=$(last)
printf '%s' "{\"organisation\":\"$own\",\"name\":{\"sr-Latn\":\"Pravna pomoć, besplatna; \\\"odmah\\\"\",\"en\":\"Legal aid\"},
    \"description\":{\"sr-Latn\":\"Prvi red\\nDrugi red\"},\"kind_terms\":[\"legal-aid\",\"counselling\"],
    \"languages\":[\"srp\",\"rom\"],\"service_areas\":[\"RS\"],\"municipalities\":[\"Izmišljevo\",\"Nepostojno\"],
    \"age_min\":15,\"age_max\":99,\"cost_options\":[{\"amount\":1250,\"currency\":\"RSD\",\"option\":{\"en\":\"copy\"}}],
    \"schedules\":[{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,WE\",\"opens_at\":\"09:00\",\"closes_at\":\"17:00\"}],
    \"capacity\":[{\"unit\":\"places\",\"available\":3,\"maximum\":9,\"updated\":\"2026-01-31\"}],
    \"locations\":[\"$office\"],\"at_locations\":[{\"location\":\"$office\",\"description\":{\"en\":\"first floor\"}}],
    \"required_documents\":[{\"en\":\"a paper\"}],\"accessibility\":[\"wheelchair\"],\"tags\":[\"legal-aid\"],
    \"attributes\":[{\"term\":\"own-word\",\"value\":\"own value\"}],\"status\":\"temporarily-closed\"}" |
    jq -c 'del(.tags)' | add a service
printf '%s' "{\"organisation\":\"$own\",\"name\":{\"en\":\"House that nobody knows\"},\"description\":{\"en\":\"Shelter.\"},
    \"kind_terms\":[\"shelter\"],\"languages\":[\"srp\"],\"service_areas\":[\"RS\"],\"phones\":[\"116000\"]}" | add a service
shelter=$(last)
printf '%s' '{"title":{"sr-Latn":"Obuka, sa zarezom; i tačkom","en":"Training"},"description":{"sr-Latn":"Ђаци и đaci uče. Ђаци и đaci uče. Ђаци и đaci uče. Ђаци и đaci uče.\nDrugi red"},
    "type":"training","start":"2040-05-04T08:00:00Z","end":"2040-05-04T14:00:00Z","mode":"onsite","territory":"RS",
    "municipality":"Izmišljevo","for_group":["women"],"website":"https://example.org"}' | add a event
await 30 same_records a b || bad "b has what a published"

# --- every format, from who wrote and from who reads ---

for from in a b; do
	out $from hsds $from.json
	judged "HSDS 3.1 of $from" hsds "$work/$from.json"
	out $from hsds $from-30.json --hsds 3.0
	judged "HSDS 3.0 of $from" hsds "$work/$from-30.json"
	out $from hsds-ndjson $from.ndjson
	judged "lines of $from" lines "$work/$from.ndjson"
	out $from hsds-csv $from.tables
	judged "tables of $from" tables "$work/$from.tables"
	out $from jsonld $from.jsonld
	judged "JSON-LD of $from" jsonld "$work/$from.jsonld"
	out $from 3w $from.3w
	judged "3W of $from" 3w "$work/$from.3w"
	out $from ical $from.ics
	judged "calendar of $from" ical "$work/$from.ics"
done
for file in json ndjson jsonld 3w ics; do
	is "the same entries, the same bytes, whoever exports: $file" cmp "$work/a.$file" "$work/b.$file"
done
is "the same tables" diff -r "$work/a.tables" "$work/b.tables"
if [ -z "${HSDS_SCHEMA:-}" ]; then
	skipped "the published schemas are not at hand (HSDS_SCHEMA)"
elif ! python3 -c 'import jsonschema' 2>/dev/null; then
	skipped "python3-jsonschema is not installed"
else
	judged "against the schemas" schema "$HSDS_SCHEMA" "$work/a-30.json" "$work/a.json"
fi

# --- what it says ---

in_json() {
	jq -e --arg own "$own" --arg office "$office" --arg hidden "$hidden" --arg shelter "$shelter" "$1" "$work/a.json"
}
is "an exact place has its address" in_json '.location[] | select(.id == $office) | .addresses[0].address_1 == "Nepostojeća 1" and .latitude == 44.5'
is "a withheld place has none, is virtual, and says that it is withheld" in_json '.location[] | select(.id == $hidden) |
    (has("addresses") | not) and .location_type == "virtual" and
    any(.attributes[]; .link_type == "disclosure" and .value == "redacted" and .label == "withheld for safety")'
is "prices are in units, a rule of hours in its parts" in_json '.service[] | select(.name | startswith("Pravna")) |
    .cost_options[0].amount == 12.5 and .schedules[0].freq == "WEEKLY" and .schedules[0].byday == "MO,WE" and
    .status == "temporarily closed" and .capacities[0].unit.name == "places" and (.service_at_locations | length) == 2'
is "3.0 has nothing that came with 3.1" jq -e '[.. | objects | keys[]] | any(. == "additional_websites" or . == "capacities") | not' "$work/a-30.json"
isnt "what is for members is in no file" grep -rqF -e "It began with one machine" -e '"laptops"' "$work/a.json" "$work/a.jsonld" "$work/a.tables"
isnt "a shelter is in no municipality" sh -c "grep 'House that nobody knows' '$work/a.3w' | cut -d, -f8-9 | grep -q '[a-z]'"
is "of few shelters not even the territory is told there" sh -c "grep 'House that nobody knows' '$work/a.3w' | grep -q ',WB,'"
fails 5 a export hsds --kind event
fails 5 a export pdf
fails 2 a export hsds-csv
k a export hsds-ndjson --kind location 2>/dev/null >"$work/lines"
is "one kind alone" jq -es 'length > 0 and all(.[]; has("location_type"))' "$work/lines"
k a export ical --lang en >"$work/english.ics"
is "in the language that is asked for" grep -q '^SUMMARY;LANGUAGE=en:Training' "$work/english.ics"

# --- in again, elsewhere ---

member a c "Treći centar" RS --language sr-Latn
await 30 same_records a c || bad "c has what was published"
imports() {
	k c import hsds "$@" --json >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err" >&2; bad "c imports $*"; }
}
imports "$work/a.json" --dry-run
is "a dry run says what would be added" get '.added > 8 and .imported == false and .fault_count == 0'
is "and adds nothing" tells c 'length == 0' organisation list --own
added=$(get .added)
imports "$work/a.json"
is "the file comes in ($added entries)" get ".added == $added and .imported"
imports "$work/a.json"
is "the same file again changes nothing" get ".same == $added and .added == 0 and .changed == 0"
imports "$work/a.tables" --dry-run
is "the tables say the same" get ".same == $added and .added == 0 and .changed == 0"
imports "$work/a.ndjson" --dry-run
is "and so do the lines" get ".same == $added and .added == 0 and .changed == 0"
jq '(.organization[] | select(.id == "'"$own"'") | .kilim.fields.email) = "new@example.org"' "$work/a.json" >"$work/changed.json"
imports "$work/changed.json"
is "what changed in it changes the entry" get ".changed == 1 and .same == $added - 1"
k c organisation show "$own" --json >"$work/out"
is "it is listed, with where it is from" get '.relation == "listed" and .email == "new@example.org" and .source.title == "HSDS" and
    .provenance == "assisted" and .name."sr-Cyrl" == "Измишљени центар"'
k c location show "$office" --json >"$work/out"
is "its place is told no finer than the municipality" get '.disclosure == "municipality" and .municipality == "Izmišljevo" and
    (has("address") or has("lat") | not)'
k c location show "$hidden" --json >"$work/out"
is "what was withheld stays so" get '.disclosure == "redacted"'

# --- plain HSDS of others, and faults ---

imports "$fixtures/plain.json" --territory MK --source https://example.org/data --licence CC-BY-4.0
is "plain HSDS of somebody else comes in, with what stands within" get '.imported and .kinds.organisation.added == 2 and
    .kinds.service.added == 2 and .kinds.location.added == 1'
k c service list --own --json >"$work/out"
is "a safe house is one although the file has its own word for it, and its place stays out" \
    get '.[] | select(.name."sr-Latn" == "Made-up safe house") | .kind_terms == ["safe-house"] and (has("locations") or has("at_locations") | not)'
# faulty NAME FILE...: every fault is named, as golden/NAME.txt has it, and nothing comes in
faulty() {
	name=$1
	shift
	k c organisation list --own --json | jq -S . >"$work/before"
	rc=0
	k c import hsds "$@" >"$work/faults" 2>"$work/err" || rc=$?
	[ "$rc" -eq 5 ] || { cat "$work/faults" "$work/err" >&2; bad "$name: ends with 5, not $rc"; }
	[ -z "${UPDATE:-}" ] || cp "$work/faults" "$here/tests/e2e/golden/$name.txt"
	is "$name: each of $(grep -c . "$work/faults") faults is named, with its line" diff "$here/tests/e2e/golden/$name.txt" "$work/faults"
	k c organisation list --own --json | jq -S . >"$work/after"
	is "$name: and nothing came in" cmp "$work/before" "$work/after"
}
faulty import-json "$fixtures/faults.json"
is "which are twenty" test "$(grep -c . "$work/faults")" -eq 20
faulty import-tables "$fixtures/faults"
is "which are twenty" test "$(grep -c . "$work/faults")" -eq 20
faulty import-broken "$fixtures/broken.json"
fails 5 c import xml "$fixtures/plain.json"

# --- what is allowed, and yet somebody should look at ---

mkdir "$work/messy"
printf 'id,name,description\n1,Sajuar,"Rruga e Sajuar 5"\n,,\n' >"$work/messy/organizations.csv"
printf 'id,organization_id,name,status\ns1,1,Made-up,active\n' >"$work/messy/services.csv"
cp "$work/messy/services.csv" "$work/messy/my services.csv"
imports "$work/messy" --dry-run
is "a street in a text is a warning, by its line" get '.warnings | length == 1 and (.[0] | .file == "organizations.csv" and .line == 2 and
    .column == "description")'
is "a table of another name is passed over, and told" get '.passed_over == ["my services.csv"]'
printf 's2,9,Of nobody,active\n' >>"$work/messy/services.csv"
rc=0
k c import hsds "$work/messy" --json >"$work/out" || rc=$?
[ "$rc" -eq 5 ] || bad "a service of an organisation that nobody has is refused, not $rc"
is "a service of an organisation that nobody has is a fault" get '.fault_count == 1 and (.faults[0] | .line == 3 and
    .column == "organization_id" and .rule == "reference")'
