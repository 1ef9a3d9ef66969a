#!/bin/sh
# leak - what must not leave a node is planted in it, with marks that stand nowhere else, and then looked for everywhere
# else: in what other nodes answer, log and keep, and on the wire.
#
# Every organisation and place is made up.
# first: it takes long
. "$(dirname "$0")/lib/nodes.sh"
. "$(dirname "$0")/lib/samples.sh"
needs openssl coap-client-openssl curl

# --- three members: the owner, a civil-society member and an institution; all of them log all they can ---
debug() {
	mkdir -p "$work/$1/conf.d"
	chmod 700 "$work/$1/conf.d"
	printf '[log]\nlevel = debug\n' >"$work/$1/conf.d/debug.conf"
	chmod 600 "$work/$1/conf.d/debug.conf"
}
home a "Izmišljeni centar" RS
debug a
start a
found a "Test"
home b "Shoqata e Sajuar" XK
debug b
start b
quiet a invite "Shoqata e Sajuar" --territory XK --auto --json
join b "$(get .code)"
await 30 actives b 2 || bad "b is a member"
home i "Opština Izmišljeno" RS
debug i
start i
code=$(invite a "Opština Izmišljeno" --territory RS --class institution)
asks i "$code" a
# shellcheck disable=SC2046
quiet a invite accept $(k a invite list --json | jq -r '.[] | select(.state == "asking") | .words | join(" ")') --json
for o in a b i; do await 30 actives $o 3 || bad "$o knows all members"; done

wire=
if command -v tcpdump >/dev/null && [ "$(id -u)" -eq 0 ]; then
	tcpdump -i lo -U -s 0 -Z root -w "$work/wire" "udp and (port $(port_of a) or port $(port_of b) or port $(port_of i))" \
	    >"$work/tcpdump" 2>&1 &
	wire=$!
	pids="$pids $wire"
	await 30 grep -q listening "$work/tcpdump" || { skipped "the wire: tcpdump does not run here"; wire=; }
else
	skipped "the wire: only root, with tcpdump, can read it"
fi

# marks.SET: one mark a line
mark() {
	printf '%s\n' "$2" >>"$work/marks.$1"
}

# --- planting ---

# Private fields, in ten languages and four scripts' worth of letters.
quiet a organisation add --json --name "Izmišljeni centar" --relation self --territories RS
own=$(get .id)
while IFS='|' read -r tag name note; do
	mark private "$note"
	jq -cn --arg tag "$tag" --arg name "$name" --arg note "$note" --arg from "$note f" '{relation: "hosted",
	    name: {($tag): $name}, territories: ["RS"], note: $note, consent: {given: true, from: $from, scope: $note}}'
done >"$work/ten.ndjson" <<'END'
sq|Grupi i sajuar|shënim vetëm për ne qx1ë
bs|Izmišljena grupa|bilješka samo za nas qx2š
hr|Izmišljena skupina|zabilješka samo za nas qx3đ
sr-Latn|Grupa|beleška samo za nas qx4ž
sr-Cyrl|Група|белешка само за нас кх5ђ
cnr|Grupa, izmišljena|bilješka śamo za nas qx6ś
mk|Група, измислена|белешка само за нас кх7ѓ
rom|Kedipe|lil numaj amenge qx8ćh
tr|Uydurma grup|yalnız bizim için not qx9ğı
en|Made-up group|a note for us alone qx0
END
quiet a organisation add "$work/ten.ndjson" --json

# The same ten as text for civil society only.
while IFS='|' read -r tag text; do
	mark cso "$text"
	jq -cn --arg tag "$tag" --arg text "$text" --arg own "$own" '{organisation: $own, name: {($tag): $text},
	    description: {($tag): ($text + ".")}, kind_terms: ["legal-aid"], languages: ["srp"], service_areas: ["RS"],
	    audience: "cso"}'
done >"$work/cso.ndjson" <<'END'
sq|vetëm për shoqatat zv1ë
bs|samo za udruženja zv2š
hr|samo za udruge zv3đ
sr-Latn|samo za društva zv4ž
sr-Cyrl|само за удружења зв5ђ
cnr|śamo za udruženja zv6ś
mk|само за здруженија зв7ѓ
rom|numaj e kidipenge zv8ćh
tr|yalnız dernekler için zv9ğı
en|for civil society alone zv0
END
quiet a service add "$work/cso.ndjson" --json
narrow=$(get '.[0].id')

