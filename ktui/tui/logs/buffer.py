"""The lines of several logs in one: in order of time, bounded in number and memory, with the matches of a search."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

MOST_LINES: Final = 50_000
MOST_BYTES: Final = 24 * 1024 * 1024
"""Of text and what it takes to keep it; the oldest lines go first."""

LATE: Final = 2_000_000_000
"""Nanoseconds that a line which is written now may be behind the newest one and still find its place by its time.

What is further behind comes from a node whose clock is slow: it is put where it is seen, not where it is not.
"""

_KEEPING: Final = 180
"""Bytes that a line takes beside its text."""
_SLACK: Final = 0.95
"""Down to this share of a limit when it is passed, so that not every line moves all others."""


class Source(msgspec.Struct, frozen=True):
    """A container of a pod, as the one who writes lines."""

    uid: str
    """The pod's."""
    namespace: str
    pod: str
    short: str
    """The pod's name without what it shares with its revision's other pods."""
    container: str


class Entry(msgspec.Struct, gc=False):
    """A line. `at` is when it was written, `order` where it stands; both in nanoseconds since the Unix epoch.

    Of equal orders, those of one pod stand together, in the order in which they came. A note is a line of ktui's own,
    about the log.
    """

    order: int
    serial: int
    at: int
    source: Source
    text: str
    is_note: bool = False
    is_live: bool = False
    """Whether it was written while it was followed, rather than before."""


class Change(NamedTuple):
    """What became of the lines that are shown: so many went at the top, then the first new one is at `first`."""

    dropped: int
    first: int


class LogBuffer:
    """Lines, and those of them that a search finds."""

    def __init__(self, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self._most = (most_lines, most_bytes)
        self._entries: list[Entry] = []
        self._matches: list[Entry] = []
        self._bytes = 0
        self._term = ""
        self.only_matches = False
        """Whether only what the search finds is shown."""
        self.has_dropped = False
        """Whether there were more lines than are kept."""

    @property
    def bytes(self) -> int:
        """About how much memory the lines take."""
        return self._bytes

    @property
    def shown(self) -> Sequence[Entry]:
        """The lines to be seen, in order."""
        return self._matches if self.only_matches and self._term else self._entries

    @property
    def matches(self) -> Sequence[Entry]:
        """The lines that the search finds, in order."""
        return self._matches

    @property
    def term(self) -> str:
        """What is searched for; empty for nothing."""
        return self._term

    def __len__(self) -> int:
        return len(self._entries)

    def search(self, term: str) -> None:
        """Find that text from now on, whatever its case."""
        self._term = term.lower()
        self._matches = [entry for entry in self._entries if self._is_match(entry)] if term else []

    def _is_match(self, entry: Entry) -> bool:
        return self._term in entry.text.lower() and not entry.is_note

    def add(self, new: Sequence[Entry]) -> Change:
        """Put lines in their places, those of each source in their order; returns what became of what is shown."""
        if not new:
            return Change(0, len(self.shown))
        newest = self._entries[-1].order if self._entries else 0
        for entry in new:
            if entry.is_live:
                entry.order = max(entry.order, newest - LATE)
            newest = max(newest, entry.order)
        first = _merge(self._entries, new)
        found = [entry for entry in new if self._is_match(entry)] if self._term else []
        first_match = _merge(self._matches, found)
        self._bytes += sum(map(_size, new))
        dropped, dropped_matches = self._drop()
        if self.shown is self._matches:
            return Change(dropped_matches, max(0, first_match - dropped_matches))
        return Change(dropped, max(0, first - dropped))

    def _drop(self) -> tuple[int, int]:
        """Let go of the oldest lines beyond the limits; how many lines, and matches, that were."""
        most_lines, most_bytes = self._most
        if len(self._entries) <= most_lines and self._bytes <= most_bytes:
            return 0, 0
        self.has_dropped = True
        count = max(0, len(self._entries) - int(most_lines * _SLACK))
        for entry in self._entries[:count]:
            self._bytes -= _size(entry)
        while self._bytes > most_bytes * _SLACK and count < len(self._entries):
            self._bytes -= _size(self._entries[count])
            count += 1
        last = self._entries[count - 1]
        del self._entries[:count]
        matches = bisect_right(self._matches, _place(last), key=_place)
        del self._matches[:matches]
        return count, matches

    def index(self, entry: Entry) -> int:
        """Where a line stands among those that are shown, or would stand if it were among them."""
        return bisect_left(self.shown, _place(entry), key=_place)

    def match_from(self, entry: Entry | None, by: int) -> Entry | None:
        """The next match after a line (`by` 1), or before it (-1), the ends being joined; None where there is none."""
        if not self._matches:
            return None
        if entry is None:
            return self._matches[-1]
        if by > 0:
            at = bisect_right(self._matches, _place(entry), key=_place)
        else:
            at = bisect_left(self._matches, _place(entry), key=_place) - 1
        return self._matches[at % len(self._matches)]

    def match_number(self, entry: Entry) -> int:
        """The number of a match, from 1."""
        return bisect_left(self._matches, _place(entry), key=_place) + 1


def _place(entry: Entry) -> tuple[int, str, int]:
    # Lines of one time stand pod by pod, whichever was heard first.
    return entry.order, entry.source.pod, entry.serial


def _size(entry: Entry) -> int:
    return sys.getsizeof(entry.text) + _KEEPING


def _merge(entries: list[Entry], new: Sequence[Entry]) -> int:
    """Add lines to others that are in order; the index of the first that came in.

    Mostly they all belong at the end. Where they do not, only what comes after the first of them is sorted, which
    takes little time because it consists of two or more parts that are in order.
    """
    if not new:
        return len(entries)
    coming = sorted(new, key=_place)
    first = bisect_left(entries, _place(coming[0]), key=_place)
    if first == len(entries):
        entries.extend(coming)
    else:
        entries[first:] = sorted([*entries[first:], *coming], key=_place)
    return first
