"""Rate, latency, CPU and memory: what one server does under the generator."""

import math
import statistics

from compare.blast import blast, percentiles
from compare.servers import cpu_seconds, resident_bytes
from compare.wire import on_a_wire


def generator_device(server):
    """AF_XDP on both ends or on none: the generator meets the same wire as the server."""
    return "net_af_xdp0,iface=wan0" if server.name.endswith("af_xdp") else "wan0"


def clients_of(server, effort):
    return server.questions or ("--clients", effort.clients)


def highest_rate(server, scenario, effort):
    """The search's result, of several runs: median, and all of them."""
    found = []
    for run in range(effort.runs):
        with on_a_wire(server) as (place, clients, _):
            result = blast(clients, place.directory, scenario, "--search", "--step", effort.step, "--duration", effort.confirm,
                           "--search-from", 4000, "--resolution", 4, "--seed", run + 1, *clients_of(server, effort), device=generator_device(server))
        found.append(result["search"]["highest-lossless-rate"])
    return {"rate": statistics.median(found), "runs": found}


def thinned(distribution, points=120):
    """Enough of it for a plot over 1/(1 - share): the last of the steps that fall together there."""
    total, kept = distribution[-1][1], {}
    widest = math.log(total + 1)
    for milliseconds, below in distribution:
        kept[int(math.log(total / max(total - below, 1)) / widest * points)] = [milliseconds, below]
    return list(kept.values())


def at_rate(server, scenario, rate, effort):
    """Latency, and CPU of server and generator for each exchange, at a rate that loses nothing."""
    with on_a_wire(server) as (place, clients, _):
        before = cpu_seconds(server.pid)
        result = blast(clients, place.directory, scenario, "--rate", rate, "--duration", effort.latency, "--warm-up", 0,
                       *clients_of(server, effort), device=generator_device(server))
        spent = cpu_seconds(server.pid) - before
    exchanges, generator = result["exchanges"]["completed"], result["generator"]
    return {"rate": rate, "unanswered-percent": result["unanswered-percent"],
            "latency-ms": {name: percentiles(each["latency-ms"]) for name, each in result["questions"].items()},
            "exchange-latency-ms": percentiles(result["exchanges"]["latency-ms"]),
            "distribution": thinned(result["exchanges"]["latency-ms"]["distribution"]),
            "server-cpu-us": spent / exchanges * 1e6,
            "generator-cpu-us": (generator["cpu-user-seconds"] + generator["cpu-system-seconds"]) / exchanges * 1e6}


def memory(server, effort):
    """Resident bytes that each lease adds: an address and a prefix for each client, all of them new."""
    with on_a_wire(server) as (place, clients, _):
        options = ("--clients", effort.memory_clients, "--rate", 100, "--duration", 1, "--warm-up", 0)
        # A few clients first: what the first packets allocate is no lease's.
        blast(clients, place.directory, "four-way", "--clients", 1000, "--rate", 1000, "--duration", 1, "--warm-up", 0, "--seed", 99)
        before = resident_bytes(server.pid)
        blast(clients, place.directory, "renew", *options)
        after = resident_bytes(server.pid)
    leases = 2 * effort.memory_clients
    return {"leases": leases, "bytes-per-lease": (after - before) / leases, "resident-before": before, "resident-after": after}
