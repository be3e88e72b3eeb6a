"""aiohttp, imported without what it does for connections that ktui may never make.

While it is imported, aiohttp 3 makes two TLS contexts and loads all CAs of the system into each: a sixth of the
processor time of `ktui get`. ktui makes a context of its own for each API server (`auth.tls`), so those of aiohttp are
used only for a proxy that is reached over https before a server that is not. They load the CAs when they are used.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Later(ssl.SSLContext):
    """A context that verifies servers by the CAs of the system, and loads them for its first connection."""

    _has_loaded = False

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Begin a connection, as asyncio does it."""
        if not self._has_loaded:
            self.load_default_certs()
            self._has_loaded = True
        return super().wrap_bio(*arguments, **options)


@contextmanager
def _no_authorities_are_loaded() -> Iterator[None]:
    made = ssl.create_default_context
    ssl.create_default_context = lambda *_, **__: _Later(ssl.PROTOCOL_TLS_CLIENT)
    # The second one verifies nothing, so it needs none at all. This hides the method of the base class.
    ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        ssl.create_default_context = made
        del ssl.SSLContext.set_default_verify_paths


with _no_authorities_are_loaded():
    import aiohttp

__all__ = ["aiohttp"]
