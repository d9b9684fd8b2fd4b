"""Sockets inside network namespaces: a socket belongs to the namespace it was made in, whoever uses it afterwards."""

import contextlib
import ctypes
import ipaddress
import os
import select
import socket
import struct
import threading
import time

import dhcp6

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_SO_RCVBUFFORCE = 33
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
_ETH_P_ALL = 3
_TP_STATUS_VLAN_VALID, _TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
IPV6, VLAN, QINQ = 0x86dd, 0x8100, 0x88a8


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in the namespace's network meanwhile."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(f"/run/netns/{namespace.name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(home)
        os.close(there)


def mac_of(namespace, interface):
    with inside(namespace), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as probe:
        probe.bind((interface, 0))
        return probe.getsockname()[4]


def link_local_of(mac):
    """The interface's own address (RFC 4291 Appendix A)."""
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]))


class UdpEnd:
    """A UDP socket on one interface of a namespace."""

    def __init__(self, namespace, interface, port=dhcp6.CLIENT_PORT):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.index = socket.if_nametoindex(interface)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 8 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 64)
        self.socket.bind(("::", port))
        self.socket.setblocking(False)

    def send(self, data, to=dhcp6.ALL_SERVERS_AND_RELAYS, port=dhcp6.SERVER_PORT):
        self.socket.sendto(data, (to, port, 0, self.index))

    def receive(self, patience):
        """(data, sender) or None when nothing came in time."""
        if not select.select([self.socket], [], [], max(0, patience))[0]:
            return None
        return self.socket.recvfrom(65536)

    def exchange(self, data, fits, to=dhcp6.ALL_SERVERS_AND_RELAYS, patience=15, again=2):
        """Sends, repeats when nothing fitting comes, as a client does. (data, sender) or AssertionError."""
        deadline = time.monotonic() + patience
        while (now := time.monotonic()) < deadline:
            self.send(data, to)
            retry = min(deadline, now + again)
            while (left := retry - time.monotonic()) > 0:
                got = self.receive(left)
                if got and fits(got[0]):
                    return got
        raise AssertionError(f"no answer to message type {data[0]} in {patience} s")

    def close(self):
        self.socket.close()


class Client:
    """One DHCPv6 client, direct on the link."""

    def __init__(self, end, number, kind=b"one"):
        self.end, self.duid, self.iaid = end, dhcp6.duid(number, kind), number & 0xffffffff
        self.xid = (number * 7919) & 0xffffff
        self.server = None
        self.leases = []
        self.extra = b""  # options of each of its messages besides the IAs

    def ask(self, kind, *parts, server=None, to=dhcp6.ALL_SERVERS_AND_RELAYS):
        """The server's answer to a message of ours."""
        self.xid = (self.xid + 1) & 0xffffff
        wanted = self.xid.to_bytes(3, "big")
        data = dhcp6.message(kind, self.xid, self.duid, *parts, self.extra, server=server)
        answer, self.answered_from = self.end.exchange(data, lambda got: got[1:4] == wanted and self.fits(got), to)
        return dhcp6.Message.parse(answer)

    def fits(self, _message):
        """Is this answer one that it wants?"""
        return True

    def ias(self, prefix=True, leases=()):
        parts = [dhcp6.ia(dhcp6.IA_NA, self.iaid, [lease for lease in leases if lease.ia == dhcp6.IA_NA])]
        if prefix:
            parts.append(dhcp6.ia(dhcp6.IA_PD, self.iaid, [lease for lease in leases if lease.ia == dhcp6.IA_PD]))
        return parts

    def four_way(self, prefix=True):
        """SOLICIT, ADVERTISE, REQUEST, REPLY. The REPLY."""
        advertise = self.ask(dhcp6.SOLICIT, *self.ias(prefix))
        assert advertise.type == dhcp6.ADVERTISE, advertise
        self.server = advertise.first(dhcp6.SERVER_ID)
        reply = self.ask(dhcp6.REQUEST, *self.ias(prefix, advertise.leases()), server=self.server)
        assert reply.type == dhcp6.REPLY, reply
        self.leases = reply.leases()
        return reply

    def renew(self, prefix=True):
        return self.ask(dhcp6.RENEW, *self.ias(prefix, self.leases), server=self.server)

    def release(self, prefix=True):
        return self.ask(dhcp6.RELEASE, *self.ias(prefix, self.leases), server=self.server)


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_frame(source_mac, destination_mac, source, destination, payload, tags=(), source_port=dhcp6.CLIENT_PORT,
              destination_port=dhcp6.SERVER_PORT, spoil=None):
    """An Ethernet frame. `tags` are (ethertype, VLAN id), outermost first; `spoil` changes the right UDP checksum."""
    source, destination = ipaddress.IPv6Address(source).packed, ipaddress.IPv6Address(destination).packed
    size = 8 + len(payload)
    udp = struct.pack("!HHHH", source_port, destination_port, size, 0) + payload
    right = checksum(source + destination + struct.pack("!II", size, socket.IPPROTO_UDP) + udp) or 0xffff
    udp = udp[:6] + struct.pack("!H", spoil(right) if spoil else right) + udp[8:]
    ip = struct.pack("!IHBB", 6 << 28, size, socket.IPPROTO_UDP, 64) + source + destination
    vlan = b"".join(struct.pack("!HH", kind, number) for kind, number in tags)
    return destination_mac + source_mac + vlan + struct.pack("!H", IPV6) + ip + udp



