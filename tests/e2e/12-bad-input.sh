#!/bin/sh
# bad-input - what people get wrong: one clear sentence, the right exit code, nothing changed.
. "$(dirname "$0")/lib/nodes.sh"

home a "Izmišljeni centar" RS
start a
found a "Test"
quiet a organisation add --json --name "Ovde" --relation self --territories RS

# all NODE: everything that its user can list
all() {
	for word in organisation service location; do k "$1" $word list --json --withdrawn; done
	k "$1" members --json
	k "$1" invite list --json
	k "$1" network log --json
}
# refused CODE WHAT PATTERN ARGS...: node a says a sentence with PATTERN, ends with CODE, and is as it was
refused() {
	wanted=$1 what=$2 pattern=$3
	shift 3
	all a >"$work/before"
	fails "$wanted" a "$@"
	grep -qiE -e "$pattern" "$work/err" || { cat "$work/err" >&2; bad "$what: the sentence speaks of it"; }
	all a >"$work/after"
	cmp -s "$work/before" "$work/after" || bad "$what: nothing changed"
	ok "$what: \"$(sed 's/^kilim: //' "$work/err" | cut -c 1-110)\""
}
file() {
	cat >"$work/in.json"
}

# --- entries ---
file <<'END'
{"relation":"listed","name":"X","territories":["RS"],"webside":"https://example.org"}
END
refused 5 "an unknown field" webside organisation add "$work/in.json"
grep -q website "$work/err" || bad "an unknown field: the nearest one is named"
file <<'END'
{"relation":"listed","name":"X","territories":"RS, nowhere","founded":"last year"}
END
refused 5 "a wrong type" 'territories|founded' organisation add "$work/in.json"
printf '{"relation":"listed","territories":["RS"],"name":"%0300d"}' 0 | file
refused 5 "a text that is too long" 'name.*(long|bytes)' organisation add "$work/in.json"
printf '{"relation":"listed","territories":["RS"],"name":"A\377B"}' | file
refused 5 "invalid UTF-8 in a file" 'utf-8' organisation add "$work/in.json"
refused 5 "invalid UTF-8 in an option" 'utf-8' organisation add --relation listed --territories RS --name "$(printf 'A\377B')"
file <<'END'
{"relation":"listed","territories":["RS"],"name":"A"
END
refused 5 "a file that is no JSON" 'json|line|end|expected' organisation add "$work/in.json"
file <<'END'
{"relation":"cousin","territories":["RS"],"name":"A"}
END
refused 5 "a word that is not in the list" 'cousin|relation' organisation add "$work/in.json"
file <<'END'
{"relation":"listed","territories":["RS"]}
END
refused 5 "a field that is missing" 'name: is missing' organisation add "$work/in.json"
file <<'END'
{"disclosure":"redacted","name":{"sq":"Vend i sajuar"},"address":{"street":"Rruga e Sajuar 1"}}
END
refused 4 "a redacted location with a street" 'address|street' location add "$work/in.json"
file <<'END'
{"disclosure":"redacted","name":{"sr-Latn":"Mesto u ul. Izmišljena 5"}}
END
refused 4 "a street in the free text of a redacted location" 'name' location add "$work/in.json"
refused 5 "an e-mail address that is none" email organisation add --name A --relation listed --territories RS --email "a b"
refused 5 "a telephone number that is none" 'phone' organisation add --name A --relation listed --territories RS \
    --phones '{"number":"call me"}'
refused 5 "a territory that is none" 'territor' organisation add --name A --relation listed --territories QQ
refused 5 "a time that is none" 'expires' organisation add --name A --relation listed --territories RS --expires soon
refused 3 "a file that is missing" 'no-such' organisation add "$work/no-such.json"
mkdir "$work/folder"
refused 5 "a directory instead of a file" 'folder|directory' organisation add "$work/folder"
: >"$work/empty.json"
refused 5 "an empty file" 'empty' organisation add "$work/empty.json"
refused 3 "an id that nobody has" '0000' organisation edit 00000000-0000-4000-8000-000000000000 --email a@example.org
refused 2 "a field of another kind" 'option|field' organisation add --disclosure exact
printf '{"relation":"listed","territories":["RS"],"name":"A",}' | file
refused 5 "a comma too many" 'no comma belongs before a closing bracket: .*"name":"A",}' organisation add "$work/in.json"
printf '{"relation":"listed","territories":["RS"],"name":"A"}' | iconv -t UTF-16LE | file
refused 5 "a file in UTF-16" 'UTF-16.*UTF-8' organisation add "$work/in.json"
refused 3 "the other side of a hand-over that nobody has" 'offer or expertise|need' need met 00000000 00000000

# --- commands ---
refused 2 "an unknown command, with the nearest" 'did you mean "service"' servce list
refused 2 "an unknown verb, with the nearest" 'did you mean "service list"' service lst
refused 2 "an unknown option, with the nearest" 'did you mean.*--own' organisation list --ow
refused 2 "an argument too many" '.' status now
refused 2 "an argument too few" '.' organisation show
refused 2 "an option without its value" '.' organisation list --territory
refused 2 "an option in place of a value" 'needs a value; --own' organisation list --territory --own
refused 2 "an empty argument" 'is empty' organisation show ''
refused 2 "a search for nothing" 'what you look for' find
refused 2 "a radius around nothing" 'near' find kuca --radius 5
refused 3 "a folder that is not there" 'absent/out' export hsds --output "$work/absent/out"
fails_json() {
	rc=0
	k a "$@" --json >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -gt 0 ] && [ ! -s "$work/out" ] || bad "fails, and answers nothing: kilim $* --json"
	jq -e '.error | .code and .rule and .reason' "$work/err" >/dev/null || { cat "$work/err" >&2; bad "an error is JSON: kilim $* --json"; }
}
fails_json
fails_json servce list
fails_json organisation show 00000000
fails_json find
fails_json organisation add "$work/no-such.json"
fails_json help nothing
ok "with --json every error is one document"
for words in "help" "help exit" "help service add" "completion bash" "export 3w" "export ical" "service add --help"; do
	# shellcheck disable=SC2086
	quiet a $words --json
	jq -e '.text | length > 0' "$work/out" >/dev/null || bad "its text stands in one document: kilim $words --json"
