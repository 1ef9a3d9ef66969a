#!/usr/bin/python3
"""Writes the vectors of every kind beside itself, with an encoder that is not ours (python3-cbor2).

A line is: good NAME HEX, or: bad NAME OBJECT RULE HEX (the field and the rule that the refusal must name).
The author of every body is the key of 32 bytes 0x11.
"""
import cbor2
import os

ME, OTHER, REC, NODE = b"\x11" * 32, b"\x22" * 32, b"\x33" * 32, b"\x44" * 32
UUID = bytes.fromhex("1f0c2e4a000040008000000000000001")
REF = [ME, UUID]


def text(value, tag="en", flags=0):
    return [[tag, value, flags]]


def without(body, *keys):
    return {k: v for k, v in body.items() if k not in keys}


ENTRY = {1: ME, 2: "Izmišljeni centar", 3: "RS", 4: "cso"}
CHARTER = {33: text("A made-up network"), 40: [ENTRY], 41: 1}
LATER = {32: REC, 33: text("Мрежа", "mk"), 40: [ENTRY, {**ENTRY, 1: OTHER, 3: "XK"}], 41: 2, 42: {1: 6000}, 43: [REC]}
MEMBER = {**ENTRY, 5: "active", 6: 490000}
ADMISSION = {32: REC, 33: OTHER, 34: "Shoqata e Sajuar", 35: "XK", 36: "cso"}
STANDING = {32: REC, 33: OTHER, 34: "suspend", 35: "key-lost"}
ERASURE = {32: REC, 33: 1 << 60, 34: "key"}
ORG = {32: "self", 33: text("Made-up Centre"), 34: ["RS"]}
FULL_ORG = {
    1: 20000, 2: ME, 3: "self", 4: {1: "https://example.org/a", 2: "Report"}, 5: "none", 8: text("moved"), 9: "active",
    32: "hosted", 33: [["sr-Cyrl", "Измишљени центар", 0], ["en", "Made-up Centre", 1]], 34: ["RS", "XK"],
    35: ["IC"], 36: text("line one\nline two"), 37: "cso", 38: "1-5", 39: 1999, 41: [{2: "register", 3: "17"}],
    42: "office@example.org", 43: "https://example.org", 44: [{1: "https://example.org/en"}], 46: REF,
    47: ["srp", "rmn"], 48: ["women", "girls"], 49: ["wheelchair"],
    50: [{1: text("duty social worker"), 2: "N. N.", 4: [{1: "+381110000000"}], 5: 20000}],
    51: [{1: "+38344123456", 2: "helpline"}, {1: "116000"}], 52: [[ME, UUID]],
}
SERVICE = {32: REF, 33: text("Line"), 34: text("Advice."), 44: ["sqi"], 47: ["XK"]}
LOCATION = {32: "exact", 33: "physical", 36: "MK", 37: "Izmislenovo",
            39: {1: "Ulica 1", 2: "1000"}, 40: 42000000, 41: -21000000}

