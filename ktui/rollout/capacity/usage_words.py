"""Use in sentences: new against old, who is near a limit, what the quotas leave."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ktui.model.quantities import amount_text
from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import Meter, RevisionUse, Usage
from ktui.text import clean, count, percent

_ALIKE: Final = (Decimal("0.9"), Decimal("1.1"))
"""Between these, two amounts are about the same: pods of one revision differ by as much."""

NAMES: Final = {"cpu": "CPU", "memory": "memory"}


def compared(usage: Usage) -> tuple[str, ...]:
    """What a new pod uses against an old one, memory first, and of how many of them that is known."""
    new, old = usage.new, usage.old
    if new is None:
        return ()
    parts = []
    for resource in ("memory", "cpu"):
        one, other = new.meter(resource), old.meter(resource) if old is not None else None
        if one is not None and other is not None:
            then = " when it was last measured" if old is not None and old.is_past else ""
            parts.append(f"{_against(one, other)}{then}{_limit(one)}.")
    if 0 < new.measured < len(new.pods):
        parts.append(f"{new.measured} of {count(len(new.pods), 'new pod')} measured so far.")
    return tuple(parts)


def _against(new: Meter, old: Meter) -> str:
    name, amounts = NAMES[new.resource], f"{share(new)} against {share(old)}"
    if not old.mean:
        return f"A new pod uses {share(new)} of {name}, an old one nothing"
    ratio = new.mean / old.mean
    if _ALIKE[0] <= ratio <= _ALIKE[1]:
        return f"A new pod uses about as much {name} as an old one: {amounts}"
    return f"A new pod uses {ratio_text(ratio)} × the {name} of an old one: {amounts}"


def ratio_text(ratio: Decimal) -> str:
    """`1.8`; `12` where tenths do not matter any more."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def share(meter: Meter) -> str:
    """What one pod uses on average."""
    return amount_text(meter.resource, meter.mean)


def _limit(meter: Meter) -> str:
    if meter.limit is not None:
        return f", limit {amount_text(meter.resource, meter.limit)}"
    return ", no limit" if meter.nearest is None else ""


def near_limits(usage: Usage) -> tuple[str, ...]:
    """The containers that are near a limit, each revision and resource in one sentence, and what that leads to."""
    return tuple(sentence for revision in usage.revisions for sentence in _near(revision) if not revision.is_past)


def _near(revision: RevisionUse) -> Iterator[str]:
    whose = "new" if revision.is_current else "old"
    for resource, then in (
        ("memory", "one that goes beyond it is killed"),
        ("cpu", "it is slowed down there"),
    ):
        meter = revision.meter(resource)
        if meter is None or meter.nearest is None or not meter.near:
            continue
        top = meter.nearest
        who = top.pod if len({near.container for pod in revision.pods for _, near in pod.nearest}) < 2 else ""
        yield (
            f"{meter.near} of {count(revision.measured, f'{whose} pod')} {'is' if meter.near == 1 else 'are'} near the "
            f"{NAMES[resource]} limit: {who or f'{top.container} in {top.pod}'} uses "
            f"{amount_text(resource, top.used)} of {amount_text(resource, top.limit)} ({percent(top.share)}); {then}."
        )


def room(of: Room) -> str:
    """`room for 2 pods; the rollout needs 3`, or why that is not known."""
    if of.lacking:
        return f"{clean(', '.join(of.lacking))} does not say how much, and is refused unless a LimitRange does"
    if of.unknown:
        return clean(of.unknown)
    fits = f"room for {count(of.fits or 0, 'pod')}" if of.fits is not None else ""
    if of.needed is None or not of.needed:
        return fits
    needs = amount_text(of.resource, of.needed)
    if of.each and of.needed % of.each == 0:
        needs = str(int(of.needed / of.each))
    return f"{fits}; the rollout needs {'' if of.is_short else 'up to '}{needs}"
