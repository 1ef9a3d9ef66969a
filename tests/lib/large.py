"""large - two nodes with very many records in common, and what they tell each other when little differs.

The store of the first is filled by build/netlab/fill and copied to the second, which goes on from the copy with --alone;
then both are given records of their own. They speak through a link that takes 50 ms each way and counts IP bytes; what
each has answered its own metrics say.
"""
import os
import shutil
import subprocess
import time

from nodes import BUILD, await_true, bad, must, ok, steady_port

DELAY_MS = 50
# All that may be asked to find and move a difference, and the request to be told news: whole records in order, or a list of
# ids, are the last resort.
CHEAP = {"hello", "buckets", "cells", "records", "offer", "events"}


def fill(node, *words):
    done = subprocess.run([BUILD + "/netlab/fill", node.home, *map(str, words)], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        bad("%s is filled" % node.name)
    return done.stdout.strip()


# Questions for cells (proto/sync.md section 2): one brings enough, and where it does not, one or two more do; one for who visits
# second.
MOST_CELLS = 4


class Pair:
    def __init__(self, lab, count):
        begun = time.monotonic()
        self.salt, self.count = 1, count
        self.a = lab.founder("a", listen="127.0.0.1:%d" % steady_port(), quotas={"keys": 200000, "writes_day": 200000})
        self.b = lab.guest(self.a, "b", link=["--delay", DELAY_MS], visit_minutes=1440)
        self.a.configure("visits", "[network]\nvisit_minutes = 1440\n")
        self.link = self.b.link
        # Whom it dials stands in the store that will be replaced.
        self.b.configure("hub", "[network]\npeer = 127.0.0.1:%d %s\n" % (self.link.port, self.a.status()["node"]["id"]))
        self.stop()
        fill(self.a, "admit")
        told = fill(self.a, count, self.salt)
        shutil.rmtree(self.b.home + "/store")
        shutil.copytree(self.a.home + "/store", self.b.home + "/store")
        self.a.start(limit_s=120)
        self.b.start("--alone", limit_s=120)
        self.settle()
        self.size = self.a.records()
        if self.size < count:
            bad("all entries are in the set: %d of %d" % (self.size, count))
        ok("two nodes with %s in common, made in %.0f s; %.1f and %.1f MiB of memory" %
           (told, time.monotonic() - begun, self.a.anonymous_kib() / 1024, self.b.anonymous_kib() / 1024))

    def stop(self):
        self.b.end()
        self.a.end()

    def settle(self, limit_s=120):
        """Both have the same, and the link is silent."""
        await_true("the nodes are connected", self.b.connected, limit_s)
        await_true("both have the same", lambda: self.a.records() == self.b.records(), limit_s)
        return self.link.quiet(1, limit_s)

    def nothing_new(self):
        """A visit of two that are equal: packets and IP bytes both ways, and what was asked; the least of three and, where
        this machine is busy, of twenty: a keepalive may fall into one, and what is answered late is asked again."""
        seen = []
        while len(seen) < 3 or (len(seen) < 20 and min(sum(s[0]) for s in seen) > 2):
            before, asked = self.link.quiet(0.5), self.a.answered()
            self.b.visit()
            await_true("a visit is answered",
                       lambda before=before: self.link.counts()["down"]["packets"] > before["down"]["packets"])
            after = self.link.quiet(0.5)
            paths = {path for path, count in self.a.answered().items() if count > asked[path]}
            seen.append(([after[w]["packets"] - before[w]["packets"] for w in ("up", "down")],
                         sum(after[w]["ip_bytes"] - before[w]["ip_bytes"] for w in ("up", "down")), paths))
        packets, size, paths = min(seen, key=lambda s: sum(s[0]))
        must("with nothing new a visit is one round trip: %d packet there, %d back, %d bytes of IP" % (*packets, size),
             packets == [1, 1] and size <= 400 and paths == {"hello"})

    def differ(self, here, there):
        """HERE more at b, THERE more at a, scattered over all stamps; both start, and b visits a."""
        self.stop()
        for node, more in (self.a, there), (self.b, here):
            if more:
                self.salt += 1
                fill(node, more, self.salt)
        self.a.start(limit_s=120)
        before = self.link.counts()
        self.b.start(limit_s=120)
        begun = time.monotonic()
        self.size += here + there
        await_true("%d and %d that differ are found" % (here, there),
                   lambda: self.a.records() == self.b.records() == self.size, 120, 0.01)
        took = time.monotonic() - begun
        after = self.settle()
        return {"ip": [after[w]["ip_bytes"] - before[w]["ip_bytes"] for w in ("up", "down")], "s": took,
                "a": self.a.answered(), "b": self.b.answered()}

    def scattered(self, base, here, there):
        """What BASE (a start with nothing new) moves is left out of the bytes. Once more where a visit was cut short and
        begun anew, as this machine was busy: what a visit asks too much it asks each time."""
        for _ in range(3):
            seen = self.differ(here, there)
            answered = {path: seen["a"][path] + seen["b"].get(path, 0) for path in seen["a"]}
            used = {path for path, count in answered.items() if count}
            if used <= CHEAP and answered["cells"] <= MOST_CELLS:
                break
        per = sum(seen["ip"]) - sum(base["ip"])
        must("%d and %d records that only one has: found and moved by %d questions for cells, %d for records, %d offers; "
             "%d bytes of IP a record; %.2f s after the start" %
             (here, there, answered["cells"], answered["records"], answered["offer"], per // (here + there), seen["s"]),
             used <= CHEAP and answered["hello"] >= 1 and answered["cells"] <= MOST_CELLS)


def run(lab, count, differences):
    """DIFFERENCES: pairs of (at b only, at a only)."""
    pair = Pair(lab, count)
    pair.nothing_new()
    base = pair.differ(0, 0)
    ok("a start with nothing new moves %d bytes of IP, the handshake among them" % sum(base["ip"]))
    for here, there in differences:
        pair.scattered(base, here, there)
