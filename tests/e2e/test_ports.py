"""Several ports: subnets by interface, link state, and how packets find the workers."""

import os
import unittest

import lab
from lab import wait_for
from links import Client, UdpEnd
from netlab.namespaces import veth

def two_ports(**dataplane):
    first = lab.subnet()
    second = lab.subnet(**{"id": 2, "subnet": "2001:db8:2::/48", "interface": "client1", "pools": [{"pool": "2001:db8:2:1::/64"}],
                           "pd-pools": [{"prefix": "2001:db8:9000::", "prefix-len": 36, "delegated-len": 56}]})
    return lab.config(first, second, dhcp6={"interfaces-config": {"interfaces": ["client0", "client1"]}}, dataplane=dataplane)


class Ports(lab.EndToEnd):
    def serve_two(self, **dataplane):
        self.server_host, self.client_host = self.lab.wire()
        veth(self.server_host, "client1", self.client_host, "wan1")
        self.lab.link_ready(self.server_host, "client1")
        self.lab.link_ready(self.client_host, "wan1")
        self.server = self.lab.server(self.server_host, two_ports(**dataplane)).start()
        self.clients = [Client(self.lab.keep(UdpEnd(self.client_host, f"wan{i}")), 1 + i) for i in range(2)]

    def ports(self):
        return self.server.command("status-get")["arguments"]["tandem6"]["ports"]

    def test_each_ports_clients_are_served_from_its_subnet_by_its_link(self):
        self.serve_two()
        for client, place in zip(self.clients, ("2001:db8:1:1::/64", "2001:db8:2:1::/64")):
            reply = client.four_way()
            self.assert_in_prefix(reply.leases()[0].address, place)
            client.renew()
        self.assertNotEqual(self.clients[0].answered_from[0], self.clients[1].answered_from[0])
        self.assertEqual(self.clients[0].server, self.clients[1].server)

    def test_a_link_that_goes_down_and_up_is_logged_and_shown_and_the_others_serve_on(self):
        self.serve_two()
        for client in self.clients:
            client.four_way()
        self.client_host.run("ip", "link", "set", "wan1", "down")
        wait_for("the link to be seen down", lambda: [port["link-up"] for port in self.ports()] == [True, False])
        status = self.server.command("status-get")["arguments"]
        self.assertTrue(any("client1" in alarm for alarm in status["tandem6"]["alarms"]), status["tandem6"]["alarms"])
        shown = self.server_host.run(lab.TANDEM6CTL, "--socket", self.server.socket, "status", check=False)
        self.assertRegex(shown, r"client1 .*DOWN")
        self.logged("link is down")
        self.clients[0].renew()
        self.client_host.run("ip", "link", "set", "wan1", "up")
        wait_for("the link to be seen up", lambda: all(port["link-up"] for port in self.ports()))
        self.lab.link_ready(self.client_host, "wan1")
        held = {lease.key() for lease in self.clients[1].leases}
        self.assertEqual({lease.key() for lease in self.clients[1].renew().leases()}, held)
        self.logged("link is up")
        self.assertNotIn('link is down" port=client0', self.server.log_tail(100))

    def logged(self, what):
        """The daemon looks once a second."""
        wait_for(f"the log to say of client1: {what}", lambda: f'WARN link text="{what}" port=client1' in self.server.log_tail(100)
                 or f'INFO link text="{what}" port=client1' in self.server.log_tail(100))

    def test_status_tells_mtu_steering_and_the_kernels_side(self):
        self.serve_two()
        for port in self.ports():
            self.assertEqual((port["steering"], port["mtu"], port["kernel-side"]), ("one-queue", 1500, port["device"]))
        self.assertEqual(self.server.stop(), 0)
        cores = sorted(os.sched_getaffinity(0))[:2]
        if len(cores) < 2:
            self.skipTest("several queues need two cores")
        self.server.configure(two_ports(cores=cores))
        self.server.start()
        # net_af_packet has neither rte_flow nor RSS: the kernel's fanout spreads packets.
        self.assertEqual({port["steering"] for port in self.ports()}, {"device"})
        shown = self.server_host.run(lab.TANDEM6CTL, "--socket", self.server.socket, "status")
        self.assertIn("device", shown)
        for client in self.clients:
            client.four_way()

    def test_af_packet_as_a_device_string_is_refused_by_name(self):
        server_host, _ = self.lab.wire()
        server = self.lab.server(server_host, lab.config(dataplane={"ports": [{"name": "client0", "device": "net_af_packet0,iface=client0"}]}))
        with self.assertRaisesRegex(RuntimeError, "write the kernel interface's name alone"):
            server.start()


if __name__ == "__main__":
    unittest.main()
