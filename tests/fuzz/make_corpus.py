#!/usr/bin/env python3
"""Writes the seeds of fuzz_wire, fuzz_frame, fuzz_failover and fuzz_partner into the directories of those names in corpus/,
beside this script.

Inputs that a fuzzer found later are kept in the same directories; this script leaves them alone.
"""
import ipaddress
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"


def address(text):
    return ipaddress.IPv6Address(text).packed


def option(code, *data):
    joined = b"".join(data)
    return struct.pack("!HH", code, len(joined)) + joined


def message(kind, *options, xid=0x123456):
    return struct.pack("!I", kind << 24 | xid) + b"".join(options)


def relay(hops, link, peer, inner, *options, kind=12):
    return bytes([kind, hops]) + address(link) + address(peer) + b"".join(options) + option(9, inner)


def ia(code, iaid, *options, t1=0, t2=0):
    return option(code, struct.pack("!III", iaid, t1, t2), *options)


def ia_address(text, *options, preferred=0, valid=0):
    return option(5, address(text), struct.pack("!II", preferred, valid), *options)


def ia_prefix(text, length, *options, preferred=0, valid=0):
    return option(26, struct.pack("!IIB", preferred, valid, length), address(text), *options)


def status(code, text=b""):
    return option(13, struct.pack("!H", code), text)


CLIENT = option(1, bytes.fromhex("0001000129c0ffee02005e102030"))
SERVER = option(2, bytes.fromhex("0003000102aabbccddee"))
SERVER_EN = option(2, bytes.fromhex("0002000022b8746573742d736572766572"))
REQUESTED = option(6, struct.pack("!5H", 23, 24, 32, 82, 83))
ELAPSED = option(8, b"\x00\x64")
RAPID = option(14)
VENDOR_CLASS = option(16, struct.pack("!IH", 4491, 9), b"docsis3.1")
VENDOR_OPTIONS = option(17, struct.pack("!I", 4491), option(32, address("2001:db8::69")), option(1, b"\x00\x20"))
USER_CLASS = option(15, struct.pack("!H", 3), b"cpe", struct.pack("!H", 2), b"hq")
RECONFIGURE_ACCEPT = option(20)
AUTHENTICATION = option(11, bytes([3, 1, 0]), struct.pack("!Q", 42), b"\x01" + bytes(range(16)))

SOLICIT = message(1, CLIENT, ia(3, 1), ia(25, 2), ELAPSED, REQUESTED)
RENEW = message(5, CLIENT, SERVER, ia(3, 1, ia_address("2001:db8::100", preferred=3000, valid=4000), t1=1000, t2=2000),
                ia(25, 2, ia_prefix("2001:db8:100::", 56, preferred=3000, valid=4000)), ELAPSED, REQUESTED)


def nested(levels):
    inner = SOLICIT
    for hops in range(levels):
        inner = relay(hops, "2001:db8::1", f"fe80::{hops + 1}", inner, option(18, b"eth%d" % hops))
    return inner


