"""Which Deployments are sides of a blue-green pair, found out only where their labels allow it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final

from ktui.kube.errors import KubeError
from ktui.kube.listing import list_once
from ktui.model.changes import Put, Resource
from ktui.model.routing import Service
from ktui.rollout.traffic.bluegreen import may_be_paired, pairings
from ktui.text import clean

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp

_FRESH: Final = 30.0
"""Seconds for which the Services of a namespace are taken to be as they were: they change seldom."""


class Pairs:
    """What the Services of the namespaces that were looked at say. Of these, only the uids of the sides are kept."""

    def __init__(self, app: KtuiApp) -> None:
        self._app = app
        self._known: dict[str, tuple[float, frozenset[str]]] = {}
        self._asked: set[str] = set()
        self._alone: dict[str, float] = {}
        """Deployments whose labels allow no pair, and until when that is taken to be so."""

    def forget(self) -> None:
        """Another cluster or scope."""
        self._known.clear()
        self._asked.clear()
        self._alone.clear()

    def has(self, uid: str) -> bool:
        """Whether that Deployment is a side, as far as is known; what is not is asked for."""
        store = self._app.live.store
        deployment = store.deployment(uid)
        if deployment is None:
            return False
        namespace = deployment.metadata.namespace
        until, sides = self._known.get(namespace, (0.0, frozenset()))
        now = monotonic()
        if now >= max(until, self._alone.get(uid, 0.0)) and namespace not in self._asked:
            if may_be_paired(deployment, store.deployments()):
                self._asked.add(namespace)
                self._app.run_worker(self._ask_quietly(namespace), group="pairs")
            else:
                self._alone[uid] = now + _FRESH
        return uid in sides

    async def ask(self, namespace: str) -> frozenset[str]:
        """The uids of the Deployments of that namespace that are sides. Raises KubeError."""
        connection = self._app.connection
        if connection is None:
            raise KubeError("There is no connection to the cluster now.")
        listed = await list_once(connection, Resource.SERVICES, namespace)
        services = [each.object for each in listed if isinstance(each, Put) and isinstance(each.object, Service)]
        deployments = [each for each in self._app.live.store.deployments() if each.metadata.namespace == namespace]
        sides: set[str] = set()
        for service in services:
            for pairing in pairings(service, deployments):
                sides.update(each.metadata.uid for own in pairing.colours.values() for each in own)
            # There may be hundreds of either: keys go first.
            await asyncio.sleep(0)
        self._known[namespace] = (monotonic() + _FRESH, frozenset(sides))
        return frozenset(sides)

    async def _ask_quietly(self, namespace: str) -> None:
        try:
            await self.ask(namespace)
            self._app.draw_soon()
        except KubeError:
            # Who may not see Services is shown no pairs; the key says why. Asked again later.
            self._known[namespace] = (monotonic() + _FRESH, frozenset())
        finally:
            self._asked.discard(namespace)


async def open_if_paired(app: KtuiApp, pairs: Pairs, uid: str) -> None:
    """Show the Services of a Deployment, or say why there is none to be shown."""
    # Only the type needs the app: the screen is what needs a connection.
    from ktui.tui.bluegreen.screen import BlueGreenScreen  # noqa: PLC0415

    deployment = app.live.store.deployment(uid)
    if deployment is None or isinstance(app.screen, BlueGreenScreen):
        return
    meta = deployment.metadata
    try:
        sides = await pairs.ask(meta.namespace)
    except KubeError as error:
        app.notify(f"{error} {error.hint}".strip(), severity="warning")
        return
    if uid in sides:
        app.push_screen(BlueGreenScreen(uid, meta.namespace))
        return
    name = clean(f"{meta.namespace}/{meta.name}")
    app.notify(
        f"{name} is not part of a blue-green pair: no Service selects between it and another Deployment by one label.",
        severity="warning",
    )
