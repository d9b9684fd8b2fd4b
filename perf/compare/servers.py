"""The servers that are compared, each on client0 of a namespace with the same subnet, pools and lifetimes."""

import contextlib
import json
import os
import re
import subprocess
import time

import lab

SUBNET, POOL = "2001:db8:1::/48", "2001:db8:1:1::/64"
PREFIX, PREFIX_LENGTH, DELEGATED = "2001:db8:8000::", 33, 56  # 8 million prefixes
TIMERS = {"preferred-lifetime": 3000, "valid-lifetime": 4000, "renew-timer": 1000, "rebind-timer": 2000}
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def subnet():
    return {"id": 1, "subnet": SUBNET, "interface": "client0", "pools": [{"pool": POOL}],
            "pd-pools": [{"prefix": PREFIX, "prefix-len": PREFIX_LENGTH, "delegated-len": DELEGATED}]}


def cpu_seconds(pid):
    """CPU time of all of a process's threads, the kernel's work for it included. Of threads that still run."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024


def file_name(name):
    """Kea takes no spaces in the name of its lease file."""
    return re.sub(r"\W+", "-", name)


class Tandem6:
    """tandem6d; `device` is the port's, and decides what carries the packets."""

    questions = ()  # further options of tandem6-blast

    def __init__(self, name, durability="sync", device="client0"):
        self.name, self.durability, self.device = name, durability, device
        self.server = None

    def config(self):
        dataplane = {} if self.device == "client0" else {"ports": [{"name": "client0", "device": self.device}]}
        return lab.config(subnet(), dhcp6=TIMERS, dataplane=dataplane, storage={"durability": self.durability})

    def prepare(self, place, space):
        self.server = place.server(space, self.config(), name=file_name(self.name))

    def load(self, csv):
        """Takes the leases of a lease file of Kea. How long that took."""
        began = time.monotonic()
        done = subprocess.run([os.path.join(lab.BUILD, "tandem6-import"), "--config", self.server.config_file, csv],
                              capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"tandem6-import: {done.stdout[-500:]}{done.stderr[-500:]}")
        return time.monotonic() - began

    def launch(self):
        """Starts it, and does not wait until it serves."""
        with open(self.server.log, "ab") as log:
            self.server.process = self.server.namespace.popen(self.server.binary, "--config", self.server.config_file,
                                                              stdout=log, stderr=log)

    def start(self):
        self.server.start()

    @property
    def pid(self):
        return self.server.process.pid

    def running(self):
        return self.server.process.poll() is None

    def kill(self):
        self.server.kill()

    def stop(self):
        self.server.stop()

    def log_tail(self):
        return self.server.log_tail()


class Kea:
    """kea-dhcp6 with its memfile, which it writes through but never syncs."""

    questions = ()

    def __init__(self, name, threads=0):
        self.name, self.threads = name, threads
        self.directory = self.space = self.process = None

    def config(self):
        return {"Dhcp6": {
            "data-directory": self.directory,
            "interfaces-config": {"interfaces": ["client0"]},
            "lease-database": {"type": "memfile", "persist": True, "name": self.lease_file(), "lfc-interval": 0},
            # A queue for each thread as deep as Kea's documentation recommends for its best rate.
            "multi-threading": {"enable-multi-threading": self.threads > 0, "thread-pool-size": max(self.threads, 1),
                                "packet-queue-size": 28},
            **TIMERS, "subnet6": [subnet()], **self.further(),
            "loggers": [{"name": "kea-dhcp6", "severity": "WARN", "output_options": [{"output": self.log()}]}]}}

    def further(self):
        """More keys of Dhcp6."""
        return {}

    def lease_file(self):
        return os.path.join(self.directory, "kea-leases6.csv")

    def log(self):
        return os.path.join(self.directory, "kea.log")

    def prepare(self, place, space):
        self.space, self.directory = space, os.path.join(place.directory, file_name(self.name))
        os.makedirs(self.directory, exist_ok=True)
        place.keep(self)

    def load(self, csv):
        subprocess.run(["cp", csv, self.lease_file()], check=True)
        return 0.0

    def launch(self):
        path = os.path.join(self.directory, "kea.conf")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.config(), file)
        with open(os.path.join(self.directory, "output"), "ab") as output:
            self.process = self.space.popen("env", f"KEA_PIDFILE_DIR={self.directory}", f"KEA_LOCKFILE_DIR={self.directory}",
                                            "kea-dhcp6", "-c", path, stdout=output, stderr=output)

    def start(self):
        self.launch()
        lab.wait_for("kea-dhcp6 to take UDP port 547", self._serves)

    def _serves(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"kea-dhcp6 ended with status {self.process.returncode}:\n{self.log_tail()}")
        return ":0223 " in self.space.run("cat", "/proc/net/udp6")

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        lab.end(self.process)

    close = stop

    def log_tail(self):
        text = ""
        for path in (self.log(), os.path.join(self.directory, "output")):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-2000:]
        return text


class Dnsmasq(Kea):
    """dnsmasq, for those who want to know: it delegates no prefixes, and is made for a house. With each new lease it writes
    its file anew, so that a thousand clients are much."""

    questions = ("--ask", "na", "--clients", "1000")

    def load(self, csv):
        raise RuntimeError("dnsmasq reads no lease file of Kea's")

    def launch(self):
        # It serves the subnets of the interface's own addresses.
        self.space.run("ip", "-6", "addr", "add", "2001:db8:1:1::1/64", "dev", "client0", "nodad")
        with open(os.path.join(self.directory, "output"), "ab") as output:
            self.process = self.space.popen(
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=client0", "--bind-dynamic",
                "--user=root", "--pid-file=", f"--dhcp-leasefile={self.directory}/leases", "--dhcp-lease-max=100000", "--quiet-dhcp6",
                "--dhcp-range=2001:db8:1:1::1:0,2001:db8:1:1::ffff:ffff,64,1h", stdout=output, stderr=output)
