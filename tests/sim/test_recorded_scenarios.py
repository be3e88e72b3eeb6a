"""The recorded scenarios, run again by the same kubectl commands: the same story is told.

They run on the simulated cluster, unless `KTUI_TEST_KUBECONFIG` names the kubeconfig of another control plane without
nodes, or `KUBEBUILDER_ASSETS` a folder with etcd, kube-apiserver and kube-controller-manager. Those are given the
simulator's scheduler and kubelets; namespaces of the scenarios' names must not be in use there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.node.remote import Link, link_of, run_nodes
from tests.sim.realcontrolplane import control_plane
from tests.sim.story import recorded, story_of

JSON = dict[str, Any]

SCENARIOS = Path(__file__).parent / "scenarios"
RECORDINGS = Path(__file__).parent.parent / "recordings"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.sh") if path.stem != "common")
NODES = 3
STAGGER_SECONDS = 0.3
HURRIED = ("pause-resume",)
"""Scenarios whose next command must come before a rollout ends: on a slower cluster a busy machine has the time."""
SLOWLY = 0.25
FOLLOWED = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/apps/v1/namespaces/{}/statefulsets",
    "/apis/apps/v1/namespaces/{}/daemonsets",
    "/api/v1/namespaces/{}/events",
)


@contextmanager
def simulated(folder: Path, speed: float) -> Iterator[Path]:
    """The kubeconfig of a simulated cluster. On the recorded one no DaemonSet found a node, so this has none."""
    with SimulatedCluster(seed=1, speed=speed, register_nodes=False).serving() as cluster:
        yield cluster.write_kubeconfig(folder / f"kubeconfig-{speed}")


@asynccontextmanager
async def nodes_of(kubeconfig: Path) -> AsyncIterator[None]:
    """Scheduler and kubelets for a control plane that has none.

    Its nodes bear a taint that no DaemonSet tolerates: the recorded ones could run none. But pods on nodes that nobody
    knows would be in no EndpointSlice.
    """
    taint = {"key": "tests.ktui.dev/no-daemons", "effect": "NoSchedule"}
    async with link_of(kubeconfig, None) as link:
        for number in range(1, NODES + 1):
            node = {"metadata": {"name": f"node-{number}"}, "spec": {"taints": [taint]}}
            await link.send("POST", "/api/v1/nodes", node)
    ready = asyncio.Event()
    running = asyncio.create_task(run_nodes(kubeconfig, nodes=NODES, register_nodes=False, on_ready=ready.set))
    await asyncio.wait({running, asyncio.create_task(ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    yield
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.fixture
async def kubeconfigs(tmp_path: Path) -> AsyncIterator[dict[str, Path]]:
    """On which cluster each scenario runs."""
    if given := os.environ.get("KTUI_TEST_KUBECONFIG"):
        async with nodes_of(Path(given)):
            yield dict.fromkeys(NAMES, Path(given))
    elif assets := os.environ.get("KUBEBUILDER_ASSETS"):
        with control_plane(Path(assets), tmp_path) as real:
            async with nodes_of(real):
                yield dict.fromkeys(NAMES, real)
    else:
        with simulated(tmp_path, 1.0) as path, simulated(tmp_path, SLOWLY) as slow:
            yield dict.fromkeys(NAMES, path) | dict.fromkeys(HURRIED, slow)


async def record(link: Link, kubeconfig: Path, name: str, number: int) -> list[JSON]:
    """What the streams of a namespace bring while its scenario runs, and what the scenario prints.

    They begin one after another, as each is a chain of short-lived processes.
    """
    lines: list[JSON] = []
    await asyncio.sleep(number * STAGGER_SECONDS)
    await link.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    begun = [await listed(link, path.format(name)) for path in FOLLOWED]
    lines.extend(begun)
    tasks = [asyncio.create_task(follow(link, first, lines)) for first in begun]
    await run(kubeconfig, name, lines)
    await stillness(link, name)
    for path in FOLLOWED:
        lines.append(await listed(link, path.format(name)))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return lines


async def listed(link: Link, path: str) -> JSON:
    return {"path": path, "list": await link.read(path)}


async def follow(link: Link, first: JSON, lines: list[JSON]) -> None:
    version = first["list"]["metadata"]["resourceVersion"]
    async for line in link.lines(f"{first['path']}?watch=1&resourceVersion={version}"):
        lines.append({"path": first["path"], "event": json.loads(line)})


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


async def stillness(link: Link, namespace: str) -> None:
    """Wait until no pod is on its way out, and the controllers have seen that."""
    async with asyncio.timeout(60):
        while await is_busy(link, namespace):  # noqa: ASYNC110 (what is awaited is elsewhere)
            await asyncio.sleep(0.1)


async def is_busy(link: Link, namespace: str) -> bool:
    for plural in ("deployments", "replicasets"):
        owners = (await link.read(f"/apis/apps/v1/namespaces/{namespace}/{plural}"))["items"]
        if any(owner["status"].get("terminatingReplicas") for owner in owners):
            return True
    pods = (await link.read(f"/api/v1/namespaces/{namespace}/pods"))["items"]
    return any("deletionTimestamp" in pod["metadata"] for pod in pods)


async def tell(kubeconfig: Path, name: str, number: int) -> list[JSON]:
    async with link_of(kubeconfig, None) as link:
        return await record(link, kubeconfig, name, number)


async def test_every_recorded_scenario_tells_the_same_story(kubeconfigs: dict[str, Path]) -> None:
    ran = await asyncio.gather(*(tell(kubeconfigs[name], name, number) for number, name in enumerate(NAMES)))
    differences = [
        f"{name}: {difference}"
        for name, lines in zip(NAMES, ran, strict=True)
        for difference in story_of(recorded(RECORDINGS / f"{name}.jsonl.gz")).differences(story_of(lines))
    ]
    assert not differences, "\n".join(differences)
