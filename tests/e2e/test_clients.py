"""Real clients on one wire: leases, release, restart, crash."""

import os
import time
import unittest

import lab
from lab import active, wait_for
from links import Client, UdpEnd
from load import Load, broken_promises
from netlab.clients import Dhclient, Dhcpcd, end
from netlab.namespaces import second_interface

import dhcp6


class Clients(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        # Short enough to watch a renewal, long enough for a slow machine.
        self.serve(lab.config(lab.subnet(**{"renew-timer": 4, "rebind-timer": 300, "preferred-lifetime": 600, "valid-lifetime": 900})))
        second_interface(self.client_host, "wan0", "wan1")
        self.lab.link_ready(self.client_host, "wan1")

    def start(self, kind, interface):
        client = self.lab.client(kind(self.client_host, interface, self.lab.directory))
        client.start()
        wait_for(f"{kind.__name__} to get an address and a prefix", lambda: client.address() and client.prefix())
        return client

    def held(self):
        return {f"{address}/{length}" if length < 128 else address for address, length in active(self.server.leases())}

    def test_dhclient_dhcpcd_and_perfdhcp_get_leases_and_dhclient_releases(self):
        run = lab.Perfdhcp(self.client_host, "wan0", "-r", "100", "-R", "200", "-n", "100", "-e", "address-and-prefix")
        others = 2 * run.assert_perfect(self, 100)
        self.assertEqual(len(self.held()), others)
        dhclient, dhcpcd = self.start(Dhclient, "wan0"), self.start(Dhcpcd, "wan1")
        theirs = {dhclient.address(), dhclient.prefix(), dhcpcd.address(), dhcpcd.prefix()}
        self.assertEqual(len(theirs), 4)
        self.assertEqual(len(self.held()), others + 4)
        self.assertLessEqual(theirs, self.held())
        for client in (dhclient, dhcpcd):
            self.assert_in_prefix(client.address(), "2001:db8:1:1::/64")
            self.assertTrue(client.prefix().endswith("/56"), client.prefix())
        listed = lab.run(lab.TANDEM6CTL, "--socket", self.server.socket, "leases", "--all")
        for lease in theirs:
            self.assertIn(lease, listed)

        end(dhclient.process)
        self.client_host.run("/sbin/dhclient", "-6", "-r", "-N", "-P", "-v", "-sf", dhclient.script, "-lf", dhclient.state + ".leases",
                             "-pf", dhclient.state + ".pid", "-cf", "/dev/null", "wan0")
        wait_for("the RELEASE", lambda: self.server.statistic("pkt6-release-received"))
        wait_for("the leases to be free", lambda: len(self.held()) == others + 2)
        self.assertFalse({dhclient.address(), dhclient.prefix()} & self.held())
        self.assertLessEqual({dhcpcd.address(), dhcpcd.prefix()}, self.held())

    def test_leases_and_server_duid_survive_sigterm_and_kill_9_and_are_renewed(self):
        own = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 1)
        own.four_way()
        own.end.close()
        clients = [self.start(Dhclient, "wan0"), self.start(Dhcpcd, "wan1")]
        had = [(client.address(), client.prefix()) for client in clients]
        held = self.held()
        self.assertEqual(len(held), 6)

        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(self.held(), held)
        self.renewed(clients, had)

        self.server.kill()
        self.server.start()
        self.assertEqual(self.held(), held)
        self.renewed(clients, had)

        for client in clients:
            client.stop()
        again = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), 2)
        again.four_way(prefix=False)
        self.assertEqual(dhcp6.text_of(again.server), dhcp6.text_of(own.server))

    def renewed(self, clients, had):
        # Counted since the restart.
        wait_for("both to renew", lambda: self.server.statistic("pkt6-renew-received") >= 2)
        wait_for("the answers", lambda: self.server.statistic("pkt6-reply-sent") >= 2)
        # A REBIND or a SOLICIT would mean that the server did not know its own leases.
        self.assertEqual(self.server.statistic("pkt6-solicit-received"), 0)
        time.sleep(0.3)
        self.assertEqual([(client.address(), client.prefix()) for client in clients], had)

    def test_sigterm_under_load_writes_what_it_answered_and_exits_0(self):
        load = self.lab.keep(Load(self.client_host, "wan0", count=500))
        load.go()
        wait_for("load", lambda: load.answered() > 1000)
        self.assertEqual(self.server.stop(), 0)
        load.pause()
        self.assertFalse(os.path.exists(self.server.socket), "the control socket was left behind")
        self.server.start()
        self.assertEqual(load.wrong[:5], [])
        self.assertEqual(broken_promises(load, active(self.server.leases()))[:5], [])


if __name__ == "__main__":
    unittest.main()
