"""Sockets that find out by themselves that the network under them has gone: after a VPN, a sleep, another Wi-Fi.

A watch on such a connection is not cut, it is only silent, and other connections may be well.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, Final

_PROBES: Final = {
    "TCP_KEEPIDLE": 9,
    "TCP_KEEPALIVE": 9,
    "TCP_KEEPINTVL": 3,
    "TCP_KEEPCNT": 2,
    "TCP_USER_TIMEOUT": 15_000,
}
"""After 9 s without a byte the machine at the other end is asked twice, 3 s apart, whether it is there: that a network
has gone is known after 15 s, where a watch would be silent for 90. What a system does not have is left out;
`TCP_KEEPALIVE` is the first of them on macOS, and `TCP_USER_TIMEOUT` is in milliseconds."""


def probe(connected: socket.socket) -> socket.socket:
    """Have the system find out by itself that the other end is gone."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if (option := getattr(socket, name, None)) is not None:
            with suppress(OSError):
                connected.setsockopt(socket.IPPROTO_TCP, option, value)
    return connected


def probed(address: tuple[Any, Any, int, str, Any]) -> socket.socket:
    """A socket for that address, as aiohttp asks for it, that does so."""
    family, kind, protocol, _, _ = address
    return probe(socket.socket(family, kind, protocol))
