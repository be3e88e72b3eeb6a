"""What the dashboard's streams would know of a scope, read once: the same workloads, parts, pods and events.

`get` and `status` work their answers out of it as the dashboard does, so that the three agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, cast

from ktui.kinds.registry import STREAMED, WORKLOADS, is_folding, kind_at, rollout_of, workloads_called
from ktui.kube.api import Api, readable
from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden, NotFound
from ktui.kube.listing import list_once
from ktui.kube.selection import selector_text
from ktui.kube.streams.decoder import Unreadable
from ktui.live.extensions import extensions
from ktui.model.changes import Change, Chosen, Gone, Link, LinkState, Listed, Put
from ktui.model.labels import read_selector
from ktui.model.reference import Reference
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    EVENTS,
    NEEDED,
    PODS,
    REPLICASETS,
    Resource,
    resource_of,
)
from ktui.model.store import Store
from ktui.model.workloads import KubeObject, Workload
from ktui.rollout.rollout import Phase, unseen

_LABELLED: Final = (REPLICASETS, CONTROLLER_REVISIONS, PODS)
"""What is made from a workload's template, and so has the labels that its selector chooses."""

_WELL: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)

Clock = Callable[[], datetime]

Note = Callable[[str], None]
"""Says what a person should know about what was read: what was left out, and why."""


async def read_store(
    connection: Connection,
    namespace: str | None,
    selector: str,
    names: Collection[Reference],
    clock: Clock,
    *,
    note: Note,
) -> Store:
    """The workloads that the selector or the names choose, with all that tells how their rollouts go.

    Of names, those that do not exist are left out. Raises KubeError: of what may not be listed, only where nothing
    can be said without it.
    """
    if names:
        return await _named(connection, names, clock, note=note)
    store, note = Store(), _once(note)
    found, kinds = await asyncio.gather(
        extensions(connection),
        asyncio.gather(*(_kind(connection, kind, namespace, selector, clock, note=note) for kind in WORKLOADS)),
    )
    if selector and is_folding(found) and (chosen := read_selector(selector)) is not None:
        # What is rolled out by another one need not have its labels: all are read, and the store chooses.
        selector = ""
        store.apply([Chosen(DEPLOYMENTS, chosen)])
        kinds = await asyncio.gather(
            *(_kind(connection, kind, namespace, selector, clock, note=note) for kind in WORKLOADS)
        )
    more = await asyncio.gather(
        *(_kind(connection, kind, namespace, selector, clock, note=note) for kind in found if kind.is_workload)
    )
    served = {*found, *STREAMED}
    of_kinds = [*WORKLOADS, *(kind for kind in found if kind.is_workload)]
    wanted = dict.fromkeys(part for kind in of_kinds for part in _parts(kind) if part in served)
    parts = [part for part in wanted if selector or part not in of_kinds]
    read = await asyncio.gather(*(_if_allowed(connection, part, namespace, clock, note=note) for part in parts))
    for changes in (*kinds, *more, *read):
        store.apply(changes)
    missed = {part for workload in store.workloads() for part in _parts(resource_of(workload))}
    for refused in (*(kind for kind in of_kinds if kind not in NEEDED), *(part for part in parts if part in missed)):
        if unseen(store, refused):
            note(f"{refused.plural} are left out: you may not list them.")
    await _add_events(connection, store, clock, note=note)
    return store


def _once(note: Note) -> Note:
    """The same, but for what was said already: what is listed for two kinds is read twice."""
    said: set[str] = set()

    def say(text: str) -> None:
        if text not in said:
            said.add(text)
            note(text)

    return say


async def read_workload(connection: Connection, reference: Reference, clock: Clock, *, note: Note) -> Store:
    """One workload of the connection's namespace, in the same way. Raises KubeError: NotFound if it does not exist."""
    store = await _with_parts(connection, reference, clock, note=note)
    await _add_events(connection, store, clock, note=note)
    return store


async def read_events(connection: Connection, store: Store, clock: Clock, *, note: Note) -> None:
    """Add the events of the connection's namespace, or the word that they may not be read."""
    store.apply(await _if_allowed(connection, EVENTS, connection.namespace, clock, note=note))


