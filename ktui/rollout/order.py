"""The order of rollouts by the harm that they do: what serves nobody comes first. Pure.

A row moves up at once when its rollout gets worse, and down only once that has been better for a while: a service in
a crash loop must not jump through the list with every restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from operator import attrgetter
from typing import Final, NamedTuple

from ktui.rollout.rollout import Phase, Rollout

QUIET: Final = timedelta(seconds=15)
"""How long a rollout has to be better before its row moves down."""

AT_REST: Final = (Phase.READING, Phase.COMPLETE, Phase.SCALED_TO_ZERO, Phase.DELETED)
"""Phases in which nothing runs."""

_PHASES: Final = {phase: place for place, phase in enumerate(Phase)}


class Harm(IntEnum):
    """What users of a workload notice of its state, the worst first."""

    DOWN = 0
    """No pod is available, although some are desired."""
    REDUCED = 1
    """Fewer pods are available than the strategy guarantees (desired less maxUnavailable)."""
    NONE = 2


class Rank(NamedTuple):
    """What rollouts are ordered by: harm, then phase, then since when. Smaller is worse."""

    harm: Harm
    phase: int
    since: float
    """In seconds since the epoch, so that what lasts longest comes first; 0 for what is at rest."""


def harm(rollout: Rollout) -> Harm:
    """What users of the workload notice now.

    A workload whose first rollout still runs has not served anybody yet: nobody misses it.
    """
    numbers = rollout.progress
    if numbers.desired == 0 or rollout.phase in (Phase.DELETED, Phase.SCALED_TO_ZERO):
        return Harm.NONE
    if rollout.phase is Phase.PROGRESSING and not rollout.previous_revision and not rollout.settled:
        return Harm.NONE
    if numbers.available == 0:
        return Harm.DOWN
    return Harm.REDUCED if numbers.available < numbers.promised else Harm.NONE


def rank(rollout: Rollout) -> Rank:
    """Where the rollout stands among others now."""
    since = rollout.since.timestamp() if rollout.since is not None and rollout.phase not in AT_REST else 0.0
    return Rank(harm(rollout), _PHASES[rollout.phase], since)


def worst_first(rollouts: Iterable[Rollout]) -> list[Rollout]:
    """The rollouts in the order of harm, phase and time; equal ones by namespace and name."""
    return sorted(rollouts, key=lambda each: (rank(each), each.namespace, each.name))


class _Standing(NamedTuple):
    """Where a rollout stands: its place, the last time that it was so bad if it is better now, and what it is now."""

    place: tuple[Rank, str, str]
    better_since: datetime | None
    rollout: Rollout


class Standings:
    """The ranks of rollouts over time, by uid: the worst that each has had within `QUIET`."""

    def __init__(self) -> None:
        self._seen: dict[str, _Standing] = {}
        self._seen_at: datetime | None = None

    def worst_first(self, rollouts: Iterable[Rollout], now: datetime) -> list[Rollout]:
        """The rollouts in the order of the worst that each has been lately."""
        self._seen = {each.uid: self._standing(each, now) for each in rollouts}
        self._seen_at = now
        return [standing.rollout for standing in sorted(self._seen.values(), key=_PLACE)]

    def _standing(self, rollout: Rollout, now: datetime) -> _Standing:
        known = self._seen.get(rollout.uid)
        if known is not None and known.rollout is rollout and known.better_since is None:
            # Of hundreds, few are others than at the last draw.
            return known
        own = rank(rollout)
        if known is not None and own[:2] > known.place[0][:2]:
            since = known.better_since or self._seen_at or now
            if since <= now < since + QUIET:
                return known._replace(rollout=rollout, better_since=since)
        return _Standing((own, rollout.namespace, rollout.name), None, rollout)


_PLACE: Final = attrgetter("place")


def steady(rows: Iterable[Rollout], before: Mapping[str, int]) -> list[Rollout]:
    """The rows in the places that they had `before`, by uid; new ones come where the order puts them.

    For a moment in which a person moves through the list: what the next key acts on stays where it is.
    """
    ordered = list(rows)
    known = iter(sorted((each for each in ordered if each.uid in before), key=lambda each: before[each.uid]))
    return [next(known) if each.uid in before else each for each in ordered]
