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
# Both computers speak again; while two share one key, one may be shut out.
speak() {
	k b sync --json || :
	k b2 sync --json || :
}
# heard NODE TEXT: and NODE warns of it; heard_doctor NODE STATE
heard() {
	speak
	warns "$1" "$2"
}
heard_doctor() {
	speak
	doctor_says "$1" clones "$2"
}

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
member a c "Измислено здружение" MK
await 30 actives b 3 || bad "everybody knows everybody"
add a "Prvi" >/dev/null
await 30 lists b organisation "Prvi" || bad "the entry arrives"
until_true 30 "a clock that is right is believed" clock_is b sure

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
until_true 30 "what it signs is of today, and arrives" lists a organisation "Za deset godina"
is "with a stamp of today" this_year a "Za deset godina"
turn b 0
until_true 30 "set right, it is believed again" clock_is b sure
until_true 30 "and nothing is said any more" not warns b "clock"

# --- ten years back ---
turn b "-$years"
until_true 30 "a leap back is noticed while it runs" tells b '.clock_state != "sure"' status
add b "Iz prošlosti" >/dev/null
until_true 30 "what it signs is newer than what was there" lists a organisation "Iz prošlosti"
is "and of today" this_year a "Iz prošlosti"
turn b 0
until_true 30 "set right, it is believed again" clock_is b sure

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
until_true 30 "set right, it is believed" clock_is d sure
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
await 30 lists a organisation "Posle kopije" || bad "the entry arrives"
quiet b sync --json
start b2
recovered() {
	speak
	grep -q "node.recovering" "$work/b.log" "$work/b2.log"
}
until_true 60 "one of the two is told that its store is old, and recovers" recovered
until_true 60 "and has what it lacked" lists b2 organisation "Posle kopije"
until_true 60 "it is told that there are two" heard b "two computers use the key of this node"
until_true 60 "the copy as well" heard b2 "two computers use the key of this node"
until_true 60 "the others say whose it is" heard a "two computers use the key of a node of Shoqata e Sajuar"
until_true 60 "doctor has a row for it" heard_doctor b bad
until_true 60 "and the others have" heard_doctor a warn
