#!/usr/bin/env python3
"""judge_export - reads exports with Python's own parsers and judges them; shares no code with the program.

    judge_export.py hsds FILE | lines FILE | tables DIR | jsonld FILE | 3w FILE | ical FILE
    judge_export.py schema DIR FILE...     objects of the JSON documents against the published schemas in DIR
    judge_export.py names FILE...          every UUID that stands in the documents, sorted, one a line

Says in one line what it has seen; anything untrue is told and ends with 1.
"""
import csv
import datetime
import json
import os
import re
import sys
import uuid

ENTITIES = ["taxonomy", "taxonomy_term", "organization", "location", "program", "service"]
REQUIRED = {
    "taxonomy": ["id", "name", "description"], "taxonomy_term": ["id", "name", "description"],
    "organization": ["id", "name", "description"], "location": ["id", "location_type"],
    "program": ["id", "name", "description", "organization_id"], "service": ["id", "name", "status", "organization_id"],
    "phones": ["id", "number"], "addresses": ["id", "address_1", "city", "state_province", "postal_code", "country",
                                              "address_type"],
    "organization_identifiers": ["id", "identifier_type", "identifier"], "capacities": ["id", "unit", "available", "updated"],
}
LINKS = {"organization_id": "organization", "parent_organization_id": "organization", "program_id": "program",
         "location_id": "location", "taxonomy_id": "taxonomy", "parent_id": "taxonomy_term"}
ENUMS = {("service", "status"): ["active", "inactive", "defunct", "temporarily closed"],
         ("location", "location_type"): ["physical", "postal", "virtual"],
         ("schedules", "freq"): ["WEEKLY", "MONTHLY"]}


def fail(*words):
    print("untrue:", *words)
    sys.exit(1)


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text
    except (ValueError, TypeError, AttributeError):
        return False


def judge_object(sort, o, seen):
    for word in REQUIRED.get(sort, ["id"]):
        if word not in o or o[word] is None:
            fail(sort, o.get("id"), "lacks", word)
    if not is_uuid(o["id"]):
        fail(sort, "has an id that is no UUID:", o["id"])
    if sort != "taxonomy_term_within" and o["id"] in seen.setdefault(sort, set()):
        fail(sort, "has an id twice:", o["id"])
    seen[sort].add(o["id"])
    for (entity, word), allowed in ENUMS.items():
        if entity == sort and word in o and o[word] not in allowed:
            fail(sort, o["id"], word, "is", o[word])
    for word, value in o.items():
        if word.endswith("_id") and value is not None and not is_uuid(value):
            fail(sort, o["id"], word, "is no UUID:", value)
        if word in ("latitude", "longitude", "minimum_age", "maximum_age", "year_incorporated") and \
                not isinstance(value, (int, float)):
            fail(sort, o["id"], word, "is no number")
        if isinstance(value, list) and word != "kilim":
            for part in value:
                judge_object(word, part, seen)
    disclosure = [a.get("value") for a in o.get("attributes", []) if a.get("link_type") == "disclosure"]
    if sort == "location":
        exact = "exact" in disclosure
        if not exact and (o.get("addresses") or "latitude" in o or "transportation" in o):
            fail("location", o["id"], "is told more exactly than", disclosure)
        if disclosure and disclosure[0] in ("redacted", "territory") and o["location_type"] != "virtual":
            fail("location", o["id"], "is withheld and not virtual")
        if not disclosure:
            fail("location", o["id"], "does not say how exactly it is told")


def judge_links(document):
    ids = {e: {o["id"] for o in document[e]} for e in ENTITIES}
    for entity in ENTITIES:
        for o in document[entity]:
            for word, target in LINKS.items():
                if word in o and o[word] not in ids[target]:
                    fail(entity, o["id"], word, "names nothing in the document:", o[word])


