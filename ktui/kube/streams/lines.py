"""Chunks of bytes into lines, without I/O."""

from __future__ import annotations

from ktui.kube import limits
from ktui.kube.errors import TooLarge


class LineSplitter:
    """Takes chunks as they come off the network and gives the lines that are complete.

    A line may be of any size: its parts are kept apart until its end comes, so that each byte is searched once and
    copied once. aiohttp's own line reader fails beyond its buffer, and objects can be 1.5 MB and more.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, without their newlines; empty lines are left out.

        Raises TooLarge where a line does not end.
        """
        head, newline, rest = chunk.partition(b"\n")
        self._size += len(head)
        if self._size > limits.OBJECT:
            raise TooLarge(f"The server sends a line of more than {limits.OBJECT // limits.MEGABYTE} MB.")
        if not newline:
            if chunk:
                self._parts.append(chunk)
            return []
        lines = rest.split(b"\n")
        self._parts.append(head)
        lines.insert(0, b"".join(self._parts))
        tail = lines.pop()
        self._parts, self._size = [tail] if tail else [], len(tail)
        return [line for line in lines if line]
