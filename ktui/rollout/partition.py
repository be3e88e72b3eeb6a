"""The partition of a StatefulSet: how many pods it holds back, and what ktui writes about that.

A partition holds server-side, no matter who set it. Beside it ktui writes the annotation `ktui.dev/partition`: what the
partition was before, whether it is a pause or a canary, and where an abort goes back to.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ktui.rollout import steps
from ktui.rollout.held import MOST_STEPS, VERSION, Held, read_record

ANNOTATION: Final = "ktui.dev/partition"


class Record(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the annotation says. It counts for as long as the partition is the one that was set with it."""

    version: int = VERSION
    partition: int
    saved: int
    """The partition before: what comes back when the hold ends."""
    steps: steps.Steps = ()
    """The sizes of a canary; none of a pause."""
    step: int = 0
    back: str = ""
    """The name of the ControllerRevision that a canary came from."""
    since: datetime
    by: str

    def __post_init__(self) -> None:
        if not 0 <= self.step <= max(0, len(self.steps) - 1) or len(self.steps) > MOST_STEPS:
            raise ValueError("the step is none of the steps")
        if self.saved < 0:
            raise ValueError("no partition is negative")


class Partition(Held, msgspec.Struct, frozen=True):
    """A partition that holds pods back, as it is now. Texts are clean."""

    first: int
    """The first pod that is updated, counted from 0."""
    desired: int
    record: Record | None = None
    """What ktui wrote; None where someone else set the partition."""
    can_pause: bool = True
    """Whether such a workload is paused by a partition, as it has no other way."""

    @property
    def pods(self) -> int:
        """How many pods the update is to reach."""
        return max(0, self.desired - self.first)

    @property
    def is_pause(self) -> bool:
        """Whether everything stands until it is resumed: nothing is reached, or ktui paused it where it was."""
        return self.can_pause and not self.is_canary and (self.pods == 0 or self.record is not None)

    @property
    def is_canary(self) -> bool:
        """Whether ktui holds a canary by it, and that has begun."""
        return self.pods > 0 and self.record is not None and bool(self.record.steps)

    @property
    def before(self) -> int:
        """What going on to the end brings back: the partition of before if that holds less back, else none."""
        return self.record.saved if self.record is not None and self.record.saved < self.first else 0

    @property
    def following(self) -> tuple[int, int | None]:
        """The step that comes next, and how many pods that is; None for all that the hold kept back."""
        return (self.next_step, self.next_pods) if self.steps else (0, None)


_record: Final = msgspec.json.Decoder(Record)


def read(text: str | None) -> Record | None:
    """The record that an annotation holds; None where there is none, or it is not one that this ktui can read."""
    return read_record(_record, text)
