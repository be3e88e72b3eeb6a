"""What happened to a rollout, in order: from stamps of its objects, events, and what was done with ktui.

Where an object tells of something itself, its events about the same are left out; of pods that are gone, the events are
all that is left. The same thing that happens to many pods at once is shown once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.model.resources import resource_of
from ktui.model.workloads import Workload
from ktui.redaction import redact_message
from ktui.rollout.happenings import TOGETHER, Stamp, What
from ktui.text import clean, count, duration

_ORDER: Final = (
    (What.ACTION, False),
    (What.MADE, False),
    (What.SCALED, False),
    *((what, True) for what in What),
    *((what, False) for what in (What.STARTED, What.READY, What.STOPPING, What.NOTE, What.TROUBLE, What.TURNED)),
)
"""What comes first of what is known of one moment, of pods or not: the stamps of a cluster are whole seconds."""

_PASSIVE: Final = ("made", "asked to stop")
"""What is said of pods that had it done to them."""


class RecordedAction(msgspec.Struct, frozen=True):
    """Something that was done with ktui, and whether it came to what was meant."""

    at: datetime
    text: str
    went_well: bool


class Moment(msgspec.Struct, frozen=True):
    """Something that happened, from `at` to `until`, `times` times in all, for the first time at `since`."""

    at: datetime
    until: datetime
    what: What
    text: str
    is_warning: bool = False
    times: int = 1
    since: datetime | None = None

    @property
    def sentence(self) -> str:
        """What happened, and with what it was done."""
        return f"ktui: {self.text}" if self.what is What.ACTION else self.text

    @property
    def extent(self) -> str:
        """`×6 over 30s`, `within 4s`; nothing for what happened once and at once."""
        if self.times > 1:
            took = (self.until - (self.since or self.at)).total_seconds()
            return f"×{self.times} over {duration(took)}" if took >= 1 else f"×{self.times}"
        took = (self.until - self.at).total_seconds()
        return f"within {duration(took)}" if took >= 1 else ""


def timeline(
    workload: Workload, happened: Iterable[Stamp], recorded: Sequence[RecordedAction] = ()
) -> tuple[Moment, ...]:
    """Everything that is known to have happened, the oldest first; `happened` is what its objects and events tell."""
    facts = [*_of_life(workload), *happened]
    facts += [Stamp(action.at, What.ACTION, action.text, is_warning=not action.went_well) for action in recorded]
    return tuple(_folded(sorted(facts, key=_place)))


def _place(fact: Stamp) -> tuple[datetime, int]:
    """Where it comes: what was done with ktui is known to parts of a second, what came of it to whole seconds."""
    at = fact.at.replace(microsecond=0) if fact.what is What.ACTION else fact.at
    return at, _ORDER.index((fact.what, bool(fact.pod)))


# The workload


def _of_life(workload: Workload) -> Iterator[Stamp]:
    meta, kind = workload.metadata, resource_of(workload).kind
    if meta.creation_timestamp is not None:
        yield Stamp(meta.creation_timestamp, What.MADE, f"the {kind} was made")
    if meta.deletion_timestamp is not None:
        yield Stamp(meta.deletion_timestamp, What.STOPPING, f"the {kind} is being deleted", is_warning=True)


# A revision and its pods


# What belongs together


def _folded(facts: Sequence[Stamp]) -> list[Moment]:
    """The facts, with the same thing at the same time in one; in the order of their beginnings."""
    groups: list[list[Stamp]] = []
    latest: dict[tuple[What, str, str, bool], list[Stamp]] = {}
    for fact in facts:
        key = (fact.what, fact.said, fact.whose, fact.is_warning)
        group = latest.get(key)
        if group is None or fact.at - group[-1].at > TOGETHER or fact.what is What.ACTION:
            group = latest[key] = []
            groups.append(group)
        group.append(fact)
    return [_moment(group) for group in groups]


def _moment(group: Sequence[Stamp]) -> Moment:
    first, last = group[0], group[-1]
    pods = dict.fromkeys(fact.pod for fact in group if fact.pod)
    times = sum(fact.times for fact in group)
    text = first.said
    if pods:
        who = f"pod {next(iter(pods))}" if len(pods) == 1 else count(len(pods), "pod")
        passive = " was" if len(pods) == 1 else " were"
        joint = ":" if first.said[:1].isupper() else passive if first.said in _PASSIVE else ""
        text = f"{who} of {first.whose}{joint} {first.said}"
    # What happens to a pod once is reported once for each: only more than that is worth a number.
    often = times if times > max(1, len(pods)) else 1
    since = min((fact.since for fact in group if fact.since is not None), default=None)
    return Moment(
        first.at,
        last.at,
        first.what,
        clean(redact_message(text)),
        first.is_warning,
        often,
        since if often > 1 else None,
    )
