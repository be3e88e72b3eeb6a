"""How many pods more, and how many fewer, a rollout may have (docs/semantics.md, Arithmetic)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ktui.model.objects import HOLD_SECONDS, Deployment, Strategy
from ktui.rollout.bounds import Bounds, resolved

RECREATE: Final = "Recreate"


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
    if rolling is None:
        return resolved(None, None, desired)
    return resolved(rolling.max_surge, rolling.max_unavailable, desired)


def promised(deployment: Deployment) -> int:
    """How many pods are to be available throughout a rollout: desired less what may be unavailable."""
    return max(0, deployment.spec.desired - bounds(deployment).unavailable)


def held(deployment: Deployment) -> bool:
    """Whether a canary is held: `minReadySeconds` alone tells (docs/semantics.md, Hold a canary)."""
    return deployment.spec.min_ready_seconds == HOLD_SECONDS
