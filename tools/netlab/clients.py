"""Real DHCPv6 clients, kept from touching the machine that they run on."""

import contextlib
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
    /run/dhcpcd of its own. `more`: lines of its configuration."""

    CONFIG = """duid
ipv6only
noipv6rs
nohook resolv.conf, hostname, ntp.conf
script /bin/true
{more}
interface {interface}
  ia_na 1
  ia_pd 2 -
"""

    def __init__(self, namespace, interface, directory, more=""):
        self.namespace, self.interface = namespace, interface
        self.config = os.path.join(directory, f"dhcpcd-{interface}.conf")
        self.log = os.path.join(directory, f"dhcpcd-{interface}.log")
        self.process = None
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(self.CONFIG.format(interface=interface, more=more))

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


class Dhcp6c:
    """The client of WIDE (KAME) asking for an address and a prefix, with an empty /var/lib/dhcpv6 of its own."""

    CONFIG = """interface {interface} {{
  send ia-na 0;
  send ia-pd 0;
  request domain-name-servers;
}};
id-assoc na 0 {{ }};
id-assoc pd 0 {{ prefix-interface lo {{ sla-id 1; sla-len 8; }}; }};
"""

    def __init__(self, namespace, interface, directory, program):
        self.namespace, self.interface, self.program = namespace, interface, program
        self.state = os.path.join(directory, f"dhcp6c-{interface}")
        self.process = None
        with open(self.state + ".conf", "w", encoding="utf-8") as file:
            file.write(self.CONFIG.format(interface=interface))

    def start(self):
        private = ("mkdir -p /var/lib/dhcpv6 && mount -t tmpfs t /var/lib/dhcpv6 && "
                   "exec \"$1\" -D -f -c \"$2.conf\" -p \"$2.pid\" \"$3\"")
        with open(self.state + ".log", "wb") as log:
            self.process = self.namespace.popen("sh", "-c", private, "sh", self.program, self.state, self.interface,
                                                stdout=log, stderr=log)

    def address(self):
        return _last(r"create an address (\S+)", self.state + ".log")

    def prefix(self):
        return _last(r"create a prefix (\S+)", self.state + ".log")

    def stop(self):
        end(self.process)


class Dibbler:
    """Dibbler's client asking for an address and a prefix, with empty directories of its own."""

    def __init__(self, namespace, interface, directory, program):
        self.namespace, self.interface, self.program = namespace, interface, program
        self.state = os.path.join(directory, f"dibbler-{interface}")
        self.process = None
        with open(self.state + ".conf", "w", encoding="utf-8") as file:
            file.write(f"log-level 7\niface {interface} {{\n  ia\n  pd\n}}\n")

    def start(self):
        with open(self.state + ".log", "wb") as log:
            self.process = self.namespace.popen("sh", "-c", DIBBLER_PRIVATE, "sh", self.program, self.state + ".conf", "client.conf",
                                                stdout=log, stderr=log)

    def address(self):
        return _last(r"Address (\S+)/128 added", self.state + ".log")

    def prefix(self):
        return _last(r"PD: Adding prefix (\S+)", self.state + ".log")

    def stop(self):
        end(self.process)


class Networkd:
    """systemd-networkd asking for an address and a prefix, without router advertisements, bus or udev."""

    NETWORK = """[Match]
Name={interface}
[Network]
DHCP=ipv6
IPv6AcceptRA=no
LinkLocalAddressing=ipv6
[DHCPv6]
WithoutRA=solicit
"""

    def __init__(self, namespace, interface, directory, program):
        self.namespace, self.interface, self.program = namespace, interface, program
        self.state = os.path.join(directory, f"networkd-{interface}")
        self.process = None
        with open(self.state + ".network", "w", encoding="utf-8") as file:
            file.write(self.NETWORK.format(interface=interface))

    def start(self):
        # A /sys that cannot be written tells it that there is no udev to wait for.
        private = ("mount -t tmpfs t /run && mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases && "
                   "chmod -R a+rwX /run/systemd && cp \"$2.network\" /run/systemd/network/ && mount -o remount,ro,bind /sys && "
                   "exec env SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console LD_LIBRARY_PATH=\"$(dirname \"$1\")\" \"$1\"")
        with open(self.state + ".log", "wb") as log:
            self.process = self.namespace.popen("sh", "-c", private, "sh", self.program, self.state, stdout=log, stderr=log)

    def address(self):
        return _last(r"DHCPv6 address (\S+)/128", self.state + ".log")

    def prefix(self):
        return _last(r"received delegated prefix (\S+)", self.state + ".log")

    def stop(self):
        end(self.process)


# Dibbler knows its files by absolute names: $1 the program, $2 its configuration, $3 what it calls that.
DIBBLER_PRIVATE = ("mkdir -p /etc/dibbler /var/lib/dibbler /var/log/dibbler && "
                   "for place in /etc/dibbler /var/lib/dibbler /var/log/dibbler; do mount -t tmpfs t $place || exit 1; done; "
                   "cp \"$2\" \"/etc/dibbler/$3\" && exec \"$1\" run")


def _last(pattern, path):
    """The last match in a log; None when there is none."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.findall(pattern, file.read())
    return found[-1] if found else None


def end(process, patience=10):
    """Ends a process that we started, politely first, and whatever it started: the helpers of a dhcpcd that was killed would
    keep the clients' port."""
    if process is None or process.poll() is not None:
        return
    started = descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for watch in started:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(watch, signal.SIGKILL)
        os.close(watch)


def descendants(pid):
    """The children of a process, theirs, and so on, each as a descriptor that never means another process."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return found
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            found.append(os.pidfd_open(child))
            found.extend(descendants(child))
    return found
