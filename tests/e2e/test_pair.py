"""Failover (RFC 8156) on real processes: two servers, their clients, and what befalls them."""

import os
import random
import shutil
import signal
import time
import unittest

import dhcp6
import lab
from failover_pair import (ADDRESSES, CONNECTREPLY, EXCESSIVE_TIME_SKEW, SUBNET, TIMERS, Crowd, FakePartner, PairClient, PairTest,
                           RelayedClient, connect_message, server_id, state, tandem6_config, why_not)
from lab import wait_for
from links import UdpEnd
from load import Load
from netlab.certificates import Authority
from netlab.clients import Dhclient

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
NOT_RESPONSIVE = "tandem6.drop.not-responsive"


def updates(server):
    return state(server)["updates"]


class Normal(PairTest):
    def test_a_lease_of_the_primary_is_known_to_the_silent_secondary(self):
        self.start_pair()
        client, = self.clients([1])
        self.assertEqual(client.server, server_id("a"))
        leases = self.databases_equal()
        self.assert_held_once([client], leases)
        self.assertEqual(len(leases), 2)
        for (_, length), lease in leases.items():
            self.assertEqual((lease["iaid"], lease["subnet-id"], lease["valid-lft"]), (1, 1, TIMERS["mclt"]))
            self.assertEqual(lease["type"], "IA_NA" if length == 128 else "IA_PD")
        wait_for("the acknowledgements", lambda: updates(self.a)["acked"] >= 2 and updates(self.a)["unacked"] == 0)
        self.assertEqual(updates(self.a)["rejected"], 0)
        self.assertGreaterEqual(updates(self.b)["received"], 1)
        # The secondary saw the SOLICIT and the REQUEST of another server; it answered neither (RFC 8156 §8.8.1).
        wait_for("it to see them", lambda: self.b.statistic(NOT_RESPONSIVE) >= 1)
        self.assertEqual(self.b.statistic("pkt6-sent"), 0)
        for server, role, other in ((self.a, "primary", "secondary"), (self.b, "secondary", "primary")):
            now = state(server)
            self.assertEqual((now["local"]["role"], now["partner"]["role"]), (role, other))
            self.assertTrue(now["communicating"])
            self.assertEqual(now["last-disconnect"], "")
        # What is acknowledged may be given the whole lifetime at the next contact (§4.4).
        client.renew()
        self.assertEqual({lease.valid for lease in client.leases}, {4000})
        self.assertEqual({lease["valid-lft"] for lease in self.databases_equal().values()}, {4000})
        client.release()
        wait_for("nothing to be left", lambda: not lab.active(self.a.leases()) and not lab.active(self.b.leases()))

    def test_the_name_of_a_client_reaches_the_partner(self):
        """RFC 8156 §7.4: also where neither relay data nor reconfigure keys are kept."""
        self.start_pair()
        client = PairClient(self.end, 1)
        client.extra = dhcp6.fqdn("cpe.example.net")
        client.four_way()
        self.assertEqual({lease["hostname"] for lease in self.databases_equal().values()}, {"cpe.example.net."})
        client.extra = dhcp6.fqdn("other.example.net")
        client.renew()
        self.assertEqual({lease["hostname"] for lease in self.databases_equal().values()}, {"other.example.net."})

    def test_a_client_of_the_secondary_is_answered_by_it(self):
        self.start_pair()
        client, = self.clients([1])
        self.databases_equal()
        # RFC 8156 §8.8.1: what carries its own Server Identifier.
        client.server, client.only = server_id("b"), "b"
        self.assertEqual({lease.key() for lease in client.renew().leases()}, client.held())
        wait_for("the primary to know", lambda: updates(self.b)["acked"] >= 1)
        self.databases_equal()


