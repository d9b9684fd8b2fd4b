"""One server and the generator, joined by a veth pair: made anew for each measurement, so that none inherits anything."""

import contextlib

import lab
from netlab.namespaces import veth


@contextlib.contextmanager
def on_a_wire(server, csv=None, start=True):
    """(lab, clients' namespace, how long taking over `csv` took): the server serves client0, the clients have wan0."""
    place = lab.Lab()
    try:
        host, clients = place.namespace("server"), place.namespace("clients")
        veth(host, "client0", clients, "wan0")
        place.link_ready(host, "client0")
        place.link_ready(clients, "wan0")
        server.prepare(place, host)
        loaded = server.load(csv) if csv else 0.0
        if start:
            server.start()
        yield place, clients, loaded
        if start and not server.running():
            raise RuntimeError(f"{server.name} has ended by itself:\n{server.log_tail()}")
        server.stop()
    finally:
        place.close()
