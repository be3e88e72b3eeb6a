"""What tests of reflectors fill collections with, and compare."""

from __future__ import annotations

from ktui.kube.connection import Connection
from tests.kube.following import Following
from tests.kube.server import Collection, pod

Pods = tuple[Collection, Connection]


def fill(collection: Collection, *names: str) -> None:
    for name in names:
        collection.put(pod(name))


def same(collection: Collection, it: Following) -> bool:
    return it.versions == {uid: obj["metadata"]["resourceVersion"] for uid, obj in collection.objects.items()}


async def a_while(connection: Connection) -> None:
    """Long enough for an attempt that is made without waiting: many exchanges with the same server."""
    for _ in range(50):
        await connection.request("GET", "/api/v1/pods", params={"limit": "1"})
