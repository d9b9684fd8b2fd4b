"""The part of `tools/quickstart pair` after the build: two servers, a client, the death of the primary and its return."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from netlab.certificates import Authority  # noqa: E402
from netlab.clients import Dhclient  # noqa: E402
from netlab.pair import ADDRESSES, PairNetwork, configuration, in_state, partner_of, state  # noqa: E402
from netlab.server import Server  # noqa: E402
from netlab.show import TANDEM6D, Show, note, tandem6ctl, wait_for  # noqa: E402

PREFIX = "tandem6-pair"
# Short, so that renewals can be watched: at 4 s the client asks its server, at 8 s any.
TIMERS = {"renew-timer": 4, "rebind-timer": 8, "preferred-lifetime": 60, "valid-lifetime": 120,
          "option-data": [{"name": "dns-servers", "data": "2001:db8::53"}]}


def named(server):
    return f"{server}.example.net"


class Pair(Show):
    COMMAND, DIRECTORY, STEPS = "tools/quickstart pair", "/run/tandem6-quickstart-pair", 10
    NAMESPACES = (f"{PREFIX}-clients", f"{PREFIX}-a", f"{PREFIX}-b")
    DONE = "Done: the client kept its address and prefix while its server was dead. Next: docs/failover.md"

    def play(self):
        self.make_network()
        self.make_certificates()
        self.serve()
        held = self.ask()
        self.kill_primary()
        self.rebind(held)
        self.come_back(held)

    def make_network(self):
        self.say(3, f"Network: {PREFIX}-a and {PREFIX}-b, the servers, and {PREFIX}-clients")
        self.fresh_directory()
        self.network = PairNetwork(PREFIX)
        note("client0 of both servers and the client's wan0 are on one switch, the client network;\n"
             f"mgmt0 of both are on another, the management network: {ADDRESSES['a']} and {ADDRESSES['b']}")

    def make_certificates(self):
        self.say(4, "Certificates: a CA for the pair, and one for each server, as docs/failover.md says")
        authority = Authority(os.path.join(self.DIRECTORY, "certificates"))
        self.tls = {name: authority.tls(named(name), named(partner_of(name))) for name in ADDRESSES}
        note(self.tls["a"]["ca"])

    def serve(self):
        self.say(5, "tandem6d on both, through DPDK: a is the primary, b the secondary")
        for name, space in self.network.servers.items():
            directory = os.path.join(self.DIRECTORY, name)
            os.makedirs(directory)
            settings = configuration(name, dhcp6=TIMERS.items(), tls=self.tls[name], **{"startup-time": 3})
            self.servers.append(Server(TANDEM6D, space, directory, settings))
        self.primary, self.secondary = self.servers
        for server in self.servers:
            server.start()
        self.wait_for_normal()
        note(tandem6ctl(self.primary, "failover", "status").rstrip())

    def wait_for_normal(self):
        started = time.monotonic()
        wait_for("both servers in NORMAL", lambda: all(in_state(server, "NORMAL") for server in self.servers), 60)
        note(f"both are in NORMAL after {time.monotonic() - started:.1f} s\n")

    def ask(self):
        self.say(6, "A real client, dhclient, asks for an address and a prefix; a answers, b learns of it")
        client = Dhclient(self.network.clients, "wan0", self.DIRECTORY)
        self.clients.append(client)
        client.start()
        wait_for("dhclient to be given both", lambda: client.address() and client.prefix())
        held = client.address(), client.prefix()
        note("dhclient  {}  {}".format(*held))
        wait_for("b to know both leases", lambda: len(self.secondary.leases()) == 2)
        note("what b knows:\n" + tandem6ctl(self.secondary, "leases").rstrip())
        told = state(self.primary)["updates"]
        note(f"updates of a: {told['sent']} sent, {told['acked']} acknowledged; most gave b its share of the prefixes")
        return held

    def kill_primary(self):
        self.say(7, "kill -9 of a")
        self.primary.kill()
        wait_for("b to notice", lambda: in_state(self.secondary, "COMMUNICATIONS-INTERRUPTED"))
        note(tandem6ctl(self.secondary, "failover", "status").rstrip())

    def rebind(self, held):
        client, = self.clients
        self.say(8, "The client's RENEWs to a stay without answer; it asks everybody (REBIND), and b answers")
        wait_for("a REBIND", lambda: "REBIND6" in [reason for reason, *_ in client.events()], 60)
        self.show_same(held)
        note(f"b answered {self.secondary.statistic('pkt6-rebind-received')} REBIND")

    def show_same(self, held):
        client, = self.clients
        if (client.address(), client.prefix()) != held:
            raise RuntimeError(f"dhclient had {held}, now {client.address()} {client.prefix()}")
        note("dhclient  {}  {}  (the same)".format(*held))

    def come_back(self, held):
        self.say(9, "a comes back, fetches what it missed, and both are in step again")
        self.primary.start()
        self.wait_for_normal()
        for server in self.servers:
            note(tandem6ctl(server, "failover", "status").partition("\nupdates")[0].rstrip() + "\n")
        renewed = self.seen_by_client()
        wait_for("one more renewal", lambda: self.seen_by_client() > renewed)
        self.show_same(held)

    def seen_by_client(self):
        client, = self.clients
        return len(client.events())

    def look_around(self):
        a, b = (server.socket for server in self.servers)
        return f"""build/tandem6ctl --socket {a} failover status        (b: {b})
ip netns exec {PREFIX}-clients ip link set mgmt-a down     pulls the cable between the servers (up: plugs it in)
ip netns exec {PREFIX}-clients ip link set to-a down       cuts a off from the clients
tail -f {self.primary.log} {self.secondary.log}"""


sys.exit(Pair().run(sys.argv[1:]))
