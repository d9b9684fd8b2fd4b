"""Reconfigure (RFC 8415 §18.3.11, §20.4; RFC 6644): clients are told to come back, and believe it by their key."""

import contextlib
import hashlib
import hmac
import os
import subprocess
import time
import unittest

import lab
from lab import TANDEM6CTL, wait_for
from links import VLAN, Client, Frame, RawEnd, UdpEnd, link_local_of, udp_frame
from netlab.clients import Dhcpcd
from netlab.namespaces import veth
from netlab.packages import program

import dhcp6
from failover_pair import PairTest, server_id, tandem6_config

AUTHENTICATION, RECONFIGURE_MESSAGE, RECONFIGURE_ACCEPT = 11, 19, 20
RECONFIGURE = 10
MULTICAST_MAC = bytes.fromhex("333300010002")
ACCEPT = dhcp6.option(RECONFIGURE_ACCEPT)
ORO_DNS = dhcp6.option(dhcp6.ORO, dhcp6.DNS_SERVERS.to_bytes(2, "big"))
SERVER_ADDRESS, RELAY_ADDRESS, LINK_ADDRESS = "2001:db8:f::1", "2001:db8:f::2", "2001:db8:5::1"
RELAYED_SUBNET = {"id": 5, "subnet": "2001:db8:5::/48", "pools": [{"pool": "2001:db8:5:1::/64"}]}


def config(*subnets, reconfigure=True, **more):
    made = lab.config(*subnets, **more)
    made["tandem6"]["reconfigure"] = reconfigure
    return made


