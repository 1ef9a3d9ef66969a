#!/usr/bin/python3
"""Writes mapping.txt, cells.txt, difference.txt and never.txt.

A second implementation, from the text of proto/sketch.md alone, in whole numbers of any size and without a shortcut.
    make.py            write the files
    make.py --check    write nothing; exit 1 and name the files that would change: the protocol has changed
"""
import math
import os
import random
import sys

WORD = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15
CHECK = int.from_bytes(b"kilimchk", "big")
CELLS = 4096


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB & WORD
    return z ^ z >> 31


def salted(salt, z):
    return mix(z ^ salt) if salt else z


def check(salt, z):
    return mix(salted(salt, z) ^ CHECK) >> 32


def following(i, r):
    """The least j > i with (j+1)(j+2)(r+1) >= (i+1)(i+2) 2^32."""
    need = -(-((i + 1) * (i + 2) << 32) // (r + 1))        # (j+1)(j+2) is at least this
    j = max(i + 1, (math.isqrt(4 * need + 1) - 3) // 2)
    while (j + 1) * (j + 2) < need:
        j += 1
    assert j == i + 1 or j * (j + 1) < need
    return j


def indices(salt, z, end=CELLS):
    w, i, out = salted(salt, z), 0, []
    while i < end:
        out.append(i)
        w = w + STEP & WORD
        i = following(i, mix(w) >> 32)
    return out


def sketch(salt, ids, end=CELLS):
    row = [[0, 0, 0] for _ in range(end)]
    for z in ids:
        for i in indices(salt, z, end):
            row[i] = [row[i][0] ^ z, row[i][1] ^ check(salt, z), (row[i][2] + 1) % 256]
    return row


def minus(ours, theirs):
    return [[a[0] ^ b[0], a[1] ^ b[1], (a[2] - b[2]) % 256] for a, b in zip(ours, theirs)]


def coded(row):
    return b"".join(c[0].to_bytes(8, "big") + c[1].to_bytes(4, "big") + bytes([c[2]]) for c in row)


def take_apart(salt, row):
    """Both lists of ids when all of ROW becomes zero, else None."""
    row, only = [list(c) for c in row], ([], [])
    again = True
    while again:
        again = False
        for at, (z, checks, count) in enumerate(row):
            if count in (1, 255) and checks == check(salt, z) and z not in only[0] + only[1]:
                cells = indices(salt, z, len(row))
                if at not in cells:
                    continue
                for i in cells:
                    row[i] = [row[i][0] ^ z, row[i][1] ^ checks, (row[i][2] - count) % 256]
                only[count == 255].append(z)
                again = True
    return None if any(map(any, row)) else (sorted(only[0]), sorted(only[1]))


def fewest(salt, row):
    for n in range(1, len(row) + 1):
        found = take_apart(salt, row[:n])
        if found:
            return n, found
    raise AssertionError("does not decode")


ONLY_CHECK = sys.argv[1:] == ["--check"]
changed = []


def write(name, comment, rows):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    text = "".join(f"# {line}\n" for line in comment) + "".join(" | ".join(row) + "\n" for row in rows)
    if ONLY_CHECK:
        if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            changed.append(name)
        return
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def listed(ids):
    return ",".join(f"{z:016x}" for z in ids) or "-"


def mappings(rng):
    values = [0, 1, WORD, STEP, CHECK, -STEP & WORD, 1 << 63, 0x0123456789ABCDEF]
    rows = []
    for salt in (0, 1, 0xFEDCBA9876543210):
        for z in values + [rng.getrandbits(64) for _ in range(4)]:
            cells = indices(salt, z)
            rows.append((f"{salt:016x}", f"{z:016x}", f"{check(salt, z):08x}", ",".join(map(str, cells[:20])),
                         str(len(cells)), str(cells[-1])))
    write("mapping.txt", ["salt | short id | check | its first cells, at most 20 | how many cells below 4,096 | the last"],
          rows)


def cells(rng):
    rows = []
    some = [rng.getrandbits(64) for _ in range(300)]
    for salt, ids, start, end, why in (
            (0, [], 0, 4, "nothing"),
            (0, [0], 0, 8, "the id zero is an id"),
            (0, some[:1], 0, 16, "one id"),
            (0, some[:3], 0, 16, "three"),
            (0, some[2::-1], 0, 16, "the same three, in another order"),
            (0, some[:3], 10, 16, "a part of the row"),
            (0, some[:3], 5, 5, "no cells"),
            (7, some[:3], 0, 16, "three, salted"),
            (0, some, 0, 20, "300 ids: the count runs over"),
            (0, some[:40], 4088, 4096, "the last cells")):
        row = sketch(salt, ids, end)
        rows.append((f"{salt:016x}", listed(ids), str(start), str(end), coded(row[start:]).hex() or "-", why))
    write("cells.txt", ["salt | short ids | first cell | end | the cells | why"], rows)


def differences(rng):
    rows = []
    for salt, ours, theirs, both in ((0, 0, 0, 5), (0, 1, 0, 0), (0, 0, 1, 9), (0, 1, 1, 50), (0, 3, 2, 100), (0, 10, 0, 0),
                                     (0, 5, 5, 300), (0xA5A5A5A5A5A5A5A5, 6, 5, 20), (0, 20, 13, 0)):
        ids = [rng.getrandbits(64) for _ in range(ours + theirs + both)]
        a, b = ids[:ours] + ids[ours + theirs:], ids[ours:]
        row = minus(sketch(salt, a, 120), sketch(salt, b, 120))
        n, found = fewest(salt, row)
        assert found == (sorted(ids[:ours]), sorted(ids[ours:ours + theirs]))
        assert all(take_apart(salt, row[:more]) == found for more in range(n, 120))
        rows.append((f"{salt:016x}", coded(row[:n]).hex(), listed(found[0]), listed(found[1])))
    write("difference.txt", ["salt | ours minus theirs: the fewest cells that decode | only ours | only theirs"], rows)


def nevers(rng):
    z = next(z for z in iter(lambda: rng.getrandbits(64), None) if len(indices(0, z, 12)) == 5)
    y = rng.getrandbits(64)
    one = sketch(0, [z], 12)

    def moved(count):
        return [[a, b, count if c else 0] for a, b, c in one]

    lone = [[0, 0, 0] for _ in range(12)]
    lone[next(i for i in range(12) if i not in indices(0, z, 12))] = [z, check(0, z), 1]
    twice = [list(c) for c in one]
    twice[max(i for i in range(12) if one[i][2])] = [y, check(0, y), 1]
    rows = [(coded(row).hex(), why) for row, why in (
        (sketch(0, [z, z], 12), "one short id twice: only the count is left"),
        (moved(2), "an id whose count is 2"),
        (moved(0), "an id whose count is 0"),
        ([[a, b ^ 1, c] for a, b, c in one], "an id with a wrong check"),
        (lone, "a good cell where its id does not belong"),
        (twice, "cells of two ids in one"),
        (one[:1] + [[0, 0, 0]] * 11, "an id in the first cell and nowhere else"),
        ([[z, check(0, z), 1]] * 12, "the same good cell everywhere"),
        ([[z, check(0, z), 1 if i % 2 else 255] for i in range(12)], "the same id as ours and as theirs"),
        ([[rng.getrandbits(64), rng.getrandbits(32), rng.getrandbits(8)] for _ in range(12)], "any bytes"),
        ([[255, 0, 0]] + [[0, 0, 0]] * 11, "ids without a count"))]
    for text, why in rows:
        row = bytes.fromhex(text)
        assert not take_apart(0, [[int.from_bytes(row[i:i + 8], "big"), int.from_bytes(row[i + 8:i + 12], "big"), row[i + 12]]
                                  for i in range(0, len(row), 13)]), why
    write("never.txt", ["cells that are no difference of two sets, and never decode | why"], rows)


def main():
    rng = random.Random(13)
    for part in (mappings, cells, differences, nevers):
        part(rng)
    for name in changed:
        print(f"{name}: would change")
    return 1 if changed else 0


sys.exit(main())
