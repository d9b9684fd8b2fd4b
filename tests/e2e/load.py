"""Many clients at once, which remember every promise that the server made them."""

import collections
import random
import threading
import time

import dhcp6
from dhcp6 import IA_NA, IA_PD
from links import UdpEnd

_RETRANSMIT = 1.0  # seconds


class Promise:
    """What a REPLY said about one address or prefix."""

    def __init__(self, lease, asked):
        self.lease = lease
        # The server counts from when it worked on the message, which was not before it was sent; whole seconds.
        self.expires_not_before = int(asked - 0.05) + lease.valid


class _Client:
    def __init__(self, number, kind):
        self.duid = dhcp6.duid(number, kind)
        self.iaid = number
        self.leases = []      # what it holds
        self.xid = None
        self.doing = None     # the type of the message that waits for an answer
        self.data = None
        self.asked = 0.0      # when the message was sent first, wall clock
        self.sent = 0.0       # and last, monotonic


class Load(threading.Thread):
    """Four-way exchanges, renewals and releases of `count` clients, `window` of them waiting for an answer at a time.
    pause() stops sending but still takes what has been answered; afterwards the records can be read."""

    def __init__(self, space, interface, count, window=64, kind=b"load", release=0.2, rate=None, seed=1):
        super().__init__(daemon=True)
        self.end = UdpEnd(space, interface)
        self.random = random.Random(seed)
        self.idle = [_Client(number, kind) for number in range(count)]
        self.random.shuffle(self.idle)
        self.clients = list(self.idle)
        self.window, self.release, self.interval = window, release, 1 / rate if rate else 0
        self.waiting = collections.OrderedDict()  # xid -> client, oldest transmission first
        self.server_id = None
        self.next_send = 0.0
        # What it saw.
        self.promised = {}    # (duid, address, prefix length) -> Promise
        self.owner = {}       # (address, prefix length) -> duid, of what is promised
        self.replies = collections.Counter()  # by the type that was answered
        self.retransmitted = 0
        self.wrong = []       # answers that must not be
        self._go = threading.Event()
        self._paused = threading.Event()
        self._ending = False

    # --- for the test -------------------------------------------------------------------------------------------------
    def go(self):
        self._paused.clear()
        self._go.set()
        if not self.is_alive():
            self.start()

    def pause(self):
        self._go.clear()
        if not self._paused.wait(60):
            raise AssertionError("the load client does not stop")

    def close(self):
        self._ending = True
        self._go.set()
        if self.is_alive():
            self.join(60)
        self.end.close()

    def answered(self):
        return sum(self.replies.values())

    # --- its own thread -----------------------------------------------------------------------------------------------
    def run(self):
        while not self._ending:
            if not self._go.is_set():
                self._take(0.1)
                self._paused.set()
                self._go.wait()
                continue
            self._send_more()
            self._take(0.02)

    def _send_more(self):
        now = time.monotonic()
        for xid in list(self.waiting):
            client = self.waiting[xid]
            if now - client.sent < _RETRANSMIT:
                break
            self.retransmitted += 1
            client.sent = now
            self.waiting.move_to_end(xid)
            self.end.send(client.data)
        while len(self.waiting) < self.window and self.idle and now >= self.next_send:
            self.next_send = max(now - 0.05, self.next_send + self.interval)
            client = self.idle.pop()
            self._begin(client, self._next_wish(client))

    def _next_wish(self, client):
        if not client.leases or self.server_id is None:
            return dhcp6.SOLICIT
        return dhcp6.RELEASE if self.random.random() < self.release else dhcp6.RENEW

    def _begin(self, client, kind):
        while (xid := self.random.getrandbits(24)) in self.waiting:
            pass
        parts = [dhcp6.ia(code, client.iaid, [lease for lease in client.leases if lease.ia == code]) for code in (IA_NA, IA_PD)]
        server = None if kind == dhcp6.SOLICIT else self.server_id
        client.xid, client.doing, client.data = xid, kind, dhcp6.message(kind, xid, client.duid, *parts, server=server)
        client.asked, client.sent = time.time(), time.monotonic()
        self.waiting[xid] = client
        if kind == dhcp6.RELEASE:
            # From here on the server may have it back, whether we hear of it or not.
            self._forget(client)
        self.end.send(client.data)

    def _forget(self, client):
        for lease in client.leases:
            self.promised.pop((client.duid, *lease.key()), None)
            if self.owner.get(lease.key()) == client.duid:
                del self.owner[lease.key()]

    def _take(self, patience):
        """Takes all that has come; waits for the first."""
        while got := self.end.receive(patience):
            patience = 0
            try:
                self._answer(dhcp6.Message.parse(got[0]))
            except ValueError as error:
                self.wrong.append(f"not a DHCPv6 message: {error}: {got[0].hex()}")

    def _answer(self, message):
        client = self.waiting.get(message.xid)
        if client is None:
            return  # of a message that was answered twice
        if message.first(dhcp6.CLIENT_ID) != client.duid:
            self.wrong.append(f"transaction {message.xid:06x} answered for another client")
            return
        if (client.doing == dhcp6.SOLICIT) != (message.type == dhcp6.ADVERTISE):
            self.wrong.append(f"message type {client.doing} answered by {message.type}")
            return
        del self.waiting[message.xid]
        self.replies[client.doing] += 1
        if client.doing == dhcp6.SOLICIT:
            self.server_id = message.first(dhcp6.SERVER_ID)
            client.leases = message.leases()
            self._begin(client, dhcp6.REQUEST)
            return
        if client.doing == dhcp6.RELEASE:
            client.leases = []
        else:
            self._note_promise(client, message)
        self.idle.insert(self.random.randrange(len(self.idle) + 1), client)

    def _note_promise(self, client, message):
        leases = [lease for lease in message.leases() if lease.valid > 0]
        if client.doing == dhcp6.RENEW and {l.key() for l in leases} != {l.key() for l in client.leases}:
            self.wrong.append(f"RENEW of {[l.key() for l in client.leases]} by {dhcp6.text_of(client.duid)}: "
                              f"{message.ia_statuses()}, {[l.key() for l in message.leases()]}")
        if {lease.ia for lease in leases} != {IA_NA, IA_PD}:
            self.wrong.append(f"message type {client.doing}: no address or no prefix: {message}")
        client.leases = leases
        for lease in leases:
            owner = self.owner.setdefault(lease.key(), client.duid)
            if owner != client.duid:
                self.wrong.append(f"{lease.key()} given to {dhcp6.text_of(client.duid)} while it is {dhcp6.text_of(owner)}'s")
            self.promised[(client.duid, *lease.key())] = Promise(lease, client.asked)


