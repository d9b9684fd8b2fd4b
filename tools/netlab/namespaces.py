"""Network namespaces and the veth pairs between them. Everything made here is taken away again."""

import subprocess


def run(*command, check=True, timeout=60):
    """Runs a command and returns what it printed on stdout. Raises with its stderr when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """A host of its own on this machine. `name` is what `ip netns` calls it."""

    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *command):
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command, check=True, timeout=60):
        return run(*self.command(*command), check=check, timeout=timeout)

    def popen(self, *command, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.command(*command), **options)

    def delete(self):
        run("ip", "netns", "del", self.name, check=False)


def veth(one, one_name, other, other_name):
    """Joins two namespaces by a veth pair, both ends up."""
    one.run("ip", "link", "add", one_name, "type", "veth", "peer", "name", other_name, "netns", other.name)
    for namespace, interface in ((one, one_name), (other, other_name)):
        # Without duplicate address detection the link-local address can be used at once.
        namespace.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_dad=0")
        namespace.run("ip", "link", "set", interface, "up")


def second_interface(namespace, parent, name):
    """Another interface on the same wire, with a MAC address of its own."""
    namespace.run("ip", "link", "add", "link", parent, "name", name, "type", "macvlan", "mode", "bridge")
    namespace.run("sysctl", "-qw", f"net.ipv6.conf.{name}.accept_dad=0")
    namespace.run("ip", "link", "set", name, "up")
