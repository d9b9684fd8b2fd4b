"""What the tests of failover stand on: servers in relationships, clients that tell the servers apart, and partners that
are none. RFC 8156's messages are written here apart from the server's own code."""

import json
import random
import socket
import struct
import subprocess
import threading
import time

import dhcp6
import lab
from lab import wait_for
from links import Client, UdpEnd, inside
from netlab.pair import ADDRESSES, PORT, PairNetwork, configuration, in_state, state

CONNECT, CONNECTREPLY = 31, 32  # RFC 8156 §5.3
EXCESSIVE_TIME_SKEW = 22        # §5.6
_EPOCH = 946684800              # §5.2: times count from 2000-01-01

# As short as the configuration allows, or nearly.
TIMERS = {"mclt": 30, "keepalive-time": 4, "startup-time": 2, "scan-interval": 1}
POOL, PREFIXES = "2001:db8:1:1::/64", "2001:db8:8000::/40"
SUBNET = {"id": 1, "subnet": "2001:db8:1::/48", "interface": "client0", "pools": [{"pool": POOL}],
          "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 40, "delegated-len": 56}]}


def server_id(name):
    """The DUID of server `name`, whatever becomes of its disk."""
    return bytes.fromhex("000200007ed9") + name.encode()


def tandem6_config(name, dhcp6=(), **changes):
    fixed = {"type": "EN", "enterprise-id": 32473, "identifier": name.encode().hex()}
    return configuration(name, [SUBNET], dhcp6={"server-id": fixed, **dict(dhcp6)}.items(), **{**TIMERS, **changes})


def why_not(server):
    """Why the server has no connection to its partner, as far as it knows."""
    return state(server)["connect-failure"]


class PairClient(Client):
    """A client on wan0 that can listen to one of the servers only."""

    def __init__(self, end, number, only=None):
        super().__init__(end, number, b"pair")
        self.only = only  # a server's name

    def fits(self, message):
        return self.only is None or dhcp6.first(dhcp6.options_of(message[4:]), dhcp6.SERVER_ID) == server_id(self.only)

    def rebind(self):
        return self.ask(dhcp6.REBIND, *self.ias(True, self.leases))

    def renew(self, prefix=True):
        """Notes what the REPLY says."""
        reply = super().renew(prefix)
        self.leases = reply.leases()
        return reply

    def held(self):
        return {lease.key() for lease in self.leases}


class PairTest(lab.EndToEnd):
    """A pair a and b; their relationship is TIMERS' and what `changes` says."""

    def network_of(self, *names):
        self.network = PairNetwork("", names, host=self.lab.namespace)
        self.end = self.lab.keep(UdpEnd(self.network.clients, "wan0"))
        self.servers = {}
        return self.network

    def add_server(self, name, config, binary=None):
        server = self.servers[name] = self.lab.server(self.network.servers[name], config, name)
        server.binary = binary or server.binary
        return server

    def start_pair(self, **changes):
        self.network_of("a", "b")
        for name in "ab":
            self.add_server(name, tandem6_config(name, **changes)).start()
        self.a, self.b = self.servers["a"], self.servers["b"]
        self.wait_for_normal()

    def wait_for_normal(self, patience=30):
        self.wait_for_state("NORMAL", patience=patience)

    def wait_for_state(self, wanted, *servers, patience=20):
        for server in servers or self.servers.values():
            wait_for(f"{server.directory} to be in {wanted}", lambda s=server: in_state(s, wanted), patience)

    def wait_for_shares(self):
        """Until both may delegate prefixes."""
        for server in (self.a, self.b):
            wait_for("prefixes of its own", lambda s=server: sum(pool["ours"] for pool in state(s)["prefixes"]) > 0)

    def clients(self, numbers, only=None):
        """Clients with an address and a prefix each."""
        clients = [PairClient(self.end, number, only) for number in numbers]
        for client in clients:
            client.four_way()
            self.assertEqual(len(client.leases), 2, client.leases)
        return clients

    def cable(self, port, up):
        self.network.cable(port, up)

    def databases_equal(self, patience=15):
        """Until both databases have the same. The leases of both: {(address, prefix length): lease}."""
        deadline = time.monotonic() + patience
        while True:
            first, second = (lab.active(server.leases()) for server in (self.a, self.b))
            if first == second:
                return first
            if time.monotonic() > deadline:
                self.fail(f"the databases differ: {differences(first, second)}")
            time.sleep(0.1)

    def assert_held_once(self, clients, leases):
        """What the clients believe they have is theirs in the database, and nobody else's."""
        owners = {}
        for client in clients:
            for key in client.held():
                self.assertNotIn(key, owners, "two clients hold it")
                owners[key] = dhcp6.text_of(client.duid)
        wrong = {key: (duid, leases.get(key)) for key, duid in owners.items() if leases.get(key, {}).get("duid") != duid}
        if wrong:
            self.fail(f"clients hold what is not theirs in the database: {wrong}")

    def ctl(self, server, *arguments):
        """(exit code, what tandem6ctl prints)."""
        done = subprocess.run([lab.TANDEM6CTL, "--socket", server.socket, *arguments], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def partner_down(self, server):
        answer = server.command("failover-partner-down", {"confirm": True})
        self.assertEqual(answer["result"], 0, answer)

    def log_has(self, server, *words):
        """A line of the server's log that has all the words."""
        with open(server.log, encoding="utf-8", errors="replace") as file:
            return next((line for line in file if all(word in line for word in words)), None)


def differences(first, second):
    """Some of what is not the same in two dictionaries."""
    keys = sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))
    return f"{len(keys)} leases; " + json.dumps([{str(key): [first.get(key), second.get(key)]} for key in keys[:3]])


