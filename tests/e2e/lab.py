"""What every end-to-end test stands on: a server and client hosts in network namespaces, and a directory on a real disk.
Whatever a test makes here is taken away again, also after a failure or Ctrl-C."""

import atexit
import collections
import contextlib
import ctypes
import glob
import ipaddress
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
for place in (HERE, os.path.join(ROOT, "tools")):
    if place not in sys.path:
        sys.path.insert(0, place)

from netlab.clients import end  # noqa: E402
from netlab.namespaces import Namespace, run, veth  # noqa: E402
from netlab.server import Server  # noqa: E402

BUILD = os.environ.get("TANDEM6_BUILD", os.path.join(ROOT, "build"))
TANDEM6D = os.path.join(BUILD, "tandem6d")
TANDEM6CTL = os.path.join(BUILD, "tandem6ctl")

_numbers = itertools.count(1)


def wait_for(what, condition, patience=30):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + patience
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain for: {what}")
        time.sleep(0.02)


def subnet(**changes):
    """The subnet of the clients on client0. An address pool and a prefix pool, both large."""
    base = {"id": 1, "subnet": "2001:db8:1::/48", "interface": "client0",
            "pools": [{"pool": "2001:db8:1:1::/64"}],
            "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 36, "delegated-len": 56}]}
    base.update(changes)
    return {key: value for key, value in base.items() if value is not None}


def config(*subnets, dhcp6=(), dataplane=(), storage=()):
    """A configuration as a dictionary. `dhcp6`, `dataplane` and `storage` are further keys there."""
    return {"Dhcp6": {"interfaces-config": {"interfaces": ["client0"]},
                      "preferred-lifetime": 3000, "valid-lifetime": 4000, "renew-timer": 1000, "rebind-timer": 2000,
                      "subnet6": list(subnets) or [subnet()], **dict(dhcp6)},
            "tandem6": {"dataplane": dict(dataplane), "storage": dict(storage)}}


class Lab:
    """The hosts, processes and files of one test."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        atexit.register(self._stack.close)  # when the test is not let finish
        self.prefix = f"t6e2e-{os.getpid()}-{next(_numbers)}"
        self.directory = tempfile.mkdtemp(prefix=self.prefix + "-", dir="/var/tmp")
        self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.servers = []

    def close(self):
        atexit.unregister(self._stack.close)
        self._stack.close()

    def keep(self, thing):
        """Its close() is called at the end."""
        self._stack.callback(thing.close)
        return thing

    def process(self, process):
        """It is ended at the end."""
        self._stack.callback(end, process)
        return process

    def client(self, client):
        """One of netlab's clients: stopped at the end."""
        self._stack.callback(client.stop)
        return client

    def namespace(self, role):
        space = Namespace(f"{self.prefix}-{role}")
        self._stack.callback(self._delete, space)
        return space

    @staticmethod
    def _end(server):
        # Not Popen's own wait(): when a signal interrupted that, it may never return.
        if server.process is not None and server.process.returncode is None:
            os.kill(server.process.pid, signal.SIGKILL)

    @staticmethod
    def _delete(space):
        # What still runs in there was started by this test.
        for _ in range(100):
            pids = run("ip", "netns", "pids", space.name, check=False).split()
            if not pids:
                break
            run("kill", "-KILL", *pids, check=False)
            time.sleep(0.02)
        space.delete()

    def wire(self):
        """Two hosts joined by a cable: client0 on the server's side, wan0 on the clients'."""
        server, clients = self.namespace("server"), self.namespace("clients")
        veth(server, "client0", clients, "wan0")
        self.link_ready(server, "client0")
        self.link_ready(clients, "wan0")
        return server, clients

    @staticmethod
    def link_ready(space, interface):
        wait_for(f"a link-local address on {interface}",
                 lambda: "inet6 fe80" in space.run("ip", "-6", "addr", "show", "dev", interface, "-tentative"))

    def server(self, space, configuration, name="tandem6d"):
        """A tandem6d, not started yet."""
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, exist_ok=True)
        server = Server(TANDEM6D, space, directory, configuration)
        self.servers.append(server)
        self._stack.callback(self._end, server)
        return server

    def tmpfs(self, name, options):
        """A small file system of its own."""
        place = os.path.join(self.directory, name)
        os.makedirs(place)
        run("mount", "-t", "tmpfs", "-o", options, "tmpfs", place)
        self._stack.callback(run, "umount", "-l", place, check=False)
        return place

    def describe(self):
        """For whoever looks into a failure: what servers, clients and relay agents wrote at the end."""
        parts = []
        for server in self.servers:
            if os.path.exists(server.log):
                parts.append(f"--- the end of {server.log}\n{server.log_tail(40)}")
        for log in sorted(glob.glob(os.path.join(self.directory, "*.log"))):
            with open(log, encoding="utf-8", errors="replace") as file:
                parts.append(f"--- the end of {log}\n{''.join(collections.deque(file, 25))}")
        return "\n".join(parts)


