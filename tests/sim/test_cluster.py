"""A simulated cluster as its users handle it: serving, time, users, and what is there for tests."""

from __future__ import annotations

import asyncio
import socket
import stat
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktui.sim import SimulatedCluster, TlsFiles
from ktui.sim.api.errors import ApiError
from tests.sim.deployments import deployment

JSON = dict[str, Any]


def status_of(url: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_serving_ends_with_its_block_and_may_begin_again() -> None:
    cluster = SimulatedCluster(seed=1)
    for _ in range(2):
        with cluster.serving() as served:
            assert served is cluster
            assert status_of(f"{cluster.url}/readyz") == 200
        with pytest.raises(urllib.error.URLError):
            status_of(f"{cluster.url}/readyz")
    assert not [thread for thread in threading.enumerate() if thread.name == "simulated-cluster"]


def test_an_address_that_is_taken_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cluster = SimulatedCluster()
        with pytest.raises(OSError, match="address already in use"), cluster.serving(port=port):
            pass
        with pytest.raises(OSError, match="address already in use"):
            asyncio.run(cluster.serve(port=port))


def test_what_keeps_it_from_serving_is_told_at_once(tmp_path: Path) -> None:
    cluster = SimulatedCluster()
    missing = TlsFiles(tmp_path / "none.pem", tmp_path / "none-key.pem")
    with pytest.raises(FileNotFoundError), cluster.serving(tls=missing):
        pass
    with pytest.raises(OverflowError), cluster.serving(port=99_999):
        pass


async def test_serving_in_ones_own_event_loop() -> None:
    cluster, ready = SimulatedCluster(seed=1), asyncio.Event()
    serving = asyncio.create_task(cluster.serve(on_ready=lambda url: ready.set()))
    await ready.wait()
    assert await asyncio.to_thread(status_of, f"{cluster.url}/readyz") == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


def test_time_passes_by_itself_only_while_serving() -> None:
    cluster = SimulatedCluster(seed=1, start=datetime(2026, 1, 1, tzinfo=UTC), speed=1000.0)
    begun = cluster.now
    cluster.run_for(60)
    assert cluster.now == begun + 60
    with cluster.serving():
        with pytest.raises(RuntimeError, match="real time drives it"):
            cluster.run_for(1)
        cluster.apply(deployment())
        cluster.wait_until(lambda cluster: cluster.now > begun + 120)
        cluster.pause()
        stood = cluster.now
        assert status_of(f"{cluster.url}/readyz") == 200
        assert cluster.now == stood
        cluster.resume()
        cluster.wait_until(lambda cluster: cluster.now > stood)


def test_what_does_not_come_true_is_told_so() -> None:
    cluster = SimulatedCluster(seed=1)
    cluster.apply(deployment("registry.example/web:nopull"))
    with pytest.raises(TimeoutError):
        cluster.settle(60)
    assert cluster.get("deployments", "nonesuch") is None


def test_what_is_applied_is_checked_as_a_request_would_be() -> None:
    cluster = SimulatedCluster(seed=1)
    with pytest.raises(ApiError, match="must be greater than or equal to 0"):
        cluster.apply(deployment(replicas=-1))
    with pytest.raises(ValueError, match="nothing of kind Rollout"):
        cluster.apply({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "x"}})


def test_the_kubeconfig_has_a_context_for_each_user(tmp_path: Path) -> None:
    cluster = SimulatedCluster(seed=1, developer_namespace="shop", name="demo")
    with cluster.serving():
        path = cluster.write_kubeconfig(tmp_path / "deep" / "kubeconfig", user="viewer")
        with pytest.raises(ValueError, match="knows no user root"):
            cluster.kubeconfig("root")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert config["current-context"] == "demo-viewer"
    assert [context["name"] for context in config["contexts"]] == [
        "demo", "demo-viewer", "demo-developer", "demo-releaser", "demo-stranger",
    ]  # fmt: skip
    developer = next(c["context"] for c in config["contexts"] if c["name"] == "demo-developer")
    assert developer["namespace"] == "shop"


@pytest.mark.parametrize(
    ("token", "everywhere", "shop", "other"),
    [
        ("admin-token", 200, 200, 200),
        ("viewer-token", 200, 200, 200),
        ("developer-token", 403, 200, 403),
        ("releaser-token", 200, 200, 200),
        ("stranger-token", 403, 403, 403),
        ("nobody-has-this", 401, 401, 401),
    ],
)
def test_what_each_user_may_list(token: str, everywhere: int, shop: int, other: int) -> None:
    cluster = SimulatedCluster(seed=1, developer_namespace="shop")
    cluster.apply(deployment(namespace="shop"))
    with cluster.serving():
        base = f"{cluster.url}/apis/apps/v1"
        assert status_of(f"{base}/deployments", token) == everywhere
        assert status_of(f"{base}/namespaces/shop/deployments", token) == shop
        assert status_of(f"{base}/namespaces/default/deployments", token) == other


def test_requests_from_many_threads_at_once() -> None:
    cluster = SimulatedCluster(seed=1, speed=20.0)
    with cluster.serving():
        threads = [
            threading.Thread(target=lambda n=n: cluster.apply(deployment(name=f"web-{n}", replicas=2)))
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cluster.settle()
        assert len(cluster.list("pods")) == 16
