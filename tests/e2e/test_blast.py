"""tandem6-blast: at tandem6d it finds nothing wrong, and at a server that is wrong it says so."""

import json
import os
import re
import subprocess
import threading

import dhcp6
import lab
from links import UdpEnd

BLAST = os.path.join(lab.BUILD, "tandem6-blast")
RELAYED = ("--relays", "4", "--link-address", "2001:db8:1::1", "--remote-id")


class Blast(lab.EndToEnd):
    def blast(self, *arguments, status=0):
        """(the JSON document, all that it printed)"""
        path = os.path.join(self.lab.directory, "result.json")
        command = self.client_host.command(BLAST, *arguments, "--interface", "wan0", "--json", path)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, text)
        with open(path, encoding="utf-8") as file:
            return json.load(file), text


class AtTandem6(Blast):
    def setUp(self):
        super().setUp()
        with_options = {"option-data": [{"name": "dns-servers", "data": "2001:db8::53"}]}
        self.serve(lab.config(lab.subnet(**{"rapid-commit": True}), dhcp6=with_options.items()))

    def assert_perfect(self, document, text, *questions):
        self.assertEqual(document["faults"], {}, text)
        self.assertEqual(set(document["questions"]), set(questions), text)
        for name, figures in document["questions"].items():
            self.assertGreater(figures["answered"], 0, name)
            self.assertEqual((figures["unanswered"], figures["answered"]), (0, figures["asked"]), text)
            latency = figures["latency-ms"]
            self.assertGreater(latency["p50"], 0)
            self.assertLessEqual(latency["p50"], latency["max"])
        self.assertEqual(document["exchanges"]["completed"], document["exchanges"]["begun"])

    def rate(self, scenario, *options):
        # Ten seconds of patience: the machine may be busy, and speed is not what is tested.
        return self.blast(scenario, "--rate", "300", "--duration", "2", "--warm-up", "0", "--timeout", "10", "--clients", "300", *options)

    def test_four_way_direct_and_relayed(self):
        for options in ((), RELAYED):
            with self.subTest(options=options):
                document, text = self.rate("four-way", "--request", "23", *options)
                self.assert_perfect(document, text, "SOLICIT-ADVERTISE", "REQUEST-REPLY")
                # Fewer when the machine did not let the generator keep its rate.
                self.assertLessEqual(document["exchanges"]["begun"], 600)
                self.assertGreater(document["exchanges"]["begun"], 300)
        self.assertEqual(len(lab.active(self.server.leases())), 2 * 300)

    def test_one_kind_of_lease_each(self):
        for kind, length in (("na", 128), ("pd", 56)):
            document, text = self.rate("four-way", "--ask", kind, "--seed", str(length))
            self.assert_perfect(document, text, "SOLICIT-ADVERTISE", "REQUEST-REPLY")
        self.assertEqual(sorted(lease["prefix-len"] for lease in self.server.leases()), [56] * 300 + [128] * 300)

    def test_the_other_scenarios(self):
        for scenario, questions in (("rapid-commit", ["SOLICIT-REPLY"]), ("solicit", ["SOLICIT-ADVERTISE"]),
                                    ("renew", ["RENEW-REPLY"]), ("release", ["RELEASE-REPLY"])):
            with self.subTest(scenario=scenario):
                document, text = self.rate(scenario)
                self.assert_perfect(document, text, *questions)
                if scenario == "release":
                    self.assertEqual(len(lab.active(self.server.leases())), 0)

    def test_mixed(self):
        document, text = self.rate("mixed", "--mix", "renew=5,rebind=1,release=2,reboot=1,information-request=1")
        self.assert_perfect(document, text, "SOLICIT-ADVERTISE", "REQUEST-REPLY", "RENEW-REPLY", "REBIND-REPLY", "RELEASE-REPLY",
                            "INFORMATION-REQUEST-REPLY")

    def test_the_power_comes_back(self):
        document, text = self.blast("reboot", "--clients", "2000", "--duration", "60")
        self.assertEqual(document["faults"], {}, text)
        self.assertEqual(document["exchanges"]["completed"], 2000, text)
        self.assertIn("100%", document["served-after-seconds"])
        self.assertEqual(len(lab.active(self.server.leases())), 2 * 2000)

    def test_search_and_plot(self):
        prefix = os.path.join(self.lab.directory, "picture")
        document, text = self.blast("solicit", "--search", "--search-from", "50", "--search-to", "200", "--step", "0.5", "--duration",
                                    "1", "--timeout", "10", "--plot", prefix)
        self.assertEqual(document["search"]["highest-lossless-rate"], 200, text)
        self.assertEqual([round(tried["rate"]) for tried in document["search"]["tried"]], [50, 100, 200, 200])
        self.assertIn("highest rate without loss: 200", text)
        with open(prefix + ".png", "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        with open(prefix + ".svg", encoding="utf-8") as file:
            self.assertIn("SOLICIT-ADVERTISE", file.read())

    def test_a_line_a_second_and_a_table(self):
        _, text = self.rate("solicit")
        self.assertRegex(text, r"(?m)^ +1 s  begun +\d+  completed +\d+ ")
        self.assertRegex(text, r"(?m)^SOLICIT-ADVERTISE +\d+ +\d+ +0 ")

    def test_a_missing_option_is_a_fault_unless_tolerated(self):
        document, text = self.blast("solicit", "--rate", "50", "--duration", "1", "--warm-up", "0", "--request", "24", status=1)
        answered = document["questions"]["SOLICIT-ADVERTISE"]["answered"]
        self.assertEqual(document["faults"], {"option-missing": answered})
        self.assertIn(f"{answered} faults in answers", text)
        self.blast("solicit", "--rate", "50", "--duration", "1", "--warm-up", "0", "--request", "24", "--tolerate", "option-missing")

    def test_an_unanswered_question_is_counted(self):
        self.server.kill()
        document, text = self.blast("four-way", "--rate", "100", "--duration", "1", "--warm-up", "0", "--timeout", "0.2", status=1)
        figures = document["questions"]["SOLICIT-ADVERTISE"]
        self.assertEqual((figures["answered"], figures["unanswered"]), (0, figures["asked"]))
        self.assertIn("nothing was answered", text)

    def test_the_kernel_finds_our_addresses(self):
        """A server that uses sockets asks by Neighbor Solicitation where a client or relay is."""
        asked = threading.Event()
        station = "2001:db8:1::a6"
        self.server_host.run("ip", "-6", "addr", "add", "2001:db8:1::1/64", "dev", "client0", "nodad")

        def ping():
            while not asked.is_set():
                self.server_host.run("bash", "-c", f"echo > /dev/udp/{station}/9", check=False)
                if re.search("lladdr a6:", self.server_host.run("ip", "-6", "neigh", "show", station)):
                    asked.set()
        thread = threading.Thread(target=ping)
        thread.start()
        try:
            self.rate("solicit", *RELAYED, "--relay-source", station)
            self.assertTrue(asked.wait(10), self.server_host.run("ip", "-6", "neigh"))
        finally:
            asked.set()
            thread.join()


class Liar(threading.Thread):
    """A server that answers every client, and gives them all the same address."""

    def __init__(self, end, address_of):
        super().__init__(daemon=True)
        self.end, self.address_of, self.stopping = end, address_of, False

    def run(self):
        while not self.stopping:
            got = self.end.receive(0.1)
            if got and got[0][0] in (dhcp6.SOLICIT, dhcp6.REQUEST):
                self.end.socket.sendto(self.answer(dhcp6.Message.parse(got[0])), got[1])

    def answer(self, message):
        kind = dhcp6.ADVERTISE if message.type == dhcp6.SOLICIT else dhcp6.REPLY
        iaid = int.from_bytes(message.first(dhcp6.IA_NA)[:4], "big")
        lease = dhcp6.Lease(dhcp6.IA_NA, iaid, self.address_of(iaid), 128, 3000, 4000)
        return dhcp6.message(kind, message.xid, message.first(dhcp6.CLIENT_ID), dhcp6.ia(dhcp6.IA_NA, iaid, [lease]),
                             server=b"\0\3\0\1liar!!")

    def close(self):
        self.stopping = True
        self.join()
        self.end.close()


class AtALiar(Blast):
    def lie(self, address_of):
        self.server_host, self.client_host = self.lab.wire()
        end = UdpEnd(self.server_host, "client0", dhcp6.SERVER_PORT)
        # All_DHCP_Relay_Agents_and_Servers, on this interface.
        group = bytes.fromhex("ff020000000000000000000000010002") + end.index.to_bytes(4, "little")
        end.socket.setsockopt(41, 20, group)  # IPV6_JOIN_GROUP
        self.lab.keep(Liar(end, address_of)).start()

    def four_way(self, status):
        return self.blast("four-way", "--ask", "na", "--rate", "50", "--duration", "1", "--warm-up", "0", "--clients", "50",
                          "--timeout", "10", status=status)

    def test_one_address_for_all_is_found(self):
        self.lie(lambda iaid: "2001:db8:1::1")
        document, text = self.four_way(1)
        self.assertEqual(document["exchanges"]["completed"], 50, text)
        self.assertEqual(document["faults"], {"shared-lease": 49}, text)

    def test_one_address_each_is_not(self):
        self.lie(lambda iaid: f"2001:db8:1::{iaid >> 16:x}:{iaid & 0xffff:x}")
        document, text = self.four_way(0)
        self.assertEqual((document["exchanges"]["completed"], document["faults"]), (50, {}), text)


class CommandLine(lab.EndToEnd):
    def refused(self, *arguments):
        done = subprocess.run([BLAST, *arguments], capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        return done.stderr

    def test_what_cannot_be_is_refused_with_its_reason(self):
        on_lo = ("--interface", "lo", "--rate", "1")
        for arguments, reason in (
                ((), "--interface NAME"),
                (("--interface", "nowhere", "--rate", "1"), "there is no such network interface"),
                (("--interface", "lo", "--device", "net_null0", "--rate", "1"), "once"),
                (("--pci", "eth0", "--rate", "1"), "not a PCI address"),
                (("--interface", "lo"), "--rate N"),
                ((*on_lo, "--search"), "exclude each other"),
                (("nonsense", *on_lo), "no scenario"),
                (("reboot", *on_lo), "reboot has no rate"),
                (("release", "--interface", "lo", "--search"), "only once"),
                ((*on_lo, "--relays", "3"), "--link-address"),
                ((*on_lo, "--relays", "3", "--link-address", "x"), "not an IPv6 address"),
                ((*on_lo, "--link-address", "2001:db8::1"), "need --relays"),
                ((*on_lo, "--server", "2001:db8::1"), "for relays"),
                ((*on_lo, "--mix", "renew=1"), "for the scenario mixed"),
                (("mixed", *on_lo, "--mix", "renew=x"), "no share of a mix"),
                ((*on_lo, "--tolerate", "nothing"), "shared-lease"),
                ((*on_lo, "--ask", "ta"), "na+pd"),
                ((*on_lo, "--clients", "0"), "--clients"),
        ):
            with self.subTest(arguments=arguments):
                self.assertIn(reason, self.refused(*arguments))
