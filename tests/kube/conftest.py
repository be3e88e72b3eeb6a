from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from tests.kube.server import Collection, serving

WriteKubeconfig = Callable[..., str]
Connecting = Callable[[str], AbstractAsyncContextManager[Connection]]


@pytest.fixture
def write_kubeconfig(tmp_path: Path) -> WriteKubeconfig:
    """Write a kubeconfig of one context, and return its path."""

    def write(
        server: str,
        user: dict[str, Any] | None = None,
        cluster: dict[str, Any] | None = None,
        *,
        namespace: str = "shop",
        file: str = "config",
    ) -> str:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(
                {
                    "current-context": "here",
                    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
                    "clusters": [{"name": "c", "cluster": {"server": server, **(cluster or {})}}],
                    "users": [{"name": "u", "user": user or {}}],
                }
            )
        )
        return str(path)

    return write


@pytest.fixture
def connecting(write_kubeconfig: WriteKubeconfig) -> Connecting:
    """A connection to a server, with no credentials and no proxy."""

    @asynccontextmanager
    async def connecting(url: str) -> AsyncIterator[Connection]:
        async with await connect(Access(write_kubeconfig(url)), Surroundings(environ={})) as connection:
            yield connection

    return connecting


@pytest.fixture
async def pods(connecting: Connecting) -> AsyncIterator[tuple[Collection, Connection]]:
    """A server of pods, and a connection to it."""
    collection = Collection()
    async with serving(collection.handle) as url, connecting(url) as connection:
        yield collection, connection
