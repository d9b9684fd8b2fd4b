"""What keeps tandem6d from serving is said in one clear line, at once, with a non-zero exit status."""

import os
import socket
import time
import unittest

import lab
from links import inside

_PATIENCE = 20  # seconds; it takes one on a quiet machine
_CRASH_MARKS = ("terminate called", "Sanitizer", "Assertion", "assertion", "Segmentation", "what():")


class CannotStart(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server_host, self.client_host = self.lab.wire()

    def refusal(self, configuration, name="tandem6d"):
        """The line with which a server ends that cannot start."""
        server = self.lab.server(self.server_host, configuration, name)
        began = time.monotonic()
        with open(server.log, "wb") as log:
            server.process = server.namespace.popen(lab.TANDEM6D, "--config", server.config_file, stdout=log, stderr=log)
        status = server.process.wait(_PATIENCE)
        self.assertLess(time.monotonic() - began, _PATIENCE)
        self.assertGreater(status, 0, f"ended by signal {-status}" if status < 0 else "status 0")
        text = server.log_tail(1000)
        for mark in _CRASH_MARKS:
            self.assertNotIn(mark, text)
        self.status = status
        return text

    def fatal_line(self, configuration, name="tandem6d"):
        text = self.refusal(configuration, name)
        self.assertEqual(self.status, 1, text)
        lines = [line for line in text.splitlines() if " FATAL " in line or " ERROR " in line]
        self.assertEqual(len(lines), 1, text)
        self.assertEqual(text.splitlines()[-1], lines[0])
        return lines[0]

    def test_missing_interface(self):
        line = self.fatal_line(lab.config(lab.subnet(interface="nosuch0"), dhcp6={"interfaces-config": {"interfaces": ["nosuch0"]}}))
        self.assertIn("nosuch0", line)

    def test_port_547_taken(self):
        with inside(self.server_host):
            other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with other:
            other.bind(("::", 547))
            line = self.fatal_line(lab.config())
        self.assertIn("547", line)
        self.assertIn("client0", line)

    def test_database_in_use_by_another_server(self):
        other_host = self.lab.namespace("other")
        lab.veth(other_host, "client0", self.client_host, "wan9")
        other = self.lab.server(other_host, lab.config(), "other").start()
        path = os.path.join(other.directory, "db")
        line = self.fatal_line(lab.config(storage={"path": path}))
        self.assertIn(path, line)
        self.assertEqual(other.command("status-get")["result"], 0)

    def test_database_path_below_a_file(self):
        blocker = os.path.join(self.lab.directory, "file")
        with open(blocker, "w", encoding="utf-8") as file:
            file.write("in the way")
        self.assertIn(blocker, self.fatal_line(lab.config(storage={"path": blocker + "/db"})))

    def test_database_on_a_read_only_file_system(self):
        path = os.path.join(self.lab.tmpfs("read-only", "size=1m,ro"), "db")
        self.assertIn(path, self.fatal_line(lab.config(storage={"path": path})))

    def test_core_that_is_not_there(self):
        self.assertIn("1000", self.fatal_line(lab.config(dataplane={"cores": [1000]})))

    def test_bad_configuration(self):
        text = self.refusal(lab.config(lab.subnet(**{"valid-lifetime": -5})))
        self.assertEqual(self.status, 2)
        self.assertRegex(text, r"tandem6\.conf:\d+:\d+: error: .*valid-lifetime")

    def test_after_a_refusal_nothing_is_left_that_hinders_the_next_start(self):
        bad = lab.config(dataplane={"cores": [1000]})
        self.refusal(bad)
        server = self.lab.server(self.server_host, lab.config()).start()
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
