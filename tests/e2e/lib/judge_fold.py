"""judge_fold.py letters|stems FOLD_LINES - what the search makes of letters, judged by the Unicode data of python; and of
forms of words, judged by the golden set. Prints a line, exits 1 with what is wrong."""
import itertools
import json
import os
import subprocess
import sys
import unicodedata

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../golden/search")
LANGUAGES = ["sq", "bs", "hr", "sr-Latn", "sr-Cyrl", "cnr", "mk", "rom", "tr", "en"]
BLOCKS = [(0xc0, 0x24f), (0x1e00, 0x1eff), (0x400, 0x52f)]
# Letters of their own, though Unicode can take them apart.
OWN = {"ѓ": "gj", "ќ": "kj", "й": "j", "ǵ": "gj", "ḱ": "kj"}
ALPHABET = dict(zip("абвгдђежзијклљмнњопрстћуфхцчџшѓѕќđı",
                    "a b v g d dj e z z i j k l lj m n nj o p r s t c u f h c c dz s gj dz kj dj i".split()))


def fold(program, lines):
    """[keys, stems] of each line."""
    said = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, encoding="utf-8", check=True)
    rows = [line.split("\t") if line else ["", ""] for line in said.stdout.split("\n")[:-1]]
    assert len(rows) == len(lines)
    return [[column.split() for column in row] for row in rows]


def letters(program):
    faults, wanted = [], {}
    for first, last in BLOCKS:
        for letter in map(chr, range(first, last + 1)):
            bare = "".join(c for c in unicodedata.normalize("NFKD", letter.lower()) if unicodedata.category(c)[0] == "L")
            own = OWN.get(unicodedata.normalize("NFC", letter.lower()))
            if own:
                wanted[letter] = own
            elif bare.isascii() and unicodedata.category(letter)[0] == "L":
                wanted[letter] = bare
            elif unicodedata.normalize("NFD", letter) != letter:
                wanted[letter] = unicodedata.normalize("NFD", letter)[0]
    wanted = {letter: key for letter, key in wanted.items() if key}
    for small, key in ALPHABET.items():
        wanted[small] = wanted[small.upper()] = key
    wanted["I"] = "i"
    for form in ("NFC", "NFD"):
        found = fold(program, [unicodedata.normalize(form, letter) for letter in wanted])
        meant = fold(program, wanted.values())
        for letter, key, (keys, _), (same, _) in zip(wanted, wanted.values(), found, meant):
            if keys != ([key] if key.isascii() else same):
                faults.append(f"U+{ord(letter):04X} {letter} {form}: {keys}, not {key}")
    return f"{len(wanted)} letters, composed and taken apart", faults


def texts(value, tag=None):
    """Every text by language in a body."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in texts(inner, key)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if tag in LANGUAGES else []


def stems(program):
    """Words of queries that are said to be inflected, against the words of the records they want."""
    records, vocabulary, exact, met, asked = {}, {}, 0, 0, 0
    with open(os.path.join(GOLDEN, "corpus.ndjson"), encoding="utf-8") as file:
        bodies = [json.loads(line)["body"] for line in file]
    for body, row in zip(bodies, fold(program, [" ".join(" ".join(texts(body)).split()) for body in bodies])):
        records[body["id"]] = row
        vocabulary.update(zip(*row))
    with open(os.path.join(GOLDEN, "pairs.tsv"), encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t") for line in file]
    pairs = [pair for pair in pairs if "inflected" in pair[3].split()]
    for pair, (keys, roots) in zip(pairs, fold(program, [pair[1] for pair in pairs])):
        had = [records[id] for id in pair[2].split()]
        for key, root in zip(keys, roots):
            if len(key) > 3:
                asked += 1
                exact += any(key in row[0] for row in had)
                met += any(root in row[1] and key not in row[0] for row in had)
    classes = {}
    for key, root in vocabulary.items():
        classes.setdefault(root, set()).add(key)
    merged = sum(len(words) * (len(words) - 1) // 2 for words in classes.values())
    far = [(a, b) for words in classes.values() for a, b in itertools.combinations(sorted(words), 2)
           if len(os.path.commonprefix([a, b])) * 2 < max(len(a), len(b))]
    said = (f"{asked} words of inflected queries: {exact} as they stand, {met} by their stem; of {len(vocabulary)} words "
            f"{merged} pairs have one stem, {len(far)} of them less than half in common")
    faults = [] if met >= 90 and len(far) * 20 < merged else [f"{said}: {far}"]
    return said, faults


said, faults = {"letters": letters, "stems": stems}[sys.argv[1]](sys.argv[2])
print("\n".join(faults) or said)
sys.exit(1 if faults else 0)
