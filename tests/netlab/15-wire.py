#!/usr/bin/env python3
"""wire - two namespaces connected by build/link: UDP and TCP meet its model, and its counters count whole IP packets. Needs
root; nothing leaves this machine.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import nodes
import wire
from nodes import bad, must, ok, skipped

COUNT, SIZE, HEADERS = 20, 100, 28
DELAY_S = 0.075             # of 3g, one way
FILE = 500000

ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("%s", 7000)); t = socket.create_server(("%s", 7000))
print("listening", flush=True)
for i in range(%d):
    data, to = s.recvfrom(2000); s.sendto(data, to)
c, _ = t.accept(); c.sendall(bytes(%d)); c.close()
"""
ASK = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); waits = []
while len(waits) < %d:
    begun = time.monotonic(); s.sendto(bytes(%d), ("%s", 7000))
    s.recvfrom(2000); waits.append(time.monotonic() - begun)
begun = time.monotonic(); got = 0
t = socket.create_connection(("%s", 7000), 60)
while data := t.recv(65536):
    got += len(data)
print(min(waits), got, time.monotonic() - begun)
"""


def run(lab):
    reason = wire.missing()
    if reason:
        skipped(reason)
        return
    with wire.Wire("3g", options=["--loss", "0"]) as w:
        far = subprocess.Popen([*w.far, sys.executable, "-c", ECHO % (w.far_address, w.far_address, COUNT, FILE)],
                               stdout=subprocess.PIPE, text=True)
        try:
            far.stdout.readline()
            near = subprocess.run([*w.near, sys.executable, "-c", ASK % (COUNT, SIZE, w.far_address, w.far_address)],
                                  check=False, capture_output=True, text=True, timeout=120)
            if near.returncode:
                bad("datagrams and a file pass: " + near.stderr)
            least, got, took = (float(word) for word in near.stdout.split())
            counts = w.counts()
        finally:
            far.kill()
            far.wait()
    must("a round trip of UDP takes twice the delay, %.0f ms" % (1000 * least), least >= 2 * DELAY_S)
    must("a file comes by TCP", got == FILE)
    must("at no more than the rate, %.0f kB/s" % (FILE / took / 1000), FILE / took <= 250000)
    must("whole packets are counted", counts["up"]["ip_bytes"] >= COUNT * (SIZE + HEADERS) and
         counts["down"]["ip_bytes"] >= COUNT * (SIZE + HEADERS) + FILE)
    ok("(%d packets up, %d down; %d and %d lost)" % (counts["up"]["packets"], counts["down"]["packets"],
                                                      counts["up"]["lost"], counts["down"]["lost"]))


nodes.main(run)
