"""A Rollout with its ReplicaSets, as it is known and as an action on it is planned."""

from __future__ import annotations

from typing import Any, NamedTuple

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.status import aborted, under_way
from ktui.model.objects import ReplicaSet
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.plan import Target
from ktui.plans.subject import Known, Subject
from ktui.plans.wording import target_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Candidate

KnownRollout = Known[ArgoRollout, ReplicaSet]
RolloutSubject = Subject[ArgoRollout, ReplicaSet]


def situation(known: KnownRollout) -> Situation:
    """What rules about revisions ask of it."""
    return Situation(rollout=known.workload, replicasets=known.revisions)


def is_under_way(known: KnownRollout) -> bool:
    """Whether there is an update to abort: one that has not been aborted yet."""
    return under_way(known.workload) and not aborted(known.workload)


class Holder(NamedTuple):
    """The object whose pod template a change goes to, and what it is as a target."""

    target: Target
    raw: dict[str, Any]


def template_holder(subject: RolloutSubject) -> Holder | Refusal:
    """The Rollout itself, or the Deployment that it takes its template from (the plugin's `undoWorkloadRef`)."""
    rollout = subject.workload
    refused = foreign_template(rollout)
    source = rollout.spec.workload_ref
    if refused is not None or source is None:
        return refused or Holder(target_of(rollout), subject.raw)
    raw = subject.also.get((DEPLOYMENTS, source.name))
    if raw is None:
        return Refusal(f"the deployment {source.name}, which has its pod template, could not be read")
    meta = raw["metadata"]
    return Holder(Target(meta["namespace"], source.name, meta["uid"], meta["generation"], DEPLOYMENTS), raw)


def foreign_template(rollout: ArgoRollout) -> Refusal | None:
    """Why its template cannot be changed from here: it is that of another workload than a Deployment."""
    source = rollout.spec.workload_ref
    if source is None or source.kind == DEPLOYMENTS.kind:
        return None
    return Refusal(f"its pod template is that of {source.kind.lower()}/{source.name}: change it there")


def candidates(known: KnownRollout) -> list[Candidate]:
    """The revisions as `track_record` weighs them. An old number of a revision that came back is not kept anywhere."""
    current = situation(known).current
    return [
        Candidate(revisions.revision(rs), (), rs.status.available_replicas, rs is current)
        for rs in revisions.newest_first(known.revisions)
    ]
