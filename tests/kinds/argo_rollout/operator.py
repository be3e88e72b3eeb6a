"""Someone who acts on a Rollout of a recording: plans on what there was at that second."""

from __future__ import annotations

from typing import Any

from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.plans.known import RolloutSubject
from ktui.kinds.argo_rollout.resources import ANALYSIS_RUNS
from ktui.model.objects import ReplicaSet
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.subject import subject as build
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.replay import JSON


def subject(name: str, at: float, **status: Any) -> RolloutSubject:
    """What an action is planned on at that second; `status` replaces members of the Rollout's status."""
    there = replay.objects_at(name, at)
    (raw,) = there["rollouts"].values()
    if status:
        raw = {**raw, "status": {**raw["status"], **status}}
    return of(raw, there, replay.moment(name, at).now)


def of(raw: JSON, there: dict[str, dict[str, JSON]], now: Any) -> RolloutSubject:
    runs = {(ANALYSIS_RUNS, run["metadata"]["name"]): run for run in there.get("analysisruns", {}).values()}
    deployments = {(DEPLOYMENTS, each["metadata"]["name"]): each for each in there.get("deployments", {}).values()}
    replicasets = list(there.get("replicasets", {}).values())
    return build(ArgoRollout, ReplicaSet, raw, replicasets, now=now, also=runs | deployments)