# Both once more in every kind that people enter: a private note, and a text for civil society only.
printf '%s' '{"relation":"self","name":"Shoqata e Sajuar","territories":["XK"]}' | k b organisation add - --json >"$work/out"
org_b=$(get .id)
quiet b service add --json --organisation "$org_b" --name "Linja e sajuar" --description "Këshilla." --languages sqi \
    --service-areas XK --kind-terms legal-aid
service_b=$(organisation_of b)/$(get .id)
await 30 lists a service "Linja e sajuar" || bad "the owner has the other's service"
await 30 lists a organisation "Shoqata e Sajuar" || bad "the owner has the other's organisation"
samples "$own" "$(organisation_of b)" "$org_b" "$service_b"
needs_for_samples a
kinds=$(all_kinds a)
for kind in $kinds; do
	mark private "белешка qn-$kind-n"
	mark private "from qf-$kind-f"
	mark cso "само за здруженија qc-$kind-c"
	jq -c --arg kind "$kind" '.note = "белешка qn-\($kind)-n" | .consent = {given: true, from: "from qf-\($kind)-f"} |
	    .alert = {mk: "само за здруженија qc-\($kind)-c"} | .audience = "cso"' "$work/kinds/$kind" |
	    k a "$kind" add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "the owner adds a $kind"; }
done
# The one private field that a kind has of its own is a reference: what it names stands nowhere else.
mark named "fade0001-0000-4000-8000-00000000fade"
bytes='\xfa\xde\x00\x01\x00\x00\x40\x00\x80\x00\x00\x00\x00\x00\xfa\xde'
jq -c '.matched_with = "fade0001-0000-4000-8000-00000000fade"' "$work/kinds/need" | k a need add - --json >"$work/out"

# A place that was told exactly, and was then to be unknown; another one whose exact version nobody was there to see.
place() {
	jq -cn --arg mark "$1" '{disclosure: "exact", name: {"sr-Latn": "Izmišljeno mesto"}, territory: "RS",
	    municipality: ("Izmišljevo " + $mark), address: {street: ("Ulica nepostojeća " + $mark), postal_code: $mark},
	    description: {"sr-Latn": ("pored česme " + $mark)}, transportation: {en: ("bus " + $mark)},
	    note: ("ključ kod " + $mark + "n")}'
}
hide='{"disclosure":"redacted","municipality":null,"address":null,"description":null,"transportation":null}'
place wq1street | k a location add - --json >"$work/out"
seen=$(get .id)
mark earlier "wq1street"
mark private "wq1streetn"
# The same of a service: in which towns it is given, and at which places.
jq -c --arg place "$seen" --arg mark "wq4town" '. + {municipalities: ["Izmišljevo " + $mark], note: ("ključ kod " + $mark + "n"),
    at_locations: [{location: $place, description: {en: ("first floor " + $mark)}}]}' "$work/kinds/service" |
    k a service add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "the owner adds a service"; }
town=$(get .id)
mark earlier "wq4town"
mark private "wq4townn"
# A story that is told, and then taken back.
# A public pathway whose steps are done by what is for fewer people, and by what must stay unknown.
jq -c --arg a "$narrow" --arg b "$town" --arg note "белешка qn-paper" '.note = $note | .title = {en: "On paper"} | .steps = [
    {n: 1, action: {en: "Ask."}, service: $a, consent_needed: false, out_of_hours_service: $b},
    {n: 2, action: {en: "Go."}, service: $b, consent_needed: true}]' "$work/kinds/pathway" |
    k a pathway add - --json >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; bad "the owner adds a pathway"; }
paper=$(get .id)
mark private "белешка qn-paper"
jq -c '.text = {en: "wq5story"}' "$work/kinds/story" | k a story add - --json >"$work/out"
story=$(get .id)
mark taken "wq5story"
for o in b i; do
	await 30 lists $o location "wq1street" || bad "$o sees the exact place at first"
	await 30 lists $o service "wq4town" || bad "$o sees where the service is given at first"
	await 30 lists $o story "wq5story" || bad "$o reads the story at first"
done
stop b
stop i
is "which stands in the files of both for now" sh -c "grep -raqF wq1street '$work/b' && grep -raqF wq1street '$work/i'"
place wq2street | k a location add - --json >"$work/out"
unseen=$(get .id)
mark never "wq2street"
for id in "$seen" "$unseen"; do
	printf '%s' "$hide" | k a location edit "$id" - --json >"$work/out"
