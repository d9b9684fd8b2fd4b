"""Real DHCPv6 clients, kept from touching the machine that they run on."""

import os
import re
import signal
import subprocess


class Dhclient:
    """ISC dhclient asking for an address and a prefix. Its script only notes what it was told."""

    SCRIPT = """#!/bin/sh
echo "$reason address=$new_ip6_address prefix=$new_ip6_prefix" >> '{notes}'
[ -n "$new_ip6_address" ] && ip -6 addr replace "$new_ip6_address/128" dev "$interface" 2>/dev/null
exit 0
"""

    def __init__(self, namespace, interface, directory):
        self.namespace, self.interface = namespace, interface
        self.notes = os.path.join(directory, f"dhclient-{interface}.notes")
        self.script = os.path.join(directory, f"dhclient-{interface}.sh")
        self.state = os.path.join(directory, f"dhclient-{interface}")
        self.process = None
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(self.SCRIPT.format(notes=self.notes))
        os.chmod(self.script, 0o755)

    def start(self):
        with open(self.state + ".log", "wb") as log:
            self.process = self.namespace.popen(
                "/sbin/dhclient", "-6", "-N", "-P", "-d", "-v", "-sf", self.script, "-lf", self.state + ".leases",
                "-pf", self.state + ".pid", "-cf", "/dev/null", self.interface, stdout=log, stderr=log)

    def events(self):
        """What the script was called for so far: (reason, address, prefix)."""
        if not os.path.exists(self.notes):
            return []
        with open(self.notes, encoding="utf-8") as file:
            return re.findall(r"(\w+) address=(\S*) prefix=(\S*)", file.read())

    def address(self):
        return next((a for _, a, _ in reversed(self.events()) if a), None)

    def prefix(self):
        return next((p for _, _, p in reversed(self.events()) if p), None)

    def stop(self):
        end(self.process)


class Dhcpcd:
    """dhcpcd asking for an address and a prefix, without router advertisements. It sees an empty /var/lib/dhcpcd and
    /run/dhcpcd of its own."""

    CONFIG = """duid
ipv6only
noipv6rs
nohook resolv.conf, hostname, ntp.conf
script /bin/true
interface {interface}
  ia_na 1
  ia_pd 2 -
"""

    def __init__(self, namespace, interface, directory):
        self.namespace, self.interface = namespace, interface
        self.config = os.path.join(directory, f"dhcpcd-{interface}.conf")
        self.log = os.path.join(directory, f"dhcpcd-{interface}.log")
        self.process = None
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(self.CONFIG.format(interface=interface))

    def start(self):
        private = ("mkdir -p /var/lib/dhcpcd /run/dhcpcd && mount -t tmpfs t /var/lib/dhcpcd && "
                   "mount -t tmpfs t /run/dhcpcd && exec dhcpcd -6 -B -d -f \"$1\" \"$2\"")
        with open(self.log, "wb") as log:
            self.process = self.namespace.popen("sh", "-c", private, "sh", self.config, self.interface,
                                                stdout=log, stderr=log)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def address(self):
        found = re.findall(r"adding address (\S+)/\d+", self.text())
        return found[-1] if found else None

    def prefix(self):
        found = re.findall(r"delegated prefix (\S+)", self.text())
        return found[-1] if found else None

    def stop(self):
        end(self.process)


def end(process, patience=10):
    """Ends a process that we started, politely first."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