# --- partners that are none ------------------------------------------------------------------------------------------

def connect_message(ahead=0, relationship="pair", mclt=30):
    """CONNECT (RFC 8156 §6.1.1), sent by a clock that is `ahead` seconds ahead."""
    def number(code, value):
        return dhcp6.option(code, struct.pack("!I", value))
    options = (dhcp6.option(127, struct.pack("!HH", 1, 0)) + number(122, mclt) + number(128, 4) + number(121, 100) +
               dhcp6.option(130, relationship.encode()) + dhcp6.option(115, struct.pack("!H", 1)))
    return bytes([CONNECT, 0, 0, 1]) + struct.pack("!I", int(time.time()) - _EPOCH + ahead) + options


class FakePartner:
    """A TCP connection to a secondary, from an address of the namespace."""

    def __init__(self, space, source, destination=ADDRESSES["b"]):
        with inside(space):
            self.socket = socket.create_connection((destination, PORT), timeout=15, source_address=(source, 0))

    def send(self, message):
        self.socket.sendall(struct.pack("!H", len(message)) + message)

    def receive(self):
        """(message type, options) or None when the server hung up."""
        try:
            head = self._exactly(2)
            message = head and self._exactly(int.from_bytes(head, "big"))
        except ConnectionError:
            return None
        return (message[0], dhcp6.options_of(message[8:])) if message else None

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                return None
            data += chunk
        return data

    def close(self):
        self.socket.close()


class RelayedClient(PairClient):
    """A client behind a relay on wan0, on the link `link`."""

    def __init__(self, end, number, link, only):
        super().__init__(end, number, only)
        self.link = link

    def fits(self, message):
        if message[0] != dhcp6.RELAY_REPL:
            return False
        inner = dhcp6.unwrap(message)[1]
        return inner.xid == self.xid and inner.first(dhcp6.SERVER_ID) == server_id(self.only)

    def ask(self, kind, *parts, server=None, to=dhcp6.ALL_SERVERS_AND_RELAYS):
        self.xid = (self.xid + 1) & 0xffffff
        data = dhcp6.message(kind, self.xid, self.duid, *parts, server=server)
        data = dhcp6.Relay(0, self.link, "fe80::1").wrap(data)
        answer, _ = self.end.exchange(data, self.fits, to)
        return dhcp6.unwrap(answer)[1]


# --- many clients, while servers and cables fail ---------------------------------------------------------------------

