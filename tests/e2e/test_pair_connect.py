"""What a pair says when its two servers do not find each other: the true reason, on both, and not every second."""

import os
import subprocess
import time
import unittest

import lab
from failover_pair import ADDRESSES, PairTest, state, tandem6_config, why_not
from lab import wait_for
from netlab.certificates import Authority


class Apart(PairTest):
    def start(self, **changes):
        """Servers a and b; `changes` are those of the relationship, by server."""
        self.network_of("a", "b")
        for name in "ab":
            self.add_server(name, tandem6_config(name, **changes.get(name, {}))).start()
        self.a, self.b = self.servers["a"], self.servers["b"]

    def log_lines(self, server, *words):
        with open(server.log, encoding="utf-8", errors="replace") as file:
            return [line for line in file if all(word in line for word in words)]

    def certificates(self):
        self.authority = Authority(os.path.join(self.lab.directory, "certificates"))
        return {name: {"tls": self.authority.tls(f"{name}.example.net", f"{other}.example.net")}
                for name, other in ("ab", "ba")}


class Certificates(Apart):
    def test_a_secondary_without_its_certificate_says_that_and_not_that_nobody_is_its_primary(self):
        tls = self.certificates()
        certificate = tls["b"]["tls"]["cert"]
        os.rename(certificate, certificate + ".elsewhere")
        self.start(**tls)
        wait_for("the primary to try", lambda: "Connection refused" not in why_not(self.a))
        time.sleep(4)  # and to try again
        self.assertIn("cannot read our certificate", why_not(self.b))
        self.assertIn("cannot read our certificate", " ".join(state(self.b)["alarms"]))
        self.assertEqual(len(self.log_lines(self.a, "before it answered STARTTLS: its log says why")), 1)
        self.assertEqual(len(self.log_lines(self.b, "cannot read our certificate")), 1)
        self.assertEqual(self.log_lines(self.b, "no failover relationship"), [])
        # Nobody need tell it: a clock that was set right may be all that it takes.
        os.rename(certificate + ".elsewhere", certificate)
        self.wait_for_normal()

    def test_a_reload_that_cannot_read_the_certificates_says_so_and_keeps_the_old_ones(self):
        self.start(**self.certificates())
        self.wait_for_normal()
        key = os.path.join(self.authority.directory, "a.key")
        os.remove(key)
        answer = self.a.command("config-reload")
        self.assertEqual(answer["result"], 0, answer)
        self.assertIn(f'failover relationship "pair" keeps its certificates: failover TLS: cannot read our key in {key}',
                      answer["text"])
        self.assertEqual(len(answer["arguments"]["warnings"]), 1)
        self.assertTrue(state(self.a)["secure"])
        # Before it is too late: config test and --check warn, and find nothing wrong with the file itself.
        code, text = self.ctl(self.a, "config", "test", self.a.config_file)
        self.assertEqual(code, 0, text)
        self.assertIn("warning: tandem6.failover[0].tls: failover TLS: cannot read our key", text)
        checked = subprocess.run([lab.TANDEM6D, "--check", "--config", self.a.config_file], capture_output=True, text=True,
                                 timeout=30)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn("warning: tandem6.failover[0].tls: failover TLS: cannot read our key", checked.stderr)
        self.certificates()
        self.assertEqual(self.a.command("config-reload")["arguments"]["warnings"], [])


class Listening(Apart):
    def test_a_secondary_whose_address_comes_late_starts_and_is_found(self):
        self.network_of("a", "b")
        space = self.network.servers["b"]
        space.run("ip", "-6", "addr", "del", f"{ADDRESSES['b']}/64", "dev", "mgmt0")
        for name in "ab":
            self.add_server(name, tandem6_config(name)).start()
        self.a, self.b = self.servers["a"], self.servers["b"]
        time.sleep(2.5)
        self.assertIn(f"cannot listen on [{ADDRESSES['b']}]:647: Cannot assign", why_not(self.b))
        self.assertIn("cannot listen on", " ".join(self.b.command("status-get")["arguments"]["tandem6"]["alarms"]))
        self.assertEqual(len(self.log_lines(self.b, "cannot listen on")), 1)
        space.run("ip", "-6", "addr", "add", f"{ADDRESSES['b']}/64", "dev", "mgmt0", "nodad")
        self.wait_for_normal()
        self.assertEqual(len(self.log_lines(self.b, "failover-listening")), 1)


