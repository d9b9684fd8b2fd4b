"""What the shows of tools/quickstart share: numbered steps, an end in good order, and the removal of what was left running."""

import os
import shutil
import subprocess
import sys
import time

from netlab.namespaces import run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
TANDEM6D = os.path.join(BUILD, "tandem6d")


def note(text):
    print("      " + text.replace("\n", "\n      "), flush=True)


def wait_for(what, condition, patience=30):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise RuntimeError(f"waited {patience} s in vain for: {what}")


def tandem6ctl(server, *arguments):
    return run(os.path.join(BUILD, "tandem6ctl"), "--socket", server.socket, *arguments)


class Show:
    """A show in namespaces and a directory of its own. Derived ones say which, and play() it."""

    COMMAND, DIRECTORY, NAMESPACES, STEPS = "", "", (), 0
    DONE = ""  # said at the end

    def __init__(self):
        self.clients, self.servers = [], []

    def say(self, step, text):
        print(f"[{step}/{self.STEPS}] {text}", flush=True)

    def play(self):
        raise NotImplementedError

    def look_around(self):
        """How to look at what --keep leaves running: lines of text."""
        raise NotImplementedError

    def fresh_directory(self):
        shutil.rmtree(self.DIRECTORY, ignore_errors=True)
        os.makedirs(self.DIRECTORY)

    def clean(self):
        for client in self.clients:
            client.stop()
        for server in self.servers:
            if server.process:
                note(f"tandem6d ended in good order (exit status {server.stop()})")
        self.delete()

    @classmethod
    def delete(cls):
        for name in cls.NAMESPACES:
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(cls.DIRECTORY, ignore_errors=True)

    @classmethod
    def clean_leftovers(cls):
        """Takes away what --keep left: our own namespaces with the processes in them, and our directory."""
        for name in cls.NAMESPACES:
            for pid in run("ip", "netns", "pids", name, check=False).split():
                run("kill", pid, check=False)
        time.sleep(1)
        cls.delete()

    def run(self, arguments):
        """The exit status of the script."""
        if "--clean" in arguments:
            self.clean_leftovers()
            return 0
        present = {line.split()[0] for line in run("ip", "netns", "list").splitlines() if line}
        if present & set(self.NAMESPACES):
            print(f"An earlier show is still there. Take it away first: sudo {self.COMMAND} --clean", file=sys.stderr)
            return 1
        try:
            self.play()
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            print(f"\nquickstart failed: {error}", file=sys.stderr)
            for server in self.servers:
                print(f"{server.log} ends with:\n{server.log_tail(15)}", file=sys.stderr)
            self.clean()
            return 1
        if "--keep" in arguments:
            self.say(self.STEPS, "Left running. Look around:")
            note(f"{self.look_around()}\nTake it away again: sudo {self.COMMAND} --clean")
            return 0
        self.say(self.STEPS, "Cleaning up")
        self.clean()
        print(self.DONE)
        return 0
