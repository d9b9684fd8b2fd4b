"""Ports that the kernel does not own: its stack is on their links by a TAP device (architecture.md §7)."""

import ipaddress
import os
import re
import select
import socket
import struct
import time
import unittest

import lab
from lab import wait_for
from links import Client, RawEnd, UdpEnd, checksum, inside, link_local_of
from netlab.clients import Dhclient
from netlab.namespaces import veth

import dhcp6

TAP = "t6-client0"
CLIENT_MAC = "02:00:5e:00:00:07"


def ping(space, interface, address, count=1, size=56):
    """How many of `count` ICMPv6 echo requests the address answers."""
    with inside(space):
        echo = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        index = socket.if_nametoindex(interface)
    with echo:
        answered = 0
        for number in range(count):
            body = struct.pack("!HH", os.getpid() & 0xffff, number) + bytes(size)
            echo.sendto(b"\x80\0\0\0" + body, (address, 0, 0, index))
            deadline = time.monotonic() + 2
            while (left := deadline - time.monotonic()) > 0 and select.select([echo], [], [], left)[0]:
                data, sender = echo.recvfrom(65536)
                if data[0] == 129 and data[4:] == body and sender[0].split("%")[0] == address:
                    answered += 1
                    break
        return answered


def on_device(device, **dataplane):
    return lab.config(dataplane={"ports": [{"name": "client0", "device": device}], **dataplane})


class ExceptionPathTest(lab.EndToEnd):
    def status(self):
        return self.server.command("status-get")["arguments"]["tandem6"]["ports"][0]

    def link_local(self):
        return link_local_of(bytes.fromhex(self.status()["mac"].replace(":", "")))

    def statistic(self, name):
        return self.server.statistic(f"tandem6.{name}")

    def neighbour(self, address):
        return self.client_host.run("ip", "-6", "neigh", "show", address, "dev", "wan0")

    def assert_is_a_host(self, server_side):
        """Neighbour discovery and ping to the server's link-local address, which is made from the port's MAC address."""
        address, mac = self.link_local(), self.status()["mac"]
        wait_for("a ping to be answered", lambda: ping(self.client_host, "wan0", address) == 1)
        self.assertIn(f"lladdr {mac}", self.neighbour(address))
        self.assertEqual(ping(self.client_host, "wan0", address, count=10), 10)
        # A large one goes in fragments that are not DHCPv6.
        self.assertEqual(ping(self.client_host, "wan0", address, count=3, size=4000), 3)
        # And the other way: the kernel's own packets leave by the port.
        peer = link_local_of(bytes.fromhex(CLIENT_MAC.replace(":", "")))
        self.assertEqual(ping(self.server_host, server_side, peer, count=3), 3)
        self.assertGreater(self.statistic("to-kernel"), 10)
        self.assertGreater(self.statistic("from-kernel"), 10)

    def assert_dhclient_gets_its_lease(self):
        client = self.lab.client(Dhclient(self.client_host, "wan0", self.lab.directory))
        client.start()
        wait_for("dhclient to get both", lambda: client.address() and client.prefix())
        self.assert_in_prefix(client.address(), "2001:db8:1:1::/64")