class Failures(PairTest):
    def test_the_client_of_a_killed_primary_keeps_address_and_prefix(self):
        short = {"renew-timer": 3, "rebind-timer": 5}
        self.start_pair(dhcp6=short.items())
        client = self.lab.client(Dhclient(self.network.clients, "wan0", self.lab.directory))
        self.end.close()  # the port is dhclient's
        client.start()
        wait_for("dhclient to be given both", lambda: client.address() and client.prefix())
        held = client.address(), client.prefix()
        self.databases_equal()
        self.a.kill()
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED", self.b)
        wait_for("a REBIND", lambda: client.events()[-1][0] == "REBIND6", 40)
        self.assertEqual((client.address(), client.prefix()), held)
        self.assertGreaterEqual(self.b.statistic("pkt6-rebind-received"), 1)
        self.a.start()
        self.wait_for_normal()
        leases = self.databases_equal()
        self.assertEqual({(address, length) for address, length in leases},
                         {(held[0].split("/")[0], 128), (held[1].split("/")[0], 56)})

    def test_a_primary_with_a_wiped_disk_has_everything_again_after_the_mclt(self):
        self.start_pair()
        clients = self.clients(range(1, 41))
        self.databases_equal()
        for client in clients:
            client.renew()  # now for longer than this test takes
        before = self.databases_equal()
        shares = state(self.b)["prefixes"]
        self.a.kill()
        shutil.rmtree(os.path.join(self.a.directory, "db"))
        started = time.monotonic()
        self.a.start()
        self.wait_for_state("RECOVER-WAIT", self.a)
        # All of them, each for at least as long: a may have promised more before, of which it has no memory.
        after = lab.active(self.a.leases())
        self.assertEqual(after.keys(), before.keys())
        for key, lease in before.items():
            self.assertEqual({**after[key], "valid-lft": 0}, {**lease, "valid-lft": 0})
            self.assertGreaterEqual(after[key]["valid-lft"], lease["valid-lft"])
        self.assertFalse(state(self.b)["local"]["state"] == "NORMAL")
        # The partner serves meanwhile: those it knows, and new ones.
        clients[0].only = None
        self.assertEqual({lease.key() for lease in clients[0].rebind().leases()}, clients[0].held())
        newcomer, = self.clients([100])
        self.assertEqual(newcomer.server, server_id("b"))
        self.assertEqual(self.a.statistic("pkt6-sent"), 0)
        # What it was given lasts as long as the wait: it is extended in between.
        time.sleep(TIMERS["mclt"] / 2)
        newcomer.renew()
        self.wait_for_normal(patience=50)
        # §8.6.2: not before what it may have given has ended.
        self.assertGreater(time.monotonic() - started, TIMERS["mclt"] - 2)
        self.assert_held_once([*clients, newcomer], self.databases_equal())
        theirs = shares[0]["ours"]
        wait_for("the partner's prefixes to be known", lambda: state(self.a)["prefixes"][0]["partners"] > 0)
        self.assertEqual(state(self.a)["prefixes"][0]["partners"], state(self.b)["prefixes"][0]["ours"])
        self.assertAlmostEqual(state(self.b)["prefixes"][0]["ours"], theirs, delta=theirs / 4 + 10)

    def test_a_partition_with_clients_at_both_servers_heals(self):
        self.start_pair()
        self.wait_for_shares()
        old = self.clients(range(1, 41))
        self.databases_equal()
        self.cable("mgmt-a", False)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
        at_a, at_b = self.clients(range(1000, 1100), "a"), self.clients(range(2000, 2100), "b")
        for number, client in enumerate(old):
            client.only = client.server = None
            self.assertEqual({lease.key() for lease in client.rebind().leases()}, client.held(), number)
        # RFC 8156 §4.2.1.1: odd addresses are the primary's.
        for clients, parity in ((at_a, 1), (at_b, 0)):
            for client in clients:
                address = next(lease.address for lease in client.leases if lease.ia == dhcp6.IA_NA)
                self.assertEqual(int(address[-1], 16) % 2, parity, address)
        self.cable("mgmt-a", True)
        self.wait_for_normal()
        self.assert_held_once([*old, *at_a, *at_b], self.databases_equal())
        for server in (self.a, self.b):
            self.assertEqual(updates(server)["rejected"], 0)

    def test_both_declared_the_other_down_by_mistake(self):
        self.start_pair()
        self.wait_for_shares()
        old = self.clients(range(1, 21))
        self.databases_equal()
        self.cable("mgmt-a", False)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
        for server in (self.a, self.b):
            self.partner_down(server)
            self.wait_for_state("PARTNER-DOWN", server)
        at_a, at_b = self.clients(range(1000, 1050), "a"), self.clients(range(2000, 2050), "b")
        # The same clients at both, one after the other.
        for client, name in zip(old, "ab" * 10):
            client.only = name
            self.assertEqual({lease.valid for lease in client.rebind().leases()}, {4000})
        self.cable("mgmt-a", True)
        self.wait_for_normal()
        self.assertTrue(self.log_has(self.a, "POTENTIAL-CONFLICT (before: PARTNER-DOWN"))
        self.assertTrue(self.log_has(self.a, "CONFLICT-DONE"))
        self.assertTrue(self.log_has(self.b, "POTENTIAL-CONFLICT (before: PARTNER-DOWN"))
        self.assert_held_once([*old, *at_a, *at_b], self.databases_equal())

    def test_a_partner_that_stops_reading_is_left_and_comes_back(self):
        self.start_pair()
        self.end.close()  # the port is the load's
        load = self.lab.keep(Load(self.network.clients, "wan0", count=1000, window=16, release=0))
        load.go()
        wait_for("answers", lambda: load.answered() > 200)
        before = memory(self.a)
        os.kill(self.b.process.pid, signal.SIGSTOP)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED", self.a)
        answered = load.answered()
        wait_for("clients to be served on", lambda: load.answered() > answered + 500)
        os.kill(self.b.process.pid, signal.SIGCONT)
        load.pause()
        self.assertLess(memory(self.a) - before, 100 << 20)
        self.wait_for_normal()
        self.assertEqual(load.wrong[:5], [])
        self.databases_equal()


