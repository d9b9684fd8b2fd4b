"""What a pair says when its two servers do not find each other: the true reason, on both, and not every second."""

import os
import time
import unittest

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
        os.remove(tls["b"]["tls"]["cert"])
        self.start(**tls)
        wait_for("the primary to try", lambda: "Connection refused" not in why_not(self.a))
        time.sleep(2)  # and to try again
        self.assertIn("cannot read our certificate", why_not(self.b))
        self.assertIn("cannot read our certificate", " ".join(state(self.b)["alarms"]))
        self.assertEqual(len(self.log_lines(self.b, "cannot read our certificate")), 1)
        self.assertEqual(self.log_lines(self.b, "no failover relationship"), [])
        self.certificates()
        for server in (self.a, self.b):
            self.assertEqual(server.command("config-reload")["result"], 0)
        self.wait_for_normal()


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


class Refusals(Apart):
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