class NetTap(ExceptionPathTest):
    """DPDK's net_tap as the NIC: its kernel side is moved to the clients' host, and is the cable."""

    def setUp(self):
        super().setUp()
        self.server_host, self.client_host = self.lab.namespace("server"), self.lab.namespace("clients")
        self.server = self.lab.server(self.server_host, on_device("net_tap0,iface=wan0")).start()

    def plug_in(self):
        self.server_host.run("ip", "link", "set", "wan0", "netns", self.client_host.name)
        # The driver's MAC address is that of its kernel side: the client needs one of its own.
        self.client_host.run("ip", "link", "set", "wan0", "down")
        self.client_host.run("ip", "link", "set", "wan0", "address", CLIENT_MAC)
        self.client_host.run("ip", "link", "set", "wan0", "up")
        self.lab.link_ready(self.client_host, "wan0")
        self.lab.link_ready(self.server_host, TAP)

    def test_the_kernel_is_the_host_on_the_link(self):
        self.plug_in()
        self.assertEqual(self.status()["kernel-side"], TAP)
        self.assert_is_a_host(TAP)
        self.assert_dhclient_gets_its_lease()
        groups = self.server_host.run("ip", "-6", "maddr", "show", "dev", TAP)
        for group in (dhcp6.ALL_SERVERS_AND_RELAYS, dhcp6.ALL_SERVERS):
            self.assertIn(group, groups)

    def test_mld_reports_of_the_groups_reach_the_link(self):
        self.plug_in()
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        for group in (dhcp6.ALL_SERVERS_AND_RELAYS, dhcp6.ALL_SERVERS):
            wait_for(f"a report of {group}", lambda wanted=group: self.reported(end, ipaddress.IPv6Address(wanted).packed))

    @staticmethod
    def reported(end, group):
        """A querier asks; the host answers with its groups (RFC 3810)."""
        end.send(mld_query(end.mac))
        reports = []
        while got := end.receive(0.5):
            data, outgoing = got
            if not outgoing and data[12:14] == b"\x86\xdd" and data[62:63] == b"\x8f":  # ICMPv6 type 143, behind Hop-by-Hop
                reports.append(data)
        return any(group in data for data in reports)

    def test_the_operators_addresses_are_answered_from(self):
        self.plug_in()
        self.server_host.run("ip", "-6", "addr", "add", "2001:db8:f::1/64", "dev", TAP)
        self.client_host.run("ip", "-6", "addr", "add", "2001:db8:f::2/64", "dev", "wan0", "nodad")
        end = self.lab.keep(UdpEnd(self.client_host, "wan0"))
        answer, sender = end.exchange(dhcp6.message(dhcp6.INFORMATION_REQUEST, 0x55, dhcp6.duid(1)),
                                      lambda got: got[1:4] == b"\0\0\x55", "2001:db8:f::1")
        self.assertEqual((answer[0], sender[0]), (dhcp6.REPLY, "2001:db8:f::1"))

    def test_the_device_is_gone_after_the_server_and_a_second_start_works(self):
        self.assertIn(TAP, self.server_host.run("ip", "link"))
        self.assertEqual(self.server.stop(), 0)
        self.assertNotIn(TAP, self.server_host.run("ip", "link"))
        self.server.start()
        self.plug_in()
        self.assert_dhclient_gets_its_lease()

    def test_a_flood_for_the_kernel_is_bounded_and_does_not_stop_dhcp(self):
        self.plug_in()
        end = self.lab.keep(RawEnd(self.client_host, "wan0"))
        for _ in range(60000):
            end.send(b"\xff" * 6 + end.mac + b"\x88\xb5" + bytes(60))
        wait_for("some to be refused", lambda: self.statistic("drop.kernel-busy"))
        Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 3).four_way()


def mld_query(mac):
    """A general query of MLDv2 (RFC 3810 §5.1) with a response delay of 100 ms."""
    source, destination = (ipaddress.IPv6Address(text).packed for text in (link_local_of(mac), "ff02::1"))
    body = struct.pack("!BBHHH16sBBH", 130, 0, 0, 100, 0, bytes(16), 2, 125, 0)
    total = checksum(source + destination + struct.pack("!II", len(body), 58) + body)
    body = body[:2] + struct.pack("!H", total) + body[4:]
    router_alert = bytes([58, 0, 5, 2, 0, 0, 1, 0])
    header = struct.pack("!IHBB", 6 << 28, len(router_alert) + len(body), 0, 1) + source + destination
    return bytes.fromhex("333300000001") + mac + b"\x86\xdd" + header + router_alert + body


class AfXdp(ExceptionPathTest):
    """AF_XDP takes an interface's packets before the kernel sees them: the kernel needs the TAP device there too."""

    def setUp(self):
        super().setUp()
        self.server_host, self.client_host = self.lab.namespace("server"), self.lab.namespace("clients")
        veth(self.server_host, "xdp0", self.client_host, "wan0")
        self.client_host.run("ip", "link", "set", "wan0", "down")
        self.client_host.run("ip", "link", "set", "wan0", "address", CLIENT_MAC)
        self.client_host.run("ip", "link", "set", "wan0", "up")
        self.lab.link_ready(self.client_host, "wan0")
        # The kernel's own stack stays off this interface: the TAP device is the host.
        self.server_host.run("sysctl", "-qw", "net.ipv6.conf.xdp0.disable_ipv6=1")
        self.server = self.lab.server(self.server_host, on_device("net_af_xdp0,iface=xdp0"))
        try:
            self.server.start()
        except RuntimeError as error:
            if re.search(r"AF_XDP|Operation not supported|Protocol not supported", str(error)) and not has_af_xdp():
                self.skipTest("this kernel has no AF_XDP (CONFIG_XDP_SOCKETS)")
            raise

    def test_dhclient_ping_and_link_state(self):
        self.lab.link_ready(self.server_host, TAP)
        self.assertEqual(self.status()["driver"], "net_af_xdp")
        self.assert_dhclient_gets_its_lease()
        self.assert_is_a_host(TAP)
        self.client_host.run("ip", "link", "set", "wan0", "down")
        wait_for("the link to be down", lambda: not self.status()["link-up"])
        wait_for("the kernel to know", lambda: "NO-CARRIER" in self.server_host.run("ip", "link", "show", TAP))
        self.client_host.run("ip", "link", "set", "wan0", "up")
        wait_for("the link to be up", lambda: self.status()["link-up"])
        wait_for("the kernel to know", lambda: "NO-CARRIER" not in self.server_host.run("ip", "link", "show", TAP))


def has_af_xdp():
    try:
        socket.socket(44, socket.SOCK_RAW).close()
        return True
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
