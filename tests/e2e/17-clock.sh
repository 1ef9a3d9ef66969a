#!/bin/sh
# clock - computers whose date is wrong by ten years, and two that run from one copy.
. "$(dirname "$0")/lib/nodes.sh"

years=$((3652 * 86400))
real=$bin
mkdir -p "$work/fake"
ln -s "$real/kilim" "$work/fake/kilim"
ln -s "$real/fake_clock/kilimd" "$work/fake/kilimd"

# turn NODE SECONDS: its clock is so far ahead from now on; start_fake NODE
turn() {
	echo "$2" >"$work/$1.clock.new"
	mv "$work/$1.clock.new" "$work/$1.clock"
}
start_fake() {
	bin=$work/fake
	FAKE_CLOCK=$work/$1.clock
	export FAKE_CLOCK
	start "$1"
	unset FAKE_CLOCK
	bin=$real
}
add() {
	quiet "$1" organisation add --json --name "$2" --relation listed --territories RS
	get .id
}
clock_is() {
	k "$1" status --json | jq -e ".clock_state == \"$2\""
}
warns() {
	k "$1" status --json | jq -e "any(.warnings[]; contains(\"$2\"))"
}
doctor_says() {
	k "$1" doctor --json | jq -e "any(.[]; .code == \"$2\" and .state == \"$3\")"
}
# The year in the stamp of the entry called so
year_of() {
	k "$1" organisation list --json | jq -er ".[] | select(.name | tostring | contains(\"$2\")) | .stamp[0:4]"
}
this_year() {
	test "$(year_of "$1" "$2")" -le "$(($(date +%Y) + 1))"
}
# heard NODE TEXT: both computers have spoken again, and NODE warns of it
heard() {
	quiet b sync --json
	quiet b2 sync --json
	warns "$1" "$2"
}

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
member a c "Измислено здружение" MK
await 20 actives b 3 || bad "everybody knows everybody"
add a "Prvi" >/dev/null
await 20 lists b organisation "Prvi" || bad "the entry arrives"
is "a clock that is right is believed" clock_is b sure

# --- ten years ahead, after it was right ---
stop b
turn b "$years"
start_fake b
isnt "a computer ten years ahead does not believe its clock" clock_is b sure
is "and says so" warns b "ahead"
is "doctor too" doctor_says b clock bad
is "nothing has ended" lists b organisation "Prvi"
until_true 30 "two others say what time it is" warns b "the time is taken from them"
add b "Za deset godina" >/dev/null
until_true 20 "what it signs is of today, and arrives" lists a organisation "Za deset godina"
is "with a stamp of today" this_year a "Za deset godina"
turn b 0
until_true 20 "set right, it is believed again" clock_is b sure
isnt "and nothing is said any more" warns b "clock"

# --- ten years back ---
turn b "-$years"
until_true 20 "a leap back is noticed while it runs" sh -c \
    "'$bin/kilim' --dir '$work/b' status --json | jq -e '.clock_state != \"sure\"'"
add b "Iz prošlosti" >/dev/null
until_true 20 "what it signs is newer than what was there" lists a organisation "Iz prošlosti"
is "and of today" this_year a "Iz prošlosti"
turn b 0
until_true 20 "set right, it is believed again" clock_is b sure

# --- a newcomer whose clock was never right ---
home d "Novo udruženje" BA
turn d "$years"
start_fake d
quiet a invite "Novo udruženje" --territory BA --auto --json
join d "$(get .code)"
until_true 30 "a newcomer ten years ahead becomes a member" actives d 4
until_true 60 "others tell it what time it is" warns d "the time is taken from them"
add d "Novi unos" >/dev/null
until_true 30 "and what it signs arrives" lists a organisation "Novi unos"
is "with a stamp of today" this_year a "Novi unos"
turn d 0
until_true 20 "set right, it is believed" clock_is d sure
until_true 30 "everybody has all of it" counts c organisation 4

# --- nothing is founded by a clock that cannot be right ---
home e "Prerano" RS
turn e "-$years"
start_fake e
fails 4 e network create "Prerano"
is "and it is said what to do" grep -q "set date and time" "$work/err"
stop e

# --- two computers with one key ---
stop b
cp -a "$work/b" "$work/b2"
rm -f "$work/b2/control" "$work/b2/port"
start b
add b "Posle kopije" >/dev/null
await 20 lists a organisation "Posle kopije" || bad "the entry arrives"
quiet b sync --json
start b2
recovered() {
	quiet b sync --json
	quiet b2 sync --json
	grep -q "node.recovering" "$work/b.log" "$work/b2.log"
}
until_true 60 "one of the two is told that its store is old, and recovers" recovered
until_true 60 "and has what it lacked" lists b2 organisation "Posle kopije"
until_true 60 "it is told that there are two" heard b "two computers use the key of this node"
until_true 60 "the copy as well" heard b2 "two computers use the key of this node"
until_true 60 "the others say whose it is" heard a "two computers use the key of a node of Shoqata e Sajuar"
is "doctor has a row for it" doctor_says b clones bad
is "and the others have" doctor_says a clones warn