done
printf '%s' '{"confidential":true,"disclosure":"redacted","municipalities":null,"at_locations":null}' |
    k a service edit "$town" - --json >"$work/out"
quiet a story withdraw "$story" --json
# What was for all members, and is now for civil society.
quiet a service add --json --organisation "$own" --name "wq3audience" --description "wq3audience" --languages srp \
    --service-areas RS --kind-terms legal-aid --audience members
stricter=$(get .id)
start b
start i
await 30 lists i service "wq3audience" || bad "the institution sees it at first"
quiet a service edit "$stricter" --audience cso --json
mark stricter "wq3audience"

# A place that another member says must stay unknown, in its own field, in a text that a rule finds, and in a translation.
jq -cn '{disclosure: "municipality", name: {"sr-Latn": "Izmišljeno sklonište"}, territory: "RS",
    municipality: "Izmišljevo wq6exposed", description: {"sr-Latn": "ulica Nepostojeća wq6exposed 12"}}' |
    k a location add - --json >"$work/out"
exposed=$(organisation_of a)/$(get .id)
mark exposed "wq6exposed"
# The same where no rule finds it, beside the numbers of a helpline, which stay; and a place that this one names.
jq -c --arg place "${exposed#*/}" '. + {kind_terms: ["helpline"], phones: ["116001"], locations: [$place],
    description: {en: "behind the blue school wq6exposed"}}' "$work/kinds/service" | k a service add - --json >"$work/out"
line=$(organisation_of a)/$(get .id)
# What another entered about a member, its service and its place: it wants them gone.
jq -cn '{relation: "listed", name: {sq: "Shoqata e Sajuar"}, territories: ["XK"], description: {sq: "wq7removed"}}' |
    k a organisation add - --json >"$work/out"
about_b=$(get .id)
jq -cn --arg org "$about_b" '{disclosure: "municipality", name: {sq: "wq7removed"}, territory: "XK", organisation: $org}' |
    k a location add - --json >"$work/out"
rooms=$(get .id)
jq -c --arg org "$about_b" --arg place "$rooms" '. + {organisation: $org, name: {sq: "wq7removed"}, locations: [$place]}' \
    "$work/kinds/service" | k a service add - --json >"$work/out"
mark removed "wq7removed"
listed_rec=$(k a organisation show "$about_b" --json | jq -r .record)
for o in b i; do
	await 30 lists $o location wq6exposed || bad "$o sees the place before anybody has said that it must stay unknown"
	await 30 lists $o service wq6exposed || bad "$o sees the text before anybody has said so"
	await 30 lists $o service wq7removed || bad "$o sees what is listed before it is claimed"
done
jq -cn --arg about "$exposed" '{about: $about, tag: "sq", texts: [{field: "municipality", text: "wq8translated"},
    {field: "name", text: "Strehë"}]}' | k b translation add - --json >"$work/out"
mark translated "wq8translated"
await 30 lists i translation "Strehë" || bad "i has the translation"
for about in "$exposed" "$line"; do quiet b flag add --about "$about" --reason address-exposed --json; done
quiet b claim add --about "$(organisation_of a)/$about_b" --what remove --json
# What one member writes to the coordinator about an entry of another.
printf '%s' '{"relation":"self","name":"Opština Izmišljeno","territories":["RS"]}' | k i organisation add - --json >"$work/out"
org_i=$(organisation_of i)/$(get .id)
await 30 lists b organisation "Opština Izmišljeno" || bad "b has the entry"
quiet b organisation flag "$org_i" closed --remark "wq9sealed" --to coordinators --json
mark sealed "wq9sealed"
reads_sealed() { k a flag list --json | grep -qF wq9sealed; }
# has NODE KIND NUMBER: of b's
has() {
	k "$1" "$2" list --json | jq -e --arg b "$(organisation_of b)" "[.[] | select(.author == \$b)] | length >= $3"
}
await 60 has a flag 3 || bad "the owner has the flags, and what was written to her"
await 60 has a claim 1 || bad "the owner has the claim"

