#!/bin/sh
# entries - adding, changing and taking back, in each form that people and programs use, as both nodes show it.
. "$(dirname "$0")/lib/nodes.sh"

home a "Izmišljeni centar" RS --language sr-Latn
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
own=$(organisation_of a)

# one_of NODE ID JQ: a truth about one entry as NODE lists it
one_of() {
	k "$1" organisation list --json | jq -e --arg id "$2" --arg own "$own" ".[] | select(.id == \$id) | $3"
}

# --- adding ---

cat >"$work/one.json" <<-'END'
	{"relation":"listed","name":{"sr-Latn":"Prvo društvo","en":"First"},"territories":["RS","BA"],
	 "email":"posta@example.org","description":{"en":"Made up.","sr-Latn":"Izmišljeno."},
	 "note":"beleška samo za nas","consent":{"given":true,"from":"telefonom"}}
END
quiet a organisation add "$work/one.json" --json
is "add --json answers id and record" get '(.id | test("^[0-9a-f]{8}-[0-9a-f-]{27}$")) and (.record | startswith("rec1"))'
one=$(get .id)
until_true 30 "an entry from a file is at the other node" one_of b "$one" '.name.en == "First"'
is "list --json: author, stamp, freshness and fields by their words" one_of b "$one" \
    '.author == $own and (.stamp | test("^20[0-9-]+T[0-9:.]+Z$")) and .freshness == "fresh" and .territories == ["RS","BA"]'
is "texts stand under their languages; source names the one written first, when it is not the first" one_of b "$one" \
    '.name == {"sr-Latn":"Prvo društvo","en":"First"} and .description["sr-Latn"] == "Izmišljeno."'
is "the owner sees her private fields" one_of a "$one" '.note == "beleška samo za nas" and .consent.given'
is "nobody else does" one_of b "$one" '(has("note") or has("consent")) | not'

printf '%s' '{"relation":"listed","name":{"en":"Second","mk":"Втор","source":"mk"},"territories":["MK"]}' |
    k a organisation add - --json >"$work/out"
two=$(get .id)
until_true 30 "one from standard input as well, and \"source\" travels" one_of b "$two" \
    '.name.mk == "Втор" and (.name | keys_unsorted[0] == "mk" or .source == "mk")'

printf '%s' '[{"relation":"listed","name":"Treće","territories":["RS"]},{"relation":"listed","name":"Četvrto","territories":["RS"]}]' |
    k a organisation add - --json >"$work/out"
is "an array answers one line an entry" get 'length == 2 and all(.[]; .id and .record)'
for i in 1 2 3; do
	printf '{"relation":"listed","name":"Red %s","territories":["ME"]}\n' $i
done >"$work/many.ndjson"
quiet a organisation add "$work/many.ndjson" --json
is "so does a file with one entry a line" get 'length == 3'
until_true 30 "all of them are at the other node" counts b organisation 7
is "a text without a language has the node's own" sh -c \
    "'$bin/kilim' --dir '$work/b' organisation list --json | jq -e 'any(.[]; .name == {\"sr-Latn\":\"Red 2\"})'"

quiet a organisation add --json --name "sq:Shtatë" --name "en:Seven" --relation listed --territories AL,XK \
    --phones '{"number":"+38344000000"}'
seven=$(get .id)
until_true 30 "options make an entry too: languages, lists, groups" one_of b "$seven" \
    '.name == {"sq":"Shtatë","en":"Seven"} and .territories == ["AL","XK"] and .phones[0].number == "+38344000000"'

printf '%s\n' '{"relation":"listed","name":"Dobro","territories":["RS"]}' '{"relation":"listed","name":"Loše"}' >"$work/half.ndjson"
fails 5 a organisation add "$work/half.ndjson"
is "many are added together or not at all" counts a organisation 8
is "and the message tells which one is wrong" grep -q '2' "$work/err"

quiet a organisation add "$work/one.json" --dry-run --json
is "add --dry-run changes nothing" counts a organisation 8

# --- references and service ---
quiet a service add --json --name "Linija" --organisation "$two" --kind-terms helpline --phones '{"number":"+381110000000"}' \
    --languages srp --service-areas RS --description "Izmišljena linija."
line=$(get .id)
until_true 30 "a reference is written with its author" sh -c "'$bin/kilim' --dir '$work/b' service list --json |
    jq -e --arg r '$own/$two' 'any(.[]; .id == \"$line\" and .organisation == \$r)'"

# --- changing ---

stamp=$(one_of a "$one" .stamp | tr -d '"')
printf '%s' '{"email":null,"website":"https://example.org/1","name":{"en":"First, renamed"}}' |
    k a organisation edit "$one" - --json >"$work/out"
is "edit --json answers id and record" get ".id == \"$one\" and (.record | startswith(\"rec1\"))"
until_true 30 "a merge patch replaces, removes and leaves alone" one_of b "$one" \
    '.website == "https://example.org/1" and (has("email") | not) and .name == {"sr-Latn":"Prvo društvo","en":"First, renamed"}'
is "private fields survive an edit" one_of a "$one" '.note == "beleška samo za nas"'
fails 4 a organisation edit "$one" --website https://example.org/2 --if-stamp "$stamp"
is "--if-stamp refuses what would be a lost update" one_of a "$one" '.website == "https://example.org/1"'
stamp=$(one_of a "$one" .stamp | tr -d '"')
quiet a organisation edit "$one" --website https://example.org/3 --if-stamp "$stamp" --json
until_true 30 "with the right stamp it passes" one_of b "$one" '.website == "https://example.org/3"'
quiet a organisation edit "$one" --unset website --json
until_true 30 "--unset removes a field" one_of b "$one" 'has("website") | not'
quiet a organisation edit "$one" --website https://example.org/4 --dry-run --json
is "edit --dry-run changes nothing" one_of a "$one" 'has("website") | not'
fails 4 b organisation edit "$one" --website https://example.org/5
ok "nobody edits another's entry"

