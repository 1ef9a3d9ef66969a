#!/bin/sh
# What the command line says, word for word: help, errors with their exit codes, answers in the normal and in the
# plain form. Golden files are in golden/; UPDATE=1 writes them anew, and the difference is for a person to read.
# Needs B/kilim and B/kilimd.
set -u
cd "$(dirname "$0")/../.."
B=${B:-$PWD/build}
G=tests/e2e/golden
T=$(mktemp -d /tmp/kilim-cli.XXXXXX)
D=$T/node
PID=
bad=0
unset KILIM_DIR KILIM_PLAIN LANGUAGE LANG LC_ALL LC_MESSAGES NO_COLOR
export TZ=UTC HOME="$T"

finish() {
	[ -z "$PID" ] || { kill "$PID" 2>/dev/null; wait "$PID" 2>/dev/null; }
	rm -rf "$T"
}
trap finish EXIT
trap 'exit 130' INT TERM

# What differs from run to run becomes a word.
mask() {
	sed -E -e "s#$T#TMP#g" \
	    -e 's/\b(org|node|net|rec)1[02-9ac-hj-np-z]{20,}/\11.../g' \
	    -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g' \
	    -e 's/\bkilim1[02-9ac-hj-np-z]{20,}/kilim1.../g' -e 's/^id: [0-9a-f]{16}$/id: ID/' \
	    -e 's/\([0-9a-f]{8}\): /(ID): /' -e 's/\b(organisation|service) show [0-9a-f]{8}$/\1 show ID/' -e 's/ [0-9a-f]{8}$/ ID/' \
	    -e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}/TIME            /' \
	    -e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/' -e 's/127\.0\.0\.1:[0-9]+/ADDRESS/'
}

# say ARGUMENTS...: one command into the transcript: what was typed, stdout, stderr, exit code.
say() {
	echo "\$ kilim $*" | mask
	"$B/kilim" "$@" >"$T/out" 2>"$T/err" </dev/null
	code=$?
	mask <"$T/out"
	mask <"$T/err" | sed 's/^/! /'
	echo "[$code]"
	echo
}

# printed FILE ARGUMENTS...: FILE of the repository is what the program prints.
printed() {
	file=$1
	shift
	"$B/kilim" "$@" >"$T/printed"
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$T/printed" "$file"
	elif cmp -s "$file" "$T/printed"; then
		echo "ok: $file is what kilim $* prints"
	else
		echo "not ok: $file is not what kilim $* prints; UPDATE=1 $0 writes it anew"
		bad=1
	fi
}

# golden NAME: the transcript on stdin is that of golden/NAME.
golden() {
	cat >"$T/$1"
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$T/$1" "$G/$1"
	elif diff -u "$G/$1" "$T/$1"; then
		echo "ok: $1 is as it was"
	else
		echo "not ok: $1 has changed"
		bad=1
	fi
}

printed docs/man/kilim.1 help --man kilim.1
printed docs/man/kilim.conf.5 help --man kilim.conf.5
printed contrib/completion/kilim.bash completion bash
printed contrib/completion/_kilim completion zsh
printed contrib/completion/kilim.fish completion fish
[ "${UPDATE:-}" = 1 ] || bash -n contrib/completion/kilim.bash || bad=1

{
	say help
	say help invite
	say help exit
	say invite --help --plain
	say help statsu
	say help network
} | golden help.txt

{
	say
	say statsu
	say serv list
	say organisation lits
	say organisation
	say join
	say join a b
	say status --jsno
	say statsu --json
	say --dir "$D" status
	say --dir "$D" init
	say --dir "$D" init --name Centar
	say --dir "$D" init --name Centar --territory Atlantis
	say --dir "$D" init --name "Centar Banja Luka" --territory RS
	say --dir "$D" init --name Centar --territory "Republika Srpska"
	say --dir "$D" init --name Centar --territory RS --listen nowhere
	say --dir "$D" init --name Centar --territory RS --protected perhaps
	say --dir "$D" init --name Centar --territory RS --language srpski-jezik-
} | golden errors-start.txt

{
	say --dir "$D" init --name "Izmišljeni centar" --territory Kosovë --protected no --listen 127.0.0.1:0 --dry-run
	say --dir "$D" init --name "Izmišljeni centar" --territory RS --protected no --listen 127.0.0.1:0
	say --dir "$D" init --name "Izmišljeni centar" --territory RS
	say --dir "$D" config check
	say --dir "$D" config show
	say --dir "$D" status
	say --dir "$D" organisation list --json
} | golden init.txt

