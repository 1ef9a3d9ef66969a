#!/usr/bin/python3
"""Writes id/good.txt, id/bad.txt, stamp/good.txt, envelope/good.txt, envelope/bad.txt, collision/records.txt and
message/*.txt.

A second implementation, from the text of proto/records.md (and sync.md, "Salted ids", and messages.md) alone: cbor2
encodes, PyNaCl signs, hashlib hashes.
    make.py            write the files
    make.py --search   print network and record to search two names for (tests/lib/collide.c)
    make.py --check    write nothing; exit 1 and name the files that would change: the protocol has changed
"""
import datetime
import hashlib
import os
import random
import sys

import cbor2
import nacl.signing

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PROTECTED = bytes.fromhex("a10127")
ZERO = bytes(32)


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


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def seed(word):
    return hashlib.sha256(b"kilim vector " + word).digest()


class Key:
    def __init__(self, word):
        self.seed = seed(word)
        self.key = nacl.signing.SigningKey(self.seed)
        self.public = bytes(self.key.verify_key)


def head(major, n):
    return cbor2.dumps(n)[:1].translate(bytes((b & 31) | major << 5 for b in range(256))) + cbor2.dumps(n)[1:]


def signed(network, payload):
    return cbor2.dumps(["Signature1", PROTECTED, b"kilim/1" + network, payload])


def envelope(key, network, payload):
    if isinstance(payload, dict):
        payload = cbor2.dumps(payload)
    message = signed(network, payload)
    signature = key.key.sign(message).signature
    return cbor2.dumps(cbor2.CBORTag(18, [PROTECTED, {}, payload, signature])), blake(message), payload, signature


CHECK = sys.argv[1:] == ["--check"]
changed = []


def write(name, comment, rows):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    text = "".join(f"# {line}\n" for line in comment) + "".join(" | ".join(row) + "\n" for row in rows)
    if CHECK:
        with open(path, encoding="utf-8") as f:
            if f.read() != text:
                changed.append(name)
        return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def ids():
    rng = random.Random(350)
    rows = []
    values = [ZERO, b"\xff" * 32, bytes(range(32))] + [rng.randbytes(32) for _ in range(3)]
    for prefix in ("org", "node", "net", "rec", "blob"):
        rows += [(prefix, v.hex(), bech32m(prefix, v)) for v in values]
    write("id/good.txt", ["prefix | the 32 bytes | text"], rows)
    v = values[2]
    good = bech32m("org", v)
    rows = [
        ("org", bech32m("node", v), "prefix", "a node where an organisation belongs"),
        ("node", good, "prefix", "an organisation where a node belongs"),
        ("org", bech32m("orgx", v), "prefix", "unknown prefix"),
        ("org", bech32m("org", v[:31]), "length", "31 bytes"),
        ("org", bech32m("org", v + b"\0"), "length", "33 bytes"),
        ("org", bech32m("org", b""), "length", "no bytes"),
        ("org", good[:-1], "checksum", "the last character lost"),
        ("org", good[:20] + good[21] + good[20] + good[22:], "checksum", "two characters exchanged"),
        ("org", good[:20].upper() + good[20:], "case", "mixed"),
        ("org", good.replace("1", "", 1), "separator", "no separator"),
        ("org", good[3:], "prefix", "no prefix"),
    ]
    write("id/bad.txt", ["prefix that is needed | text | rule | why"], rows)


def stamps():
    epoch = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    rng = random.Random(48)
    rows = []

    def row(text, ms, counter):
        rows.append((str(ms << 16 | counter), text, str(ms + 1577836800000), str(counter)))

    for ms, counter in ((0, 0), (0, 1), (0, 65535), (1, 0)):
        row(f"2020-01-01T00:00:00.{ms:03d}" + (f"{counter:05d}" if counter else "") + "Z", ms, counter)
    for day in ("2020-02-29T00:00:00", "2024-12-31T23:59:59", "2026-01-02T03:04:05", "2026-01-02T03:04:05",
                "2100-02-28T12:00:00", "2100-03-01T00:00:00", "2400-02-29T23:59:59", "9999-12-31T23:59:59"):
        t = datetime.datetime.fromisoformat(day + "+00:00")
        ms, counter = (t - epoch) // datetime.timedelta(milliseconds=1) + rng.randrange(1000), rng.choice((0, 1, 65535))
        row(f"{day}.{ms % 1000:03d}" + (f"{counter:05d}" if counter else "") + "Z", ms, counter)
    row("10939-08-03T05:31:50.65565535Z", (1 << 48) - 1, 65535)
    write("stamp/good.txt", ["stamp | text | Unix ms | counter"], rows)