quiet a organisation history "$one" --json
is "the author keeps every version" get 'length == 4 and (map(.stamp) | . == (sort | reverse)) and .[3].name.en == "First"'
quiet b organisation history "$one" --json
is "the others only the last" get 'length == 1'

quiet a organisation verify "$one" --method phone --json
until_true 30 "verify says when, how and by whom" one_of b "$one" '.verified and .method == "phone" and .verified_by == $own'
fails 4 a organisation edit "$one" --verified-by "$(organisation_of b)"
ok "nobody says for another one that she made sure"

quiet b organisation show "$(printf %.8s "$one")" --json
is "show finds by the beginning of an id" get ".id == \"$one\" and .name.en == \"First, renamed\""
quiet b organisation show "$one"
is "and shows people the same" grep -q "Prvo društvo" "$work/out"
fails 3 b organisation show 00000000-0000-4000-8000-000000000000
ok "what is not there ends with 3"

# --- taking back ---

quiet a organisation withdraw "$two" --yes --dry-run --json
is "withdraw --dry-run changes nothing" one_of a "$two" .id
quiet a organisation withdraw "$two" --yes --json
is "withdraw --json answers id and record" get ".id == \"$two\" and (.record | startswith(\"rec1\"))"
until_true 30 "what is withdrawn is listed nowhere" lists_not b organisation "$two"
is "not even at home" lists_not a organisation "$two"
quiet b organisation list --withdrawn --json
is "unless withdrawn ones are asked for" get "any(.[]; .id == \"$two\" and .state == \"withdrawn\")"
fails 4 a organisation edit "$two" --website https://example.org/6
ok "and cannot be edited any more"

quiet a status --json
is "status --json has what programs rely on" get '(.organisation.id | startswith("org1")) and
    (.node.id | startswith("node1")) and (.network.id | startswith("net1")) and (.listen | type == "string") and
    .records.directory > 0 and .records.membership > 0 and
    (.peers[0] | has("organisation") and has("node") and has("state") and has("behind") and has("last_contact") and
    has("bytes_in") and has("bytes_out") and has("version") and has("clock_offset_ms"))'
rc=0
k a organisation show 00000000-0000-4000-8000-000000000000 --json >"$work/out" 2>"$work/err" || rc=$?
is "with --json an error is one document on stderr" \
    jq -e '.error | .code and .object and .rule and .reason' "$work/err"
is "and the exit code stays" test "$rc" -eq 3

# What has ended is hidden from everyone but its owner.
quiet a organisation add --json --name "Davno prošlo" --relation listed --territories RS --expires 2020-01-01
is "that it is over already is told" get '.warnings | any(test("^expires: this day is over"))'
quiet a organisation add --json --name "Još važi" --relation listed --territories RS
until_true 30 "what has not ended arrives" lists b organisation "Još važi"
isnt "what has ended is not listed elsewhere" lists b organisation "Davno prošlo"
is "its owner sees it" lists a organisation "Davno prošlo"

# --- what others wrote of a house before it had to stay unknown ---
echo '{"relation":"listed","name":{"sr-Latn":"Udruženje"},"territories":["RS"],"description":{"sr-Latn":"Naša Tiha kuća, ulica Izmišljena 12."}}' |
    k b organisation add - --json >"$work/out"
naming=$(organisation_of b)/$(get .id)
until_true 30 "a has what b wrote" one_of a "${naming#*/}" '.author != $own'
quiet a organisation add --json --name "Domaćin" --relation listed --territories RS
house=$(get .id)
jq -cn --arg org "$house" '{organisation: $org, name: {"sr-Latn": "Tiha kuća"}, description: {"sr-Latn": "Krevet."}, kind_terms: ["shelter"],
    languages: ["srp"], service_areas: ["RS"]}' | k a service add - --json >"$work/out"
is "who hides it is told that another member tells a place beside its name" tells a 'any(.[]; .code == "named" and .state == "warn")' doctor
quiet a organisation flag "$naming" address-exposed --json
is "until she has said so" tells a 'any(.[]; .code == "named" and .state == "ok")' doctor

# --- who becomes protected: what was told while she was not ---
echo '{"disclosure":"exact","territory":"XK","municipality":"Sajuarë","address":{"street":"Rruga e Sajuar 5"}}' |
    k b location add - --json >"$work/out"
place=$(get .id)
is "a place may be told exactly" tells b 'any(.[]; .code == "places" and .state == "ok")' doctor
stop b
mkdir -p "$work/b/conf.d"
chmod 700 "$work/b/conf.d"
printf '[organisation]\nprotected = yes\n' >"$work/b/conf.d/protected.conf"
chmod 600 "$work/b/conf.d/protected.conf"
start b
is "not by who is protected: what was told before is found" tells b 'any(.[]; .code == "places" and .state == "bad")' doctor
printf '%s' '{"disclosure":"redacted","municipality":null,"address":null}' | k b location edit "$place" - --json >"$work/out"
is "until it is taken out" tells b 'any(.[]; .code == "places" and .state == "ok")' doctor
