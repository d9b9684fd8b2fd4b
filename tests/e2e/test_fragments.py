"""Messages and answers larger than a frame (RFC 8200 §4.5): put together, cut, and hostile pieces."""

import ipaddress
import os
import random
import struct
import time
import unittest

import lab
from lab import wait_for
from links import IPV6, VLAN, Capture, Client, Frame, RawEnd, UdpEnd, captured, link_local_of, mac_of, udp_frame

import dhcp6
from dhcp6 import Relay

MULTICAST_MAC = bytes.fromhex("333300010002")
SERVER_ADDRESS, RELAY_ADDRESS = "2001:db8:f::1", "2001:db8:f::2"
VENDOR_OPTION, FRAGMENT = 40000, 44


def big_options(size):
    """option-data of about `size` bytes that every client is sent, in options that nobody knows."""
    piece = 1000
    return [{"code": VENDOR_OPTION + i, "data": f"{i:02x}" * piece, "csv-format": False, "always-send": True}
            for i in range(size // piece)]


def fragments_of(frame, identification, *cuts, tags=0):
    """A frame of udp_frame(), cut at these offsets of its IPv6 payload."""
    at = 14 + 4 * tags
    ethernet, header, payload = frame[:at], frame[at:at + 40], frame[at + 40:]
    edges = [0, *cuts, len(payload)]
    return [piece(ethernet, header, payload, identification, *edge) for edge in zip(edges, edges[1:])]


def piece(ethernet, header, payload, identification, start, end):
    more = end < len(payload)
    extension = struct.pack("!BBHI", header[6], 0, start | more, identification)
    return (ethernet + header[:4] + struct.pack("!HB", 8 + end - start, FRAGMENT) + header[7:] + extension + payload[start:end])


class FragmentTest(lab.EndToEnd):
    def statistic(self, name):
        return self.server.statistic(f"tandem6.{name}")

    def solicit(self, size, xid):
        return dhcp6.message(dhcp6.SOLICIT, xid, dhcp6.duid(7), dhcp6.ia(dhcp6.IA_NA, 1),
                             dhcp6.option(VENDOR_OPTION, bytes(size)))

    def frame(self, end, payload, tags=()):
        return udp_frame(end.mac, MULTICAST_MAC, link_local_of(end.mac), dhcp6.ALL_SERVERS_AND_RELAYS, payload, tags)


class In(FragmentTest):
    def setUp(self):
        super().setUp()
        self.serve()
        self.end = self.lab.keep(RawEnd(self.client_host, "wan0"))

    def assert_still_serving(self):
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 9)
        client.four_way()

    def test_a_kernels_fragments_are_put_together(self):
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 1)
        for number, size in enumerate((1400, 3000, 9000)):
            answer = client.ask(dhcp6.SOLICIT, *client.ias(), dhcp6.option(VENDOR_OPTION, bytes(size)))
            self.assertEqual(answer.type, dhcp6.ADVERTISE)
            self.assertEqual(self.statistic("reassembled"), number + 1)
        self.assertGreater(self.statistic("fragments-received"), 10)
        self.assertEqual(self.statistic("drop.fragment"), 0)

    def test_raw_fragments_in_any_order_and_with_tags(self):
        for number, tags in enumerate(([], [(VLAN, 42)], [(VLAN, 100), (VLAN, 42)])):
            xid = 0x600 + number
            pieces = fragments_of(self.frame(self.end, self.solicit(2000, xid), tags), 77 + number, 800, 1600, tags=len(tags))
            random.Random(number).shuffle(pieces)
            for data in pieces[:-1]:
                self.end.send(data)
            answer = self.end.answer(pieces[-1], xid, patience=5, again=5)
            self.assertIsNotNone(answer, f"no answer to fragments with tags {tags}")
            self.assertEqual(answer.tags, tags)

    def test_two_vlans_do_not_share_a_datagram(self):
        first = fragments_of(self.frame(self.end, self.solicit(1200, 0x700), [(VLAN, 1)]), 5, 800, tags=1)[0]
        second = fragments_of(self.frame(self.end, self.solicit(1200, 0x700), [(VLAN, 2)]), 5, 800, tags=1)[1]
        self.end.send(first)
        self.assertIsNone(self.end.answer(second, 0x700, patience=0.5))
        self.assertEqual(self.statistic("reassembled"), 0)
        wait_for("them to be given up", lambda: self.statistic("drop.fragment") == 2)

    def test_overlapping_fragments_are_discarded(self):
        frame = self.frame(self.end, self.solicit(1200, 0x800))
        ethernet, header, payload = frame[:14], frame[14:54], frame[54:]
        for start, end in ((0, 800), (792, 1000), (800, len(payload))):
            self.end.send(piece(ethernet, header, payload, 6, start, end))
        wait_for("them to be dropped", lambda: self.statistic("drop.fragment") == 3)
        self.assertEqual(self.statistic("reassembled"), 0)
        self.assert_still_serving()

    def test_a_flood_of_fragments_costs_counters_only(self):
        frame = self.frame(self.end, self.solicit(1200, 0x900))
        dice = random.Random(1)
        for number in range(20000):
            start = dice.randrange(0, 1 << 12) * 8
            data = bytearray(piece(frame[:14], frame[14:54], frame[54:], number, 0, 1232))
            struct.pack_into("!H", data, 56, start | dice.randrange(2))
            self.end.send(bytes(data))
        wait_for("most to be dropped", lambda: self.statistic("drop.fragment") > 10000)
        self.assert_still_serving()
        self.assertIsNone(self.server.process.poll())
        time.sleep(2.5)  # the table is free again
        pieces = fragments_of(self.frame(self.end, self.solicit(1200, 0x901)), 1 << 20, 800)
        self.end.send(pieces[0])
        self.assertIsNotNone(self.end.answer(pieces[1], 0x901, patience=5, again=5))


