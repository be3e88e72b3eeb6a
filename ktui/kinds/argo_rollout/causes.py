"""Why a Rollout is not well: what its controller says, what it leaves out, and what its pods show."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.kinds.argo_rollout import status as said
from ktui.kinds.argo_rollout.aborts import of_abort, of_abort_reason
from ktui.kinds.argo_rollout.analysis import ERROR, FAILED, INCONCLUSIVE, RunView, verdict_on
from ktui.kinds.argo_rollout.job_causes import trouble_of, waiting_pods
from ktui.kinds.argo_rollout.objects import DEFAULT_DEADLINE, VIRTUAL_SERVICE, ArgoRollout
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.steps import current_step
from ktui.model.events import Event
from ktui.model.objects import Condition, condition_of
from ktui.model.times import span
from ktui.rollout.diagnosis import deadline
from ktui.rollout.diagnosis.cause import PATIENCE, Cause, Kind, Reason, Remedy, legible
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.rollout.diagnosis.refusals import refused_pods, refused_replicaset
from ktui.rollout.diagnosis.resizes import of_resizes
from ktui.rollout.diagnosis.restarts import of_restarts
from ktui.rollout.diagnosis.wording import LONGEST, fit
from ktui.rollout.status import DEADLINE_EXCEEDED, REPLICA_FAILURE
from ktui.text import duration

EventsOf = Callable[[str], Sequence[Event]]

_ORDER: Final = {kind: place for place, kind in enumerate(Kind)}

_INVALID: Final = Expression(r'^The Rollout ".*?" is invalid: (.*)$', re.DOTALL)
_FIELD: Final = Expression(r"""^spec\.(?:strategy\.)?(\S+): Invalid value: ("(?:[^"\\]|\\.)*"|.*?): (.*)$""", re.DOTALL)
_MISSING: Final = Expression(
    r"(?P<what>service|virtualservices?\.networking\.istio\.io|ingress\S*|deployments?\.apps|replicasets?\.apps|\S+)"
    r" [\"'](?P<name>[^\"']*)[\"'] not found"
)
_CALLED: Final = {
    "service": "Service",
    "virtualservice.networking.istio.io": "VirtualService",
    "virtualservices.networking.istio.io": "VirtualService",
    "deployments.apps": "Deployment",
    "deployment.apps": "Deployment",
}


def diagnose(situation: Situation, now: datetime, events_of: EventsOf) -> tuple[Cause, ...]:
    """The causes, what blocks and explains most first. None for a Rollout with nothing wrong."""
    spec = [*_invalid(situation.rollout, now), *_unobserved(situation, now)]
    analyses = _analyses(situation, now, events_of)
    abort = of_abort(situation, now)
    causes = [*spec, *analyses, *_refused(situation, now), *_pods(situation, now, events_of)]
    causes += waiting_pods(situation, now, events_of)
    causes.sort(key=_by_weight)
    if abort and not analyses:
        causes = [*of_abort_reason(situation.rollout), *causes]
    causes += abort
    causes += _deadline(situation.rollout, now, is_explained=bool(causes))
    return tuple(legible(cause) for cause in causes)


def _by_weight(cause: Cause) -> tuple[bool, bool, int, int, str]:
    return not cause.blocking, cause.remark, _ORDER[cause.kind], -len(cause.pods), cause.sentence


# The spec


def _invalid(rollout: ArgoRollout, now: datetime) -> list[Cause]:
    """A spec that the controller has refused."""
    condition = condition_of(rollout.status.conditions, said.INVALID_SPEC)
    if condition is None or not rollout.observed:
        return []
    found = _INVALID.match(condition.message)
    text = found[1] if found is not None else condition.message
    missing = _MISSING.search(text)
    if missing is not None:
        what = _CALLED.get(missing["what"].lower(), missing["what"])
        return [_missing(what, missing["name"], condition.message, condition.last_transition_time)]
    field = _FIELD.match(text)
    return [
        Cause(
            Kind.SPEC,
            fit(f"invalid spec: {_refusal(*field.groups()) if field is not None else text}"),
            blocking=True,
            try_next="correct the spec and apply it: until then the controller changes nothing",
            detail=condition.message,
            reason=Reason.SPEC_INVALID,
            since=condition.last_transition_time,
        )
    ]


