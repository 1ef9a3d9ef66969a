#!/bin/sh
# layers - who may include whom; one line for each arrow that is not in the tables.
set -u
cd "$(dirname "$0")/.."

# Every room may include itself. "*": everything.
rooms='
proto
base      proto
crypto    proto base
store     proto base
member    proto base crypto store
record    proto base crypto store member
sync      proto base crypto store member record
export    proto base crypto store member record
pathway   proto base crypto store member record
exchange  proto base crypto store member record
coap      proto base crypto
dtls      proto base crypto
control   proto base crypto
home      proto base crypto dtls
search    proto base crypto store member record
peer      proto base crypto store member record sync home coap dtls
service   proto base crypto store member record sync peer search export pathway exchange home coap dtls control
daemon    *
cli       proto base crypto home
'
# Headers of libraries, and the rooms that know them.
libraries='
sodium      crypto
lmdb        store
mbedtls/    dtls
psa/        dtls
coap3/      coap
microhttpd  control
curl/       cli
uv\.h       daemon
ini\.h      home
qrencode    cli
utf8proc    base exchange cli
cjson/      control service record export pathway exchange daemon cli
'

bad=$(
	for dir in proto proto/kinds node/*; do
		room=${dir#node/} room=${room%%/*}
		grep -nE '^[[:space:]]*#[[:space:]]*include' "$dir"/*.[ch] 2>/dev/null |
			sed -E "s|^([^:]*):([0-9]+):[^<\"]*([<\"])([^>\"]*).*|$room \1:\2 \3 \4|"
	done | rooms=$rooms libraries=$libraries awk '
	BEGIN {
		n = split(ENVIRON["rooms"], line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, " ")
			known[word[1]] = 1
			for (j = 1; j <= k; j++)
				may[word[1], word[j]] = 1
		}
		n = split(ENVIRON["libraries"], line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, " ")
			if (!k)
				continue
			library[word[1]] = 1
			for (j = 2; j <= k; j++)
				uses[word[1], word[j]] = 1
		}
	}
	!known[$1] && !told[$1]++ { print $2 ": node/" $1 " is in no table of tests/layers.sh" }
	$3 == "<" {
		for (l in library)
			if ($4 ~ "^" l && !uses[l, $1])
				print $2 ": " $1 " may not include <" $4 ">"
		next
	}
	{
		room = $4
		sub(/^node\//, "", room)
		sub(/\/.*/, "", room)
		if ($4 !~ /^(node|proto)\//)
			print $2 ": \"" $4 "\" is not written from the root of the repository"
		else if (!may[$1, room] && !may[$1, "*"])
			print $2 ": " $1 " may not include " $4
		else if (room != $1 && $4 ~ /(inside|internal|_int)\.h$/)
			print $2 ": " $4 " is for its own room"
	}'
)
[ -z "$bad" ] && exit 0
echo "$bad"
exit 1
