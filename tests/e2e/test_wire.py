"""What is on the wire: nothing malformed, checksums, addresses, VLANs, and a kernel that keeps quiet."""

import os
import socket
import unittest

import lab
from lab import wait_for
from links import QINQ, VLAN, Capture, Client, RawEnd, UdpEnd, captured, inside, link_local_of, mac_of, udp_frame
from netlab.clients import Dhclient, Dhcpcd
from netlab.namespaces import second_interface

import dhcp6

SERVER_ADDRESS = "2001:db8:f::1"
# What tshark calls malformed, or warns of.
WRONG = "_ws.malformed || _ws.expert.severity >= warning"
MULTICAST_MAC = bytes.fromhex("333300010002")


def tshark(capture, wanted, *fields):
    """The packets of a capture that fit a display filter: a line each, of tab separated fields."""
    shown = [part for field in fields or ("frame.number",) for part in ("-e", field)]
    return lab.run("tshark", "-n", "-r", capture, "-o", "udp.check_checksum:TRUE", "-Y", wanted, "-T", "fields", *shown,
                   timeout=120).splitlines()


class WireTest(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.serve()
        self.server_mac = mac_of(self.server_host, "client0")
        self.server_link_local = link_local_of(self.server_mac)

    def capture(self):
        self.captures = getattr(self, "captures", 0) + 1
        return Capture(self.client_host, "wan0", os.path.join(self.lab.directory, f"{self.captures}.pcap"))

    def dropped(self, reason):
        return self.server.statistic(f"tandem6.drop.{reason}")


class Captured(WireTest):
    def test_tshark_finds_nothing_wrong_with_what_the_server_sends(self):
        capture = self.capture()
        lab.Perfdhcp(self.client_host, "wan0", "-r", "500", "-R", "2000", "-n", "1000", "-e",
                     "address-and-prefix").assert_perfect(self, 1000)
        lab.Perfdhcp(self.client_host, "wan0", "-A1", "-r", "200", "-R", "100", "-n", "100", "-b", "mac=00:0c:02:00:00:00")
        second_interface(self.client_host, "wan0", "wan1")
        for kind, interface in ((Dhclient, "wan0"), (Dhcpcd, "wan1")):
            client = self.lab.client(kind(self.client_host, interface, self.lab.directory))
            client.start()
            wait_for("a client", lambda c=client: c.address() and c.prefix())
        capture.stop()
        mac = self.server_mac.hex(":")
        ours = tshark(capture.path, f"dhcpv6 && udp.srcport == 547 && eth.src == {mac}", "udp.checksum.status", "ipv6.src",
                      "udp.dstport", "ipv6.hlim")
        self.assertGreater(len(ours), 2000)
        # Checksum status 1 is "good". Asked by multicast, we answer from the link-local address (RFC 8415 §18.3.10).
        self.assertEqual(set(ours), {f"1\t{self.server_link_local}\t{port}\t64" for port in (546, 547)})
        wrong = tshark(capture.path, f"eth.src == {mac} && ({WRONG})", "frame.number",
                       "_ws.expert.message")
        self.assertEqual(wrong, [])
        # tshark says nothing when the last option does not fit; our reader is stricter.
        answers = [frame for frame in captured(capture.path) if frame.source_mac == self.server_mac and frame.source_port == 547]
        self.assertEqual(len(answers), len(ours))
        for answer in answers:
            dhcp6.unwrap(answer.payload)[1].leases()

    def test_tshark_would_see_a_malformed_message_and_a_wrong_checksum(self):
        """So that the test above can fail."""
        capture = self.capture()
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        solicit = dhcp6.message(dhcp6.SOLICIT, 1, dhcp6.duid(1), dhcp6.ia(dhcp6.IA_NA, 1))
        short = dhcp6.message(dhcp6.SOLICIT, 1, dhcp6.duid(1), dhcp6.option(dhcp6.IA_NA, bytes(5)))
        for payload, spoil in ((solicit, lambda right: right ^ 0x5555), (short, None)):
            end.send(udp_frame(end.mac, MULTICAST_MAC, "fe80::1", dhcp6.ALL_SERVERS_AND_RELAYS, payload, spoil=spoil))
        wait_for("them to be dropped", lambda: self.dropped("bad-checksum"))
        capture.stop()
        self.assertEqual(len(tshark(capture.path, "dhcpv6 && udp.checksum.status == 0")), 1)
        self.assertEqual(len(tshark(capture.path, f"udp.checksum.status == 1 && ({WRONG})")), 1)


class Tagged(WireTest):
    def ask(self, tags, **how):
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        xid = 0x200 + len(tags)
        solicit = dhcp6.message(dhcp6.SOLICIT, xid, dhcp6.duid(2), dhcp6.ia(dhcp6.IA_NA, 1))
        frame = udp_frame(end.mac, MULTICAST_MAC, link_local_of(end.mac), dhcp6.ALL_SERVERS_AND_RELAYS, solicit, tags, **how)
        answer = end.answer(frame, xid)
        self.assertIsNotNone(answer, f"no answer to a frame with tags {tags}")
        self.assertEqual(answer.payload[0], dhcp6.ADVERTISE)
        self.assertEqual((answer.source_mac, answer.destination_mac), (self.server_mac, end.mac))
        self.assertEqual(answer.source, self.server_link_local)
        return answer

    def test_untagged(self):
        self.assertEqual(self.ask([]).tags, [])

    def test_a_vlan_tag_comes_back(self):
        self.assertEqual(self.ask([(VLAN, 42)]).tags, [(VLAN, 42)])

    def test_qinq_tags_come_back(self):
        # DPDK's net_af_packet does not say which ethertype the outer tag had that the kernel took out.
        (_, outer), inner = self.ask([(QINQ, 100), (VLAN, 42)]).tags
        self.assertEqual((outer, inner), (100, (VLAN, 42)))

    def test_two_802_1q_tags_come_back(self):
        self.assertEqual(self.ask([(VLAN, 100), (VLAN, 42)]).tags, [(VLAN, 100), (VLAN, 42)])

    def test_another_source_port_is_answered_to_the_client_port(self):
        self.assertEqual(self.ask([], source_port=40000).destination_port, dhcp6.CLIENT_PORT)


class Refused(WireTest):
    def setUp(self):
        super().setUp()
        self.end = self.lab.keep(RawEnd(self.client_host, "wan0"))

    def send(self, payload, **how):
        self.end.send(udp_frame(self.end.mac, MULTICAST_MAC, link_local_of(self.end.mac), dhcp6.ALL_SERVERS_AND_RELAYS, payload, **how))

    def solicit(self):
        return dhcp6.message(dhcp6.SOLICIT, 0x333, dhcp6.duid(3), dhcp6.ia(dhcp6.IA_NA, 1))

    def assert_silence(self):
        """Whatever was sent before has been read when this SOLICIT is answered; nothing else was."""
        before = self.server.statistic("pkt6-sent")
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 4)
        client.ask(dhcp6.SOLICIT, *client.ias())
        solicits = self.server.statistic("pkt6-solicit-received")
        self.assertEqual(self.server.statistic("pkt6-sent"), before + solicits)

    def test_wrong_and_missing_checksums_are_dropped_and_counted(self):
        for count, spoil in enumerate((lambda right: right ^ 0x0101, lambda right: 0), start=1):
            self.send(self.solicit(), spoil=spoil)
            wait_for("it to be counted", lambda n=count: self.dropped("bad-checksum") == n)
        self.assert_silence()

    def test_what_is_not_dhcp_is_left_to_the_kernel(self):
        before = self.dropped("not-dhcp")
        self.send(self.solicit(), destination_port=9999)
        self.end.send(MULTICAST_MAC + self.end.mac + b"\x88\xb5" + bytes(60))
        wait_for("them to be counted", lambda: self.dropped("not-dhcp") >= before + 2)
        self.assert_silence()

    def test_malformed_messages_are_counted_and_do_no_harm(self):
        before = self.dropped("malformed")
        good = self.solicit()
        for size in range(len(good)):
            self.send(good[:size])
        wait_for("most to be counted", lambda: self.dropped("malformed") > before + 10)
        self.assertIsNone(self.server.process.poll())
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 5)
        client.four_way()

    def test_the_host_hears_the_dhcpv6_groups(self):
        groups = self.server_host.run("ip", "-6", "maddr", "show", "dev", "client0")
        for group in (dhcp6.ALL_SERVERS_AND_RELAYS, dhcp6.ALL_SERVERS):
            self.assertIn(group, groups)