def _refusal(field: str, value: str, why: str) -> str:
    """What is wrong with a field: as much of where, and of the value, as leaves room for the reason."""
    why = why.rpartition("Error: ")[2]
    where = field if len(field) < _LONG_PATH else ".".join(field.split(".")[-2:])
    whole = f"{where} {value}: {why}"
    return whole if len(whole) < LONGEST - len("invalid spec: ") else f"{where}: {why}"


_LONG_PATH: Final = 32


def _unobserved(situation: Situation, now: datetime) -> list[Cause]:
    """A change that the controller does not take over, and why, which nothing in the status tells.

    It reads what the spec names before anything else (`newRolloutContext` of rollout/controller.go), and reports no
    generation as observed for as long as a Service is missing.
    """
    rollout = situation.rollout
    if rollout.observed and not _never_seen(rollout):
        return []
    since = rollout.metadata.spec_written or rollout.metadata.creation_timestamp
    detail = said.NOT_OBSERVED
    for name in rollout.services:
        if situation.services is not None and name not in situation.services:
            return [_missing("Service", name, detail, since)]
    for route in situation.routes:
        if route.is_missing:
            return [_missing(VIRTUAL_SERVICE, route.name, detail, since)]
    if since is None or not is_stalled(Reason.NOT_OBSERVED, since, now):
        return []
    waits = duration((now - since).total_seconds())
    unknown = [
        *(f"the Service {name}" for name in rollout.services if situation.services is None),
        *(f"the {VIRTUAL_SERVICE} {route.name}" for route in situation.routes if route.is_unknown),
    ]
    if unknown:
        verb = "exists" if len(unknown) == 1 else "exist"
        helps = f"check that {' and '.join(unknown)} {verb}, which the spec names; then that Argo Rollouts runs"
    else:
        helps = "check that the controller of Argo Rollouts runs, and what it logs"
    return [
        Cause(
            Kind.CONTROLLER,
            f"the controller has not observed the change for {waits}",
            blocking=True,
            try_next=helps,
            detail=detail,
            reason=Reason.NOT_OBSERVED,
            since=since,
        )
    ]


def _never_seen(rollout: ArgoRollout) -> bool:
    return not rollout.status.phase and not rollout.status.conditions and not rollout.status.current_pod_hash


def _missing(what: str, name: str, detail: str, since: datetime | None) -> Cause:
    return Cause(
        Kind.SPEC,
        fit(f"the {what} {name}, which the spec names, does not exist"),
        blocking=True,
        try_next=f"create the {what} {name}, or name another one: until then the controller changes nothing",
        detail=detail,
        reason=Reason.REFERENCE_MISSING,
        since=since,
    )


# Analyses


def _analyses(situation: Situation, now: datetime, events_of: EventsOf) -> list[Cause]:
    """Analyses of the present update that did not end well."""
    rollout = situation.rollout
    if rollout.promoted:
        return []
    found = []
    for run in situation.new_runs:
        decided = verdict_on(run)
        if run.phase not in (FAILED, ERROR, INCONCLUSIVE) or not _counts(rollout, run):
            continue
        reason, ended, helps = _OUTCOMES[run.phase]
        bad = {metric.name for metric in run.metrics if metric.decides and metric.phase == run.phase}
        job = next((each for each in trouble_of(situation, run, now, events_of) if each.metric in bad), None)
        if job is not None:
            # A Job has no value: how it ended is what tells.
            decided = f"{job.metric}: {job.why}"
            helps = f"{job.helps}; then {'promote, or abort' if run.phase == INCONCLUSIVE else 'retry or roll back'}"
        found.append(
            Cause(
                Kind.ANALYSIS,
                fit(f"{_role(run)} {ended}" + (f": {decided}" if decided else "")),
                blocking=run.phase != INCONCLUSIVE,
                try_next=helps,
                detail=": ".join(
                    filter(None, (f"AnalysisRun {run.name}", run.message, job.said if job is not None else ""))
                ),
                pods=job.pods if job is not None else (),
                remedies=(Remedy.PROMOTE,) if run.phase == INCONCLUSIVE else (Remedy.RETRY, Remedy.ROLLBACK),
                reason=reason,
                since=run.ended or rollout.status.aborted_at,
            )
        )
    return found


