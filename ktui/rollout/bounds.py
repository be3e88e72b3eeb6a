"""What a rollout may do in pods (docs/semantics.md, Arithmetic)."""

from __future__ import annotations

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """What a rollout may do, in pods, and as it is written in the spec (empty for Recreate)."""

    surge: int
    unavailable: int
    surge_text: str = ""
    unavailable_text: str = ""
    is_forced: bool = False
    """Whether both came to 0, and one pod may be unavailable all the same."""


def in_pods(value: int | str, desired: int, *, round_up: bool) -> int:
    """A number or a percentage of the desired pods, in pods; text that is neither counts as 0."""
    if isinstance(value, int):
        return value
    text = value.strip()
    if text.endswith("%") and text[:-1].isdecimal():
        # Whole numbers: 0.07 * 100 is more than 7 in floating point, and would round up to 8.
        share = int(text[:-1]) * desired
        return -(-share // 100) if round_up else share // 100
    return int(text) if text.isdecimal() else 0
