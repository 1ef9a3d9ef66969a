"""nodes - real daemons on loopback for scripts in Python: homes, networks, bad links, and waiting for what must become
true. The shell scripts have tests/e2e/lib/nodes.sh; this is for those that measure.

    with Lab() as lab:
        a = lab.founder("a")
        b = lab.guest(a, "b", link=["--loss", "20"])        # joins through a link of its own
        record = a.add("Prvi")
        await_true("it arrives", lambda: b.has(record), 10)
        ok("an entry arrives")

A Lab removes all that it made; KEEP=1 leaves it. A script says ok() for what it has seen, skipped() for what it cannot
show, bad() ends it with 1 and shows what the nodes said last.
"""
import glob
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
HEADERS = 28        # IPv4 and UDP
LONG = bool(os.environ.get("LONG"))


class Untrue(Exception):
    pass


def ok(text):
    print("ok: " + text, flush=True)


def skipped(text):
    print("skipped: " + text, flush=True)


def bad(text):
    raise Untrue(text)


def must(text, so):
    ok(text) if so else bad(text)


def await_true(what, so, limit_s=60, step_s=0.02):
    """How many seconds it took."""
    begun = time.monotonic()
    while not so():
        if time.monotonic() - begun > limit_s:
            bad("%s (within %g s)" % (what, limit_s))
        time.sleep(step_s)
    return time.monotonic() - begun


def steady_port():
    """A free port that the kernel gives to nobody who asks for any: it is still free when its node comes back."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as taken:
        first = int(taken.read().split()[0])
    for port in random.sample(range(max(1024, first - 8192), first), 64):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    bad("a port is free")


def percentile(values, share):
    """The smallest value that SHARE (0 to 1) of all do not exceed."""
    values = sorted(values)
    return values[min(len(values) - 1, max(0, -int(-share * len(values) // 1) - 1))]


def main(run):
    """Runs RUN with a Lab; the exit code is what tests/run wants."""
    try:
        with Lab() as lab:
            run(lab)
    except Untrue as reason:
        print("untrue: %s" % reason, file=sys.stderr)
        sys.exit(1)


class Node:
    def __init__(self, lab, name, program="kilimd", within=(), listen="127.0.0.1:0"):
        self.lab, self.name, self.program = lab, name, program
        self.within, self.listen = list(within), listen     # WITHIN: words before the program, such as ip netns exec
        self.title = "Izmišljeni " + name
        self.home = os.path.join(lab.place, name)
        self.log = self.home + ".log"
        self.daemon = self.connection = None

    # --- the directory and the daemon ---

    def init(self, territory="RS", protected=False):
        done = subprocess.run([BUILD + "/kilim", "--dir", self.home, "--no-input", "init", "--name", self.title,
                               "--territory", territory, "--protected", "yes" if protected else "no", "--listen",
                               self.listen], check=False, capture_output=True, text=True)
        if done.returncode:
            bad("kilim init: " + done.stderr)
        return self

    def configure(self, file, text):
        os.makedirs(self.home + "/conf.d", exist_ok=True)
        with open("%s/conf.d/%s.conf" % (self.home, file), "w", encoding="utf-8") as out:
            out.write(text)
        if self.daemon:
            before = self.said("config.read")
            self.daemon.send_signal(signal.SIGHUP)
            await_true("%s reads its configuration again" % self.name, lambda: self.said("config.read") > before)

    def start(self, *options, limit_s=60):
        program = self.program if os.path.isabs(self.program) else os.path.join(BUILD, self.program)
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen([*self.within, program, "--dir", self.home, *options], stderr=log)
        self.lab.daemons.append(self.daemon)
        await_true("the node of %s answers" % self.name, self.answers, limit_s)
        return self

    def end(self, number=signal.SIGTERM):
        if self.daemon:
            self.forget()
            self.daemon.send_signal(number)
            self.daemon.wait(120)
            self.lab.daemons.remove(self.daemon)
            self.daemon = None

    def crash(self):
        self.end(signal.SIGKILL)

    def said(self, word):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return sum(word in line for line in log)

    def anonymous_kib(self):
        with open("/proc/%d/status" % self.daemon.pid, encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))

    # --- the control socket ---

    def forget(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def exchange(self, method, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("kilim", timeout=120)
            self.connection.sock = socket.socket(socket.AF_UNIX)
            self.connection.sock.connect(self.home + "/control")
        self.connection.request(method, path, body=body)
        answer = self.connection.getresponse()
        status, data = answer.status, answer.read()
        self.lab.last = "%s: %s %s: %d" % (self.name, method, path, status), data       # for who reads of a failure
        return status, data

    def raw(self, method, path, body=b""):
        """Status and bytes. A connection that the daemon closed meanwhile is opened anew, for what changes nothing."""
        try:
            return self.exchange(method, path, body)
        except (OSError, http.client.HTTPException):
            self.forget()
            if method != "GET":
                time.sleep(0.05)
            return self.exchange(method, path, body)

    def ask(self, method, path, body=None):
        if method != "GET":
            self.forget()               # so that nothing is ever asked twice
        status, data = self.raw(method, path, b"" if body is None else json.dumps(body).encode())
        if status != 200:
            bad("%s: %s %s: %s" % (self.name, method, path, data.decode()))
        return json.loads(data)

    def answers(self):
        if self.daemon.poll() is not None:
            bad("the node of %s ended with %d at its start" % (self.name, self.daemon.returncode))
        try:
            return self.raw("GET", "/v1/status")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def status(self):
        return self.ask("GET", "/v1/status")

    def metrics(self):
        text = self.raw("GET", "/v1/metrics")[1].decode()
        return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines()
                                                     if not line.startswith("#"))}

    def answered(self):
        """Requests that this node has answered since its start, by path."""
        return {name.split('"')[1].strip("/"): value for name, value in self.metrics().items()
                if name.startswith("kilim_answers_total")}

    def ip_bytes(self):
        """IP bytes received and sent since the start."""
        m = self.metrics()
        return [m['kilim_dtls_bytes_total{direction="%s"}' % way] +
                HEADERS * m['kilim_dtls_datagrams_total{direction="%s"}' % way] for way in ("in", "out")]

    # --- what people do ---

    def add(self, name, **more):
        """The record's id."""
        return self.ask("POST", "/v1/kinds/organisation",
                        {"name": {"en": name}, "relation": "listed", "territories": ["RS"], **more})["record"]

    def has(self, record):
        return self.raw("GET", "/v1/records/" + record)[0] == 200

    def records(self, collection="directory"):
        return self.metrics()['kilim_records{collection="%s"}' % collection]

    def has_same(self, other, collection="directory"):
        return self.records(collection) == other.records(collection)

    def visit(self):
        self.ask("POST", "/v1/sync")

    def port(self):
        return int(self.status()["listen"].rsplit(":", 1)[1])

    def active(self):
        return self.status()["members"]["active"]

    def connected(self):
        return any(p["state"] in ("connected", "syncing") for p in self.status()["peers"])