def wire_seeds():
    return {
        "solicit": SOLICIT,
        "solicit-rapid": message(1, CLIENT, ia(3, 1), RAPID, RECONFIGURE_ACCEPT, ELAPSED),
        "solicit-hints": message(1, CLIENT, ia(3, 1, ia_address("2001:db8::77")), ia(25, 2, ia_prefix("::", 60))),
        "solicit-classes": message(1, CLIENT, ia(3, 1), VENDOR_CLASS, USER_CLASS, VENDOR_OPTIONS),
        "solicit-temporary": message(1, CLIENT, option(4, struct.pack("!I", 9), ia_address("2001:db8::9"))),
        "request": message(3, CLIENT, SERVER, ia(3, 1, ia_address("2001:db8::100")), ELAPSED, REQUESTED),
        "confirm": message(4, CLIENT, ia(3, 1, ia_address("2001:db8::100")), ELAPSED),
        "renew": RENEW,
        "rebind": message(6, CLIENT, ia(3, 1, ia_address("2001:db8::100")), ia(25, 2, ia_prefix("2001:db8:100::", 56))),
        "release": message(8, CLIENT, SERVER, ia(25, 2, ia_prefix("2001:db8:100::", 56))),
        "decline": message(9, CLIENT, SERVER, ia(3, 1, ia_address("2001:db8::100"))),
        "information-request": message(11, CLIENT, ELAPSED, REQUESTED),
        "advertise": message(2, CLIENT, SERVER_EN, option(7, b"\xff"),
                             ia(3, 1, ia_address("2001:db8::100", preferred=3000, valid=4000), status(0, b"ok"))),
        "reply": message(7, CLIENT, SERVER, RAPID, ia(3, 1, status(2, b"none left")), ia(25, 2, status(6)),
                         option(23, address("2001:db8::53"), address("2001:db8::54")), option(24, b"\x02isp\x00"),
                         option(12, address("2001:db8::547")), option(32, struct.pack("!I", 86400)),
                         option(82, struct.pack("!I", 3600)), option(83, struct.pack("!I", 3600)), status(0)),
        "reconfigure": message(10, CLIENT, SERVER, option(19, b"\x05"), AUTHENTICATION),
        "relay-1": nested(1),
        "relay-3": nested(3),
        "relay-9": nested(9),
        "relay-10": nested(10),
        "relay-cisco": relay(0, "::", "fe80::1", RENEW, option(37, struct.pack("!I", 9), b"\x00\x01port"),
                             option(18, b""), option(79, b"\x00\x01\x02\x00\x5e\x10\x20\x30")),
        "relay-empty": relay(0, "2001:db8::1", "fe80::1", b""),
        "relay-without-message": bytes([12, 0]) + bytes(32) + option(18, b"eth0"),
        "relay-reply": relay(0, "2001:db8::1", "fe80::1", message(7, CLIENT, SERVER), kind=13),
        "header-only": message(1),
        "unknown-options": message(1, option(0), option(65535, b"x"), CLIENT),
        "cut-short": SOLICIT[:-3],
        "options-only": CLIENT + ia(3, 1, ia_address("2001:db8::1", status(0))),
    }


def ones_sum(data):
    if len(data) % 2:
        data += b"\x00"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


SOURCE = address("fe80::5eff:fe10:2030")
GROUP = address("ff02::1:2")


def udp(payload, ports=(546, 547), checksum="complete"):
    length = 8 + len(payload)
    pseudo = SOURCE + GROUP + struct.pack("!II", length, 17)
    header = struct.pack("!HHH", *ports, length)
    complete = ~ones_sum(pseudo + header + b"\x00\x00" + payload) & 0xFFFF or 0xFFFF
    field = {"complete": complete, "partial": ones_sum(pseudo), "zero": 0, "bad": complete ^ 0x0101}[checksum]
    return header + struct.pack("!H", field) + payload


def frame(rest, next_header=17, tags=(), rules=0, padding=b"", ethertype=0x86DD):
    """One input: the octet of the rules, then the frame."""
    ethernet = bytes.fromhex("33330001000202005e102030")
    for protocol, control in tags:
        ethernet += struct.pack("!HH", protocol, control)
    ethernet += struct.pack("!H", ethertype)
    ipv6 = struct.pack("!IHBB", 6 << 28, len(rest), next_header, 1) + SOURCE + GROUP
    return bytes([rules]) + ethernet + ipv6 + rest + padding