NAME = bytes.fromhex("0b7c4f0e5d1c4a5f8e3b6a2d9c1f7e40")


def base(author, **change):
    p = {1: author.public, 2: 0x0101, 3: NAME, 4: 7 << 16, 6: 0, 7: {40: "Shtëpia e gruas"}, 8: 1}
    p.update({int(k[1:]): v for k, v in change.items()})
    return dict(sorted((k, v) for k, v in p.items() if v is not None))


def envelopes():
    author, machine, other = Key(b"author"), Key(b"machine"), Key(b"other")
    network = blake(b"kilim vector network")
    good = [
        ("a live record", network, author, base(author)),
        ("without a body's fields", network, author, base(author, k7={})),
        ("public", network, author, base(author, k8=0)),
        ("civil-society members only", network, author, base(author, k8=2)),
        ("with an end of display", network, author, base(author, k5=1893456000)),
        ("the earliest end", network, author, base(author, k5=1)),
        ("withdrawn", network, author, base(author, k6=1, k7=None)),
        ("first charter: network of 32 zero bytes", ZERO, author, base(author, k2=1, k3=bytes(16), k4=1)),
        ("the smallest and largest numbers", network, author, base(author, k2=65535, k4=(1 << 64) - 1, k5=(1 << 63) - 1)),
        ("signed by a machine key", network, machine, base(author, k2=0x0482, k9=machine.public)),
        ("unknown payload keys are kept", network, author, base(author, k10="later", k1000=[1, {2: True}])),
        ("a body with every type", network, author,
         base(author, k7={1: 0, 2: -5, 3: b"\1\2", 4: "дом\nnewline", 5: [], 6: {1: [False, True]}, 70000: "z"})),
    ]
    rows = []
    for why, net, key, p in good:
        env, rid, payload, _ = envelope(key, net, p)
        body = cbor2.dumps(p[7]).hex() if 7 in p else "-"
        known = "known" if max(p) < 10 else "more"
        rkey = blake(p[1] + p[2].to_bytes(2, "big") + p[3]).hex()
        rows.append((why, known, net.hex(), key.seed.hex(), p[1].hex(), str(p[2]), p[3].hex(), str(p[4]), str(p.get(5, 0)),
                     str(p[6]), body, str(p[8]), p[9].hex() if 9 in p else "-", rid.hex(), rkey, env.hex()))
    write("envelope/good.txt", [
        "Records that verify. Columns: what | known (only keys 1 to 9) or more | network | seed of the key that signs |",
        "author | kind | name | stamp | expires (0: none) | state | body (-: none) | audience | machine key (-: none) |",
        "record id | record key | envelope. Ed25519 is deterministic: signing the fields again gives the same envelope."], rows)

    bad = []

    def payload_breaks(rule, why, **change):
        bad.append(("read", rule, why, network, envelope(author, network, base(author, **change))[0]))

    def raw(rule, why, data, step="read", net=network):
        bad.append((step, rule, why, net, data))

    def around(payload, protected=PROTECTED, unprotected=b"\xa0", signature=None, count=4, tag=b"\xd2"):
        sig = signature if signature is not None else author.key.sign(signed(network, payload)).signature
        return (tag + head(4, count) + cbor2.dumps(protected) + unprotected + cbor2.dumps(payload) + cbor2.dumps(sig))

    for key, word in ((1, "author"), (2, "kind"), (3, "name"), (4, "stamp"), (6, "state"), (8, "audience")):
        payload_breaks(word + " required", f"key {key} is absent", **{f"k{key}": None})
    payload_breaks("body required", "live without a body", k7=None)
    payload_breaks("withdrawn with a body", "withdrawn with a body", k6=1)
    payload_breaks("payload key", "key 0", k0=0)
    payload_breaks("length", "author of 31 bytes", k1=bytes(31))
    payload_breaks("length", "author of 33 bytes", k1=bytes(33))
    payload_breaks("type", "author as text", k1="author")
    payload_breaks("kind", "kind 0", k2=0)
    payload_breaks("kind", "kind 65536", k2=65536)
    payload_breaks("type", "kind negative", k2=-1)
    payload_breaks("length", "name of 15 bytes", k3=bytes(15))
    payload_breaks("length", "name of 17 bytes", k3=bytes(17))
    payload_breaks("type", "stamp negative", k4=-1)
    payload_breaks("expires", "expires 0", k5=0)
    payload_breaks("expires", "expires negative", k5=-1)
    payload_breaks("integer range", "expires 2^63", k5=1 << 63)
    payload_breaks("state", "state 2", k6=2)
    payload_breaks("type", "state as boolean", k6=False)
    payload_breaks("body", "body as array", k7=[])
    payload_breaks("body", "body as byte string", k7=b"\xa0")
    payload_breaks("map key", "body with text keys", k7={"a": 1})
    payload_breaks("type", "body with a float", k7={1: 1.5})
    payload_breaks("type", "body with null", k7={1: None})
    payload_breaks("utf-8", "body with a control character", k7={1: "a\x07"})
    payload_breaks("depth", "body too deep", k7={1: [[[[[[[]]]]]]]})
    payload_breaks("audience", "audience 3", k8=3)
    payload_breaks("length", "machine key of 31 bytes", k9=bytes(31))
    payload_breaks("type", "a later key with a float", k10=0.5)

    whole, _, payload, signature = envelope(author, network, base(author))
    raw("type", "without the tag", whole[1:])
    raw("tag", "tag 17", b"\xd1" + whole[1:])
    raw("shortest form", "tag 18 in two bytes", b"\xd8\x12" + whole[1:])
    raw("item count", "array of 5", around(payload, count=5) + b"\0")
    raw("item count", "array of 3", around(payload, count=3))
    raw("protected header", "empty protected header", around(payload, protected=b""))
    raw("protected header", "another algorithm (ES256)", around(payload, protected=bytes.fromhex("a10126")))
    raw("protected header", "algorithm with a key id", around(payload, protected=bytes.fromhex("a2012704413a")))
    raw("unprotected header", "a key id in the unprotected header", around(payload, unprotected=bytes.fromhex("a104413a")))
    raw("type", "the unprotected header as array", around(payload, unprotected=b"\x80"))
    raw("signature length", "signature of 63 bytes", around(payload, signature=signature[:63]))
    raw("signature length", "signature of 65 bytes", around(payload, signature=signature + b"\0"))
    raw("nothing may follow", "a byte behind", whole + b"\0")
    raw("end of input", "the last byte lost", whole[:-1])
    raw("end of input", "nothing", b"")
    raw("nothing may follow", "a byte behind the payload's map", around(payload + b"\0"))
    raw("end of input", "empty payload", around(b""))
    raw("type", "payload is an array", around(b"\x80"))
    at = payload.index(b"\x08\x01", len(payload) - 2)
    raw("duplicate key", "audience twice", around(b"\xa8" + payload[1:] + b"\x08\x01"))
    raw("key order", "stamp behind audience", around(b"\xa8" + payload[1:] + b"\x04\x01"))
    raw("shortest form", "audience in two bytes", around(payload[:at] + b"\x08\x18\x01"))
    raw("definite length", "payload of indefinite length", around(b"\xbf" + payload[1:] + b"\xff"))

    flipped = bytearray(whole)
    flipped[-1] ^= 1
    raw("signature", "a bit of the signature changed", bytes(flipped), "verify")
    raw("signature", "a bit of the body changed", whole.replace("Shtëpia".encode(), "Shtëpja".encode()), "verify")
    raw("signature", "by another key", envelope(other, network, base(author))[0], "verify")
    raw("signature", "of another network", whole, "verify", blake(b"another network"))
    raw("signature", "of a network, shown as first charter", whole, "verify", ZERO)
    raw("signature", "by the author, but naming a machine key",
        envelope(author, network, base(author, k9=machine.public))[0], "verify")
    raw("signature", "by the machine key, but not naming it", envelope(machine, network, base(author))[0], "verify")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    raw("signature", "S plus the group order: the same point, malleable",
        around(payload, signature=signature[:32] + s.to_bytes(32, "little")), "verify")
    weak = Key(b"author")
    weak.public = (1).to_bytes(32, "little")
    raw("signature", "author key of order 1 with a signature that fits every message",
        around(cbor2.dumps(base(weak)), signature=weak.public + bytes(32)), "verify")
    raw("signature", "over the payload alone", around(payload, signature=author.key.sign(payload).signature), "verify")
    write("envelope/bad.txt", ["Refused: step (read or verify) | rule | why | network | envelope."],
          [(step, rule, why, net.hex(), env.hex()) for step, rule, why, net, env in bad])


