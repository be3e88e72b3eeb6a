"""An update that was aborted: why, what serves, what is left of it, and the ways on."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from ktui.kinds.argo_rollout import status as said
from ktui.kinds.argo_rollout.objects import DEFAULT_DEADLINE, ArgoRollout
from ktui.kinds.argo_rollout.revisions import revision, scale_down_deadline
from ktui.kinds.argo_rollout.routes import most
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.steps import actual_weight
from ktui.model.objects import ReplicaSet
from ktui.rollout import images
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.wording import fit
from ktui.text import count, duration


def of_abort(situation: Situation, now: datetime) -> list[Cause]:
    """An update that was aborted: what serves, what still runs of it, what the spec still says, and the two ways on."""
    rollout = situation.rollout
    if not said.aborted(rollout):
        return []
    latest, serving = situation.current, situation.serving
    if not rollout.status.aborted_at and said.said(rollout).phase != said.DEGRADED:
        sentence = "being aborted"
    else:
        sentence = f"aborted: {_named(serving)} serves" if serving is not None else "aborted"
        sentence += f", the spec still has {_named(latest, serving)}" if latest is not None else ""
    left = leftovers(situation, now)
    return [
        Cause(
            Kind.ABORTED,
            fit(sentence),
            blocking=True,
            try_next="retry to roll it out again, or roll back so that the spec matches what serves"
            + (f"; {left}" if left else ""),
            detail=said.said(rollout).message,
            remedies=(Remedy.RETRY, Remedy.ROLLBACK),
            reason=Reason.ABORTED,
            since=rollout.status.aborted_at,
        )
    ]


def of_abort_reason(rollout: ArgoRollout) -> list[Cause]:
    """Why the controller aborted it, in the words that it left; nothing where a person did."""
    _, _, why = said.said(rollout).message.partition(_ABORTED_UPDATE)
    why = why.partition(": ")[2]
    if not why:
        return []
    since = rollout.status.aborted_at
    if _TIMED_OUT in why:
        given = rollout.spec.progress_deadline_seconds
        limit = duration(DEFAULT_DEADLINE if given is None else given)
        return [
            Cause(
                Kind.DEADLINE,
                f"aborted by its controller: no progress within its deadline of {limit}",
                blocking=True,
                try_next="find out what the new pods waited for; then fix it, and retry or roll back",
                detail=why,
                remedies=(Remedy.ROLLBACK, Remedy.TIMELINE),
                reason=Reason.DEADLINE_PASSED,
                since=since,
            )
        ]
    return [
        Cause(
            Kind.ANALYSIS,
            fit(f"aborted by its controller: {_assessed(why)}"),
            blocking=True,
            try_next="look at why; then fix it, and retry or roll back",
            detail=why,
            remedies=(Remedy.ROLLBACK, Remedy.TIMELINE),
            reason=Reason.ANALYSIS_FAILED,
            since=since,
        )
    ]


def _assessed(why: str) -> str:
    """What the controller says of a metric, without what comes before: its AnalysisRun may be gone by now."""
    found = _METRIC.search(why)
    return f"{found[1]} {found[2].lower()}, {found[3]}" if found is not None else why


_METRIC: Final = re.compile(r'Metric "([^"]*)" assessed (\w+) due to ([^:]*)')
_ABORTED_UPDATE: Final = "Rollout aborted update to revision "
_TIMED_OUT: Final = "has timed out progressing"


def leftovers(situation: Situation, now: datetime) -> str:
    """What an aborted update still has: pods, and a share of the traffic. Empty once it has neither.

    Pods that `setCanaryScale` made stay for `abortScaleDownDelaySeconds`, and indefinitely where that is 0; with
    `dynamicStableScale` the weight goes back step by step (`GetDesiredCanaryWeight` of utils/replicaset/canary.go).
    """
    rollout, latest = situation.rollout, situation.current
    if latest is None or not rollout.status.abort:
        return ""
    strategy = rollout.spec.strategy.canary
    pods = max(latest.spec.desired, latest.status.replicas)
    weight = most(situation.routes)
    if weight is None:
        weight = actual_weight(rollout, strategy, situation.replicasets) if strategy is not None else 0
    if not pods and not weight:
        return ""
    parts = []
    if pods:
        due = scale_down_deadline(latest)
        when = f", for {duration((due - now).total_seconds())} more" if due is not None and due > now else ""
        parts.append(
            f"{count(pods, 'pod')} of revision {revision(latest)} still {'runs' if pods == 1 else 'run'}{when}"
        )
    if strategy is not None and weight and strategy.traffic_routing is not None:
        parts.append(f"{weight} of {strategy.max_weight} of the traffic still {'go' if weight > 1 else 'goes'} to it")
    return ", and ".join(parts)


def _named(replicaset: ReplicaSet | None, against: ReplicaSet | None = None) -> str:
    if replicaset is None:
        return "no revision"
    other = against.spec.template if against is not None else None
    template = replicaset.spec.template
    image = images.of_template(template, other) if template is not None else ""
    return f"revision {revision(replicaset)}" + (f" ({image})" if image else "")
