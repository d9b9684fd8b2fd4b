"""The table (markdown) and the plot of a comparison."""

import os
import subprocess

from compare.parts import COMMON_RATE, KEA, KEA_THREADS, servers


def value(table, *path, form="{:,.0f}"):
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return "–" if table is None else form.format(table)


def spread(measured):
    runs = (measured or {}).get("runs", [])
    return f" ({min(runs):,.0f}–{max(runs):,.0f})" if len(runs) > 1 else ""


def best_of_kea(document, part):
    return max((document["servers"].get(name, {}).get(part, {}).get("rate", 0) for name in (KEA, KEA_THREADS)), default=0)


def rate_cell(document, name, part):
    server = document["servers"][name]
    if part not in server:
        return "failed" if f"{part}-failed" in server else "–"
    best, rate = best_of_kea(document, part), server[part]["rate"]
    ratio = f", **{rate / best:.1f} ×**" if best and not name.startswith("kea") else ""
    return f"{rate:,.0f}{spread(server[part])}{ratio}"


def rows(document):
    """(what, {server: cell})"""
    measured = document["servers"]
    latency = ("exchange-latency-ms",)

    def all_of(cell):
        return {name: cell(name) for name in measured}

    def path(*keys, form="{:,.0f}", scale=1):
        def cell(name):
            found = measured[name]
            for key in keys:
                found = found.get(key) if isinstance(found, dict) else None
            return "–" if found is None else form.format(found * scale)
        return cell

    yield "four-way exchanges/s without loss", all_of(lambda name: rate_cell(document, name, "rate"))
    yield "SOLICIT → ADVERTISE/s without loss", all_of(lambda name: rate_cell(document, name, "solicit"))
    for where, title in (("half", "at half of its own rate"), (COMMON_RATE, "at one rate for all")):
        yield f"latency {title}: exchanges/s", all_of(path("latency", where, "rate"))
        for percentile in ("p50", "p90", "p99", "p99.9", "max"):
            yield f"– {percentile}, ms", all_of(path("latency", where, *latency, percentile, form="{:.2f}"))
    yield "CPU of the server an exchange at 90% of its rate, µs", all_of(path("latency", "full", "server-cpu-us", form="{:.1f}"))
    yield "CPU of the generator an exchange, µs", all_of(path("latency", "full", "generator-cpu-us", form="{:.1f}"))
    yield "memory a lease, bytes", all_of(path("memory", "bytes-per-lease"))
    leases = next((server["restart"]["leases"] for server in measured.values() if "restart" in server), 0)
    yield f"restart with {leases:,} leases, s", all_of(path("restart", "seconds", form="{:.2f}"))


def table(document):
    names = list(document["servers"])
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)] if names else []
    for what, cells in rows(document) if names else ():
        if any(cell != "–" for cell in cells.values()):
            lines.append(f"| {what} | " + " | ".join(cells[name] for name in names) + " |")
    if document["takeover"]:
        lines += ["", "| the primary is gone; until the other answers, s | killed: REBIND | killed: SOLICIT | both cables pulled: REBIND | "
                  "both cables pulled: SOLICIT |", "|---|---|---|---|---|"]
        for name, ways in document["takeover"].items():
            cells = [value(ways, way, what, form="{:.2f}") for way in ("kill", "cable") for what in ("REBIND", "SOLICIT")]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def header(document):
    machine = document["machine"]
    return (f"Kea {machine['kea']}, tandem6 at {machine['tandem6']}, {machine['date']}; {machine['cores']} cores of {machine['cpu']} for "
            f"server and generator together, kernel {machine['kernel']}{'; quick, one short run each' if document['quick'] else ''}. "
            f"Load of the machine: {machine.get('load-while-measuring', machine['load-before'])}.\n\n")


# --- the plot --------------------------------------------------------------------------------------------------------

def bars(document, part):
    return [(name, document["servers"][name][part]["rate"]) for name in document["servers"] if part in document["servers"][name]]


def latency_blocks(document, where):
    """gnuplot's data blocks and curves of the distributions, over 1/(1 - share)."""
    blocks, curves = "", []
    for number, (name, server) in enumerate(document["servers"].items()):
        if "latency" not in server:
            continue
        measured = server["latency"][where]
        points, total, before = [], measured["distribution"][-1][1], 0
        for milliseconds, below in measured["distribution"]:
            points.append(f"{total / max(total - before, 1)} {max(milliseconds, 0.001)}")
            before = below
        blocks += f"${where.replace('-', '_')}{number} << EOD\n" + "\n".join(points) + "\nEOD\n"
        curves.append(f"${where.replace('-', '_')}{number} using 1:2 with steps lw 2 title \"{name}, {measured['rate']:,.0f}/s\"")
    return blocks, curves


def script(document):
    body = ("set termoption noenhanced\nset multiplot layout 2,2 title 'kea-dhcp6 and tandem6: the same clients, wire and generator' font ',14'\n"
            "set style fill solid 0.7\nset boxwidth 0.6\nset grid ytics\nset key off\n")
    for part, title in (("rate", "four-way exchanges a second, without loss"), ("solicit", "SOLICIT → ADVERTISE a second, without loss")):
        found = bars(document, part)
        if not found:
            continue
        body += f"${part} << EOD\n" + "".join(f"{i} {rate} \"{name}\"\n" for i, (name, rate) in enumerate(found)) + "EOD\n"
        body += (f"set title '{title}'\nset yrange [0:{max(rate for _, rate in found) * 1.15}]\nset xrange [-0.6:{len(found) - 0.4}]\nset xtics rotate by -15 font ',8'\n"
                 f"plot ${part} using 1:2:xtic(3) with boxes lc rgb '#3366aa', '' using 1:2:(sprintf('%.0f', $2)) with labels offset 0,0.6\n")
    body += ("set xrange [1:*]\nset yrange [*:*]\nset logscale xy\nset xtics norotate ('50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 1e4)\n"
             "set format y '%g'\nset ytics autofreq\nset xlabel 'percentile'\nset ylabel 'ms'\nset key bottom right font ',9'\nset grid\n")
    for where, title in (("half", "latency of an exchange at half of the own rate"), (COMMON_RATE, "latency of an exchange at one rate")):
        blocks, curves = latency_blocks(document, where)
        if curves:
            body += blocks + f"set title '{title}'\nplot " + ", ".join(curves) + "\n"
    return body + "unset multiplot\n"


def draw(document, prefix):
    for terminal, suffix in (("svg size 1200,900 background 'white'", ".svg"), ("pngcairo size 1200,900", ".png")):
        text = f"set encoding utf8\nset terminal {terminal}\nset output '{prefix}{suffix}'\n" + script(document)
        subprocess.run(["gnuplot", "-"], input=text, text=True, check=True, timeout=60)


def in_order(document):
    """Whatever was measured first."""
    order = [server.name for server in servers()]
    return {**document, "servers": dict(sorted(document["servers"].items(), key=lambda item: order.index(item[0])))}


def write(document, prefix):
    document = in_order(document)
    text = header(document) + table(document)
    with open(prefix + ".md", "w", encoding="utf-8") as file:
        file.write(text)
    if any("rate" in server or "latency" in server for server in document["servers"].values()):
        draw(document, prefix)
    return text + f"\nwritten: {os.path.relpath(prefix)}.json, .md, .svg, .png"
