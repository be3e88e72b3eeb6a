"""Each action on what rolls out another workload, and on the other kinds of OpenKruise, with their controllers played.

The official client is the witness of what was sent: it is compared with the patches that the READMEs of the recordings
of Flagger, OpenKruise and Kruise Rollouts name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ktui.actions.audit import AuditLog
from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS
from ktui.kinds.advanced_statefulset.objects import ADVANCED_STATEFULSETS
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Repair,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)
from ktui.rollout.revisions import Refusal
from ktui.sim import SimulatedCluster
from tests.kinds.witness import REGISTRY, Witness

JSON = dict[str, Any]
Made = Callable[..., Witness]


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=100.0).serving() as cluster:
        for project in ("flagger", "kruise"):
            cluster.install(project)
        yield cluster


@pytest.fixture
async def api(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Api]:
    kubeconfig = cluster.write_kubeconfig(tmp_path / "admin")
    async with await connect(Access(str(kubeconfig)), Surroundings(environ={})) as connection:
        yield Api(connection)


@pytest.fixture
def witness(cluster: SimulatedCluster, api: Api, tmp_path: Path) -> Made:
    log = AuditLog(tmp_path / "audit.jsonl")
    return lambda resource, holder=None: Witness(tmp_path / "admin", resource, api, log, holder)


def _template() -> JSON:
    container = {"name": "web", "image": f"{REGISTRY}:1.0"}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}


def _deployment(replicas: int) -> JSON:
    return {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": _template()}


def _image(tag: str) -> SetImage:
    return SetImage((("web", f"{REGISTRY}:{tag}"),))


def _phase(phase: str, **fields: Any) -> Callable[[JSON], bool]:
    def holds(obj: JSON) -> bool:
        status = obj.get("status") or {}
        return status.get("phase") == phase and all(status.get(name) == value for name, value in fields.items())

    return holds


async def test_a_canary_of_flagger_from_one_revision_to_the_next(witness: Made) -> None:
    web = witness(CANARIES, DEPLOYMENTS)
    web.make(_deployment(2), DEPLOYMENTS)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    gate = {"name": "approval", "type": "confirm-promotion", "url": "http://gate.example/shut"}
    analysis = {"interval": "3s", "threshold": 2, "iterations": 2, "webhooks": [gate]}
    web.make({"targetRef": target, "service": {"port": 80}, "analysis": analysis})
    first = web.until(_phase("Initialized"), seen=False)["spec"]
    # Suspended, an image waits; resumed it is analysed, up to the gate.
    assert await web.act(Pause()) == first | {"suspend": True}
    assert await web.act(_image("1.1")) == first | {"suspend": True}
    assert web.image() == ":1.1"
    assert web.get()["status"]["phase"] == "Initialized"
    assert await web.act(Resume()) == first | {"suspend": False}
    web.until(_phase("WaitingPromotion"), seen=False)
    # The analysis is skipped, and the gate with it: promoted. Then revisions are analysed again.
    assert (await web.act(Promote()))["skipAnalysis"] is True
    web.until(_phase("Succeeded"), seen=False)
    assert (await web.act(Repair()))["skipAnalysis"] is False
    await web.act(_image("1.2"))
    web.until(_phase("WaitingPromotion"), seen=False)
    # Rolled back by the target's template: no abort, the analysis goes on.
    await web.act(RollBack())
    assert web.image() == ":1.1"
    refused = await web.plan(Abort())
    assert isinstance(refused, Refusal)
    assert "Flagger has no abort" in refused.reason
    assert isinstance(await web.plan(Scale(3)), Refusal)
    applied = web.get()["status"]["lastAppliedSpec"]
    await web.act(Promote())
    web.until(_new(applied), seen=False)
    # A restart is a revision too, of the same template.
    before, applied = web.get(DEPLOYMENTS)["spec"]["template"]["spec"], web.get()["status"]["lastAppliedSpec"]
    await web.act(Restart())
    assert web.get(DEPLOYMENTS)["spec"]["template"]["spec"] == before
    web.until(_new(applied), seen=False)


def _new(applied: str) -> Callable[[JSON], bool]:
    """Another revision than that one is promoted."""
    return lambda canary: applied != canary["status"]["lastAppliedSpec"] == canary["status"]["lastPromotedSpec"]


def _step(number: int, state: str) -> Callable[[JSON], bool]:
    return _phase("Progressing", currentStepIndex=number, currentStepState=state)


async def test_a_kruise_rollout_from_step_to_step(witness: Made) -> None:
    web = witness(KRUISE_ROLLOUTS, DEPLOYMENTS)
    web.make(_deployment(4), DEPLOYMENTS)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    steps: list[JSON] = [{"replicas": many, "pause": {}} for many in (1, 2, 3)]
    web.make({"workloadRef": reference, "strategy": {"canary": {"steps": [*steps, {"replicas": "100%"}]}}})
    first = web.until(_phase("Healthy"))["spec"]
    await web.act(_image("1.1"))
    assert web.image() == ":1.1"
    web.until(_step(1, "StepPaused"))
    # Approve one step, and jump over another; the spec is never touched.
    assert await web.act(Promote()) == first
    web.until(_step(2, "StepPaused"))
    assert await web.act(Promote("4")) == first
    web.until(_phase("Healthy"))
    # Paused, an approval waits; an abort goes back.
    await web.act(_image("1.2"))
    web.until(_step(1, "StepPaused"))
    assert (await web.act(Pause()))["strategy"]["paused"] is True
    refused = await web.plan(Promote())
    assert isinstance(refused, Refusal)
    assert refused.reason == "it is paused: resume it first"
    assert (await web.act(Resume()))["strategy"]["paused"] is False
    assert (await web.act(Scale(6)))["workloadRef"] == reference
    assert web.get(DEPLOYMENTS)["spec"]["replicas"] == 6
    await web.act(Abort())
    assert web.image() == ":1.1"
    web.until(_phase("Healthy"))
    # Disabled in the middle, the new version rolls out in full; enabled, steps hold again.
    await web.act(_image("1.3"))
    web.until(_step(1, "StepPaused"))
    assert (await web.act(Terminate()))["disabled"] is True
    web.until(_phase("Disabled"))
    assert (await web.act(Retry()))["disabled"] is False
    web.until(_phase("Healthy"))
    await web.act(RollBack())
    assert web.image() == ":1.1"
    web.until(_step(1, "StepPaused"))
    assert await web.act(Promote("100%")) == first | {"disabled": False, "strategy": web.get()["spec"]["strategy"]}
    web.until(_phase("Healthy"))


def _counts(**fields: int) -> Callable[[JSON], bool]:
    return lambda obj: all((obj.get("status") or {}).get(name, 0) == number for name, number in fields.items())


def _rolling(spec: JSON) -> JSON:
    found: JSON = spec["updateStrategy"]["rollingUpdate"]
    return found


async def test_an_advanced_statefulset_by_its_partition(witness: Made) -> None:
    web = witness(ADVANCED_STATEFULSETS)
    rolling = {"podUpdatePolicy": "ReCreate", "partition": 0, "maxUnavailable": 2}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    policy = {"serviceName": "web", "podManagementPolicy": "Parallel", "updateStrategy": strategy}
    web.make(_deployment(4) | policy)
    web.until(_counts(readyReplicas=4))
    assert _rolling(await web.act(Pause())) == rolling | {"paused": True}
    await web.act(_image("1.1"))
    web.until(_counts(updatedReplicas=0))
    assert _rolling(await web.act(Resume())) == rolling | {"paused": False}
    web.until(_counts(updatedReadyReplicas=4))
    spec = await web.act(Canary(("1", "100%"), (("web", f"{REGISTRY}:1.2"),)))
    assert _rolling(spec)["partition"] == 3
    web.until(_counts(updatedReadyReplicas=1, readyReplicas=4))
    assert _rolling(await web.act(Promote()))["partition"] == 0
    web.until(_counts(updatedReadyReplicas=4))
    await web.act(RollBack())
    assert web.image() == ":1.1"
    web.until(_counts(updatedReadyReplicas=4, readyReplicas=4))
    before = web.get()["status"]["updateRevision"]
    await web.act(Restart())
    web.until(lambda obj: _counts(updatedReadyReplicas=4)(obj) and obj["status"]["updateRevision"] != before)
    assert (await web.act(Scale(5)))["replicas"] == 5
    web.until(_counts(readyReplicas=5))


async def test_an_advanced_daemonset_by_its_partition(witness: Made) -> None:
    web = witness(ADVANCED_DAEMONSETS)
    rolling = {"rollingUpdateType": "Standard", "maxUnavailable": 1, "partition": 2}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    selector = {"matchLabels": {"app": "web"}}
    web.make({"selector": selector, "updateStrategy": strategy, "template": _template()})
    web.until(_counts(numberReady=3))
    await web.act(_image("1.1"))
    web.until(_counts(updatedNumberScheduled=1, numberReady=3))
    assert _rolling(await web.act(Promote("100%")))["partition"] == 0
    web.until(_counts(updatedNumberScheduled=3, numberReady=3))
    assert _rolling(await web.act(Pause()))["paused"] is True
    await web.act(_image("1.2"))
    web.until(_counts(updatedNumberScheduled=0, numberReady=3))
    # A rollback lets a paused one go.
    assert _rolling(await web.act(RollBack()))["paused"] is False
    assert web.image() == ":1.1"
    web.until(_counts(updatedNumberScheduled=3, numberReady=3))
    assert isinstance(await web.plan(Scale(3)), Refusal)
