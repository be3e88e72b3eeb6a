"""Read what an action is planned on, whatever the kind of workload, and plan it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.actions.canary_template import completed
from ktui.actions.claimants import read_claimants
from ktui.kinds import planning
from ktui.kinds.registry import kind_at
from ktui.kube.api import Api, readable
from ktui.kube.errors import Forbidden, NotFound
from ktui.kube.policies import read_container_defaults, read_policies
from ktui.kube.selection import selector_text
from ktui.model.reference import Reference
from ktui.model.resources import PODS, Resource
from ktui.plans.plan import Plan
from ktui.plans.request import Request
from ktui.plans.subject import AnySubject
from ktui.rollout.podstatus import is_ready
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts

Recall = Callable[[str], Awaitable[Accounts]]
"""What is remembered of how the revisions of the workload with that uid did. Never raises."""

Planned = Callable[[], Awaitable[Plan | Refusal]]
"""Reads and plans again with each call. Raises KubeError."""

_PATIENCE: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds between looks at a workload that the controller has not seen yet."""


@dataclass(frozen=True)
class Reader:
    """Reads and plans for one cluster."""

    api: Api
    kubectl: tuple[str, ...] = ("kubectl",)
    """How kubectl is called for it."""
    clock: Callable[[], datetime] | None = None
    """The cluster's own if there is no other."""
    recall: Recall | None = None

    async def subject(self, namespace: str, reference: Reference) -> AnySubject:
        """The workload that is named, with all that an action on it is planned on. Raises KubeError."""
        api, resource = self.api, reference.resource
        raw = await read_observed(api, resource, namespace, reference.name)
        selector = {"labelSelector": selector_text(raw)}
        parts = planning.parts(resource)
        others = kind_at(resource).also(raw)
        policies, claimants, defaults, read, *listed = await asyncio.gather(
            read_policies(api, namespace, reference),
            read_claimants(api, resource, raw),
            read_container_defaults(api, namespace),
            asyncio.gather(*(self._also(namespace, *other) for other in others)),
            *(api.get_path(part.path(namespace), selector) for part in parts),
        )
        try:
            found = planning.subject(
                resource,
                raw,
                [each.get("items") or () for each in listed],
                (self.clock or api.connection.clock.now)(),
                kubectl=self.kubectl,
                autoscalers=policies.autoscalers,
                budgets=policies.budgets,
                quotas=policies.quotas,
                claimants=claimants,
                defaults=defaults,
                user=api.connection.user,
                also={other: each for other, each in zip(others, read, strict=True) if each is not None},
            )
        except msgspec.ValidationError:
            # Which one it was tells the first that cannot be read by itself.
            for part, each in zip(parts, listed, strict=True):
                for item in each.get("items") or ():
                    readable(item, part)
            raise
        if not all(is_ready(pod) for pod in found.pods):
            answer = await api.access_review("delete", "", PODS.plural, namespace=namespace)
            found = msgspec.structs.replace(found, may_delete_pods=answer.allowed)
        if self.recall is None:
            return found
        return msgspec.structs.replace(found, remembered=await self.recall(found.workload.metadata.uid))

    async def _also(self, namespace: str, resource: Resource, name: str) -> dict[str, Any] | None:
        """Another object that an action may change; None if there is none any more, or it may not be read."""
        try:
            return await self.api.get(resource, namespace, name)
        except (NotFound, Forbidden):
            return None

    async def plan(self, namespace: str, reference: Reference, request: Request, uid: str = "") -> Plan | Refusal:
        """What that request comes to on the workload that is named, as it is now. Raises KubeError.

        With `uid` it is the very workload that is meant, not one that has taken its name since.
        """
        subject = await self.subject(namespace, reference)
        if uid and subject.workload.metadata.uid != uid:
            return Refusal(f"This {reference.kind} was deleted, and another one has its name now. Nothing was sent.")
        return planning.plan(await completed(self.api, subject, request), subject)


async def read_observed(api: Api, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
    """A workload. One that the controller has not seen yet is waited for, though not for long.

    Which revision is the previous one is known only then (docs/semantics.md, Roll back). Raises KubeError.
    """
    for pause in (*_PATIENCE, None):
        raw = await api.get(resource, namespace, name)
        if pause is None or kind_at(resource).has_observed(raw):
            break
        await asyncio.sleep(pause)
    return raw
