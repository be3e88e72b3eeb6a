"""A plain name means a Deployment, as for kubectl: where there is none, whether something else has that name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from ktui.cli import printing
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError, NotFound
from ktui.model.changes import Resource
from ktui.model.reference import Reference

_OTHERS: Final = (Resource.STATEFULSETS, Resource.DAEMONSETS)


@asynccontextmanager
async def pointing_to_namesakes(api: Api, namespace: str, reference: Reference) -> AsyncIterator[None]:
    """Where what is read in there does not exist, the error's hint says what else has its name."""
    try:
        yield
    except NotFound as error:
        error.hint = await _namesakes(api, namespace, reference) or error.hint
        raise


async def _namesakes(api: Api, namespace: str, reference: Reference) -> str:
    """What to write for the StatefulSet or DaemonSet of that name; nothing where there is none. Never raises."""
    if reference.resource is not Resource.DEPLOYMENTS:
        return ""
    others = [Reference(reference.name, resource) for resource in _OTHERS]
    are_there = await asyncio.gather(*(_exists(api, namespace, other) for other in others))
    found = [other for other, is_there in zip(others, are_there, strict=True) if is_there]
    return " ".join(f"There is a {other.kind} of that name: write {other.full}." for other in found)


async def _exists(api: Api, namespace: str, reference: Reference) -> bool:
    try:
        await api.read(reference.resource, namespace, reference.name)
    except KubeError:
        return False
    return True


async def say_missing(connection: Connection, missing: Iterable[Reference]) -> None:
    """Say of each that it does not exist, in kubectl's words, and what else has its name."""
    for reference in missing:
        namespace = connection.namespace
        hint = await _namesakes(Api(connection), namespace, reference)
        resource = f"{reference.resource.plural}.apps"
        printing.error(f'{resource} "{reference.name}" not found in the namespace {namespace}.', hint)
