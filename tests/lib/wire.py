"""wire - two network namespaces, and between them nothing but tests/lib/link.c: IP packets of any protocol pass through its
model of a link. Needs root and /dev/net/tun; nothing of it leaves this machine.

    reason = wire.missing()             # why this machine cannot, or None
    with wire.Wire("3g", seed=7) as w:
        subprocess.run([*w.near, "rsync", ..., w.far_address])
        w.counts()["down"]["ip_bytes"]  # DOWN is from FAR to NEAR

NEAR and FAR are words before a program, which then runs there.
"""
import json
import os
import shutil
import signal
import subprocess

from nodes import BUILD, bad


def run(*words, check=True):
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if check and done.returncode:
        bad("%s: %s" % (" ".join(words), done.stderr.strip()))
    return done.returncode == 0


def missing():
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    if shutil.which("ip") is None:
        return "ip is not installed"
    name = "kilim%d-try" % os.getpid()
    if not run("ip", "netns", "add", name, check=False):
        return "this machine allows no network namespaces, even to root"
    run("ip", "netns", "delete", name)
    return None


class Wire:
    near_address, far_address = "198.18.0.1", "198.18.0.2"      # RFC 2544: for measuring

    def __init__(self, profile, seed=1, options=()):
        number = os.getpid()
        self.spaces = ["kilim%d-%s" % (number, end) for end in ("near", "far")]
        self.devices = ["k%dn" % number, "k%df" % number]
        self.options = ["--profile", profile, "--seed", str(seed), *options]
        self.near, self.far = (["ip", "netns", "exec", space] for space in self.spaces)
        self.link = None

    def __enter__(self):
        try:
            self.lay()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def lay(self):
        self.link = subprocess.Popen([BUILD + "/link", "--devices", ",".join(self.devices), *self.options],
                                     stdout=subprocess.PIPE, text=True)
        if not self.link.stdout.readline().startswith("devices"):
            bad("the link opens its devices")
        for space, device, address in zip(self.spaces, self.devices, (self.near_address, self.far_address)):
            run("ip", "netns", "add", space)
            # Before it is up: router solicitations would be counted.
            run("ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", check=False)
            run("ip", "link", "set", device, "netns", space)
            run("ip", "-n", space, "address", "add", address + "/30", "dev", device)
            run("ip", "-n", space, "link", "set", "lo", "up")
            run("ip", "-n", space, "link", "set", device, "up")

    def __exit__(self, kind, value, trace):
        if self.link:
            self.link.terminate()
            self.link.wait(10)
        for space in self.spaces:
            run("ip", "netns", "delete", space, check=False)

    def set(self, name, value):
        """A setting of the kernel's, at both ends. False: it has no such one."""
        return all(run("ip", "netns", "exec", space, "sysctl", "-qw", "%s=%s" % (name, value), check=False)
                   for space in self.spaces)

    def counts(self):
        self.link.send_signal(signal.SIGUSR1)
        return json.loads(self.link.stdout.readline())
