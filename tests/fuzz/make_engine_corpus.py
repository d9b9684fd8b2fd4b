#!/usr/bin/env python3
"""Writes the seeds of fuzz_engine into corpus/engine beside this script: conversations with the server of fuzz_engine.cc.

Inputs that a fuzzer found later are kept in the same directory; this script leaves them alone.
"""
import struct

from make_corpus import CORPUS, ELAPSED, RAPID, REQUESTED, ia, ia_address, ia_prefix, message, nested, option, relay

SOLICIT, REQUEST, CONFIRM, RENEW, REBIND, RELEASE, DECLINE, INFORMATION_REQUEST = 1, 3, 4, 5, 6, 8, 9, 11
SERVER = option(2, bytes.fromhex("00030001020000000001"))
OTHER_SERVER = option(2, bytes.fromhex("00030001020000000002"))
ADDRESS = ia(3, 7, ia_address("2001:db8:1::103"))
PREFIX = ia(25, 8, ia_prefix("2001:db8:8000:100::", 56))


def client(number):
    return option(1, bytes.fromhex("00030001020000000a") + bytes([number]))


def to_us(kind, *options, number=1):
    return message(kind, client(number), SERVER, *options)


def to_all(kind, *options, number=1):
    return message(kind, client(number), *options)


def from_far(inner):
    """Through three relays, the client's link being subnet 2."""
    for hops, link in enumerate(("2001:db8:2::1", "::", "2001:db8:ffff::1")):
        inner = relay(hops, link, f"fe80::{hops + 1}", inner, option(18, b"port%d" % hops))
    return inner


def conversation(*datagrams, room=0):
    return b"".join(struct.pack("!H", room << 12 | len(datagram)) + datagram for datagram in datagrams)


def many(kind, count, *options):
    return to_us(kind, *(ia(3 if number % 2 else 25, number) for number in range(count)), *options)


def seeds():
    lease = to_us(REQUEST, ADDRESS, PREFIX)
    moved = from_far(to_us(RENEW, ADDRESS, PREFIX))
    return {
        "four-way": conversation(to_all(SOLICIT, ia(3, 7), ia(25, 8), ELAPSED, REQUESTED), lease),
        "renew": conversation(lease, to_us(RENEW, ADDRESS, PREFIX, ia(3, 99)), to_us(RENEW, ADDRESS)),
        "rebind": conversation(lease, to_all(REBIND, ADDRESS, PREFIX), to_all(REBIND, ADDRESS, number=2),
                               to_all(REBIND, ia(3, 7, ia_address("2001:db8:9::1")), number=2)),
        "release": conversation(lease, to_us(RELEASE, ADDRESS, PREFIX), to_us(REQUEST, ADDRESS, number=2)),
        "decline": conversation(lease, to_us(DECLINE, ADDRESS, PREFIX), to_us(REQUEST, ADDRESS)),
        "confirm": conversation(to_all(CONFIRM, ADDRESS), to_all(CONFIRM, ia(3, 7, ia_address("2001:db8:9::1")))),
        "information-request": conversation(message(INFORMATION_REQUEST, REQUESTED),
                                            to_us(INFORMATION_REQUEST, ELAPSED)),
        "not-on-link": conversation(to_us(REQUEST, ia(3, 7, ia_address("2001:db8:9::1")), PREFIX)),
        "moved": conversation(lease, moved, from_far(to_us(RELEASE, ADDRESS))),
        "rapid": conversation(from_far(to_all(SOLICIT, RAPID, ia(3, 1), ia(25, 1))),
                              from_far(to_all(SOLICIT, RAPID, ia(3, 1), ia(3, 2), number=2))),
        "exhausted": conversation(*(to_us(REQUEST, ia(3, 1), ia(25, 1), number=number) for number in range(14))),
        "contested": conversation(*(to_us(REQUEST, ADDRESS, PREFIX, number=number) for number in range(3))),
        "length-hints": conversation(to_us(REQUEST, *(ia(25, length, ia_prefix("::", length)) for length in
                                                       (0, 48, 56, 60, 64, 128)))),
        "many-ias": conversation(many(REQUEST, 20), many(RENEW, 20), many(RELEASE, 20)),
        "many-offers": conversation(to_all(SOLICIT, *(ia(3, number) for number in range(16)))),
        "twice-the-same": conversation(to_us(REQUEST, ADDRESS, ADDRESS, PREFIX, PREFIX)),
        "many-addresses": conversation(lease, to_us(RENEW, ia(3, 7, *(ia_address(f"2001:db8:1::{host:x}")
                                                                      for host in range(0x100, 0x120))))),
        "little-room": conversation(lease, to_us(RENEW, ADDRESS, PREFIX), many(REQUEST, 3), room=2),
        "other-server": conversation(message(REQUEST, client(1), OTHER_SERVER, ADDRESS)),
        "temporary": conversation(to_us(REQUEST, option(4, struct.pack("!I", 9)), ADDRESS)),
        "unknown-link": conversation(nested(2), nested(9)),
        "lifetimes-end": conversation(*([lease] + [to_all(SOLICIT, ia(3, 7), number=2)] * 8)),
    }


def main():
    directory = CORPUS / "engine"
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in seeds().items():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
