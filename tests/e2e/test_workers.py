"""Two workers: packets reach the worker that owns their client, and leases do not care how many workers there are."""

import os
import unittest

import lab
from links import Client, UdpEnd


def with_cores(*cores):
    return lab.config(dataplane={"cores": list(cores)})


class Workers(lab.EndToEnd):
    def restart_with(self, *cores):
        self.assertEqual(self.server.stop(), 0)
        self.server.configure(with_cores(*cores))
        self.server.start()

    def test_hand_over_loses_nothing_and_leases_survive_another_worker_count(self):
        cores = sorted(os.sched_getaffinity(0))[:2]
        if len(cores) < 2:
            self.skipTest("needs two cores")
        self.serve(with_cores(*cores))
        run = lab.Perfdhcp(self.client_host, "wan0", "-r", "2000", "-R", "20000", "-n", "10000", "-e", "address-and-prefix")
        leases = 2 * run.assert_perfect(self, 10000)
        self.assertGreater(self.server.statistic("tandem6.handed-over"), 1000)
        self.assertEqual(self.server.statistic("tandem6.drop.ring-full"), 0)
        lab.wait_for("both workers to have leases", lambda: self.busy_workers(2, leases))
        end = self.lab.keep(UdpEnd(self.client_host, "wan0"))
        clients = [Client(end, number) for number in range(20)]
        for client in clients:
            client.four_way()
        before = lab.active(self.server.leases())
        self.assertEqual(len(before), leases + 40)
        for others in (cores[:1], cores[1:], cores):
            self.restart_with(*others)
            self.assertEqual(lab.active(self.server.leases()), before, f"with workers on {others}")
            for client in clients:
                held = {lease.key() for lease in client.leases}
                self.assertEqual({lease.key() for lease in client.renew().leases()}, held)
            before = lab.active(self.server.leases())

    def busy_workers(self, count, leases):
        workers = self.server.command("status-get")["arguments"]["tandem6"]["workers"]
        total = sum(worker["leases"] for worker in workers)
        return len(workers) == count and all(worker["leases"] for worker in workers) and total == leases


if __name__ == "__main__":
    unittest.main()
