#!/bin/sh
# restore - an old copy of the store, or a store without its twin: the network is the backup.
. "$(dirname "$0")/lib/nodes.sh"

# add NODE NAME: prints its id
add() {
	quiet "$1" organisation add --json --name "$2" --relation listed --territories RS
	get .id
}
recovers() {
	k "$1" status --json | jq -e 'any(.warnings[]; startswith("recovering"))'
}
recovers_not() {
	k "$1" status --json | jq -e 'all(.warnings[]; startswith("recovering") | not)'
}
entries() {
	k "$1" organisation list --json | jq -S '[.[] | {id, record, author}] | sort_by(.id)'
}
same() {
	entries "$1" >"$work/same.$1" && entries "$2" >"$work/same.$2" && cmp "$work/same.$1" "$work/same.$2"
}
# alone NODE: start with --alone
alone() {
	bin_was=$bin
	mkdir -p "$work/alone"
	printf '#!/bin/sh\nexec "%s/kilimd" --alone "$@"\n' "$bin" >"$work/alone/kilimd"
	chmod 755 "$work/alone/kilimd"
	ln -sf "$bin/kilim" "$work/alone/kilim"
	bin=$work/alone
	start "$1"
	bin=$bin_was
}
# put_back NODE: its store as it was when it was copied; everything else as it is
put_back() {
	rm -rf "$work/$1/store"
	cp -a "$work/copy" "$work/$1/store"
}
incarnation() {
	cut -d' ' -f1 "$work/$1/machine"
}

home a "Izmišljeni centar" RS
start a
is "a node without a network is not recovering" recovers_not a
found a "Test"
member a b "Shoqata e Sajuar" XK
first=$(add a "Prvi")
await 30 counts b organisation 1 || bad "the entry arrives"

stop a
cp -a "$work/a/store" "$work/copy"
start a
is "a node that was stopped is not recovering" recovers_not a
second=$(add a "Drugi")
quiet a organisation edit "$first" --email novi@example.org --json
third=$(add b "I treti")
await 30 same a b || bad "both agree"
crash a
start a
is "nor is one that was killed" recovers_not a
await 30 same a b || bad "both agree"
entries b >"$work/wanted"

# --- an old copy, nobody there ---
before=$(incarnation a)
stop a
stop b
put_back a
start a
is "with an old copy of the store it is recovering" recovers a
fails 4 a organisation edit "$first" --email stari@example.org
is "and signs nothing, and says why" grep -q "old copy" "$work/err"
fails 4 a organisation add --name "Prerano" --relation listed --territories RS
is "doctor has a row for it" tells a 'any(.[]; .code == "recovery" and .state == "bad")' doctor
if command -v coap-client-openssl >/dev/null; then
	keys_of b b
	coap_as b a /buckets -m get
	is "a member is served nothing meanwhile" grep -q recovering "$work/coap"
fi
stop a
start a
is "a start in between changes nothing" recovers a

# --- the other one is back ---
start b
until_true 30 "another node ends it" recovers_not a
until_true 30 "all that was signed meanwhile is back" same a b
entries a >"$work/found"
is "and nothing else" cmp "$work/wanted" "$work/found"
isnt "the store has another incarnation" test "$before" = "$(incarnation a)"
quiet a organisation edit "$first" --email treci@example.org --json
until_true 30 "what it signs then stands above what it had signed before" same a b
is "at the other node too" tells b '.email == "treci@example.org"' organisation show "$first"
quiet a organisation withdraw "$second" --yes --json
until_true 30 "and so does what it withdraws" lists_not b organisation "$second"
stop a
start a
is "it is over for good" recovers_not a

# --- no twin; and nothing is served meanwhile ---
stop a
rm "$work/a/machine"
stop b
start a
is "a store without its twin recovers as well" recovers a
start b
until_true 30 "also with the other node's help" recovers_not a
until_true 30 "both agree" same a b

# --- alone ---
stop b
stop a
put_back a
start a
is "an old copy again" recovers a
stop a
alone a
is "with --alone it goes on at once" recovers_not a
is "after a warning" grep -q "node.alone" "$work/a.log"
fourth=$(add a "Sam")
stop a
start a
is "and the next start is like any other" recovers_not a
start b
until_true 30 "who comes later has the rest" lists a organisation "$third"
until_true 30 "and gets what was signed alone" lists b organisation "$fourth"

# --- three nodes: a second one is asked where there is one ---
member a c "Измислено здружение" MK
await 30 actives b 3 || bad "everybody knows everybody"
stop a
rm -rf "$work/copy"
cp -a "$work/a/store" "$work/copy"
start a
fifth=$(add a "Peti")
await 30 lists c organisation "$fifth" || bad "the entry arrives"
await 30 lists b organisation "$fifth" || bad "the entry arrives"
stop c
stop a
put_back a
start a
until_true 30 "one node has answered, a second is waited for" tells a \
    'any(.[]; .code == "recovery" and (.text | contains("a second")))' doctor
stays 3 "until then it is recovering" recovers a
start c
until_true 60 "the second one ends it" recovers_not a
until_true 30 "with all that was signed" lists a organisation "$fifth"

# --- a copy from the run that ended in a crash ---
noticed() {
	grep -c "warn node.recovering" "$work/a.log"
}
counted_since() {
	! cmp -s "$work/machine" "$work/a/machine"
}
rm -rf "$work/copy"
# So that nothing is written while it is copied.
stopped() {
	! grep -L '^State:.*(stopped)' "/proc/$(pid_of a)/task/"*/status | grep .
}
kill -STOP "$(pid_of a)"
await 30 stopped || bad "the node of a stands still"
cp -a "$work/a/store" "$work/copy"
cp "$work/a/machine" "$work/machine"
kill -CONT "$(pid_of a)"
# It may have been counting just then: the second time it is what was signed after the copy.
sixth=$(add a "Šesti")
await 30 counted_since || bad "the twin follows what is signed"
cp "$work/a/machine" "$work/machine"
sixth=$(add a "Sedmi")
until_true 30 "the twin follows what is signed" counted_since
await 30 lists b organisation "$sixth" || bad "the entry arrives"
crash a
put_back a
before=$(noticed)
start a
is "so an older copy from the same run is noticed" test "$(noticed)" -gt "$before"
until_true 60 "and brought up to date" recovers_not a
until_true 30 "with what was signed after it" lists a organisation "$sixth"
