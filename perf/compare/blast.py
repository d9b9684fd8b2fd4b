"""Runs tandem6-blast and reads what it measured."""

import json
import os
import subprocess

import lab

BLAST = os.path.join(lab.BUILD, "tandem6-blast")


class BlastFailed(RuntimeError):
    pass


def blast(space, directory, scenario, *options, device="wan0", patience=900):
    """The JSON document of one run. Faults in answers, and a run without answers, are errors: then nothing is comparable."""
    path = os.path.join(directory, "blast.json")
    where = ("--interface", device) if "," not in device else ("--device", device)
    command = space.command(BLAST, scenario, *where, "--json", path, "--quiet", *map(str, options))
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BlastFailed(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def percentiles(latency):
    return {name: value for name, value in latency.items() if name != "distribution"}