class Link:
    """build/link towards PORT, or through LISTEN; OPTIONS are its own."""

    def __init__(self, lab, port, options, listen=0):
        self.process = subprocess.Popen([BUILD + "/link", "--listen", "127.0.0.1:%d" % listen, "--to",
                                         "127.0.0.1:%d" % port, *map(str, options)], stdout=subprocess.PIPE, text=True)
        self.lab = lab
        lab.daemons.append(self.process)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def signal(self, number):
        self.process.send_signal(number)

    def begin(self):
        """The weather that was kept back by --calm yes."""
        self.signal(signal.SIGHUP)

    def rebind(self):
        self.signal(signal.SIGUSR2)

    def counts(self):
        self.signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def quiet(self, for_s=0.5, limit_s=60):
        """Its counters, once nothing has passed for so long."""
        last, since, begun = self.counts(), time.monotonic(), time.monotonic()
        while time.monotonic() - since < for_s:
            if time.monotonic() - begun > limit_s:
                bad("the link falls silent (within %g s)" % limit_s)
            time.sleep(0.02)
            now = self.counts()
            if now != last:
                last, since = now, time.monotonic()
        return last

    def end(self):
        self.process.terminate()
        self.process.wait(60)
        self.lab.daemons.remove(self.process)


class Lab:
    def __init__(self, place=None):
        self.daemons, self.last = [], None
        self.place = tempfile.mkdtemp(prefix="kilim-lab.", dir=place or os.environ.get("TMPDIR"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            logs = sorted(glob.glob(self.place + "/*.log"))
            for log in logs[:8]:
                with open(log, encoding="utf-8", errors="replace") as file:
                    sys.stderr.write("==> %s\n%s" % (os.path.basename(log), "".join(file.readlines()[-8:])))
            if self.last:
                said = [line for line in self.last[1].decode(errors="replace").splitlines() if not line.startswith("#")]
                sys.stderr.write("asked last, of %s\n%s\n" % (self.last[0], "\n".join(said[:24])[:2000]))
        for daemon in self.daemons:
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        if os.environ.get("KEEP") == "1":
            print("kept: " + self.place, file=sys.stderr)
        else:
            shutil.rmtree(self.place, ignore_errors=True)

    def founder(self, name, program="kilimd", listen="127.0.0.1:0", **charter):
        return self.found(Node(self, name, program, listen=listen).init(), **charter)

    def found(self, node, **charter):
        node.start().ask("POST", "/v1/network", {"name": "Test", "language": "en", **charter})
        return node

    def guest(self, founder, name, link=None, program="kilimd", visit_minutes=15, protected=None):
        """A member that dials FOUNDER, through a link of its own where LINK says how bad it is, and nobody else then."""
        node = Node(self, name, program)
        node.init(protected=link is not None if protected is None else protected)
        node.configure("visits", "[network]\nvisit_minutes = %d\n" % visit_minutes)
        node.link = None
        if link is not None:
            node.link = Link(self, founder.port(), link)
            # The code of an invitation names the address that is announced at that moment.
            founder.configure("link", "[network]\nannounce = 127.0.0.1:%d\n" % node.link.port)
        return self.join(founder, node)

    def join(self, founder, node):
        before = founder.active()
        code = founder.ask("POST", "/v1/invites", {"name": node.title, "territory": "RS", "class": "cso",
                                                   "auto": True, "days": 1})["code"]
        node.start().ask("POST", "/v1/join", {"code": code})
        await_true("%s is a member" % node.name, lambda: node.active() == before + 1, 60)
        return node
