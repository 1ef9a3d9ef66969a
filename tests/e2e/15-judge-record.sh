#!/bin/sh
# judge-record - programs that share no code with ours judge records as they travel, and the golden vectors.
. "$(dirname "$0")/lib/nodes.sh"

judge=$here/tests/e2e/lib/verify_record.py
/usr/bin/python3 -c 'import cbor2, nacl.signing' 2>/dev/null || {
	skipped "python3 with cbor2 and nacl is not installed"
	exit 0
}
is "the golden records: $(/usr/bin/python3 "$here/tests/e2e/lib/check_vectors.py")" \
    /usr/bin/python3 "$here/tests/e2e/lib/check_vectors.py"

# bare TEXT: the 32 bytes behind net1..., rec1..., in hexadecimal
bare() {
	/usr/bin/python3 -c '
import sys
values = ["qpzry9x8gf2tvdw0s3jn54khce6mua7l".index(c) for c in sys.argv[1].rsplit("1", 1)[1][:-6]]
number = 0
for v in values:
    number = number << 5 | v
print("%064x" % (number >> len(values) * 5 - 256))' "$1"
}

home a "Izmišljeni centar" RS
start a
found a "Test"
member a b "Shoqata e Sajuar" XK
network=$(bare "$(k a status --json | jq -r .network.id)")
quiet a organisation add --json --name "Izmišljeni centar" --relation self --territories RS --note "privatno"
rec=$(get .record) id=$(get .id)
await 30 lists b organisation "$id" || bad "the entry arrives"

quiet b record export "$rec" --output "$work/rec.cose"
is "a record that came from another node is genuine to the second implementation" \
    sh -c "/usr/bin/python3 '$judge' $network '$work/rec.cose' >'$work/out'"
is "its id is the one both sides show" test "$(get .id)" = "$(bare "$rec")"
is "its author, name and kind are the ones both sides show" test \
    "$(get '.author_text + " " + .name + " " + (.kind | tostring)')" = "$(organisation_of a) $id 257"
quiet a record export "$rec" --output "$work/own.cose"
is "both nodes hold the same bytes" cmp "$work/rec.cose" "$work/own.cose"
isnt "no private field is in it" grep -aq privatno "$work/rec.cose"
isnt "in another network it is void" /usr/bin/python3 "$judge" "$(printf '%064d' 1)" "$work/rec.cose"
/usr/bin/python3 - "$work" <<'END'
import sys
data = bytearray(open(sys.argv[1] + "/rec.cose", "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[1] + "/bent.cose", "wb").write(data)
END
isnt "with one bit turned it is no longer genuine" /usr/bin/python3 "$judge" "$network" "$work/bent.cose"

# The founding charter is signed with 32 zero bytes as network, and its id is the network.
charter=$(k a status --json | jq -r .network.charter)
quiet b record export "$charter" --output "$work/charter.cose"
is "so is the founding charter" sh -c "/usr/bin/python3 '$judge' $(printf '%064d' 0) '$work/charter.cose' >'$work/out'"
is "and the network is its id" test "$(get .id)" = "$network"
is "a second implementation of records makes the same vectors" /usr/bin/python3 "$here/proto/vectors/make.py" --check
is "a second implementation of sketches makes the same vectors" \
    /usr/bin/python3 "$here/proto/vectors/sketch/make.py" --check