class Kernel(WireTest):
    def test_the_kernel_does_not_answer_unicast_with_port_unreachable(self):
        for host, interface, address in ((self.server_host, "client0", SERVER_ADDRESS), (self.client_host, "wan0", "2001:db8:f::2")):
            host.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        wait_for("the server to know its new address", lambda: self.asked_by_unicast() == SERVER_ADDRESS)
        capture = self.capture()
        self.assertEqual(self.asked_by_unicast(), SERVER_ADDRESS)
        capture.stop()
        self.assertEqual(len(tshark(capture.path, "dhcpv6.msgtype == 7")), 1)
        self.assertEqual(tshark(capture.path, "icmpv6.type == 1"), [])
        # Without a server the kernel does answer so: the test above can fail.
        self.server.stop()
        capture = self.capture()
        with inside(self.client_host):
            probe = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with probe:
            probe.sendto(b"?", (SERVER_ADDRESS, dhcp6.SERVER_PORT))
        capture.stop()
        self.assertEqual(len(tshark(capture.path, "icmpv6.type == 1 && icmpv6.code == 4")), 1)

    def asked_by_unicast(self):
        """Where the answer to an INFORMATION-REQUEST to the server's address comes from."""
        end = UdpEnd(self.client_host, "wan0")
        try:
            end.send(dhcp6.message(dhcp6.INFORMATION_REQUEST, 0x555, dhcp6.duid(6)), SERVER_ADDRESS)
            got = end.receive(2)
            return got and got[1][0]
        finally:
            end.close()


if __name__ == "__main__":
    unittest.main()
