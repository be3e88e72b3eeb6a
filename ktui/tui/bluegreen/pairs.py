"""Which Deployments are sides of a blue-green pair, found out only where their labels allow it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final, NamedTuple

from ktui import signs
from ktui.kube.errors import Forbidden, KubeError
from ktui.kube.listing import list_once
from ktui.model.changes import Put
from ktui.model.objects import Deployment
from ktui.model.resources import SERVICES
from ktui.model.routing import Service
from ktui.rollout.traffic.bluegreen import Pairing, may_be_paired, pairings
from ktui.text import clean
from ktui.tui.bluegreen.screen import BlueGreenScreen
from ktui.tui.draw.marks import Mark
from ktui.tui.host import Host

_FRESH: Final = 30.0
"""Seconds for which the Services of a namespace are taken to be as they were: they change seldom."""

_PAIRED: Final = 10.0
"""The same of a namespace with sides: who gets the traffic is a claim."""

_CLAIMED: Final = 5.0
"""Seconds for which an answer that has become old is still shown while the next one is on its way."""


class _Known(NamedTuple):
    """What is known of a namespace, until when it is not asked again; `marks` by the uid of each side."""

    until: float
    marks: Mapping[str, Mark]
    is_doubtful: bool = False
    """Whether the Services could not be read this time, and may be another time."""


class Pairs:
    """What the Services of the namespaces that were looked at say. Of these, only the sides are kept."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._known: dict[str, _Known] = {}
        self._asked: set[str] = set()
        self._alone: dict[str, float] = {}
        """Deployments whose labels allow no pair, and until when that is taken to be so."""
        self._switches: dict[str, int] = {}
        """How often a Service of a namespace has been switched."""

    @property
    def goes_by_the_clock(self) -> bool:
        """Who gets the traffic is asked again, and what could not be asked, too."""
        now = monotonic()
        return any(now >= known.until for known in self._known.values() if known.marks or known.is_doubtful)

    def update(self) -> None:
        """Forget what is not claimed any more: it is asked for again if it is in sight."""
        now = monotonic()
        for namespace, known in list(self._known.items()):
            if (known.marks or known.is_doubtful) and now >= known.until + _CLAIMED:
                del self._known[namespace]

    def leave(self) -> None:
        """Another cluster or scope."""
        self._known.clear()
        self._asked.clear()
        self._alone.clear()

    def has_changed(self, namespace: str) -> None:
        """A Service of that namespace has been switched: ask again, and claim nothing until then."""
        self._known.pop(namespace, None)
        self._switches[namespace] = self._switches.get(namespace, 0) + 1

    def has(self, uid: str) -> bool:
        """Whether that Deployment is a side, as far as is known; what is not is asked for."""
        return self._find(uid, again=True) is not None

    def mark(self, uid: str) -> Mark | None:
        """What the row of that rollout says of traffic; None if it is not a side, or if that is not known.

        A namespace is asked for once if its labels allow a pair, and again only if there is one.
        """
        return self._find(uid, again=False)

    def _find(self, uid: str, *, again: bool) -> Mark | None:
        store = self._host.live.store
        deployment = store.of_uid(Deployment, uid)
        if deployment is None:
            return None
        namespace = deployment.metadata.namespace
        known, now = self._known.get(namespace), monotonic()
        is_due = known is None or (now >= known.until and (again or bool(known.marks) or known.is_doubtful))
        if is_due and namespace not in self._asked and now >= self._alone.get(uid, 0.0):
            if may_be_paired(deployment, store.of_type(Deployment)):
                self._asked.add(namespace)
                self._host.run_worker(self._ask_quietly(namespace), group="pairs")
            else:
                self._alone[uid] = now + _FRESH
        return known.marks.get(uid) if known is not None and now < known.until + _CLAIMED else None

    async def ask(self, namespace: str) -> frozenset[str]:
        """The uids of the Deployments of that namespace that are sides. Raises KubeError."""
        connection = self._host.connection
        if connection is None:
            raise KubeError("There is no connection to the cluster now.")
        switches = self._switches.get(namespace, 0)
        listed = await list_once(connection, SERVICES, namespace)
        services = [each.object for each in listed if isinstance(each, Put) and isinstance(each.object, Service)]
        deployments = [
            each for each in self._host.live.store.of_type(Deployment) if each.metadata.namespace == namespace
        ]
        found: list[tuple[Service, Pairing]] = []
        for service in services:
            found += [(service, pairing) for pairing in pairings(service, deployments)]
            # There may be hundreds of either: keys go first.
            await asyncio.sleep(0)
        sides = marks(found)
        # What was read before a switch, or of another cluster, is not so any more.
        if connection is self._host.connection and switches == self._switches.get(namespace, 0):
            self._known[namespace] = _Known(monotonic() + (_PAIRED if sides else _FRESH), sides)
        return frozenset(sides)

    async def _ask_quietly(self, namespace: str) -> None:
        try:
            await self.ask(namespace)
            self._host.draw_soon()
        except KubeError as error:
            # Who may not see Services is shown no pairs; the key says why.
            doubtful, before = not isinstance(error, Forbidden), self._known.get(namespace)
            if before is not None and before.marks:
                self._host.draw_soon()
            self._known[namespace] = _Known(monotonic() + _FRESH, {}, is_doubtful=doubtful)
        finally:
            self._asked.discard(namespace)


def marks(found: Sequence[tuple[Service, Pairing]]) -> dict[str, Mark]:
    """The mark of each side. If there are several Services, it names those that select it: one may be for a preview."""
    serving: dict[str, dict[str, None]] = {}
    for service, pairing in found:
        active = service.spec.selector.get(pairing.key, "")
        for colour, deployments in pairing.colours.items():
            for deployment in deployments:
                names = serving.setdefault(deployment.metadata.uid, {})
                if colour == active:
                    names[service.metadata.name] = None
    several = len({service.metadata.uid for service, _ in found}) > 1
    return {uid: _mark(list(names), several=several) for uid, names in serving.items()}


def _mark(names: Sequence[str], *, several: bool) -> Mark:
    if not names:
        return Mark(False, f"{signs.RING} no traffic")
    of = f" of {clean(', '.join(sorted(names)))}" if several else ""
    return Mark(True, f"{signs.DISC} traffic{of}")


async def screen_if_paired(host: Host, pairs: Pairs, uid: str) -> BlueGreenScreen | None:
    """The screen of the Services of a Deployment; None, and said why, if there is none to be shown."""
    deployment = host.live.store.of_uid(Deployment, uid)
    if deployment is None or isinstance(host.screen, BlueGreenScreen):
        return None
    meta = deployment.metadata
    try:
        sides = await pairs.ask(meta.namespace)
    except KubeError as error:
        host.notify(f"{error} {error.hint}".strip(), severity="warning")
        return None
    if uid in sides:
        return BlueGreenScreen(uid, meta.namespace)
    name = clean(f"{meta.namespace}/{meta.name}")
    host.notify(
        f"{name} is not part of a blue-green pair: no Service selects between it and another Deployment by one label.",
        severity="warning",
    )
    return None
