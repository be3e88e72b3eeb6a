"""What holds of every canary that ktui holds, be it by settings (`hold`) or by a partition (`partition`)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol, TypeVar

import msgspec

from ktui.model import reading
from ktui.rollout import steps
from ktui.text import clean

VERSION: Final = 1
"""Of what is written in the annotations."""

MOST_STEPS: Final = 100


class HoldRecord(Protocol):
    """What ktui writes beside a hold."""

    @property
    def version(self) -> int:
        """Of the record: one of another version is not read."""

    @property
    def steps(self) -> steps.Steps:
        """The sizes of the canary, one after another."""

    @property
    def step(self) -> int:
        """The present one, counted from 0."""

    @property
    def since(self) -> datetime:
        """When the hold began."""

    @property
    def by(self) -> str:
        """Who began it."""


class Held:
    """Pods that are held, of all that are desired. Texts are clean."""

    desired: int

    @property
    def pods(self) -> int:
        """Those that are new, or that are to be."""
        raise NotImplementedError

    @property
    def record(self) -> HoldRecord | None:
        """What ktui wrote; None where someone else holds them, or nothing is known."""
        raise NotImplementedError

    @property
    def size(self) -> str:
        """`2 of 12`."""
        return f"{self.pods} of {self.desired}"

    @property
    def steps(self) -> steps.Steps:
        """The sizes of the canary; none where there is no record, or it is of a pause."""
        return self.record.steps if self.record is not None else ()

    @property
    def step(self) -> str:
        """`step 1 of 3`; nothing where there is but one before everything."""
        return steps.place(self.record.steps, self.record.step) if self.record is not None else ""

    @property
    def by(self) -> str:
        """Who began it; nothing where that is not known."""
        return clean(self.record.by) if self.record is not None else ""

    @property
    def next_step(self) -> int:
        """The index of the step that comes next. There must be steps."""
        return steps.following(self.steps, self.desired, self.pods)

    @property
    def next_pods(self) -> int | None:
        """How many pods the next step has; None for all of them. There must be steps."""
        step = self.steps[self.next_step]
        return None if steps.is_full(step, self.desired) else steps.in_pods(step, self.desired)


R = TypeVar("R", bound=HoldRecord)


def read_record(decoder: msgspec.json.Decoder[R], text: str | None) -> R | None:
    """The record that an annotation holds; None where there is none, or it is not one that this ktui can read."""
    if text is None:
        return None
    try:
        record = reading.read(decoder, text)
    except reading.NotRead:
        return None
    return record if record.version == VERSION else None
