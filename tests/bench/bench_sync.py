#!/usr/bin/python3
"""Two real nodes over loopback, and through a relay that is like 3g: what a visit, a record, an idle hour and a first
visit cost on the wire and in time.

bench_sync.py BUILD-DIRECTORY: prints lines "NAME VALUE UNIT". Everything it makes is removed again.

IP bytes are UDP payload and 28 bytes (IPv4 and UDP header) a datagram, counted by the node itself in both directions;
there is one session, so what one node counts is all there is.

The share of a link is goodput: bytes of envelopes x 8 over the time from the newcomer's admission to its last record, in
per cent of the link's rate in IP bytes. So headers, handshakes, repeats and idle time all count against it.
"""
import http.client
import json
import os
import shutil
import socket
import signal
import subprocess
import sys
import tempfile
import time

FIRST = 10000       # records of the first visit
BATCH = 2500
VISITS = 9
RECORDS = 20
HEADERS = 28        # IPv4 and UDP
IDLE_S = 125        # silences of 35 and 49 s are tried, each with a question: more than a node costs that has learned
RATE_3G = 250000    # IP bytes a second of the profile 3g
RATE_SAT = 1250000  # of sat
VISIT_MINUTES = 15  # what `visit_minutes` is when nobody has set it


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("kilim", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def raw(self, method, path, body=b""):
        self.request(method, path, body=body)
        answer = self.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit("bench_sync: %s %s: %s" % (method, path, data.decode()))
        return data

    def ask(self, method, path, body=None):
        return json.loads(self.raw(method, path, b"" if body is None else json.dumps(body).encode()))

    def directory(self):
        return self.ask("GET", "/v1/status")["records"]["directory"]

    def ip(self):
        """IP bytes received and sent since the start."""
        figures = dict(line.rsplit(" ", 1) for line in self.raw("GET", "/v1/metrics").decode().splitlines()
                       if not line.startswith("#"))
        return [int(figures['kilim_dtls_bytes_total{direction="%s"}' % way]) +
                HEADERS * int(figures['kilim_dtls_datagrams_total{direction="%s"}' % way]) for way in ("in", "out")]

    def quiet_ip(self, quiet_s):
        """The same of both directions together, once nothing has been counted for so long."""
        last, since = sum(self.ip()), time.monotonic()
        while time.monotonic() - since < quiet_s:
            time.sleep(0.02)
            now = sum(self.ip())
            if now != last:
                last, since = now, time.monotonic()
        return last


def await_true(what, so, limit_s=60, step_s=0.005):
    deadline = time.monotonic() + limit_s
    while not so():
        if time.monotonic() > deadline:
            sys.exit("bench_sync: in vain: " + what)
        time.sleep(step_s)


def middle(values):
    return sorted(values)[len(values) // 2]


def entry(i):
    return {"name": {"sr": "Измишљено удружење %d" % i, "en": "Made-up association %d" % i},
            "relation": "listed", "territories": ["RS"], "method": "never",
            "description": {"en": ("Made-up association %d exists for measuring only. " % i) * 8}}


class Bench:
    def __init__(self, build, place):
        self.build, self.place, self.daemons, self.processes, self.links = build, place, [], {}, []

    def node(self, name):
        home = os.path.join(self.place, name)
        subprocess.run([self.build + "/kilim", "--dir", home, "--no-input", "init", "--name", "Measuring " + name,
                        "--territory", "RS", "--protected", "no", "--listen", "127.0.0.1:0"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.daemons.append(subprocess.Popen([self.build + "/kilimd", "--dir", home], stderr=subprocess.DEVNULL))
        self.processes[name] = self.daemons[-1]
        await_true("control socket of " + name, lambda: os.path.exists(home + "/control"), 10, 0.02)
        return Control(home + "/control")

    def founder(self, name):
        control = self.node(name)
        control.ask("POST", "/v1/network", {"name": "Measuring", "language": "en",
                                            "quotas": {"keys": 200000, "writes_day": 200000}})
        return control

    def relay(self, control, name, profile):
        """A link like PROFILE before the node NAME, whose invitations name it from now on. Returns its process."""
        listen = control.ask("GET", "/v1/status")["listen"]
        link = subprocess.Popen([self.build + "/link", "--listen", "127.0.0.1:0", "--to",
                                 listen[0] if isinstance(listen, list) else listen, "--profile", profile, "--seed", "7"],
                                stdout=subprocess.PIPE, text=True)
        self.links.append(link)
        port = link.stdout.readline().rsplit(":", 1)[1].strip()
        drop_in = os.path.join(self.place, name, "conf.d")
        os.makedirs(drop_in, exist_ok=True)
        with open(drop_in + "/relay.conf", "w", encoding="utf-8") as file:
            file.write("[network]\nannounce = 127.0.0.1:%s\n" % port)
        self.processes[name].send_signal(signal.SIGHUP)
        time.sleep(0.5)  # nothing tells that the configuration has been read but the log
        return link

    def join(self, founder, name):
        """The new node, as soon as it knows that it is a member; and when it did not know it yet."""
        control = self.node(name)
        code = founder.ask("POST", "/v1/invites", {"name": "Measuring " + name, "territory": "RS", "class": "cso",
                                                   "auto": True, "days": 1})["code"]
        control.ask("POST", "/v1/join", {"code": code})
        asked = [0, time.monotonic()]

        def admitted():
            asked[:] = asked[1], time.monotonic()
            return control.ask("GET", "/v1/status")["organisation"]["state"] == "active"

        await_true("admission of " + name, admitted)
        return control, asked[0]

    def stop(self, name):
        self.processes[name].terminate()
        self.processes[name].wait(10)
        self.daemons.remove(self.processes.pop(name))

    def end(self):
        for d in self.daemons + self.links:
            d.terminate()
        for d in self.daemons + self.links:
            d.wait(10)
        self.daemons, self.links = [], []


def add(control, i):
    return control.ask("POST", "/v1/kinds/organisation", entry(i))


def nothing_new(a):
    """A visit of two that are equal, until nothing more is heard of it."""
    costs, before = [], a.quiet_ip(1)
    for _ in range(VISITS):
        a.ask("POST", "/v1/sync")
        after = a.quiet_ip(0.3)
        costs.append(after - before)
        before = after
    print("sync.nothing_new_ip_bytes %d B" % middle(costs), flush=True)
    return middle(costs)


def one_record(a, b):
    """All that a new record moves: until the other lists it, and what follows that."""
    costs, sizes, waits, had = [], [], [], b.directory()
    before = a.quiet_ip(1)
    for i in range(RECORDS):
        begin = time.monotonic()
        record = add(a, i)["record"]
        await_true("a record at the other", lambda had=had, i=i: b.directory() > had + i)
        waits.append(time.monotonic() - begin)
        after = a.quiet_ip(0.3)
        costs.append(after - before)
        before = after
        sizes.append(len(a.raw("GET", "/v1/records/" + record)))
    print("sync.one_record_ip_bytes %d B" % middle(costs))
    print("sync.one_record_envelope_bytes %d B" % middle(sizes))
    print("sync.one_record_loopback_ms %.1f ms" % (1000 * middle(waits)), flush=True)


def fill(a):
    """Ten thousand records; the bytes of their envelopes."""
    envelopes = 0
    for at in range(0, FIRST, BATCH):
        body = "\n".join(json.dumps(entry(i)) for i in range(at, at + BATCH)).encode()
        for done in json.loads(a.raw("POST", "/v1/kinds/organisation", body)):
            envelopes += len(a.raw("GET", "/v1/records/" + done["record"]))
    return envelopes


def through_sat(bench, a, envelopes):
    """The same to another newcomer through a link like sat: how long until the first of them is there, and all."""
    link = bench.relay(a, "full", "sat")
    b, begin = bench.join(a, "farthest")
    await_true("a record by sat", lambda: b.directory() > 0)
    print("sync.first_record_sat_s %.2f s" % (time.monotonic() - begin))
    await_true("the first visit by sat", lambda: b.directory() >= FIRST, 300, 0.02)
    print("sync.first_10k_sat_percent %.1f %%" % (100 * envelopes / (time.monotonic() - begin) / RATE_SAT), flush=True)
    b.close()
    bench.stop("farthest")
    bench.links.remove(link)
    link.terminate()
    link.wait(10)


def through_3g(bench, a, envelopes):
    """The same to another newcomer through a link like 3g; then single records, from the return of `add` to their show."""
    bench.relay(a, "full", "3g")
    b, begin = bench.join(a, "far")
    await_true("the first visit by 3g", lambda: b.directory() >= FIRST, 300, 0.02)
    took, waits = time.monotonic() - begin, []
    print("sync.first_10k_3g_s %.2f s" % took)
    print("sync.first_10k_3g_percent %.1f %%" % (100 * envelopes / took / RATE_3G), flush=True)
    b.quiet_ip(2)
    for i in range(RECORDS):
        had = b.directory()
        add(a, FIRST + i)
        begin = time.monotonic()
        await_true("a record by 3g", lambda had=had: b.directory() > had)
        waits.append(time.monotonic() - begin)
        b.quiet_ip(0.5)
    print("sync.one_record_3g_ms %.0f ms" % (1000 * middle(waits)))
    print("sync.one_record_3g_p95_ms %.0f ms" % (1000 * sorted(waits)[RECORDS * 95 // 100 - 1]), flush=True)


def first_visit(bench):
    """Ten thousand records to a node that has none; the clock runs from its admission."""
    a = bench.founder("full")
    envelopes = fill(a)
    b, begin = bench.join(a, "empty")
    await_true("the first visit", lambda: b.directory() >= FIRST, 120, 0.02)
    print("sync.first_10k_loopback_s %.3f s" % (time.monotonic() - begin))
    b.quiet_ip(0.5)
    received, sent = b.ip()
    # Counted since its start: the handshake, the invitation and the membership records are in it.
    print("sync.first_10k_wire_ratio %.4f x" % (received / envelopes))
    print("sync.first_10k_back_ratio %.4f x" % (sent / envelopes))
    print("sync.first_10k_envelope_bytes %d B" % (envelopes // FIRST), flush=True)
    bench.stop("empty")
    through_sat(bench, a, envelopes)
    through_3g(bench, a, envelopes)


def main(build):
    # The store belongs on the build's own file system: memory would make durable writes look free.
    place = tempfile.mkdtemp(prefix="bench-", dir=build)
    bench = Bench(build, place)
    try:
        one = bench.founder("idle1")
        bench.join(one, "idle2")
        idle_from = one.quiet_ip(2)
        idle_since = time.monotonic()
        a = bench.founder("a")
        b, _ = bench.join(a, "b")
        visit = nothing_new(a)
        one_record(a, b)
        first_visit(bench)
        time.sleep(max(0, IDLE_S - (time.monotonic() - idle_since)))
        one.close()  # the daemon has long closed its end; asking opens it again
        # A short look, carried on to an hour; visits, which it is too short to see, are added: each side makes them.
        keepalive = (sum(one.ip()) - idle_from) * 3600 / IDLE_S
        print("sync.idle_keepalive_kb_per_hour %.2f kB" % (keepalive / 1000))
        print("sync.idle_kb_per_hour %.2f kB" % ((keepalive + 2 * 60 / VISIT_MINUTES * visit) / 1000))
    finally:
        bench.end()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
