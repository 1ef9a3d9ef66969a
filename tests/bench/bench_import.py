#!/usr/bin/python3
"""Organisations from HSDS files, as `kilim import hsds` brings them in: read, judged, signed, durable; and written out again.

bench_import.py BUILD-DIRECTORY: prints lines "NAME VALUE UNIT". Everything it makes is removed again.
"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

from bench_control import node

COUNT = 1000
RUNS = 3


def organisation(i, salt):
    return {"id": str(uuid.UUID(int=salt << 64 | i << 16 | 0x4000 << 64 | 0x8 << 60)),
            "name": "Izmišljeno udruženje %d" % i,
            "description": "An association that exists for measuring only. " * 4, "email": "office@example.org",
            "website": "https://example.org/%d" % i, "year_incorporated": 1990 + i % 30,
            "phones": [{"id": "p%d" % i, "number": "+3816%07d" % i, "type": "voice"}]}


def document(organisations):
    return [("hsds.json", json.dumps({"organization": organisations}, ensure_ascii=False, indent=1).encode())]


def tables(organisations):
    flat, phones = io.StringIO(newline=""), io.StringIO(newline="")
    rows, numbers = csv.writer(flat), csv.writer(phones)
    rows.writerow(["id", "name", "description", "email", "website", "year_incorporated"])
    numbers.writerow(["id", "organization_id", "number", "type"])
    for o in organisations:
        rows.writerow([o[c] for c in ("id", "name", "description", "email", "website", "year_incorporated")])
        numbers.writerow([o["phones"][0]["id"], o["id"], o["phones"][0]["number"], "voice"])
    return [("organizations.csv", flat.getvalue().encode()), ("phones.csv", phones.getvalue().encode())]


def import_all(control, files):
    head = json.dumps([{"name": name, "size": len(text)} for name, text in files]).encode() + b"\n"
    begin = time.monotonic()
    answer = control.ask("POST", "/v1/import/hsds?territory=RS", head + b"".join(text for _, text in files))
    seconds = time.monotonic() - begin
    if answer["added"] != COUNT:
        sys.exit("bench_import: %s" % answer)
    return COUNT / seconds


def main(build):
    place = tempfile.mkdtemp(prefix="bench-", dir=build)
    daemon = None
    try:
        daemon, control = node(build, place, "one")
        for first, name, make in ((1, "import.hsds_orgs_per_s", document), (100, "import.hsds_csv_orgs_per_s", tables)):
            rates = [import_all(control, make([organisation(i, first + run) for i in range(COUNT)])) for run in range(RUNS)]
            print("%s %.0f 1/s" % (name, sorted(rates)[RUNS // 2]))
        begin = time.monotonic()
        subprocess.run([build + "/kilim", "--dir", place + "/one", "export", "hsds", "-o", place + "/out.json"], check=True,
                       stderr=subprocess.DEVNULL)
        with open(place + "/out.json", encoding="utf-8") as file:
            count = len(json.load(file)["organization"])
        if count != 2 * RUNS * COUNT:
            sys.exit("bench_import: %d organisations came out" % count)
        print("export.hsds_orgs_per_s %.0f 1/s" % (count / (time.monotonic() - begin)))
    finally:
        if daemon:
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(place)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
