"""The recorded scenarios, run again by the same kubectl commands on the simulated cluster: the same story is told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ktui.sim import SimulatedCluster
from tests.sim.story import recorded, story_of

JSON = dict[str, Any]

SCENARIOS = Path(__file__).parent / "scenarios"
RECORDINGS = Path(__file__).parent.parent / "recordings"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.sh") if path.stem != "common")
FOLLOWED = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/api/v1/namespaces/{}/events",
)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SimulatedCluster]:
    made = SimulatedCluster(seed=1, register_nodes=False)  # the recorded cluster had no Node objects
    for name in NAMES:
        made.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    with made.serving():
        made.write_kubeconfig(tmp_path / "kubeconfig")
        yield made


async def record(cluster: SimulatedCluster, kubeconfig: Path, name: str) -> list[JSON]:
    """What the streams of a namespace bring while its scenario runs, and what the scenario prints."""
    lines: list[JSON] = []
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(cluster.url, timeout=timeout, read_bufsize=1 << 22) as session:
        following = [asyncio.Event() for _ in FOLLOWED]
        tasks = [
            asyncio.create_task(follow(session, path.format(name), lines, begun))
            for path, begun in zip(FOLLOWED, following, strict=True)
        ]
        for begun in following:
            await begun.wait()
        await run(kubeconfig, name, lines)
        await asyncio.to_thread(cluster.wait_until, lambda cluster: is_still(cluster, name))
        for path in FOLLOWED:
            lines.append(await listed(session, path.format(name)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return lines


def is_still(cluster: SimulatedCluster, namespace: str) -> bool:
    """Whether no pod is on its way out, and the controllers have seen that."""
    owners = cluster.list("deployments", namespace) + cluster.list("replicasets", namespace)
    pods = cluster.list("pods", namespace)
    return not any(owner["status"].get("terminatingReplicas") for owner in owners) and not any(
        "deletionTimestamp" in pod["metadata"] for pod in pods
    )


async def listed(session: aiohttp.ClientSession, path: str) -> JSON:
    async with session.get(path) as answer:
        return {"path": path, "list": await answer.json()}


async def follow(session: aiohttp.ClientSession, path: str, lines: list[JSON], begun: asyncio.Event) -> None:
    async with session.get(path) as answer:
        listed = await answer.json()
    lines.append({"path": path, "list": listed})
    async with session.get(
        path, params={"watch": "1", "resourceVersion": listed["metadata"]["resourceVersion"]}
    ) as answer:
        begun.set()
        async for line in answer.content:
            lines.append({"path": path, "event": json.loads(line)})


async def run(kubeconfig: Path, name: str, lines: list[JSON]) -> None:
    environment = os.environ | {
        "NS": name,
        "KUBECONFIG": str(kubeconfig),
        "KUBECTL": str(Path(sys.executable).parent / "kubectl"),
        "HOME": str(kubeconfig.parent),
    }
    process = await asyncio.create_subprocess_exec(
        "sh", f"{name}.sh", cwd=SCENARIOS, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    async for line in process.stdout:
        lines.append({"note": line.decode().rstrip()})
    await process.wait()


async def test_every_recorded_scenario_tells_the_same_story(cluster: SimulatedCluster, tmp_path: Path) -> None:
    ran = await asyncio.gather(*(record(cluster, tmp_path / "kubeconfig", name) for name in NAMES))
    differences = {}
    for name, lines in zip(NAMES, ran, strict=True):
        real, ours = story_of(recorded(RECORDINGS / f"{name}.jsonl.gz")), story_of(lines)
        differences[name] = list(real.differences(ours))
    assert differences == {name: [] for name in NAMES}
