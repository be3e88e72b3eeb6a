"""`-l` where one workload is rolled out by another: one thing stays one row, whichever of the two has the label."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ktui.kinds.registry import STREAMED, is_folding
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.selection import selector_text
from ktui.kube.streams.streams import Streams
from ktui.live.extensions import extensions
from ktui.live.snapshot import read_store
from ktui.model.labels import chooses, read_selector
from ktui.model.store import Store
from ktui.sim import SimulatedCluster

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ("app=web", True),
        ("app==web,tier=front", True),
        ("app!=web", False),
        ("other!=web", True),
        ("app in (api, web),tier notin (back)", True),
        ("app notin (api,web)", False),
        ("app", True),
        ("!app", False),
        ("!other , tier = front", True),
        ("app=", False),
    ],
)
def test_a_selector_is_read_as_the_server_reads_it(selector: str, *, fits: bool) -> None:
    read = read_selector(selector)
    assert read is not None
    assert chooses(read, {"app": "web", "tier": "front"}) is fits


@pytest.mark.parametrize("selector", ["", "app=web,", "app in web", "a=b=c d", "size>3", "!", "(app)"])
def test_what_is_not_understood_is_left_to_the_server(selector: str) -> None:
    assert read_selector(selector) is None


def test_an_object_without_a_spec_has_no_selector() -> None:
    assert selector_text({"metadata": {"name": "web"}}) == selector_text({"spec": None}) == ""


def _deployment(name: str, **labels: str) -> JSON:
    app = {"app": name}
    template = {"metadata": {"labels": app}, "spec": {"containers": [{"name": "web", "image": "web:1.0"}]}}
    meta = {"name": name, "namespace": "shop", "labels": labels}
    spec = {"replicas": 1, "selector": {"matchLabels": app}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def _claiming(api_version: str, kind: str, spec: JSON, **labels: str) -> JSON:
    meta = {"name": "web", "namespace": "shop", "labels": labels}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec}


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=20.0).serving() as cluster:
        cluster.install("flagger")
        cluster.define("kruise")
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        cluster.apply(_deployment("web", tier="front"))
        cluster.apply(_deployment("api", tier="back", team="core"))
        cluster.apply(_claiming("flagger.app/v1beta1", "Canary", {"targetRef": target}, team="shop"))
        strategy = {"canary": {"steps": [{"replicas": 1}]}}
        held = {"workloadRef": target | {"name": "api"}, "strategy": strategy}
        cluster.apply(_claiming("rollouts.kruise.io/v1beta1", "Rollout", held, team="shop"))
        cluster.settle()
        yield cluster


@pytest.fixture
async def connection(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Connection]:
    kubeconfig = cluster.write_kubeconfig(tmp_path / "admin")
    async with await connect(Access(str(kubeconfig)), Surroundings(environ={})) as connection:
        yield connection


def _rows(store: Store) -> list[str]:
    return sorted(f"{type(each).__name__}/{each.metadata.name}" for each in store.shown())


ROWS = [
    ("tier=front", ["Canary/web"]),
    ("tier=back", ["KruiseRollout/web"]),
    ("team=shop", ["Canary/web", "KruiseRollout/web"]),
    ("team=core", ["KruiseRollout/web"]),
    ("team=nobody", []),
]


@pytest.mark.parametrize(("selector", "rows"), ROWS)
async def test_a_snapshot_has_one_row_for_one_thing(connection: Connection, selector: str, rows: list[str]) -> None:
    store = await read_store(connection, None, selector, (), connection.clock.now, note=pytest.fail)
    assert _rows(store) == rows


async def test_streams_are_widened_once_such_a_kind_is_found(connection: Connection, cluster: SimulatedCluster) -> None:
    store, found = Store(), await extensions(connection)
    assert is_folding(found)

    async def until(rows: list[str]) -> None:
        async with asyncio.timeout(20):
            while _rows(store) != rows:
                store.apply(await streams.take())

    async with Streams(connection, None, "tier=front", resources=STREAMED) as streams:
        streams.go()
        # As the dashboard begins: without knowing what the cluster serves.
        await until(["Deployment/web"])
        streams.widen()
        for resource in found:
            streams.add(resource)
        await until(["Canary/web"])
        cluster.call(lambda: cluster.apply(_deployment("late", tier="front")))
        await until(["Canary/web", "Deployment/late"])
        deployments = cluster.api.catalog.named("deployments")
        cluster.call(lambda: cluster.api.delete(deployments, "shop", "late"))
        await until(["Canary/web"])