done
quiet a export 3w --output "$work/3w.csv" --json
jq -e --arg f "$work/3w.csv" '.files[0].file == $f and .files[0].bytes > 0' "$work/out" >/dev/null || bad "the file is told"
ok "and so is every text"
refused 5 "a class that does not exist" 'class' invite "Neko" --territory RS --class friend
refused 2 "an invitation for longer than a week" 'day' invite "Neko" --territory RS --days 30
refused 4 "a second network" 'network' network create "Drugi"

# --- invitations ---
home g "Gost" BA
start g
# guest CODE WHAT PATTERN INVITATION: its join is refused, and the host is as it was. The node of a guest that was refused goes
# on asking; so the first answer may be one to what it had asked before this.
turned_away() {
	rc=0
	k g join "$3" --wait 60 >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -eq "$1" ] && grep -iE -e "$2" "$work/err"
}
guest() {
	wanted=$1 what=$2 pattern=$3
	all a >"$work/before"
	await 60 turned_away "$wanted" "$pattern" "$4" ||
	    bad "$what: ends with $wanted, not $rc, and speaks of it: $(cat "$work/out" "$work/err")"
	said_one_sentence "$what"
	all a >"$work/after"
	cmp -s "$work/before" "$work/after" || bad "$what: nothing changed"
	ok "$what: \"$(sed 's/^kilim: //' "$work/err" | cut -c 1-110)\""
}
code=$(invite a "Gost" --territory BA --auto)
last=$(printf %s "$code" | tail -c 1)
guest 5 "a slip in the letters of a code" 'code|letter|invit' "${code%?}$([ "$last" = q ] && echo p || echo q)"
guest 5 "something that is no code" 'code|invit|prefix' "hello"
quiet a invite revoke "Gost"
guest 4 "a code that was taken back, where nobody is invited any more" 'does not know.*invitation' "$code"
quiet a invite "Neko drugi" --territory BA
guest 4 "a code that was taken back" 'withdrawn' "$code"
code=$(invite a "Gost" --territory BA --auto --days 1)
stop a
"$bin/e2e/age_invites" "$work/a" 2 >/dev/null
start a
guest 4 "a code that has expired" 'expired' "$code"
code=$(invite a "Gost" --territory BA)
home w "Gost" BA
start w
asks w "$code" a
words=$(get '.words | join(" ")')
fails 4 w network create "Nova"
is "who waits to be admitted founds no network by mistake" grep -q -e '--instead' "$work/err"
is "and none was founded" sh -c "'$bin/kilim' --dir '$work/w' status --json | jq -e '.network == null'"
quiet w network create "Nova" --instead
is "who gives that up does" sh -c "'$bin/kilim' --dir '$work/w' network show --json | jq -e '.name == \"Nova\"'"
# shellcheck disable=SC2086
quiet a invite refuse $words
crash w
start w
is "and it stays so" sh -c "'$bin/kilim' --dir '$work/w' network show --json | jq -e '.name == \"Nova\"'"
stop w
code=$(invite a "Gost" --territory BA --auto)
member a b "Shoqata e Sajuar" XK
home h "Gost" BA
start h
join h "$code"
await 30 actives a 3 || bad "the first guest gets in"
for o in b h; do await 30 same_records a $o || bad "$o and a know the same"; done
guest 4 "a code that was used" 'used' "$code"
code=$(invite a "Treći" --territory BA --auto)
all a >"$work/before"
fails 4 b join "$code"
all a >"$work/after"
is "who is in a network cannot join another: nothing changed" cmp "$work/before" "$work/after"
refused 4 "an invitation for oneself" "network already" join "$code"

