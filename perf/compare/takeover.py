"""How long clients go without an answer when the server that served them dies, in a pair."""

import json
import socket
import time

import dhcp6
import lab
from compare.servers import TIMERS, Kea, subnet
from failover_pair import server_id, tandem6_config
from links import Client, UdpEnd
from netlab.pair import ADDRESSES, PairNetwork, in_state

WAITING = 20  # new clients; Kea counts clients that go unanswered


class Tandem6Pair:
    name = "tandem6 pair (RFC 8156)"
    ways = ("kill", "cable")

    def start(self, place, network):
        self.servers = {}
        for name in "ab":
            config = tandem6_config(name, dhcp6=TIMERS, mclt=3600, **{"keepalive-time": 4, "startup-time": 2})
            config["Dhcp6"]["subnet6"] = [subnet()]
            self.servers[name] = place.server(network.servers[name], config, name).start()
        for server in self.servers.values():
            lab.wait_for("the pair to be in NORMAL", lambda s=server: in_state(s, "NORMAL"), 60)

    def kill(self):
        self.servers["a"].kill()

    @staticmethod
    def is_primary(server):
        return server == server_id("a")

    def check_in_step(self):
        for server in self.servers.values():
            assert in_state(server, "NORMAL"), "the pair did not stay in NORMAL"

    def stop(self):
        for server in self.servers.values():
            server.stop()


class HaKea(Kea):
    """One of two in hot standby, each with an HTTP listener of its own (multi-threading, as Kea recommends since 2.2)."""

    PORT = 8081

    def __init__(self, name, settings):
        super().__init__(name, threads=2)
        self.settings = settings

    def further(self):
        peers = [{"name": name, "url": f"http://[{ADDRESSES[name]}]:{self.PORT}/", "role": role, "auto-failover": True}
                 for name, role in (("a", "primary"), ("b", "standby"))]
        ha = {"this-server-name": self.name, "mode": "hot-standby", "peers": peers, **self.settings,
              "multi-threading": {"enable-multi-threading": True, "http-dedicated-listener": True}}
        libraries = "/usr/lib/x86_64-linux-gnu/kea/hooks/"
        return {"control-socket": {"socket-type": "unix", "socket-name": f"{self.directory}/control.sock"},
                "hooks-libraries": [{"library": libraries + "libdhcp_lease_cmds.so"},
                                    {"library": libraries + "libdhcp_ha.so", "parameters": {"high-availability": [ha]}}]}


    def ha_state(self):
        """"hot-standby" when the two have found together."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(10)
                connection.connect(f"{self.directory}/control.sock")
                connection.sendall(b'{"command": "status-get"}')
                answer = b""
                while chunk := connection.recv(1 << 16):
                    answer += chunk
            return json.loads(answer)["arguments"]["high-availability"][0]["ha-servers"]["local"]["state"]
        except OSError:
            return "no answer"


class KeaPair:
    ways = ("kill", "cable")

    def __init__(self, name, settings):
        self.name, self.settings = name, settings

    def start(self, place, network):
        self.servers = {name: HaKea(name, self.settings) for name in "ab"}
        for name, server in self.servers.items():
            server.prepare(place, network.servers[name])
            server.start()
        self.primary = None
        lab.wait_for("Kea's pair to be in hot-standby", self._in_step, 120)

    def _in_step(self):
        return all(server.ha_state() == "hot-standby" for server in self.servers.values())

    def check_in_step(self):
        assert self._in_step(), {name: server.ha_state() for name, server in self.servers.items()}

    def kill(self):
        self.servers["a"].kill()

    def is_primary(self, server):
        # The only one that answers while both live.
        self.primary = self.primary or server
        return server == self.primary

    def stop(self):
        for server in self.servers.values():
            server.stop()


def pairs():
    return [Tandem6Pair(), KeaPair("Kea HA (its defaults)", {}),
            KeaPair("Kea HA (as fast as it can be set)", {"heartbeat-delay": 500, "max-response-delay": 1000, "max-ack-delay": 500,
                                                         "max-unacked-clients": 0})]


def waited(message, seconds):
    """The same message as its client repeats it, with the time for which it has waited (RFC 8415 §21.9)."""
    hundredths = min(int(seconds * 100), 0xffff)
    return message.replace(dhcp6.option(dhcp6.ELAPSED_TIME, b"\0\0"),
                           dhcp6.option(dhcp6.ELAPSED_TIME, hundredths.to_bytes(2, "big")), 1)


def first_answers(pair, end, held, patience):
    """{what: seconds} until somebody answers the client that has leases (REBIND) and one of the new ones (SOLICIT)."""
    began, found = time.monotonic(), {}
    new = [Client(end, 1000 + number, b"new") for number in range(WAITING)]
    messages = {"REBIND": [dhcp6.message(dhcp6.REBIND, 0x777777, held.duid, *held.ias(True, held.leases))],
                "SOLICIT": [dhcp6.message(dhcp6.SOLICIT, client.xid, client.duid, *client.ias()) for client in new]}
    wanted = {dhcp6.REPLY: "REBIND", dhcp6.ADVERTISE: "SOLICIT"}
    while len(found) < 2 and (now := time.monotonic() - began) < patience:
        for what, each in messages.items():
            for message in each if what not in found else ():
                end.send(waited(message, now))
        until = time.monotonic() + 0.05
        while (left := until - time.monotonic()) > 0:
            got = end.receive(left)
            answer = dhcp6.Message.parse(got[0]) if got else None
            if answer is None or answer.type not in wanted or pair.is_primary(answer.first(dhcp6.SERVER_ID)):
                continue
            if any(lease.valid > 0 for lease in answer.leases()):
                found.setdefault(wanted[answer.type], time.monotonic() - began)
    return {what: found.get(what) for what in messages}


def takeover(pair, way, patience=150):
    """{what: seconds or None}: `way` is kill (the process, by SIGKILL) or cable (both of the primary's)."""
    place = lab.Lab()
    try:
        network = PairNetwork("", "ab", host=place.namespace)
        end = place.keep(UdpEnd(network.clients, "wan0"))
        pair.start(place, network)
        held = Client(end, 1)
        held.four_way()
        assert pair.is_primary(held.server)
        time.sleep(5)  # the partner is told, heartbeats pass
        pair.check_in_step()
        if way == "kill":
            pair.kill()
        else:
            network.cable("to-a", False)
            network.cable("mgmt-a", False)
        found = first_answers(pair, end, held, patience)
        pair.stop()
        return found
    finally:
        place.close()