def _counts(rollout: ArgoRollout, run: RunView) -> bool:
    """Whether that analysis is what the Rollout stands at: after a retry the failed ones before it are history."""
    if rollout.status.abort:
        aborted = rollout.status.aborted_at
        return run.ended is None or aborted is None or run.ended <= aborted + _TOGETHER
    pause = rollout.paused_for(said.INCONCLUSIVE_ANALYSIS, said.INCONCLUSIVE_EXPERIMENT)
    return run.phase == INCONCLUSIVE and pause is not None


_TOGETHER: Final = timedelta(seconds=5)
"""An abort follows its analysis at once; both stamps are whole seconds."""

_OUTCOMES: Final = {
    FAILED: (Reason.ANALYSIS_FAILED, "failed", "look at what was measured; then fix it, and retry or roll back"),
    ERROR: (Reason.ANALYSIS_ERROR, "broke", "check the metric's provider: it did not answer as expected; then retry"),
    INCONCLUSIVE: (Reason.ANALYSIS_INCONCLUSIVE, "is inconclusive", "decide by what was measured: promote, or abort"),
}

_ROLES: Final = {
    "Background": "background analysis",
    "PrePromotion": "pre-promotion analysis",
    "PostPromotion": "post-promotion analysis",
}


def _role(run: RunView) -> str:
    return _ROLES.get(run.role, "analysis")


# Pods and time


def _refused(situation: Situation, now: datetime) -> list[Cause]:
    not_made = refused_replicaset(condition_of(situation.rollout.status.conditions, said.PROGRESSING), now)
    if not_made:
        return not_made
    failure = _failure(situation)
    return [refused_pods(failure, now, is_stuck=not said.aborted(situation.rollout))] if failure is not None else []


def _failure(situation: Situation) -> Condition | None:
    conditions = [condition_of(situation.rollout.status.conditions, REPLICA_FAILURE)]
    if situation.current is not None:
        conditions.append(condition_of(situation.current.status.conditions, REPLICA_FAILURE))
    return next((each for each in conditions if each is not None and each.status == "True"), None)


def _pods(situation: Situation, now: datetime, events_of: EventsOf) -> list[Cause]:
    """What ails the pods of the current revision, as for Deployments. After an abort they are on their way out."""
    latest, rollout = situation.current, situation.rollout
    if latest is None:
        return []
    pods = situation.pods.get(latest.metadata.uid, ())
    noun = "pod" if rollout.promoted else "new pod"
    limit = rollout.spec.progress_deadline_seconds
    patience = min(PATIENCE, span(limit) / 2) if limit is not None else PATIENCE
    found = [*of_pods(pods, now, noun, events_of, patience), *of_restarts(pods, now, noun, events_of)]
    found += of_resizes(pods, noun)
    if said.aborted(rollout):
        return [msgspec.structs.replace(cause, blocking=False, of_old=True) for cause in found]
    return found


def _deadline(rollout: ArgoRollout, now: datetime, *, is_explained: bool) -> list[Cause]:
    """The progress deadline, where it has passed or is about to."""
    condition = condition_of(rollout.status.conditions, said.PROGRESSING)
    if condition is None or not rollout.observed:
        return []
    given = rollout.spec.progress_deadline_seconds
    limit = DEFAULT_DEADLINE if given is None else given
    if condition.reason == DEADLINE_EXCEEDED:
        return [deadline.passed(limit, condition.last_transition_time, is_explained=is_explained)]
    ticks = condition.reason in ("ReplicaSetUpdated", "NewReplicaSetCreated", "FoundNewReplicaSet", "RolloutRetry")
    if condition.last_update_time is None or not ticks or _clock_stands(rollout):
        return []
    then = "it is aborted" if rollout.spec.progress_deadline_abort else "its deadline passes"
    return deadline.near(limit, condition.last_update_time, now, is_explained=is_explained, then=then)


def _clock_stands(rollout: ArgoRollout) -> bool:
    """Whether the time of the deadline stands still: paused, aborted, or at a step that takes as long as it takes.

    `isIndefiniteStep` of rollout/sync.go.
    """
    step, _ = current_step(rollout)
    is_open = step is not None and (step.pause or step.analysis or step.experiment or step.plugin) is not None
    is_paused = bool(rollout.status.pause_conditions) or rollout.spec.paused or rollout.status.abort
    return is_open or is_paused or said.said(rollout).phase != said.PROGRESSING