def load_hsds(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def judge_hsds(path):
    document, seen = load_hsds(path), {}
    if document["version"] not in ("3.0", "3.1") or not document["profile"].startswith("urn:"):
        fail("the document does not say its version and profile")
    for entity in ENTITIES:
        for o in document[entity]:
            judge_object(entity, o, seen)
    judge_links(document)
    return ", ".join("%d %s" % (len(document[e]), e) for e in ENTITIES if document[e])


def judge_lines(path):
    count, seen = 0, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            o = json.loads(line)
            judge_object({"organisation": "organization", "term": "taxonomy_term"}.get(o["kilim"]["kind"], o["kilim"]["kind"]),
                         o, seen)
            count += 1
    return "%d lines" % count


def judge_tables(folder):
    with open(os.path.join(folder, "datapackage.json"), encoding="utf-8") as file:
        package = json.load(file)
    tables, total = {}, 0
    for resource in package["resources"]:
        with open(os.path.join(folder, resource["path"]), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        with open(os.path.join(folder, resource["path"]), "rb") as file:
            raw = file.read()
        if b"\n" in raw.replace(b"\r\n", b"") and not any("\n" in (c or "") for r in rows for c in r.values()):
            fail(resource["path"], "has a line that does not end in CRLF")
        fields = [f["name"] for f in resource["schema"]["fields"]]
        for row in rows:
            if list(row) != fields or None in row.values():
                fail(resource["path"], "has a row of other columns than datapackage.json says")
        tables[resource["name"]] = rows
        total += len(rows)
    if {f for f in os.listdir(folder)} != {r["path"] for r in package["resources"]} | {"datapackage.json"}:
        fail("there are other files than datapackage.json says")
    ids = {name: {r["id"] for r in rows} for name, rows in tables.items() if rows and "id" in rows[0]}
    for name, rows in tables.items():
        if rows and "id" in rows[0] and len(ids[name]) != len(rows):
            fail(name, "has an id twice")
        for row in rows:
            for column, value in row.items():
                target = LINKS.get(column, column[:-3] if column.endswith("_id") else "")
                if value and target in ids and value not in ids[target]:
                    fail(name, row.get("id"), column, "names no row:", value)
            if "link_entity" in row and row["link_id"] not in ids.get(row["link_entity"], ()):
                fail(name, "links to no row:", row["link_id"])
    return "%d rows in %d tables" % (total, len(tables))


def judge_jsonld(path):
    document = load_hsds(path)
    if "https://schema.org/" not in document["@context"]:
        fail("the context is not schema.org's")
    for node in document["@graph"]:
        if not is_uuid(node["@id"].removeprefix("urn:uuid:")) or not node["@type"]:
            fail("a node has no name or type")
    return "%d nodes" % len(document["@graph"])


def judge_3w(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    head, tags, body = rows[0], rows[1], rows[2:]
    if not all(re.fullmatch(r"#[a-z0-9]+(\+[a-z]+)*", t) for t in tags):
        fail("the second row is not all HXL tags:", tags)
    for needed in ("#org+name", "#sector", "#activity", "#country+code", "#adm1+name", "#adm2+name"):
        if needed not in tags:
            fail("there is no", needed)
    for row in body:
        if len(row) != len(head):
            fail("a row is longer or shorter than the first")
    if len({tuple(r) for r in body}) != len(body):
        fail("a row stands there twice")
    return "%d rows" % len(body)


def judge_ical(path):
    with open(path, "rb") as file:
        raw = file.read()
    lines = raw.split(b"\r\n")
    if lines.pop() != b"" or b"\n" in b"".join(lines) or any(len(line) > 75 for line in lines):
        fail("a line is longer than 75 bytes or does not end in CRLF")
    for line in lines:
        line.decode("utf-8")  # folded between characters
    text = raw.decode("utf-8").replace("\r\n ", "")
    if not text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") or not text.endswith("END:VCALENDAR\r\n"):
        fail("this is no calendar")
    uids, events = set(), re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT\r\n", text, re.S)
    for event in events:
        fields = {}
        for line in event.strip().split("\r\n"):
            name, _, value = line.partition(":")
            fields[name.split(";")[0]] = value
        for word in ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "CATEGORIES"):
            if not fields.get(word):
                fail("an event has no", word)
        for word in ("DTSTAMP", "DTSTART", "DTEND"):
            if word in fields:
                datetime.datetime.strptime(fields[word], "%Y%m%dT%H%M%SZ")
        for word in ("SUMMARY", "DESCRIPTION", "LOCATION"):
            if re.search(r"(?<!\\)(\\\\)*[;,]", fields.get(word, "")):
                fail(word, "has a sign that is not escaped:", fields[word])
        uids.add(fields["UID"])
    if len(uids) != len(events):
        fail("a UID stands there twice")
    return "%d events" % len(events)


def schema_folders(folder):
    """Folders at FOLDER or below that hold a schema for each entity: a checkout, or several versions side by side."""
    found = [at for at, _, files in os.walk(folder) if all(e + ".json" in files for e in ENTITIES)]
    return sorted(found) or fail(folder, "holds no schemas of", ", ".join(ENTITIES))


def judge_schema(folder, *paths):
    return "; ".join(judge_by(each, *paths) for each in schema_folders(folder))


def judge_by(folder, *paths):
    import jsonschema
    schemas = {}
    for name in os.listdir(folder):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                schemas[name] = json.load(file)
    import warnings
    warnings.simplefilter("ignore")
    resolver = jsonschema.RefResolver("", {}, store=schemas)
    count = 0
    for path in paths:
        document = load_hsds(path)
        for entity in ENTITIES:
            validator = jsonschema.Draft202012Validator(schemas[entity + ".json"], resolver=resolver,
                                                        format_checker=jsonschema.FormatChecker())
            for o in document[entity]:
                count += 1
                for error in validator.iter_errors(o):
                    fail(path, entity, o["id"], "/".join(map(str, error.path)), error.message)
    return "%d objects keep the published schemas in %s" % (count, folder)


def names(*paths):
    found = set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", file.read()))
    return "\n".join(sorted(found))


JUDGES = {"hsds": judge_hsds, "lines": judge_lines, "tables": judge_tables, "jsonld": judge_jsonld, "3w": judge_3w,
          "ical": judge_ical, "schema": judge_schema, "names": names}
print(JUDGES[sys.argv[1]](*sys.argv[2:]))
