"""The part of tools/quickstart after the build: a server, clients, a crash, and everything as it was."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from netlab.clients import Dhclient, Dhcpcd  # noqa: E402
from netlab.namespaces import Namespace, second_interface, veth  # noqa: E402
from netlab.server import Server  # noqa: E402
from netlab.show import TANDEM6D, Show, note, tandem6ctl, wait_for  # noqa: E402

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


class OneServer(Show):
    COMMAND, DIRECTORY, STEPS = "tools/quickstart", "/run/tandem6-quickstart", 8
    NAMESPACES = (CLIENT_NAMESPACE, SERVER_NAMESPACE)
    DONE = ("Done: addresses and prefixes survived kill -9. Next: tools/quickstart pair, README.md, docs/configuration.md")

    def play(self):
        self.network()
        self.serve()
        held = self.ask()
        self.crash()
        self.renew(held)

    def network(self):
        self.say(3, f"Network: namespaces {SERVER_NAMESPACE} and {CLIENT_NAMESPACE}, joined by a veth pair")
        self.fresh_directory()
        self.server_host, self.client_host = Namespace(SERVER_NAMESPACE), Namespace(CLIENT_NAMESPACE)
        veth(self.server_host, "client0", self.client_host, "wan0")
        second_interface(self.client_host, "wan0", "wan1")

    def serve(self):
        self.say(4, "tandem6d on client0, through DPDK")
        self.server = Server(TANDEM6D, self.server_host, self.DIRECTORY, CONFIG)
        self.servers.append(self.server)
        self.server.start()
        note(tandem6ctl(self.server, "status").rstrip())

    def ask(self):
        self.say(5, "Two real clients ask for an address and a prefix each: dhclient on wan0, dhcpcd on wan1")
        self.clients = [Dhclient(self.client_host, "wan0", self.DIRECTORY), Dhcpcd(self.client_host, "wan1", self.DIRECTORY)]
        for client in self.clients:
            client.start()
        for client in self.clients:
            wait_for(f"{type(client).__name__} to be given both", lambda c=client: c.address() and c.prefix())
            note(f"{type(client).__name__.lower():9} {client.address()}  {client.prefix()}")
        note(tandem6ctl(self.server, "leases").rstrip())
        return [(c.address(), c.prefix()) for c in self.clients]

    def crash(self):
        self.say(6, "kill -9, and start again")
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
        self.say(7, "The clients renew what they had")
        wait_for("a RENEW of each client", lambda: self.server.statistic("pkt6-renew-received") >= len(self.clients))
        time.sleep(0.5)
        for client, (address, prefix) in zip(self.clients, held):
            if (client.address(), client.prefix()) != (address, prefix):
                raise RuntimeError(f"{type(client).__name__} had {address} {prefix}, now {client.address()} {client.prefix()}")
            note(f"{type(client).__name__.lower():9} {address}  {prefix}  (the same)")
        note(tandem6ctl(self.server, "statistics").rstrip())

    def look_around(self):
        return f"""build/tandem6ctl --socket {self.server.socket} status        (or leases, statistics, --help)
ip netns exec {CLIENT_NAMESPACE} ip -6 addr
tail -f {self.server.log}
edit {self.server.config_file}, then: build/tandem6ctl --socket {self.server.socket} config reload"""


sys.exit(OneServer().run(sys.argv[1:]))