class Chaos(PairTest):
    """Clients at work while one thing after the other fails."""

    def run_through(self, failures, seed, seconds):
        self.start_pair()
        self.wait_for_shares()
        chance = random.Random(seed)
        crowd = self.lab.keep(Crowd(self.end, 120, seed))
        crowd.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.2, 1.5))
            chance.choice(failures)(chance)
        crowd.close()
        self.assertIsNone(crowd.problem)
        self.assertEqual(crowd.twice[:3], [])
        self.assertEqual(crowd.taken_away[:3], [])
        self.wait_for_normal()
        self.assert_held_once(crowd.holders(), self.databases_equal())
        print(f"[seed {seed}, {crowd.answered} answers, {len(crowd.holders())} clients at the end] ", end="", flush=True)
        self.assertGreater(crowd.answered, 300, "too little to prove anything")

    def kill_one(self, chance):
        server = chance.choice([self.a, self.b])
        server.kill()
        time.sleep(chance.uniform(0, 2))
        server.start()

    def kill_both(self, chance):
        for server in (self.a, self.b):
            server.kill()
        for server in chance.sample([self.a, self.b], 2):
            server.start()

    def pull_cable(self, port, chance):
        self.cable(port, False)
        time.sleep(chance.uniform(0.1, 6))
        self.cable(port, True)

    def freeze_one(self, chance):
        server = chance.choice([self.a, self.b])
        os.kill(server.process.pid, signal.SIGSTOP)
        time.sleep(chance.uniform(0.1, 6))
        os.kill(server.process.pid, signal.SIGCONT)

    def test_kills_pulled_cables_and_frozen_servers(self):
        seed = int(os.environ.get("TANDEM6_SEED", random.randrange(1 << 16)))
        cables = [lambda chance, port=port: self.pull_cable(port, chance) for port in ("mgmt-a", "to-a", "to-b")]
        self.run_through([self.kill_one, self.kill_both, self.freeze_one, *cables], seed,
                         int(os.environ.get("TANDEM6_SECONDS", 14)))


