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

SVC = [OTHER, UUID]             # another's entry
PLACE = {33: text("Izmišljevo", "sr-Latn"), 34: "RS"}
TERM = {32: REF, 33: "legal-aid", 34: [["en", "legal aid", 0], ["sq", "ndihmë juridike", 2]]}
STEP = {1: 1, 2: text("Ask."), 3: SVC, 11: True}
PATHWAY = {32: text("After violence"), 33: ["domestic-violence"], 34: "AL", 38: [STEP]}
ENDORSEMENT = {32: OTHER, 33: text("They trained us.")}
NOTICE = {32: "warning", 33: text("Closed on Monday."), 34: 21000}
FLAG = {32: SVC, 33: "wrong-phone"}
CLAIM = {32: SVC, 33: "mine"}
TRANSLATION = {32: SVC, 33: REC, 34: "rmn", 35: [{1: "name", 2: "Linija"}]}
BOX = {1: OTHER, 2: b"\x66" * 80}
LETTER = {32: [BOX], 33: b"\x55" * 1064}
NEED = {32: "equipment", 33: text("laptops"), 34: 6, 36: 21000, 37: "open"}
OFFER = {32: "equipment", 33: text("laptops"), 34: 10, 36: 21000, 37: "open"}
EXPERTISE = {32: REF, 33: text("Safe phones"), 34: ["mkd"]}
EVENT = {32: text("Training"), 33: "training", 34: 1800000000, 35: "onsite"}
OPPORTUNITY = {32: "grant", 33: text("Small grants"), 34: text("For groups."), 35: "Made-up Fund", 36: 21000, 37: ["AL"],
               38: "https://example.org/call"}
STORY = {32: text("A workshop"), 33: text("It began with one machine."), 35: "members", 36: 21000}


