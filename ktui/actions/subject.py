"""What an action is planned on: a Deployment as it was read just now, with its revisions and what else steers it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ktui.kube.api import Api, Autoscaler, DisruptionBudget
from ktui.kube.errors import Interrupted
from ktui.kube.selection import selector_text
from ktui.model.changes import Resource
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.template import Resources, decode_hook
from ktui.rollout import revisions
from ktui.rollout.quota import Quota
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, progressing, verdict
from ktui.rollout.words import clean

_PATIENCE: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds between looks at a Deployment that the controller has not seen yet."""


class Subject(msgspec.Struct, frozen=True):
    """One Deployment, whole. The typed objects are what rules look at; patches are made from the raw ones."""

    deployment: Deployment
    replicasets: tuple[ReplicaSet, ...]
    raw: dict[str, Any]
    raw_replicasets: Mapping[str, dict[str, Any]]
    """By uid."""
    now: datetime
    autoscalers: tuple[Autoscaler, ...] = ()
    """Those that target the Deployment."""
    kubectl: tuple[str, ...] = ("kubectl",)
    """How kubectl is called for this cluster: a copied command must not go to whatever context a shell has."""
    quotas: tuple[Quota, ...] = ()
    """Those of the namespace."""
    budgets: tuple[DisruptionBudget, ...] = ()
    """Those of the namespace."""
    user: str = ""
    """Who acts, as the kubeconfig calls them."""
    defaults: Resources | None = None
    """What the namespace's LimitRanges give to containers that say nothing; None where that cannot be read."""


def subject(
    raw: dict[str, Any],
    raw_replicasets: Sequence[dict[str, Any]],
    now: datetime,
    autoscalers: tuple[Autoscaler, ...] = (),
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    quotas: tuple[Quota, ...] = (),
    budgets: tuple[DisruptionBudget, ...] = (),
    user: str = "",
    defaults: Resources | None = None,
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
    return Subject(deployment, tuple(replicasets), raw, own, now, autoscalers, kubectl, quotas, budgets, user, defaults)


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def read_subject(
    api: Api,
    namespace: str,
    name: str,
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    clock: Callable[[], datetime] = _utc_now,
) -> Subject:
    """Read what an action on that Deployment is planned on.

    A Deployment that the controller has not seen yet is waited for, though not for long: which revision is the
    previous one is known only then (SEMANTICS.md, Roll back). Raises KubeError.
    """
    for pause in (*_PATIENCE, None):
        raw = await api.get(Resource.DEPLOYMENTS, namespace, name)
        if pause is None or _observed(raw):
            break
        await asyncio.sleep(pause)
    listed, autoscalers, quotas, budgets, defaults = await asyncio.gather(
        api.get_path(Resource.REPLICASETS.path(namespace), {"labelSelector": selector_text(raw)}),
        api.autoscalers(namespace, "Deployment", name),
        api.quotas(namespace),
        api.disruption_budgets(namespace),
        api.container_defaults(namespace),
    )
    replicasets = listed.get("items") or ()
    user = api.connection.user
    try:
        return subject(
            raw,
            replicasets,
            clock(),
            autoscalers,
            kubectl,
            quotas=quotas,
            budgets=budgets,
            user=user,
            defaults=defaults,
        )
    except msgspec.ValidationError as error:
        raise Interrupted(
            f"The server's answer is not a Deployment with its ReplicaSets: {clean(str(error))}."
        ) from error


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