class Out(FragmentTest):
    @staticmethod
    def large(size):
        return lab.config(dhcp6={"option-data": big_options(size)})

    def serve_large(self, size):
        self.serve(self.large(size))
        return Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 1)

    def assert_has_all(self, message, size):
        for i in range(size // 1000):
            self.assertEqual(message.first(VENDOR_OPTION + i), bytes([i]) * 1000)

    def test_a_kernels_stack_receives_a_large_answer_whole(self):
        client = self.serve_large(1000)
        for size in (1000, 2000, 12000):
            self.server.stop()
            self.server.configure(self.large(size))
            self.server.start()
            reply = client.four_way()
            self.assert_has_all(reply, size)
            self.assertEqual(len(reply.leases()), 2)
            self.assertEqual(self.statistic("fragments-sent") > 0, size > 1000)

    def test_an_answer_of_more_than_sixteen_kibibytes_is_counted_as_too_big(self):
        client = self.serve_large(17000)
        client.end.send(dhcp6.message(dhcp6.SOLICIT, 1, client.duid, *client.ias()))
        wait_for("it to be counted", lambda: self.statistic("drop.reply-too-big") == 1)
        self.assertEqual(self.statistic("fragments-sent"), 0)

    def test_the_ports_mtu_is_respected_when_it_changes(self):
        client = self.serve_large(3000)
        capture = Capture(self.client_host, "wan0", os.path.join(self.lab.directory, "mtu.pcap"))
        raw = self.lab.keep(RawEnd(self.client_host, "wan0"))
        for mtu in (1500, 1280):
            self.server_host.run("ip", "link", "set", "client0", "mtu", str(mtu))
            wait_for(f"fragments of {mtu}", lambda wanted=mtu: self.largest(raw, client) == (wanted - 48) // 8 * 8 + 48)
        capture.stop()
        self.assertEqual(lab.run("tshark", "-n", "-r", capture.path, "-Y", "ipv6.fragment.error || _ws.malformed"), "")

    def largest(self, raw, client):
        """The largest IPv6 packet among the fragments of an answer."""
        while raw.receive(0):
            pass
        self.assert_has_all(client.ask(dhcp6.SOLICIT, *client.ias()), 3000)
        sizes = []
        while got := raw.receive(0.05):
            if not got[1] and got[0][12:14] == IPV6.to_bytes(2, "big") and got[0][20] == FRAGMENT:
                sizes.append(len(got[0]) - 14)
        return max(sizes, default=0)

    def test_every_fragment_of_an_answer_carries_the_requests_tags(self):
        self.serve_large(3000)
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        for tags in ([(VLAN, 42)], [(VLAN, 100), (VLAN, 42)]):
            end.send(self.frame(end, self.solicit(10, 0xa00), tags))
            pieces = wait_for("three fragments", lambda: self.tagged_fragments(end), patience=5)
            identifications = set()
            for found, data in pieces:
                self.assertEqual(found, tags)
                self.assertEqual(data[:6], end.mac)
                at = 14 + 4 * len(tags)
                identifications.add(data[at + 44:at + 48])
                self.assertLessEqual(len(data) - at, 1500)
            self.assertEqual(len(identifications), 1)

    @staticmethod
    def tagged_fragments(end):
        found = []
        while len(found) < 3 and (got := end.receive(2)):
            data, outgoing = got
            tags, at = [], 12
            while (kind := int.from_bytes(data[at:at + 2], "big")) == VLAN:
                tags.append((kind, int.from_bytes(data[at + 2:at + 4], "big") & 0xfff))
                at += 4
            if not outgoing and kind == IPV6 and data[at + 8] == FRAGMENT:
                found.append((tags, data))
        return found if len(found) == 3 else None


class Relayed(FragmentTest):
    def exchange(self, cores):
        self.server_host, self.client_host = self.lab.wire()
        for space, interface, address in ((self.server_host, "client0", SERVER_ADDRESS), (self.client_host, "wan0", RELAY_ADDRESS)):
            space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        subnet = {"id": 5, "subnet": "2001:db8:5::/48", "pools": [{"pool": "2001:db8:5:1::/64"}]}
        self.server = self.lab.server(self.server_host, lab.config(subnet, dataplane={"cores": cores})).start()
        relay = self.lab.keep(UdpEnd(self.client_host, "wan0", dhcp6.SERVER_PORT))
        for number in range(1, 41):
            # Two relays whose Interface-Ids, which come back, make both ways larger than a frame.
            layers = [Relay(1, "::", "2001:db8:5::1", bytes([number]) * 900), Relay(0, "2001:db8:5::1", "fe80::1", bytes(range(256)) * 4)]
            data = dhcp6.message(dhcp6.SOLICIT, number, dhcp6.duid(number), dhcp6.ia(dhcp6.IA_NA, 1))
            for layer in reversed(layers):
                data = layer.wrap(data)
            self.assertGreater(len(data), 1500)
            answer, _ = relay.exchange(data, lambda got, xid=number: dhcp6.unwrap(got)[1].xid == xid, SERVER_ADDRESS)
            replied, message = dhcp6.unwrap(answer)
            self.assertGreater(len(answer), 1500)
            self.assertEqual(replied, layers)
            self.assertEqual(message.type, dhcp6.ADVERTISE)
        self.assertGreaterEqual(self.statistic("reassembled"), 40)

    def test_a_relayed_message_of_more_than_a_frame(self):
        self.exchange(sorted(os.sched_getaffinity(0))[:1])

    def test_with_two_workers_too(self):
        cores = sorted(os.sched_getaffinity(0))[:2]
        if len(cores) < 2:
            self.skipTest("needs two cores")
        self.exchange(cores)
        self.assertGreater(self.statistic("handed-over"), 0)


if __name__ == "__main__":
    unittest.main()
