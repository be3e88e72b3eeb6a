"""What an action is planned on: a Deployment as it was read just now, with its revisions and what else steers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import Interrupted
from ktui.kube.policies import read_container_defaults, read_policies
from ktui.kube.selection import selector_text
from ktui.model.changes import Resource
from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.policies import Autoscaler, Budget, Quota
from ktui.model.reference import Reference
from ktui.model.template import Resources, decode_hook
from ktui.model.workloads import ControllerRevision
from ktui.rollout import revisions
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, progressing, verdict
from ktui.rollout.track_record import Accounts
from ktui.text import clean

_T = TypeVar("_T", ReplicaSet, ControllerRevision, Pod)

_PATIENCE: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds between looks at a workload that the controller has not seen yet."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What else of the cluster an action on a workload is planned on, whatever its kind."""

    now: datetime
    autoscalers: tuple[Autoscaler, ...] = ()
    """Those that target the workload."""
    kubectl: tuple[str, ...] = ("kubectl",)
    """How kubectl is called for this cluster: a copied command must not go to whatever context a shell has."""
    quotas: tuple[Quota, ...] = ()
    """Those of the namespace."""
    budgets: tuple[Budget, ...] = ()
    """Those of the namespace."""
    user: str = ""
    """Who acts, as the kubeconfig calls them."""
    defaults: Resources | None = None
    """What the namespace's LimitRanges give to containers that say nothing; None where that cannot be read."""
    remembered: Accounts = {}
    """What ktui remembers of how its revisions did, by their numbers."""


class Subject(Around, frozen=True, kw_only=True):
    """One Deployment, whole. The typed objects are what rules look at; patches are made from the raw ones."""

    deployment: Deployment
    replicasets: tuple[ReplicaSet, ...]
    raw: dict[str, Any]
    raw_replicasets: Mapping[str, dict[str, Any]]
    """By uid."""

    @property
    def workload(self) -> Deployment:
        """The Deployment, by the name that it shares with other kinds."""
        return self.deployment


def subject(raw: dict[str, Any], raw_replicasets: Sequence[dict[str, Any]], now: datetime, **around: Any) -> Subject:
    """Build a subject from raw objects; ReplicaSets that the Deployment does not control are left out.

    `around` are the other members of `Around`. Raises msgspec.ValidationError for what is no Deployment, or no
    ReplicaSet.
    """
    deployment = msgspec.convert(raw, Deployment, dec_hook=decode_hook)
    found = own(raw_replicasets, ReplicaSet, deployment.metadata.uid)
    return Subject(
        deployment=deployment,
        replicasets=tuple(replicaset for replicaset, _ in found),
        raw=raw,
        raw_replicasets={replicaset.metadata.uid: each for replicaset, each in found},
        now=now,
        **around,
    )


def own(raw: Sequence[dict[str, Any]], kind: type[_T], uid: str) -> list[tuple[_T, dict[str, Any]]]:
    """Those of the objects that the workload of that uid controls, typed and raw. Raises msgspec.ValidationError."""
    typed = ((msgspec.convert(each, kind, dec_hook=decode_hook), each) for each in raw)
    return [
        (obj, each) for obj, each in typed if obj.metadata.controller is not None and obj.metadata.controller.uid == uid
    ]


async def read_subject(
    api: Api,
    namespace: str,
    name: str,
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    clock: Callable[[], datetime] | None = None,
) -> Subject:
    """Read what an action on that Deployment is planned on, by the cluster's clock if by no other. Raises KubeError."""
    raw = await read_observed(api, Resource.DEPLOYMENTS, namespace, name)
    listed, around = await asyncio.gather(
        api.get_path(Resource.REPLICASETS.path(namespace), {"labelSelector": selector_text(raw)}),
        read_around(api, namespace, Reference(name)),
    )
    try:
        return subject(raw, listed.get("items") or (), (clock or api.connection.clock.now)(), kubectl=kubectl, **around)
    except msgspec.ValidationError as error:
        raise Interrupted(
            f"The server's answer is not a Deployment with its ReplicaSets: {clean(str(error))}."
        ) from error


async def read_observed(api: Api, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
    """A workload. One that the controller has not seen yet is waited for, though not for long.

    Which revision is the previous one is known only then (docs/semantics.md, Roll back). Raises KubeError.
    """
    for pause in (*_PATIENCE, None):
        raw = await api.get(resource, namespace, name)
        if pause is None or _observed(raw):
            break
        await asyncio.sleep(pause)
    return raw


async def read_around(api: Api, namespace: str, reference: Reference) -> dict[str, Any]:
    """The members of `Around` that are read from the cluster. Raises KubeError."""
    policies, defaults = await asyncio.gather(
        read_policies(api, namespace, reference), read_container_defaults(api, namespace)
    )
    return {
        "autoscalers": policies.autoscalers,
        "quotas": policies.quotas,
        "budgets": policies.budgets,
        "defaults": defaults,
        "user": api.connection.user,
    }


def _observed(raw: dict[str, Any]) -> bool:
    return bool((raw.get("status") or {}).get("observedGeneration", 0) >= raw["metadata"].get("generation", 0))


def in_flight(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> bool:
    """Whether a template is being rolled out, or waits to be: it has no ReplicaSet yet, or old pods are left, or
    it has never been complete."""
    current = revisions.current(deployment, replicasets)
    if current is None:
        return True
    old = (rs for rs in replicasets if rs.metadata.uid != current.metadata.uid)
    if any(rs.spec.desired or rs.status.replicas for rs in old):
        return True
    if deployment.spec.paused and current.spec.desired >= deployment.spec.desired:
        # A pause overwrites the condition that would tell. The controller has nothing left to replace.
        return False
    judged = verdict(deployment)
    condition = progressing(deployment)
    has_been_complete = condition is not None and condition.reason == NEW_REPLICASET_AVAILABLE
    return (judged.failed or not judged.done) and not has_been_complete
