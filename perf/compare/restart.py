"""How long a server with many leases needs from its start to its first answer."""

import os
import time

import dhcp6
from compare.wire import on_a_wire
from links import UdpEnd

HEADER = ("address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,"
          "state,user_context,hwtype,hwaddr_source\n")


def write_leases(path, leases):
    """Half of them addresses, half prefixes, as Kea writes them; none of them ends soon."""
    ends = int(time.time()) + 86400
    with open(path, "w", encoding="ascii") as file:
        file.write(HEADER)
        for number in range(leases // 2):
            duid = dhcp6.duid(number, b"load").hex(":")
            file.write(f"2001:db8:1:1::{number + 0x10000 >> 16:x}:{number & 0xffff:x},{duid},86400,{ends},1,80000,0,{number},128,0,0,,,0,,,\n")
            prefix = (0x20010db8_80000000 << 64) + (number << 72)
            groups = ":".join(f"{prefix >> shift & 0xffff:x}" for shift in (112, 96, 80, 64))
            file.write(f"{groups}::,{duid},86400,{ends},1,80000,2,{number},56,0,0,,,0,,,\n")


def first_answer(end, number, patience=300):
    """Until a client that has a lease in the file hears of it again: REBIND every 10 ms."""
    client = dhcp6.duid(number, b"load")
    asked = dhcp6.Lease(dhcp6.IA_NA, number, f"2001:db8:1:1::{number + 0x10000 >> 16:x}:{number & 0xffff:x}", 128, 0, 0)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        end.send(dhcp6.message(dhcp6.REBIND, number & 0xffffff, client, dhcp6.ia(dhcp6.IA_NA, number, [asked])))
        got = end.receive(0.01)
        # What the former server had still answered may be in the socket.
        if got and got[0][:4] == bytes([dhcp6.REPLY]) + (number & 0xffffff).to_bytes(3, "big"):
            if not any(lease.valid > 0 for lease in dhcp6.Message.parse(got[0]).leases()):
                raise RuntimeError("the first REPLY has no lease: the server does not know what it was given")
            return
    raise RuntimeError(f"no answer within {patience} s of the start")


def restart(server, effort, directory):
    csv = os.path.join(directory, f"leases-{effort.restart_leases}.csv")
    if not os.path.exists(csv):
        write_leases(csv, effort.restart_leases)
    seconds = []
    with on_a_wire(server, csv=csv, start=False) as (place, clients, loaded):
        end = place.keep(UdpEnd(clients, "wan0"))
        for run in range(effort.restarts):
            began = time.monotonic()
            server.launch()
            first_answer(end, 4711 + run)
            seconds.append(time.monotonic() - began)
            server.stop()
        server.launch()
        first_answer(end, 17)
    return {"leases": effort.restart_leases, "seconds": min(seconds), "runs": seconds, "import-seconds": loaded}
