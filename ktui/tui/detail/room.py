"""How panels that stand below one another share the lines that there are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Want(NamedTuple):
    """A panel by name: the lines that it has to show, and how many it keeps however little room there is."""

    name: str
    lines: int
    least: int


def heights(room: int, wants: Sequence[Want], order: Sequence[str], first: int) -> dict[str, int]:
    """The lines of each panel by name, `room` of them in all.

    Each panel gets its `least` first, as far as it wants that. What is left goes round in `order`: the first panel in
    it takes up to `first` lines, the others up to half of the room; then each takes what it still wants. Lines that
    none wants go to the last panel, so that what is blank is at the bottom.
    """
    room = max(0, room)
    wanted = {want.name: want.lines for want in wants}
    given = {want.name: min(want.lines, want.least) for want in wants}
    for want in reversed(wants):
        given[want.name] -= min(given[want.name], max(0, sum(given.values()) - room))
    for is_last_round in (False, True):
        for name in order:
            most = room if is_last_round else first if name == order[0] else room // 2
            free = room - sum(given.values())
            given[name] += max(0, min(free, min(wanted[name], most) - given[name]))
    given[wants[-1].name] += room - sum(given.values())
    return given


class Heights:
    """The heights of panels over time.

    They change only when what they were made for changes, or when a panel needs more lines than it did then: what
    comes and goes must not move what one reads.
    """

    def __init__(self) -> None:
        self._for: object = None
        self._wanted: dict[str, int] = {}
        self._given: dict[str, int] = {}

    def fit(self, what: object, room: int, wants: Sequence[Want], order: Sequence[str], first: int) -> dict[str, int]:
        """The heights for `what` (a rollout in a terminal of some size); the other arguments are those of `heights`."""
        reason = (what, room, tuple(order))
        if reason != self._for or any(self._is_short_of(want) for want in wants):
            self._for, self._wanted = reason, {want.name: want.lines for want in wants}
            self._given = heights(room, wants, order, first)
        return self._given

    def _is_short_of(self, want: Want) -> bool:
        return want.lines > max(self._given[want.name], self._wanted[want.name])
