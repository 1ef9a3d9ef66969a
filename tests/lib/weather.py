"""weather - how long an entry takes to reach five nodes behind bad links, measured trial by trial.

A world is a centre and four guests, each of which dials the centre through a link of its own (tests/lib/link.c) and
nobody else. In a trial each of the five adds an entry at the same moment; a time runs from the moment at which the add was
answered until the entry is there at all five. Nobody is told to visit. Worlds run side by side, each with seeds of its
own, which are printed.

The ideal is the middle of these times through the same links with nothing lost, doubled or late, no rebinding and no
outage.
"""
import random
import threading
import time

from nodes import Lab, Untrue, await_true, bad, must, ok, percentile

GUESTS = 4
CALM = ["--delay", 40, "--jitter", 10]
# Every link forgets whom it served twice a minute, as a bad NAT does, and is dead for 5 s as often.
ROUGH = ["--duplicate", 10, "--reorder", 10, "--rebind", 30, "--outage", "30,5"]
PAUSE_S = 15        # at most, before a trial: so that trials fall into every moment of that


class World:
    def __init__(self, lab, name, loss, seed):
        rough = ROUGH + ["--loss", loss, "--calm", "yes"] if loss is not None else []
        self.centre = lab.founder(name + "a")
        self.centre.configure("visits", "[network]\nvisit_minutes = 1\n")
        self.guests = [lab.guest(self.centre, "%s%d" % (name, i), visit_minutes=1,
                                 link=["--seed", seed * GUESTS + i] + CALM + rough) for i in range(GUESTS)]
        self.nodes = [self.centre] + self.guests
        for node in self.nodes:
            await_true("everybody knows everybody", lambda node=node: node.active() == GUESTS + 1, 60)
            await_true("everybody is connected", node.connected, 60)
        for guest in self.guests:
            if loss is not None:
                guest.link.begin()

    def trial(self, serial, limit_s):
        """One time for each of the five entries, in seconds."""
        begun, missing, times = {}, {}, []
        for node in self.nodes:
            record = node.add("Probni %s %d" % (node.name, serial))
            begun[record], missing[record] = time.monotonic(), [n for n in self.nodes if n is not node]
        last = time.monotonic() + limit_s
        while missing:
            for record in list(missing):
                missing[record] = [n for n in missing[record] if not n.has(record)]
                if not missing[record]:
                    del missing[record]
                    times.append(time.monotonic() - begun[record])
            if missing and time.monotonic() > last:
                bad("an entry reaches everybody (within %d s): not yet at %s" %
                    (limit_s, " ".join(n.name for nodes in missing.values() for n in nodes)))
            time.sleep(0.02)
        return times

    def same(self):
        """Every node has as many entries as every other."""
        return len({node.records() for node in self.nodes}) == 1

    def carried(self):
        return sum(c[way]["ip_bytes"] for c in (g.link.counts() for g in self.guests) for way in ("up", "down"))


def measure(lab, loss, trials, worlds, seed=1, limit_s=900):
    """LOSS None: the ideal. All times of all trials, sorted."""
    times, faults = [], []
    name = "i" if loss is None else "l%d" % loss

    def live(number):
        try:
            world = World(lab, "%s%c" % (name, ord("k") + number), loss, seed + number)
            dice = random.Random(seed + number)
            for serial in range(number, trials, worlds):
                if loss is not None:
                    time.sleep(dice.uniform(0, PAUSE_S))
                times.extend(world.trial(serial, limit_s))
            if not world.same():
                bad("all five have the same entries")
        except (Untrue, OSError) as reason:
            faults.append("world of seed %d: %s" % (seed + number, reason))
        finally:
            for node in getattr(locals().get("world"), "nodes", []):
                node.end()

    threads = [threading.Thread(target=live, args=(i,)) for i in range(worlds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        bad("; ".join(faults))
    return sorted(times)


def told(times):
    return "%d entries: middle %.2f s, p95 %.1f s, p99 %.1f s, longest %.1f s" % (
        len(times), percentile(times, 0.5), percentile(times, 0.95), percentile(times, 0.99), times[-1])


def run(plan, seed=1, limit_s=900, promise=True, middle_s=None):
    """PLAN: rows of (loss, trials, worlds). Prints a line a row; p99 up to 20 % must keep the PROMISE, where there are enough
    trials to speak of a p99. MIDDLE_S: what the middle of a row may be, where there are not."""
    with Lab() as lab:
        ideal_times = measure(lab, None, 10, 2, seed)
        ideal = percentile(ideal_times, 0.5)
        ok("ideal, without loss: %s" % told(ideal_times))
        for loss, trials, worlds in plan:
            begun = time.monotonic()
            times = measure(lab, loss, trials, worlds, seed, limit_s)
            ok("five nodes converge in %d trials at %d %% loss each way (seeds %d to %d): %s; %.0f s" %
               (trials, loss, seed, seed + worlds - 1, told(times), time.monotonic() - begun))
            if middle_s:
                must("the middle at %d %% loss, %.1f s, is within %d s" % (loss, percentile(times, 0.5), middle_s),
                     percentile(times, 0.5) <= middle_s)
            if promise and loss <= 20:
                limit = 3 * ideal + 60
                must("p99 at %d %% loss, %.1f s, is within 3 x ideal + 60 s = %.1f s" %
                     (loss, percentile(times, 0.99), limit), percentile(times, 0.99) <= limit)