class Reconfigurable(Client):
    """A client that accepts Reconfigure and judges what comes by the key that it was given (RFC 8415 §20.4.3)."""

    key = None
    replay = -1

    def four_way(self, prefix=False):
        advertise = self.ask(dhcp6.SOLICIT, *self.ias(prefix), ACCEPT)
        assert advertise.first(RECONFIGURE_ACCEPT) is not None
        self.server = advertise.first(dhcp6.SERVER_ID)
        reply = self.ask(dhcp6.REQUEST, *self.ias(prefix, advertise.leases()), ACCEPT, server=self.server)
        self.leases = reply.leases()
        told = reply.first(AUTHENTICATION)
        # Protocol 3, algorithm 1, RDM 0; then the replay value, type 1 and the key.
        assert told[:3] == b"\3\1\0" and told[11] == 1 and len(told) == 28, told
        self.key, self.replay = told[12:], int.from_bytes(told[3:11], "big")
        return reply

    def called(self, patience=10, expect=True):
        """What the next Reconfigure message tells it to send. It is to be ours, in order, and signed."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            got = self.end.receive(left)
            if got and got[0][0] == RECONFIGURE:
                return self.judged(got[0])
        assert not expect, f"no Reconfigure in {patience} s"
        return None

    def judged(self, data):
        message = dhcp6.Message.parse(data)
        assert [code for code, _ in message.options] == [dhcp6.SERVER_ID, dhcp6.CLIENT_ID, RECONFIGURE_MESSAGE, AUTHENTICATION]
        assert message.xid == 0 and message.first(dhcp6.SERVER_ID) == self.server
        assert message.first(dhcp6.CLIENT_ID) == self.duid
        proof = message.first(AUTHENTICATION)
        assert proof[:3] == b"\3\1\0" and proof[11] == 2 and data.endswith(proof), proof
        replay = int.from_bytes(proof[3:11], "big")
        assert replay > self.replay, (replay, self.replay)
        self.replay = replay
        right = hmac.new(self.key, data[:-16] + bytes(16), hashlib.md5).digest()
        assert data[-16:] == right, "the Reconfigure is not signed with this client's key"
        return message.first(RECONFIGURE_MESSAGE)[0]


class Direct(lab.EndToEnd):
    def client(self, number=1, space=None):
        self.ends = getattr(self, "ends", None) or self.lab.keep(UdpEnd(space or self.client_host, "wan0"))
        return Reconfigurable(self.ends, number, b"rcf")

    def ctl(self, *arguments):
        return subprocess.run([TANDEM6CTL, "--socket", self.server.socket, *arguments], capture_output=True, text=True, check=False)

    def status(self):
        return self.server.command("reconfigure-status")["arguments"]

    def test_a_client_is_told_to_renew_rebind_or_ask_and_when_it_has_it_is_left_alone(self):
        self.serve(config())
        client = self.client()
        client.four_way()
        for name, kind in (("renew", dhcp6.RENEW), ("rebind", dhcp6.REBIND), ("information-request", dhcp6.INFORMATION_REQUEST)):
            done = self.ctl("reconfigure", "--duid", dhcp6.text_of(client.duid), "--message", name)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(client.called(), kind)
            answered = self.status()["answered"]
            if kind == dhcp6.INFORMATION_REQUEST:
                client.ask(kind)
            else:
                client.ask(kind, *client.ias(False, client.leases), server=client.server if kind == dhcp6.RENEW else None)
            wait_for("it to be noticed", lambda a=answered: self.status()["answered"] == a + 1)
        status = self.status()
        self.assertEqual((status["called"], status["gave-up"], status["under-way"]), (3, 0, 0), status)
        self.assertEqual(self.server.statistic("pkt6-reconfigure-sent"), 3)
        self.assertIsNone(client.called(3, expect=False))

    def test_who_does_not_answer_is_told_again_with_a_newer_message(self):
        self.serve(config())
        client = self.client()
        client.four_way()
        self.assertEqual(self.server.command("reconfigure", {"all": True})["result"], 0)
        client.called()
        begun = time.monotonic()
        client.called()
        self.assertGreater(time.monotonic() - begun, 1.5)
        client.called()
        self.assertGreater(time.monotonic() - begun, 5)
        self.assertEqual(self.ctl("reconfigure", "cancel").returncode, 0)
        self.assertEqual(self.status()["under-way"], 0)

    def test_the_key_and_the_way_outlive_a_crash(self):
        self.serve(config())
        client = self.client()
        client.four_way()
        self.server.kill()
        self.server.start()
        self.assertEqual(self.server.command("reconfigure", {"subnet-id": 1})["result"], 0)
        self.assertEqual(client.called(), dhcp6.RENEW)

    def test_who_does_not_accept_is_not_called_and_the_operator_hears_why(self):
        self.serve(config())
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 2)
        client.four_way()
        refused = self.ctl("reconfigure", "--duid", dhcp6.text_of(client.duid))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("has not said that it accepts Reconfigure", refused.stderr)
        self.assertEqual(self.ctl("reconfigure").returncode, 2)
        self.assertEqual(self.server.command("reconfigure", {"all": True})["result"], 0)
        wait_for("all to be looked at", lambda: self.status()["calls-waiting"] == 0)
        self.assertEqual(self.status()["called"], 0)

    def test_a_reload_that_changes_options_calls_the_clients_of_that_subnet(self):
        self.serve(config(reconfigure={"on-reload": True}))
        client = self.client()
        client.four_way()
        # What takes nothing calls nobody.
        self.assertEqual(self.server.command("config-reload")["result"], 0)
        self.assertIsNone(client.called(1, expect=False))
        dns = {"option-data": [{"name": "dns-servers", "data": "2001:db8::53"}]}
        self.server.configure(config(lab.subnet(**dns), reconfigure={"on-reload": True}))
        self.assertEqual(self.server.command("config-reload")["result"], 0)
        self.assertEqual(client.called(), dhcp6.RENEW)
        reply = client.ask(dhcp6.RENEW, *client.ias(False, client.leases), ORO_DNS, server=client.server)
        self.assertEqual(reply.dns_servers(), ["2001:db8::53"])

    def test_dhcpcd_comes_back_when_it_is_called(self):
        """A client that nobody of us wrote checks the key."""
        self.serve(config())
        client = self.lab.client(Dhcpcd(self.client_host, "wan0", self.lab.directory, "option dhcp6_reconfigure_accept"))
        client.start()
        wait_for("dhcpcd to get both", lambda: client.address() and client.prefix())
        renewed = self.server.statistic("pkt6-renew-received")
        self.assertEqual(self.server.command("reconfigure", {"all": True})["result"], 0)
        wait_for("it to be noticed", lambda: self.status()["answered"] == 1)
        self.assertEqual(self.server.statistic("pkt6-renew-received"), renewed + 1)
        self.assertEqual(self.server.statistic("pkt6-reconfigure-sent"), 1)

    def test_a_vlan_client_is_called_in_its_vlan_at_the_address_that_it_spoke_from(self):
        self.serve(config())
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        source, tags = link_local_of(end.mac), [(VLAN, 42)]

        class Tagged(Reconfigurable):
            """Its frames have a tag."""

            def ask(self, kind, *parts, server=None, to=dhcp6.ALL_SERVERS_AND_RELAYS):
                self.xid += 1
                data = dhcp6.message(kind, self.xid, self.duid, *parts, server=server)
                answer = end.answer(udp_frame(end.mac, MULTICAST_MAC, source, to, data, tags), self.xid)
                return dhcp6.Message.parse(answer.payload)

        client = Tagged(end, 7, b"vln")
        client.four_way()
        self.assertEqual(self.server.command("reconfigure", {"all": True})["result"], 0)

        def reconfigured():
            got = end.receive(1)
            if got is None or got[1]:
                return None
            with contextlib.suppress(ValueError):
                frame = Frame(got[0])
                return frame if frame.payload[:1] == bytes([RECONFIGURE]) else None
            return None

        frame = wait_for("the Reconfigure", reconfigured)
        self.assertEqual((frame.tags, frame.destination_mac, frame.destination), (tags, end.mac, source))
        self.assertEqual((frame.source_port, frame.destination_port), (dhcp6.SERVER_PORT, dhcp6.CLIENT_PORT))
        self.assertEqual(client.judged(frame.payload), dhcp6.RENEW)


class Relayed(lab.EndToEnd):
    def build(self):
        server_host, relay_host, self.client_host = (self.lab.namespace(role) for role in ("server", "relay", "clients"))
        veth(server_host, "client0", relay_host, "up0")
        veth(relay_host, "down0", self.client_host, "wan0")
        for space, interface in ((server_host, "client0"), (relay_host, "up0"), (relay_host, "down0"), (self.client_host, "wan0")):
            self.lab.link_ready(space, interface)
        for space, interface, address in ((server_host, "client0", SERVER_ADDRESS), (relay_host, "up0", RELAY_ADDRESS),
                                          (relay_host, "down0", LINK_ADDRESS)):
            space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        self.relay_host = relay_host
        self.server = self.lab.server(server_host, config(lab.subnet(), RELAYED_SUBNET)).start()

    def test_through_a_real_relay_agent(self):
        self.build()
        found = program("isc-dhcp-relay", "usr/sbin/dhcrelay", self.lab.directory)
        if found is None:
            self.skipTest("isc-dhcp-relay cannot be fetched")
        with open(os.path.join(self.lab.directory, "relay.log"), "wb") as log:
            self.lab.process(self.relay_host.popen(found, "-6", "-d", "-I", "--no-pid", "-l", "down0", "-u",
                                                   f"{SERVER_ADDRESS}%up0", stdout=log, stderr=log))
        client = Reconfigurable(self.lab.keep(UdpEnd(self.client_host, "wan0")), 3, b"rly")
        client.four_way()
        self.assert_in_prefix(client.leases[0].address, "2001:db8:5:1::/64")
        self.assertEqual(self.server.command("reconfigure", {"subnet-id": 5})["result"], 0)
        self.assertEqual(client.called(), dhcp6.RENEW)
        client.renew(prefix=False)
        wait_for("it to be noticed", lambda: self.server.command("reconfigure-status")["arguments"]["answered"] == 1)

    def test_through_two_relays_the_layers_are_those_of_the_clients_last_message(self):
        self.server_host, self.client_host = self.lab.wire()
        for space, interface, address in ((self.server_host, "client0", SERVER_ADDRESS), (self.client_host, "wan0", RELAY_ADDRESS)):
            space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        self.server = self.lab.server(self.server_host, config(lab.subnet(), RELAYED_SUBNET)).start()
        end = self.lab.keep(UdpEnd(self.client_host, "wan0", dhcp6.SERVER_PORT))
        layers = [dhcp6.Relay(1, "::", "2001:db8:e::1", b"outer"), dhcp6.Relay(0, LINK_ADDRESS, "fe80::1", b"eth7")]

        class Behind(Reconfigurable):
            """Its messages go through both relays."""

            def ask(self, kind, *parts, server=None, to=SERVER_ADDRESS):
                self.xid += 1
                data = dhcp6.message(kind, self.xid, self.duid, *parts, server=server)
                for layer in reversed(layers):
                    data = layer.wrap(data)
                answer, _ = end.exchange(data, lambda got: got[0] == dhcp6.RELAY_REPL and dhcp6.unwrap(got)[1].xid == self.xid, to)
                return dhcp6.unwrap(answer)[1]

        client = Behind(end, 4, b"two")
        client.four_way()
        self.assertEqual(self.server.command("reconfigure", {"duid": dhcp6.text_of(client.duid), "message": "rebind"})["result"], 0)

        def reconfigured():
            while got := end.receive(5):
                if got[0][0] == dhcp6.RELAY_REPL and dhcp6.unwrap(got[0])[1].type == RECONFIGURE:
                    return got[0]
            return None

        data = wait_for("the Reconfigure", reconfigured)
        replied, message = dhcp6.unwrap(data)
        self.assertEqual(replied, layers)
        self.assertEqual(client.judged(message.encode()), dhcp6.REBIND)


class Pair(PairTest):
    def test_the_partner_calls_the_client_that_came_to_it_with_the_key_that_it_has(self):
        """RFC 8156 §5.5.13, §7.4: the key is the pair's, and so is that the client accepts Reconfigure."""
        self.network_of("a", "b")
        for name in "ab":
            shared = tandem6_config(name)
            shared["tandem6"]["reconfigure"] = {"secret": "what both servers of the pair know"}
            self.add_server(name, shared).start()
        a, b = self.servers.values()
        self.wait_for_normal()
        client = Reconfigurable(self.end, 1, b"rcf")
        client.four_way(prefix=True)
        self.assertEqual(client.server, server_id("a"))
        wait_for("the secondary to know", lambda: len(lab.active(b.leases())) == 2)
        a.kill()
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED", b)
        # It has not been heard here: there is no way to it.
        by_duid = {"duid": dhcp6.text_of(client.duid)}
        self.assertEqual(b.command("reconfigure", by_duid)["result"], 1)
        reply = client.ask(dhcp6.REBIND, *client.ias(True, client.leases))
        client.server = reply.first(dhcp6.SERVER_ID)
        self.assertEqual(client.server, server_id("b"))
        self.assertEqual(b.command("reconfigure", by_duid)["result"], 0)
        self.assertEqual(client.called(), dhcp6.RENEW)
        client.renew()
        wait_for("it to be noticed", lambda: b.command("reconfigure-status")["arguments"]["answered"] == 1)


if __name__ == "__main__":
    unittest.main()
