#!/usr/bin/python3
"""Check a record without kilim's code: COSE structure by cbor2, signature by PyNaCl.

usage: verify_record.py NETWORK_HEX [FILE]      (FILE or standard input: the envelope's bytes)

Prints one JSON object: author, kind, name, stamp, expires, state, audience, machine, signed_by, id (all ids in
hexadecimal) and author_text (org1...). Exit 0: the record is genuine; 1: it is not, with the reason on stderr;
2: wrong usage.
"""
import hashlib
import io
import json
import sys
import uuid

import cbor2
import nacl.exceptions
import nacl.signing

PROTECTED = bytes.fromhex("a10127")
LIMIT = 65536
ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class Bad(Exception):
    pass


def must(condition, reason):
    if not condition:
        raise Bad(reason)


def bech32m(prefix, data):
    def checksum(values):
        c = 1
        for v in values:
            top, c = c >> 25, (c & 0x1FFFFFF) << 5 ^ v
            for bit, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                c ^= g if top >> bit & 1 else 0
        return c

    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    fives = [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    high = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    end = checksum(high + fives + [0] * 6) ^ 0x2BC830A3
    return prefix + "1" + "".join(ALPHABET[v] for v in fives + [end >> 5 * (5 - i) & 31 for i in range(6)])


def decode(data, what):
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except Exception as e:
        raise Bad(f"{what}: not CBOR: {e}") from e
    must(stream.tell() == len(data), f"{what}: bytes behind the item")
    must(cbor2.dumps(value, canonical=True) == data, f"{what}: not the deterministic encoding")
    return value


def in_subset(value, depth=0):
    """Only what the subset has; canonical encoding was checked before."""
    if isinstance(value, bool) or isinstance(value, bytes):
        return
    if isinstance(value, int):
        must(-(2**63) <= value < 2**64, "payload: integer out of range")
    elif isinstance(value, str):
        must(not any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 for c in value), "payload: control character")
    elif isinstance(value, (list, dict)):
        must(depth < 8, "payload: deeper than 8")
        if isinstance(value, dict):
            for key in value:
                must(isinstance(key, int) and not isinstance(key, bool) and key >= 0, "payload: key is not unsigned")
            value = value.values()
        for item in value:
            in_subset(item, depth + 1)
    elif isinstance(value, cbor2.CBORTag):
        must(value.tag == 18 and isinstance(value.value, list), "payload: tag")
        in_subset(value.value, depth)
    else:
        raise Bad(f"payload: {type(value).__name__} is outside of the subset")


def is_bytes(value, length):
    return isinstance(value, bytes) and len(value) == length


def is_int(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_payload(p):
    must(isinstance(p, dict), "payload: not a map")
    in_subset(p)
    must(0 not in p, "payload: key 0")
    must(is_bytes(p.get(1), 32), "author (1) is not 32 bytes")
    must(is_int(p.get(2), 1, 65535), "kind (2) is not 1 to 65535")
    must(is_bytes(p.get(3), 16), "name (3) is not 16 bytes")
    must(is_int(p.get(4), 0, 2**64 - 1), "stamp (4) is not an unsigned integer")
    must(5 not in p or is_int(p[5], 1, 2**63 - 1), "expires (5) is not a positive time")
    must(is_int(p.get(6), 0, 1), "state (6) is not 0 or 1")
    must((p[6] == 0) == (7 in p), "body (7) is there when withdrawn, or absent when live")
    must(7 not in p or isinstance(p[7], dict), "body (7) is not a map")
    must(is_int(p.get(8), 0, 2), "audience (8) is not 0 to 2")
    must(9 not in p or is_bytes(p[9], 32), "machine key (9) is not 32 bytes")


def verify(data, network):
    must(len(data) <= LIMIT, f"longer than {LIMIT} bytes")
    envelope = decode(data, "envelope")
    must(isinstance(envelope, cbor2.CBORTag) and envelope.tag == 18, "envelope: no tag 18 (COSE_Sign1)")
    parts = envelope.value
    must(isinstance(parts, list) and len(parts) == 4, "envelope: not an array of 4")
    protected, unprotected, payload, signature = parts
    must(protected == PROTECTED, "envelope: protected header is not a10127")
    must(unprotected == {}, "envelope: unprotected header is not empty")
    must(isinstance(payload, bytes), "envelope: payload is not a byte string")
    must(is_bytes(signature, 64), "envelope: signature is not 64 bytes")
    p = decode(payload, "payload")
    check_payload(p)
    message = cbor2.dumps(["Signature1", protected, b"kilim/1" + network, payload])
    signer = p.get(9, p[1])
    try:
        nacl.signing.VerifyKey(signer).verify(message, signature)
    except nacl.exceptions.BadSignatureError as e:
        raise Bad("signature: not by the key that is named, or not in this network") from e
    return {
        "author": p[1].hex(),
        "author_text": bech32m("org", p[1]),
        "kind": p[2],
        "name": str(uuid.UUID(bytes=p[3])),
        "stamp": p[4],
        "expires": p.get(5, 0),
        "state": p[6],
        "audience": p[8],
        "machine": p[9].hex() if 9 in p else None,
        "signed_by": signer.hex(),
        "id": hashlib.blake2b(message, digest_size=32).hexdigest(),
    }


def main(args):
    try:
        network = bytes.fromhex(args[0]) if len(args) in (1, 2) else b""
    except ValueError:
        network = b""
    if len(network) != 32:
        print(__doc__.split("\n")[2], file=sys.stderr)
        return 2
    try:
        if len(args) == 2:
            with open(args[1], "rb") as f:
                data = f.read()
        else:
            data = sys.stdin.buffer.read()
        print(json.dumps(verify(data, network)))
    except (Bad, OSError) as e:
        print(f"verify_record: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
