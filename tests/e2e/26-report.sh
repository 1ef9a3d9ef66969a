#!/bin/sh
# report - queries and reports, here and of another node: what is counted, what never is, and for whom.
. "$(dirname "$0")/lib/nodes.sh"

home a "Izmišljeni centar" RS --language sr-Latn
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
home c "Izmišljena opština" ME
start c
code=$(invite a "Izmišljena opština" --territory ME --class institution)
asks c "$code" a
# shellcheck disable=SC2046
quiet a invite accept $(k a invite list --json | jq -r '.[] | select(.state == "asking") | .words | join(" ")') --json
await 30 actives c 3 || bad "the institution is a member"
await 30 connected c || bad "it is connected"

# org NODE NAME TERRITORY: an organisation that is listed; its id
org() {
	quiet "$1" organisation add --json --name "en:$2" --relation listed --territories "$3"
	get .id
}
# service NODE ORG NAME TERRITORY CODES [OPTION...]
service() {
	who=$1 of=$2 name=$3 area=$4 codes=$5
	shift 5
	quiet "$who" service add --json --organisation "$of" --name "en:$name" --description "en:Made up." \
	    --languages srp --service-areas "$area" --kind-terms "$codes" "$@"
	get .id
}

# --- three organisations with shelters, in two territories, and ordinary help ---
o1=$(org a "First made-up" RS) o2=$(org a "Second made-up" RS) o3=$(org b "Third made-up" XK) o4=$(org a "Fourth made-up" RS)
service a "$o1" "Advice" RS legal-aid --municipalities Izmišljevo >/dev/null
service a "$o2" "Advice again" RS legal-aid,counselling --municipalities Izmišljevo --municipalities Drugovo >/dev/null
service b "$o3" "Këshillim" XK legal-aid --last-verified 2020-02-01 >/dev/null
service a "$o1" "Inside" RS counselling --audience cso --municipalities Drugovo >/dev/null
service a "$o1" "House one" RS shelter >/dev/null
service a "$o2" "House two" RS shelter >/dev/null
service b "$o3" "House three" XK shelter >/dev/null
for org in "$o1" "$o2" "$o4"; do
	printf '{"category":"equipment","item":{"en":"phones"},"quantity":3,"until":"2035-12-31","territory":"RS","organisation":"%s"}' "$org" |
	    k a need add - --json >"$work/out"
done
quiet a event add --json --title "en:Made-up course" --type training --start 2030-05-04T08:00:00Z --mode onsite \
    --territory RS --municipality Izmišljevo
quiet a event add --json --title "en:Made-up forum" --type forum --start 2030-05-04T08:00:00Z --mode onsite \
    --territory RS --municipality Izmišljevo
until_true 30 "everything is at both" same_lists a b organisation service need event
is "seven services" counts b service 7
until_true 30 "and at the third what an institution may have" counts c service 6

# --- counting ---
quiet a query service --by topic --json
is "entries are counted by topic" get '[.rows[] | {(.keys[0]): .count}] | add == {"legal-aid":3,"counselling":2}'
is "each organisation once" get '[.rows[] | {(.keys[0]): .organisations}] | add == {"legal-aid":3,"counselling":2}'
is "and the stale apart" get '.rows[] | select(.keys[0] == "legal-aid") | .fresh == 2 and .stale == 1'
is "what must stay unknown is not among them, and that is said" get '.left_out and .entries == 4'
quiet a query service --by place,topic --where territory=RS --json
is "two fields make cells" get '[.rows[] | {(.labels[0] + "/" + .keys[1]): .count}] | add ==
    {"Drugovo/counselling":2,"Drugovo/legal-aid":1,"Izmišljevo/counselling":1,"Izmišljevo/legal-aid":2}'
quiet a query service --where place=ИЗМИШЉЕВО,topic=legal-aid --json
is "a place is known in any script" get '.entries == 2'
quiet a query service --where territory=kosovo --by freshness --json
is "a territory by its name" get '.rows | length == 1 and .[0].keys == ["stale"]'
fails 5 a query service --by colour
fails 2 a query service --where colour
fails 3 a query nothing

