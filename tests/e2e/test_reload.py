"""config-reload and config --check: a good file is in force with the next reply, a bad one changes nothing."""

import ipaddress
import json
import subprocess
import unittest

import lab
from lab import TANDEM6D
from links import Client, UdpEnd
from load import Load, broken_promises

import dhcp6

ORO_DNS = dhcp6.option(dhcp6.ORO, dhcp6.DNS_SERVERS.to_bytes(2, "big"))


def dns(*servers):
    return {"option-data": [{"name": "dns-servers", "data": ", ".join(servers)}]}


class Reload(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.serve(lab.config(lab.subnet(), dhcp6=dns("2001:db8::53")))
        self.end = None

    def client(self, number, kind=b"one"):
        self.end = self.end or self.lab.keep(UdpEnd(self.client_host, "wan0"))
        return Client(self.end, number, kind)

    def reload(self, configuration):
        self.server.configure(configuration)
        return self.server.command("config-reload")

    def dns_servers(self):
        return self.client(1).ask(dhcp6.INFORMATION_REQUEST, ORO_DNS).dns_servers()

    def few(self, pool):
        """A subnet with few addresses and no prefixes."""
        return lab.config(lab.subnet(pools=[{"pool": each} for each in ([pool] if isinstance(pool, str) else pool)], **{"pd-pools": None}))

    def address_for(self, number):
        """What a new client gets; None when there is nothing left."""
        client = self.client(number, b"few")
        advertise = client.ask(dhcp6.SOLICIT, *client.ias(prefix=False))
        if not advertise.leases():
            return None
        reply = client.four_way(prefix=False)
        return reply.leases()[0].address, client

    def test_options_and_lifetimes_are_in_force_with_the_next_reply_and_nobody_is_disturbed(self):
        load = self.lab.keep(Load(self.client_host, "wan0", count=200, window=8, rate=200))
        load.go()
        lab.wait_for("load", lambda: load.answered() > 100)
        dropped = self.drops()
        for number in range(10):
            answer = self.reload(lab.config(lab.subnet(**{"valid-lifetime": 5000 + number}), dhcp6=dns(f"2001:db8::{number}")))
            self.assertEqual(answer["result"], 0, answer)
            seen = load.answered()
            lab.wait_for("load between reloads", lambda s=seen: load.answered() > s + 20)
        load.pause()
        self.assertEqual(self.drops(), dropped)
        self.assertEqual(load.wrong[:5], [])
        database = lab.active(self.server.leases())
        self.assertEqual(broken_promises(load, database)[:5], [])
        load.end.close()
        self.assertEqual(self.dns_servers(), ["2001:db8::9"])
        self.assertEqual({lease.valid for lease in self.client(9).four_way().leases()}, {5009})

    def test_reservations_networks_and_bad_files_under_load_lose_nothing(self):
        load = self.lab.keep(Load(self.client_host, "wan0", count=200, window=8, rate=200))
        load.go()
        lab.wait_for("load", lambda: load.answered() > 100)
        dropped = self.drops()
        host = {"duid": "00:03:00:01:02:ff:00:00:00:01", "ip-addresses": ["2001:db8:1:1::beef"], "prefixes": ["2001:db8:8000:1200::/56"]}
        alone = lab.subnet()
        reserved = lab.subnet(reservations=[host])
        other = {"id": 9, "subnet": "2001:db8:9::/64", "pools": [{"pool": "2001:db8:9::/64"}]}

        def network(*subnets):
            configuration = lab.config(dhcp6={"shared-networks": [{"name": "floor", "interface": "client0", "subnet6": list(subnets)}]})
            configuration["Dhcp6"]["subnet6"] = []
            return configuration

        joined = lab.subnet(interface=None)
        for turn, configuration in enumerate([lab.config(reserved), network(joined, other), network(reserved, other),
                                              network(joined), lab.config(alone), lab.config(reserved), lab.config(alone)]):
            answer = self.reload(configuration)
            self.assertEqual(answer["result"], 0, answer)
            self.assertNotIn("lifetimes 0", answer["text"])
            bad = lab.config(lab.subnet(subnet="nonsense"))
            if turn % 2:
                bad["Dhcp6"]["control-socket"] = {"socket-type": "unix", "socket-name": self.server.socket}
                self.assertEqual(self.server.command("config-set", bad)["result"], 1)
            else:
                self.assertEqual(self.reload(bad)["result"], 1)
            seen = load.answered()
            lab.wait_for("load between reloads", lambda s=seen: load.answered() > s + 40)
        load.pause()
        self.assertEqual(self.drops(), dropped)
        self.assertEqual(load.wrong[:5], [])
        self.assertEqual(broken_promises(load, lab.active(self.server.leases()))[:5], [])

    def test_a_subnet_with_leases_that_goes_is_told_or_refused(self):
        client = self.client(1)
        client.four_way()
        gone = lab.config(lab.subnet(id=5, subnet="2001:db8:5::/64", pools=[{"pool": "2001:db8:5::/64"}], **{"pd-pools": None}))
        self.server.configure(gone)
        refused = self.server.command("config-reload", {"refuse-if-leases-lost": True})
        self.assertEqual(refused["result"], 1)
        self.assertIn("subnet 1: 2 leases are in no pool any more", refused["text"])
        self.assertTrue(all(lease.valid > 0 for lease in client.renew().leases()))
        answer = self.server.command("config-reload")
        self.assertEqual(answer["result"], 0)
        self.assertIn("subnet 1: 2 leases are in no pool any more", answer["text"])
        self.assertIn("leases-lost", self.server.log_tail())
        # RFC 8415 18.3.4: what is not appropriate for the link any more comes back with lifetimes 0.
        renewed = {lease.key(): lease.valid for lease in client.renew().leases()}
        self.assertEqual([renewed[lease.key()] for lease in client.leases], [0, 0])

    def test_set_is_in_force_at_once_and_write_makes_it_last(self):
        configuration = self.server.command("config-get")["arguments"]
        before = configuration.pop("hash")
        configuration["Dhcp6"].update(dns("2001:db8::77"))
        del configuration["tandem6"]  # it stays as it is
        answer = self.server.command("config-set", configuration)
        self.assertEqual(answer["result"], 0, answer)
        self.assertNotEqual(answer["arguments"]["hash"], before)
        self.assertEqual(self.dns_servers(), ["2001:db8::77"])
        self.assertEqual(self.server.command("config-reload")["arguments"]["hash"], before)
        self.assertEqual(self.dns_servers(), ["2001:db8::53"])
        self.server.command("config-set", configuration)
        answer = self.server.command("config-write")
        self.assertEqual(answer["result"], 0, answer)
        self.assertEqual(answer["arguments"]["filename"], self.server.config_file)
        self.server.stop()
        self.server.start()
        self.assertEqual(self.dns_servers(), ["2001:db8::77"])
        self.assertEqual(self.server.command("config-write", {"filename": "/etc/elsewhere.json"})["result"], 1)

    def drops(self):
        """What was lost on the way: not what was refused for a reason."""
        return {name: self.server.statistic(f"tandem6.drop.{name}")
                for name in ("log-full", "stale", "ring-full", "no-buffer", "no-subnet")}

    def test_sighup_reloads_too(self):
        self.server.configure(lab.config(lab.subnet(), dhcp6=dns("2001:db8::99")))
        lab.run("kill", "-HUP", str(self.server.process.pid))
        lab.wait_for("the new option", lambda: self.dns_servers() == ["2001:db8::99"])

    def test_a_pool_added(self):
        self.assertEqual(self.reload(self.few("2001:db8:1::10-2001:db8:1::13"))["result"], 0)
        given = {self.address_for(number)[0] for number in range(4)}
        self.assertEqual(len(given), 4)
        self.assertIsNone(self.address_for(5))
        self.assertEqual(self.reload(self.few(["2001:db8:1::10-2001:db8:1::13", "2001:db8:1::20-2001:db8:1::20"]))["result"], 0)
        self.assertEqual(self.address_for(5)[0], "2001:db8:1::20")
        self.assertIsNone(self.address_for(6))

    def test_a_pool_resized_gives_nothing_twice_and_keeps_what_is_leased(self):
        self.assertEqual(self.reload(self.few("2001:db8:1::10-2001:db8:1::17"))["result"], 0)
        held = dict(self.address_for(number) for number in range(8))
        self.assertEqual(len(held), 8)
        # Half of the old pool, and as much again beside it.
        self.assertEqual(self.reload(self.few("2001:db8:1::14-2001:db8:1::1b"))["result"], 0)
        more = [self.address_for(number) for number in range(20, 24)]
        self.assertNotIn(None, more)
        self.assertEqual({address for address, _ in more}, {f"2001:db8:1::{n:x}" for n in range(0x18, 0x1c)})
        self.assertIsNone(self.address_for(30))
        for address, client in held.items():
            if ipaddress.IPv6Address(address) >= ipaddress.IPv6Address("2001:db8:1::14"):
                self.assertEqual([(lease.address, lease.valid > 0) for lease in client.renew(prefix=False).leases()], [(address, True)])
        # And back again: what was leased before and in between is still somebody's.
        self.assertEqual(self.reload(self.few("2001:db8:1::10-2001:db8:1::1b"))["result"], 0)
        self.assertIsNone(self.address_for(31))
        self.assertEqual(len(lab.active(self.server.leases())), 12)

    def test_a_bad_file_changes_nothing_and_names_the_place(self):
        with open(self.server.config_file, encoding="utf-8") as file:
            text = file.read()
        bad = text.replace('"subnet": "2001:db8:1::/48"', '"subnett": "2001:db8:1::/48"').replace("2001:db8::53", "2001:db8::54")
        with open(self.server.config_file, "w", encoding="utf-8") as file:
            file.write(bad)
        line = 1 + bad[:bad.index("subnett")].count("\n")
        answer = self.server.command("config-reload")
        self.assertEqual(answer["result"], 1)
        self.assertRegex(answer["text"], rf":{line}:\d+: error: .*subnett")
        self.assertEqual(self.dns_servers(), ["2001:db8::53"])
        with open(self.server.config_file, "w", encoding="utf-8") as file:
            file.write(text[:-20])  # not even JSON
        self.assertEqual(self.server.command("config-reload")["result"], 1)
        self.assertEqual(self.dns_servers(), ["2001:db8::53"])
        done = subprocess.run([lab.TANDEM6CTL, "--socket", self.server.socket, "config", "reload"], capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 1, done)

    def test_what_needs_a_restart_is_named(self):
        changed = lab.config(lab.subnet(), dhcp6=dns("2001:db8::55"), dataplane={"idle": "spin"}, storage={"path": "/var/tmp/elsewhere"})
        answer = self.reload(changed)
        self.assertEqual(answer["result"], 1)
        self.assertIn("restart", answer["text"])
        self.assertIn("tandem6.storage", answer["text"])
        self.assertEqual(self.dns_servers(), ["2001:db8::53"])


class Check(unittest.TestCase):
    """tandem6d --check needs no network."""

    def check(self, text):
        lab_ = lab.Lab()
        self.addCleanup(lab_.close)
        path = f"{lab_.directory}/tandem6.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([TANDEM6D, "--config", path, "--check"], capture_output=True, text=True, timeout=30)

    def test_a_good_file_is_summed_up_with_status_0(self):
        done = self.check("// a comment\n" + json.dumps(lab.config(), indent=1))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("2001:db8:1::/48", done.stdout)

    def test_a_bad_file_is_told_all_its_errors_with_status_2(self):
        text = json.dumps(lab.config(lab.subnet(**{"rapid-comit": True}), dhcp6={"valid-lifetime": "long"}), indent=1)
        done = self.check(text)
        self.assertEqual(done.returncode, 2, done)
        for word in ("rapid-comit", "valid-lifetime"):
            line = 1 + text[:text.index(f'"{word}"')].count("\n")
            self.assertRegex(done.stderr, rf"tandem6.conf:{line}:\d+: error: .*{word}")

    def test_no_such_file(self):
        done = subprocess.run([TANDEM6D, "--config", "/nonexistent/x.conf", "--check"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("/nonexistent/x.conf", done.stderr)


if __name__ == "__main__":
    unittest.main()
