"""Which rollouts the overview lists, and in which order: filters, sorts, and what is not complete. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ktui.rollout.order import Harm, harm
from ktui.rollout.rollout import Phase, Rollout
from ktui.tui.draw import glyphs

TROUBLE: Final = "not complete"
"""What rows are limited to by the key for trouble, as the screen calls it."""

AT_REST: Final = (Phase.READING, Phase.COMPLETE, Phase.SCALED_TO_ZERO)
"""Phases in which nothing is to be done."""

SORTS: Final[dict[str, str]] = {
    "worst": "worst first",
    "name": "by name",
    "newest": "latest change first",
    "progress": "least done first",
}
"""The orders of the overview, by key, and how the screen calls them."""


def belongs(rollout: Rollout, only: str) -> bool:
    """Whether it is one of those that a chip stands for, or has trouble; empty is all."""
    if only == TROUBLE:
        return harm(rollout) is not Harm.NONE or rollout.phase not in AT_REST
    if only == "down":
        return harm(rollout) is Harm.DOWN
    return only in ("", glyphs.PHASES[rollout.phase][1])


def matches(rollout: Rollout, words: Sequence[str]) -> bool:
    """Whether every word of the filter stands somewhere in what the row says."""
    if not words:
        return True
    text = f"{rollout.namespace}/{rollout.label} {rollout.phase} {rollout.image} {rollout.why}".lower()
    return all(word in text for word in words)


def best_match(rollouts: Iterable[Rollout], words: Sequence[str]) -> Rollout | None:
    """The rollout that someone who typed these words most likely means: by its name rather than by its image.

    Names that are the words, that begin with one, and that hold one, in this order; then the first of all.
    """

    def distance(rollout: Rollout) -> int:
        names = (rollout.name.lower(), rollout.label.lower(), f"{rollout.namespace}/{rollout.label}".lower())
        tests: tuple[Callable[[str, str], bool], ...] = (str.__eq__, str.startswith, str.__contains__)
        return next((place for place, test in enumerate(tests) if any(test(n, w) for n in names for w in words)), 3)

    return min(rollouts, key=distance, default=None)


def ordered(rollouts: Iterable[Rollout], sort: str) -> list[Rollout]:
    """Sorted by one of `SORTS` but the first. Ties go by namespace and name, so that rows do not dance."""
    keys: dict[str, Callable[[Rollout], float]] = {
        "name": lambda _: 0,
        "newest": lambda rollout: -_last_change(rollout),
        "progress": lambda rollout: rollout.progress.share,
    }
    key = keys[sort]
    return sorted(rollouts, key=lambda rollout: (key(rollout), rollout.namespace, rollout.name))


def _last_change(rollout: Rollout) -> float:
    moment = rollout.started or rollout.since
    return moment.timestamp() if moment is not None else 0.0