# --- what must stay unknown ---
quiet a query service --where topic=shelter --json
is "of three organisations the region is told" get '.entries == 3 and .confidential'
quiet a query service --where topic=shelter --by territory --json
is "of fewer no territory is" get '.rows == [] and .withheld'
fails 5 a query service --where topic=shelter --by place
fails 5 a query service --where topic=shelter,language=srp
fails 5 a query service --where topic=shelter --by organisation

# --- reports ---
quiet a report gaps --topic legal-aid --json
is "gaps by territory" get '[.rows[] | {(.keys[0]): .state}] | add == {"AL":"no-member-there-unknown","BA":"no-member-there-unknown",
    "ME":"member-there-none-listed","MK":"no-member-there-unknown","RS":"served","XK":"stale"}'
quiet a report gaps --topic counselling --by municipality --json
is "gaps by municipality" get '[.rows[] | {(.labels[1]): .state}] | add | .Drugovo == "served" and .["Izmišljevo"] == "served"'
quiet a report gaps --topic shelter --by municipality --json
is "gaps of what must stay unknown: the region alone" get '(.by == ["territory"]) and
    ([.rows[] | select(.state != "told-for-the-region-only") | .keys[0]] == ["WB"])'
quiet a report gaps --json
is "gaps of every sort of help that is named" get '.by == ["topic", "territory"] and
    ([.rows[] | select(.keys[0] == "legal-aid") | {(.keys[1]): .state}] | add | .RS == "served" and .XK == "stale")'
isnt "but of none that must stay unknown" get 'any(.rows[]; .keys[0] == "shelter")'
quiet a report gaps
is "for people, a line a state" sh -c "grep -qF 'a member is there, none is listed: ' '$work/out'"
fails 2 a report gaps --by municipality
quiet a report 3w --json
is "who does what where, without shelters" get '(.rows | length == 7) and all(.rows[]; .keys[1] != "shelter")'
quiet a report coverage --json
is "trainings only" get '.entries == 1 and .rows[0].labels[1] == "Izmišljevo"'
quiet a report coverage --from 2031-01-01 --json
is "of the period only" get '.entries == 0'
quiet a report stale --by organisation,kind --json
is "who has stale entries" get 'any(.rows[]; .keys[1] == "service" and .stale == 1)'
quiet a report stale --json
is "which they are" get 'length == 1 and .[0].kind == "service" and .[0].freshness == "stale"'
fails 2 a report stale --by kind --own
quiet a report stale --by organisation --plain
is "plain: one fact a line" sh -c "! grep -v ': ' '$work/out' | grep -q '^organisation'"

# --- CSV ---
quiet a query service --by topic --csv
is "CSV has keys and names" sh -c "head -n 1 '$work/out' | tr -d '\r' | grep -qx '\"topic\",\"topic_name\",\"count\",\"organisations\",\"fresh\",\"due\",\"stale\"'"
org a "=HYPERLINK(1)" RS >"$work/id"
service a "$(cat "$work/id")" "Formula" RS advocacy >/dev/null
quiet a query service --by organisation --where topic=advocacy --csv
is "a name is no formula" grep -q "\"'=HYPERLINK(1)\"" "$work/out"

# --- of another node ---
for n in b c; do
	await 30 k $n query service --at "Izmišljeni centar" --json || bad "$n has a session with the one that is asked"
done
quiet b query service --by topic --at "Izmišljeni centar" --json
is "another node answers the same" get '[.rows[] | {(.keys[0]): .count}] | add == {"legal-aid":3,"counselling":2,"advocacy":1}'
is "and it is said which" get '.at | startswith("node1")'
quiet c query service --by topic --at "Izmišljeni centar" --json
is "an institution is told what an institution may have" get '[.rows[] | {(.keys[0]): .count}] | add ==
    {"legal-aid":3,"counselling":1,"advocacy":1}'