class Ended(Apart):
    def test_the_partners_farewell_is_not_lost_when_the_next_attempt_fails(self):
        self.start()
        self.wait_for_normal()
        self.b.stop()
        wait_for("an attempt to fail", lambda: "Connection refused" in why_not(self.a))
        now = state(self.a)
        self.assertIn("the partner says: this server is shutting down", now["last-disconnect"])
        self.assertLess(now["last-disconnect-at-seconds"], 30)
        _, text = self.ctl(self.a, "failover", "status")
        self.assertRegex(text, r"connecting +cannot connect")
        self.assertRegex(text, r"last ended +\d+ s ago: the partner says: this server is shutting down")


class Roles(Apart):
    def test_of_two_secondaries_each_says_that_nobody_comes(self):
        self.start(a={"role": "secondary"})
        for server in (self.a, self.b):
            wait_for("it to say so", lambda s=server: "nobody has connected to [2001:db8:ff::" in why_not(s))
            self.assertIn("configured as primary?", " ".join(state(server)["alarms"]))

    def test_a_primary_whose_partner_is_one_too_asks_for_a_secondary(self):
        self.start(b={"role": "primary"})
        for server in (self.a, self.b):
            wait_for("it to say so", lambda s=server: "Connection refused; it does not run, or not as" in why_not(s))


class Refusals(Apart):
    def test_another_name_is_answered_with_ConfigurationConflict_and_both_say_so(self):
        self.start(a={"relationship": "west"})
        reason = 'the CONNECT is for relationship "west", which the secondary does not have with this primary'
        wait_for("the primary to be told", lambda: reason in state(self.a)["last-disconnect"])
        self.assertIn("(status 17)", state(self.a)["last-disconnect"])
        self.assertIn(reason, why_not(self.b))
        time.sleep(2.5)
        for server, own in ((self.a, "west"), (self.b, "pair")):
            line, = self.log_lines(server, "which the secondary does not have")
            self.assertIn(f"relationship={own}", line)

    def test_a_primary_without_TLS_is_closed_on_and_its_log_says_so(self):
        tls = self.certificates()
        del tls["a"]["tls"]
        self.start(**tls)
        wait_for("the primary to try", lambda: "before it answered CONNECT" in state(self.a)["last-disconnect"])
        self.assertIn("it may want TLS", state(self.a)["last-disconnect"])
        time.sleep(2.5)
        line, = self.log_lines(self.a, "failover-link-failed")
        self.assertIn("before it answered CONNECT", line)

    def test_a_primary_at_another_address_is_a_stranger_and_shown_as_one(self):
        self.network_of("a", "b")
        self.network.servers["a"].run("ip", "-6", "addr", "add", "2001:db8:ff::9/64", "dev", "mgmt0", "nodad")
        self.add_server("a", tandem6_config("a", local="2001:db8:ff::9")).start()
        self.b = self.add_server("b", tandem6_config("b")).start()
        wait_for("it to be seen", lambda: "2001:db8:ff::9, which is not the partner of any" in why_not(self.b))
        time.sleep(2.5)
        self.assertEqual(len(self.log_lines(self.b, "failover-refused", "2001:db8:ff::9")), 1)
        # Who does connect makes it of no interest.
        self.servers["a"].kill()
        self.servers["a"].configure(tandem6_config("a"))
        self.servers["a"].start()
        self.wait_for_normal()
        self.assertEqual(why_not(self.b), "")

    def test_a_refusal_is_in_the_log_once(self):
        tls = self.certificates()
        del tls["a"]["tls"]
        self.start(**tls)
        wait_for("the refusal", lambda: "it speaks without TLS" in why_not(self.b))
        time.sleep(2.5)
        line, = self.log_lines(self.b, "it speaks without TLS")
        self.assertIn("relationship=pair", line)


if __name__ == "__main__":
    unittest.main()