async def _named(connection: Connection, names: Collection[Reference], clock: Clock, *, note: Note) -> Store:
    async def read(name: Reference) -> Store | None:
        try:
            return await _with_parts(connection, name, clock, note=note)
        except NotFound:
            return None

    store = Store()
    for found in await asyncio.gather(*(read(name) for name in dict.fromkeys(names))):
        if found is not None:
            store.apply(_contents(found))
    await _add_events(connection, store, clock, note=note)
    return store


async def _with_parts(connection: Connection, reference: Reference, clock: Clock, *, note: Note) -> Store:
    served = {*STREAMED, *(await extensions(connection) if reference.resource not in STREAMED else ())}
    raw = await Api(connection).get(reference.resource, connection.namespace, reference.name)
    store, selector, workload = Store(), selector_text(raw), cast(Workload, readable(raw, reference.resource))
    store.apply([Put(reference.resource, workload), *await claimed(connection, workload)])
    wanted = [(part, selector if part in _LABELLED else "") for part in _parts(reference.resource) if part in served]
    if more := kind_at(reference.resource).pods_labelled:
        wanted.append((PODS, more))
    for changes in await asyncio.gather(
        *(_if_allowed(connection, part, connection.namespace, clock, labels, note=note) for part, labels in wanted)
    ):
        store.apply(changes)
    leave_out_others(store, workload)
    return store


def leave_out_others(store: Store, workload: KubeObject) -> None:
    """Of the workloads that were listed as parts of this one, keep those that belong to it."""
    uid = workload.metadata.uid
    for each in list(store.shown()):
        if each.metadata.uid != uid:
            store.apply([Gone(resource_of(each), each.metadata.uid)])


async def claimed(connection: Connection, workload: KubeObject) -> list[Change]:
    """The workloads that this one names as parts of it. Those that are not there, or may not be read, are left out."""
    api = Api(connection)

    async def read(resource: Resource, name: str) -> list[Change]:
        try:
            raw = await api.get(resource, workload.metadata.namespace, name)
        except (NotFound, Forbidden):
            return []
        return [Put(resource, readable(raw, resource))]

    wanted = (
        read(resource, place.name)
        for place in getattr(workload, "claims", ())
        if (resource := workloads_called(place.group, place.kind)) is not None
    )
    return [change for changes in await asyncio.gather(*wanted) for change in changes]


def _contents(store: Store) -> Iterable[Change]:
    """All that a store of one workload knows, to be taken over by another."""
    yield from store.everything()
    yield from (Listed(resource) for resource in store.listed)
    yield from store.links.values()


def _parts(resource: Resource) -> tuple[Resource, ...]:
    """What is read with the workloads of a resource. Who may not see it sees less."""
    return tuple(dict.fromkeys((*kind_at(resource).parts, PODS)))


async def _kind(
    connection: Connection, kind: Resource, namespace: str | None, selector: str, clock: Clock, *, note: Note
) -> list[Change]:
    """The workloads of a kind. Raises KubeError where a kind may not be listed without which nothing is left."""
    if kind not in NEEDED:
        return await _if_allowed(connection, kind, namespace, clock, selector, note=note)
    return [*_readable(await list_once(connection, kind, namespace, selector), note), Listed(kind)]


async def _if_allowed(
    connection: Connection, resource: Resource, namespace: str | None, clock: Clock, selector: str = "", *, note: Note
) -> list[Change]:
    """What there is of a resource, or the word that it may not be read, as its stream would say it."""
    try:
        listed = await list_once(connection, resource, namespace, selector)
    except Forbidden as error:
        return [Link(resource, LinkState.REFUSED, clock(), str(error))]
    return [*_readable(listed, note), Listed(resource)]


async def _add_events(connection: Connection, store: Store, clock: Clock, *, note: Note) -> None:
    """Once for each namespace in which something is not well: nothing else is explained by events."""
    now = clock()
    unwell = {
        workload.metadata.namespace
        for workload in store.shown()
        if rollout_of(store, workload, None, now)[1].phase not in _WELL
    }
    for changes in await asyncio.gather(
        *(_if_allowed(connection, EVENTS, namespace, clock, note=note) for namespace in sorted(unwell))
    ):
        store.apply(changes)


def _readable(listed: Sequence[Put | Unreadable], note: Note) -> list[Put]:
    """What could be decoded; what could not is said."""
    puts = []
    for item in listed:
        if isinstance(item, Put):
            puts.append(item)
        else:
            note(item.sentence)
    return puts