# --- the home ---
# no_home CODE WHAT PATTERN COMMAND...: the same for commands that need no node, or find none
no_home() {
	wanted=$1 what=$2 pattern=$3 rc=0
	shift 3
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -eq "$wanted" ] || { cat "$work/out" "$work/err" >&2; bad "$what ends with $wanted, not $rc"; }
	grep -v ' info ' "$work/err" >"$work/sentence" || :
	mv "$work/sentence" "$work/err"
	said_one_sentence "$what"
	grep -qiE -e "$pattern" "$work/err" || { cat "$work/err" >&2; bad "$what: the sentence speaks of it"; }
	ok "$what: \"$(sed 's/^kilimd*: //' "$work/err" | cut -c 1-130)\""
}
tool() {
	"$bin/kilim" --no-input "$@"
}

no_home 5 "RS from a Bosnian place" 'BA' tool --dir "$work/x" init --name "Izmišljeni centar" --territory RS \
    --place "Banja Luka" --protected no --listen 127.0.0.1:0
is "it made nothing" test ! -e "$work/x"
no_home 5 "a territory that is none, at init" 'territory|QQ' tool --dir "$work/x" init --name X --territory QQ --protected no
no_home 5 "an address that is none" 'listen|address' tool --dir "$work/x" init --name X --territory RS --protected no --listen nowhere
is "they made nothing either" test ! -e "$work/x"
no_home 4 "init where a node lives" 'already|exists' tool --dir "$work/a" init --name X --territory RS --protected no
no_home 3 "the settings of a home that is not there" 'no such directory' tool --dir "$work/nowhere" config check
is "it made none" test ! -e "$work/nowhere"
stop g
no_home 6 "a node that does not run" 'kilimd|run' tool --dir "$work/g" status
no_home 3 "a home that is not there" 'init|no ' tool --dir "$work/nowhere" status
no_home 8 "a second daemon" "locked by PID $(pid_of a)" "$bin/kilimd" --dir "$work/a"
is "the first goes on" k a status --json

cp "$work/g/kilim.conf" "$work/conf"
line=$(($(grep -c '' "$work/conf") + 2))
{ cat "$work/conf"; printf '[network]\nlisen = 127.0.0.1:0\n'; } >"$work/g/kilim.conf"
no_home 5 "an unknown key in kilim.conf" "kilim.conf:$line.*(lisen|listen)" tool --dir "$work/g" config check
no_home 5 "the daemon says the same" "kilim.conf:$line" "$bin/kilimd" --dir "$work/g"
grep -q listen "$work/err" || bad "an unknown key: the nearest is named"
sed 's/^protected = no/protected = perhaps/' "$work/conf" >"$work/g/kilim.conf"
line=$(grep -n '^protected' "$work/g/kilim.conf" | cut -d : -f 1)
no_home 5 "a value in kilim.conf that is none" "kilim.conf:$line.*(perhaps|protected)" "$bin/kilimd" --dir "$work/g"
cp "$work/conf" "$work/g/kilim.conf"
for key in organisation.key machine.key node.key; do
	chmod 644 "$work/g/$key"
	no_home 4 "$key that others can read" "$key" "$bin/kilimd" --dir "$work/g"
	chmod 600 "$work/g/$key"
