"""How far the rollout of a Service is in pods, and what one look at it adds to its track."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ktui.kinds.knative_service import status as said
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.rollout.progress import Observation, Progress, Side


def progress(situation: Situation) -> Progress:
    """The pods of the newest revision, and those of all others. How many there are to be, the autoscaler decides."""
    newest = situation.newest
    others = [part for part in situation.parts if not part.is_newest]
    new, old = _sum((newest,) if newest is not None else ()), _sum(others)
    counted = {part.name: part for part in (*situation.serving, *((newest,) if newest is not None else ()))}
    return Progress(
        desired=sum(part.side.wanted for part in counted.values()),
        new=new,
        old=old,
        surge=0,
        unavailable=0,
        promised=sum(part.side.wanted for part in situation.serving),
        goal=new.wanted,
    )


def _sum(parts: Iterable[Part]) -> Side:
    sides = [part.side for part in parts]
    terminating = [side.terminating for side in sides]
    return Side(
        wanted=sum(side.wanted for side in sides),
        existing=sum(side.existing for side in sides),
        ready=sum(side.ready for side in sides),
        available=sum(side.available for side in sides),
        terminating=None if None in terminating else sum(number or 0 for number in terminating),
    )


def observation(situation: Situation) -> Observation:
    """What is seen of it now."""
    service, newest = situation.service, situation.newest
    numbers = progress(situation)
    is_complete = said.is_ready(service)
    return Observation(
        template=service.spec.template.digest,
        available=numbers.available,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=said.serves_well_without_newest(situation),
        is_complete=is_complete,
        started=_started(situation),
        finished=_finished(newest) if is_complete else None,
        is_going=service.metadata.deletion_timestamp is not None,
    )


def _started(situation: Situation) -> datetime | None:
    """When a rollout that was not seen to begin has begun: its revision is made at once."""
    meta, newest = situation.service.metadata, situation.newest
    if newest is None or not situation.service.observed:
        return meta.template_written
    return newest.revision.metadata.creation_timestamp


def _finished(newest: Part | None) -> datetime | None:
    """When a rollout that was not watched came to its end: its revision became ready."""
    condition = newest.ready if newest is not None and newest.is_ready else None
    return condition.last_transition_time if condition is not None else None
