#!/usr/bin/python3
"""The golden records against a second implementation: verify_record.py must judge every line as it says.

usage: check_vectors.py [TOP]      (TOP: the top directory, default two above this file's)

Exit 0 and a line of counts when all agree; 1 with the lines that do not.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import verify_record


def lines(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.startswith("#"):
                yield f"{path}:{number}", [column.strip() for column in line.split("|")]


def check_good(path):
    count, wrong = 0, []
    for where, column in lines(path):
        count += 1
        try:
            got = verify_record.verify(bytes.fromhex(column[15]), bytes.fromhex(column[2]))
        except verify_record.Bad as e:
            wrong.append(f"{where}: refused: {e}")
            continue
        is_ = [got["author"], str(got["kind"]), got["name"].replace("-", ""), str(got["stamp"]), str(got["expires"]),
               str(got["state"]), str(got["audience"]), got["machine"] or "-", got["id"]]
        if is_ != column[4:10] + column[11:14]:
            wrong.append(f"{where}: read as {is_}")
    return count, wrong


def check_bad(path):
    count, wrong = 0, []
    for where, column in lines(path):
        count += 1
        try:
            verify_record.verify(bytes.fromhex(column[4]), bytes.fromhex(column[3]))
            wrong.append(f"{where}: accepted: {column[2]}")
        except verify_record.Bad:
            pass
    return count, wrong


def main(args):
    top = args[0] if args else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
    vectors = os.path.join(top, "proto", "vectors")
    good, wrong = check_good(os.path.join(vectors, "envelope", "good.txt"))
    bad, more = check_bad(os.path.join(vectors, "envelope", "bad.txt"))
    wrong += more
    for line in wrong:
        print(line, file=sys.stderr)
    rc = subprocess.run([sys.executable, os.path.join(vectors, "make.py"), "--check"], check=False).returncode
    print(f"{good} good and {bad} bad records, {len(wrong)} judged otherwise")
    return 1 if wrong or rc else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
