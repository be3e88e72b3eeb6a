"""A list read while it comes, without I/O: the items that are whole, chunk by chunk.

The one list that a server answers from its cache is the fastest way to many objects (measured), but it is one JSON
document, and to hold all of it costs more memory than what it says. Where an item ends is guessed from how the API
server writes lists, and every guess is put to the test by decoding: one that is wrong costs time, never an object.
"""

from __future__ import annotations

from typing import Final

from ktui.kube import limits
from ktui.kube.errors import Interrupted, TooLarge
from ktui.kube.streams.decoder import Page, decode_page
from ktui.model.resources import Resource

_ITEMS: Final = b'"items":['
_META: Final = b'"metadata":{'
_OPEN: Final = b'{"metadata":{"resourceVersion":""},"items":['
_CLOSE: Final = b"]}"


class ListReader:
    """Feed it the bytes of one list, and take the objects as soon as they are whole."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._head = b""
        self._between = b""
        """What stands between two items: all begin as the first one does, mostly with their metadata."""
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Page:
        """What has become whole with these bytes; most often nothing is missing but the last item."""
        self._rest += chunk
        if len(self._rest) > limits.OBJECT:
            raise TooLarge(f"The server sends an object of more than {limits.OBJECT // limits.MEGABYTE} MB.")
        if not self._head:
            start = self._rest.find(_ITEMS)
            if start < 0:
                return Page([], "", "")
            self._head = bytes(self._rest[: start + len(_ITEMS)])
            del self._rest[: start + len(_ITEMS)]
        if not self._between:
            first = self._rest.find(_META)
            if first < 0:
                return Page([], "", "")
            self._between = b"}," + bytes(self._rest[: first + len(_META)])
        end = self._rest.rfind(self._between)
        if end < 0:
            return Page([], "", "")
        try:
            page = decode_page(self._resource, _OPEN + self._rest[: end + 1] + _CLOSE)
        except Interrupted:
            # The guess was wrong, in the middle of an item: the next bytes will tell.
            return Page([], "", "")
        del self._rest[: end + 2]
        return page

    def finish(self) -> Page:
        """The rest, with the version of the list. Raises Interrupted where the bytes do not end a list."""
        return decode_page(self._resource, self._head + bytes(self._rest))
