"""The rollout of a Rollout, in answers: those of its workload, with the phase, the step and the words of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.kinds.kind import Kind
from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS, KruiseRollout
from ktui.kinds.kruise_rollout.target import extra_of, is_blue_green, is_controlled, released, target_of
from ktui.model.objects import Deployment, condition_of
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.diagnosis.cause import Cause, Reason
from ktui.rollout.diagnosis.cause import Kind as CauseKind
from ktui.rollout.progress import Observation, Progress, Side, Track, observe
from ktui.rollout.provenance import provenance
from ktui.rollout.rollout import Controller, Phase, Rollout
from ktui.rollout.status import Verdict
from ktui.text import clean

HEALTHY: Final = "Healthy"
DISABLED: Final = ("Disabling", "Disabled")
CANCELLING: Final = "Cancelling"

_IN_STEPS: Final = ("InRolling", "Paused")
"""The reasons with which the state of the step is what is so now, and not of before."""

KindOf = Callable[[Workload], Kind[Any]]
"""What finds the kind of the workload behind a Rollout."""


def reason(rollout: KruiseRollout) -> str:
    """Where it is within the phase Progressing: `InRolling`, `Paused`, `Cancelling`, `Finalising`."""
    condition = condition_of(rollout.status.conditions, steps.PROGRESSING)
    return condition.reason if condition is not None and rollout.status.phase == steps.PROGRESSING else ""


def is_running(rollout: KruiseRollout) -> bool:
    """Whether it takes its workload through its steps now."""
    return rollout.status.phase == steps.PROGRESSING


def controller_of(rollout: KruiseRollout) -> Controller:
    """Its phase and message as they are, and its place in the steps, which stays there after the end too."""
    status = rollout.status
    return Controller(
        phase=clean(status.phase) or None,
        message=clean(status.message) or None,
        step=status.steps.current_step_index,
        steps=len(steps.steps_of(rollout)) or None,
        weight=steps.weight(rollout) if reason(rollout) in _IN_STEPS else None,
    )


def verdict(rollout: KruiseRollout) -> Verdict:
    """What its own status says. No command judges a Rollout; STATUS and MESSAGE are the columns of `kubectl get`."""
    status = rollout.status
    if not rollout.observed:
        return Verdict("Waiting for rollout spec update to be observed...")
    line = clean(f"{status.phase}: {status.message}" if status.message else status.phase)
    return Verdict(line, done=status.phase in (HEALTHY, "Disabled"))


def rollout_of(
    kind_of: KindOf, store: Store, workload: KruiseRollout, track: Track | None, now: datetime
) -> tuple[Track, Rollout]:
    """The track with what is seen now, and everything known, in answers."""
    target = target_of(store, workload)
    if target is None:
        followed = observe(track, _nothing(workload), now)
        return followed, _alone(workload, followed)
    freed = released(target)
    followed, inner = kind_of(target).rollout(store, freed, track, now)
    more = extra_of(store, workload)
    extra = kind_of(more).rollout(store, more, None, now)[1] if more is not None else None
    return followed, _both(workload, target, inner, extra, now)


def _both(workload: KruiseRollout, target: Workload, inner: Rollout, extra: Rollout | None, now: datetime) -> Rollout:
    runs = is_running(workload)
    causes = _causes(inner.causes if extra is None else (*extra.causes, *inner.causes), is_held=is_controlled(target))
    numbers = _numbers(inner.progress, extra, is_blue_green=is_blue_green(target))
    judged = verdict(workload)
    if not runs:
        judged = msgspec.structs.replace(judged, done=judged.done and inner.verdict.done, failed=inner.verdict.failed)
    phase = _phase(workload, inner, causes)
    return msgspec.structs.replace(
        inner,
        uid=workload.metadata.uid,
        kind="Rollout",
        title=KRUISE_ROLLOUTS.title,
        namespace=clean(workload.metadata.namespace),
        name=clean(workload.metadata.name),
        generation=workload.metadata.generation,
        phase=phase,
        verdict=judged,
        paused=workload.spec.strategy.paused,
        progress=numbers,
        since=_since(workload, inner, phase),
        seconds_left=inner.seconds_left if not runs and not is_controlled(target) else None,
        causes=(*causes, *_of_gitops(target)) if runs else causes,
        provenance=inner.provenance or provenance(workload),
        observed=workload.observed,
        hold=None,
        partition=None,
        word="",
        awaits=awaits(workload, now, is_held=is_controlled(target)) or (inner.awaits if not runs else ""),
        controller=controller_of(workload),
        foreign_containers=tuple((clean(each.name), clean(each.image)) for each in target.spec.template.containers),
    )


def _causes(found: Sequence[Cause], *, is_held: bool) -> tuple[Cause, ...]:
    """What is wrong with pods. That nothing moves, or no time is set, is its own doing while it holds them."""
    return tuple(cause for cause in found if cause.pods or not is_held)


def _of_gitops(target: Workload) -> tuple[Cause, ...]:
    """A tool that puts its own version of the workload back, which the Rollout holds by fields of its spec.

    The webhook of Kruise Rollouts pauses a Deployment again; what is held by its partition it leaves alone.
    """
    owner, name = provenance(target), target.metadata.name
    if owner is None or not owner.heals:
        return ()
    wins = "Kruise pauses it again if the tool resumes it"
    if not isinstance(target, Deployment):
        wins = "if its manifest has a partition, the one that writes last wins"
    return (
        Cause(
            CauseKind.SPEC,
            clean(f"{owner.name} writes {name} too, which the Rollout holds: {wins}"),
            blocking=False,
            try_next=clean(f"leave paused, strategy and partition out of the manifest of {name}"),
            remark=True,
            reason=Reason.NEVER_CONVERGES,
        ),
    )


def _numbers(inner: Progress, extra: Rollout | None, *, is_blue_green: bool) -> Progress:
    """With the pods of the second Deployment; where none may count as available, those that are ready do."""
    numbers = inner
    if extra is not None:
        numbers = msgspec.structs.replace(numbers, new=_sum(numbers.new, extra.progress.new))
    if is_blue_green:
        new, old = (msgspec.structs.replace(side, available=side.ready) for side in (numbers.new, numbers.old))
        numbers = msgspec.structs.replace(numbers, new=new, old=old)
    return numbers


def _sum(one: Side, other: Side) -> Side:
    gone = None if one.terminating is None or other.terminating is None else one.terminating + other.terminating
    return Side(
        wanted=one.wanted + other.wanted,
        existing=one.existing + other.existing,
        ready=one.ready + other.ready,
        available=one.available + other.available,
        terminating=gone,
    )


def _phase(workload: KruiseRollout, inner: Rollout, causes: Sequence[Cause]) -> Phase:
    if workload.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if not is_running(workload):
        # At rest, disabled, or not aware of a change yet: its workload tells.
        return Phase.PAUSED if workload.spec.strategy.paused and inner.phase is Phase.COMPLETE else inner.phase
    if any(cause.blocking for cause in causes):
        return Phase.STALLED
    if workload.spec.strategy.paused and reason(workload) != CANCELLING:
        return Phase.PAUSED
    waits = steps.waits_for_approval(workload) and reason(workload) in _IN_STEPS
    return Phase.HELD if waits else Phase.PROGRESSING


def _since(workload: KruiseRollout, inner: Rollout, phase: Phase) -> datetime | None:
    if phase is Phase.DELETED:
        return workload.metadata.deletion_timestamp
    condition = condition_of(workload.status.conditions, steps.PROGRESSING)
    if phase is Phase.PAUSED and condition is not None and reason(workload) == "Paused":
        return condition.last_update_time
    if phase is Phase.PAUSED:
        return workload.metadata.stopped_since(inner.started if is_running(workload) else None) or inner.since
    return workload.status.steps.last_update_time if phase is Phase.HELD else inner.since


def awaits(workload: KruiseRollout, now: datetime, *, is_held: bool = False) -> str:
    """What it is at or waits for, though nothing is wrong; nothing at rest."""
    if workload.metadata.deletion_timestamp is not None:
        return "the Rollout is being deleted: its workload rolls out in full"
    if workload.status.phase in DISABLED:
        return "its Rollout is disabled: the workload rolls out by itself, without steps"
    if not is_running(workload):
        return "its Rollout has not begun yet" if is_held else ""
    match reason(workload):
        case "Initializing":
            return "its Rollout begins"
        case state if state == CANCELLING:
            return "cancelled: it goes back to the revision of before"
        case "Finalising" | "Completed":
            return "its Rollout lets go of the workload"
        case _:
            place = steps.place(workload)
            return f"{place}: {steps.doing(workload, now)}" if place else ""


def _nothing(workload: KruiseRollout) -> Observation:
    return Observation(
        template=workload.spec.template.digest,
        available=0,
        new_available=0,
        new_ready=0,
        stands_still=True,
        is_complete=False,
        started=None,
        finished=None,
        is_going=workload.metadata.deletion_timestamp is not None,
    )


def _alone(workload: KruiseRollout, track: Track) -> Rollout:
    """A Rollout without its workload: it waits for it."""
    source = workload.spec.source
    gone = workload.metadata.deletion_timestamp is not None
    named = clean(f"{source.kind.lower()}/{source.name}") if source.name else "no workload"
    judged = verdict(workload)
    return Rollout(
        uid=workload.metadata.uid,
        kind="Rollout",
        title=KRUISE_ROLLOUTS.title,
        namespace=clean(workload.metadata.namespace),
        name=clean(workload.metadata.name),
        generation=workload.metadata.generation,
        phase=Phase.DELETED if gone else Phase.PROGRESSING,
        verdict=msgspec.structs.replace(judged, done=False),
        paused=workload.spec.strategy.paused,
        progress=Progress(desired=0, new=Side(), old=Side(), surge=0, unavailable=0, promised=0, goal=0),
        revision=0,
        previous_revision=0,
        image="",
        image_change=None,
        since=workload.metadata.creation_timestamp,
        started=None,
        seconds_left=None,
        lowest=None,
        lowest_at=None,
        causes=(),
        provenance=provenance(workload),
        change_cause="",
        observed=workload.observed,
        template=track.template,
        awaits=f"waits for {named}, which is not there, or may not be listed",
        controller=controller_of(workload),
    )
