#!/bin/sh
# openssl-judge - a DTLS that is not ours meets a node: a member's key is served, every other one learns nothing.
. "$(dirname "$0")/lib/nodes.sh"
needs openssl

home a "Gostiteljica" RS
start a
found a "Provera"
member a b "Gošća" XK
stop b
port=$(port_of a)

# CON GET /.well-known/core, token "k", in the bytes of RFC 7252 section 3.
printf '\101\001\022\064k\273.well-known\004core' >"$work/question"

# ask OPTION...: one handshake and one question; $work/said is all that openssl has to say. It ends with its input, so
# that stays open until there was an answer.
ask() {
	: >"$work/said"
	(cat "$work/question"; await 30 grep -qaE "</hello>| alert " "$work/said"; sleep 0.1) |
	    timeout 40 openssl s_client -dtls1_2 -connect "127.0.0.1:$port" "$@" >"$work/said" 2>&1 || :
}

# Nothing in $work/said but the handshake: no path of ours.
learnt_nothing() {
	! grep -qa '</hello>' "$work/said"
}

says() {
	grep -qaE "$1" "$work/said"
}

pem() {
	openssl ec -inform DER -in "$work/$1/node.key" -out "$work/$1.key" 2>/dev/null
	openssl x509 -inform DER -in "$work/$1/node.crt" -out "$work/$1.crt"
}
pem a
pem b

# stranger NAME CURVE EXTENSIONS-FILE
stranger() {
	openssl ecparam -name "$2" -genkey -noout -out "$work/$1.key"
	openssl req -new -key "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr"
	openssl x509 -req -in "$work/$1.csr" -signkey "$work/$1.key" -sha256 -days 2 -extfile "$3" \
	    -out "$work/$1.crt" 2>/dev/null
}
: >"$work/none.ext"
echo 'basicConstraints=critical,CA:TRUE' >"$work/ca.ext"
stranger nobody prime256v1 "$work/none.ext"
stranger authority prime256v1 "$work/ca.ext"
stranger curve secp384r1 "$work/none.ext"

ask -cert "$work/b.crt" -key "$work/b.key"
is "a member's key is served" says '</hello>'
is "by DTLS 1.2 with an AEAD suite" says 'New, TLSv1.2, Cipher is ECDHE-ECDSA-(AES128-GCM-SHA256|CHACHA20-POLY1305)'
is "with the master secret bound to the handshake" says 'Extended master secret: yes'
openssl s_client -dtls1_2 -connect "127.0.0.1:$port" -cert "$work/b.crt" -key "$work/b.key" </dev/null 2>/dev/null |
    openssl x509 -outform DER >"$work/seen.crt"
is "the node shows the certificate of its home" cmp "$work/seen.crt" "$work/a/node.crt"
for suite in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-CHACHA20-POLY1305; do
	ask -cert "$work/b.crt" -key "$work/b.key" -cipher "$suite"
	is "the suite $suite is known" says '</hello>'
done
for suite in ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA256 ECDHE-ECDSA-AES128-SHA; do
	ask -cert "$work/b.crt" -key "$work/b.key" -cipher "$suite"
	is "the suite $suite is not" says 'alert handshake failure'
	is "and nothing was told" learnt_nothing
done

ask
is "without certificate there is no session" says 'alert handshake failure'
is "nor an answer" learnt_nothing
ask -cert "$work/nobody.crt" -key "$work/nobody.key"
is "an unknown key is refused" says 'alert access denied'
is "and told nothing" learnt_nothing
ask -cert "$work/authority.crt" -key "$work/authority.key"
is "so is a certificate that claims to be an authority" says 'alert'
is "which is told nothing" learnt_nothing
ask -cert "$work/curve.crt" -key "$work/curve.key"
is "a key on another curve gets no session" says 'alert'
is "and nothing else" learnt_nothing

start b
until_true 30 "the honest session comes back" connected b
