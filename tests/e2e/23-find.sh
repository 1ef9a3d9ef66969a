#!/bin/sh
# find - what people type finds what they look for, over two nodes: words of any language and script, filters, what is given
# up when nothing is found, the emergency line first; and a search stands in no log.
. "$(dirname "$0")/lib/nodes.sh"
needs curl

samples=$here/contrib/sample-network
home a "Izmišljeni centar" RS --language en
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --language sq

for kind in taxonomy:taxonomies term:terms place:places organisation:emergency-organisation service:emergency-services; do
	quiet a "${kind%%:*}" add "$samples/${kind#*:}.ndjson" --json
done

# uuid N: the id of made-up entry N
uuid() {
	printf '00000000-0000-4000-8000-%012d' "$1"
}
# put NODE KIND N, JSON with the fields on stdin
put() {
	jq -c --arg id "$(uuid "$3")" '. + {id: $id}' | k "$1" "$2" add - --json >"$work/out" 2>"$work/err" ||
		{ cat "$work/err" >&2; bad "$1 adds $2 $3"; }
}
# service N ORGANISATION: adds fields on stdin to a plain service of a
service() {
	jq -c --arg o "$(uuid "$2")" '{organisation: $o, languages: ["srp"], service_areas: ["RS"]} + .' | put a service "$1"
}
for i in 1 2 3; do
	echo "{\"relation\":\"listed\",\"name\":{\"sr-Latn\":\"Udruženje $i\"},\"territories\":[\"RS\"]}" | put a organisation $i
done
service 11 1 <<'J'
{"name":{"sr-Latn":"Tiha luka"},"description":{"sr-Latn":"Smeštaj za žene i decu."},"kind_terms":["shelter"],
 "confidential":true,"disclosure":"redacted"}
J
service 12 2 <<'J'
{"name":{"sr-Cyrl":"Корак напред"},"description":{"sr-Cyrl":"Психолог за жене, петком."},"kind_terms":["counselling"],
 "municipalities":["Ужице"],"phones":[{"number":"+381110000001"}],"channels":[{"type":"phone"}]}
J
service 13 3 <<'J'
{"name":{"sq":"Këshilltorja"},"description":{"sq":"Çështje ligjore për gra, avokate falas."},"languages":["sqi","rmn"],
 "service_areas":["XK"],"municipalities":["Gjakovë"],"kind_terms":["legal-aid"],
 "schedules":[{"rrule":"FREQ=DAILY","opens_at":"00:00","closes_at":"24:00"}]}
J
echo '{"category":"equipment","item":{"sr-Latn":"Mašine za vez"},"quantity":1,"until":"2035-12-31","territory":"RS","delivery_area":["AL","RS"]}' |
	put a offer 31
for i in 21 22 23 24 25; do
	echo "{\"name\":{\"en\":\"Sewing course $i\"},\"description\":{\"en\":\"A sewing course.\"}}" | service $i 1
done

# finds NODE N ARGS...: the entry is on the first page
finds() {
	node=$1 wanted=$(uuid "$2")
	shift 2
	k "$node" find "$@" --json | jq -e --arg id "$wanted" 'any(.hits[]; .id == $id)'
}
# answers NODE JQ ARGS...
answers() {
	node=$1 truth=$2
	shift 2
	k "$node" find "$@" --json | jq -e "$truth"
}

await 30 same_records a b || bad "b has what a has signed"
until_true 30 "what a has signed, b finds" finds b 13 "avokate"
until_true 30 "and has all of it" finds b 25 --kind service "sewing course 25" --limit 50
# as_many KIND: both hold the same number
as_many() { [ "$(k a "$1" list --json | jq length)" -eq "$(k b "$1" list --json | jq length)" ]; }
until_true 30 "the words of every topic too" as_many term
until_true 30 "and the names of every place" as_many place
for node in a b; do
	for words in zena žena жена psiholog Užice Uzice; do
		is "$node: \"$words\" finds the psychologist in Cyrillic" finds $node 12 "$words"
	done
	for words in dakovica Gjakove Ђаковица Yakova cwshtje; do
		is "$node: \"$words\" finds the lawyer in Gjakovë" finds $node 13 "$words"
	done
	for words in strehë засолниште "sigurna kuca" "sığınma evi" "women's refuge" skloniste; do
		is "$node: \"$words\" finds the shelter" finds $node 11 "$words"
	done
done

# --- filters ---

is "a kind" answers a 'all(.hits[]; .kind == "organisation") and .total == 3' --kind organisation --territory RS Udruženje
is "a territory, by its name" answers a 'all(.hits[]; .territories == ["XK"])' --territory Kosova avokate
is "a place, by another of its names" finds a 13 --place Đakovica
is "elsewhere only where that is said" answers a '.relaxed == ["neighbours"] and .total > 0' --place Prizren avokate
is "Romani is spoken where a variety of it is" finds a 13 --speaks rom
is "a topic, with what belongs to it" finds a 13 --topic "pravna pomoć"
is "near: in kilometres" answers a '.near.known and any(.hits[]; .distance_km < 50)' --near Prizren
is "open now" finds a 13 --open
is "text in a language" answers a 'all(.hits[]; .kind == "service")' --text-lang sq --kind service
fails 3 a find --topic nonsense
fails 3 a find --near Nowhere
fails 2 a find --limit 0 x
fails 2 a find --limit 5
fails 2 a find
is "every hit has the members that programs rely on" answers a '.total > 0 and (.hits | length > 0) and all(.hits[];
    ([.id, .kind, .organisation, .title, .snippet, .freshness] | all(type == "string")) and (.score | type == "number"))' žena