done
sed "s/^listen = .*/listen = 127.0.0.1:$(port_of a)/" "$work/conf" >"$work/g/kilim.conf"
no_home 1 "a port that is taken" 'another program uses this port.*network.listen' "$bin/kilimd" --dir "$work/g"
cp "$work/conf" "$work/g/kilim.conf"
: >"$work/g/node.key"
no_home 5 "a key file without a key" 'node.key' "$bin/kilimd" --dir "$work/g"
no_home 2 "kilimd without its directory" 'needs the directory' "$bin/kilimd" --dir
no_home 2 "kilimd with an option it does not have" '--bogus' "$bin/kilimd" --bogus

# --- other users and full disks: as root only ---
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	skipped "other users and full disks: only root can arrange them"
	exit 0
fi
mkdir -m 755 "$work/bin"
cp "$bin/kilim" "$bin/kilimd" "$work/bin"
nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups env -C / HOME=/ "$work/bin/$@"
}
no_home 4 "another user's home" 'this user may not' nobody kilim --dir "$work/a" --no-input status
no_home 4 "another user's home, for the daemon" 'permission|denied' nobody kilimd --dir "$work/a"
chmod 711 "$work/a"
chmod 666 "$work/a/control"
all a >"$work/before"
no_home 4 "a user without a role" 'role|may|right|group|permission' nobody kilim --dir "$work/a" --no-input organisation add \
    --name X --relation listed --territories RS
all a >"$work/after"
is "changed nothing" cmp "$work/before" "$work/after"
chmod 660 "$work/a/control"
chmod 700 "$work/a"
printf '{}' >"$work/secret.json"
chmod 600 "$work/secret.json"
no_home 4 "a file that this user may not read" 'secret.json' nobody kilim --dir "$work/a" --no-input organisation add "$work/secret.json"

mkdir "$work/full"
if ! mount -t tmpfs -o size=40m kilim-test "$work/full" 2>/dev/null; then
	skipped "a full disk: no tmpfs can be mounted here"
	exit 0
fi
at_end() {
	umount -l "$work/full" 2>/dev/null
}
quiet full init --name "Puni disk" --territory RS --protected no --listen 127.0.0.1:0
start full
found full "Mala"
quiet full organisation add --json --name "Pre" --relation listed --territories RS
dd if=/dev/zero of="$work/full/ballast" bs=64k 2>/dev/null || :
i=0 rc=0
while [ "$rc" -eq 0 ] && [ "$i" -lt 400 ]; do
	i=$((i + 1))
	k full organisation list --json >"$work/before"
	k full organisation add --json --name "Za vreme $i" --relation listed --territories RS \
	    --description "$(printf '%04000d' 0)" >"$work/out" 2>"$work/err" || rc=$?
done
is "a full disk ends an add with 8" test "$rc" -eq 8
said_one_sentence "a full disk"
is "says so" grep -qiE 'disk|space|full' "$work/err"
k full organisation list --json >"$work/after"
is "and the entry is not half there" cmp "$work/before" "$work/after"
is "what was acknowledged before is" lists full organisation "Pre"
is "status warns" sh -c "'$bin/kilim' --dir '$work/full' status --json | jq -e '.warnings | length > 0'"
rm "$work/full/ballast"
stop full
start full
quiet full organisation add --json --name "Posle" --relation listed --territories RS
is "with room again it goes on after a restart" lists full organisation "Posle"
k full organisation list --json | jq 'map(select(.name | tostring | contains("Posle") | not))' >"$work/after"
jq . <"$work/before" | cmp -s - "$work/after" || bad "nothing acknowledged was lost on the full disk"
ok "and nothing acknowledged was lost"