def keyed(key, data):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()[:8]


def collision():
    """Two records with one short id. tests/lib/collide.c found their names, given what --search prints."""
    author = Key(b"collision")

    def stamp(day):
        t = datetime.datetime.fromisoformat(day + "T00:00:00+00:00")
        epoch = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        return (t - epoch) // datetime.timedelta(milliseconds=1) << 16

    charter = {33: [["en", "A made-up network", 0]],
               40: [{1: author.public, 2: "Made-up centre", 3: "RS", 4: "cso"}], 41: 1}
    founding, network, _, _ = envelope(author, ZERO, {1: author.public, 2: 1, 3: bytes(16), 4: stamp("2026-09-01"), 6: 0,
                                                      7: charter, 8: 0})
    nonces = bytes(range(16))

    def entry(name):
        return {1: author.public, 2: 0x0101, 3: bytes.fromhex(name), 4: stamp("2026-09-02"), 6: 0,
                7: {32: "listed", 33: [["en", "Made up", 0]], 34: ["RS"]}, 8: 0}

    if sys.argv[1:] == ["--search"]:
        print(network.hex(), cbor2.dumps(entry("00000000000040008000000000000000")).hex())
        sys.exit(0)
    rows = [("charter", network, founding)]
    for name in ("61fbccba54c140008000946200000000", "3b63afec8aff4000800049a500000000"):
        data, rid, _, _ = envelope(author, network, entry(name))
        rows.append(("record", rid, data))
    assert keyed(network, rows[1][1]) == keyed(network, rows[2][1])
    write("collision/records.txt", [
        "Two records of one author whose short ids are equal, and the charter of their network. Columns: what | seed of the",
        "author's key | record id | short id | nonces, the asker's and the answerer's | salted id | envelope. build/collide found",
        "the names, given what `make.py --search` prints."],
        [(what, author.seed.hex(), rid.hex(), keyed(network, rid).hex(), nonces.hex(), keyed(network + nonces, rid).hex(),
          data.hex())
         for what, rid, data in rows])


