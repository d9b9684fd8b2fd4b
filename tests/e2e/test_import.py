"""tandem6-import: a client of a Kea server renews its leases from tandem6, and can go back."""

import os
import subprocess
import time

import lab
from links import Client, UdpEnd

import dhcp6

IMPORT = os.path.join(lab.BUILD, "tandem6-import")
COLUMNS = ("address", "duid", "valid_lifetime", "expire", "subnet_id", "pref_lifetime", "lease_type", "iaid", "prefix_len", "fqdn_fwd",
           "fqdn_rev", "hostname", "hwaddr", "state", "user_context", "hwtype", "hwaddr_source", "pool_id")


def row(**values):
    base = {"valid_lifetime": 4000, "expire": int(time.time()) + 3000, "subnet_id": 1, "pref_lifetime": 3000, "lease_type": 0,
            "prefix_len": 128, "fqdn_fwd": 0, "fqdn_rev": 0, "state": 0, "pool_id": 0}
    base.update(values)
    return ",".join(str(base.get(name, "")) for name in COLUMNS)


class Import(lab.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server_host, self.client_host = self.lab.wire()
        self.server = self.lab.server(self.server_host, lab.config())
        self.csv = f"{self.lab.directory}/kea-leases6.csv"

    def run_import(self, *arguments):
        return subprocess.run([IMPORT, "--config", self.server.config_file, *arguments], capture_output=True, text=True, timeout=60)

    def write(self, *rows, name=None):
        with open(name or self.csv, "w", encoding="utf-8") as file:
            file.write("\n".join([",".join(COLUMNS), *rows]) + "\n")

    def keas_client(self, number):
        """A client and the rows that Kea has of it."""
        client = Client(self.lab.keep(UdpEnd(self.client_host, "wan0")), number)
        address, prefix = f"2001:db8:1:1::{number:x}", f"2001:db8:8000:{number:x}00::"
        client.leases = [dhcp6.Lease(dhcp6.IA_NA, client.iaid, address, 128, 0, 0),
                         dhcp6.Lease(dhcp6.IA_PD, client.iaid, prefix, 56, 0, 0)]
        duid = dhcp6.text_of(client.duid)
        return client, [row(address=address, duid=duid, iaid=client.iaid),
                        row(address=prefix, duid=duid, iaid=client.iaid, lease_type=2, prefix_len=56)]

    def test_a_client_renews_what_kea_gave_it_and_the_way_back(self):
        client, rows = self.keas_client(1)
        self.write(rows[0].replace("2001:db8:1:1::1,", "2001:db8:1:1::9,"), name=self.csv + ".2")
        # Of the later rows one ends what the older file had, and one cannot be read.
        self.write(*rows, row(address="2001:db8:1:1::9", duid=dhcp6.text_of(client.duid), iaid=1, valid_lifetime=0), "half a row")
        tried = self.run_import("--dry-run", self.csv)
        self.assertEqual(tried.returncode, 3, tried)
        self.assertIn(f"{self.csv}:5: refused: ", tried.stderr)
        self.assertFalse(os.path.exists(f"{self.server.directory}/db"))
        self.assertEqual(self.run_import(self.csv).returncode, 3)
        self.server.start()
        self.assertEqual(len(self.server.leases()), 2)
        client.server = client.ask(dhcp6.INFORMATION_REQUEST).first(dhcp6.SERVER_ID)
        renewed = client.renew()
        self.assertEqual({(lease.key(), lease.valid) for lease in renewed.leases()}, {(lease.key(), 4000) for lease in client.leases})
        # Nobody else is given them.
        other = Client(client.end, 2).four_way()
        self.assertFalse({lease.key() for lease in other.leases()} & {lease.key() for lease in client.leases})
        busy = self.run_import(self.csv)
        self.assertEqual(busy.returncode, 1)
        self.server.stop()
        again = self.run_import(self.csv)
        self.assertIn("2  have a later state in the database", again.stdout)
        back = f"{self.lab.directory}/back.csv"
        self.assertEqual(self.run_import("--export", back).returncode, 0)
        with open(back, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 1 + 4)

    def test_leases_that_fit_no_pool_are_told(self):
        self.write(row(address="2001:db8:77::1", duid="00:03:00:01:02:03:04:05:06:07", iaid=1, subnet_id=77))
        done = self.run_import(self.csv)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("1 leases name subnet 77, which the configuration does not have", done.stdout)
        self.assertIn("1 leases of subnet 77 lie in no pool", done.stdout)


if __name__ == "__main__":
    import unittest
    unittest.main()
