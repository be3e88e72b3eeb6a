"""What an action is planned on: a Deployment as it was read just now, with its revisions and what else steers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ktui.model.objects import Deployment, ReplicaSet, decode_hook
from ktui.rollout import revisions
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, progressing, verdict


class Autoscaler(msgspec.Struct, frozen=True):
    """A HorizontalPodAutoscaler that targets the Deployment, and the numbers of pods between which it may choose."""

    name: str
    lowest: int
    highest: int


class Subject(msgspec.Struct, frozen=True):
    """One Deployment, whole. The typed objects are what rules look at; patches are made from the raw ones."""

    deployment: Deployment
    replicasets: tuple[ReplicaSet, ...]
    raw: dict[str, Any]
    raw_replicasets: Mapping[str, dict[str, Any]]
    """By uid."""
    now: datetime
    autoscaler: Autoscaler | None = None
    kubectl: tuple[str, ...] = ("kubectl",)
    """How kubectl is called for this cluster: a copied command must not go to whatever context a shell has."""


def subject(
    raw: dict[str, Any],
    raw_replicasets: Sequence[dict[str, Any]],
    now: datetime,
    autoscaler: Autoscaler | None = None,
    kubectl: tuple[str, ...] = ("kubectl",),
) -> Subject:
    """Build a subject from raw objects; ReplicaSets that the Deployment does not control are left out.

    Raises msgspec.ValidationError for what is no Deployment, or no ReplicaSet.
    """
    deployment = msgspec.convert(raw, Deployment, dec_hook=decode_hook)
    own: dict[str, dict[str, Any]] = {}
    replicasets = []
    for each in raw_replicasets:
        replicaset = msgspec.convert(each, ReplicaSet, dec_hook=decode_hook)
        owner = replicaset.metadata.controller
        if owner is not None and owner.uid == deployment.metadata.uid:
            replicasets.append(replicaset)
            own[replicaset.metadata.uid] = each
    return Subject(deployment, tuple(replicasets), raw, own, now, autoscaler, kubectl)


def in_flight(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> bool:
    """Whether a template is being rolled out, or waits to be: it has no ReplicaSet yet, or old pods are left, or
    it has never been complete."""
    current = revisions.current(deployment, replicasets)
    if current is None:
        return True
    old = (rs for rs in replicasets if rs.metadata.uid != current.metadata.uid)
    if any(rs.spec.desired or rs.status.replicas for rs in old):
        return True
    judged = verdict(deployment)
    condition = progressing(deployment)
    has_been_complete = condition is not None and condition.reason == NEW_REPLICASET_AVAILABLE
    return (judged.failed or not judged.done) and not has_been_complete