is "a territory is named once" answers a '.hits[0].territories == ["RS", "AL"]' --kind offer "mašine za vez"

# --- pages, organisations ---

is "at most three of one organisation a page" answers a '[.hits[] | select(.organisation == "Udruženje 1")] | length == 3' sewing
is "the total is that of all" answers a '.total == 5 and .more' sewing
is "the rest is on the next page" answers a '(.hits | length) == 2 and .total == 5 and (.more | not)' sewing --page 2

# --- what is given up, and emergencies ---

is "nobody there speaks it: said, and shown all the same" answers a '.relaxed == ["language"] and .total > 0' \
    --speaks tur --territory RS psiholog
is "not in that town: by telephone in the territory" answers a '.relaxed == ["remote"] and .hits[0].places == ["Ужице"]' \
    --place Niš psiholog
is "the emergency line of one's own territory" answers b '.emergency[0].territories == ["XK"] and .territories == ["XK"]' zena
is "of the one that is asked for" answers b '.emergency[0].territories == ["AL"]' --territory AL zena
is "also where nothing is found" answers a '.total == 0 and (.emergency | length) == 1' qqqqqqqqqqqqqq
until_true 30 "another node is asked, the emergency line is still one's own" answers b \
    '.emergency[0].territories == ["XK"] and .total > 0 and (.at | startswith("node1"))' psiholog --at "Izmišljeni centar"
is "what was meant is marked in its own script" answers a '.hits[0].highlights.snippet | length > 0' psiholog

quiet b service show "$(organisation_of a)/$(uuid 13)"
is "what is found is shown with the name of who gives it" grep -q "organisation: Udruženje 3 (00000000)" "$work/out"

# --- whose words lead ---

# A member's own name for a town: it leads her, and others once a coordinator has looked.
echo '{"names":{"sq":"Sajuargradi","sr-Latn":"Užice"},"territory":"RS","level":"municipality","source":{"title":"made up"}}' |
    put b place 31
await 30 lists a place Sajuargradi || bad "a has the name that b gave"
leads() { answers "$1" '.relaxed == [] and .total > 0' --place Sajuargradi psiholog; }
is "a member's words lead her own searches" leads b
isnt "and nobody else's" leads a
quiet a flag add --about "$(organisation_of b)/$(uuid 31)" --reason correct --confirmed document --json
flag=$(get .id)
is "until a coordinator calls them correct" leads a
quiet a flag withdraw "$flag" --json
isnt "and as long as she does" leads a

# --- whose it is ---

# A member may write another one's name over her own number; not that it is the other one who says so. Nor does a number that a
# member calls wrong stand there like any other.
n=0
for relation in self listed; do
	n=$((n + 1))
	echo "{\"relation\":\"$relation\",\"name\":{\"sr-Latn\":\"Izmišljeni centar\"},\"territories\":[\"RS\"]}" | put b organisation 4$n
	jq -cn --arg o "$(uuid 4$n)" '{organisation: $o, name: {sr: "Lažna linija"}, description: {sr: "Zovite."}, kind_terms: ["helpline"],
	    languages: ["srp"], service_areas: ["RS"], phones: ["+38160666666"]}' | put b service 5$n
done
until_true 30 "what another wrote under a's name, a finds" answers a '.total == 2' "lažna linija" --kind service
quiet a find "lažna linija" --kind service
is "with who entered it" grep -q '^  by: Izmišljeni centar (entered by Shoqata e Sajuar)$' "$work/out"
is "with who lists it" grep -q '^  by: Izmišljeni centar (listed by Shoqata e Sajuar, not confirmed)$' "$work/out"
isnt "and never as the other's own" grep -q '^  by: Izmišljeni centar$' "$work/out"
for i in 51 52; do quiet a flag add --about "$(organisation_of b)/$(uuid $i)" --reason wrong-phone --json; done
is "the number that a calls wrong is marked" answers a 'all(.hits[]; .marks == ["wrong-phone"])' "lažna linija" --kind service
said_at_b() { answers b 'all(.hits[]; .marks == ["wrong-phone"])' "lažna linija" --kind service; }
until_true 30 "at b as well" said_at_b
is "and so it is to who asks another node, with how far it goes" answers a \
    '[.hits[].standing] == ["listed", "self"] or [.hits[].standing] == ["self", "listed"]' "lažna linija" --kind service --at "Shoqata e Sajuar"
is "where it is marked, too" answers a 'all(.hits[]; .marks == ["wrong-phone"])' "lažna linija" --kind service --at "Shoqata e Sajuar"
quiet a find "lažna linija" --kind service
is "for people in words" grep -q '^  members say: ' "$work/out"

# --- what stays unknown ---

quiet a find "xyzzyplugh" --near Užice --speaks rom
isnt "a search stands in no log" grep -ri xyzzyplugh "$work"/*.log
is "a shelter is at no place: it is shown when the place is given up, and tells none" answers a \
    '(.relaxed | length > 0) and (.hits | length > 0) and all(.hits[]; .places == [])' --place Užice sklonište
isnt "nor is it counted at one" answers a '.facets.place | length > 0' sklonište --kind service --territory RS
