"""Numbers as a line of bars."""

from __future__ import annotations

from collections.abc import Sequence

from ktui import signs

NOTHING = signs.POINT


def bars(values: Sequence[float], highest: float = 0.0) -> str:
    """A bar each; 0 is a point, so that nothing is derived from little.

    The full bar is `highest`, which rows that are compared share; without it, the largest value.
    """
    highest = max(highest, max(values, default=0.0))
    return "".join(_bar(value / highest) if value > 0 else NOTHING for value in values)


def _bar(share: float) -> str:
    return signs.LEVELS[min(len(signs.LEVELS) - 1, int(share * len(signs.LEVELS)))]


def gathered(values: Sequence[int], most: int) -> list[int]:
    """At most so many numbers, where there are more: neighbours added up, the last ones whole."""
    size = max(1, -(-len(values) // most))
    first = len(values) % size
    groups = [values[:first]] if first else []
    groups += [values[at : at + size] for at in range(first, len(values), size)]
    return [sum(group) for group in groups]
