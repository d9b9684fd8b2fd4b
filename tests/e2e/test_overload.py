"""Overload and hostile input (architecture.md §6): who has a lease is served whatever others send."""

import os
import subprocess
import time
import unittest

import dhcp6
import lab
from links import UdpEnd

FLOOD = os.path.join(lab.BUILD, "tests", "e2e", "flood")
ESTABLISHED = 10_000
RENEWALS_PER_SECOND = 1000
PATIENCE = 1.0  # seconds until a client asks again


class Established:
    """Clients that have leases and renew them, each at most twice."""

    def __init__(self, space, interface, count):
        self.end = UdpEnd(space, interface)
        self.server = None
        self.leases = {}
        self.duids = [dhcp6.duid(number, b"estb") for number in range(count)]

    def close(self):
        self.end.close()

    def _send(self, kind, number, leases, server=None):
        parts = [dhcp6.ia(dhcp6.IA_NA, 1, leases)]
        self.end.send(dhcp6.message(kind, number, self.duids[number], *parts, server=server))

    def _answers(self, patience):
        """(client's number, message) of what has come, and of what comes within `patience`."""
        while got := self.end.receive(patience):
            patience = 0
            message = dhcp6.Message.parse(got[0])
            yield message.xid, message

    def settle(self):
        """All get their leases: by Rapid Commit, 200 at a time."""
        waiting = set(range(len(self.duids)))
        while waiting:
            for number in list(waiting)[:200]:
                self.end.send(dhcp6.message(dhcp6.SOLICIT, number, self.duids[number], dhcp6.ia(dhcp6.IA_NA, 1),
                                            dhcp6.option(dhcp6.RAPID_COMMIT)))
            quiet = time.monotonic() + 0.2
            while time.monotonic() < quiet:
                for number, message in self._answers(0.02):
                    if number in waiting and message.type == dhcp6.REPLY and message.leases():
                        self.server = message.first(dhcp6.SERVER_ID)
                        self.leases[number] = message.leases()
                        waiting.discard(number)
                        quiet = time.monotonic() + 0.05

    def renew_all(self, seconds):
        """Every client renews once, evenly spread, and once more after PATIENCE. (answered first, second, never)"""
        pace = len(self.duids) / seconds
        began = time.monotonic()
        first_try, asked_again, unanswered = {}, {}, set()
        answered = {1: 0, 2: 0}
        number = 0
        while number < len(self.duids) or unanswered:
            now = time.monotonic()
            while number < len(self.duids) and number < (now - began) * pace:
                self._send(dhcp6.RENEW, number, self.leases[number], self.server)
                first_try[number] = time.monotonic()
                unanswered.add(number)
                number += 1
            for who, message in self._answers(0.002):
                if who in unanswered and message.type == dhcp6.REPLY and message.leases():
                    unanswered.discard(who)
                    answered[2 if who in asked_again else 1] += 1
            for who in [who for who in unanswered if who not in asked_again and now - first_try[who] > PATIENCE]:
                self._send(dhcp6.RENEW, who, self.leases[who], self.server)
                asked_again[who] = time.monotonic()
            if all(who in asked_again and now - asked_again[who] > 2 * PATIENCE for who in unanswered) and \
                    number == len(self.duids):
                break
        return answered[1], answered[2], len(unanswered)


class Overload(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.core_of_others, self.core_of_worker = (sorted(os.sched_getaffinity(0)) * 2)[:2]
        self.serve(lab.config(lab.subnet(**{"rapid-commit": True}), dataplane={"cores": [self.core_of_worker]}))

    def flood(self, seconds, what):
        return self.lab.process(self.client_host.popen("taskset", "-c", str(self.core_of_others), "nice", "-n", "5", FLOOD, "wan0",
                                                       str(seconds), what, stdout=subprocess.PIPE, text=True))

    def drops(self):
        return {name.rsplit(".", 1)[-1]: self.server.statistic(name)
                for name in ("tandem6.drop.shed", "tandem6.drop.malformed", "tandem6.drop.log-full")}

    def test_renewals_survive_a_flood_of_solicits(self):
        clients = self.lab.keep(Established(self.client_host, "wan0", ESTABLISHED))
        clients.settle()
        seconds = ESTABLISHED / RENEWALS_PER_SECOND
        missed = self.server.statistic("tandem6.port[client0].missed")
        flood = self.flood(seconds + 6, "solicit")
        time.sleep(1)
        first, second, never = clients.renew_all(seconds)
        sent = int(flood.communicate(timeout=60)[0])
        solicits = self.server.statistic("pkt6-solicit-received")
        print(f"\n  flood: {sent / (seconds + 6):.0f} SOLICITs/s, {solicits - ESTABLISHED} of {sent} read, "
              f"{self.server.statistic('tandem6.port[client0].missed') - missed} missed, drops {self.drops()}; "
              f"renewals: {first} at once, {second} at the second try, {never} never")
        self.assertGreaterEqual(first + second, ESTABLISHED * 0.999)
        self.assertGreater(sent, 50_000 * seconds)

    def test_damaged_messages_at_full_rate_cost_a_counter_only(self):
        clients = self.lab.keep(Established(self.client_host, "wan0", 10))
        clients.settle()
        memory, lines = self.resident(), self.log_lines()
        flood = self.flood(5, "garbage")
        first, second, never = clients.renew_all(5)
        sent = int(flood.communicate(timeout=60)[0])
        self.assertEqual((first + second, never), (10, 0))
        self.assertGreater(self.server.statistic("tandem6.drop.malformed"), sent // 100)
        self.assertLess(self.resident() - memory, 64 << 10, "KB of memory more than before")
        self.assertLess(self.log_lines() - lines, 20)
        self.assertEqual(self.server.stop(), 0)

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def log_lines(self):
        with open(self.server.log, encoding="utf-8", errors="replace") as log:
            return sum(1 for _ in log)

    def test_a_client_that_asks_too_often_is_held_to_its_limit_and_others_are_not(self):
        end = self.lab.keep(UdpEnd(self.client_host, "wan0"))
        for number in range(200):
            end.send(dhcp6.message(dhcp6.INFORMATION_REQUEST, number, dhcp6.duid(1)))
        lab.wait_for("the limit", lambda: self.server.statistic("tandem6.drop.rate-limited") >= 120)
        end.send(dhcp6.message(dhcp6.INFORMATION_REQUEST, 0xabcdef, dhcp6.duid(2)))
        xids = set()
        while got := end.receive(2):
            xids.add(dhcp6.Message.parse(got[0]).xid)
            if 0xabcdef in xids:
                break
        self.assertIn(0xabcdef, xids)
        self.assertGreaterEqual(len(xids), 50)
        self.assertLess(len(xids), 100)


if __name__ == "__main__":
    unittest.main()
