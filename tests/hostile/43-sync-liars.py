#!/usr/bin/env python3
# first: it takes longest
"""sync-liars - a member that lies where sets are compared, or asks for what costs the victim much: one attack after the
other (build/hostile/sync_attack rows), each against a real node with 20,000 entries, LONG=1: 200,000. Meanwhile an honest
pair must go on at half its rate at least, and the victim's memory must stay bounded.

ATTACK=NAME: that one alone. The rate is that of batches of 100 entries from their adding at one node until all are at the
other, taken before and during each attack. Where half of it is not kept, only rounds in which the pair had its processor
count; where other programs leave too few of them, the attack is skipped.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import nodes
from large import fill
from nodes import BUILD, await_true, bad, must, ok, percentile, skipped

ENTRIES = 200000 if nodes.LONG else 20000
SECONDS = 20 if nodes.LONG else 1
ROUNDS, ROUNDS_MOST = 3, 15 # more where the first do not show it: this machine may be busy with something else
PATIENCE_S = 240            # for those of all attacks together
OTHERS_MOST, QUEUE_MOST = 0.15, 0.1     # what others take of the pair's processor, while it waits for it so much of the time
PROCESSORS = sorted(os.sched_getaffinity(0))
BATCH = 100
MEMORY_KIB = 16 * 1024      # snapshots 2 MiB, open requests, the page that is being looked at
ATTACKER = BUILD + "/hostile/sync_attack"
serial, broken, patience_s = 0, [], PATIENCE_S


def first(pid):
    """Before what else this machine does, where the user may say so."""
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            os.setpriority(os.PRIO_PROCESS, int(task), -10)
        except PermissionError:
            pass


def use(process, processor):
    """An attacker is another computer: where there are two processors, it has the last one, and the honest the first."""
    first(process.pid)
    for task in os.listdir("/proc/%d/task" % process.pid):
        os.sched_setaffinity(int(task), {PROCESSORS[processor]})


class Neighbours:
    """All other programs, and what they take of the first processor from those of the honest pair."""

    def __init__(self, *pids):
        self.pids, self.last = pids, None
        self.disturb()

    def look(self):
        """Seconds: now, that others have run, that the pair was ready to run and did not."""
        ran = waited = 0
        for pid in [os.getpid(), *self.pids]:
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="ascii") as stat:
                    times = [int(word) / 1e9 for word in stat.read().split()]
                ran += times[0]
                waited += times[1] if int(task) in self.pids else 0
        with open("/proc/stat", encoding="ascii") as stat:
            line = next(words for words in map(str.split, stat) if words[0] == "cpu%d" % PROCESSORS[0])
        user, nice, system, stolen = (int(line[i]) / os.sysconf("SC_CLK_TCK") for i in (1, 2, 3, 8))
        return time.monotonic(), user + nice + system + stolen - ran, waited

    def disturb(self):
        """Since the last look. Where a kernel does not tell, they do not."""
        try:
            now = self.look()
        except (OSError, StopIteration):
            return False
        before, self.last = self.last or now, now
        passed, others, queued = (b - a for a, b in zip(before, self.last))
        return others > OTHERS_MOST * passed and queued > QUEUE_MOST * passed


def batch(giver, taker):
    """Entries a second."""
    global serial
    serial += 1
    lines = "\n".join(json.dumps({"name": {"en": "Honest %d %d" % (serial, i)}, "relation": "listed",
                                  "territories": ["RS"]}) for i in range(BATCH))
    wanted, begun = giver.records() + BATCH, time.monotonic()
    giver.forget()
    status, answer = giver.raw("POST", "/v1/kinds/organisation", lines.encode())
    if status != 200:
        bad("honest entries are added: %s" % answer.decode())
    await_true("honest entries arrive", lambda: taker.records() >= wanted, 60, 0.002)
    return BATCH / (time.monotonic() - begun)


def rate(giver, taker, for_s):
    """The middle of as many batches as fit."""
    rates, end = [], time.monotonic() + for_s
    while len(rates) < 3 or time.monotonic() < end:
        rates.append(batch(giver, taker))
        time.sleep(0.1)         # what is compared shall not grow too fast
    return percentile(rates, 0.5)


def strike(lab, victim, liar, name, seconds):
    """The attack, begun; and where it will say what it did."""
    said = open(liar.home + ".said", "w+", encoding="utf-8")
    attack = subprocess.Popen([ATTACKER, liar.home, "127.0.0.1:%d" % victim.port(), name, str(seconds)], stdout=said,
                              stderr=said)
    lab.daemons.append(attack)
    use(attack, -1)
    return attack, said


def end(lab, attack, said, name):
    code = attack.wait(120)
    lab.daemons.remove(attack)
    said.seek(0)
    told = said.read().strip()
    said.close()
    if code:
        bad("%s could be carried out: %s" % (name, told))
    return told


def half_kept(rounds):
    before, during, _ = zip(*rounds)
    return percentile(during, 0.5) >= percentile(before, 0.5) / 2


def one(lab, victim, honest, name, words):
    """Quiet and attack by turns, so that whatever else this machine does falls on both; the middle of all rounds counts."""
    liar = lab.guest(victim, name)
    liar.end()
    global patience_s
    rounds, peak, memory = [], 0, victim.anonymous_kib()
    while len(rounds) < ROUNDS or (len(rounds) < ROUNDS_MOST and patience_s > 0 and not half_kept(rounds)):
        neighbours, begun = Neighbours(victim.daemon.pid, honest.daemon.pid), time.monotonic()
        before, disturbed = rate(honest, victim, SECONDS / 2), neighbours.disturb()
        attack, said = strike(lab, victim, liar, name, SECONDS + 1)
        time.sleep(0.5)
        neighbours.disturb()
        rounds.append((before, rate(honest, victim, SECONDS), neighbours.disturb() or disturbed))
        peak = max(peak, victim.anonymous_kib())
        told = end(lab, attack, said, name)
        if len(rounds) > ROUNDS:
            patience_s -= time.monotonic() - begun
    alone = [r for r in rounds if not r[2]]
    print("    %s; %d rounds disturbed" % (told, len(rounds) - len(alone)), flush=True)
    if not half_kept(rounds) and len(alone) >= ROUNDS:
        rounds = alone
    said = "%s (%s): an honest pair at %.0f entries a second before, %.0f meanwhile; %+d KiB; %d rounds" % (
        name, words, percentile([r[0] for r in rounds], 0.5), percentile([r[1] for r in rounds], 0.5), peak - memory,
        len(rounds))
    if half_kept(rounds) and peak - memory <= MEMORY_KIB:
        ok(said)
    elif peak - memory <= MEMORY_KIB and len(alone) < ROUNDS:
        skipped(said + "; other programs took its processor")
    else:
        print("untrue: " + said, flush=True)
        broken.append(name)
    await_true("afterwards the honest pair agrees", lambda: honest.has_same(victim), 60)


def run(lab):
    rows = [line.split(" ", 1) for line in
            subprocess.run([ATTACKER, "rows"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()]
    victim = lab.founder("v", quotas={"keys": 200000, "writes_day": 200000})
    victim.end()
    fill(victim, "admit")
    fill(victim, ENTRIES, 1)
    victim.start()
    honest = lab.guest(victim, "h")
    await_true("the honest node has all", lambda: honest.has_same(victim), 300)
    use(victim.daemon, 0)
    use(honest.daemon, 0)
    first(os.getpid())
    start = victim.anonymous_kib()
    for name, words in rows:
        if os.environ.get("ATTACK", name) == name:
            one(lab, victim, honest, name, words)
    listed = victim.raw("GET", "/v1/kinds/organisation?limit=1")[0]
    must("nothing of it is listed, and the node goes on", listed == 200 and victim.records() == honest.records())
    if broken:
        bad("these did harm: " + ", ".join(broken))
    ok("memory of the victim: %d KiB before all attacks, %d after" % (start, victim.anonymous_kib()))


nodes.main(run)
