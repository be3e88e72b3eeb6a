"""Scheduler and kubelets that reach their API server over HTTP alone, as they would a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from ktui.sim import SimulatedCluster, TlsFiles
from ktui.sim.node.remote import run_nodes
from tests.sim.deployments import deployment


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SimulatedCluster]:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    tls = TlsFiles(tmp_path / "server.pem", tmp_path / "server-key.pem", tmp_path / "ca.pem")
    issued.cert_chain_pems[0].write_to_path(tls.certificate)
    issued.private_key_pem.write_to_path(tls.key)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = SimulatedCluster(seed=1, run_nodes=False, register_nodes=False)
    with made.serving(tls=tls):
        made.write_kubeconfig(tmp_path / "kubeconfig")
        yield made


@asynccontextmanager
async def nodes(kubeconfig: Path) -> AsyncIterator[None]:
    ready = asyncio.Event()
    running = asyncio.create_task(run_nodes(kubeconfig, nodes=2, on_ready=ready.set))
    await ready.wait()
    yield
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.fixture
async def remote(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[None]:
    del cluster
    async with nodes(tmp_path / "kubeconfig"):
        yield


async def settle(cluster: SimulatedCluster) -> None:
    await asyncio.to_thread(cluster.settle)


@pytest.mark.usefixtures("remote")
async def test_a_rollout_goes_through_on_remote_nodes(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=3))
    await settle(cluster)
    assert [node["metadata"]["name"] for node in cluster.list("nodes")] == ["node-1", "node-2"]
    assert {pod["spec"]["nodeName"] for pod in cluster.list("pods")} == {"node-1", "node-2"}
    cluster.apply(deployment("registry.example/web:2.0", replicas=3))
    await settle(cluster)
    images = {
        pod["spec"]["containers"][0]["image"]
        for pod in cluster.list("pods")
        if "deletionTimestamp" not in pod["metadata"]
    }
    assert images == {"registry.example/web:2.0"}
    reasons = {event["reason"] for event in cluster.list("events") if event["involvedObject"]["kind"] == "Pod"}
    assert {"Scheduled", "Pulled", "Created", "Started", "Killing"} <= reasons


@pytest.mark.usefixtures("remote")
async def test_the_fate_in_a_tag_strikes_there_too(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("registry.example/web:crash", replicas=1))

    def backs_off(cluster: SimulatedCluster) -> bool:
        statuses = [c for pod in cluster.list("pods") for c in pod["status"].get("containerStatuses") or ()]
        return any(c["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" for c in statuses)

    await asyncio.to_thread(cluster.wait_until, backs_off)


async def test_pods_that_run_already_go_on_with_new_nodes(cluster: SimulatedCluster, tmp_path: Path) -> None:
    for _ in range(2):
        async with nodes(tmp_path / "kubeconfig"):
            cluster.apply(deployment(replicas=2))
            await settle(cluster)
    assert all(pod["status"]["containerStatuses"][0]["restartCount"] == 0 for pod in cluster.list("pods"))
    assert len(cluster.list("pods")) == 2


async def test_pods_that_were_half_way_get_there_with_new_nodes(cluster: SimulatedCluster, tmp_path: Path) -> None:
    def has_begun(cluster: SimulatedCluster) -> bool:
        return any(pod["status"].get("startTime") for pod in cluster.list("pods"))

    async with nodes(tmp_path / "kubeconfig"):
        cluster.apply(deployment(replicas=2))
        await asyncio.to_thread(cluster.wait_until, has_begun)
    async with nodes(tmp_path / "kubeconfig"):
        await settle(cluster)
    assert len(cluster.list("pods")) == 2


@pytest.mark.usefixtures("remote")
async def test_the_nodes_are_seen_to_live(cluster: SimulatedCluster) -> None:
    """A controller manager gives up nodes whose leases nobody renews, and deletes their pods after five minutes."""

    def leases(cluster: SimulatedCluster) -> bool:
        return {lease["metadata"]["name"] for lease in cluster.list("leases")} == {"node-1", "node-2"}

    await asyncio.to_thread(cluster.wait_until, leases)
    assert all(lease["spec"]["renewTime"] for lease in cluster.list("leases"))


@pytest.mark.usefixtures("remote")
async def test_what_no_server_has_heard_of_is_said_again(cluster: SimulatedCluster) -> None:
    for path in ("binding", "status"):
        cluster.faults.fail_next(2, 503, path=path)
    cluster.apply(deployment(replicas=2))
    await settle(cluster)
    assert [pod["status"]["phase"] for pod in cluster.list("pods")] == ["Running", "Running"]
