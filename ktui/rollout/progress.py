"""How far a rollout is: the two sides of it, what it may cost, and how it went so far."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Final

import msgspec

from ktui.present import plain

_SAMPLES: Final = 240
"""How many points of the capacity curve are kept; when there are more, every other one goes."""


class Side(msgspec.Struct, frozen=True):
    """The pods of the new revision, or those of all the old ones.

    `wanted` is what the ReplicaSets ask for, `existing` what they have (without those that are stopping).
    `terminating` None means unknown: the server is too old to count them (docs/semantics.md, Status).
    """

    wanted: int = 0
    existing: int = 0
    ready: int = 0
    available: int = 0
    terminating: int | None = 0


class Progress(msgspec.Struct, frozen=True):
    """A rollout in numbers of pods."""

    desired: int
    new: Side
    old: Side
    surge: int
    unavailable: int
    promised: int
    """How many pods are to be available at all times: desired less what may be unavailable."""
    goal: int
    """How many new pods it goes to now: all of them, or what a canary or a partition leaves."""

    @property
    def available(self) -> int:
        """How many pods serve now, old and new."""
        return self.new.available + self.old.available

    @property
    def ready(self) -> int:
        """How many pods are ready now, old and new."""
        return self.new.ready + self.old.ready

    @property
    def share(self) -> float:
        """How much of what is desired is new and available: 0 to 1."""
        return min(1.0, self.new.available / self.desired) if self.desired else 1.0


class Sample(msgspec.Struct, frozen=True):
    """One point of the capacity curve."""

    at: datetime
    available: int
    new_available: int


class Track(msgspec.Struct, frozen=True):
    """How one rollout went, as far as it was watched.

    `started` is when it began: seen, or else known by the age of the new ReplicaSet; None where that cannot be
    shown. `pace_from` is the point from which the pace counts: the beginning, or when it last went on after it had
    been `paused` (or held).
    """

    template: bytes
    started: datetime | None
    pace_from: Sample | None
    samples: tuple[Sample, ...]
    lowest: Sample
    finished: datetime | None = None
    paused: bool = False

    @property
    def took(self) -> float | None:
        """Seconds from beginning to end, where both are known.

        Where nothing tells when a rollout ended, its end stands as its beginning: that is no duration.
        """
        if self.started is None or self.finished is None or self.finished <= self.started:
            return None
        return (self.finished - self.started).total_seconds()

    @property
    def disturbed(self) -> datetime | None:
        """Since when fewer pods are available than at the best of times, as far as it was watched."""
        best = max(sample.available for sample in self.samples)
        since = None
        for sample in reversed(self.samples):
            if sample.available >= best:
                break
            since = sample.at
        return since


class Observation(msgspec.Struct, frozen=True):
    """What one look at a workload adds to the track of its rollout."""

    template: bytes
    """The digest of the template that is rolled out."""
    available: int
    new_available: int
    new_ready: int
    stands_still: bool
    """Whether it is paused, or held on purpose: time that passes now is no pace."""
    is_complete: bool
    started: datetime | None
    """When the rollout began, and when it ended where it has, as far as the objects alone tell."""
    finished: datetime | None
    is_going: bool = False
    """Whether the workload itself is being deleted."""


def observe(track: Track | None, seen: Observation, now: datetime) -> Track:
    """Add what is seen now to what was seen before; another template is another rollout."""
    now = plain(now)
    sample = Sample(now, seen.available, seen.new_available)
    if track is None or track.template != seen.template:
        return _begin(sample, seen, track)
    if seen.is_going:
        return track
    # The new revision, which tells the beginning, may come later than the first look at the workload.
    started = track.started or seen.started
    pace_from = track.pace_from
    if track.paused and not seen.stands_still:
        # What became ready while it was held counts as available at once: that is no pace.
        pace_from = Sample(now, sample.available, seen.new_ready)
    elif pace_from is None and started is not None and not seen.stands_still:
        pace_from = Sample(started, 0, 0)
    finished = track.finished
    if finished is None and seen.is_complete:
        finished = now
    return Track(
        template=track.template,
        started=started,
        pace_from=pace_from,
        samples=_with(track.samples, sample),
        lowest=sample if finished is None and sample.available < track.lowest.available else track.lowest,
        finished=finished,
        paused=seen.stands_still,
    )


def _with(samples: tuple[Sample, ...], sample: Sample) -> tuple[Sample, ...]:
    """The samples with one more where it says something new; every other one goes when there are too many."""
    last = samples[-1]
    if (last.available, last.new_available) == (sample.available, sample.new_available):
        return samples
    return (*(samples if len(samples) < _SAMPLES else samples[::2]), sample)


def _begin(sample: Sample, seen: Observation, before: Track | None) -> Track:
    """The first look at a rollout; where another one was there `before`, it began under our eyes."""
    started = sample.at if before is not None else seen.started
    finished = seen.finished
    if before is not None and finished is not None and finished < before.samples[-1].at:
        # Pods that are older than the change, and suit it: the other template was still asked for then.
        finished = sample.at
    if before is not None:
        # An old revision that comes back may have pods already: only what is added from here on is pace.
        pace_from: Sample | None = sample
    else:
        pace_from = Sample(started, 0, 0) if started is not None and not seen.stands_still else None
    return Track(
        template=seen.template,
        started=started,
        pace_from=pace_from,
        samples=(sample,),
        lowest=sample,
        finished=finished,
        paused=seen.stands_still,
    )


def seconds_left(track: Track, numbers: Progress, now: datetime) -> float | None:
    """How much longer it takes at the pace so far; None while there is no pace to go by, or where it was lost.

    Pods come in waves, as many at once as surge and unavailability allow. One wave is no pace: how long its pods took
    says little of those that follow, which find their image on the node, or their database up. With the second wave
    there is one, and it is withdrawn as soon as the next pods are overdue by half of what a wave takes.
    """
    if track.pace_from is None or track.paused or track.finished is not None:
        return None
    gained = numbers.new.available - track.pace_from.new_available
    left = numbers.desired - numbers.new.available
    if left == 0 and gained > 0:
        return 0.0
    wave = _wave(numbers)
    if left < 0 or gained <= wave:
        return None
    last_gain = _last_gain(track.samples)
    took, idle = (last_gain - track.pace_from.at).total_seconds(), (now - last_gain).total_seconds()
    # The first pod of a wave stands for the wave: the others have begun with it.
    waves = ceil(gained / wave)
    per_wave = took / waves
    if took <= 0 or idle > 1.5 * per_wave:
        return None
    to_come = ceil((gained + left) / wave) - waves
    # While a pod is missing, one is the least that is still to come.
    return max(per_wave / wave, to_come * per_wave - idle)


def _wave(numbers: Progress) -> int:
    """How many new pods start at once: where no old ones block them, all of them do."""
    return max(1, numbers.surge + numbers.unavailable if numbers.old.existing else numbers.desired)


def _last_gain(samples: tuple[Sample, ...]) -> datetime:
    """When the number of new pods that are available last changed."""
    last = samples[-1]
    at = last.at
    for sample in reversed(samples):
        if sample.new_available != last.new_available:
            break
        at = sample.at
    return at