class Frame:
    """A received frame, taken apart. ValueError when it is no UDP over IPv6."""

    def __init__(self, data):
        self.destination_mac, self.source_mac = data[:6], data[6:12]
        self.tags, at = [], 12
        while (kind := int.from_bytes(data[at:at + 2], "big")) in (VLAN, QINQ):
            self.tags.append((kind, int.from_bytes(data[at + 2:at + 4], "big") & 0xfff))
            at += 4
        self.ip = data[at + 2:]
        if kind != IPV6 or len(self.ip) < 48 or self.ip[6] != socket.IPPROTO_UDP:
            raise ValueError("not UDP over IPv6")
        self.hop_limit = self.ip[7]
        self.source, self.destination = (str(ipaddress.IPv6Address(self.ip[i:i + 16])) for i in (8, 24))
        self.source_port, self.destination_port, size = struct.unpack_from("!HHH", self.ip, 40)
        self.payload = self.ip[48:40 + size]


class RawEnd:
    """An AF_PACKET socket: whole frames, with the VLAN tags that the kernel takes out put back."""

    def __init__(self, namespace, interface):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 32 << 20)
        self.socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self.socket.bind((interface, _ETH_P_ALL))
        self.mac = self.socket.getsockname()[4]

    def send(self, frame):
        self.socket.send(frame)

    def receive(self, patience):
        """(frame, is it one that this host sent) or None."""
        if not select.select([self.socket], [], [], max(0, patience))[0]:
            return None
        data, ancillary, _, address = self.socket.recvmsg(65536, 64)
        for level, kind, body in ancillary:
            if level != _SOL_PACKET or kind != _PACKET_AUXDATA:
                continue
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", body)
            if status & _TP_STATUS_VLAN_VALID:
                tpid = tpid if status & _TP_STATUS_VLAN_TPID_VALID else VLAN
                data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data, address[2] == socket.PACKET_OUTGOING

    def answer(self, frame, xid, patience=15, again=2):
        """Sends the frame, repeatedly; the frame that answers transaction `xid`, or None."""
        deadline = time.monotonic() + patience
        while (now := time.monotonic()) < deadline:
            self.send(frame)
            retry = min(deadline, now + again)
            while (left := retry - time.monotonic()) > 0:
                got = self.receive(left)
                if got is None or got[1]:
                    continue
                with contextlib.suppress(ValueError):
                    found = Frame(got[0])
                    if found.source_port == dhcp6.SERVER_PORT and found.payload[1:4] == xid.to_bytes(3, "big"):
                        return found
        return None

    def close(self):
        self.socket.close()


class Capture:
    """Writes what passes an interface into a pcap file, from the moment it is made until stop()."""

    def __init__(self, namespace, interface, path):
        self.path = path
        self.end = RawEnd(namespace, interface)
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with open(self.path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 16, 1))
            # After stop() until nothing is left in the socket. An error means that the interface went away.
            while (got := self._receive()) or not self.stopping:
                if got:
                    now = time.time_ns() // 1000
                    file.write(struct.pack("<IIII", now // 1000000, now % 1000000, len(got[0]), len(got[0])) + got[0])

    def _receive(self):
        try:
            return self.end.receive(0.2)
        except OSError:
            self.stopping = True
            return None

    def stop(self):
        self.stopping = True
        self.thread.join()
        self.end.close()


def captured(path):
    """The UDP packets of a capture."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        with contextlib.suppress(ValueError):
            found.append(Frame(data[at + 16:at + 16 + size]))
        at += 16 + size
    return found
