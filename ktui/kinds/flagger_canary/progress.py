"""How far the rollout of a Canary is in pods, and what one look at it adds to its track."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.sides import NOBODY, together
from ktui.kinds.flagger_canary.situation import Situation
from ktui.model.workloads import DaemonSet
from ktui.rollout.progress import Observation, Progress


def progress(situation: Situation, *, is_new: bool) -> Progress:
    """New and old pods.

    New is what the target has, with the pods of the primary that were promoted; at rest it is the primary's own, which
    may be rolled out by hand too. Until the primary serves for the first time, the target is old. `is_new`: the target
    has a template that Flagger has not looked at.
    """
    target, primary, phase = situation.target, situation.primary, situation.phase
    of_target = target.all if target is not None else NOBODY
    if primary is None:
        new, old = NOBODY, of_target
    elif situation.is_at_rest and not is_new:
        new, old = primary.new, primary.old
    elif phase in (said.PROMOTING, said.FINALISING):
        new, old = together(of_target, primary.new), primary.old
    elif is_new or phase in (*said.ANALYSES, said.FAILED):
        new, old = of_target, primary.all
    else:
        new, old = primary.new, together(of_target, primary.old)
    desired = primary.desired if primary is not None else target.desired if target is not None else 0
    return Progress(desired=desired, new=new, old=old, surge=desired, unavailable=0, promised=desired, goal=desired)


def is_whole(situation: Situation) -> bool:
    """Whether all pods that are to serve at rest do."""
    primary = situation.primary
    return primary is None or primary.is_updated


def key_of(situation: Situation) -> bytes:
    """What tells one rollout from another: the target's template, and the configuration that is followed with it.

    A DaemonSet is scaled to 0 by its template, so there it is the hash that Flagger has seen.
    """
    canary, target = situation.canary, situation.target
    configs = canary.status.tracked_configs or {}
    followed = "".join(f"{name}={configs[name]};" for name in sorted(configs)).encode()
    if target is None or isinstance(target.workload, DaemonSet):
        return canary.status.last_applied_spec.encode() + followed
    return target.template.digest + followed


def observation(situation: Situation, now: datetime) -> Observation:
    """What is seen of it now."""
    is_new, canary = situation.unseen_since(now) is not None, situation.canary
    numbers, is_complete = progress(situation, is_new=is_new), situation.is_at_rest and not is_new
    return Observation(
        template=key_of(situation),
        available=numbers.available,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=canary.spec.suspend or bool(situation.shut) or situation.phase == said.FAILED,
        is_complete=is_complete,
        started=None if is_complete else _started(situation, now),
        finished=situation.ended or canary.metadata.creation_timestamp if is_complete else None,
        is_going=canary.metadata.deletion_timestamp is not None,
    )


def _started(situation: Situation, now: datetime) -> datetime | None:
    """When a rollout that was not seen to begin has begun."""
    return (
        situation.unseen_since(now)
        or situation.began
        or (situation.target.written if situation.target is not None else None)
    )
