"""A cluster is asked for the kinds that it serves, and for no others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ktui.kinds.registry import STREAMED, of_extensions
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.streams.streams import Streams
from ktui.live.extensions import Follower
from ktui.live.snapshot import read_store
from ktui.model.resources import Resource
from ktui.sim import SimulatedCluster


@pytest.mark.parametrize("projects", [(), ("kruise",), ("flagger", "gateway")])
async def test_what_is_not_served_is_neither_listed_nor_watched(tmp_path: Path, projects: tuple[str, ...]) -> None:
    with SimulatedCluster().serving() as cluster:
        for project in projects:
            cluster.define(project)
        kubeconfig = cluster.write_kubeconfig(tmp_path / "admin")
        found: list[frozenset[Resource]] = []
        told = asyncio.Event()

        def tell(served: frozenset[Resource]) -> None:
            found.append(served)
            told.set()

        async with await connect(Access(str(kubeconfig)), Surroundings(environ={})) as connection:
            await read_store(connection, None, "", (), connection.clock.now, note=pytest.fail)
            async with Streams(connection, None, resources=STREAMED) as streams:
                following = asyncio.create_task(Follower(connection, streams, tell).run())
                async with asyncio.timeout(30):
                    await told.wait()
                following.cancel()
        extensions = [each for each in of_extensions() if each not in STREAMED]
        assert _asked(cluster, extensions) == found[0], "what was found, and nothing else"
        assert bool(found[0]) is bool(projects)
        discoveries = [each for each in cluster.requests if each.path.partition("?")[0] == "/apis"]
        assert len(discoveries) == 2, "the snapshot asks once, and the dashboard asks once"


def _asked(cluster: SimulatedCluster, resources: tuple[Resource, ...] | list[Resource]) -> set[Resource]:
    paths = {each.path.partition("?")[0] for each in list(cluster.requests)}
    asked = {(path.split("/")[2], path.rpartition("/")[2]) for path in paths if path.startswith("/apis/")}
    asked |= {("", path.rpartition("/")[2]) for path in paths if path.startswith("/api/")}
    return {each for each in resources if (each.group, each.plural) in asked}
