"""The kinds of workload that a cluster has only if someone has installed their controller: found, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ktui.kinds.registry import is_folding, of_extensions, of_served
from ktui.kube.connection import Connection
from ktui.kube.discovery import discover
from ktui.kube.errors import KubeError, NotFound
from ktui.kube.streams.streams import Streams
from ktui.live.waking import pause
from ktui.model.reference import Reference, in_full, namesakes
from ktui.model.resources import Resource

_AGAIN: Final = 60.0
"""Seconds between two questions: a controller that is installed later is found by then."""


async def extensions(connection: Connection) -> frozenset[Resource]:
    """The resources of such kinds that this cluster serves; none if it does not tell."""
    wanted = of_extensions()
    if not wanted:
        return frozenset()
    try:
        return of_served(await discover(connection, wanted))
    except KubeError:
        # Who cannot be asked has nothing to add; whatever is wrong with the link is reported by the lists.
        return frozenset()


async def settle(connection: Connection, reference: Reference) -> Reference:
    """The reference, of the kind that it means in this cluster.

    Where kinds of several groups share a word, that is the one of which there is such an object. Raises KubeError: if
    there are several, and NotFound if the cluster serves none of these kinds.
    """
    wanted, kinds = of_extensions(), namesakes(reference)
    if not any(kind in wanted for kind in kinds):
        return reference
    found = await discover(connection, wanted)
    served = [kind for kind in kinds if kind in found or kind not in wanted]
    if not served:
        raise NotFound(
            404,
            message=f"This cluster has no {' or '.join(f'{kind.plural}.{kind.group}' for kind in kinds)}",
        )
    meant = [Reference(str(reference.name), kind) for kind in served]
    if len(meant) == 1:
        return meant[0]
    there = [each for each in meant if await _exists(connection, each)]
    there.sort(key=lambda each: each.resource.group)
    if len(there) > 1:
        raise KubeError(
            f"There are {len(there)} of that name here, of {' and of '.join(each.resource.group for each in there)}.",
            hint=f"Say which: {' or '.join(map(in_full, there))}",
        )
    return there[0] if there else meant[0]


async def _exists(connection: Connection, reference: Reference) -> bool:
    try:
        await connection.request("GET", reference.resource.path(connection.namespace, reference.name))
    except NotFound:
        return False
    return True


class Follower:
    """Asks now and then what the cluster serves, and streams what it finds."""

    def __init__(self, connection: Connection, streams: Streams, found: Callable[[frozenset[Resource]], None]) -> None:
        self._connection, self._streams, self._found = connection, streams, found
        self._wake = asyncio.Event()

    def ask_now(self) -> None:
        """Do not wait for the next time: a person asked for it."""
        self._wake.set()

    async def run(self) -> None:
        """Follow what comes and goes, until cancelled."""
        known: frozenset[Resource] = frozenset()
        is_known = False
        while wanted := of_extensions():
            try:
                served = of_served(await discover(self._connection, wanted))
            except KubeError:
                # What was found stays: its streams tell what is wrong.
                served = known
            if served != known or not is_known:
                is_known = True
                self._found(served)
                if is_folding(served):
                    self._streams.widen()
                for resource in wanted:
                    if resource in served - known:
                        self._streams.add(resource)
                    elif resource in known - served:
                        self._streams.drop(resource)
                known = served
            await pause(self._wake, _AGAIN)
