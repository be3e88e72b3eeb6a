"""How many pods more, and how many fewer, a rollout may have (docs/semantics.md, Arithmetic)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from ktui.model.objects import HOLD_SECONDS, Deployment, Strategy
from ktui.text import clean

RECREATE: Final = "Recreate"
DEFAULT_SHARE: Final = "25%"
"""What the API server fills in for a surge or an unavailability that is not given."""


class Bounds(msgspec.Struct, frozen=True):
    """What a rollout may do, in pods, and as it is written in the spec (empty for Recreate)."""

    surge: int
    unavailable: int
    surge_text: str = ""
    unavailable_text: str = ""
    is_forced: bool = False
    """Whether both came to 0, and one pod may be unavailable all the same."""


def bounds(deployment: Deployment) -> Bounds:
    """Surge and unavailability of a Deployment in pods.

    Surge rounds up and unavailability down; where both come to 0, one pod may be unavailable, or nothing could
    ever move (`ResolveFenceposts` of the Deployment controller). Recreate takes everything down first.
    """
    return _bounds(deployment.spec.strategy, deployment.spec.desired)


@lru_cache(maxsize=1024)
def _bounds(strategy: Strategy, desired: int) -> Bounds:
    # One look at a rollout asks for them three times, and few strategies differ.
    if strategy.type == RECREATE:
        return Bounds(surge=0, unavailable=desired)
    rolling = strategy.rolling_update
    surge_text = DEFAULT_SHARE if rolling is None or rolling.max_surge is None else rolling.max_surge
    unavailable_text = DEFAULT_SHARE if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable
    surge = in_pods(surge_text, desired, round_up=True)
    unavailable = in_pods(unavailable_text, desired, round_up=False)
    is_forced = surge == 0 and unavailable == 0
    if is_forced:
        unavailable = 1
    return Bounds(surge, min(unavailable, desired), clean(str(surge_text)), clean(str(unavailable_text)), is_forced)


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


def promised(deployment: Deployment) -> int:
    """How many pods are to be available throughout a rollout: desired less what may be unavailable."""
    return max(0, deployment.spec.desired - bounds(deployment).unavailable)


def held(deployment: Deployment) -> bool:
    """Whether a canary is held: `minReadySeconds` alone tells (docs/semantics.md, Hold a canary)."""
    return deployment.spec.min_ready_seconds == HOLD_SECONDS