KINDS = {
    "charter": [
        ("good", "first", CHARTER), ("good", "later", LATER),
        ("bad", "no-name", "name", "required", without(CHARTER, 33)),
        ("bad", "no-coordinators", "coordinators", "required", without(CHARTER, 40)),
        ("bad", "threshold-above-majority", "admit", "majority", {**CHARTER, 41: 2}),
        ("bad", "threshold-zero", "admit", "range", {**CHARTER, 41: 0}),
        ("bad", "named-twice", "coordinators", "unique", {**LATER, 40: [ENTRY, ENTRY]}),
        ("bad", "first-by-another", "coordinators", "first", {**CHARTER, 40: [{**ENTRY, 1: OTHER}]}),
        ("bad", "first-with-roll", "roll", "first", {**CHARTER, 43: [REC]}),
        ("bad", "sixteen", "coordinators", "count", {**LATER, 40: [{**ENTRY, 1: bytes([i]) * 32} for i in range(16)]}),
        ("bad", "short-key", "coordinators[0].key", "length", {**CHARTER, 40: [{**ENTRY, 1: b"k"}]}),
        ("bad", "unknown-class", "coordinators[0].class", "code", {**CHARTER, 40: [{**ENTRY, 4: "king"}]}),
        ("bad", "common-field", "field_1", "unknown", {1: 20000, **CHARTER}),
    ],
    "roll": [
        ("good", "one", {40: [MEMBER]}), ("good", "succeeded", {40: [{**MEMBER, 5: "succeeded", 7: OTHER}]}),
        ("good", "erasures", {41: [{1: REC, 2: 1 << 60, 3: "key"}, {1: REC, 3: "blob"}]}),
        ("bad", "no-state", "entries[0].state", "required", {40: [ENTRY]}),
        ("bad", "no-hour", "entries[0].since", "required", {40: [without(MEMBER, 6)]}),
        ("bad", "state", "entries[0].state", "code", {40: [{**MEMBER, 5: "asleep"}]}),
        ("bad", "too-many", "entries", "count", {40: [MEMBER] * 201}),
        ("bad", "empty-list", "entries", "empty", {40: []}),
    ],
    "approval": [
        ("good", "plain", {32: REC}), ("bad", "empty", "charter", "required", {}),
        ("bad", "text", "charter", "type", {32: "rec1"}), ("bad", "short", "charter", "length", {32: b"\x33" * 31}),
        ("bad", "more", "field_33", "unknown", {32: REC, 33: REC}),
    ],
    "admission": [
        ("good", "plain", ADMISSION), ("good", "not-stated", {**ADMISSION, 35: "ZZ"}),
        ("bad", "no-subject", "subject", "required", without(ADMISSION, 33)),
        ("bad", "territory", "territory", "code", {**ADMISSION, 35: "xk"}),
        ("bad", "name-empty", "name", "empty", {**ADMISSION, 34: ""}),
        ("bad", "name-long", "name", "length", {**ADMISSION, 34: "x" * 201}),
    ],
    "standing": [
        ("good", "plain", STANDING), ("good", "rule", {**STANDING, 34: "reinstate", 35: "charter-rule", 36: 3, 37: "see"}),
        ("bad", "action", "action", "code", {**STANDING, 34: "ban"}),
        ("bad", "no-reason", "reason", "required", without(STANDING, 35)),
        ("bad", "rule-zero", "rule", "range", {**STANDING, 36: 0}),
    ],
    "removal": [
        ("good", "plain", without(STANDING, 34)),
        ("bad", "action", "field_34", "unknown", STANDING),
        ("bad", "no-charter", "charter", "required", without(STANDING, 32, 34)),
    ],
    "succession": [
        ("good", "plain", {32: REC, 33: ME, 34: OTHER}),
        ("bad", "itself", "new_key", "unique", {32: REC, 33: ME, 34: ME}),
        ("bad", "no-old", "old_key", "required", {32: REC, 33: ME}),
    ],
    "erasure": [
        ("good", "key", ERASURE), ("good", "blob", {32: REC, 34: "blob", 35: "unlawful"}),
        ("good", "vote", {**ERASURE, 35: "safety", 36: REC}),
        ("bad", "key-without-stamp", "up_to", "required", without(ERASURE, 33)),
        ("bad", "blob-with-stamp", "up_to", "unknown", {**ERASURE, 34: "blob"}),
        ("bad", "vote-without-reason", "reason", "required", {**ERASURE, 36: REC}),
        ("bad", "negative-stamp", "up_to", "type", {**ERASURE, 33: -1}),
    ],
    "node": [
        ("good", "empty", {}), ("good", "one", {32: [{1: NODE, 2: b"\x55" * 32}], 33: NODE, 34: OTHER, 36: REC}),
        ("good", "dropped", {37: [{1: b"\x55" * 32, 2: 1 << 59}]}),
        ("bad", "key-short", "nodes[0].machine_key", "length", {32: [{1: NODE, 2: b"\x55" * 31}]}),
        ("bad", "key-long", "nodes[0].machine_key", "length", {32: [{1: NODE, 2: b"\x55" * 33}]}),
        ("bad", "seventeen", "nodes", "count", {32: [{1: NODE}] * 17}),
        ("bad", "no-id", "nodes[0].id", "required", {32: [{2: b"\x55" * 32}]}),
    ],
    "reach": [
        ("good", "two", {32: ["192.0.2.7:5684", "[2001:db8::7]:5684"], 33: NODE}), ("good", "none", {33: NODE}),
        ("bad", "five", "addresses", "count", {32: ["192.0.2.7:5684"] * 5, 33: NODE}),
        ("bad", "no-node", "node", "required", {32: ["192.0.2.7:5684"]}),
        ("bad", "long", "addresses[0]", "length", {32: ["1" * 81], 33: NODE}),
    ],
    "receipt": [
        ("good", "two", {32: [b"\x01" * 16, b"\x02" * 16]}),
        ("bad", "whole-id", "erasures[0]", "length", {32: [REC]}),
        ("bad", "none", "erasures", "required", {}),
        ("bad", "text", "erasures[0]", "type", {32: ["x"]}),
    ],
    "organisation": [
        ("good", "least", ORG), ("good", "full", FULL_ORG),
        ("good", "not-stated", {**ORG, 32: "listed", 34: ["ZZ"], 3: "never"}),
        ("bad", "no-relation", "relation", "required", without(ORG, 32)),
        ("bad", "no-name", "name", "required", without(ORG, 33)),
        ("bad", "no-territories", "territories", "required", without(ORG, 34)),
        ("bad", "name-text", "name", "type", {**ORG, 33: "Centre"}),
        ("bad", "name-pair", "name", "type", {**ORG, 33: [["en", "Centre"]]}),
        ("bad", "name-tag", "name", "language", {**ORG, 33: text("x", "english-language-of-britain-and-more")}),
        ("bad", "name-flags", "name", "flags", {**ORG, 33: text("x", "en", 4)}),
        ("bad", "name-twice", "name", "unique", {**ORG, 33: text("x") + text("y")}),
        ("bad", "private-note", "note", "private", {12: "secret", **ORG}),
        ("bad", "private-consent", "consent", "private", {13: {1: True}, **ORG}),
        ("bad", "unknown", "field_999", "unknown", {**ORG, 999: 1}),
        ("bad", "website", "website", "syntax", {**ORG, 43: "javascript:alert(1)"}),
        ("bad", "website-blank", "website", "syntax", {**ORG, 43: "https://example.org/a b"}),
        ("bad", "email", "email", "syntax", {**ORG, 42: "a@b"}),
        ("bad", "phone-blank", "phones[0].number", "syntax", {**ORG, 51: [{1: "+381 11 000"}]}),
        ("bad", "phone-national", "phones[0].number", "syntax", {**ORG, 51: [{1: "0111234"}]}),
        ("bad", "languages-text", "languages", "type", {**ORG, 47: "srp"}),
        ("bad", "phones-map", "phones", "type", {**ORG, 51: {1: "112"}}),
        ("bad", "phone-text", "phones[0]", "type", {**ORG, 51: ["112"]}),
        ("bad", "language", "languages[0]", "syntax", {**ORG, 47: ["SRP"]}),
        ("bad", "year", "founded", "range", {**ORG, 39: 1066}),
        ("bad", "parent", "parent", "type", {**ORG, 46: [ME]}),
        ("bad", "named-contact", "contacts[0].name", "consent", {**ORG, 50: [{1: text("r"), 2: "N. N."}]}),
        ("bad", "date", "last_verified", "range", {1: 9999999, **ORG}),
        ("good", "one-day", {10: 20000, 11: 20000, **ORG}),
        ("bad", "ends-before", "valid_until", "range", {10: 20000, 11: 19999, **ORG}),
        ("bad", "size", "organisation", "size", {**ORG, 36: [[t, "x" * 3000, 0] for t in ("en", "sq", "sr")]}),
    ],
    "service": [
        ("good", "least", SERVICE),
        ("good", "more", {**SERVICE, 36: ["helpline", "legal-aid"], 37: [{1: "phone", 2: ["sqi"]}], 40: 12, 41: 99,
                          43: [{2: 0, 3: "EUR"}], 46: [{1: "FREQ=WEEKLY", 2: "09:00", 3: "17:00"}], 48: ["Izmislenovo"],
                          50: [REF], 52: [{1: "places", 2: 3, 4: 20000}], 56: True, 57: False, 58: "municipality"}),
        ("bad", "no-organisation", "organisation", "required", without(SERVICE, 32)),
        ("bad", "no-languages", "languages", "required", without(SERVICE, 44)),
        ("bad", "no-areas", "service_areas", "required", without(SERVICE, 47)),
        ("bad", "kind", "kind_terms[0]", "code", {**SERVICE, 36: ["spa"]}),
        ("bad", "confidential", "confidential", "type", {**SERVICE, 57: "yes"}),
        ("good", "until-midnight", {**SERVICE, 46: [{2: "00:00", 3: "24:00"}]}),
        ("bad", "clock", "schedules[1].closes_at", "syntax", {**SERVICE, 46: [{2: "09:00"}, {3: "24:01"}]}),
        ("bad", "clock-letters", "schedules[0].opens_at", "syntax", {**SERVICE, 46: [{2: "9 h  "}]}),
        ("bad", "ages", "age_min", "range", {**SERVICE, 40: 30, 41: 20}),
        ("bad", "currency", "cost_options[0].currency", "length", {**SERVICE, 43: [{2: 1, 3: "EURO"}]}),
        ("bad", "disclosure", "disclosure", "code", {**SERVICE, 58: "secret"}),
    ],
    "location": [
        ("good", "exact", LOCATION), ("good", "redacted", {32: "redacted", 36: "MK"}),
        ("bad", "no-disclosure", "disclosure", "required", without(LOCATION, 32)),
        ("bad", "half-a-coordinate", "long", "required", without(LOCATION, 41)),
        ("bad", "latitude", "lat", "range", {**LOCATION, 40: 90000001}),
        ("bad", "type", "location_type", "code", {**LOCATION, 33: "cave"}),
        ("bad", "address-text", "address", "type", {**LOCATION, 39: "Ulica 1"}),
        ("bad", "address-field", "address.field_9", "unknown", {**LOCATION, 39: {9: "x"}}),
    ],
}

folder = os.path.dirname(os.path.abspath(__file__))
for kind, rows in KINDS.items():
    with open(os.path.join(folder, kind + ".txt"), "w") as out:
        for row in rows:
            print(*row[:-1], cbor2.dumps(dict(sorted(row[-1].items())), canonical=True).hex() or "-", file=out)
