"""DHCPv6 messages (RFC 8415 §8, §9, §21) as the tests need them: written and read apart from the server's own code."""

import ipaddress
import struct
from dataclasses import dataclass, field

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE = range(1, 10)
INFORMATION_REQUEST, RELAY_FORW, RELAY_REPL = 11, 12, 13

CLIENT_ID, SERVER_ID, IA_NA, IA_ADDRESS, ORO, ELAPSED_TIME, RELAY_MESSAGE = 1, 2, 3, 5, 6, 8, 9
STATUS_CODE, RAPID_COMMIT, INTERFACE_ID, DNS_SERVERS, IA_PD, IA_PREFIX, CLIENT_FQDN = 13, 14, 18, 23, 25, 26, 39

SUCCESS, NO_ADDRESSES, NO_BINDING, NO_PREFIXES = 0, 2, 3, 6

CLIENT_PORT, SERVER_PORT = 546, 547
ALL_SERVERS_AND_RELAYS, ALL_SERVERS = "ff02::1:2", "ff05::1:3"


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def options_of(area):
    """[(code, data)]. ValueError when a length points behind the end."""
    found, at = [], 0
    while at < len(area):
        if at + 4 > len(area):
            raise ValueError(f"{len(area) - at} bytes behind the last option")
        code, size = struct.unpack_from("!HH", area, at)
        at += 4
        if at + size > len(area):
            raise ValueError(f"option {code} of {size} bytes does not fit")
        found.append((code, area[at:at + size]))
        at += size
    return found


def first(options, code):
    return next((data for c, data in options if c == code), None)


def status_of(options):
    """The status code; absent means Success (RFC 8415 §21.13)."""
    data = first(options, STATUS_CODE)
    return SUCCESS if data is None else struct.unpack_from("!H", data)[0]


def fqdn(name):
    """A Client FQDN option (RFC 4704 §4) that asks the server for the AAAA record."""
    return option(CLIENT_FQDN, b"\1" + b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0")


@dataclass(frozen=True)
class Lease:
    """An address (prefix_length 128) or a prefix in an IA."""
    ia: int  # IA_NA or IA_PD
    iaid: int
    address: str
    prefix_length: int
    preferred: int
    valid: int

    def key(self):
        return (self.address, self.prefix_length)

    def encode(self):
        address = ipaddress.IPv6Address(self.address).packed
        if self.ia == IA_NA:
            return option(IA_ADDRESS, address + struct.pack("!II", self.preferred, self.valid))
        return option(IA_PREFIX, struct.pack("!IIB", self.preferred, self.valid, self.prefix_length) + address)


def ia(code, iaid, leases=()):
    """An IA_NA or IA_PD that leaves T1 and T2 to the server."""
    return option(code, struct.pack("!III", iaid, 0, 0) + b"".join(lease.encode() for lease in leases))


def leases_of_ia(code, data):
    iaid = struct.unpack_from("!I", data)[0]
    found = []
    for inner, body in options_of(data[12:]):
        if code == IA_NA and inner == IA_ADDRESS:
            preferred, valid = struct.unpack_from("!II", body, 16)
            found.append(Lease(code, iaid, str(ipaddress.IPv6Address(body[:16])), 128, preferred, valid))
        elif code == IA_PD and inner == IA_PREFIX:
            preferred, valid, length = struct.unpack_from("!IIB", body)
            found.append(Lease(code, iaid, str(ipaddress.IPv6Address(body[9:25])), length, preferred, valid))
    return found


@dataclass
class Message:
    """A message between client and server."""
    type: int
    xid: int
    options: list = field(default_factory=list)

    @classmethod
    def parse(cls, data):
        if len(data) < 4:
            raise ValueError("shorter than a header")
        return cls(data[0], int.from_bytes(data[1:4], "big"), options_of(data[4:]))

    def encode(self):
        return (bytes([self.type]) + self.xid.to_bytes(3, "big") +
                b"".join(option(code, data) for code, data in self.options))

    def first(self, code):
        return first(self.options, code)

    def status(self):
        return status_of(self.options)

    def leases(self):
        return [lease for code, data in self.options if code in (IA_NA, IA_PD) for lease in leases_of_ia(code, data)]

    def ia_statuses(self):
        """{IA_NA or IA_PD: status code}, of the first IA of each kind."""
        return {code: status_of(options_of(data[12:])) for code, data in reversed(self.options) if code in (IA_NA, IA_PD)}

    def dns_servers(self):
        data = self.first(DNS_SERVERS) or b""
        return [str(ipaddress.IPv6Address(data[at:at + 16])) for at in range(0, len(data), 16)]


def message(kind, xid, duid, *parts, server=None):
    """The bytes of a client's message. `parts` are encoded options."""
    head = bytes([kind]) + xid.to_bytes(3, "big")
    server_id = option(SERVER_ID, server) if server is not None else b""
    client_id = option(CLIENT_ID, duid) if duid is not None else b""
    return head + client_id + server_id + option(ELAPSED_TIME, b"\0\0") + b"".join(parts)


@dataclass
class Relay:
    """One relay's layer around a message (RFC 8415 §9)."""
    hops: int
    link: str
    peer: str
    interface_id: bytes = None

    def wrap(self, inner, kind=RELAY_FORW):
        extra = option(INTERFACE_ID, self.interface_id) if self.interface_id is not None else b""
        return (bytes([kind, self.hops]) + ipaddress.IPv6Address(self.link).packed +
                ipaddress.IPv6Address(self.peer).packed + extra + option(RELAY_MESSAGE, inner))


def unwrap(data):
    """([Relay] from the outermost inwards, the client's message) of a RELAY-REPL."""
    layers = []
    while data[0] == RELAY_REPL:
        options = options_of(data[34:])
        layers.append(Relay(data[1], str(ipaddress.IPv6Address(data[2:18])), str(ipaddress.IPv6Address(data[18:34])),
                            first(options, INTERFACE_ID)))
        data = first(options, RELAY_MESSAGE)
    return layers, Message.parse(data)


def duid(number, kind=b"e2e"):
    """A DUID-UUID (RFC 6355) made from a number."""
    return b"\0\4" + kind[:4].ljust(4, b"\0") + number.to_bytes(12, "big")


def text_of(duid_bytes):
    """A DUID as the control socket shows it."""
    return ":".join(f"{octet:02x}" for octet in duid_bytes)