def frame_seeds():
    datagram = udp(SOLICIT)
    pad = bytes([1, 4, 0, 0, 0, 0])
    qinq = [(0x88A8, 7), (0x8100, 100)]
    partial, verified, one_stripped = 1, 2, 4
    return {
        "plain": frame(datagram),
        "vlan": frame(datagram, tags=[(0x8100, 0x6064)]),
        "qinq": frame(datagram, tags=qinq),
        "three-tags": frame(datagram, tags=qinq + [(0x8100, 5)]),
        "stripped": frame(datagram, tags=[(0x8100, 100)], rules=one_stripped),
        "padding": frame(udp(b"\x0b\x00\x00\x01"), padding=bytes(6)),
        "odd": frame(udp(SOLICIT + option(200, b"x"))),
        "no-payload": frame(udp(b"")),
        "surplus": frame(datagram + b"more"),
        "partial": frame(udp(SOLICIT, checksum="partial"), rules=partial),
        "partial-refused": frame(udp(SOLICIT, checksum="partial")),
        "zero-checksum": frame(udp(SOLICIT, checksum="zero")),
        "bad-checksum": frame(udp(SOLICIT, checksum="bad")),
        "verified": frame(udp(SOLICIT, checksum="bad"), rules=verified),
        "relayed": frame(udp(nested(2), ports=(547, 547)), rules=verified),
        "hop-by-hop": frame(bytes([17, 0]) + pad + datagram, next_header=0),
        "destination-options": frame(bytes([17, 0]) + pad + datagram, next_header=60),
        "unskippable-option": frame(bytes([17, 0, 0xC9, 4, 0, 0, 0, 0]) + datagram, next_header=60, rules=verified),
        "routing": frame(bytes([17, 0, 2, 0, 0, 0, 0, 0]) + datagram, next_header=43, rules=verified),
        "segments-left": frame(bytes([17, 0, 2, 1, 0, 0, 0, 0]) + datagram, next_header=43, rules=verified),
        "atomic-fragment": frame(bytes([17, 0, 0, 0, 1, 2, 3, 4]) + datagram, next_header=44),
        "first-fragment": frame(bytes([17, 0, 0, 1, 1, 2, 3, 4]) + datagram, next_header=44),
        "last-fragment": frame(bytes([17, 0, 5, 0xA8, 1, 2, 3, 4]) + datagram, next_header=44),
        "chain": frame(bytes([60, 0]) + pad + bytes([43, 0]) + pad + bytes([44, 0, 2, 0, 0, 0, 0, 0]) +
                       bytes([17, 0, 0, 0, 1, 2, 3, 4]) + datagram, next_header=0, rules=verified),
        "other-port": frame(udp(SOLICIT, ports=(547, 546))),
        "neighbour-solicitation": frame(bytes([135]) + bytes(23), next_header=58),
        "ipv4": frame(bytes(20), ethertype=0x0800),
        "cut-short": frame(datagram)[:-5],
    }


def failover(kind, *options):
    return message(kind, struct.pack("!I", 800000001), *options)


def number(code, value, size=4):
    return option(code, value.to_bytes(size, "big"))


BASE_TIME = number(100, 800000000)
START = number(133, 799999744)
TIMES = number(134, 800003840), number(123, 800007936)
ACTIVE = number(114, 1, size=1), START, *TIMES
FREE = number(114, 5, size=1), START
HOST = option(39, b"\x01\x04host\x03org\x00")
REMOVAL = option(116, option(117, b"\x04host\x03org\x00"), option(118, b"\x03org\x00"), number(119, 11, size=2))
PARAMETERS = number(127, 1 << 16), number(122, 3600), number(128, 60), number(121, 1024)
CONNECT_FLAGS = number(115, 1, size=2)


def relay_data(levels):
    """OPTION_LQ_RELAY_DATA: the relays, without the client's message."""
    inner = b""
    for hops in range(levels):
        options = option(18, b"eth%d" % hops), *([option(9, inner)] if inner else [])
        inner = bytes([12, hops]) + address("2001:db8::1") + address(f"fe80::{hops + 1}") + b"".join(options)
    return option(47, address("2001:db8:b::1"), inner)


def update(*options):
    return failover(24, option(45, *options))


def reply(*options):
    return failover(25, option(45, *options))


