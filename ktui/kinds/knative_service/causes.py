"""Why a Service is not as its spec wants it: from pods within seconds, and from what its controllers say.

A crash loop or an image that cannot be pulled is Unknown, Deploying to Knative until the progress deadline has passed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.knative_service import status as said
from ktui.kinds.knative_service.hand_edits import of_hand_edits
from ktui.kinds.knative_service.routing_causes import of_routing, waits_for
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.model.events import Event
from ktui.model.objects import Condition, condition_of
from ktui.model.times import span
from ktui.rollout import images
from ktui.rollout.diagnosis import registry_messages
from ktui.rollout.diagnosis.cause import PATIENCE, Cause, Kind, Reason, Remedy, by_weight, legible
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.rollout.diagnosis.refusals import refused_pods
from ktui.rollout.diagnosis.resizes import of_resizes
from ktui.rollout.diagnosis.restarts import of_restarts
from ktui.rollout.diagnosis.wording import fit
from ktui.rollout.status import DEADLINE_EXCEEDED, REPLICA_FAILURE
from ktui.text import duration

EventsOf = Callable[[str], Sequence[Event]]

CONTAINER_MISSING: Final = "ContainerMissing"

_EXIT: Final = Expression(r"^ExitCode(\d{1,10})$")
_IMAGE: Final = Expression(
    r'^Unable to fetch image "([^"]*)": (?:failed to resolve image to digest: )?(.*)$', re.DOTALL
)


def diagnose(situation: Situation, now: datetime, events_of: EventsOf) -> tuple[Cause, ...]:
    """The causes, what blocks and explains most first. None for a Service with nothing wrong."""
    newest = situation.newest
    found = [*of_routing(situation, now), *_of_revisions(situation, now, events_of)]
    found.sort(key=by_weight)
    if newest is not None and not newest.is_ready and situation.is_current:
        found += _of_time(newest, now, is_explained=any(cause.blocking for cause in found))
    if said.is_refused(situation.service) and not any(cause.blocking for cause in found):
        found = [*_refused(situation), *found]
    if said.serves_well_without_newest(situation):
        # What serves is well, and was chosen: that the newest template is bad is worth knowing, and holds nothing up.
        found = list(_left_behind(found, newest))
    return tuple(legible(cause) for cause in (*found, *of_hand_edits(situation)))


def _left_behind(found: Sequence[Cause], newest: Part | None) -> Iterator[Cause]:
    """The causes of a newest revision that failed, once the traffic was sent to others: that was the rollback."""
    for cause in found:
        is_first = cause is found[0] and newest is not None
        yield msgspec.structs.replace(
            cause,
            sentence=f"{newest.called}, the newest, failed: {cause.sentence}"
            if is_first and newest
            else cause.sentence,
            blocking=False,
            remark=True,
            remedies=tuple(remedy for remedy in cause.remedies if remedy is not Remedy.ROLLBACK),
            try_next="set an image that works, then promote it" if is_first else "",
        )


def _of_revisions(situation: Situation, now: datetime, events_of: EventsOf) -> Iterator[Cause]:
    """What is wrong with the newest revision, with those that have traffic, and with those that traffic waits for."""
    newest, waited = situation.newest if situation.is_current else None, waits_for(situation)
    for part in situation.parts:
        is_new = part is newest and not part.is_ready and not part.share
        if part is newest or part.share or part in waited:
            yield from _of_part(part, now, events_of, "new pod" if is_new else "pod")


def _of_part(part: Part, now: datetime, events_of: EventsOf, noun: str) -> Iterator[Cause]:
    found = list(_of_pods(part, now, events_of, noun))
    if part.has_failed and not any(cause.blocking for cause in found):
        if found and not found[0].remark:
            # What it waited for in vain, as its pods tell it.
            found[0] = msgspec.structs.replace(found[0], blocking=True)
        else:
            found = [*_reported(part, now), *found]
    for cause in found:
        # One that has the traffic is left by another target.
        remedies = (Remedy.ROLLBACK, *cause.remedies) if part.share and cause.blocking else cause.remedies
        yield msgspec.structs.replace(cause, remedies=tuple(dict.fromkeys(remedies)))


def _of_pods(part: Part, now: datetime, events_of: EventsOf, noun: str) -> Iterator[Cause]:
    failure = _failure(part)
    if failure is not None and part.side.existing < part.side.wanted:
        yield refused_pods(failure, now, is_stuck=not part.side.available)
    yield from of_pods(part.pods, now, noun, events_of, min(PATIENCE, span(int(part.deadline)) / 2))
    yield from of_restarts(part.pods, now, noun, events_of)
    yield from of_resizes(part.pods, noun)


def _failure(part: Part) -> Condition | None:
    """That pods cannot be created, by the Deployment or its ReplicaSets."""
    of_deployment = part.deployment.status.conditions if part.deployment is not None else ()
    conditions = [condition_of(of_deployment, REPLICA_FAILURE)]
    conditions += [condition_of(each.status.conditions, REPLICA_FAILURE) for each in part.replicasets]
    return next((each for each in conditions if each is not None and each.status == "True"), None)


def _refused(situation: Situation) -> list[Cause]:
    """What the Service itself says, where nothing tells more."""
    condition = said.ready(situation.service)
    if condition is None:
        return []
    return [
        Cause(
            Kind.CONTROLLER,
            fit(f"it is not ready: {condition.reason}" + (f": {condition.message}" if condition.message else "")),
            blocking=True,
            try_next="look at its conditions and events",
            detail=condition.message,
            remedies=(Remedy.TIMELINE,),
            reason=Reason.CONTROLLER_FAILS,
            since=condition.last_transition_time,
        )
    ]


# What the controller of a Revision says


def _reported(part: Part, now: datetime) -> list[Cause]:
    """What the controller says of a revision that failed, where its pods, gone by now perhaps, do not tell."""
    condition = part.failure
    if condition is None or condition.reason == DEADLINE_EXCEEDED:
        return []
    since, detail = condition.last_transition_time, condition.message
    image = part.revision.template.containers[0].image if part.revision.template.containers else ""
    exited = _EXIT.match(condition.reason)
    if condition.reason == CONTAINER_MISSING:
        named = _IMAGE.match(detail)
        return [
            _unresolved(named[1] if named is not None else image, named[2] if named is not None else detail, condition)
        ]
    if exited is not None:
        return [
            Cause(
                Kind.CRASH,
                f"the container of {part.called} ends with exit code {exited[1]}",
                blocking=True,
                try_next="look at its log, then set an image that works",
                detail=detail,
                remedies=(Remedy.LOGS, Remedy.SET_IMAGE),
                reason=Reason.CRASHES,
                since=since,
            )
        ]
    if condition.reason in registry_messages.PULL_REASONS:
        pull = registry_messages.pull_trouble(detail, image, condition.reason)
        why = f": {pull.why}" if pull.why else ""
        return [
            Cause(
                Kind.IMAGE,
                fit(f"image {images.short(image)} cannot be pulled{why}"),
                blocking=True,
                try_next=pull.helps,
                detail=detail,
                remedies=(Remedy.SET_IMAGE,),
                reason=pull.reason,
                since=since,
            )
        ]
    if condition.reason == "FailedCreate":
        return [refused_pods(condition, now, is_stuck=True)]
    words = f": {detail}" if detail else ""
    is_unplaced = condition.reason == "Unschedulable"
    return [
        Cause(
            Kind.UNSCHEDULABLE if is_unplaced else Kind.CONTROLLER,
            fit(
                f"no node takes {part.called}{words}"
                if is_unplaced
                else f"{part.called} failed: {condition.reason}{words}"
            ),
            blocking=True,
            try_next="add nodes, or lower its requests"
            if is_unplaced
            else "set another image, or correct the template",
            detail=detail,
            remedies=(Remedy.SET_IMAGE,),
            reason=Reason.NO_ROOM if is_unplaced else Reason.CONTROLLER_FAILS,
            since=since,
        )
    ]


def _unresolved(image: str, words: str, condition: Condition) -> Cause:
    """An image whose digest the controller cannot find out: no pod is made, and no Deployment."""
    pull = registry_messages.pull_trouble(words, image)
    why = f": {pull.why}" if pull.why else ""
    return Cause(
        Kind.IMAGE,
        fit(f"image {images.short(image)} cannot be resolved to a digest{why}"),
        blocking=True,
        try_next=f"{pull.helps}: Knative asks the registry before it makes any pod"
        if pull.helps
        else "check the image's name, and that Knative's controller can reach and read the registry",
        detail=condition.message,
        remedies=(Remedy.SET_IMAGE,),
        reason=pull.reason,
        since=condition.last_transition_time,
    )


def _of_time(part: Part, now: datetime, *, is_explained: bool) -> list[Cause]:
    """The progress deadline of a revision, where it has passed or is about to."""
    born, reported = part.revision.metadata.creation_timestamp, part.ready
    if born is None:
        return []
    idle, limit = (now - born).total_seconds(), part.deadline
    if (reported is not None and reported.reason == DEADLINE_EXCEEDED) or idle >= limit:
        return [
            Cause(
                Kind.DEADLINE,
                f"{part.called} is not ready within its progress deadline of {duration(limit)}",
                blocking=not part.is_asleep or part.has_failed,
                try_next="" if is_explained else "find out what its pods wait for; then set an image that works",
                remedies=() if is_explained else (Remedy.TIMELINE, Remedy.SET_IMAGE),
                reason=Reason.DEADLINE_PASSED,
                since=reported.last_transition_time if reported is not None and reported.status == "False" else None,
            )
        ]
    if idle <= limit / 2 or part.has_failed:
        return []
    return [
        Cause(
            Kind.DEADLINE,
            f"{part.called} is not ready for {duration(idle)}: its deadline passes in {duration(limit - idle)}",
            blocking=False,
            try_next="" if is_explained else "find out what its pods wait for",
            remedies=() if is_explained else (Remedy.TIMELINE,),
            reason=Reason.DEADLINE_NEAR,
            since=born,
        )
    ]