def steps(*numbers):
    """Steps numbered so; a pair is a number and its fallback."""
    return {**PATHWAY, 38: [{**STEP, 1: n} if isinstance(n, int) else {**STEP, 1: n[0], 10: n[1]} for n in numbers]}


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
        ("good", "funding", {**ORG, 53: [{1: "Made-up Fund"}]}),
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
        ("good", "places", {**SERVICE, 62: REF, 63: [{1: "https://example.org/2"}],
                            64: [{1: REF, 2: [{2: "09:00"}], 3: [{1: "116000"}], 4: text("Mondays.")}]}),
        ("bad", "places-without-one", "at_locations[0].location", "required", {**SERVICE, 64: [{4: text("x")}]}),
        ("bad", "places-clock", "at_locations[0].schedules[1].opens_at", "syntax",
         {**SERVICE, 64: [{1: REF, 2: [{2: "09:00"}, {2: "25:00"}]}]}),
    ],
    "location": [
        ("good", "exact", LOCATION), ("good", "redacted", {32: "redacted", 36: "MK"}),
        ("bad", "no-disclosure", "disclosure", "required", without(LOCATION, 32)),
        ("bad", "the-other-half", "lat", "required", without(LOCATION, 40)),
        ("bad", "half-a-coordinate", "long", "required", without(LOCATION, 41)),
        ("bad", "latitude", "lat", "range", {**LOCATION, 40: 90000001}),
        ("bad", "type", "location_type", "code", {**LOCATION, 33: "cave"}),
        ("bad", "address-text", "address", "type", {**LOCATION, 39: "Ulica 1"}),
        ("bad", "address-field", "address.field_9", "unknown", {**LOCATION, 39: {9: "x"}}),
    ],
    "program": [
        ("good", "least", {32: REF, 33: text("P"), 34: text("D")}),
        ("good", "more", {32: REF, 33: text("P"), 34: text("D"), 36: ["Made-up Fund"], 37: 20000, 38: 20000, 39: ["MK"],
                          40: [SVC], 41: "https://example.org", 42: [SVC]}),
        ("bad", "no-organisation", "organisation", "required", {33: text("P"), 34: text("D")}),
        ("bad", "no-name", "name", "required", {32: REF, 34: text("D")}),
        ("bad", "ends-first", "starts", "range", {32: REF, 33: text("P"), 34: text("D"), 37: 20000, 38: 19999}),
        ("bad", "funder-empty", "funders[0]", "empty", {32: REF, 33: text("P"), 34: text("D"), 36: [""]}),
    ],
    "place": [
        ("good", "least", PLACE),
        ("good", "more", {4: {2: "Register of made-up places"}, **PLACE, 32: "XX-1", 35: "municipality", 36: SVC, 37: "own",
                          38: ["Izmisljevo"], 39: [{1: "Wikidata", 2: "Q0"}], 40: text("*"), 41: 42000000, 42: 21000000}),
        ("bad", "no-names", "names", "required", without(PLACE, 33)),
        ("bad", "no-territory", "territory", "required", without(PLACE, 34)),
        ("bad", "level", "level", "code", {**PLACE, 35: "planet"}),
        ("bad", "half-a-position", "long", "required", {4: {2: "R"}, **PLACE, 41: 1}),
        ("bad", "other-half", "lat", "required", {4: {2: "R"}, **PLACE, 42: 1}),
        ("bad", "no-source", "source", "required", {**PLACE, 41: 1, 42: 1}),
    ],
    "taxonomy": [
        ("good", "least", {32: "made-up", 33: text("Topics")}),
        ("good", "more", {32: "made-up", 33: text("Topics"), 34: text("D"), 35: "https://example.org", 36: "1"}),
        ("bad", "no-code", "code", "required", {33: text("Topics")}),
        ("bad", "code-long", "code", "length", {32: "x" * 65, 33: text("Topics")}),
    ],
    "term": [
        ("good", "least", TERM),
        ("good", "more", {**TERM, 35: text("D"), 36: REF, 37: [{1: "sr-Cyrl", 2: ["адвокат"]}, {1: "en", 2: ["court", "lawyer"]}],
                          38: "confidential-location", 39: "https://example.org/t", 40: "1"}),
        ("bad", "no-taxonomy", "taxonomy", "required", without(TERM, 32)),
        ("bad", "safety", "safety", "code", {**TERM, 38: "safe"}),
        ("bad", "synonyms-tag", "synonyms[0].language", "syntax", {**TERM, 37: [{1: "english!", 2: ["x"]}]}),
        ("bad", "synonyms-none", "synonyms[0].words", "required", {**TERM, 37: [{1: "en"}]}),
    ],
    "pathway": [
        ("good", "least", PATHWAY),
        ("good", "fallbacks", steps((1, 3), (2, 5), (3, 5), 5)),
        ("good", "more", {**PATHWAY, 35: "Izmišljevo", 36: text("D"), 37: [{1: text("Law"), 2: "art. 5", 3: "https://example.org"}],
                          38: [{**STEP, 4: REF, 5: 24, 6: text("duty"), 7: text("Call."), 8: SVC, 9: "116000",
                                12: [text("Do not call home.")]}], 39: 20000, 40: True, 41: [REF]}),
        ("bad", "no-steps", "steps", "required", without(PATHWAY, 38)),
        ("bad", "no-situation", "situation", "required", without(PATHWAY, 33)),
        ("bad", "nobody", "steps[0].service", "required", {**PATHWAY, 38: [without(STEP, 3)]}),
        ("bad", "consent-unsaid", "steps[0].consent_needed", "required", {**PATHWAY, 38: [without(STEP, 11)]}),
        ("bad", "order", "steps[1].n", "order", steps(2, 1)),
        ("bad", "twice", "steps[1].n", "order", steps(1, 1)),
        ("bad", "fallback-nowhere", "steps[0].fallback", "unknown", steps((1, 3), 2)),
        ("bad", "fallback-itself", "steps[0].fallback", "circle", steps((1, 1))),
        ("bad", "fallback-circle", "steps[0].fallback", "circle", steps((1, 2), (2, 3), (3, 1))),
        ("bad", "too-many", "steps", "count", steps(*range(1, 42))),
        ("bad", "deadline", "steps[0].deadline", "range", {**PATHWAY, 38: [{**STEP, 5: 0}]}),
    ],
    "endorsement": [
        ("good", "least", ENDORSEMENT), ("good", "evidence", {32: OTHER, 34: 20000, 35: ["worked-together", "visited"]}),
        ("good", "accepts", {32: ME, 36: SVC}),
        ("bad", "self", "subject", "self", {**ENDORSEMENT, 32: ME}),
        ("bad", "accepts-for-another", "subject", "self", {32: OTHER, 36: SVC}),
        ("bad", "accepts-and-praises", "statement", "excluded", {32: ME, 33: text("Good."), 36: SVC}),
        ("bad", "says-nothing", "statement", "required", {32: OTHER}),
        ("bad", "evidence", "evidence[0]", "code", {32: OTHER, 35: ["heard"]}),
    ],
    "notice": [
        ("good", "least", NOTICE),
        ("good", "more", {**NOTICE, 35: ["ME"], 36: ["Izmišljevo"], 37: SVC, 38: [{1: "116000"}], 39: "https://example.org"}),
        ("bad", "no-end", "until", "required", without(NOTICE, 34)),
        ("bad", "severity", "severity", "code", {**NOTICE, 32: "mild"}),
        ("bad", "text-long", "text", "length", {**NOTICE, 33: text("x" * 1001)}),
    ],
    "flag": [
        ("good", "least", FLAG), ("good", "correct", {**FLAG, 33: "correct", 34: "visit"}),
        ("good", "duplicate", {**FLAG, 33: "duplicate", 36: REF}), ("good", "conduct", {**FLAG, 33: "conduct"}),
        ("good", "phone", {**FLAG, 35: "116000", 37: text("nobody answers")}),
        ("bad", "no-reason", "reason", "required", {32: SVC}),
        ("bad", "own-entry", "about", "self", {**FLAG, 32: REF}),
        ("bad", "correct-unsaid-how", "confirmed", "required", {**FLAG, 33: "correct"}),
        ("bad", "duplicate-of-what", "duplicate_of", "required", {**FLAG, 33: "duplicate"}),
        ("bad", "conduct-remark", "remark", "excluded", {**FLAG, 33: "conduct", 37: text("they ...")}),
        ("bad", "address-repeated", "remark", "excluded", {**FLAG, 33: "address-exposed", 37: text("at ...")}),
    ],
    "claim": [
        ("good", "mine", {**CLAIM, 34: REF}), ("good", "remove", {**CLAIM, 33: "remove"}),
        ("good", "on-behalf", {**CLAIM, 35: "Grupi i sajuar"}),
        ("bad", "own-entry", "about", "self", {**CLAIM, 32: REF}),
        ("bad", "what", "what", "code", {**CLAIM, 33: "yours"}),
        ("bad", "removed-and-replaced", "own", "excluded", {**CLAIM, 33: "remove", 34: REF}),
        ("bad", "on-behalf-and-own", "own", "excluded", {**CLAIM, 34: REF, 35: "Grupi i sajuar"}),
    ],
    "letter": [
        ("good", "least", LETTER),
        ("good", "most", {32: [BOX] * 17, 33: b"\x55" * 4136}),
        ("bad", "to-nobody", "boxes", "required", without(LETTER, 32)),
        ("bad", "too-many", "boxes", "count", {**LETTER, 32: [BOX] * 18}),
        ("bad", "no-words", "locked", "required", without(LETTER, 33)),
        ("bad", "short", "locked", "length", {**LETTER, 33: b"\x55" * 39}),
        ("bad", "long", "locked", "length", {**LETTER, 33: b"\x55" * 4137}),
        ("bad", "half-a-key", "boxes[0].key", "length", {**LETTER, 32: [{1: OTHER, 2: b"\x66" * 79}]}),
        ("bad", "no-reader", "boxes[0].to", "required", {**LETTER, 32: [{2: b"\x66" * 80}]}),
    ],
    "translation": [
        ("good", "least", TRANSLATION),
        ("good", "more", {5: "generated", **TRANSLATION, 34: "sr-Cyrl", 35: [{1: "name", 2: "x"}, {1: "phones[0].label", 2: "y"},
                                                                         {1: "cost_options[12].option", 2: "z"}]}),
        ("bad", "no-source", "source_record", "required", without(TRANSLATION, 33)),
        ("bad", "tag", "tag", "syntax", {**TRANSLATION, 34: "romani"}),
        ("bad", "tag-empty", "tag", "empty", {**TRANSLATION, 34: ""}),
        ("bad", "twice", "texts[1].field", "unique", {**TRANSLATION, 35: [{1: "name", 2: "x"}, {1: "name", 2: "y"}]}),
        *[("bad", "path-" + name, "texts[0].field", "syntax", {**TRANSLATION, 35: [{1: path, 2: "x"}]})
          for name, path in (("capital", "Name"), ("open", "phones[0"), ("index", "phones[]"), ("dot", "name."),
                             ("slash", "a/b"), ("letters", "phones[x]"))],
    ],
    "need": [
        ("good", "least", NEED),
        ("good", "many-here", {**NEED, 34: 5, 35: "laptops", 38: "MK", 39: "Izmislenovo", 40: True, 41: text("D"), 42: "soon",
                               43: ["roma"], 44: ["braille"], 45: [REF], 46: ["mkd"], 47: REF}),
        ("good", "matched", {**NEED, 37: "matched", 49: SVC}),
        ("good", "few-territory", {**NEED, 34: 4, 38: "MK", 43: ["roma"], 44: ["braille"]}),
        ("good", "few-here-of-nobody", {**NEED, 34: 1, 39: "Izmislenovo"}),
        ("bad", "few-group-here", "municipality", "excluded", {**NEED, 34: 4, 39: "Izmislenovo", 43: ["roma"]}),
        ("bad", "few-access-here", "municipality", "excluded", {**NEED, 34: 1, 39: "Izmislenovo", 44: ["braille"]}),
        ("bad", "no-quantity", "quantity", "required", without(NEED, 34)),
        ("bad", "none", "quantity", "range", {**NEED, 34: 0}),
        ("bad", "no-end", "until", "required", without(NEED, 36)),
        ("bad", "no-stage", "stage", "required", without(NEED, 37)),
        ("bad", "private-match", "matched_with", "private", {**NEED, 48: SVC}),
        ("bad", "met-by-whom", "met_by", "type", {**NEED, 49: "them"}),
    ],
    "offer": [
        ("good", "least", OFFER),
        ("good", "more", {**OFFER, 35: "laptops", 37: "reserved", 38: "RS", 39: "Izmišljevo", 40: text("D"), 41: "good", 42: "lend",
                          43: ["RS", "MK"], 44: 20000, 45: text("T"), 46: 10, 47: [SVC], 48: ["everyone"], 49: ["braille"],
                          50: [REF], 51: ["srp"], 52: REF}),
        ("bad", "from-after-until", "available_from", "range", {**OFFER, 44: 21001}),
        ("bad", "more-than-there-are", "reserved_qty", "range", {**OFFER, 46: 11}),
        ("bad", "condition", "condition", "code", {**OFFER, 41: "broken"}),
        ("bad", "no-item", "item", "required", without(OFFER, 33)),
    ],
    "expertise": [
        ("good", "least", EXPERTISE),
        ("good", "more", {**EXPERTISE, 35: [REF], 36: "expert", 37: ["workshop"], 38: 8, 39: True, 40: [text("there")],
                          41: text("D"), 42: ["MK"]}),
        ("bad", "no-languages", "languages", "required", without(EXPERTISE, 34)),
        ("bad", "hours", "hours_per_month", "range", {**EXPERTISE, 38: 745}),
        ("bad", "level", "level", "code", {**EXPERTISE, 36: "guru"}),
    ],
    "event": [
        ("good", "least", EVENT),
        ("good", "more", {**EVENT, 35: "mixed", 36: 1800003600, 37: "Europe/Tirane", 38: text("D"), 39: "AL", 40: "Sajuarë",
                          41: text("Room 2"), 43: "https://example.org/j", 44: [REF, SVC], 45: ["girls"], 46: ["sqi"], 47: 20,
                          48: text("free"), 49: text("call"), 50: "https://example.org/r", 51: SVC, 52: [SVC], 53: ["lift"],
                          54: True, 55: 18, 56: [SVC], 57: [REF], 58: [{1: text("office")}], 59: "https://example.org"}),
        ("good", "at-a-location", {**EVENT, 42: REF}),
        ("bad", "ends-first", "start", "range", {**EVENT, 36: 1799999999}),
        ("bad", "place-told-twice", "municipality", "excluded", {**EVENT, 40: "Sajuarë", 42: REF}),
        ("bad", "venue-told-twice", "venue", "excluded", {**EVENT, 41: text("Room 2"), 42: REF}),
        ("bad", "participants-broken-down", "participants", "type", {**EVENT, 55: {1: 18}}),
        ("bad", "named-contact", "contacts[0].name", "consent", {**EVENT, 58: [{1: text("r"), 2: "N. N."}]}),
        ("bad", "no-mode", "mode", "required", without(EVENT, 35)),
    ],
    "opportunity": [
        ("good", "least", OPPORTUNITY),
        ("good", "more", {**OPPORTUNITY, 39: {1: 100, 2: 100, 3: "EUR"}, 40: ["volunteer"], 41: ["sqi"], 42: [REF], 43: ["women"]}),
        ("bad", "no-deadline", "deadline", "required", without(OPPORTUNITY, 36)),
        ("bad", "no-link", "link", "required", without(OPPORTUNITY, 38)),
        ("bad", "amount-empty", "amount.min", "required", {**OPPORTUNITY, 39: {3: "EUR"}}),
        ("bad", "amount-order", "amount.min", "range", {**OPPORTUNITY, 39: {1: 101, 2: 100, 3: "EUR"}}),
    ],
    "initiative": [
        ("good", "least", {32: text("Forum"), 33: text("Every two years.")}),
        ("good", "more", {32: text("Forum"), 33: text("x"), 34: "idea", 35: [REF], 36: [SVC], 37: ["WB"], 38: [REF],
                          39: "https://example.org"}),
        ("bad", "no-text", "text", "required", {32: text("Forum")}),
        ("bad", "stage", "stage", "code", {32: text("Forum"), 33: text("x"), 34: "open"}),
    ],
    "comment": [
        ("good", "least", {32: SVC, 33: text("Yes.")}),
        ("bad", "no-parent", "parent", "required", {33: text("Yes.")}),
        ("bad", "long", "text", "length", {32: SVC, 33: text("x" * 2001)}),
    ],
    "group": [
        ("good", "least", {32: text("G"), 33: text("P")}),
        ("good", "more", {32: text("G"), 33: text("P"), 34: [REF, SVC], 35: REF, 36: [SVC], 37: ["WB"], 38: [REF], 39: text("monthly")}),
        ("bad", "no-purpose", "purpose", "required", {32: text("G")}),
        ("bad", "too-many", "members", "count", {32: text("G"), 33: text("P"), 34: [REF] * 101}),
    ],
    "story": [
        ("good", "least", STORY),
        ("good", "more", {**STORY, 33: text("x" * 16000), 34: "Made-up name", 35: "public", 37: REC, 38: [REF], 39: "MK"}),
        ("bad", "no-scope", "consent_scope", "required", without(STORY, 35)),
        ("bad", "no-end", "withdraw_by", "required", without(STORY, 36)),
        ("bad", "scope", "consent_scope", "code", {**STORY, 35: "everyone"}),
        ("bad", "consent-in-the-record", "consent", "private", {13: {1: True}, **STORY}),
        ("bad", "size", "story", "size", {**STORY, 33: [[t, "x" * 16000, 0] for t in ("en", "sq", "sr")]}),
    ],
}

folder = os.path.dirname(os.path.abspath(__file__))
for kind, rows in KINDS.items():
    with open(os.path.join(folder, kind + ".txt"), "w") as out:
        for row in rows:
            print(*row[:-1], cbor2.dumps(dict(sorted(row[-1].items())), canonical=True).hex() or "-", file=out)
