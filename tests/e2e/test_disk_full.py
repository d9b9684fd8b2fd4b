"""A full disk: no REPLY that a crash could make a lie, an alarm, no corruption, and recovery by itself."""

import os
import time
import unittest

import lab
from lab import wait_for
from load import Load, broken_promises
from netlab.namespaces import second_interface

import dhcp6


def fill(path):
    """Takes all room that is left."""
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 4096, 512):
            try:
                while file.write(b"\xff" * size):
                    pass
            except OSError:
                pass


class DiskFull(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.disk = self.lab.tmpfs("disk", "size=96m")
        self.filler = os.path.join(self.disk, "filler")
        self.serve(lab.config(storage={"path": os.path.join(self.disk, "db")}))
        self.load = self.lab.keep(Load(self.client_host, "wan0", count=1000, window=32))

    def status(self):
        return self.server.command("status-get")["arguments"]["tandem6"]

    def reply_count(self):
        return self.load.answered() - self.load.replies[dhcp6.SOLICIT]

    def fail_the_disk(self):
        self.load.go()
        wait_for("load", lambda: self.load.answered() > 500)
        fill(self.filler)
        # What RocksDB has room for in its files is still written.
        def failing():
            fill(self.filler)
            return self.status()["storage"]["failing"]
        wait_for("the disk to be seen as full", failing, patience=60)

    def test_no_reply_while_full_then_service_resumes_and_nothing_promised_is_lost(self):
        self.fail_the_disk()
        status = self.status()
        self.assertIn("disk failing", " ".join(status["alarms"]))
        self.assertIn("disk failing", lab.run(lab.TANDEM6CTL, "--socket", self.server.socket, "status"))
        # The clients take what left before the failure; from then on it must be quiet, but for ADVERTISEs.
        time.sleep(0.5)
        replies, advertises = self.reply_count(), self.load.replies[dhcp6.SOLICIT]
        second_interface(self.client_host, "wan0", "wan1")
        self.lab.link_ready(self.client_host, "wan1")
        new = self.lab.keep(Load(self.client_host, "wan1", count=50, kind=b"new"))
        self.load.pause()
        new.go()
        wait_for("ADVERTISEs while the disk is full", lambda: new.replies[dhcp6.SOLICIT] >= 50)
        time.sleep(2)
        self.load.go()
        time.sleep(2)
        self.assertEqual(self.reply_count(), replies, "a REPLY left although the disk is full")
        self.assertEqual(new.replies[dhcp6.REQUEST], 0, "a REPLY left although the disk is full")
        self.assertGreaterEqual(self.load.replies[dhcp6.SOLICIT], advertises)
        self.assertTrue(self.status()["storage"]["failing"])
        self.assertEqual(self.server.statistic("tandem6.disk.failing"), 1)

        os.remove(self.filler)
        wait_for("service to resume", lambda: self.reply_count() > replies + 500 and new.replies[dhcp6.REQUEST] >= 50, patience=60)
        self.assertEqual(self.status()["alarms"], [])
        self.assertIn("ERROR disk-failing", self.server.log_tail(1000))
        wait_for("the log to say so", lambda: "INFO disk-recovered" in self.server.log_tail(1000))
        self.consistent(self.load, new)
        self.load.go(), new.go()
        seen = self.load.answered()
        wait_for("more load", lambda: self.load.answered() > seen + 200)
        self.server.kill()
        self.server.start()
        self.consistent(self.load, new)

    def consistent(self, *loads):
        for load in loads:
            load.pause()
        database = lab.active(self.server.leases())
        for load in loads:
            self.assertEqual(load.wrong[:5], [])
            self.assertEqual(broken_promises(load, database)[:5], [])

    def test_killed_while_full_and_started_with_room_has_all_that_was_promised(self):
        self.fail_the_disk()
        self.server.kill()
        self.load.pause()
        os.remove(self.filler)
        self.server.start()
        self.consistent(self.load)
        self.assertGreater(len(self.load.promised), 100)


if __name__ == "__main__":
    unittest.main()
