"""What the API server allows: access reviews, each remembered for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from ktui.kube.api import Api
from ktui.model.changes import Resource
from ktui.plans.offers import Permission, Rights, needed
from ktui.plans.request import Action

_FRESH: Final = 60.0
"""Seconds for which an access review counts: rights change seldom, and a footer asks often."""


class Reviews:
    """SelfSubjectAccessReviews on workloads, each remembered for a minute."""

    def __init__(self, api: Api, clock: Callable[[], float] = monotonic) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[tuple[str, str, Permission], tuple[float, bool]] = {}

    async def rights(self, namespace: str, name: str, resource: Resource = Resource.DEPLOYMENTS) -> Rights:
        """What we may do with that workload. Raises KubeError."""
        wanted = (needed(Action.PAUSE, resource), needed(Action.SCALE, resource))
        answers = await asyncio.gather(*(self._allowed(namespace, name, each) for each in wanted))
        return dict(zip(wanted, answers, strict=True))

    async def _allowed(self, namespace: str, name: str, permission: Permission) -> bool:
        key = (namespace, name, permission)
        until, allowed = self._known.get(key, (0.0, False))
        if self._clock() >= until:
            verb, group, resource, subresource = permission
            answer = await self._api.access_review(
                verb, group, resource, subresource=subresource, namespace=namespace, name=name
            )
            allowed = answer.allowed
            self._known[key] = (self._clock() + _FRESH, allowed)
        return allowed
