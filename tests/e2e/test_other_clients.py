"""The clients that Debian has, directly and through the relay agents that Debian has."""

import os
import unittest

import lab
from lab import wait_for
from netlab.clients import DIBBLER_PRIVATE, Dhclient, Dhcp6c, Dhcpcd, Dibbler, Networkd
from netlab.namespaces import veth
from netlab.packages import program

SERVER_ADDRESS, RELAY_ADDRESS, LINK_ADDRESS = "2001:db8:f::1", "2001:db8:f::2", "2001:db8:5::1"

# What each is, and where its program is found.
CLIENTS = {
    "dhclient": (Dhclient, None),
    "dhcpcd": (Dhcpcd, None),
    "wide": (Dhcp6c, ("wide-dhcpv6-client", "usr/sbin/dhcp6c")),
    "dibbler": (Dibbler, ("dibbler-client", "usr/sbin/dibbler-client")),
    "networkd": (Networkd, ("systemd", "lib/systemd/systemd-networkd")),
}

RELAYED_SUBNET = {"id": 5, "subnet": "2001:db8:5::/48", "pools": [{"pool": "2001:db8:5:1::/64"}],
                  "pd-pools": [{"prefix": "2001:db8:5:8000::", "prefix-len": 49, "delegated-len": 56}]}

DIBBLER_RELAY = f"""log-level 8
iface down0 {{
  client multicast yes
  interface-id 77
}}
iface up0 {{
  server unicast {SERVER_ADDRESS}
}}
"""


class AllClients(lab.EndToEnd):
    def client(self, name, space, interface):
        kind, package = CLIENTS[name]
        if package is None:
            return self.lab.client(kind(space, interface, self.lab.directory))
        found = program(*package, self.lab.directory)
        if found is None:
            self.skipTest(f"{package[0]} cannot be fetched")
        return self.lab.client(kind(space, interface, self.lab.directory, found))

    def bound(self, name, client, address_in, prefix_in):
        client.start()
        wait_for(f"{name} to get an address and a prefix", lambda: client.address() and client.prefix())
        self.assert_in_prefix(client.address(), address_in)
        self.assert_in_prefix(client.prefix().split("/")[0], prefix_in)
        client.stop()


class Direct(AllClients):
    def test_every_client_on_our_own_link(self):
        self.serve()
        for name in CLIENTS:
            with self.subTest(client=name):
                client = self.client(name, self.client_host, "wan0")
                self.bound(name, client, "2001:db8:1:1::/64", "2001:db8:8000::/36")


class Relayed(AllClients):
    def build(self):
        server_host, relay_host, client_host = (self.lab.namespace(role) for role in ("server", "relay", "clients"))
        veth(server_host, "client0", relay_host, "up0")
        veth(relay_host, "down0", client_host, "wan0")
        for space, interface in ((server_host, "client0"), (relay_host, "up0"), (relay_host, "down0"), (client_host, "wan0")):
            self.lab.link_ready(space, interface)
        for space, interface, address in ((server_host, "client0", SERVER_ADDRESS), (relay_host, "up0", RELAY_ADDRESS),
                                          (relay_host, "down0", LINK_ADDRESS)):
            space.run("ip", "-6", "addr", "add", f"{address}/64", "dev", interface, "nodad")
        self.relay_host, self.client_host = relay_host, client_host
        self.server = self.lab.server(server_host, lab.config(lab.subnet(), RELAYED_SUBNET)).start()

    def relay(self, *command):
        with open(os.path.join(self.lab.directory, "relay.log"), "wb") as log:
            self.lab.process(self.relay_host.popen(*command, stdout=log, stderr=log))

    def every_client(self):
        for name in CLIENTS:
            with self.subTest(client=name):
                self.bound(name, self.client(name, self.client_host, "wan0"), "2001:db8:5:1::/64", "2001:db8:5:8000::/49")
        self.assertGreaterEqual(self.server.statistic("tandem6.relayed"), 2 * len(CLIENTS))
        self.assertLessEqual({lease["subnet-id"] for lease in self.server.leases()}, {5})

    def test_every_client_behind_isc_dhcrelay(self):
        self.build()
        found = program("isc-dhcp-relay", "usr/sbin/dhcrelay", self.lab.directory)
        if found is None:
            self.skipTest("isc-dhcp-relay cannot be fetched")
        self.relay(found, "-6", "-d", "-I", "--no-pid", "-l", "down0", "-u", f"{SERVER_ADDRESS}%up0")
        self.every_client()

    def test_every_client_behind_dibbler_relay(self):
        self.build()
        found = program("dibbler-relay", "usr/sbin/dibbler-relay", self.lab.directory)
        if found is None:
            self.skipTest("dibbler-relay cannot be fetched")
        configuration = os.path.join(self.lab.directory, "relay.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(DIBBLER_RELAY)
        self.relay("sh", "-c", DIBBLER_PRIVATE, "sh", found, configuration, "relay.conf")
        self.every_client()


if __name__ == "__main__":
    unittest.main()
