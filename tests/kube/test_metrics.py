"""Metrics as a metrics server tells them: over HTTP from the simulated cluster, and where they are not to be had."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import Interrupted
from ktui.kube.metrics import Absent, Metrics, read_samples, seconds_of
from ktui.model.metrics import Sample
from ktui.sim import SimulatedCluster

JSON = dict[str, Any]
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KUBECTL = Path(sys.executable).with_name("kubectl")
NAMED = "metrics.k8s.io"


def manifest(name: str, memory: str, replicas: int = 3) -> JSON:
    labels, containers = {"app": name}, [{"name": "main", "image": "web:1"}, {"name": "proxy", "image": "envoy:1"}]
    annotations = {"sim.ktui/memory": memory, "sim.ktui/cpu": "120m"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {"containers": containers},
            },
        },
    }


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    it = SimulatedCluster(seed=5, start=START, developer_namespace="shop")
    it.apply(manifest("web", "240Mi"))
    it.apply(manifest("api", "64Mi"))
    it.run_for(60)
    with it.serving():
        it.pause()
        yield it


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def connection(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Connection]:
    file = cluster.write_kubeconfig(tmp_path / "kubeconfig")
    async with await connect(Access(str(file)), Surroundings(environ={})) as connection:
        yield connection
    cluster.faults.clear()


@pytest.fixture
def metrics(connection: Connection, clock: Clock) -> Metrics:
    return Metrics(connection, clock=clock)


def total(samples: tuple[Sample, ...], resource: str) -> dict[str, Decimal]:
    return {
        sample.pod: sum((getattr(used, resource) for used in sample.containers.values()), Decimal(0))
        for sample in samples
    }


async def test_the_pods_that_the_selector_chooses_with_kubectl_as_the_witness(
    metrics: Metrics, cluster: SimulatedCluster, tmp_path: Path
) -> None:
    samples = await metrics.read("shop", "app=web")
    assert isinstance(samples, tuple)
    assert {(sample.at, sample.window) for sample in samples} == {(START + timedelta(seconds=60), 15.0)}
    assert {tuple(sorted(sample.containers)) for sample in samples} == {("main", "proxy")}
    told = await asyncio.to_thread(top_pods, cluster.write_kubeconfig(tmp_path / "witness"), tmp_path)
    cpu, memory = total(samples, "cpu"), total(samples, "memory")
    # kubectl rounds CPU up to whole thousandths, and memory down to whole MiB.
    assert told == {pod: (ceil(cpu[pod] * 1000), int(memory[pod] / 2**20)) for pod in cpu}


def top_pods(kubeconfig: Path, home: Path) -> dict[str, tuple[int, int]]:
    """What `kubectl top pods` prints, by pod."""
    ran = subprocess.run(
        [KUBECTL, "--kubeconfig", kubeconfig, "-n", "shop", "top", "pods", "-l", "app=web", "--no-headers"],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(home)},
    )
    return {pod: (int(cpu), int(mi)) for pod, cpu, mi in re.findall(r"^(\S+)\s+(\d+)m\s+(\d+)Mi", ran.stdout, re.M)}


async def test_without_a_metrics_server_it_is_asked_again_only_after_minutes(
    metrics: Metrics, cluster: SimulatedCluster, clock: Clock
) -> None:
    cluster.faults.fail_next(1, 404, path=NAMED)
    said = "This cluster has no metrics server: what pods use is not known."
    assert await metrics.read("shop") == Absent(said, 300.0)
    clock.now += 200
    # The cluster would answer by now; nobody asks.
    assert await metrics.read("other") == Absent(said, 100.0)
    clock.now += 101
    assert isinstance(await metrics.read("shop", "app=web"), tuple)


async def test_what_one_may_not_read_is_remembered_for_that_namespace(
    metrics: Metrics, cluster: SimulatedCluster, clock: Clock
) -> None:
    cluster.faults.fail_next(1, 403, path=NAMED)
    said = "You may not read what pods use in shop (list pods.metrics.k8s.io)."
    assert await metrics.read("shop") == Absent(said, 300.0)
    assert await metrics.read("shop") == Absent(said, 300.0)
    assert isinstance(await metrics.read("other"), tuple)


async def test_a_stranger_is_refused(cluster: SimulatedCluster, tmp_path: Path) -> None:
    file = cluster.write_kubeconfig(tmp_path / "stranger", "stranger")
    async with await connect(Access(str(file)), Surroundings(environ={})) as connection:
        absent = await Metrics(connection).read("shop")
    assert isinstance(absent, Absent)
    assert absent.sentence.startswith("You may not read what pods use in shop")


async def test_a_metrics_server_that_is_down_is_asked_less_and_less_often(
    metrics: Metrics, cluster: SimulatedCluster
) -> None:
    cluster.faults.fail_next(6, 503, path=NAMED)
    waits = []
    for _ in range(6):
        absent = await metrics.read("shop")
        assert isinstance(absent, Absent)
        assert absent.sentence.startswith("The metrics server is not available: ")
        waits.append(absent.again)
    assert waits == [15.0, 30.0, 60.0, 120.0, 120.0, 120.0]
    assert isinstance(await metrics.read("shop"), tuple)
    cluster.faults.fail_next(1, 429, path=NAMED, retry_after=40)
    absent = await metrics.read("shop")
    assert isinstance(absent, Absent)
    assert (absent.sentence.startswith("Metrics cannot be read: "), absent.again) == (True, 40.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15s", 15.0), ("1m0.5s", 60.5), ("1h2m3s", 3723.0), ("500ms", 0.5), ("", 0.0), ("15", 0.0), ("-3s", 0.0)],
)
def test_windows_as_go_writes_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


async def test_ten_thousand_pods(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [
        {
            "metadata": {"name": f"web-{number}"},
            "timestamp": "2026-11-23T12:00:00Z",
            "window": "15s",
            "containers": [{"name": "main", "usage": {"cpu": f"{number}n", "memory": f"{number}Ki"}}],
        }
        for number in range(10_000)
    ]

    async def page(*_: object, **__: object) -> bytes:
        return json.dumps({"kind": "PodMetricsList", "items": items}).encode()

    monkeypatch.setattr(connection, "request", page)
    samples = await read_samples(connection, "shop")
    assert len(samples) == 10_000
    assert samples[7].containers["main"].memory == 7 * 1024


async def test_an_answer_that_is_none(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    async def page(*_: object, **__: object) -> bytes:
        return b"<html>log in</html>"

    monkeypatch.setattr(connection, "request", page)
    with pytest.raises(Interrupted, match="not what a metrics server says"):
        await read_samples(connection, "shop")
