"""Leasequery (RFC 5007) and Bulk Leasequery (RFC 5460): a relay that asks what it should have known."""

import ipaddress
import os
import socket
import struct
import subprocess
import unittest

import lab
from lab import wait_for
from links import UdpEnd, inside
from test_relay import dhcrelay_program
from netlab.clients import Dhclient
from netlab.namespaces import veth

import dhcp6

LEASEQUERY, REPLY, DONE, DATA = 14, 15, 16, 17
LQ_QUERY, CLIENT_DATA, CLT_TIME, RELAY_DATA = 44, 45, 46, 47
REMOTE_ID, RELAY_ID = 37, 53
BY_ADDRESS, BY_CLIENT, BY_RELAY, BY_LINK, BY_REMOTE = range(1, 6)
NOT_CONFIGURED, NOT_ALLOWED = 9, 10
SERVER_ADDRESS, RELAY_ADDRESS, STRANGER = "2001:db8:f::1", "2001:db8:f::2", "2001:db8:f::3"
MANAGEMENT, REQUESTER = "2001:db8:a::1", "2001:db8:a::2"
ME = dhcp6.duid(9, b"req")
OUR_RELAY_ID = dhcp6.duid(8, b"rly")
OUR_REMOTE_ID = b"\0\0\0\x09line 7"


def address(space, interface, value):
    space.run("ip", "-6", "addr", "add", f"{value}/64", "dev", interface, "nodad")


def packed(value):
    return ipaddress.IPv6Address(value).packed


def leasequery(xid, kind, *options, link="::"):
    query = dhcp6.option(LQ_QUERY, bytes([kind]) + packed(link) + b"".join(options))
    return bytes([LEASEQUERY]) + xid.to_bytes(3, "big") + dhcp6.option(dhcp6.CLIENT_ID, ME) + query


def wanted_address(value):
    return dhcp6.option(dhcp6.IA_ADDRESS, packed(value) + bytes(8))


def clients_of(message):
    """[(DUID, {addresses and prefixes}, options)] of the message's CLIENT_DATA options."""
    found = []
    for code, data in message.options:
        if code != CLIENT_DATA:
            continue
        options = dhcp6.options_of(data)
        units = {str(ipaddress.IPv6Address(body[:16] if inner == dhcp6.IA_ADDRESS else body[9:25]))
                 for inner, body in options if inner in (dhcp6.IA_ADDRESS, dhcp6.IA_PREFIX)}
        found.append((dhcp6.first(options, dhcp6.CLIENT_ID), units, options))
    return found


