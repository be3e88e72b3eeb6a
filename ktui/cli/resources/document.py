"""What `ktui resources -o json` prints: CPU in cores, memory in bytes, times as RFC 3339; null is unknown, or none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import Meter, Nearest, PodUse, RevisionUse, Usage
from ktui.rollout.capacity.usage_words import compared, near_limits
from ktui.rollout.rollout import Rollout
from ktui.text import clean


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one rollout at one moment; `problem` says why nothing is measured."""

    kind: str
    rollout: Rollout
    usage: Usage
    rooms: tuple[Room, ...]
    now: datetime
    problem: str


def usage_document(found: Measured) -> dict[str, Any]:
    """One document."""
    used, rollout = found.usage, found.rollout
    return {
        "kind": found.kind,
        "namespace": rollout.namespace,
        "name": rollout.name,
        "uid": rollout.uid,
        "phase": rollout.phase.value,
        "measuredAt": used.at,
        "windowSeconds": used.window or None,
        "stale": used.is_stale(found.now),
        "problem": found.problem or None,
        "compared": list(compared(used)),
        "warnings": list(near_limits(used)),
        "revisions": [_revision(each) for each in used.revisions],
        "quotas": [_room(room) for room in found.rooms],
    }


def _revision(each: RevisionUse) -> dict[str, Any]:
    names = {pod.name: pod.full_name for pod in each.pods}
    return {
        "revision": each.number or None,
        "current": each.is_current,
        "pods": len(each.pods),
        "measured": each.measured,
        "cpu": _meter(each.meter("cpu"), names),
        "memory": _meter(each.meter("memory"), names),
        "podUse": [_pod(pod) for pod in each.pods],
    }


def _meter(meter: Meter | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if meter is None:
        return None
    return {
        "total": _number(meter.total),
        # A mean of bytes is no more exact than a byte.
        "mean": _number(meter.mean if meter.resource == "cpu" else meter.mean.to_integral_value()),
        "highest": _number(meter.highest),
        "highestPod": names[meter.highest_pod],
        "request": _number(meter.request),
        "limit": _number(meter.limit),
        "nearestLimit": _nearest(meter.nearest, names),
        "podsNearLimit": meter.near,
    }


def _nearest(near: Nearest | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if near is None:
        return None
    return {
        "pod": names[near.pod],
        "container": near.container,
        "used": _number(near.used),
        "limit": _number(near.limit),
        "share": round(float(near.share), 4),
    }


def _pod(pod: PodUse) -> dict[str, Any]:
    return {"pod": pod.full_name, "measured": pod.is_measured, "cpu": _number(pod.cpu), "memory": _number(pod.memory)}


def _room(room: Room) -> dict[str, Any]:
    return {
        "quota": clean(room.quota),
        "resource": clean(room.resource),
        "hard": _number(room.hard),
        "used": _number(room.used),
        "aPod": _number(room.each),
        "roomForPods": room.fits,
        "needed": _number(room.needed),
        "short": room.is_short,
        "note": clean(room.unknown) or None,
    }


def _number(amount: Decimal | None) -> float | int | None:
    """Whole where it is whole: bytes and pods are."""
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else round(float(amount), 9)