quiet c report gaps --topic legal-aid --at "Izmišljeni centar" --json
is "reports as well" get '.rows[] | select(.keys[0] == "RS") | .state == "served"'
quiet a report needs --json
jq -S 'del(.at)' "$work/out" >"$work/here"
is "needs are counted" get '.rows[0].level == "region" and .columns == ["equipment"]'
quiet c report needs --at "Izmišljeni centar" --json
jq -S 'del(.at)' "$work/out" >"$work/there"
is "the map of needs as well" cmp "$work/here" "$work/there"
fails 5 c report needs --by street --at "Izmišljeni centar"
fails 3 c report needs --topic no-such-topic --at "Izmišljeni centar"
fails 5 c query service --where topic=shelter --by place --at "Izmišljeni centar"
fails 6 c query service --at "Nobody at all"

# --- the same search, of another node ---
same_hits() {
	pick='[.hits[] | {id, kind, title, snippet, highlights, organisation, freshness, verified, languages, territories, places,
	    phones: [(.phones // [])[].number], score}]'
	k "$1" find "$2" --json | jq -S "$pick" >"$work/here"
	k "$3" find "$2" --at "Izmišljeni centar" --json | jq -S "$pick" >"$work/there"
	[ "$(jq length "$work/here")" -gt 0 ] && cmp "$work/here" "$work/there"
}
await 60 same_hits a "advice" b || bad "another node finds the same"
await 60 same_hits a "savet izmisljevo" b || bad "by a place as well"
quiet c find inside --at "Izmišljeni centar" --json
is "an institution finds only what it may have" get '[.hits[] | select(.title == "Inside")] | length == 0'
quiet b find inside --at "Izmišljeni centar" --json
is "a civil-society member finds it" get 'any(.hits[]; .title == "Inside") and (.at | startswith("node1"))'
is "what is counted beside it as well" get '.facets.kind.service >= 1'
quiet b find advice --territory RS --limit 1 --page 2 --at "Izmišljeni centar" --json
is "its pages are turned" get '.page == 2 and (.hits | length) == 1'
fails 3 b find advice --near Nigdejevo --at "Izmišljeni centar"
fails 5 b find advice --limit 60 --at "Izmišljeni centar"
fails 6 b find advice --at "Nobody at all"
quiet b find advice --at "Izmišljeni centar"
is "people read who was asked" grep -q "^asked of: node1" "$work/out"
quiet b find jedinstvenaosnova --at "Izmišljeni centar"
isnt "nobody's log has a word of a search" grep -qis "jedinstvenaosnova" "$work/a.log" "$work/b.log"
quiet b query organisation --where place=Jedinstvenoime --at "Izmišljeni centar" --json
fails 5 b query organisation --where jedinstvenoime=1 --at "Izmišljeni centar"
fails 5 a query organisation --by jedinstvenoime
isnt "nobody's log has a word of a question" grep -qis "jedinstvenoime" "$work/a.log" "$work/b.log"

# --- the folder ---
quiet a report donor "$work/donor" --from 2030-01-01 --to 2030-12-31
is "a folder for donors" sh -c "cd '$work/donor' && test -s index.html && test -s 3w.csv && test -s trainings.csv && test -s needs.csv && test -s gaps-legal-aid.csv"
is "it says who reports" grep -q "2 of 3 organisations reporting" "$work/donor/index.html"
is "and what is absent" grep -q "none have been released" "$work/donor/index.html"
isnt "nothing for members only, nothing of shelters" grep -rqiE "inside|house (one|two|three)|shelter" "$work/donor"
fails 4 a report donor "$work/donor" --from 2030-01-01 --to 2030-12-31
fails 5 a report donor "$work/none" --from 2030-12-31 --to 2030-01-01
isnt "half a report is none" test -e "$work/none"
fails 3 a query service --where topic=leagl-aid
fails 3 a report gaps --topic leagl-aid
fails 5 a query service --where channel=fax
fails 2 a report donor "$work/other" --from 2030