class LeaseQuery(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server_host, self.relay_host = self.lab.wire()
        address(self.server_host, "client0", SERVER_ADDRESS)
        address(self.relay_host, "wan0", RELAY_ADDRESS)
        veth(self.server_host, "mgmt0", self.relay_host, "mgmt1")
        address(self.server_host, "mgmt0", MANAGEMENT)
        address(self.relay_host, "mgmt1", REQUESTER)
        hook = {"library": "/usr/lib/kea/hooks/libdhcp_lease_query.so",
                "parameters": {"requesters": [RELAY_ADDRESS, REQUESTER],
                               "advanced": {"bulk-query-enabled": True, "lease-query-ip": MANAGEMENT}}}
        link = {"id": 5, "subnet": "2001:db8:5::/48", "pools": [{"pool": "2001:db8:5:1::/64"}],
                "pd-pools": [{"prefix": "2001:db8:5:8000::", "prefix-len": 49, "delegated-len": 56}]}
        other = {"id": 6, "subnet": "2001:db8:6::/48", "pools": [{"pool": "2001:db8:6:1::/64"}]}
        self.server = self.lab.server(self.server_host, lab.config(lab.subnet(), link, other, dhcp6={
            "store-extended-info": True, "hooks-libraries": [hook]})).start()
        self.xid = 0x100

    # --- clients

    def relayed_client(self, number, link="2001:db8:5::1", extra=()):
        """A client gets an address (and a prefix) through a relay built here: (DUID, its addresses and prefixes)."""
        if not hasattr(self, "relay_end"):
            self.relay_end = self.lab.keep(UdpEnd(self.relay_host, "wan0", dhcp6.SERVER_PORT))
        duid = dhcp6.duid(number, b"cli")
        parts = [dhcp6.ia(dhcp6.IA_NA, 1)] + ([dhcp6.ia(dhcp6.IA_PD, 1)] if link == "2001:db8:5::1" else [])

        def through(kind, server=None):
            self.xid += 1
            inner = dhcp6.message(kind, self.xid, duid, *parts, server=server)
            options = b"".join(dhcp6.option(code, data) for code, data in extra)
            data = bytes([dhcp6.RELAY_FORW, 0]) + packed(link) + packed("fe80::1") + options + dhcp6.option(9, inner)
            fits = lambda got: got[0] == dhcp6.RELAY_REPL and dhcp6.unwrap(got)[1].xid == self.xid
            return dhcp6.unwrap(self.relay_end.exchange(data, fits, SERVER_ADDRESS)[0])[1]

        advertise = through(dhcp6.SOLICIT)
        reply = through(dhcp6.REQUEST, advertise.first(dhcp6.SERVER_ID))
        return duid, {lease.address for lease in reply.leases()}

    # --- over UDP

    def ask(self, kind, *options, link="::", source=RELAY_ADDRESS):
        self.xid += 1
        with inside(self.relay_host), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as end:
            end.bind((source, dhcp6.CLIENT_PORT))
            end.settimeout(1)
            for _ in range(5):
                end.sendto(leasequery(self.xid, kind, *options, link=link), (SERVER_ADDRESS, dhcp6.SERVER_PORT))
                try:
                    while (message := dhcp6.Message.parse(end.recv(65536))).xid != self.xid:
                        pass
                    break
                except TimeoutError:
                    continue
            else:
                self.fail("no LEASEQUERY-REPLY")
        self.assertEqual(message.type, REPLY)
        self.assertEqual(message.first(dhcp6.CLIENT_ID), ME)
        return message

    def test_by_address_and_by_client(self):
        duid, units = self.relayed_client(1, extra=[(REMOTE_ID, OUR_REMOTE_ID)])
        wanted = [unit for unit in units if unit.startswith("2001:db8:5:1:")][0]
        oro = dhcp6.option(dhcp6.ORO, struct.pack("!H", RELAY_DATA))
        for message in (self.ask(BY_ADDRESS, wanted_address(wanted), oro),
                        self.ask(BY_CLIENT, dhcp6.option(dhcp6.CLIENT_ID, duid), oro),
                        self.ask(BY_CLIENT, dhcp6.option(dhcp6.CLIENT_ID, duid), oro, link="2001:db8:5::1")):
            (who, told, options), = clients_of(message)
            self.assertEqual((who, told), (duid, units))
            self.assertLess(struct.unpack("!I", dhcp6.first(options, CLT_TIME))[0], 60)
            relay = dhcp6.first(options, RELAY_DATA)
            self.assertEqual(relay[:16], packed(RELAY_ADDRESS))
            self.assertEqual(relay[16:50], bytes([dhcp6.RELAY_FORW, 0]) + packed("2001:db8:5::1") + packed("fe80::1"))
            self.assertEqual(dhcp6.options_of(relay[50:]), [(REMOTE_ID, OUR_REMOTE_ID)])
        delegated = [unit for unit in units if unit != wanted][0]
        inside_prefix = str(ipaddress.IPv6Address(delegated) + 12345)
        (who, told, options), = clients_of(self.ask(BY_ADDRESS, wanted_address(inside_prefix)))
        self.assertEqual((who, told), (duid, units))
        self.assertIsNone(dhcp6.first(options, RELAY_DATA))  # nobody asked for it

        self.assertEqual(clients_of(self.ask(BY_ADDRESS, wanted_address("2001:db8:5:1::1"))), [])
        self.assertEqual(self.ask(BY_ADDRESS, wanted_address("2001:db8:dead::1")).status(), NOT_CONFIGURED)
        self.assertEqual(clients_of(self.ask(BY_CLIENT, dhcp6.option(dhcp6.CLIENT_ID, duid), link="2001:db8:6::1")), [])

    def test_a_stranger_is_told_nothing(self):
        duid, _ = self.relayed_client(1)
        address(self.relay_host, "wan0", STRANGER)
        message = self.ask(BY_CLIENT, dhcp6.option(dhcp6.CLIENT_ID, duid), source=STRANGER)
        self.assertEqual(message.status(), NOT_ALLOWED)
        self.assertEqual(clients_of(message), [])

    def test_what_relays_said_outlives_a_crash(self):
        duid, units = self.relayed_client(1, extra=[(REMOTE_ID, OUR_REMOTE_ID)])
        self.server.kill()
        self.server.start()
        before = self.server.command("lease6-get-page", {"from": "start", "limit": 10})["arguments"]["leases"]
        self.assertEqual(len(before), len(units))
        for lease in before:
            (relay,) = lease["user-context"]["ISC"]["relay-info"]
            self.assertEqual((relay["hop"], relay["link"], relay["peer"]), (0, "2001:db8:5::1", "fe80::1"))
        self.assertEqual({who for _, who, _ in self.bulk(BY_REMOTE, dhcp6.option(REMOTE_ID, OUR_REMOTE_ID))}, {duid})

    # --- over TCP

    def bulk(self, kind, *options, link="::"):
        """[(message type, DUID, addresses and prefixes)] until the reply is complete (RFC 5460 §6.3.1)."""
        self.xid += 1
        with inside(self.relay_host):
            connection = socket.create_connection((MANAGEMENT, 547), timeout=20, source_address=(REQUESTER, 0))
        found = []
        with connection, connection.makefile("rb") as stream:
            question = leasequery(self.xid, kind, *options, link=link)
            connection.sendall(struct.pack("!H", len(question)) + question)
            while True:
                size, = struct.unpack("!H", stream.read(2))
                message = dhcp6.Message.parse(stream.read(size))
                self.assertEqual(message.xid, self.xid)
                if message.type == DONE:
                    self.assertEqual(message.status(), 0)
                    return found
                self.assertEqual(message.type, DATA if found else REPLY)
                clients = clients_of(message)
                if not clients:
                    return found
                (who, units, _), = clients
                found.append((message.type, who, units))

    def test_bulk(self):
        ours = [(RELAY_ID, OUR_RELAY_ID), (REMOTE_ID, OUR_REMOTE_ID)]
        clients = dict(self.relayed_client(number, extra=ours) for number in range(1, 8))
        elsewhere = dict([self.relayed_client(20, link="2001:db8:6::1", extra=[(RELAY_ID, OUR_RELAY_ID)])])

        def told(*arguments, **keywords):
            return {who: units for _, who, units in self.bulk(*arguments, **keywords)}

        self.assertEqual(told(BY_LINK, link="2001:db8:5::1"), clients)
        self.assertEqual(told(BY_LINK, link="2001:db8:6::1"), elsewhere)
        self.assertEqual(told(BY_RELAY, dhcp6.option(RELAY_ID, OUR_RELAY_ID)), {**clients, **elsewhere})
        self.assertEqual(told(BY_RELAY, dhcp6.option(RELAY_ID, OUR_RELAY_ID), link="2001:db8:6::1"), elsewhere)
        self.assertEqual(told(BY_REMOTE, dhcp6.option(REMOTE_ID, OUR_REMOTE_ID)), clients)
        self.assertEqual(told(BY_REMOTE, dhcp6.option(REMOTE_ID, OUR_REMOTE_ID + b"x")), {})
        self.assertEqual(len(self.bulk(BY_LINK, link="2001:db8:5::1")), len(clients))

    def test_a_stranger_is_hung_up_on(self):
        address(self.relay_host, "mgmt1", "2001:db8:a::3")
        with inside(self.relay_host):
            connection = socket.create_connection((MANAGEMENT, 547), timeout=10, source_address=("2001:db8:a::3", 0))
        with connection:
            self.assertEqual(connection.recv(1), b"")

    # --- a real relay agent

    def test_a_client_behind_dhcrelay(self):
        program = dhcrelay_program(self.lab.directory)
        if program is None:
            self.skipTest("isc-dhcp-relay cannot be fetched")
        home = self.lab.namespace("home")
        veth(self.relay_host, "lan0", home, "eth0")
        address(self.relay_host, "lan0", "2001:db8:5::1")
        self.lab.link_ready(self.relay_host, "lan0")
        self.lab.link_ready(home, "eth0")
        self.lab.process(self.relay_host.popen(program, "-6", "-d", "-I", "--no-pid", "-l", "lan0", "-u", f"{SERVER_ADDRESS}%wan0",
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        client = self.lab.client(Dhclient(home, "eth0", self.lab.directory))
        client.start()
        wanted = wait_for("an address", client.address, 60)
        wanted = wanted.split("/")[0]
        (_, told, _), = clients_of(self.ask(BY_ADDRESS, wanted_address(wanted)))
        self.assertIn(wanted, told)
        (_, _, units), = self.bulk(BY_LINK, link="2001:db8:5::1")
        self.assertIn(wanted, units)


if __name__ == "__main__":
    unittest.main()
