"""Which part of the cluster can be watched: all of it, or the context's namespace where that is all we may see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS

_NEEDED: Final = (DEPLOYMENTS, REPLICASETS, PODS)
"""Without these there is nothing to show; events are only missed."""


_PATIENCE: Final = 10.0
"""Seconds that the server has to answer. Nothing else watches over the connection yet."""


@dataclass(frozen=True)
class Scope:
    """What is streamed: a namespace, or None for all; `notice` is a sentence where that is not what was asked for."""

    namespace: str | None
    notice: str = ""


async def find_scope(connection: Connection, namespace: str | None) -> Scope:
    """The scope for what was asked for: a namespace, or None for the whole cluster.

    A namespace is taken as it is: the streams tell if it is refused. The whole cluster is reviewed first
    (SelfSubjectAccessReview, which every user may ask), and dropped for the connection's namespace if any part of
    it may not be listed or watched. Raises KubeError if the server cannot be asked.
    """
    if namespace is not None:
        return Scope(namespace)
    api = Api(connection)
    asked = [(verb, resource) for resource in _NEEDED for verb in ("list", "watch")]
    answers = await asyncio.gather(
        *(api.access_review(verb, resource.group, resource.plural, within=_PATIENCE) for verb, resource in asked),
        return_exceptions=True,
    )
    for (verb, resource), answer in zip(asked, answers, strict=True):
        if isinstance(answer, KubeError) and answer.status is None:
            raise answer
        if isinstance(answer, BaseException) and not isinstance(answer, KubeError):
            raise answer
        if isinstance(answer, KubeError):
            # A server that reviews no access is asked outright: the streams will tell.
            return Scope(None)
        if not answer:
            return Scope(
                connection.namespace,
                f"You may not {verb} {resource.plural} of the whole cluster, so this is the namespace "
                f"{connection.namespace} alone.",
            )
    return Scope(None)
