"""A Rollout with its ReplicaSets, as it is known and as an action on it is planned."""

from __future__ import annotations

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.status import aborted, under_way
from ktui.model.objects import ReplicaSet
from ktui.plans.subject import Known, Subject
from ktui.rollout.track_record import Candidate

KnownRollout = Known[ArgoRollout, ReplicaSet]
RolloutSubject = Subject[ArgoRollout, ReplicaSet]


def situation(known: KnownRollout) -> Situation:
    """What rules about revisions ask of it."""
    return Situation(rollout=known.workload, replicasets=known.revisions)


def is_under_way(known: KnownRollout) -> bool:
    """Whether there is an update to abort: one that has not been aborted yet."""
    return under_way(known.workload) and not aborted(known.workload)


def candidates(known: KnownRollout) -> list[Candidate]:
    """The revisions as `track_record` weighs them. An old number of a revision that came back is not kept anywhere."""
    current = situation(known).current
    return [
        Candidate(revisions.revision(rs), (), rs.status.available_replicas, rs is current)
        for rs in revisions.newest_first(known.revisions)
    ]
