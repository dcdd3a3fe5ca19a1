"""A server for rooms: one folder, one file for each room, any number of peers in both dialects.

- ``server``: listens, and does what is due from time to time; ``options``: how a hub is run
- ``guests``: takes a peer from its greeting into its room, and to its end
- ``handshake``: answers before a connection is a WebSocket
- ``access``: who may enter which room; ``tokens``: the file of tokens
- ``cert_reload``: follows a certificate that is renewed
- ``rooms``: opens rooms, and closes empty ones; ``create_room``, ``migrate_room``, ``schemas``: makes and migrates them
- ``follow_peer``: gives rooms the tables and columns that only a peer has
- ``withheld_log``: names the rows of rooms that cannot be sent
- ``connection``: a connection before its session begins; ``arrivals``: how many begin at once; ``accept_loop``: waits
  when no descriptor is left
- ``limits``: what peers may do; ``rate_limit`` enforces it for each of them, ``inbound_budget`` for all together
- ``upstreams``: the other hubs that serve the same rooms
- ``counters``, ``metrics``: what a hub counts, for Prometheus
"""

from engine.hub.access import Access, Anybody, Grant, SharedToken, TokenFile
from engine.hub.limits import Limits
from engine.hub.options import HubOptions, Tls
from engine.hub.server import Hub

__all__ = [
    "Access",
    "Anybody",
    "Grant",
    "Hub",
    "HubOptions",
    "Limits",
    "SharedToken",
    "Tls",
    "TokenFile",
]