# --- the owner finds all of it: the search works ---
# of_owner NODE ARGS...: asked of the owner, once more where the session was another one meanwhile
owner_answers() {
	k "$@" --at "Izmišljeni centar" >"$work/of_owner"
}
of_owner() {
	await 30 owner_answers "$@" || return 1
	cat "$work/of_owner"
}
# tables_of NODE: its tables of everything, in every form, as it makes them and as the owner answers it; its folder for donors
tables_of() {
	for form in "" --json --plain --csv; do
		for table in "query service --by topic,place" "query service --by organisation,place,territory" \
		    "query location --by place" "query location --by organisation,text-language" "query organisation --by organisation" \
		    "query need --by place" "query translation --by text-language" "query event --by place,topic" "report 3w" "report coverage" "report stale --by organisation" \
		    "report gaps --topic legal-aid --by municipality" "report gaps --topic shelter" "report needs" \
		    "report needs --by territory" "report needs --topic legal-aid"; do
			# shellcheck disable=SC2086
			k "$1" $table $form
			# shellcheck disable=SC2086
			case $1$form in a* | *--plain | *--csv) ;; *) of_owner "$1" $table $form ;; esac
		done
	done
	rm -rf "$work/donor.$1"
	k "$1" report donor "$work/donor.$1" --from 2020-01-01 --to 2040-01-01
	cat "$work/donor.$1"/*
}
# finds_at NODE: what the owner answers to its searches
finds_at() {
	for form in "" --json --plain; do
		for words in "ulica nepostojeca" izmisljevo "behind the blue school" "--kind service --limit 50" \
		    "--kind location --limit 50" "--kind organisation --limit 50 --page 2" "--near izmisljevo" "--place izmisljevo" \
		    "--kind story --limit 50" "--kind need --limit 50" "--kind translation --limit 50" "--topic shelter"; do
			# shellcheck disable=SC2086
			of_owner "$1" find $words $form
		done
	done
}
# exports_of NODE: every format, in every version
exports_of() {
	for format in hsds "hsds --hsds 3.0" hsds-ndjson jsonld 3w ical; do
		# shellcheck disable=SC2086
		k "$1" export $format
	done
	rm -rf "$work/tables"
	k "$1" export hsds-csv -o "$work/tables"
	cat "$work/tables"/*
}
# words_of NODE KIND...: all that its commands say of these kinds, in every form
words_of() {
	from=$1
	shift
	for form in "" --json --plain; do
		for kind in "$@"; do
			k "$from" $kind list --withdrawn $form
			for id in $(k "$from" $kind list --json | jq -r '.[] | .author + "/" + .id'); do
				k "$from" $kind show "$id" $form
				k "$from" $kind history "$id" $form
			done
		done
		for command in status peers members "network show" "network log" "invite list" "config show --origin" new "report stale" \
		    "verify --due" match "report needs" "report needs --by territory --csv" "find ulica nepostojeca" "find izmisljevo" \
		    "find behind the blue school" "find --kind service --limit 200" "find --kind location --limit 200"; do
			# shellcheck disable=SC2086
			k "$from" $command $form
		done
		k "$from" doctor $form || : # ends with 1 where somebody says that an address is told
	done 2>&1
	exports_of "$from"
	for rec in $(for kind in "$@"; do k "$from" $kind list --json; done | jq -r '.[].record'); do
		k "$from" record export "$rec" 2>&1 || : # refused where something of it is withheld
	done
	for id in $(k "$from" pathway list --json | jq -r '.[] | .author + "/" + .id'); do prints "$from" "$id"; done
	curl -sS --unix-socket "$work/$from/control" http://kilim/v1/metrics
}
# prints NODE PATHWAY: in every size and form, on a node that speaks another language too
prints() {
	for size in a4 a6; do
		for format in text html; do
			k "$1" pathway print "$2" --size $size --format $format 2>&1
			k "$1" pathway print "$2" --size $size --format $format --lang sr-Cyrl 2>&1
		done
	done
}
# found_in SET FILE...: the marks of the set that stand in the files, byte for byte, in one pass
found_in() {
	set=$work/marks.$1
	shift
	LC_ALL=C grep -raohFf "$set" -- "$@" | LC_ALL=C sort -u
}
none_in() {
	[ -z "$(found_in "$@" | tee "$work/found")" ] || { cat "$work/found"; return 1; }
}
all_in() {
	LC_ALL=C sort -u "$work/marks.$1" >"$work/wanted"
	found_in "$@" | diff - "$work/wanted"
}
# shellcheck disable=SC2086
words_of a $kinds >"$work/words.a"
tables_of a >>"$work/words.a" 2>&1
await 30 reads_sealed || bad "the coordinator reads what was written to her"
k a flag list --json >>"$work/words.a"
k b flag list --json >"$work/sealed.b"
for set in private named cso earlier never stricter exposed removed sealed; do
	is "the owner's commands show every mark of the set \"$set\" ($(grep -c . "$work/marks.$set"))" all_in $set "$work/words.a"
done
is "its tables are among them" grep -q "entries" "$work/words.a"
is "a story that was taken back is not even at home" none_in taken "$work/words.a"
is "the folder she makes for donors says what is public" grep -qF "Izmišljeni centar" "$work/donor.a/3w.csv"
for set in private named cso earlier never stricter taken exposed removed; do
	is "but nothing of the set \"$set\", although it is hers" none_in $set "$work"/donor.a/*
done
exports_of a >"$work/exports.a" 2>/dev/null
is "exports of the owner hold what is public ($(wc -c <"$work/exports.a") bytes)" grep -aqF "Izmišljena grupa" "$work/exports.a"
for set in private named cso earlier never stricter taken exposed removed; do
	is "but nothing of the set \"$set\", although it is hers" none_in $set "$work/exports.a"
done
prints a "$paper" >"$work/paper"
is "a public pathway is on the owner's paper" grep -qF "On paper" "$work/paper"
for set in private named cso earlier never stricter taken; do
	is "but nothing of the set \"$set\", although it rests on them" none_in $set "$work/paper"
done
isnt "and no log of hers holds one" grep -aqFf "$work/marks.private" "$work/a.log"
quiet a sync
until_true 30 "at its finest level" grep -q ' debug ' "$work/a.log"

# --- the others ---
gone() {
	words_of "$1" location service story >"$work/words.$1"
	none_in earlier "$work/words.$1" && none_in taken "$work/words.$1"
}
until_true 120 "once a place is to be unknown, the civil-society member tells nothing of where it was" gone b
until_true 120 "nor does the institution" gone i
withheld() {
	words_of "$1" location service organisation translation >"$work/words.$1"
	tables_of "$1" >>"$work/words.$1" 2>&1
	none_in exposed "$work/words.$1" && none_in removed "$work/words.$1"
}
until_true 120 "what exposes an address is told by no command of the member that said so, nor what it claimed away" withheld b
until_true 120 "nor by any of the institution" withheld i
is "which does not tell the place by a translation either" none_in translated "$work/words.i"
is "but still tells the number of the helpline" grep -qF 116001 "$work/words.i"
# silent NODE WORDS...: no search by one of them has a hit, and nothing is counted at the place
silent() {
	who=$1
	shift
	for words in "$@"; do
		for kind in service location translation; do
			[ "$(k "$who" find --kind $kind --json "$words" | jq .total)" -eq 0 ] || { echo "$kind: $words"; return 1; }
		done
	done
	k "$who" find --kind location --limit 200 --json >"$work/facets"
	! grep -qF wq6exposed "$work/facets"
}
for o in b i; do
	until_true 60 "no search of $o tells it by a hit, a count or a facet" silent $o wq6exposed nepostojeca "blue school"
	is "which still finds the helpline by its number" sh -c "'$bin/kilim' --dir '$work/$o' find 116001 --json | jq -e '.total > 0'"
	is "and the place by its name" sh -c "'$bin/kilim' --dir '$work/$o' find --kind location sklonište --json | jq -e '.total > 0'"
done
until_true 60 "nor does a search of the owner, for others may ask it" silent a wq6exposed nepostojeca "blue school" wq8translated
is "nor is a translation found that tells it" silent i wq8translated
# counts NODE TABLE...: how many entries
entries() {
	from=$1
	shift
	k "$from" query "$@" --json | jq -r .entries
}
for o in b i; do
	for at in "" "--at Izmišljeni\ centar"; do
		# Counted where it is not told, and where nothing else is.
		until_true 30 "$o${at:+, of the owner,} finds no entry by the place" eval "[ \$(entries $o location --where place='Izmišljevo wq6exposed' $at) = 0 ]"
		until_true 30 "but counts it" eval "[ \$(entries $o location --where territory=RS $at) -ge 1 ]"
	done
done
is "nor do its own people, until they have looked" [ "$(entries a location --where place='Izmišljevo wq6exposed')" = 0 ]
for o in b i; do fails 4 $o record export "$listed_rec"; done
ok "the signed bytes of what was claimed away are not given out to people"
dropped() {
	lists_not i service "wq3audience"
}
until_true 30 "what became stricter has left the institution" dropped
await 30 lists b service "зв7ѓ" || bad "b has what is for civil society"
keys_of b member
keys_of i institution
stop b
stop i
# Another program, with the keys of each, reads all that the owner serves.
for who in member institution; do
	for collection in 0 1 2 3 4; do
		for territory in 0 0x5253 0x584b; do
			for audience in 0 1 2; do
				coap_as $who a /tail/$((collection << 24 | territory << 8 | audience)) -o "$work/served.part"
				cat "$work/served.part" >>"$work/served.$who" 2>/dev/null || :
				rm -f "$work/served.part"
			done
		done
	done
done
is "what the owner serves is more than nothing" grep -aqF "Izmišljena grupa" "$work/served.institution"
is "a civil-society member is served what is for civil society" all_in cso "$work/served.member"
for set in private earlier never taken; do
	is "but nothing of the set \"$set\"" none_in $set "$work/served.member"
done
for set in private cso earlier never stricter taken; do
	is "the institution is served nothing of the set \"$set\"" none_in $set "$work/served.institution"
done
start b
start i
await 30 connected b || bad "b comes back"
await 30 connected i || bad "i comes back"
for o in b i; do
	await 30 k $o query service --at "Izmišljeni centar" --json || bad "$o asks the owner"
	words_of $o $kinds >"$work/words.$o"
	tables_of $o >>"$work/words.$o" 2>&1
	finds_at $o >>"$work/words.$o" 2>&1
	is "$o asks the owner for tables" grep -q '"at"' "$work/words.$o"
	await 30 k $o find --kind organisation --at "Izmišljeni centar" --json || bad "$o searches at the owner's"
	quiet $o find --kind organisation --at "Izmišljeni centar" --json
	is "and searches there" get '.hits | length > 0'
done
# What is said for civil society alone, another node tells them alone.
quiet b flag add --about "$(organisation_of a)/$own" --reason moved --audience cso --json
marked_at_a() { tells "$1" "any(.hits[]; .marks == [\"moved\"])" find --kind organisation "izmišljeni centar" --at "Izmišljeni centar"; }
until_true 60 "a flag for civil society marks what the owner answers to one of it" marked_at_a b
is "the institution is answered" tells i '.hits | length > 0' find --kind organisation "izmišljeni centar" --at "Izmišljeni centar"
isnt "without it" marked_at_a i
for set in private named earlier never taken exposed removed; do
	is "no command of the civil-society member shows the set \"$set\"" none_in $set "$work/words.b"
	is "nor does its log" none_in $set "$work/b.log"
done
is "its author reads it too" all_in sealed "$work/sealed.b"
for set in private named cso earlier never stricter taken exposed removed translated sealed; do
	is "no command of the institution shows the set \"$set\"" none_in $set "$work/words.i"
	is "nor does its log" none_in $set "$work/i.log"
done

stop i
stop b
stop a
is "the search finds marks in raw files: the owner's hold every private one" all_in private "$work/a"
is "and the civil-society member's what it may have" all_in cso "$work/b"
holds_reference() {
	LC_ALL=C grep -raqP "$bytes" "$work/$1"
}
is "a private reference is in the owner's files" holds_reference a
for o in b i; do isnt "and in no file of $o" holds_reference $o; done
for set in private never; do
	is "no byte of the set \"$set\" is in any file of the civil-society member" none_in $set "$work/b"
done
for o in a b; do
	is "what is sealed stands in no file of $o either: only their keys open it" none_in sealed "$work/$o"
done
for set in private cso never sealed; do
	is "no byte of the set \"$set\" is in any file of the institution" none_in $set "$work/i"
done
# What was there once, and was dropped, may stay in pages that the store has freed until it is compacted.
for pair in b:earlier i:earlier i:stricter a:taken b:taken i:taken; do
	if none_in "${pair#*:}" "$work/${pair%:*}" >/dev/null; then
		ok "not even in freed pages: the set \"${pair#*:}\" has left every file of ${pair%:*}"
	else
		skipped "freed pages of ${pair%:*} still hold the set \"${pair#*:}\"; the store is not compacted yet"
	fi
done

if [ -n "$wire" ]; then
	kill "$wire"
	wait "$wire" 2>/dev/null || :
	pids=$(printf '%s ' $pids | tr ' ' '\n' | grep -vx "$wire" | tr '\n' ' ') || :
	is "the wire was seen ($(wc -c <"$work/wire") bytes)" test "$(wc -c <"$work/wire")" -gt 20000
	for set in private cso earlier never stricter taken exposed removed translated sealed; do
		is "nothing of the set \"$set\" stands on it in the clear" none_in $set "$work/wire"
	done
	isnt "nor even a public name" grep -aqF "Izmišljena grupa" "$work/wire"
fi