def memory(server):
    """What the process occupies, in bytes."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Clocks(PairTest):
    def test_a_connect_from_another_time_is_refused_with_ExcessiveTimeSkew(self):
        self.network_of("b")
        self.network.servers["b"].run("ip", "-6", "addr", "add", ADDRESSES["a"], "dev", "lo")
        server = self.add_server("b", tandem6_config("b")).start()
        for ahead in (20, -20):
            partner = self.lab.keep(FakePartner(self.network.servers["b"], ADDRESSES["a"]))
            partner.send(connect_message(ahead))
            kind, options = partner.receive()
            self.assertEqual((kind, dhcp6.status_of(options)), (CONNECTREPLY, EXCESSIVE_TIME_SKEW))
            self.assertIsNone(partner.receive())
        self.assertTrue(self.log_has(server, "failover-refused", "the clocks differ by 20 seconds"))
        self.assertIn("the clocks differ by 20 seconds", state(server)["last-disconnect"])
        partner = self.lab.keep(FakePartner(self.network.servers["b"], ADDRESSES["a"]))
        partner.send(connect_message())
        kind, options = partner.receive()
        self.assertEqual((kind, dhcp6.status_of(options)), (CONNECTREPLY, 0))

    def clock_of_our_own(self, shift):
        """A tandem6d whose clock is `shift` seconds ahead, and how to change that."""
        clock, program = (os.path.join(self.lab.directory, name) for name in ("clock", "tandem6d-with-a-clock"))

        def set_shift(seconds):
            with open(clock + ".new", "w", encoding="ascii") as file:
                file.write(f"{seconds:+d}s\n")
            os.rename(clock + ".new", clock)

        set_shift(shift)
        with open(program, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec env LD_PRELOAD={FAKETIME} FAKETIME_TIMESTAMP_FILE={clock} FAKETIME_CACHE_DURATION=1 "
                       f"FAKETIME_DONT_FAKE_MONOTONIC=1 {lab.TANDEM6D} \"$@\"\n")
        os.chmod(program, 0o755)
        return program, set_shift

    @unittest.skipUnless(os.path.exists(FAKETIME), "faketime is not installed")
    def test_a_server_with_a_wrong_clock_is_alarmed_of_at_3_s_and_left_at_20_s(self):
        self.network_of("a", "b")
        wrong, shift = self.clock_of_our_own(3)
        self.a = self.add_server("a", tandem6_config("a")).start()
        self.b = self.add_server("b", tandem6_config("b"), wrong).start()
        self.wait_for_normal()
        wait_for("the skew to show", lambda: abs(state(self.a)["skew-seconds"] - 3) <= 1)
        self.assertIn("clock is", " ".join(state(self.a)["alarms"]))
        self.assertTrue(self.log_has(self.a, "failover-clock-skew"))
        self.wait_for_shares()
        shift(20)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
        wait_for("the reason", lambda: "the clocks differ by" in state(self.a)["last-disconnect"])
        client, = self.clients([1])  # from either
        self.assertEqual(len(client.leases), 2)
        shift(0)
        self.wait_for_normal()


    @unittest.skipUnless(os.path.exists(FAKETIME), "faketime is not installed")
    def test_what_both_gave_away_after_a_mistaken_partner_down_is_one_clients_in_the_end(self):
        """The clocks of both jump over the MCLT, after which each uses the other's prefixes too (RFC 8156 §8.4.1)."""
        self.network_of("a", "b")
        program, shift = self.clock_of_our_own(0)
        few = {**SUBNET, "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 51, "delegated-len": 56}]}
        for name in "ab":
            config = tandem6_config(name)
            config["Dhcp6"]["subnet6"] = [few]
            self.add_server(name, config, program).start()
        self.a, self.b = self.servers["a"], self.servers["b"]
        self.wait_for_normal()
        self.wait_for_shares()
        self.cable("mgmt-a", False)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
        self.partner_down(self.a)
        self.partner_down(self.b)
        shift(TIMERS["mclt"] + 5)
        time.sleep(1.5)  # no lease is to end by the jump
        # All that each has of its own, and then the partner's, as soon as it has seen that the MCLT is over.
        at_a, at_b = ([PairClient(self.end, number, name) for number in range(start, start + 28)]
                      for name, start in (("a", 1000), ("b", 2000)))
        for client in at_a + at_b:
            wait_for("an address and a prefix", lambda c=client: len(c.four_way().leases()) == 2)
        taken = [{key for client in clients for key in client.held() if key[1] == 56} for clients in (at_a, at_b)]
        self.assertGreaterEqual(len(taken[0] & taken[1]), 24)
        self.cable("mgmt-a", True)
        self.wait_for_normal()
        leases = self.databases_equal()
        for server in (self.a, self.b):
            self.assertTrue(self.log_has(server, "failover-conflict", "was leased to two clients"))
        # Whoever heard of the other's first has noted it.
        self.assertGreaterEqual(sum(state(server)["conflicts"] for server in (self.a, self.b)), len(taken[0] & taken[1]))
        self.assertLessEqual(taken[0] | taken[1], leases.keys())
        # Who lost a prefix is told so at its next contact; the others keep theirs.
        lost = 0
        for client in at_a + at_b:
            owned = {key for key in client.held() if leases[key]["duid"] == dhcp6.text_of(client.duid)}
            client.only = None
            client.leases = [lease for lease in client.rebind().leases() if lease.valid > 0]
            lost += len(client.leases) < 2
            self.assertEqual(client.held(), owned)
        self.assertEqual(lost, len(taken[0] & taken[1]))
        self.assert_held_once(at_a + at_b, self.databases_equal())


class Secure(PairTest):
    """With TLS (RFC 8156 §10)."""

    def certificates(self):
        self.directory = os.path.join(self.lab.directory, "certificates")
        self.authority = Authority(self.directory)
        return {name: self.authority.tls(f"{name}.example.net", f"{other}.example.net") for name, other in ("ab", "ba")}

    def start_secure_pair(self):
        self.tls = self.certificates()
        self.network_of("a", "b")
        for name in "ab":
            self.add_server(name, tandem6_config(name, tls=self.tls[name])).start()
        self.a, self.b = self.servers["a"], self.servers["b"]
        self.wait_for_normal()

    def test_certificates_are_replaced_without_losing_the_relationship(self):
        self.start_secure_pair()
        self.assertTrue(state(self.a)["secure"] and state(self.b)["secure"])
        self.assertIn("certificate this server's ends at 20", " ".join(self.ctl(self.a, "failover", "status")[1].split()))
        self.assertEqual(state(self.a)["alarms"], [])
        since = [state(server)["local"]["since"] for server in (self.a, self.b)]
        self.certificates()  # all new, the CA too, in the same files
        for server in (self.a, self.b):
            self.assertEqual(server.command("config-reload")["result"], 0)
        self.clients([1])
        self.databases_equal()
        self.assertEqual([state(server)["local"]["since"] for server in (self.a, self.b)], since)
        # The next connection is made with the new ones.
        self.cable("mgmt-a", False)
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
        self.cable("mgmt-a", True)
        self.wait_for_normal()
        self.assertTrue(state(self.a)["secure"])

    def test_a_partner_that_cannot_prove_itself_is_none_and_clients_are_served(self):
        self.start_secure_pair()
        held, = self.clients([1])
        self.databases_equal()
        other = Authority(os.path.join(self.lab.directory, "other"))
        # Who is configured how, and where it is said what is wrong.
        cases = [("b", other.tls("b.example.net", "a.example.net"), "a", "does not come from the CA"),
                 ("b", self.authority.tls("c.example.net", "a.example.net"), "a", "is for c.example.net, not for b.example.net"),
                 ("b", {**self.tls["b"], "partner-name": "x.example.net"}, "b", "is for a.example.net, not for x.example.net"),
                 ("b", None, "a", "the partner refuses TLS"),
                 ("a", None, "b", "it speaks without TLS")]
        for number, (wrong, tls, where, reason) in enumerate(cases):
            with self.subTest(reason):
                self.reconfigure(wrong, tls)
                self.wait_for_state("COMMUNICATIONS-INTERRUPTED")
                wait_for("the reason", lambda: reason in why_not(self.servers[where]))
                self.assertFalse(state(self.a)["communicating"] or state(self.b)["communicating"])
                self.clients([100 + number])
                for held.only in "ab":
                    self.assertEqual({lease.key() for lease in held.rebind().leases()}, held.held())
                self.reconfigure(wrong, self.tls[wrong])
                self.wait_for_normal()

    def test_a_restart_on_purpose_of_one_server_after_the_other(self):
        """As docs/failover.md says: the good-bye is heard at once, and after each the pair is whole again."""
        self.start_secure_pair()
        held, = self.clients([1])
        self.databases_equal()
        for name, other in (("b", self.a), ("a", self.b)):
            self.wait_for_exit_code(0)
            self.assertEqual(self.servers[name].stop(), 0)
            self.assertEqual(state(other)["local"]["state"], "COMMUNICATIONS-INTERRUPTED")
            self.assertIn("this server is shutting down", state(other)["last-disconnect"])
            waiting = updates(other)["backlog"]
            self.assertEqual(self.ctl(other, "failover", "status", "--check")[0], 5)
            self.assertEqual({lease.key() for lease in held.rebind().leases()}, held.held())
            self.assertEqual((waiting, updates(other)["backlog"]), (0, 2))
            self.servers[name].start()
        self.wait_for_exit_code(0)
        self.assert_held_once([held], self.databases_equal())

    def wait_for_exit_code(self, wanted):
        for server in (self.a, self.b):
            wait_for(f"exit code {wanted}", lambda s=server: self.ctl(s, "failover", "status", "--check")[0] == wanted)

    def reconfigure(self, name, tls):
        """Another "tls"; that wants a restart."""
        server = self.servers[name]
        server.kill()
        server.configure(tandem6_config(name, tls=tls))
        server.start()


class Relationships(PairTest):
    def test_one_server_is_the_secondary_of_two(self):
        self.network_of("a", "b", "c")
        others = {"a": ADDRESSES["a"], "b": ADDRESSES["b"], "c": "2001:db8:ff::5"}
        first = {key: value for key, value in SUBNET.items() if key != "interface"}
        second = {"id": 2, "subnet": "2001:db8:2::/48", "pools": [{"pool": "2001:db8:2:1::/64"}],
                  "pd-pools": [{"prefix": "2001:db8:9000::", "prefix-len": 40, "delegated-len": 56}]}

        def relationship(name, role, local, partner, **more):
            return {"relationship": name, "role": role, "local": others[local], "partner": others[partner], "port": 647,
                    **TIMERS, **more}

        def config(name, subnets, relationships):
            made = tandem6_config("b")
            made["Dhcp6"]["server-id"]["identifier"] = name.encode().hex()
            made["Dhcp6"]["subnet6"], made["tandem6"]["failover"] = subnets, relationships
            return made

        self.add_server("a", config("a", [first], [relationship("west", "primary", "a", "b")])).start()
        self.add_server("c", config("c", [second], [relationship("east", "primary", "c", "b")])).start()
        self.add_server("b", config("b", [first, second], [relationship("west", "secondary", "b", "a", subnets=[1]),
                                                           relationship("east", "secondary", "b", "c", subnets=[2])])).start()

        def states(name):
            found = self.servers[name].command("failover-status")["arguments"]["relationships"]
            return {one["relationship"]: one["local"]["state"] for one in found}

        both = {"west": "NORMAL", "east": "NORMAL"}
        wait_for("all to be in NORMAL", lambda: states("b") == both and states("a") == {"west": "NORMAL"}
                 and states("c") == {"east": "NORMAL"})
        end = self.lab.keep(UdpEnd(self.network.clients, "wan0", dhcp6.SERVER_PORT))
        # A server that lacks the link says so: as any client, these wait for one that has it.
        west, east = RelayedClient(end, 1, "2001:db8:1::1", "a"), RelayedClient(end, 2, "2001:db8:2::1", "c")
        for client in (west, east):
            client.four_way()
            self.assertEqual(len(client.leases), 2)
        wait_for("b to know all four", lambda: len(lab.active(self.servers["b"].leases())) == 4)
        self.assertEqual({lease["subnet-id"] for lease in self.servers["a"].leases()}, {1})
        self.assertEqual({lease["subnet-id"] for lease in self.servers["c"].leases()}, {2})
        self.servers["a"].kill()
        wait_for("b to notice", lambda: states("b") == {"west": "COMMUNICATIONS-INTERRUPTED", "east": "NORMAL"})
        west.only = "b"
        self.assertEqual({lease.key() for lease in west.rebind().leases()}, west.held())
        another = RelayedClient(end, 3, "2001:db8:2::1", "c")
        another.four_way()
        self.assertEqual(len(another.leases), 2)
        self.assertEqual(states("c"), {"east": "NORMAL"})
        self.servers["a"].start()
        wait_for("all to be in NORMAL again", lambda: states("b") == both)

    def test_strangers_and_garbage_are_refused(self):
        self.start_pair()
        space = self.network.servers["a"]
        space.run("ip", "-6", "addr", "add", "2001:db8:ff::9/64", "dev", "mgmt0", "nodad")
        stranger = self.lab.keep(FakePartner(space, "2001:db8:ff::9"))
        self.assertIsNone(stranger.receive())
        self.assertTrue(self.log_has(self.b, "failover-refused", "2001:db8:ff::9"))
        garbage = [bytes(2000), b"\xff\xff" + os.urandom(70000), b"GET / HTTP/1.1\r\n\r\n" * 10, b"\0\0",
                   b"\0\x08\x1f" + bytes(7), b"\0\x10\x22\0\0\1" + bytes(12), b"\0\x0c\x1f\0\0\1\0\0\0\0\0\x7f\xff\xff"]
        for data in garbage:
            liar = self.lab.keep(FakePartner(space, ADDRESSES["a"]))
            try:
                liar.socket.sendall(data)
                liar.socket.shutdown(1)
            except OSError:
                pass  # it was refused earlier
            answer = liar.receive()
            self.assertTrue(answer is None or dhcp6.status_of(answer[1]) != 0, answer)
        self.assertTrue(self.log_has(self.b, "failover-refused", ADDRESSES["a"]))
        self.assertTrue(all(state(server)["communicating"] for server in (self.a, self.b)))
        self.assertEqual(state(self.a)["last-disconnect"], "")
        self.clients([1])
        self.databases_equal()


class Configurations(PairTest):
    """RFC 8156 §4.1: the same on both. What is not, both name."""

    def start_unlike(self, **subnet):
        self.network_of("a", "b")
        for name in "ab":
            config = tandem6_config(name)
            if name == "b":
                config["Dhcp6"]["subnet6"] = [{**SUBNET, **subnet}]
            self.add_server(name, config).start()
        self.a, self.b = self.servers["a"], self.servers["b"]
        self.wait_for_normal()

    def wait_for_differences(self, expected):
        for server in (self.a, self.b):
            wait_for(f"the differences to be {expected}", lambda s=server: state(s)["configuration-differences"] == expected)

    def test_a_difference_is_named_on_both_until_a_reload_ends_it(self):
        self.start_unlike(**{"valid-lifetime": 3000, "option-data": [{"name": "dns-servers", "data": "2001:db8::53"}]})
        self.wait_for_differences(["lifetimes", "options"])
        for server in (self.a, self.b):
            self.assertIn("the configurations of the two servers differ: lifetimes,", self.ctl(server, "failover", "status")[1])
        self.b.configure(tandem6_config("b"))
        self.assertEqual(self.b.command("config-reload")["result"], 0)
        self.wait_for_differences([])
        self.assertNotIn("differ", self.ctl(self.a, "failover", "status")[1])

    def test_leases_that_the_partner_has_no_place_for_are_an_alarm(self):
        self.start_unlike(**{"pd-pools": [{"prefix": "2001:db8:9000::", "prefix-len": 40, "delegated-len": 56}]})
        self.clients([1])
        self.wait_for_differences(["pd-pools"])
        wait_for("an alarm", lambda: any("2001:db8:80" in alarm and "refuses leases" in alarm for alarm in state(self.a)["alarms"]))
        self.assertTrue(self.log_has(self.a, "failover-refused-lease", "no subnet or pool for 2001:db8:80"))


class Operator(PairTest):
    def test_commands(self):
        self.start_pair()
        clients = self.clients([1, 2])
        self.databases_equal()
        code, text = self.ctl(self.a, "failover", "status")
        self.assertEqual(code, 0, text)
        self.assertIn("plain TCP", text)
        self.assertEqual(self.ctl(self.a, "failover", "status", "--check")[0], 5)
        # RFC 8156 §5.3.6: no state changes, and clients are answered meanwhile.
        before = updates(self.a)["sent"]
        code, text = self.ctl(self.b, "failover", "resync")
        self.assertEqual(code, 0, text)
        self.assertIn("clients are answered as before", text)
        wait_for("everything to be sent again", lambda: updates(self.a)["sent"] >= before + 4)
        wait_for("UPDDONE", lambda: not state(self.b)["resynchronizing"])
        self.assertTrue(self.log_has(self.b, "failover-resynchronized"))
        self.wait_for_normal()
        self.assertFalse(self.log_has(self.b, "failover-state", "NORMAL (before: NORMAL"))
        code, text = self.ctl(self.b, "failover", "partner-down")
        self.assertEqual(code, 1, text)
        self.assertIn("IT IS HEARD RIGHT NOW", text)
        self.wait_for_normal()
        self.a.kill()
        self.wait_for_state("COMMUNICATIONS-INTERRUPTED", self.b)
        code, text = self.ctl(self.b, "failover", "resync")
        self.assertEqual(code, 1, text)
        code, text = self.ctl(self.b, "failover", "partner-down", "--confirm")
        self.assertEqual(code, 0, text)
        code, text = self.ctl(self.b, "failover", "status")
        self.assertIn("PARTNER-DOWN", text)
        clients[0].only = "b"
        self.assertEqual({lease.valid for lease in clients[0].rebind().leases()}, {4000})
        self.a.start()
        # RECOVER; or POTENTIAL-CONFLICT, as the operator was quicker than a knows when it failed (RFC 8156 §8.3.2).
        wait_for("a to heed it", lambda: self.log_has(self.a, "failover-state", "; partner: PARTNER-DOWN)"))


if __name__ == "__main__":
    unittest.main()
