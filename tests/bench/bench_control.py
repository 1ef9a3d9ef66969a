#!/usr/bin/python3
"""Adds through the control socket, as the command line does it: one by one and in a batch; memory of an idle node.

bench_control.py BUILD-DIRECTORY: prints lines "NAME VALUE UNIT". Everything it makes is removed again.
"""
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ONE_BY_ONE = 1000
BATCH = 20000       # the charter of the bench allows it
BATCHES = 3


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("kilim", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=b""):
        self.request(method, path, body=body)
        answer = self.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit("bench_control: %s %s: %s" % (method, path, data.decode()))
        return json.loads(data)


def entry(i):
    return {"name": {"sr": "Измишљено удружење %d" % i, "en": "Made-up association %d" % i},
            "relation": "listed", "territories": ["RS"], "method": "never",
            "description": {"en": "An association that exists for measuring only. " * 4}}


def rss_anon_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon")) / 1024


def node(build, place, name):
    home = os.path.join(place, name)
    subprocess.run([build + "/kilim", "--dir", home, "--no-input", "init", "--name", "Measuring " + name,
                    "--territory", "RS", "--protected", "no", "--listen", "127.0.0.1:0"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    daemon = subprocess.Popen([build + "/kilimd", "--dir", home], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not os.path.exists(home + "/control") and time.monotonic() < deadline:
        time.sleep(0.02)
    control = Control(home + "/control")
    control.ask("POST", "/v1/network", json.dumps({"name": "Measuring", "language": "en",
                                                      "quotas": {"keys": 200000, "writes_day": 200000}}))
    return daemon, control


def main(build):
    # The store belongs on the build's own file system: memory would make durable writes look free.
    place = tempfile.mkdtemp(prefix="bench-", dir=build)
    daemons = []
    try:
        daemon, control = node(build, place, "one")
        daemons.append(daemon)
        time.sleep(1.2)  # the first tick is part of being idle
        print("rss.idle_mib %.2f MiB" % rss_anon_mib(daemon.pid))
        bodies = [json.dumps(entry(i)).encode() for i in range(ONE_BY_ONE)]
        begin = time.monotonic()
        for body in bodies:
            control.ask("POST", "/v1/kinds/organisation", body)
        print("add.durable_per_s %.0f 1/s" % (ONE_BY_ONE / (time.monotonic() - begin)))
        rates = []
        for b in range(BATCHES):
            daemon, control = node(build, place, "batch%d" % b)
            daemons.append(daemon)
            body = "\n".join(json.dumps(entry(i)) for i in range(BATCH)).encode()
            begin = time.monotonic()
            control.ask("POST", "/v1/kinds/organisation", body)
            rates.append(BATCH / (time.monotonic() - begin))
        print("add.batch_per_s %.0f 1/s" % sorted(rates)[len(rates) // 2])
    finally:
        for d in daemons:
            d.terminate()
        for d in daemons:
            d.wait(10)
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
