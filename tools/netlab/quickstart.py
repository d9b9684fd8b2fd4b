"""The part of tools/quickstart after the build: a server, clients, a crash, and everything as it was."""

import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from netlab.clients import Dhclient, Dhcpcd  # noqa: E402
from netlab.namespaces import Namespace, run, second_interface, veth  # noqa: E402
from netlab.server import Server  # noqa: E402

DIRECTORY = "/run/tandem6-quickstart"
SERVER_NAMESPACE, CLIENT_NAMESPACE = "tandem6-server", "tandem6-clients"

CONFIG = {
    "Dhcp6": {
        "interfaces-config": {"interfaces": ["client0"]},
        # Short, so that the renewal after the crash can be watched.
        "renew-timer": 5, "rebind-timer": 40, "preferred-lifetime": 60, "valid-lifetime": 120,
        "option-data": [{"name": "dns-servers", "data": "2001:db8::53"}],
        "subnet6": [{
            "id": 1, "subnet": "2001:db8:1::/48", "interface": "client0",
            "pools": [{"pool": "2001:db8:1:1::/64"}],
            "pd-pools": [{"prefix": "2001:db8:1:8000::", "prefix-len": 49, "delegated-len": 56}],
        }],
    },
    "tandem6": {},
}


def say(step, text):
    print(f"[{step}/8] {text}", flush=True)


def note(text):
    print("      " + text.replace("\n", "\n      "), flush=True)


def wait_for(what, condition, patience=30):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise RuntimeError(f"waited {patience} s in vain for: {what}")


def tandem6ctl(server, *arguments):
    return run(os.path.join(ROOT, "build", "tandem6ctl"), "--socket", server.socket, *arguments)


class Show:
    def __init__(self):
        self.namespaces, self.clients, self.server = [], [], None

    def network(self):
        say(3, f"Network: namespaces {SERVER_NAMESPACE} and {CLIENT_NAMESPACE}, joined by a veth pair")
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        os.makedirs(DIRECTORY)
        for name in (SERVER_NAMESPACE, CLIENT_NAMESPACE):
            self.namespaces.append(Namespace(name))
        server, clients = self.namespaces
        veth(server, "client0", clients, "wan0")
        second_interface(clients, "wan0", "wan1")

    def serve(self):
        say(4, "tandem6d on client0, through DPDK")
        binary = os.path.join(ROOT, "build", "tandem6d")
        self.server = Server(binary, self.namespaces[0], DIRECTORY, CONFIG).start()
        note(tandem6ctl(self.server, "status").rstrip())

    def ask(self):
        say(5, "Two real clients ask for an address and a prefix each: dhclient on wan0, dhcpcd on wan1")
        clients = self.namespaces[1]
        self.clients = [Dhclient(clients, "wan0", DIRECTORY), Dhcpcd(clients, "wan1", DIRECTORY)]
        for client in self.clients:
            client.start()
        for client in self.clients:
            wait_for(f"{type(client).__name__} to be given both", lambda c=client: c.address() and c.prefix())
            note(f"{type(client).__name__.lower():9} {client.address()}  {client.prefix()}")
        note(tandem6ctl(self.server, "leases").rstrip())
        return [(c.address(), c.prefix()) for c in self.clients]

    def crash(self):
        say(6, "kill -9, and start again")
        before = self.server.leases()
        self.server.kill()
        started = time.monotonic()
        self.server.start()
        after = self.server.leases()
        missing = {lease["ip-address"] for lease in before} - {lease["ip-address"] for lease in after}
        if missing:
            raise RuntimeError(f"leases lost by kill -9: {sorted(missing)}")
        note(f"up again after {time.monotonic() - started:.1f} s, with all {len(after)} leases")

    def renew(self, held):
        say(7, "The clients renew what they had")
        wait_for("a RENEW of each client", lambda: self.server.statistic("pkt6-renew-received") >= len(self.clients))
        time.sleep(0.5)
        for client, (address, prefix) in zip(self.clients, held):
            if (client.address(), client.prefix()) != (address, prefix):
                raise RuntimeError(f"{type(client).__name__} had {address} {prefix}, now {client.address()} {client.prefix()}")
            note(f"{type(client).__name__.lower():9} {address}  {prefix}  (the same)")
        note(tandem6ctl(self.server, "statistics").rstrip())

    def clean(self):
        for client in self.clients:
            client.stop()
        if self.server and self.server.process:
            status = self.server.stop()
            note(f"tandem6d ended in good order (exit status {status})")
        for namespace in self.namespaces:
            namespace.delete()
        shutil.rmtree(DIRECTORY, ignore_errors=True)

    def keep(self):
        say(8, "Left running. Look around:")
        note(f"""build/tandem6ctl --socket {self.server.socket} status        (or leases, statistics, --help)
ip netns exec {CLIENT_NAMESPACE} ip -6 addr
tail -f {self.server.log}
edit {self.server.config_file}, then: build/tandem6ctl --socket {self.server.socket} config reload
Take it away again: sudo tools/quickstart --clean""")


def clean_leftovers():
    """Takes away what --keep left: our own namespaces with the processes in them, and our directory."""
    for name in (CLIENT_NAMESPACE, SERVER_NAMESPACE):
        for pid in run("ip", "netns", "pids", name, check=False).split():
            run("kill", pid, check=False)
        time.sleep(1)
        run("ip", "netns", "del", name, check=False)
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def main():
    if "--clean" in sys.argv:
        clean_leftovers()
        return 0
    if SERVER_NAMESPACE in run("ip", "netns", "list"):
        print("An earlier quickstart is still there. Take it away first: sudo tools/quickstart --clean", file=sys.stderr)
        return 1
    show, keep = Show(), "--keep" in sys.argv
    try:
        show.network()
        show.serve()
        held = show.ask()
        show.crash()
        show.renew(held)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"\nquickstart failed: {error}", file=sys.stderr)
        if show.server:
            print(f"The server's log ends with:\n{show.server.log_tail(15)}", file=sys.stderr)
        show.clean()
        return 1
    if keep:
        show.keep()
        return 0
    say(8, "Cleaning up")
    show.clean()
    print("Done: addresses and prefixes survived kill -9. Next: README.md, docs/configuration.md")
    return 0


sys.exit(main())