def failover_seeds():
    whole = ia(3, 7, ia_address("2001:db8:1::103", *ACTIVE, number(46, 100), number(126, 799999488),
                                number(120, 800004096), HOST, REMOVAL, preferred=3000, valid=4000), t1=1000, t2=2000)
    delegated = ia(25, 7, ia_prefix("2001:db8:100::", 56, number(114, 3, size=1), START))
    acked = ia_address("2001:db8:1::103", number(114, 1, size=1), TIMES[0], number(124, 800007936), valid=4000)
    refused = ia_address("2001:db8:1::105", status(16, b"AddressInUse"), number(114, 1, size=1))
    return {
        "connect": failover(31, *PARAMETERS, option(130, b"north"), CONNECT_FLAGS),
        "connectreply": failover(32, *PARAMETERS, CONNECT_FLAGS),
        "connectreply-rejected": failover(32, status(22, b"9 seconds")),
        "disconnect": failover(33, status(20, b"shutting down")),
        "state": failover(34, number(132, 2, size=1), number(131, 1, size=1), START),
        "state-partner-down": failover(34, number(132, 4, size=1), number(131, 7, size=1), START, number(125, 799999488)),
        "contact": failover(35),
        "contact-digest": failover(35, option(17, struct.pack("!IHHH9Q", 32473, 1, 74, 2, *range(9)))),
        "bndupd": update(CLIENT, BASE_TIME, option(129, struct.pack("!I", 799999000), b"key"), relay_data(2), whole,
                         delegated),
        "bndupd-many": update(CLIENT, BASE_TIME, *(ia(3, 7 + host % 3, ia_address(f"2001:db8:1::{host:x}", *ACTIVE))
                                                   for host in range(1, 20))),
        "bndupd-relays": update(CLIENT, BASE_TIME, relay_data(9), delegated),
        "bndupd-infinite": update(CLIENT, BASE_TIME, ia(3, 7, ia_address("2001:db8:1::103", number(114, 1, size=1), START,
                                                                         preferred=2**32 - 1, valid=2**32 - 1))),
        "bndupd-prefix": failover(24, ia_prefix("2001:db8:200::", 56, BASE_TIME, *FREE)),
        "bndupd-vss": update(CLIENT, option(68, b"\x01\x00\x00\x00\x00\x00\x00\x09"), BASE_TIME, whole),
        "bndupd-temporary": update(CLIENT, BASE_TIME, option(4, struct.pack("!I", 7), ia_address("2001:db8:1::9"))),
        "bndupd-incomplete": update(BASE_TIME, ia(3, 7, ia_address("2001:db8:1::103", START)), delegated),
        "bndreply": reply(CLIENT, ia(3, 7, acked, refused)),
        "bndreply-rejected": reply(status(18, b"MissingBindingInformation")),
        "bndreply-ia-rejected": reply(CLIENT, ia(3, 7, acked, status(17)), delegated),
        "bndreply-prefix": failover(25, ia_prefix("2001:db8:200::", 56, number(114, 5, size=1))),
        "unknown-options": failover(31, option(65535, b"x"), *PARAMETERS, option(0), CONNECT_FLAGS),
        "header-only": failover(24),
    }


def partner_seeds():
    """Steps of fuzz_partner: what befalls a server and its partner says."""
    def step(kind, how=0):
        return bytes([how << 3 | kind])

    def hear(content, answers=31):
        return step(0, answers) + struct.pack("!H", len(content)) + content

    def state(number_, flags=1):
        since = [number(125, 799999488)] if number_ == 4 else []
        return hear(failover(34, number(132, number_, size=1), number(131, flags, size=1), START, *since))

    messages = failover_seeds()
    connect = failover(31, *PARAMETERS[:1], number(122, 600), *PARAMETERS[2:], option(130, b"pair"), CONNECT_FLAGS)
    meet_secondary = step(1) + struct.pack("!H", len(connect)) + connect
    meet_primary = step(1) + b"\0\0" + hear(failover(32, *PARAMETERS[:1], number(122, 600), *PARAMETERS[2:], CONNECT_FLAGS), 0)
    disk, second, minutes, accept = step(5), step(2, 7), step(2, 24), step(0, 30)
    done = hear(failover(30), 0)
    clients = b"".join(step(3, client) for client in range(8)) + step(3, 10) + step(3, 19) + step(3, 28)
    updates = b"".join(hear(messages[name]) for name in sorted(messages) if name.startswith("bndupd"))
    replies = b"".join(hear(messages[name], answers) for answers in range(4)
                       for name in sorted(messages) if name.startswith("bndreply"))
    seeds = {}
    for role, meet in ((0, meet_primary), (1, meet_secondary)):
        for before in (0, 2, 3, 4, 5, 6, 8, 9, 10):
            for theirs in (2, 4):
                what = bytes([before << 4 | role])
                seeds[f"{role}-{before}-{theirs}"] = (what + meet + disk + state(theirs) + disk + done + clients + accept * 6 + replies +
                                                      updates + second + state(2) + disk + minutes + clients)
        seeds[f"{role}-apart"] = (bytes([2 << 4 | role]) + meet + disk + state(2) + disk + clients + step(4) + minutes + disk + clients +
                                  step(6) + disk + minutes + clients + meet + state(3) + disk + updates + accept * 20)
    return seeds


def main():
    for target, seeds in (("wire", wire_seeds()), ("frame", frame_seeds()), ("failover", failover_seeds()),
                          ("partner", partner_seeds())):
        directory = CORPUS / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
