"""Why a Canary is not well: what Flagger reports, what it leaves out, and what the pods of both sides show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.failures import of_failure
from ktui.kinds.flagger_canary.messages import Sort
from ktui.kinds.flagger_canary.sides import Half
from ktui.kinds.flagger_canary.situation import Situation
from ktui.kinds.flagger_canary.traffic import Serving
from ktui.model.events import Event
from ktui.model.objects import condition_of
from ktui.model.times import span
from ktui.rollout.diagnosis.cause import PATIENCE, Cause, Kind, Reason, Remedy, by_weight, legible
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.rollout.diagnosis.refusals import refused_pods
from ktui.rollout.diagnosis.resizes import of_resizes
from ktui.rollout.diagnosis.restarts import of_restarts
from ktui.rollout.diagnosis.wording import fit
from ktui.rollout.provenance import provenance
from ktui.rollout.status import REPLICA_FAILURE
from ktui.text import count, duration

EventsOf = Callable[[str], Sequence[Event]]

_TOGETHER: Final = timedelta(seconds=5)
_START: Final = timedelta(seconds=10)
"""How long a primary may have no pod that is ready without a word."""


def diagnose(situation: Situation, now: datetime, events_of: EventsOf) -> tuple[Cause, ...]:
    """The causes, what blocks and explains most first. None for a Canary with nothing wrong."""
    of_canary, of_primary = _of_sides(situation, now, events_of)
    # What Flagger said of the template before is history once there is another one.
    failed = of_failure(situation) if situation.unseen_since(now) is None else []
    causes = [
        *_missing(situation),
        *_unobserved(situation, now),
        *_checks(situation),
        *_primary(situation, now, is_explained=any(cause.blocking for cause in of_primary)),
        *_near_deadline(situation, now),
        *_reported(situation, now),
        *_owners(situation),
        *of_canary,
        *of_primary,
    ]
    causes.sort(key=by_weight)
    is_explained = bool(failed) or any(cause.blocking for cause in of_primary)
    lost = _unserved(situation, now, is_explained=is_explained)
    return tuple(legible(cause) for cause in (*lost, *failed, *causes))


def _unserved(situation: Situation, now: datetime, *, is_explained: bool) -> list[Cause]:
    """Traffic that goes where no pod is ready: nothing is more urgent.

    A primary that starts has a moment, for with its analysis skipped Flagger does not wait until it is ready.
    """
    serving, primary = situation.serving, situation.primary
    if situation.phase in ("", said.INITIALIZING) or serving.is_to_target or primary is None or primary.desired == 0:
        return []
    if not _is_dead(serving, situation):
        return []
    since = primary.short_since
    if not is_explained and (since is None or now < since + _START):
        return []
    lost = serving.unserved
    if lost == 100:
        sentence = f"nothing serves: no pod of {_whose(serving, situation)} is ready"
    else:
        sentence = f"{lost}% of the traffic goes to {_whose(serving, situation)}, which has no pod that is ready"
    return [
        Cause(
            Kind.NOT_READY,
            fit(sentence),
            blocking=True,
            try_next=f"get {primary.name} to serve first: set its image by hand, or roll it back; "
            "Flagger leaves it alone",
            remedies=(Remedy.TIMELINE,),
            reason=Reason.NO_PROGRESS,
            since=since,
        )
    ]


def _is_dead(serving: Serving, situation: Situation) -> bool:
    """Whether that is so by the pods too: endpoints come from another stream, and may be late."""
    target, primary = situation.target, situation.primary
    primary_pods, target_pods = primary.available if primary else 0, target.available if target else 0
    lost = (0 if serving.primary or primary_pods else 100 - serving.share) + (
        0 if serving.canary or target_pods else serving.share
    )
    return 0 < lost == serving.unserved


def _whose(serving: Serving, situation: Situation) -> str:
    canary, primary = situation.canary.target.name, situation.canary.primary_name
    if serving.unserved == 100 and 0 < serving.share < 100:
        return f"{primary} or {canary}"
    return primary if not serving.primary and serving.share < 100 else canary


def _missing(situation: Situation) -> list[Cause]:
    """A target that does not exist, or that Flagger cannot find its way in."""
    canary = situation.canary
    if situation.target is not None or not canary.is_of_pods:
        return []
    latest = situation.newest
    is_said = latest is not None and "get query error" in latest.whole and "not found" in latest.whole
    if not situation.is_listed and not is_said:
        return []
    kind, name = canary.target.kind, canary.target.name
    return [
        Cause(
            Kind.SPEC,
            fit(f"the {kind} {name}, which the spec names, does not exist"),
            blocking=True,
            try_next=f"create the {kind} {name}, or name another one: until then Flagger does nothing",
            detail=latest.whole if latest is not None else "",
            reason=Reason.REFERENCE_MISSING,
            since=latest.since if latest is not None else canary.metadata.creation_timestamp,
        )
    ]


def _unobserved(situation: Situation, now: datetime) -> list[Cause]:
    """A change that Flagger should have looked at by now."""
    canary = situation.canary
    if canary.spec.suspend or situation.target is None:
        return []
    since = situation.unseen_since(now) if situation.phase else canary.metadata.creation_timestamp
    if since is None:
        return []
    due = since + timedelta(seconds=2 * canary.interval) + _TOGETHER
    if not is_stalled(Reason.NOT_OBSERVED, due, now):
        return []
    return [
        Cause(
            Kind.CONTROLLER,
            f"Flagger has not looked at the change for {duration((now - since).total_seconds())}",
            blocking=True,
            try_next="check that Flagger runs, and what it logs; where it is started with a namespace or a class of "
            "its own, that it is meant for this one",
            reason=Reason.NOT_OBSERVED,
            since=due,
        )
    ]


def _checks(situation: Situation) -> list[Cause]:
    """The check that fails now. One that failed before and does not any more still counts, and is no cause."""
    canary, latest = situation.canary, situation.newest
    if situation.phase not in (said.PROGRESSING, said.WAITING_PROMOTION) or latest is None:
        return []
    if latest.sort not in (Sort.CHECK, Sort.MEASURE) or canary.status.failed_checks <= 0:
        return []
    left = canary.threshold - canary.status.failed_checks
    then = "it is rolled back at the next look" if left <= 0 else f"{count(left, 'more')} and it is rolled back"
    helps = (
        "look at what is measured" if latest.sort is Sort.CHECK else "see that it can be measured: is there traffic?"
    )
    return [
        Cause(
            Kind.ANALYSIS,
            fit(f"{canary.status.failed_checks} of {canary.threshold} failed checks: {latest.words}"),
            blocking=False,
            try_next=f"{helps}; {then}",
            detail=latest.whole,
            remedies=(Remedy.TIMELINE,),
            reason=Reason.ANALYSIS_FAILED if latest.sort is Sort.CHECK else Reason.ANALYSIS_ERROR,
            since=latest.since,
        )
    ]


def _primary(situation: Situation, now: datetime, *, is_explained: bool) -> list[Cause]:
    """A primary that is not ready: as long as it is not, the new version gets no turn (`IsPrimaryReady`)."""
    primary, canary = situation.primary, situation.canary
    waits = situation.phase in said.ANALYSES or (situation.is_at_rest and situation.unseen_since(now) is not None)
    if primary is None or primary.is_updated or not waits or canary.skips_analysis or canary.spec.suspend:
        return []
    since = primary.short_since
    if since is None and not primary.is_late and not is_explained:
        # It is being rolled out, and has what it must have: that passes.
        return []
    is_held = primary.is_late or is_stalled(Reason.NOT_READY, since, now) or is_explained
    return [
        Cause(
            Kind.CONTROLLER,
            fit(
                f"the primary holds it: {primary.name} has {primary.available} of {count(primary.desired, 'pod')} ready"
            ),
            blocking=is_held,
            try_next=f"get {primary.name} ready first (its image by hand, or a rollback): until then the new revision "
            "is not looked at",
            remedies=(Remedy.TIMELINE,),
            reason=Reason.DEADLINE_PASSED if primary.is_late else Reason.NOT_READY,
            since=since,
        )
    ]


def _near_deadline(situation: Situation, now: datetime) -> list[Cause]:
    """The deadline of the side that is not ready, where half of it has passed."""
    halves = {
        said.PROGRESSING: situation.target,
        said.PROMOTING: situation.primary,
        said.INITIALIZING: situation.primary,
    }
    half, limit = halves.get(situation.phase), situation.canary.deadline
    since = half.short_since if half is not None and not half.is_updated else None
    if since is None or half is None or situation.canary.spec.suspend:
        return []
    idle = (now - since).total_seconds()
    if idle >= limit:
        return [
            Cause(
                Kind.DEADLINE,
                f"{half.name} was not ready within its deadline of {duration(limit)}",
                blocking=True,
                try_next="Flagger gives it up at its next look: find out what its pods waited for",
                remedies=(Remedy.TIMELINE,),
                reason=Reason.DEADLINE_PASSED,
                since=since + timedelta(seconds=limit),
            )
        ]
    if idle <= limit / 2:
        return []
    then = "the promotion fails" if situation.phase == said.PROMOTING else "it is rolled back"
    return [
        Cause(
            Kind.DEADLINE,
            f"{half.name} is not ready for {duration(idle)}: {then} in {duration(limit - idle)}",
            blocking=False,
            try_next="find out what its pods wait for",
            remedies=(Remedy.TIMELINE,),
            reason=Reason.DEADLINE_NEAR,
            since=since,
        )
    ]


def _reported(situation: Situation, now: datetime) -> list[Cause]:
    """A warning that is about nothing of the above, and the newest of all reports: then Flagger stops there."""
    latest, canary = situation.newest, situation.canary
    if latest is None or latest.sort is not Sort.OTHER or not latest.is_warning or latest.at is None:
        return []
    target = situation.target
    if (now - latest.at).total_seconds() > 3 * canary.interval + _TOGETHER.total_seconds() or target is None:
        return []
    made = target.workload.metadata.creation_timestamp
    if made is not None and latest.at <= made + _TOGETHER:
        # What it missed may be there by now.
        return []
    return [
        Cause(
            Kind.CONTROLLER,
            fit(f"Flagger: {latest.whole}"),
            blocking=is_stalled(Reason.CONTROLLER_FAILS, latest.since, now),
            try_next="read what it says; it tries again at each look, and does not continue before",
            detail=latest.whole,
            remedies=(Remedy.TIMELINE,),
            reason=Reason.CONTROLLER_FAILS,
            since=latest.since,
        )
    ]


def _owners(situation: Situation) -> list[Cause]:
    """A GitOps tool that decides about the same workload."""
    name = situation.canary.target.name
    target = situation.target
    owner = provenance(target.workload) if target is not None else None
    if target is None or owner is None or not owner.heals or not situation.is_at_rest or not target.desired:
        return []
    return [
        Cause(
            Kind.AUTOSCALER,
            fit(f"{owner.name} keeps {count(target.desired, 'pod')} of {name}, which Flagger scales to 0 at rest"),
            blocking=False,
            try_next="leave replicas out of the manifest of the target: both write it, and the tool's next turn wins",
            remark=True,
            reason=Reason.NEVER_CONVERGES,
        )
    ]


def _of_sides(situation: Situation, now: datetime, events_of: EventsOf) -> tuple[list[Cause], list[Cause]]:
    """What ails the pods: those of the canary while it is looked at, those of the primary at all times."""
    canary, target, primary = situation.canary, situation.target, situation.primary
    patience = min(PATIENCE, span(canary.deadline) / 2)
    is_run = target is not None and situation.phase in said.UNDER_WAY
    return (
        _of_half(target, now, "canary pod", events_of, patience) if target is not None and is_run else [],
        _of_half(primary, now, "primary pod", events_of, patience) if primary is not None else [],
    )


def _of_half(half: Half, now: datetime, noun: str, events_of: EventsOf, patience: timedelta) -> list[Cause]:
    pods = half.pods
    found = [*of_pods(pods, now, noun, events_of, patience), *of_restarts(pods, now, noun, events_of)]
    found += of_resizes(pods, noun)
    failure = condition_of(half.workload.status.conditions, REPLICA_FAILURE)
    if failure is not None and failure.status == "True":
        found.append(refused_pods(failure, now, is_stuck=True))
    if not half.desired:
        return [msgspec.structs.replace(cause, blocking=False, of_old=True) for cause in found]
    return found
