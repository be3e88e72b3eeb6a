"""What to say of a workload that does not exist: what else has its name, where there is one, what it may have meant.

A plain name means a Deployment, as for kubectl; the wrong namespace is the commonest slip.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from typing import Final, NamedTuple

from ktui.cli import printing
from ktui.kinds.registry import WORKLOADS
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden, KubeError, NotFound
from ktui.kube.listing import list_once
from ktui.live.extensions import extensions, settle
from ktui.model.changes import Put
from ktui.model.reference import Reference
from ktui.model.resources import Resource
from ktui.text import clean

_MOST: Final = 3
"""Namespaces, or names, that a hint lists."""


class NoSuchWorkload(NotFound):
    """A workload that does not exist, with its kind, name and namespace in kubectl's words."""

    opening = ""

    def __init__(self, reference: Reference, namespace: str, hint: str) -> None:
        resource = f"{reference.resource.plural}.{reference.resource.group}"
        sentence = f'{resource} "{clean(reference.name)}" not found in the namespace {clean(namespace)}'
        super().__init__(404, reason="NotFound", message=sentence)
        self.hint = hint


@asynccontextmanager
async def pointing_to_namesakes(api: Api, namespace: str, reference: Reference) -> AsyncIterator[Reference]:
    """If the workload that is read in there does not exist, the error says so in one sentence, with a hint.

    It is read by the reference that this yields: where several kinds share a word, that has the kind that is meant.

    Raises NoSuchWorkload, and NotFound if the cluster does not serve such workloads at all.
    """
    reference = await settle(api.connection, reference)
    try:
        yield reference
    except NotFound as error:
        # A server that knows no such resource at all answers 404 too.
        if f'"{reference.name}" not found' not in error.message:
            raise
        raise await no_such(api.connection, namespace, reference) from error


async def no_such(connection: Connection, namespace: str, reference: Reference) -> NoSuchWorkload:
    """The error for that workload. Never raises: what cannot be read for the hint is left out of it."""
    return NoSuchWorkload(reference, namespace, await _hint(connection, namespace, reference))


async def say_missing(connection: Connection, missing: Iterable[Reference]) -> None:
    """Say of each that it does not exist."""
    for reference in missing:
        error = await no_such(connection, connection.namespace, reference)
        printing.error(str(error), error.hint)


class Place(NamedTuple):
    """A workload that exists."""

    namespace: str
    reference: Reference
    uid: str


async def places(connection: Connection, name: str, kinds: Sequence[Resource] = ()) -> list[Place]:
    """The workloads of that name in all namespaces, in the order of the kinds. Raises KubeError if none can be listed.

    Without kinds, all are meant that the cluster has.

    If all namespaces may not be listed, only the connection's own one is looked at.
    """
    kinds = kinds or (*WORKLOADS, *(kind for kind in await extensions(connection) if kind.is_workload))
    answers = await asyncio.gather(*(_places(connection, name, kind) for kind in kinds), return_exceptions=True)
    found = [place for answer in answers if isinstance(answer, list) for place in answer]
    failure = next((answer for answer in answers if isinstance(answer, BaseException)), None)
    if failure is not None and (not isinstance(failure, KubeError) or not any(isinstance(a, list) for a in answers)):
        raise failure
    return found


async def _places(connection: Connection, name: str, kind: Resource) -> list[Place]:
    only = f"metadata.name={name}"
    try:
        contents = await list_once(connection, kind, None, field_selector=only)
    except Forbidden:
        contents = await list_once(connection, kind, connection.namespace, field_selector=only)
    metas = [each.object.metadata for each in contents if isinstance(each, Put)]
    found = [Place(meta.namespace, Reference(name, kind), meta.uid) for meta in metas]
    return sorted(found, key=lambda place: place.namespace)


async def _hint(connection: Connection, namespace: str, reference: Reference) -> str:
    try:
        found = await places(connection, reference.name)
        names = await _names(connection, namespace, reference.resource) if not found else []
    except KubeError:
        return ""
    here = [place.reference for place in found if place.namespace == namespace]
    elsewhere = [place.namespace for place in found if place.namespace != namespace and place.reference == reference]
    if here:
        return " ".join(f"There is a {other.kind} of that name: write {other.full}." for other in here)
    if elsewhere:
        one = len(elsewhere) == 1
        return f"There {'is one' if one else 'are some'} in {_some(elsewhere)}: add -n {clean(elsewhere[0])}."
    close = get_close_matches(reference.name, names, n=_MOST, cutoff=0.7)
    return f"Did you mean {joined(close, 'or')}?" if close else ""


def _some(namespaces: list[str]) -> str:
    more = len(namespaces) - _MOST
    return joined([*namespaces[:_MOST], f"{more} more"] if more > 0 else namespaces, "and")


def joined(words: Sequence[str], last: str) -> str:
    """`web`, `web or api`, `web, api or db`."""
    *others, final = map(clean, words)
    return f"{', '.join(others)} {last} {final}" if others else final


async def _names(connection: Connection, namespace: str, kind: Resource) -> list[str]:
    contents = await list_once(connection, kind, namespace)
    return [each.object.metadata.name for each in contents if isinstance(each, Put)]