def short_ids(rng, count):
    return rng.randbytes(8 * count)


def events():
    """messages.md section 7."""
    rng = random.Random(7)
    directory, members, exchange = 0x01524B00, 0x01524B01, 0x02414C01
    many = [[b, b""] for b in range(0x01000000, 0x01000000 + 128)]
    good = [
        ("the first answer: nothing yet", 0, 0, []),
        ("the first answer of a store that is not new", 70000, 70000, []),
        ("one record", 41, 42, [[directory, short_ids(rng, 1)]]),
        ("of membership", 41, 43, [[0, short_ids(rng, 1)]]),
        ("of three buckets, one without ids", 100, 24000,
         [[directory, short_ids(rng, 2)], [members, b""], [exchange, short_ids(rng, 1)]]),
        ("as many ids as there may be", 1, 121, [[directory, short_ids(rng, 120)]]),
        ("as many ids as there may be, in two buckets", 1, 121,
         [[directory, short_ids(rng, 119)], [members, short_ids(rng, 1)]]),
        ("as many lines as there may be", 1, 5000, many),
        ("the largest numbers", 2**64 - 2, 2**64 - 1, [[2**32 - 1, short_ids(rng, 1)]]),
    ]
    write("message/events.txt", ["Bodies of answers to /events. Columns: what | from | to | bucket:ids of each line | bytes"],
          [(what, str(a), str(b), " ".join(f"{bucket}:{ids.hex()}" for bucket, ids in lines) or "-",
            cbor2.dumps([a, b, lines]).hex()) for what, a, b, lines in good])
    one = short_ids(rng, 1)
    bad = [
        ("nothing", b""),
        ("from above to", cbor2.dumps([2, 1, []])),
        ("two fields", cbor2.dumps([1, 2])),
        ("four fields", cbor2.dumps([1, 2, [], 0])),
        ("something behind it", cbor2.dumps([1, 2, []]) + b"\x00"),
        ("half of it", cbor2.dumps([1, 2, [[directory, one]]])[:-1]),
        ("a negative number", cbor2.dumps([-1, 2, []])),
        ("an integer that could be shorter", b"\x83\x18\x01\x02\x80"),
        ("an array of unknown length", b"\x83\x01\x02\x9f\xff"),
        ("a bucket twice", cbor2.dumps([1, 3, [[directory, one], [directory, one]]])),
        ("buckets that descend", cbor2.dumps([1, 3, [[members, one], [directory, one]]])),
        ("a bucket of more than 32 bits", cbor2.dumps([1, 2, [[2**32, one]]])),
        ("seven bytes of an id", cbor2.dumps([1, 2, [[directory, one[:7]]]])),
        ("ids as text", cbor2.dumps([1, 2, [[directory, "abcdefgh"]]])),
        ("a line of three", cbor2.dumps([1, 2, [[directory, one, 0]]])),
        ("121 ids in one line", cbor2.dumps([1, 122, [[directory, short_ids(rng, 121)]]])),
        ("121 ids in two lines", cbor2.dumps([1, 122, [[directory, short_ids(rng, 120)], [members, one]]])),
        ("129 lines", cbor2.dumps([1, 9, many + [[0x02000000, b""]]])),
    ]
    write("message/events_bad.txt", ["Refused as answers to /events. Columns: why | bytes"],
          [(why, data.hex() or "-") for why, data in bad])


