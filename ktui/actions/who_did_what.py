"""Who did what to a workload: ktui's audit log of this machine together with what the object itself tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.actions.audit import Entry
from ktui.kube.api import FIELD_MANAGER
from ktui.rollout.writings import Writing
from ktui.text import clean

WROTE: Final = "wrote"
"""What the outcome of a writing is called."""
DONE: Final = "done"

_SAME: Final = timedelta(seconds=5)
"""The server's times are whole seconds, and the clocks of this machine and of the cluster may differ so much."""


class Deed(NamedTuple):
    """One action of ktui's log, one entry of the object's managers, or both."""

    at: datetime | None
    who: str
    outcome: str
    """That of the log, or `wrote`."""
    text: str
    entry: Entry | None = None
    writing: Writing | None = None

    @property
    def names(self) -> frozenset[str]:
        """What the one who did it is called: the user, the tool and its field manager."""
        user = [self.entry.user] if self.entry is not None else []
        return frozenset([*user, *([self.writing.tool, self.writing.manager] if self.writing is not None else [])])

    @property
    def is_warning(self) -> bool:
        """Whether it did not end as it should, or is not known to have."""
        return self.outcome not in (DONE, WROTE)


def deeds(entries: Sequence[Entry], writings: Sequence[Writing]) -> list[Deed]:
    """All of it, the newest last. What ktui did on this machine is said once, with the fields that it wrote."""
    left = list(writings)
    found = []
    for entry in sorted(entries, key=lambda each: each.time):
        mine = next((each for each in left if _is_same(entry, each)), None)
        if mine is not None:
            left.remove(mine)
        fields = f" · {mine.summary()}" if mine is not None else ""
        found.append(Deed(entry.time, clean(entry.user), entry.outcome, said(entry) + fields, entry, mine))
    found += [Deed(each.time, _who(each), WROTE, each.summary(), None, each) for each in left]
    return sorted(found, key=lambda each: each.at.timestamp() if each.at is not None else 0.0)


def said(entry: Entry) -> str:
    """What was done, why if by itself, and how it ended if not as it should."""
    parts = [entry.plan]
    if entry.automatic:
        parts.append(f"automatic: {entry.automatic}")
    if entry.outcome != DONE:
        parts.append(entry.sentence)
    return clean(" · ".join(parts))


def _is_same(entry: Entry, writing: Writing) -> bool:
    if writing.manager != FIELD_MANAGER or entry.outcome != DONE or entry.uid != writing.uid:
        return False
    return writing.time is not None and abs(writing.time - entry.time) <= _SAME


def _who(writing: Writing) -> str:
    if writing.manager == FIELD_MANAGER:
        return "ktui (elsewhere)"
    tool = writing.tool or writing.manager or "unknown"
    return tool if tool == writing.manager else f"{tool} ({writing.manager})"
