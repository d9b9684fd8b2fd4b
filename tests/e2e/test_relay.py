"""Relayed clients: nested relay messages built here, and a real relay agent."""

import os
import shutil
import subprocess
import unittest

import lab
from lab import wait_for
from links import UdpEnd
from netlab.clients import Dhclient
from netlab.namespaces import veth

import dhcp6
from dhcp6 import Relay

SERVER_ADDRESS, RELAY_ADDRESS = "2001:db8:f::1", "2001:db8:f::2"


def relay_subnets():
    """One for each way of finding a relayed client's link."""
    return [
        {"id": 5, "subnet": "2001:db8:5::/48", "pools": [{"pool": "2001:db8:5:1::/64"}],
         "pd-pools": [{"prefix": "2001:db8:5:8000::", "prefix-len": 49, "delegated-len": 56}]},
        {"id": 6, "subnet": "2001:db8:6::/48", "interface-id": "port-6", "pools": [{"pool": "2001:db8:6:1::/64"}]},
        {"id": 7, "subnet": "2001:db8:7::/48", "relay": {"ip-addresses": ["2001:db8:77::1"]},
         "pools": [{"pool": "2001:db8:7:1::/64"}]},
    ]


def add_address(space, interface, address):
    space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")


class RelayMessages(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server_host, self.client_host = self.lab.wire()
        add_address(self.server_host, "client0", SERVER_ADDRESS)
        add_address(self.client_host, "wan0", RELAY_ADDRESS)
        self.server = self.lab.server(self.server_host, lab.config(lab.subnet(), *relay_subnets())).start()
        self.relay_end = self.lab.keep(UdpEnd(self.client_host, "wan0", dhcp6.SERVER_PORT))
        self.duid = dhcp6.duid(1, b"rel")
        self.xid = 0x100

    def through(self, layers, kind, *parts, to=SERVER_ADDRESS, server=None, sender=None):
        """Sends a client's message through relays, outermost first; the answer's message, layers checked."""
        self.xid += 1
        data = dhcp6.message(kind, self.xid, self.duid, *parts, server=server)
        for layer in reversed(layers):
            data = layer.wrap(data)
        def fits(got):
            return got[0] == dhcp6.RELAY_REPL and dhcp6.unwrap(got)[1].xid == self.xid
        if sender is None:
            answer, self.answered_from = self.relay_end.exchange(data, fits, to)
        else:
            answer = self.answer_at_relay_port(sender, data, fits, to)
        replied, message = dhcp6.unwrap(answer)
        self.assertEqual(replied, layers)  # RFC 8415 §19.3: hop-count, link, peer and Interface-Id as they came, layer by layer
        return message

    def answer_at_relay_port(self, sender, data, fits, to):
        """What is sent from another port is answered to port 547 all the same."""
        for _ in range(8):
            sender.send(data, to)
            while got := self.relay_end.receive(2):
                if fits(got[0]):
                    self.answered_from = got[1]
                    return got[0]
        self.fail("no answer on port 547")

    def four_way(self, layers, **how):
        ias = (dhcp6.ia(dhcp6.IA_NA, 1), dhcp6.ia(dhcp6.IA_PD, 1))
        advertise = self.through(layers, dhcp6.SOLICIT, *ias, **how)
        self.assertEqual(advertise.type, dhcp6.ADVERTISE)
        reply = self.through(layers, dhcp6.REQUEST, *ias, server=advertise.first(dhcp6.SERVER_ID), **how)
        self.assertEqual(reply.type, dhcp6.REPLY)
        self.assertEqual(reply.first(dhcp6.CLIENT_ID), self.duid)
        return reply

    def addresses(self, reply):
        return [lease.address for lease in reply.leases() if lease.ia == dhcp6.IA_NA]

    def test_one_relay(self):
        reply = self.four_way([Relay(0, "2001:db8:5::1", "fe80::1", b"eth7")])
        self.assert_in_prefix(self.addresses(reply)[0], "2001:db8:5:1::/64")
        self.assertEqual(len(reply.leases()), 2)
        # The answer comes from the address that was asked.
        self.assertEqual(self.answered_from[:2], (SERVER_ADDRESS, dhcp6.SERVER_PORT))
        self.assertEqual({lease["subnet-id"] for lease in self.server.leases()}, {5})

    def test_three_relays_and_the_layers_come_back_in_order(self):
        layers = [Relay(2, "2001:db8:e2::1", "2001:db8:e1::9", b"outer"), Relay(1, "::", "2001:db8:5::1", b""),
                  Relay(0, "2001:db8:5::1", "fe80::1", bytes(range(60)))]
        reply = self.four_way(layers)
        # RFC 8415 §13.1: the link-address of the relay nearest to the client.
        self.assert_in_prefix(self.addresses(reply)[0], "2001:db8:5:1::/64")

    def test_the_deepest_nesting_is_answered_and_deeper_is_dropped(self):
        def layers(count):
            return [Relay(hops, "2001:db8:5::1" if hops == 0 else "::", "fe80::1") for hops in reversed(range(count))]
        self.four_way(layers(9))  # hop-count 8, HOP_COUNT_LIMIT of RFC 8415 §7.6
        before = self.server.statistic("tandem6.drop.too-many-relays")
        data = dhcp6.message(dhcp6.SOLICIT, 0x777, self.duid, dhcp6.ia(dhcp6.IA_NA, 1))
        for layer in reversed(layers(10)):
            data = layer.wrap(data)
        self.relay_end.send(data, SERVER_ADDRESS)
        wait_for("it to be dropped", lambda: self.server.statistic("tandem6.drop.too-many-relays") == before + 1)
        self.assertIsNone(self.relay_end.receive(0.2))

    def test_from_another_source_port_the_answer_goes_to_547(self):
        sender = self.lab.keep(UdpEnd(self.client_host, "wan0", 33333))
        self.four_way([Relay(0, "2001:db8:5::1", "fe80::1")], sender=sender)
        self.assertIsNone(sender.receive(0.2))

    def test_a_relay_that_says_so_gets_the_answer_at_its_own_port_and_its_options_back(self):
        sender = self.lab.keep(UdpEnd(self.client_host, "wan0", 33333))
        asked_back = [(135, b"\0\0"), (37, b"\0\0\0\x09line 7"), (4242, b"x")]  # RFC 8357, RFC 4649, nobody's
        others = [(43, b"\0\x25\x10\x92"), (38, b"kept to ourselves")]  # RFC 4994 lists 37 and 4242
        extra = b"".join(dhcp6.option(code, data) for code, data in asked_back + others)
        plain = Relay(0, "2001:db8:5::1", "fe80::1").wrap(dhcp6.message(dhcp6.SOLICIT, 0x815, self.duid, dhcp6.ia(dhcp6.IA_NA, 1)))
        answer, _ = sender.exchange(plain[:34] + extra + plain[34:], lambda got: got[0] == dhcp6.RELAY_REPL, SERVER_ADDRESS)
        options = dhcp6.options_of(answer[34:])
        self.assertEqual([one for one in options if one[0] != dhcp6.RELAY_MESSAGE], asked_back)

    def test_multicast_to_all_servers(self):
        reply = self.four_way([Relay(0, "2001:db8:5::1", "fe80::1")], to=dhcp6.ALL_SERVERS)
        self.assert_in_prefix(self.addresses(reply)[0], "2001:db8:5:1::/64")
        self.assertNotEqual(self.answered_from[0], dhcp6.ALL_SERVERS)

    def test_subnet_by_interface_id(self):
        reply = self.four_way([Relay(0, "2001:db8:5::1", "fe80::1", b"port-6")])
        self.assert_in_prefix(self.addresses(reply)[0], "2001:db8:6:1::/64")

    def test_subnet_by_relay_address(self):
        reply = self.four_way([Relay(0, "2001:db8:77::1", "fe80::1", b"port-x")])
        self.assert_in_prefix(self.addresses(reply)[0], "2001:db8:7:1::/64")

    def test_a_link_that_nobody_configured_gets_no_address(self):
        advertise = self.through([Relay(0, "2001:db8:bad::1", "fe80::1")], dhcp6.INFORMATION_REQUEST)
        self.assertEqual(advertise.type, dhcp6.REPLY)
        layers = [Relay(0, "2001:db8:bad::1", "fe80::1")]
        data = layers[0].wrap(dhcp6.message(dhcp6.SOLICIT, 0x42, self.duid, dhcp6.ia(dhcp6.IA_NA, 1)))
        self.relay_end.send(data, SERVER_ADDRESS)
        if got := self.relay_end.receive(1):
            self.assertEqual(dhcp6.unwrap(got[0])[1].leases(), [])
        self.assertEqual(self.server.leases(), [])


def dhcrelay_program(directory):
    """dhcrelay, without the daemon that its Debian package would start when installed; None when it cannot be had."""
    if found := shutil.which("dhcrelay", path="/usr/sbin:/sbin:/usr/bin"):
        return found
    place = os.path.join(directory, "dhcrelay")
    os.makedirs(place)
    try:
        subprocess.run(["apt-get", "download", "-q", "isc-dhcp-relay"], cwd=place, check=True, capture_output=True, timeout=60)
        packages = [name for name in os.listdir(place) if name.endswith(".deb")]
        subprocess.run(["dpkg-deb", "-x", packages[0], "."], cwd=place, check=True, capture_output=True, timeout=60)
    except (OSError, IndexError, subprocess.SubprocessError):
        return None
    program = os.path.join(place, "usr/sbin/dhcrelay")
    return program if os.access(program, os.X_OK) else None


class RelayAgent(lab.EndToEnd):
    def test_dhclient_behind_isc_dhcrelay(self):
        program = dhcrelay_program(self.lab.directory)
        if program is None:
            self.skipTest("isc-dhcp-relay cannot be fetched")
        server_host, relay_host, client_host = (self.lab.namespace(role) for role in ("server", "relay", "clients"))
        veth(server_host, "client0", relay_host, "up0")
        veth(relay_host, "down0", client_host, "wan0")
        for space, interface in ((server_host, "client0"), (relay_host, "up0"), (relay_host, "down0"), (client_host, "wan0")):
            self.lab.link_ready(space, interface)
        add_address(server_host, "client0", SERVER_ADDRESS)
        add_address(relay_host, "up0", RELAY_ADDRESS)
        add_address(relay_host, "down0", "2001:db8:5::1")
        server = self.lab.server(server_host, lab.config(lab.subnet(), *relay_subnets())).start()
        with open(os.path.join(self.lab.directory, "dhcrelay.log"), "wb") as log:
            self.lab.process(relay_host.popen(program, "-6", "-d", "-I", "--no-pid", "-l", "down0", "-u", f"{SERVER_ADDRESS}%up0",
                                              stdout=log, stderr=log))
        client = self.lab.client(Dhclient(client_host, "wan0", self.lab.directory))
        client.start()
        wait_for("dhclient behind the relay to get both", lambda: client.address() and client.prefix())
        self.assert_in_prefix(client.address(), "2001:db8:5:1::/64")
        self.assert_in_prefix(client.prefix().split("/")[0], "2001:db8:5:8000::/49")
        self.assertGreaterEqual(server.statistic("tandem6.relayed"), 2)
        self.assertEqual({lease["subnet-id"] for lease in server.leases()}, {5})


if __name__ == "__main__":
    unittest.main()