class Crowd(threading.Thread):
    """Clients who come, renew at their server or at any, and leave. It watches that nobody is given what another client
    may still believe to have, and that nobody has to give up its only address or prefix."""

    def __init__(self, end, count, seed):
        super().__init__(daemon=True)
        self.end, self.random = end, random.Random(seed)
        self.clients = [PairClient(end, number) for number in range(1, count + 1)]
        self.number = count  # of the last client
        self.ends = {client: {} for client in self.clients}  # {lease's key: when it ends}
        self.owner = {}      # lease's key -> client, of those that may not have ended
        self.twice = []      # what two clients were given
        self.taken_away = []
        self.answered = 0
        self.problem = None
        self.stopping = False

    def close(self):
        self.stopping = True
        self.join(30)

    def run(self):
        try:
            while not self.stopping:
                self._step(self.random.choice(self.clients))
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error

    def holders(self):
        """Those whose leases all go on for a while."""
        soon = time.time() + 5
        return [client for client in self.clients if client.leases and min(self.ends[client].values()) > soon]

    def _step(self, client):
        now = time.time()
        self._forget(client, [key for key, end in self.ends[client].items() if end < now])
        if not client.leases:
            self._come(client)
        elif self.random.random() < 0.02:
            self._leave(client)
        else:
            self._stay(client)

    def _leave(self, client):
        """For good; another one comes in its place."""
        leases = client.leases
        self._forget(client, list(self.ends[client]))
        self._ask(client, dhcp6.RELEASE, client.ias(True, leases), client.server)
        self.number += 1
        successor = self.clients[self.clients.index(client)] = PairClient(self.end, self.number)
        self.ends[successor] = {}

    def _come(self, client):
        advertise = self._ask(client, dhcp6.SOLICIT, client.ias(), patience=5)
        if advertise is None:
            return
        client.server = advertise.first(dhcp6.SERVER_ID)
        reply = self._ask(client, dhcp6.REQUEST, client.ias(True, advertise.leases()), client.server)
        if reply is not None:
            self._take(client, reply)

    def _stay(self, client):
        asked = client.ias(True, client.leases)
        reply = self._ask(client, dhcp6.RENEW, asked, client.server, 0.4) if self.random.random() < 0.5 else None
        reply = reply or self._ask(client, dhcp6.REBIND, asked, patience=5)
        if reply is not None:
            client.server = reply.first(dhcp6.SERVER_ID)
            self._take(client, reply)

    def _ask(self, client, kind, parts, server=None, patience=1):
        """None when nobody answers."""
        client.xid = (client.xid + 1) & 0xffffff
        wanted = client.xid.to_bytes(3, "big")
        data = dhcp6.message(kind, client.xid, client.duid, *parts, server=server)
        try:
            answer, _ = self.end.exchange(data, lambda got: got[1:4] == wanted, patience=patience, again=0.5)
        except AssertionError:
            return None
        self.answered += 1
        return dhcp6.Message.parse(answer)

    def _take(self, client, reply):
        """RFC 8415 §18.2.10.1: what the REPLY does not mention goes on as it was."""
        now, told = time.time(), {lease.key(): lease for lease in reply.leases()}
        held = client.held()
        self._forget(client, [key for key, lease in told.items() if lease.valid == 0])
        given = [lease for lease in told.values() if lease.valid > 0]
        client.leases = [lease for lease in client.leases if lease.key() not in told] + given
        # A client can have two of a kind for a while, when a REPLY was lost and it went to the other server.
        kept = held & client.held()
        if held and {length for _, length in kept} != {length for _, length in held}:
            self.taken_away.append((time.strftime("%T"), dhcp6.text_of(client.duid), held, reply))
        for lease in given:
            other = self.owner.get(lease.key(), client)
            if other is not client and self.ends[other][lease.key()] > now:
                self.twice.append((time.strftime("%T"), lease.key(), dhcp6.text_of(other.duid), dhcp6.text_of(client.duid)))
            self.owner[lease.key()], self.ends[client][lease.key()] = client, now + lease.valid

    def _forget(self, client, keys):
        client.leases = [lease for lease in client.leases if lease.key() not in keys]
        for key in keys:
            self.ends[client].pop(key, None)
            if self.owner.get(key) is client:
                del self.owner[key]
