#!/usr/bin/env python3
"""nat - five real nodes in network namespaces of their own: two that anybody can reach, two behind one NAT and one behind
another. They join, exchange entries, lose their ports, are cut off and come back. Needs root; nothing leaves this machine.

    a 198.51.100.1 ---.                .--- NAT 1 --- b 192.168.1.2, c 192.168.1.3
                       internet (router)
    e 203.0.113.1  ---'                '--- NAT 2 --- d 192.168.2.2

LONG=1: the cut lasts an hour instead of 20 s.
"""
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import nodes
from nodes import Node, await_true, bad, must, ok, skipped

CUT_S = 3600 if nodes.LONG else 20
PREFIX = "kilim%d" % os.getpid()
made = []


def ip(*words, check=True):
    done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    if check and done.returncode:
        bad("ip %s: %s" % (" ".join(words), done.stderr.strip()))
    return done.returncode == 0


def space(name):
    return "%s-%s" % (PREFIX, name)


def inside(name, *words):
    ip("netns", "exec", space(name), *words)


def add_space(name):
    ip("netns", "add", space(name))
    made.append(name)
    inside(name, "ip", "link", "set", "lo", "up")


def wire(one, one_end, one_address, other, other_end, other_address):
    """A cable between two namespaces; an address with its prefix length at either end."""
    ip("link", "add", one_end, "netns", space(one), "type", "veth", "peer", "name", other_end, "netns", space(other))
    for name, end, address in (one, one_end, one_address), (other, other_end, other_address):
        inside(name, "ip", "address", "add", address, "dev", end)
        inside(name, "ip", "link", "set", end, "up")


def forward(name):
    inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def route(name, gateway):
    inside(name, "ip", "route", "replace", "default", "via", gateway)


def nat(number, guests):
    """A router with one address outside, and a bridge inside."""
    name = "nat%d" % number
    add_space(name)
    wire(name, "wan", "100.64.%d.2/24" % number, "net", "n%d" % number, "100.64.%d.1/24" % number)
    forward(name)
    route(name, "100.64.%d.1" % number)
    inside(name, "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "wan", "-p", "udp", "-j", "MASQUERADE", "--to-ports",
           "20000-60000", "--random")
    inside(name, "ip", "link", "add", "lan", "type", "bridge")
    inside(name, "ip", "address", "add", "192.168.%d.1/24" % number, "dev", "lan")
    inside(name, "ip", "link", "set", "lan", "up")
    for at, guest in enumerate(guests):
        add_space(guest)
        ip("link", "add", "eth0", "netns", space(guest), "type", "veth", "peer", "name", "l" + guest, "netns", space(name))
        inside(name, "ip", "link", "set", "l" + guest, "master", "lan", "up")
        inside(guest, "ip", "address", "add", "192.168.%d.%d/24" % (number, at + 2), "dev", "eth0")
        inside(guest, "ip", "link", "set", "eth0", "up")
        route(guest, "192.168.%d.1" % number)


def public(name, net):
    add_space(name)
    wire(name, "eth0", net + ".1/24", "net", "n" + name, net + ".254/24")
    route(name, net + ".254")


def wan(number, up):
    """Down, and all that the NAT remembered is gone: later datagrams come from other ports."""
    inside("nat%d" % number, "ip", "link", "set", "wan", "up" if up else "down")
    if up:
        route("nat%d" % number, "100.64.%d.1" % number)


def node(lab, name, listen, announce=None):
    n = Node(lab, name, within=["ip", "netns", "exec", space(name)], listen=listen).init()
    n.configure("visits", "[network]\nvisit_minutes = 1\n" + ("announce = %s\n" % announce if announce else ""))
    return n


def everywhere(what, records, everybody, limit_s):
    took = await_true(what, lambda: all(n.has(r) for r in records for n in everybody), limit_s)
    ok("%s, after %.1f s" % (what, took))


def run(lab):
    add_space("net")
    forward("net")
    public("a", "198.51.100")
    public("e", "203.0.113")
    nat(1, "bc")
    nat(2, "d")
    a = lab.found(node(lab, "a", "198.51.100.1:5684", "198.51.100.1:5684"))
    e = lab.join(a, node(lab, "e", "203.0.113.1:5684", "203.0.113.1:5684"))
    b, c, d = (lab.join(a, node(lab, name, "0.0.0.0:0")) for name in "bcd")
    everybody = a, b, c, d, e
    for n in everybody:
        await_true("all know all", lambda n=n: n.active() == 5, 120)
    ok("five nodes join, three of them behind two NATs")
    everywhere("an entry of each is at all five", [n.add("Prvi " + n.name) for n in everybody], everybody, 120)

    before = sum(n.said("session.opened") for n in (b, c))
    wan(1, False)
    wan(1, True)
    everywhere("behind a NAT that has forgotten them two nodes still give and get", [n.add("Posle " + n.name) for n in (a, b, c)],
               everybody, 180)
    ok("(%d new sessions)" % (sum(n.said("session.opened") for n in (b, c)) - before))

    wan(2, False)
    there, here = d.add("Odsečen"), [n.add("Za to vreme " + n.name) for n in (a, b, e)]
    everywhere("while one is cut off the others go on", here, (a, b, c, e), 120)
    time.sleep(CUT_S)
    must("nothing of it has passed the cut", not d.has(here[0]) and not a.has(there))
    wan(2, True)
    everywhere("after a cut of %d s both sides have what the other wrote" % CUT_S, here + [there], everybody, 400)

    a.end()
    everywhere("without the founder the others find each other by the second public node", [b.add("Bez a"), d.add("Ni a")],
               (b, c, d, e), 180)


def lab(work):
    if os.geteuid() != 0:
        skipped("network namespaces need root")
        return
    for program in "ip", "iptables", "sysctl":
        if shutil.which(program) is None:
            skipped("%s is not installed" % program)
            return
    if not ip("netns", "add", space("try"), check=False):
        skipped("this machine allows no network namespaces, even to root")
        return
    ip("netns", "delete", space("try"))
    try:
        run(work)
    finally:
        for daemon in work.daemons:
            daemon.terminate()
        for name in made:
            ip("netns", "delete", space(name), check=False)


nodes.main(lab)
