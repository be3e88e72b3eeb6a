"""The rollout of a Knative Service, in answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.knative_service import status as said
from ktui.kinds.knative_service.objects import KnativeIngress, KnativeRevision, KnativeService, Route
from ktui.kinds.knative_service.progress import progress
from ktui.kinds.knative_service.resources import REVISIONS, SERVICES
from ktui.kinds.knative_service.routing_causes import missing_targets, waits_for
from ktui.kinds.knative_service.situation import Part, Situation, situation
from ktui.kinds.knative_service.traffic import gradual, moving, serves, shares, split
from ktui.model.objects import Deployment, ReplicaSet, condition_of
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.rollout.described import described
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.podstatus import has_restarted, is_ready, resize_waits
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Controller, Phase, Rollout, blocked_since, unseen
from ktui.text import clean


def situation_of(store: Store, service: KnativeService) -> Situation:
    """What is known of a Service and of what belongs to it."""
    uid = service.metadata.uid
    revisions = store.parts(uid, KnativeRevision)
    deployments = [each for one in revisions for each in store.parts(one.metadata.uid, Deployment)]
    replicasets = [each for one in deployments for each in store.parts(one.metadata.uid, ReplicaSet)]
    route = next(iter(store.parts(uid, Route)), None)
    return situation(
        service,
        revisions,
        deployments,
        replicasets,
        [pod for each in replicasets for pod in store.pods(each.metadata.uid)],
        route=route,
        ingress=next(iter(store.parts(route.metadata.uid, KnativeIngress)), None) if route is not None else None,
        names=store.names(REVISIONS, service.metadata.namespace),
    )


def summarise(store: Store, service: KnativeService, track: Track, now: datetime) -> Rollout:
    """Everything known of one Service."""
    where = situation_of(store, service)
    newest, before = where.newest, where.before
    causes = _causes(store, where, now)
    phase = said.phase(where, now, is_blocked=any(cause.blocking for cause in causes))
    numbers = progress(where)
    is_moving = phase not in (Phase.COMPLETE, Phase.SCALED_TO_ZERO) and before is not None
    replaced = before.revision.template if is_moving and before is not None else None
    was_watched = track.finished is None or track.samples[0].at <= track.finished
    lowest = track.lowest if before is not None and was_watched else None
    moved = gradual(where, now)
    return Rollout(
        **described(service, service.spec.template, replaced, track),
        kind="Service",
        title=SERVICES.title,
        phase=phase,
        verdict=said.verdict(service),
        paused=False,
        progress=numbers,
        revision=newest.number if newest is not None else 0,
        previous_revision=before.number if before is not None else 0,
        since=_since(where, phase, track, causes),
        seconds_left=_rounded(moved.left) if moved is not None and phase is Phase.PROGRESSING else None,
        lowest=lowest.available if lowest is not None else None,
        lowest_at=lowest.at if lowest is not None else None,
        causes=causes,
        settled=newest is not None and newest.is_ready,
        awaits=clean(awaits(where, phase, causes, now)),
        controller=controller_of(where),
        shares=shares(where),
        serves=clean(serves(where)) if where.parts else "",
        unseen=unseen(store, REVISIONS, PODS),
    )


def _rounded(left: float | None) -> float | None:
    if left is None:
        return None
    return float(max(1, round(left)) if left < 60 else round(left / 10) * 10)


def controller_of(where: Situation) -> Controller:
    """The columns READY and REASON of `kubectl get ksvc`, and the share of the newest revision."""
    reported, status = said.ready(where.service), where.service.status
    newest = status.latest_created_revision_name
    return Controller(
        phase=clean(reported.status) if reported is not None else None,
        message=(clean(reported.reason) or None) if reported is not None else None,
        weight=sum(each.share for each in status.traffic if each.revision_name == newest) if newest else None,
    )


def awaits(where: Situation, phase: Phase, causes: Sequence[Cause], now: datetime) -> str:
    """What is going on, though nothing is wrong."""
    service, newest = where.service, where.newest
    if not service.observed or phase is Phase.DELETED:
        return ""
    if newest is None:
        return "the first revision is being made"
    if said.serves_well_without_newest(where):
        failed = next((cause.sentence for cause in causes), f"{newest.called}, the newest, failed")
        return f"{serves(where)}; {failed}"
    match phase:
        case Phase.HELD if not newest.share:
            return f"{newest.called} is ready, not released: promote gives it traffic; {serves(where)}"
        case Phase.HELD:
            return split(where)
        case Phase.SCALED_TO_ZERO:
            return "asleep: no requests, no pods; the next request starts one"
        case Phase.PROGRESSING:
            return moving(where, now) or _under_way(where)
        case Phase.COMPLETE:
            return next((cause.sentence for cause in causes if cause.remark), "")
        case _:
            return ""


def _under_way(where: Situation) -> str:
    newest, reported = where.newest, said.ready(where.service)
    waited = waits_for(where)
    if missing_targets(where) or newest is None or reported is None:
        return ""
    if waited:
        names, verb = " and ".join(each.called for each in waited), "is" if len(waited) == 1 else "are"
        return f"the traffic waits for {names}, which {verb} not ready; {serves(where)}"
    if not where.is_current:
        return f"the controllers take the change over; {serves(where)}"
    if not newest.is_ready:
        starting = sum(not is_ready(pod) for pod in newest.pods)
        pods = f"{starting} new {'pod' if starting == 1 else 'pods'} starting" if starting else _words(newest)
        return f"{pods}; {serves(where)}" if where.serving else pods
    return _REASONS.get(reported.reason, "the controllers take the change over")


def _words(part: Part) -> str:
    if part.ready is not None and part.ready.reason == "ResolvingDigests":
        return "the image is looked up in its registry"
    return f"{part.called} {'has its pods, and is about to be ready' if part.side.ready else 'is being made'}"


_REASONS = {
    "IngressNotConfigured": "the traffic is on its way: the ingress is not configured yet",
    "Uninitialized": "the traffic is on its way: the ingress controller has not taken it over yet",
    "TrafficNotMigrated": "the new revision is ready: the traffic moves to it",
}


def _causes(store: Store, where: Situation, now: datetime) -> tuple[Cause, ...]:
    pods = [pod for part in (*where.serving, where.newest) if part is not None for pod in part.pods]
    unwell = any(has_restarted(pod) or resize_waits(pod) or not is_ready(pod) for pod in pods)
    if said.is_ready(where.service) and not unwell and not any(_is_edited(part) for part in where.parts):
        return ()
    # What may be wrong, with its texts and patterns, is what a cluster that is well never asks for.
    from ktui.kinds.knative_service.causes import diagnose  # noqa: PLC0415

    return diagnose(where, now, store.events)


def _is_edited(part: Part) -> bool:
    """Whether its Deployment has another image than it: cheap, and nearly always not so."""
    from ktui.kinds.knative_service.hand_edits import edited  # noqa: PLC0415

    return any(True for _ in edited(part))


def _since(where: Situation, phase: Phase, track: Track, causes: Sequence[Cause]) -> datetime | None:
    service, reported = where.service, said.ready(where.service)
    turned = reported.last_transition_time if reported is not None else None
    match phase:
        case Phase.DELETED:
            return service.metadata.deletion_timestamp
        case Phase.FAILED if said.is_refused(service):
            return turned
        case Phase.HELD if said.serves_well_without_newest(where):
            # The condition Ready turned when that revision failed. The traffic was sent elsewhere after that.
            return max((each for each in (turned, service.metadata.spec_written) if each is not None), default=None)
        case Phase.COMPLETE | Phase.HELD:
            return turned or track.finished
        case Phase.SCALED_TO_ZERO:
            asleep = [condition_of(part.revision.status.conditions, "Active") for part in where.serving]
            times = [each.last_transition_time for each in asleep if each is not None and each.last_transition_time]
            return max(times, default=turned)
        case Phase.FAILED | Phase.STALLED:
            return blocked_since(causes) or turned
        case _ if track.finished is not None:
            return turned or track.disturbed
        case _:
            return track.started
