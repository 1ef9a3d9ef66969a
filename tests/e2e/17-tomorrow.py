#!/usr/bin/env python3
"""tomorrow - nodes of a newer version, with a kind, fields and a collection that an older one does not know, exchange
everything with it that both may have, and once: then nothing is sent again, however often they visit and start.

    a (new) --- b (old) --- c (new)

Build "tomorrow" makes the newer version from the same sources.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import nodes
from nodes import await_true, must

NEW = "tomorrow/out/kilimd"
VISITS = 10
SERIES = 5      # what was on its way before may come in the first, where this machine is busy; what visits bring comes in each


def envelope(node, record):
    return node.raw("GET", "/v1/records/" + record)[1] if node.has(record) else None


def everywhere(what, record, all_nodes):
    await_true(what, lambda: all(n.has(record) for n in all_nodes))
    must(what + ", byte for byte", len({envelope(n, record) for n in all_nodes}) == 1)


def add(node, kind, body):
    return node.ask("POST", "/v1/kinds/" + kind, body)


def sums(all_nodes):
    """What has come in and been answered but for greetings, so far: neither may move when nothing is new."""
    return [(n.metrics()["kilim_records_admitted_total"],
             {path: count for path, count in n.answered().items() if path != "hello"}) for n in all_nodes]


def visits_move_nothing(when, all_nodes):
    """Everybody visits everybody, again and again. At the first visit of a session each asks to be told news."""
    for last in range(1, SERIES + 1):
        so, said_of_it = series(all_nodes)
        if so or last == SERIES:
            must(when + said_of_it, so)
            return


def series(all_nodes):
    """Whether nothing moved, and what was seen."""
    for node in all_nodes:
        visit(node)
    quiet(all_nodes)
    before, hellos = sums(all_nodes), sum(n.answered()["hello"] for n in all_nodes)
    equal, unequal = said(all_nodes)
    for _ in range(VISITS):
        for node in all_nodes:
            visit(node)
    after = sum(n.answered()["hello"] for n in all_nodes) - hellos
    now_equal, now_unequal = said(all_nodes)
    # a visits b, c visits b, and b visits both: four visits a round.
    return (now_unequal == unequal and now_equal - equal >= 4 * VISITS and after >= 4 * VISITS and
            sums(all_nodes) == before,
            ": %d visits later every root was equal, no record and no request but %d greetings were sent" %
            (now_equal - equal, after))


def visit(node):
    """Of all that it is connected with, from the asking to the end of each; asked anew where a session was lost meanwhile."""
    ended, peers = sum(said([node])), sum(p["state"] in ("connected", "syncing") for p in node.status()["peers"])
    asked = {"at": 0}

    def done():
        if time.monotonic() - asked["at"] > 10:
            asked["at"] = time.monotonic()
            node.visit()
        return sum(said([node])) >= ended + peers

    await_true("the visits of %s end" % node.name, done)


def said(all_nodes):
    """How many visits ended with equal roots, and how many otherwise."""
    equal = unequal = 0
    for node in all_nodes:
        with open(node.log, encoding="utf-8", errors="replace") as log:
            for line in log:
                if re.search(r" sync\.(done|failed) ", line):
                    equal, unequal = equal + (" equal=1" in line), unequal + (" equal=1" not in line)
    return equal, unequal


def quiet(all_nodes):
    """Until nobody has sent anything for a moment."""
    state = {"last": None, "same": 0}

    def still():
        now = [n.ip_bytes() for n in all_nodes]
        state["same"] = state["same"] + 1 if now == state["last"] else 0
        state["last"] = now
        return state["same"] >= 10

    await_true("the nodes fall silent", still, 60, 0.05)


def network(lab):
    a = lab.founder("a", NEW)
    b = lab.guest(a, "b")
    c = lab.guest(a, "c", link=[], program=NEW)
    # From now on the third reaches the first by the second alone.
    c.link.end()
    c.configure("hub", "[network]\npeer = 127.0.0.1:%d %s\n" % (b.port(), b.status()["node"]["id"]))
    for node in (a, b, c):
        node.configure("log", "[log]\nlevel = debug\n")
        restart(node)
    connect((a, b, c))
    return a, b, c


def restart(node):
    node.end()
    node.start()


def connect(all_nodes):
    a, b, c = all_nodes
    await_true("the second is connected with both others", lambda: sum(
        p["state"] in ("connected", "syncing") for p in b.status()["peers"]) == 2, 60)
    await_true("all know all", lambda: all(n.active() == 3 for n in all_nodes))
    await_true("all have as many entries", lambda: a.has_same(b) and b.has_same(c))


def run(lab):
    everybody = a, b, c = network(lab)
    versions = [n.ask("GET", "/v1/version")["version"] for n in everybody]
    must("versions %s meet" % ", ".join(versions), versions[0] == versions[2] != versions[1])

    known = add(b, "organisation", {"name": {"en": "Of today"}, "relation": "listed", "territories": ["RS"]})["record"]
    workshop = add(a, "workshop", {"name": {"en": "Made-up workshop"}, "places": 12})["record"]
    other = add(c, "workshop", {"name": {"en": "Another workshop"}, "repair": True})["record"]
    fields = add(a, "organisation", {"name": {"en": "Of tomorrow"}, "relation": "listed", "territories": ["RS"],
                                     "newsletter": "https://example.org/letters", "volunteers": 7})["record"]
    meeting = add(a, "meeting", {"name": {"en": "Made-up meeting"}})["record"]

    everywhere("what the old one wrote is at both new ones", known, everybody)
    everywhere("an unknown kind passes through the old one", workshop, everybody)
    everywhere("and the other way", other, everybody)
    everywhere("and so do unknown fields of a kind that it knows", fields, everybody)
    shown = c.ask("GET", "/v1/kinds/workshop")
    must("the new one behind it shows that kind", len(shown) == 2 and any(w.get("places") == 12 for w in shown))
    must("and those fields", any(o.get("volunteers") == 7 for o in c.ask("GET", "/v1/kinds/organisation")))
    must("the old one shows what it understands of it", len(b.ask("GET", "/v1/kinds/organisation")) == 2)
    visits_move_nothing("between them", everybody)
    must("what is in a collection that the old one does not know was never asked for", not b.has(meeting) and
         not c.has(meeting) and a.records("gatherings") == 1)

    for node in (a, b):
        restart(node)
    connect(everybody)
    visits_move_nothing("after a start of both", everybody)
    a.crash()
    b.crash()
    a.start()
    b.start()
    c.visit()           # it has not noticed: nobody said goodbye
    connect(everybody)
    visits_move_nothing("after kill -9 of both", everybody)

    # The old one is brought up to date, and put back.
    b.program = NEW
    restart(b)
    connect(everybody)
    everywhere("once it is new as well, that collection reaches everybody", meeting, everybody)
    must("and it shows what it had only kept", len(b.ask("GET", "/v1/kinds/workshop")) == 2)
    visits_move_nothing("all three new", everybody)
    b.program = "kilimd"
    restart(b)
    connect(everybody)
    visits_move_nothing("the second old again", everybody)


nodes.main(run)