def broken_promises(load, database):
    """Compares what clients were promised with the database's leases, {(address, length): lease}. Sentences."""
    broken = []
    for (duid, address, length), promise in load.promised.items():
        lease = database.get((address, length))
        if lease is None:
            broken.append(f"{address}/{length} of {dhcp6.text_of(duid)} is not there")
        elif lease["duid"] != dhcp6.text_of(duid):
            broken.append(f"{address}/{length} of {dhcp6.text_of(duid)} is {lease['duid']}'s")
        elif lease["iaid"] != promise.lease.iaid:
            broken.append(f"{address}/{length}: IAID {lease['iaid']} instead of {promise.lease.iaid}")
        elif lease["cltt"] + lease["valid-lft"] < promise.expires_not_before:
            short = promise.expires_not_before - lease["cltt"] - lease["valid-lft"]
            broken.append(f"{address}/{length} of {dhcp6.text_of(duid)} ends {short} s before what was promised")
    return broken


def released_but_there(load, database):
    """Leases in the database of clients who were told that they have none any more."""
    bare = {dhcp6.text_of(client.duid) for client in load.clients if not client.leases and client.doing in (None, dhcp6.RELEASE)
            and client not in load.waiting.values()}
    return [key for key, lease in database.items() if lease["duid"] in bare]