def pages():
    """messages.md section 4: heads alone."""
    rng = random.Random(4)

    def end(stamp):
        return stamp.to_bytes(8, "big") + rng.randbytes(32)

    def row(what, last, more, ends):
        head = [int.from_bytes(last[:8], "big"), last[8:], more, b"".join(ends)]
        return (what, str(head[0]), head[1].hex(), str(int(more)), head[3].hex() or "-", cbor2.dumps(head).hex())

    twin = end(7 << 16)
    behind = twin[:8] + (int.from_bytes(twin[8:], "big") + 1).to_bytes(32, "big")
    before = twin[:8] + (int.from_bytes(twin[8:], "big") - 1).to_bytes(32, "big")
    write("message/page.txt", ["Heads of answers to /tail. Columns: what | last stamp | last id | more | ends | bytes"], [
        row("an empty page from the beginning", bytes(40), False, []),
        row("the last page", twin, False, []),
        row("more, and nobody asked where it ends", twin, True, []),
        row("one end", twin, True, [end(9 << 16)]),
        row("three ends", twin, True, [end(8 << 16), end(9 << 16), end(2**64 - 1)]),
        row("an end of the same stamp", twin, True, [behind]),
    ])
    write("message/page_bad.txt", ["Refused as heads of answers to /tail. Columns: why | bytes"], [(why, r[5]) for why, r in (
        ("ends behind the last page", row("", twin, False, [end(9 << 16)])),
        ("an end that is the page's own", row("", twin, True, [twin])),
        ("an end before the page's own", row("", twin, True, [before])),
        ("ends that descend", row("", twin, True, [end(9 << 16), end(8 << 16)])),
        ("four ends", row("", twin, True, [end(n << 16) for n in (8, 9, 10, 11)])),
        ("part of an end", row("", twin, True, [end(9 << 16)[:39]])),
    )])


if __name__ == "__main__":
    collision()
    events()
    pages()
    ids()
    stamps()
    envelopes()
    for name in changed:
        print(f"proto/vectors/{name}: is not what make.py writes", file=sys.stderr)
    sys.exit(1 if changed else 0)
