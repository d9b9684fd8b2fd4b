"""All parts for all servers, one after the other; what was measured is kept after each."""

import shutil
import sys
import tempfile
import time

from compare.blast import BlastFailed
from compare.rates import at_rate, highest_rate, memory
from compare.restart import restart
from compare.servers import Dnsmasq, Kea, Tandem6
from compare.takeover import pairs, takeover

KEA, KEA_THREADS = "kea 1 thread", "kea 2 threads"
DNSMASQ = "dnsmasq (addresses only)"
COMMON_RATE = "common-rate"  # what all are asked for the comparison of latency and CPU


def servers():
    """Fresh ones: a server is used for one measurement."""
    return [Kea(KEA), Kea(KEA_THREADS, threads=2), Tandem6("tandem6 sync"), Tandem6("tandem6 async", durability="async"),
            Tandem6("tandem6 sync af_xdp", device="net_af_xdp0,iface=client0"), Dnsmasq(DNSMASQ)]


def is_chosen(name, names, among):
    """Is it named, in full or else in part?"""
    return any(part == name or (part.lower() in name.lower() and part not in among) for part in names.split(","))


def wanted(names):
    all_names = [server.name for server in servers()]
    if not names:  # what does less is no comparison: only for who asks for it
        return [name for name in all_names if name != DNSMASQ]
    return [name for name in all_names if is_chosen(name, names, all_names)]


def fresh(name):
    return next(server for server in servers() if server.name == name)


def say(text):
    print(time.strftime("%T"), text, file=sys.stderr, flush=True)


def measure(document, parts, names, effort, save):
    directory = tempfile.mkdtemp(prefix="compare-kea-", dir="/var/tmp")
    try:
        for part in parts:
            if part == "takeover":
                measure_takeover(document, names, save)
                continue
            for name in wanted(names):
                say(f"{part}: {name}")
                into = document["servers"].setdefault(name, {})
                try:
                    into[part] = PARTS[part](document, name, effort, directory)
                    into.pop(f"{part}-failed", None)
                except (BlastFailed, RuntimeError) as error:
                    # The others are worth measuring all the same; the table says what failed.
                    into[f"{part}-failed"] = str(error)
                    say(f"  failed: {error}")
                save()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def measure_takeover(document, names, save):
    all_names = [pair.name for pair in pairs()]
    for pair in pairs():
        if names and not is_chosen(pair.name, names, all_names):
            continue
        for way in pair.ways:
            say(f"takeover: {pair.name}, {way}")
            document["takeover"].setdefault(pair.name, {})[way] = takeover(pair, way)
            save()


def rate_of(document, name):
    """What it was found to do without loss, or Kea's usual when that was not measured."""
    return document["servers"].get(name, {}).get("rate", {}).get("rate", 10_000)


def measure_rate(_document, name, effort, _directory):
    return highest_rate(fresh(name), "four-way", effort)


def measure_solicit(_document, name, effort, _directory):
    return highest_rate(fresh(name), "solicit", effort)


def measure_latency(document, name, effort, _directory):
    common = min(rate_of(document, KEA), 10_000) / 2
    own = rate_of(document, name)
    # CPU is told near the full rate: a worker that polls a quiet port spends time that no exchange needs.
    rates = {"half": own / 2, "full": own * 0.9, COMMON_RATE: common}
    return {where: at_rate(fresh(name), "four-way", max(10, round(rate, -1)), effort) for where, rate in rates.items()}


def measure_memory(_document, name, effort, _directory):
    return memory(fresh(name), effort)


def measure_restart(_document, name, effort, directory):
    return restart(fresh(name), effort, directory)


PARTS = {"rate": measure_rate, "solicit": measure_solicit, "latency": measure_latency, "memory": measure_memory,
         "restart": measure_restart}
