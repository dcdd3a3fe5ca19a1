"""A server for rooms: one folder, one file for each room, any number of peers in both dialects.

server.py    listens, and takes a peer from its greeting to its end
door.py      answers before a connection is a WebSocket: who may come in, health, metrics.py
options.py   how a hub is run, checked in words: tokens, TLS, where it may listen
access.py    who may enter which room, and whether to write
renewing.py  follows a certificate that is renewed meanwhile
tokens.py    the file of tokens: made, listed and revoked while a hub runs
rooms.py     opens rooms, and closes those that nobody is in
making.py    makes rooms: from schemas.py, the hub's own schema files, or from the first peer's tables
upgrading.py brings rooms to a newer schema file
limits.py    what peers may do; guard.py holds each of them to it, intake.py all of them together
connection.py  one connection before its session begins; accepting.py takes it, or waits until it can
upstreams.py   the other hubs that serve the same rooms; upstream.py links to one of them
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
