"""A tandem6d under test: started, asked, killed, started again."""

import json
import os
import signal
import socket
import subprocess
import time


class Server:
    """One tandem6d in a namespace. `directory` holds its configuration, database, socket and log."""

    def __init__(self, binary, namespace, directory, config):
        self.binary = binary
        self.namespace = namespace
        self.directory = directory
        self.socket = os.path.join(directory, "control.sock")
        self.log = os.path.join(directory, "tandem6d.log")
        self.config_file = os.path.join(directory, "tandem6.conf")
        self.process = None
        self.configure(config)

    def configure(self, config):
        """Writes the configuration; database and control socket are put into this server's directory."""
        config.setdefault("tandem6", {}).setdefault("storage", {}).setdefault("path", os.path.join(self.directory, "db"))
        config["Dhcp6"].setdefault("control-socket", {"socket-type": "unix", "socket-name": self.socket})
        with open(self.config_file, "w", encoding="utf-8") as file:
            json.dump(config, file, indent=2)

    def start(self, patience=20):
        with open(self.log, "ab") as log:
            self.process = self.namespace.popen(self.binary, "--config", self.config_file, stdout=log, stderr=log)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"tandem6d ended with status {self.process.returncode}:\n{self.log_tail()}")
            try:
                self.command("status-get")
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"tandem6d does not answer after {patience} s:\n{self.log_tail()}")

    def command(self, name, arguments=None):
        """One command on the control socket; its whole answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(60)
            connection.connect(self.socket)
            connection.sendall(json.dumps({"command": name, **({"arguments": arguments} if arguments else {})}).encode())
            answer = b""
            while chunk := connection.recv(1 << 16):
                answer += chunk
        return json.loads(answer)

    def statistic(self, name):
        value = self.command("statistic-get", {"name": name})["arguments"].get(name)
        return value[0][0] if value else 0

    def leases(self, page=5000):
        """All leases of the database."""
        found, start = [], "start"
        while True:
            answer = self.command("lease6-get-page", {"from": start, "limit": page})
            if answer["result"] == 3:
                return found
            if answer["result"] != 0:
                raise RuntimeError(answer["text"])
            leases = answer["arguments"]["leases"]
            found += leases
            if len(leases) < page:
                return found
            last = leases[-1]
            start = last["ip-address"] if last["type"] == "IA_NA" else f"{last['ip-address']}/{last['prefix-len']}"

    def kill(self):
        """SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self):
        """SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, sig, patience=20):
        if self.process is None:
            return None
        # `ip netns exec` replaces itself by tandem6d: the process is the server itself.
        self.process.send_signal(sig)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        return status

    def log_tail(self, lines=30):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
