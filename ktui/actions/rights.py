"""What the API server allows: access reviews, the one memory of their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from ktui.kube.api import Api
from ktui.model.resources import DEPLOYMENTS, Resource
from ktui.plans.offers import Permission, Rights, needed
from ktui.plans.request import Action

_FRESH: Final = 60.0
"""Seconds for which an access review counts: rights change seldom, and a footer asks often."""


class Reviews:
    """SelfSubjectAccessReviews by namespace and kind of workload, and what they answered last."""

    def __init__(self, api: Api, clock: Callable[[], float] = monotonic) -> None:
        self.api = api
        self._clock = clock
        self._known: dict[tuple[str, Resource], Rights] = {}
        self._until: dict[tuple[str, Resource], float] = {}

    def known(self, namespace: str, resource: Resource) -> Rights | None:
        """The last answer; None before there is one."""
        return self._known.get((namespace, resource))

    def take(self, namespace: str, resource: Resource) -> bool:
        """Whether the caller has to ask now. If so, nobody else has to for a minute, even if the server fails."""
        place, now = (namespace, resource), self._clock()
        if now < self._until.get(place, now):
            return False
        self._until[place] = now + _FRESH
        return True

    async def ask(self, namespace: str, name: str, resource: Resource = DEPLOYMENTS) -> Rights:
        """What we may do with that workload. Raises KubeError."""
        actions = (Action.PAUSE, Action.SCALE, Action.PROMOTE)
        wanted = tuple(dict.fromkeys(needed(action, resource) for action in actions))
        answers = await asyncio.gather(*(self._allowed(namespace, name, each) for each in wanted))
        self._known[namespace, resource] = rights = dict(zip(wanted, answers, strict=True))
        return rights

    async def _allowed(self, namespace: str, name: str, permission: Permission) -> bool:
        verb, group, resource, subresource = permission
        answer = await self.api.access_review(
            verb, group, resource, subresource=subresource, namespace=namespace, name=name
        )
        return answer.allowed
