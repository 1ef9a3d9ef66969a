#!/bin/sh
# little - a node that keeps only the directory asks one that keeps everything.
. "$(dirname "$0")/lib/nodes.sh"

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK --keep directory
fails 5 x init --name "Niko" --territory ME --keep exchange
fails 5 x init --name "Niko" --territory ME --keep nothing

quiet a event add --json --title "en:Made-up course" --type training --start 2030-05-04T08:00:00Z --mode onsite \
    --territory RS --municipality Izmišljevo
printf '%s' '{"category":"equipment","item":{"en":"phones"},"quantity":9,"until":"2035-12-31","territory":"RS"}' |
    k a need add - --json >"$work/out"
quiet a organisation add --json --name "en:Made-up one" --relation self --territories RS
quiet a service add --json --organisation "$(get .id)" --name "en:Made-up advice" --description "en:Made up." --languages srp \
    --service-areas RS --kind-terms legal-aid
await 60 lists b service "Made-up advice" || bad "the directory is at the little node"

# --- it keeps nothing else, and says so ---
holds() {
	k b status --json | jq -e ".records.exchange == $1"
}
is "nothing of the exchange is there" holds 0
quiet b status
is "people read what it keeps" grep -q "keeps only: membership, directory;" "$work/out"
k b doctor --json >"$work/out" || : # it may be alone for a moment
is "so does the doctor say" get '.[] | select(.code == "keep") | .state == "ok" and (.text | test("only directory"))'
settled() {
	k b sync && k a peers --json | jq -e 'all(.[]; .behind == 0)' && k b peers --json | jq -e 'all(.[]; .behind == 0)'
}
await 60 settled || bad "neither is behind the other"
fails 3 b event list
fails 3 b report coverage
fails 3 b report needs
fails 3 b find course --kind event
fails 3 b event add --title "en:Mine" --type forum --start 2030-05-04T08:00:00Z --mode onsite
quiet b find course --json
is "a search says that there may be more elsewhere" get '.partial and ([.hits[] | select(.kind == "event")] == [])'

# --- it asks one that keeps all ---
asked() {
	k b report coverage --at "Izmišljeni centar" --json >"$work/out" && get '.entries == 1 and .rows[0].labels[1] == "Izmišljevo"'
}
await 60 asked || bad "a table of what it does not keep"
ok "a table of what it does not keep"
quiet b find course --kind event --at "Izmišljeni centar" --json
is "a search finds what it does not keep" get '.total == 1 and .hits[0].title == "Made-up course" and .hits[0].places == ["Izmišljevo"]
    and (.partial | not)'
quiet b find course --kind event --at "Izmišljeni centar"
is "people read it" grep -q "event: Made-up \*course\*" "$work/out"
quiet b report needs --at "Izmišljeni centar" --json
is "and the map of needs" get '.rows[0].level == "region"'
is "still nothing of it is kept" holds 0
fails 3 a report coverage --at "Shoqata e Sajuar"

# --- from the next start on it keeps all, and again little ---
keep() {
	stop b
	mkdir -p "$work/b/conf.d"
	chmod 700 "$work/b/conf.d"
	printf '[network]\nkeep = %s\n' "$1" >"$work/b/conf.d/keep.conf"
	chmod 600 "$work/b/conf.d/keep.conf"
	start b
}
keep everything
await 60 lists b event "Made-up course" || bad "what is kept anew comes"
ok "what is kept anew comes"
keep "directory"
is "what is kept no longer goes" holds 0
is "the rest is as it was" lists b service "Made-up advice"
keep "directory, exchange"
await 60 lists b event "Made-up course" || bad "and comes again"
quiet b event add --json --title "en:Mine" --type forum --start 2030-05-04T08:00:00Z --mode onsite --territory XK
keep directory
is "where something of its own is, it keeps all" lists b event "Made-up course"
k b doctor --json >"$work/out" || : # it may be alone for a moment
is "and the doctor says why" get '.[] | select(.code == "keep") | .state == "warn"'
