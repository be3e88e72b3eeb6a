"""What the overview as a whole goes by, of each rollout: how wide its texts are, and what it counts as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len

from ktui.rollout.order import Harm, harm
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import clean


class Measure(NamedTuple):
    """The cells that texts of one rollout take, the digits of its desired pods, and how it is counted."""

    namespace: str
    name: int
    why: int
    image: int
    digits: int
    phase: Phase
    is_down: bool


def measure(rollout: Rollout) -> Measure:
    """The measure of one rollout."""
    return Measure(
        rollout.namespace,
        cell_len(rollout.label),
        cell_len(rollout.why),
        cell_len(clean(rollout.image)),
        len(str(rollout.progress.desired)),
        rollout.phase,
        harm(rollout) is Harm.DOWN,
    )


class Measures:
    """The measures of all rollouts, of which only those that have changed since the last time are taken again."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[Rollout, Measure]] = {}

    def of(self, rollouts: Iterable[Rollout]) -> list[Measure]:
        """The measures of these, in the same order; what is known of others is forgotten."""
        before, taken = self._taken, {}
        for rollout in rollouts:
            known = before.get(rollout.uid)
            taken[rollout.uid] = known if known is not None and known[0] is rollout else (rollout, measure(rollout))
        self._taken = taken
        return [each for _, each in taken.values()]
