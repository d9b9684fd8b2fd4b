"""Two servers and their clients: a client network that all share, and a management network between the servers."""

from netlab.namespaces import Namespace, run
from netlab.server import Server

ADDRESSES = {"a": "2001:db8:ff::1", "b": "2001:db8:ff::2"}
PORT = 647


def subnet(**changes):
    base = {"id": 1, "subnet": "2001:db8:1::/48", "interface": "client0",
            "pools": [{"pool": "2001:db8:1:1::/64"}],
            "pd-pools": [{"prefix": "2001:db8:1:8000::", "prefix-len": 49, "delegated-len": 56}]}
    base.update(changes)
    return base


class PairNetwork:
    """Namespaces PREFIX-a and PREFIX-b, each with client0 (in the client network) and mgmt0, and PREFIX-clients, a switch
    with the clients' interface wan0."""

    def __init__(self, prefix, names=("a", "b"), host=None):
        """`host(role)` makes a namespace; without it they are PREFIX-ROLE."""
        host = host or (lambda role: Namespace(f"{prefix}-{role}"))
        self.servers = {name: host(name) for name in names}
        self.clients = host("clients")
        for switch in ("switch", "mgmt"):
            self.clients.run("ip", "link", "add", switch, "type", "bridge", "mcast_snooping", "0")
            self.clients.run("sysctl", "-qw", f"net.ipv6.conf.{switch}.disable_ipv6=1")
            self.clients.run("ip", "link", "set", switch, "up")
        for name, space in self.servers.items():
            self.plug(space, "client0", "switch", f"to-{name}")
            self.plug(space, "mgmt0", "mgmt", f"mgmt-{name}")
            address = ADDRESSES.get(name) or f"2001:db8:ff::{3 + list(self.servers).index(name)}"
            space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", "mgmt0", "nodad")
        self.client_interface("wan0")

    def plug(self, space, interface, switch, port):
        """A cable from a host to a switch."""
        self.clients.run("ip", "link", "add", port, "type", "veth", "peer", "name", interface, "netns", space.name)
        self.clients.run("sysctl", "-qw", f"net.ipv6.conf.{port}.disable_ipv6=1")
        self.clients.run("ip", "link", "set", port, "master", switch, "up")
        space.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_dad=0")
        space.run("ip", "link", "set", interface, "up")

    def client_interface(self, name):
        """One more host on the client network, in the clients' namespace."""
        self.clients.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-port")
        self.clients.run("sysctl", "-qw", f"net.ipv6.conf.{name}-port.disable_ipv6=1")
        self.clients.run("ip", "link", "set", f"{name}-port", "master", "switch", "up")
        self.clients.run("sysctl", "-qw", f"net.ipv6.conf.{name}.accept_dad=0")
        self.clients.run("ip", "link", "set", name, "up")

    def cable(self, port, up):
        """Pulls a cable, or plugs it in again: "to-a" of the client network, "mgmt-a" of the management network."""
        self.clients.run("ip", "link", "set", port, "up" if up else "down")

    def namespaces(self):
        return [*self.servers.values(), self.clients]

    def delete(self):
        for space in self.namespaces():
            space.delete()


def partner_of(name):
    return "b" if name == "a" else "a"


def relationship(name, **changes):
    """What server `name` of the pair a (primary) and b (secondary) is told of it."""
    base = {"relationship": "pair", "role": "primary" if name == "a" else "secondary", "local": ADDRESSES[name],
            "partner": ADDRESSES[partner_of(name)], "port": PORT, "mclt": 60, "keepalive-time": 6, "startup-time": 5,
            "scan-interval": 5}
    base.update(changes)
    return {key: value for key, value in base.items() if value is not None}


def configuration(name, subnets=None, dhcp6=(), tandem6=(), **changes):
    return {"Dhcp6": {"interfaces-config": {"interfaces": ["client0"]},
                      "preferred-lifetime": 3000, "valid-lifetime": 4000,
                      "subnet6": subnets or [subnet()], **dict(dhcp6)},
            "tandem6": {"failover": [relationship(name, **changes)], **dict(tandem6)}}


def state(server):
    """The state of the server's only relationship."""
    return server.command("failover-status")["arguments"]["relationships"][0]


def in_state(server, wanted):
    """Of its only relationship. NORMAL counts when the partner is heard, and there too."""
    now = state(server)
    in_step = now["communicating"] and now["partner"]["state"] == "NORMAL"
    return now["local"]["state"] == wanted and (wanted != "NORMAL" or in_step)


__all__ = ["ADDRESSES", "PairNetwork", "Server", "configuration", "in_state", "partner_of", "relationship", "run", "state", "subnet"]
