"""What a rollout may do in pods (docs/semantics.md, Arithmetic)."""

from __future__ import annotations

import msgspec

from ktui.text import clean

DEFAULT_SHARE = "25%"
"""`maxSurge` and `maxUnavailable` where nothing is said."""


class Bounds(msgspec.Struct, frozen=True):
    """What a rollout may do, in pods, and as it is written in the spec (empty for Recreate)."""

    surge: int
    unavailable: int
    surge_text: str = ""
    unavailable_text: str = ""
    is_forced: bool = False
    """Whether both came to 0, and one pod may be unavailable anyway."""


def resolved(surge: int | str | None, unavailable: int | str | None, desired: int) -> Bounds:
    """The bounds of a rolling update; what is not said is `DEFAULT_SHARE`.

    Surge rounds up and unavailability down; where both come to 0, one pod may be unavailable, or nothing could ever
    move (`ResolveFenceposts` of the Deployment controller, and of Argo Rollouts, utils/defaults).
    """
    surge_text = DEFAULT_SHARE if surge is None else surge
    unavailable_text = DEFAULT_SHARE if unavailable is None else unavailable
    more, fewer = in_pods(surge_text, desired, round_up=True), in_pods(unavailable_text, desired, round_up=False)
    is_forced = more == 0 and fewer == 0
    return Bounds(
        more, min(1 if is_forced else fewer, desired), clean(str(surge_text)), clean(str(unavailable_text)), is_forced
    )


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