"$B/kilimd" --dir "$D" 2>"$T/log" &
PID=$!
i=0
until "$B/kilim" --dir "$D" version --json 2>/dev/null | grep -q '"protocol"'; do
	i=$((i + 1))
	[ $i -lt 600 ] || { echo "not ok: kilimd does not start"; cat "$T/log"; exit 1; }
	sleep 0.1
done
K="--dir $D"

mkdir "$T/folder"
: >"$T/empty.json"
printf '{"relation":"listed","name":"\377"}' >"$T/broken.json"
printf '{"disclosure":"redacted","territory":"AL","address":{"street":"Rruga e Sajuar 1"}}' >"$T/place.json"
printf '{"relation":"listed","name":{"sq":"Shoqata e Sajuar","en":"Made-up Society"},"territories":["XK"]}\n{"relation":"listed","name":"Druga","territories":["ME"]}\n' >"$T/two.ndjson"
for i in 1 2 3 4 5 6; do
	printf '{"relation":"listed","name":"Shoqata %s","territories":["AL"],"description":"%s"}\n' $i \
	    "$([ $i = 4 ] && echo 'Rruga e Sajuar 5' || echo 'E sajuar')"
done >"$T/six.ndjson"
printf '{"relation":"listed","nmae":"X","territories":["ME"]}' >"$T/word.json"

{
	say $K network create "Mreža" --keys 300 --writes-day 9000 --dry-run
	say $K network create "Mreža" --keys 300 --writes-day 9000
	say $K network create "Mreža"
	say $K organisation add --relation self --name "sr-Latn:Izmišljeni centar" --territories RS --phones +381110000000
	say $K organisation add "$T/two.ndjson" --dry-run
	say $K organisation add "$T/two.ndjson"
	say $K organisation list
	say $K organisation list --plain
	say $K organisation list --territory Kosova
	say $K organisation add "$T/six.ndjson"
	say $K organisation add --relation listed --name "Bez jezika" --territories RS
	say $K organisation list --relation listed --own
	say $K query organisation --by territory
	say $K query organisation --by territory --plain
	say $K query organisation --by territory,text-language
	say $K query organisation --by territory --where territory=Kosova --csv
	say $K report gaps --topic legal-aid
	say $K report gaps --topic legal-aid --plain
	say $K report gaps --topic shelter --csv
	say $K report 3w
	say $K report coverage --plain
	say $K find izmisljeni
	say $K find shoqata sajuar --territory XK --limit 1
	say $K find shoqata sajuar --territory XK --limit 1 --plain
	say $K find shoqata --speaks tur --limit 1
	say $K find qqqqqqqq
	say $K status
	say $K status --plain
	say $K members
	say $K members --plain
	say $K network show
	say $K peers
	say $K invite list
	say $K invite "Druga" --territory ME
} | golden answers.txt

{
	say $K organisation add
	say $K organisation add "$T/folder"
	say $K organisation add "$T/missing.json"
	say $K organisation add "$T/empty.json"
	say $K organisation add "$T/broken.json"
	say $K organisation add "$T/word.json"
	say $K organisation add "$T/two.ndjson" --name X
	say $K organisation add --nmae X
	say $K organisation add --relation listed --name X --territories XX
	say $K organisation add --relation listed --name X --territories AL --actor-type firm
	say $K organisation add --relation listed --name X --territories AL --focus-groups girl
	say $K organisation add --relation listed --name X --territories AL --founded soon
	say $K location add "$T/place.json"
	say $K location add "$T/place.json" --json
	say $K organisation show 00000000
	say $K organisation edit 00000000 --unset emial
	say $K organisation withdraw 00000000
	say $K organisation list --territory Atlantis
	say $K find
	say $K find sajuar --near Atlantis
	say $K find sajuar --topic nonsense
	say $K find sajuar --page 0
	say $K invite "Druga"
	say $K invite "Druga" --territory ME --days 99
	say $K network create "Mreža" --keys many
	say $K query organisation --by colour
	say $K query organisation --where colour
	say $K query nothing
	say $K query organisation --at "Nobody"
	say $K report gaps
	say $K query service --where topic=shelter --by place
	say $K report donor "$T/folder" --from 2026-01-01 --to 2026-12-31
	say $K report donor "$T/new" --from tomorrow
	say $K invite accept bako dune fila gomu hane jori
	say $K members suspend "Nobody" --reason safety
	say $K members remove "Nobody"
} | golden errors.txt

kill "$PID"
wait "$PID" 2>/dev/null
PID=
say $K status | golden stopped.txt
[ "${UPDATE:-}" = 1 ] && echo "ok: golden files are written; read the difference"
exit $bad
