#!/usr/bin/python3
"""The first visit side by side with programs that copy files: ten thousand records through one and the same link, like 3g.

bench_first.py BUILD-DIRECTORY: prints lines "NAME VALUE UNIT" and "peer NAME VALUE". Needs root: the link is made of two
network devices, each in a namespace of its own (tests/lib/wire.py), so that UDP and TCP meet the same rate, queue, delay and
losses. Where that cannot be, or a program is not installed, its rows are absent and the reason is told.

All move the same bytes: the envelopes of the records. The share is bytes of envelopes x 8 over the time, in per cent of the
link's rate in IP bytes.

    kilim      from the newcomer's admission to its last record: signatures checked, one durable store
    rsync      from the start of the program to its end; a daemon without encryption
      files    a file a record, 10,000 of them
      z        the same, compressed (-z). The records repeat themselves more than real ones do
      whole    one file of one JSON object a line, as rsync likes best; the bytes of that file count, not the records'
    syncthing  a file a record; from the moment at which the two may connect until nothing is needed any more

TCP controls congestion as this kernel does by itself, and by bbr where it has that.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[0:0] = [os.path.join(HERE, "../lib"), HERE]
import wire
from bench_sync import BATCH, FIRST, RATE_3G, entry
from nodes import Lab, Node, Untrue, await_true, bad

LIMIT_S = 400
SEED = 7


def tell(text):
    print("skipped: " + text, file=sys.stderr, flush=True)


def figure(name, size, took):
    print("sync.first_10k_3g_%s_percent %.1f %%" % (name, 100 * size / took / RATE_3G), flush=True)
    return 100 * size / took / RATE_3G


# --- the records ---

def fill(node, place):
    """Ten thousand records, and each as a file: bytes of all."""
    os.mkdir(place)
    for at in range(0, FIRST, BATCH):
        body = "\n".join(json.dumps(entry(i)) for i in range(at, at + BATCH)).encode()
        status, answer = node.raw("POST", "/v1/kinds/organisation", body)
        if status != 200:
            bad("a batch of entries: " + answer.decode())
        for done in json.loads(answer):
            with open(os.path.join(place, done["record"]), "wb") as file:
                file.write(node.raw("GET", "/v1/records/" + done["record"])[1])
    return size_of(place)


def size_of(place):
    return sum(os.path.getsize(os.path.join(place, name)) for name in os.listdir(place))


def same(one, other):
    """Are all files of ONE in OTHER?"""
    def sums(place):
        return {name: hashlib.blake2b(open(os.path.join(place, name), "rb").read()).digest()
                for name in os.listdir(place) if not name.startswith(".st")}
    return sums(one) == sums(other)


# --- kilim ---

def measure_kilim(lab, link, size):
    founder = lab.kilim
    newcomer = Node(lab, "near", within=link.near, listen=link.near_address + ":5684").init()
    code = founder.ask("POST", "/v1/invites", {"name": newcomer.title, "territory": "RS", "class": "cso", "auto": True,
                                               "days": 1})["code"]
    newcomer.start().ask("POST", "/v1/join", {"code": code})
    await_true("admission", lambda: newcomer.status()["organisation"]["state"] == "active", 60, 0.005)
    begun = time.monotonic()
    await_true("the first visit", lambda: newcomer.status()["records"]["directory"] >= FIRST, LIMIT_S, 0.02)
    figure("kilim", size, time.monotonic() - begun)
    newcomer.end()


# --- rsync ---

class Rsync:
    def __init__(self, link, place, source):
        self.link, self.place = link, place
        with open(place + "/rsyncd.conf", "w", encoding="utf-8") as file:
            file.write("port = 8730\naddress = %s\nuse chroot = no\n[all]\npath = %s\nread only = yes\nuid = 0\ngid = 0\n" %
                       (link.far_address, source))
        self.daemon = subprocess.Popen([*link.far, "rsync", "--daemon", "--no-detach", "--config", place + "/rsyncd.conf",
                                        "--log-file", place + "/rsyncd.log"], stdin=subprocess.DEVNULL)

    def copy(self, what, *options):
        """Seconds, and where it has gone."""
        target = os.path.join(self.place, "copy")
        shutil.rmtree(target, ignore_errors=True)
        begun = time.monotonic()
        done = subprocess.run([*self.link.near, "rsync", "-rt", *options,
                               "rsync://%s:8730/all/%s/" % (self.link.far_address, what), target], check=False,
                              capture_output=True, text=True, timeout=LIMIT_S)
        took = time.monotonic() - begun
        if done.returncode:
            bad("rsync: " + done.stderr)
        return took, target

    def end(self):
        self.daemon.terminate()
        self.daemon.wait(10)


def measure_rsync(link, place, source, size):
    if shutil.which("rsync") is None:
        tell("rsync is not installed")
        return None
    rsync, best = Rsync(link, place, source), None
    try:
        await_true("rsync listens", lambda: os.path.exists(place + "/rsyncd.log") and
                   "starting" in open(place + "/rsyncd.log", encoding="utf-8").read(), 10)
        rows = [("rsync_files", "records", ()), ("rsync_files_z", "records", ("-z",)), ("rsync_whole", "whole", ()),
                ("rsync_whole_z", "whole", ("-z",))]
        for congestion in "", "bbr":
            if congestion and not link.set("net.ipv4.tcp_congestion_control", congestion):
                tell("this kernel has no " + congestion)
                break
            for name, what, options in rows:
                if congestion and options:
                    continue
                took, copy = rsync.copy(what, *options)
                if not same(os.path.join(source, what), copy):
                    bad("rsync brings what there is")
                share = figure(name + ("_" + congestion if congestion else ""), size_of(copy), took)
                if name == "rsync_files":
                    best = max(best or 0, share)
    finally:
        rsync.end()
    return best


# --- syncthing ---

class Syncthing:
    """One of two, whose configuration says no more than that the other exists, and is paused."""

    def __init__(self, home, within, address, folder):
        self.home, self.within, self.address, self.folder = home, within, address, folder
        done = subprocess.run(["syncthing", "generate", "--home", home, "--no-default-folder", "--skip-port-probing"],
                              check=False, capture_output=True, text=True)
        if done.returncode:
            bad("syncthing generate: " + done.stderr)
        self.id = subprocess.run(["syncthing", "--home", home, "--device-id"], check=True, capture_output=True,
                                 text=True).stdout.strip()

    def configure(self, other):
        path = self.home + "/config.xml"
        tree = xml.etree.ElementTree.parse(path)
        root = tree.getroot()
        self.key = root.find("gui/apikey").text
        root.find("gui/address").text = "127.0.0.1:8384"
        options = root.find("options")
        for name, value in {"listenAddress": "tcp://%s:22000" % self.address, "globalAnnounceEnabled": "false",
                            "localAnnounceEnabled": "false", "relaysEnabled": "false", "natEnabled": "false",
                            "urAccepted": "-1", "autoUpgradeIntervalH": "0", "crashReportingEnabled": "false",
                            "startBrowser": "false", "reconnectionIntervalS": "1"}.items():
            found = options.find(name)
            if found is None:
                found = xml.etree.ElementTree.SubElement(options, name)
            found.text = value
        device = xml.etree.ElementTree.SubElement(root, "device", {"id": other.id, "name": "other"})
        xml.etree.ElementTree.SubElement(device, "address").text = "tcp://%s:22000" % other.address
        xml.etree.ElementTree.SubElement(device, "paused").text = "true"
        folder = xml.etree.ElementTree.SubElement(root, "folder", {"id": "records", "path": self.folder,
                                                                   "rescanIntervalS": "3600", "fsWatcherEnabled": "false"})
        for id_ in self.id, other.id:
            xml.etree.ElementTree.SubElement(folder, "device", {"id": id_})
        tree.write(path)

    def start(self):
        self.log = open(self.home + ".log", "wb")
        self.process = subprocess.Popen([*self.within, "syncthing", "serve", "--home", self.home, "--no-browser",
                                         "--no-restart", "--no-upgrade"], stdout=self.log, stderr=subprocess.STDOUT)

    def ask(self, path, body=None, method="GET"):
        """By a program within the namespace, as its control socket is a port there."""
        words = [*self.within, "curl", "-sf", "-m", "10", "-H", "X-API-Key: " + self.key, "-X", method,
                 "http://127.0.0.1:8384/rest/" + path]
        if body is not None:
            words += ["-d", json.dumps(body)]
        done = subprocess.run(words, check=False, capture_output=True)
        return json.loads(done.stdout or b"{}") if done.returncode == 0 else None

    def files(self):
        """How many it knows of, and how many it lacks; None: it does not answer yet."""
        status = self.ask("db/status?folder=records")
        return status and (status["globalFiles"], status["needFiles"], status["state"])

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def measure_syncthing(link, place, source, size):
    if shutil.which("syncthing") is None or shutil.which("curl") is None:
        tell("syncthing is not installed")
        return
    target = os.path.join(place, "synced")
    os.mkdir(target)
    far = Syncthing(place + "/st-far", link.far, link.far_address, os.path.join(source, "records"))
    near = Syncthing(place + "/st-near", link.near, link.near_address, target)
    far.configure(near)
    near.configure(far)
    far.start()
    near.start()
    try:
        await_true("syncthing knows its own", lambda: far.files() == (FIRST, 0, "idle"), 120, 0.5)
        await_true("the other one waits", lambda: near.files() == (0, 0, "idle"), 60, 0.5)
        far.ask("config/devices/" + near.id, {"paused": False}, "PATCH")
        begun = time.monotonic()
        near.ask("config/devices/" + far.id, {"paused": False}, "PATCH")
        try:
            await_true("syncthing has all", lambda: near.files() == (FIRST, 0, "idle"), LIMIT_S, 0.25)
        except Untrue:
            tell("syncthing has not done in %d s: %s" % (LIMIT_S, near.files()))
            return
        figure("syncthing", size, time.monotonic() - begun)
        if not same(os.path.join(source, "records"), target):
            bad("syncthing brings what there is")
    finally:
        near.end()
        far.end()


def measure(lab, link):
    source = os.path.join(lab.place, "source")
    os.mkdir(source)
    lab.kilim = Node(lab, "far", within=link.far, listen=link.far_address + ":5684").init()
    lab.kilim.configure("reach", "[network]\nannounce = %s:5684\n" % link.far_address)
    lab.found(lab.kilim, quotas={"keys": 200000, "writes_day": 200000})
    size = fill(lab.kilim, source + "/records")
    os.mkdir(source + "/whole")
    with open(source + "/whole/records.ndjson", "w", encoding="utf-8") as file:
        for i in range(FIRST):
            file.write(json.dumps(entry(i), ensure_ascii=False) + "\n")
    measure_kilim(lab, link, size)
    lab.kilim.end()
    best = measure_rsync(link, lab.place, source, size)
    if best is not None:
        print("peer sync.first_10k_3g_percent %.1f" % best, flush=True)
    link.set("net.ipv4.tcp_congestion_control", "cubic")
    measure_syncthing(link, lab.place, source, size)


def main(build):
    reason = wire.missing()
    if reason:
        tell("peers of the first visit: " + reason)
        return
    # The build's own file system: memory would make durable writes look free.
    with wire.Wire("3g", SEED) as link, Lab(build) as lab:
        measure(lab, link)


if __name__ == "__main__":
    try:
        main(os.path.abspath(sys.argv[1]))
    except Untrue as reason:
        sys.exit("bench_first: %s" % reason)
