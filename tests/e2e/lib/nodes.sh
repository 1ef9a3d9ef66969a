# nodes.sh - sourced by the scripts: homes, nodes and networks on loopback, and waiting for what must become true.
#
#   ok WHAT                     it was seen
#   bad WHAT                    it was not: the script ends with 1 and shows what the nodes said last
#   k NODE ARGS...              kilim of that node
#   quiet NODE ARGS...          the same; must succeed; $work/out and $work/err hold what it said
#   fails CODE NODE ARGS...     must end with CODE, say one sentence on stderr and nothing on stdout
#   get JQ                      one value of $work/out
#   is WHAT COMMAND...          true now                       isnt WHAT COMMAND...        untrue now
#   await SECONDS COMMAND...    becomes true in time           until_true SECONDS WHAT COMMAND...   and says so
#   not COMMAND...              the other way round            tells NODE JQ ARGS...  true of what `kilim ARGS --json` answers
#   swift MS TOOK COMMAND...    TOOK ms are few, or this machine is busy: COMMAND takes long as well
#   stays SECONDS WHAT COMMAND...  true the whole time: where nothing may happen there is nothing to wait for
#   home NODE NAME TERRITORY [OPTION...]     start NODE     stop NODE     crash NODE (kill -9)
#   found NODE NETWORK          invite NODE NAME TERRITORY [OPTION...] (prints the code)
#   join NODE CODE              member INVITER NODE NAME TERRITORY [OPTION...]: home, start, --auto join, both know
#   asks NODE CODE INVITER      the guest waits for a person there; $work/out has its words
#
# What one node did is known at another one some time later, and two things that it did may come in any order. So
# whatever is said of a node that did not act is waited for: with a limit that is for machines that are broken, not for
# those that are slow (half a minute). same_records waits for all of it at once where only one of the two has written since
# they last agreed, same_lists where both have: as many may be different ones.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
case ${B:=build} in
/*) bin=$B ;;
*) bin=$here/$B ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/kilim-test.XXXXXX")
chmod 755 "$work"
pids=
unset KILIM_DIR KILIM_PLAIN
LC_ALL=C.UTF-8
export LC_ALL

# What a failure leaves to read; the reason comes last, where it is seen first.
explain() {
	echo "the nodes said last:"
	tail -n 8 "$work"/*.log 2>/dev/null
	if read -r asked words 2>/dev/null <"$work/asked"; then
		echo "asked last, of $asked: kilim $words" | cut -c 1-1000
		echo "it answered: $(tail -c 2000 "$work/answer.$asked")"
	fi
	if [ "$code" -eq 130 ]; then
		echo "ended from outside"
	else
		cat "$work/untrue" 2>/dev/null || echo "ended with $code at something that is not expected to fail"
	fi
}

finish() {
	code=$?
	trap - EXIT INT TERM
	set +e
	[ "$code" -eq 0 ] || explain >&2
	for p in $pids; do kill "$p" 2>/dev/null; done
	for p in $pids; do wait "$p" 2>/dev/null; done
	if command -v at_end >/dev/null; then at_end; fi
	if [ "${KEEP:-}" = 1 ]; then
		echo "kept: $work" >&2
	else
		rm -rf "$work"
	fi
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

for program in kilim kilimd; do
	[ -x "$bin/$program" ] || { echo "$bin/$program is missing: build first" >&2; exit 1; }
done

ok() {
	printf 'ok: %s\n' "$*"
}

bad() {
	printf 'untrue: %s\n' "$*" >"$work/untrue"
	exit 1
}

# untrue WHAT FILE COMMAND...: the command was to show it, and said what stands in the file
untrue() {
	what=$1 said=$2
	shift 2
	bad "$what
looked with: $(printf '%s ' "$@" | cut -c 1-1000)
which said: $(tail -c 2000 "$said")"
}

skipped() {
	printf 'skipped: %s\n' "$*"
}

# needs PROGRAM...: the script is skipped where one is missing.
needs() {
	for program in "$@"; do
		command -v "$program" >/dev/null 2>&1 || { skipped "$program is not installed"; exit 0; }
	done
}
needs jq

now_ms() {
	date +%s%3N
}

# The last question and its answer are kept for explain.
k() {
	who=$1 answered=0
	shift
	echo "$who $*" >"$work/asked"
	"$bin/kilim" --dir "$work/$who" --no-input "$@" >"$work/answer.$who" || answered=$?
	cat "$work/answer.$who"
	return "$answered"
}

quiet() {
	k "$@" >"$work/out" 2>"$work/err" || bad "kilim $* (ends with $?): $(cat "$work/err")"
}

# said_one_sentence WHAT: $work/err is one line for people, $work/out is empty.
said_one_sentence() {
	[ "$(grep -c . "$work/err")" -eq 1 ] || bad "$1: one sentence on stderr, and not: $(cat "$work/err")"
	[ ! -s "$work/out" ] || bad "$1: nothing on stdout, and not: $(cat "$work/out")"
}

fails() {
	wanted=$1
	shift
	rc=0
	k "$@" >"$work/out" 2>"$work/err" || rc=$?
	[ "$rc" -eq "$wanted" ] || bad "ends with $wanted, not $rc: kilim $*: $(cat "$work/out" "$work/err")"
	said_one_sentence "kilim $*"
}

get() {
	jq -er "$1" "$work/out"
}

is() {
	what=$1
	shift
	"$@" >"$work/is" 2>&1 || untrue "$what" "$work/is" "$@"
	ok "$what"
}

not() {
	! "$@"
}

isnt() {
	what=$1
	shift
	is "$what" not "$@"
}

await() {
	limit=$(($(now_ms) + $1 * 1000))
	shift
	until "$@" >"$work/await" 2>&1; do
		[ "$(now_ms)" -lt "$limit" ] || return 1
		sleep 0.05
	done
}

until_true() {
	seconds=$1 what=$2
	shift 2
	await "$seconds" "$@" || untrue "$what (within $seconds s)" "$work/await" "$@"
	ok "$what"
}

# What else this machine does must not fail a test of time: then ten times as long as COMMAND takes now will do, which is
# something that is quick and has nothing to do with what is tested.
swift() {
	most=$1 took=$2
	shift 2
	[ "$took" -gt "$most" ] || return 0
	begun=$(now_ms)
	"$@" >/dev/null || return
	echo "took $took ms; at most $most ms, or ten times $(($(now_ms) - begun)) ms"
	[ "$took" -le $((10 * ($(now_ms) - begun))) ]
}

stays() {
	seconds=$1 what=$2
	shift 2
	limit=$(($(now_ms) + seconds * 1000))
	while [ "$(now_ms)" -lt "$limit" ]; do
		"$@" >"$work/is" 2>&1 || untrue "$what (for $seconds s)" "$work/is" "$@"
		sleep 0.2
	done
	ok "$what"
}

home() {
	who=$1 name=$2 territory=$3
	shift 3
	quiet "$who" init --name "$name" --territory "$territory" --protected no --listen 127.0.0.1:0 "$@"
}

start() {
	who=$1
	"$bin/kilimd" --dir "$work/$who" 2>>"$work/$who.log" &
	eval "pid_$who=$!"
	pids="$pids $!"
	await 60 k "$who" version --json || bad "the node of $who answers"
	await 60 test -S "$work/$who/control" || bad "the node of $who has its control socket"
	await 60 k "$who" status --json || bad "the node of $who answers"
}

pid_of() {
	eval "echo \$pid_$1"
}

# end_with SIGNAL NODE
end_with() {
	pid=$(pid_of "$2")
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null || :
	pids=$(printf '%s ' $pids | tr ' ' '\n' | grep -vx "$pid" | tr '\n' ' ') || :
}

stop() {
	end_with TERM "$1"
}

crash() {
	end_with KILL "$1"
}

found() {
	quiet "$1" network create "$2"
}

invite() {
	from=$1
	shift
	quiet "$from" invite "$@" --json
	get .code
}

# join wants the names in the order of use: `join guest CODE`. A guest that was not answered goes on by itself.
came_in() {
	k "$1" join "$2" --wait 60 --json >"$work/out" 2>"$work/err" || k "$1" network show --json
}
join() {
	await 60 came_in "$1" "$2" || bad "$1 joins: $(cat "$work/err")"
}

# The words are known once the inviter has answered: --wait 0 gives that some seconds, on a busy machine it may take more.
has_words() {
	k "$1" join "$2" --wait 0 --json >"$work/out" 2>"$work/err" && get '.words | length == 6'
}
waits_at() {
	k "$1" invite list --json | jq -e --arg digits "$2" 'any(.[]; .digits == $digits and .state == "asking")'
}
asks() {
	await 60 has_words "$1" "$2" || bad "$1 is answered, and has words: $(cat "$work/err")"
	await 30 waits_at "$3" "$(get .digits)" || bad "$1 waits for a person at $3"
}

actives() {
	k "$1" members --json | jq -e "[.[] | select(.state == \"active\")] | length == $2"
}

member() {
	inviter=$1 guest=$2 called=$3 in=$4
	shift 4
	home "$guest" "$called" "$in" "$@"
	start "$guest"
	before=$(k "$inviter" members --json | jq '[.[] | select(.state == "active")] | length')
	quiet "$inviter" invite "$called" --territory "$in" --auto --json
	join "$guest" "$(get .code)"
	await 60 actives "$guest" $((before + 1)) || bad "$guest knows that it is a member"
	await 60 connected "$guest" || bad "$guest is connected"
}

connected() {
	k "$1" peers --json | jq -e 'any(.[]; .state == "connected" or .state == "syncing")'
}

# lists NODE KIND TEXT; lists_not
lists() {
	k "$1" "$2" list --json | grep -qF "$3"
}

lists_not() {
	k "$1" "$2" list --json >"$work/list" && ! grep -qF "$3" "$work/list"
}

# tells NODE JQ ARGS...
tells() {
	asked=$1 truth=$2
	shift 2
	k "$asked" "$@" --json >"$work/told.$asked" || :      # doctor ends with 1 where it finds something
	[ -s "$work/told.$asked" ] && jq -e "$truth" "$work/told.$asked"
}

# same_records NODE NODE: both have as many of each collection
records_of() {
	k "$1" status --json | jq -cS .records
}
same_records() {
	records_of "$1" && records_of "$2" && [ "$(records_of "$1")" = "$(records_of "$2")" ]
}

# same_lists NODE NODE KIND...: both list the same versions of these kinds
versions_of() {
	of=$1
	shift
	for kind in "$@"; do k "$of" "$kind" list --json || return; done | jq -r '.[] | .author + "/" + .id + " " + .record' | sort
}
same_lists() {
	one=$1 other=$2
	shift 2
	versions_of "$one" "$@" >"$work/same.$one" && versions_of "$other" "$@" >"$work/same.$other" &&
	    [ -s "$work/same.$one" ] && cmp "$work/same.$one" "$work/same.$other"
}

counts() {
	k "$1" "$2" list --json | jq -e "length == $3"
}

organisation_of() {
	k "$1" status --json | jq -er .organisation.id
}

port_of() {
	k "$1" status --json | jq -r '.listen | if type == "array" then .[0] else . end' | sed 's/.*://'
}

# metric NODE NAME: its value, from the control socket
metric() {
	curl -sS --unix-socket "$work/$1/control" http://kilim/v1/metrics | awk -v name="$2" '$1 == name { print $2 }'
}

# keys_of NODE NAME: its certificate and key as $work/NAME.crt and $work/NAME.key (PEM), for tools that are not ours
keys_of() {
	openssl x509 -inform DER -in "$work/$1/node.crt" -out "$work/$2.crt"
	openssl pkey -inform DER -in "$work/$1/node.key" -out "$work/$2.key" 2>/dev/null
}

# coap_as NAME NODE PATH [OPTION...]: what coap-client-openssl prints on both outputs, in $work/coap. Its exit code
# says nothing: it is 0 when the answer is an error or there was none. One that had to end it by -B is asked again.
coap_as() {
	as=$1 to=$2 path=$3
	shift 3
	for try in 1 2 3; do
		begun=$(now_ms)
		timeout 60 coap-client-openssl -n -c "$work/$as.crt" -j "$work/$as.key" -B 30 "$@" \
		    "coaps://127.0.0.1:$(port_of "$to")$path" >"$work/coap" 2>&1 || :
		[ "$(($(now_ms) - begun))" -ge 29000 ] || return 0
	done
}