class EndToEnd(unittest.TestCase):
    """A test with a lab of its own."""

    maxDiff = 2000

    def setUp(self):
        self.lab = Lab()
        self.addCleanup(self.lab.close)

    def serve(self, configuration=None):
        """The usual beginning: the wire, and a running server on it."""
        self.server_host, self.client_host = self.lab.wire()
        self.server = self.lab.server(self.server_host, configuration or config()).start()
        return self.server

    def assert_in_prefix(self, address, prefix):
        self.assertIn(ipaddress.IPv6Address(address), ipaddress.IPv6Network(prefix))


def active(leases):
    """Of the control socket's leases those that are somebody's: {(address, prefix length): lease}."""
    return {(lease["ip-address"], lease["prefix-len"]): lease for lease in leases if lease["state"] == 0}


def widen_sockets(process, wanted=16 << 20):
    """Gives the UDP socket of perfdhcp room for a burst: its own 200 KB lose answers whenever it waits for a core."""
    wait_for("perfdhcp's socket", lambda: process.poll() is not None or widened(process, wanted))


def widened(process, wanted):
    try:
        links = {int(name): os.readlink(f"/proc/{process.pid}/fd/{name}") for name in os.listdir(f"/proc/{process.pid}/fd")}
    except OSError:
        return False
    done = False
    watch = os.pidfd_open(process.pid)
    for number in (number for number, link in links.items() if link.startswith("socket:")):
        copy = ctypes.CDLL(None).syscall(438, watch, number, 0)  # pidfd_getfd(2)
        if copy < 0:
            continue
        with socket.socket(fileno=copy) as shared:
            if shared.type == socket.SOCK_DGRAM and shared.family == socket.AF_INET6:
                shared.setsockopt(socket.SOL_SOCKET, 33, wanted)  # SO_RCVBUFFORCE
                done = True
    os.close(watch)
    return done


class Perfdhcp:
    """One run of Kea's perfdhcp and the figures of its report."""

    def __init__(self, space, interface, *options, patience=120, nice=0):
        # On a busy machine we may wait for a core: an answer counts as lost only after four seconds.
        process = space.popen("nice", "-n", str(nice), "perfdhcp", "-6", "-l", interface, "-d", "4", "-W", "3000000", *options,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            widen_sockets(process)
            self.text = process.communicate(timeout=patience)[0]
        finally:
            end(process)
        self.exchanges = {}
        for title, body in re.findall(r"\*\*\*Statistics for: ([A-Z-]+)\*\*\*\n(.*?)(?=\*\*\*|\Z)", self.text, re.S):
            self.exchanges[title] = {name.strip(): int(value)
                                     for name, value in re.findall(r"^([a-z -]+): (\d+)(?: |$)", body, re.M)}

    def assert_perfect(self, test, count):
        """At least `count` four-way exchanges (perfdhcp makes some more than it is asked for): everything answered, and
        nothing came that nobody had asked for. How many there were."""
        for title in ("SOLICIT-ADVERTISE", "REQUEST-REPLY"):
            figures = self.exchanges.get(title)
            test.assertIsNotNone(figures, self.text)
            test.assertGreaterEqual(figures["sent packets"], count, self.text)
            test.assertEqual(figures["received packets"], figures["sent packets"], self.text)
            for name in ("drops", "orphans", "rejected leases"):
                test.assertEqual(figures[name], 0, f"{title}: {name}\n{self.text}")
        # An ADVERTISE reserves nothing: two clients may be offered the same.
        test.assertEqual(self.exchanges["REQUEST-REPLY"]["non unique addresses"], 0, self.text)
        test.assertIn("Malformed packets: 0", self.text)
        return figures["received packets"]
