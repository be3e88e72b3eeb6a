"""Each action on Knative Services and CloneSets of one simulated cluster that plays their controllers.

The official client is the witness of what was sent; then the controllers make of it what they would.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ktui.actions.audit import AuditLog
from ktui.kinds.cloneset.objects import CLONESETS
from ktui.kinds.knative_service.resources import SERVICES
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
    Share,
    Traffic,
)
from ktui.sim import SimulatedCluster
from tests.kinds.witness import REGISTRY, Witness

JSON = dict[str, Any]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=50.0).serving() as cluster:
        for project in ("knative", "kruise"):
            cluster.install(project)
        yield cluster


@pytest.fixture(scope="module")
def kubeconfig(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cluster.write_kubeconfig(tmp_path_factory.mktemp("home") / "admin")


@pytest.fixture
async def api(kubeconfig: Path) -> AsyncIterator[Api]:
    async with await connect(Access(str(kubeconfig)), Surroundings(environ={})) as connection:
        yield Api(connection)


def _serves(**shares: int) -> Callable[[JSON], bool]:
    def holds(service: JSON) -> bool:
        told = {each["revisionName"]: each.get("percent", 0) for each in service["status"].get("traffic") or ()}
        ready = {each["type"]: each["status"] for each in service["status"]["conditions"]}
        wanted = {name.replace("_", "-"): share for name, share in shares.items()}
        return ready["Ready"] == "True" and {name: share for name, share in told.items() if share} == wanted

    return holds


def _pinned(**shares: int) -> list[JSON]:
    return [{"revisionName": name.replace("_", "-"), "percent": share} for name, share in shares.items()]


def _bare(targets: list[JSON]) -> list[JSON]:
    """Targets without what says nothing: `latestRevision: false` beside a name."""
    return [{key: value for key, value in each.items() if value is not False} for each in targets]


async def test_a_knative_service_from_one_revision_to_the_next(api: Api, kubeconfig: Path, tmp_path: Path) -> None:
    web = Witness(kubeconfig, SERVICES, api, AuditLog(tmp_path / "audit.jsonl"))
    metadata = {"annotations": {"autoscaling.knative.dev/min-scale": "1"}}
    web.make({"template": {"metadata": metadata, "spec": {"containers": [{"image": f"{REGISTRY}:1.0"}]}}})
    first = web.until(_serves(web_00001=100))["spec"]
    # Pin, and an image then gets no traffic by itself.
    assert await web.act(Pause()) == first | {"traffic": _pinned(web_00001=100)}
    web.until(_serves(web_00001=100))
    spec = await web.act(SetImage((("user-container", f"{REGISTRY}:1.1"),)))
    assert spec["template"]["spec"]["containers"][0]["image"] == f"{REGISTRY}:1.1"
    assert spec["traffic"] == _pinned(web_00001=100)
    web.until(lambda each: each["status"]["latestReadyRevisionName"] == "web-00002")
    # A canary by percent, and all of it.
    spec = await web.act(Promote("10%"))
    assert _bare(spec["traffic"]) == _pinned(web_00001=90, web_00002=10)
    web.until(_serves(web_00001=90, web_00002=10))
    spec = await web.act(Promote("100%"))
    assert _bare(spec["traffic"]) == _pinned(web_00002=100)
    web.until(_serves(web_00002=100))
    # Roll back by traffic alone, and follow the latest again.
    template = spec["template"]
    spec = await web.act(RollBack())
    assert _bare(spec["traffic"]) == _pinned(web_00001=100)
    assert spec["template"] == template
    web.until(_serves(web_00001=100))
    spec = await web.act(Resume())
    assert _bare(spec["traffic"]) == [{"latestRevision": True, "percent": 100}]
    web.until(_serves(web_00002=100))
    # Tags.
    spec = await web.act(Traffic((Share("web-00001", 0, "stable"),), keep=True))
    assert {"revisionName": "web-00001", "percent": 0, "tag": "stable"} in _bare(spec["traffic"])
    tagged = web.until(_serves(web_00002=100))["status"]["traffic"]
    assert [each["url"] for each in tagged if each.get("tag")] == ["http://stable-web.default.example.com"]
    spec = await web.act(Traffic(keep=True, untag=("stable",)))
    assert _bare(spec["traffic"]) == [{"latestRevision": True, "percent": 100}]
    # A restart is the same template as another revision.
    spec = await web.act(Restart())
    assert spec["template"]["spec"] == template["spec"]
    web.until(_serves(web_00003=100))


def _updated(many: int, of: int) -> Callable[[JSON], bool]:
    return lambda each: (each["status"]["updatedReadyReplicas"], each["status"]["readyReplicas"]) == (many, of)


async def test_a_cloneset_from_one_revision_to_the_next(api: Api, kubeconfig: Path, tmp_path: Path) -> None:
    web = Witness(kubeconfig, CLONESETS, api, AuditLog(tmp_path / "audit.jsonl"))
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": f"{REGISTRY}:1.0"}]},
    }
    rolling = {"podUpdatePolicy": "ReCreate", "maxUnavailable": 1}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    selector = {"matchLabels": {"app": "web"}}
    web.make({"replicas": 4, "selector": selector, "updateStrategy": strategy, "template": template})
    web.until(_updated(4, 4))
    # Paused, an image changes nothing; resumed it rolls out.
    spec = await web.act(Pause())
    assert spec["updateStrategy"]["rollingUpdate"] == rolling | {"paused": True}
    await web.act(SetImage((("web", f"{REGISTRY}:1.1"),)))
    web.until(_updated(0, 4))
    spec = await web.act(Resume())
    assert spec["updateStrategy"]["rollingUpdate"] == rolling | {"paused": False}
    web.until(_updated(4, 4))
    # A canary by partition: one pod, then two, then all.
    spec = await web.act(Canary(("1", "50%", "100%"), (("web", f"{REGISTRY}:1.2"),)))
    assert spec["updateStrategy"]["rollingUpdate"]["partition"] == 3
    web.until(_updated(1, 4))
    for pods, partition in ((2, 2), (4, 0)):
        spec = await web.act(Promote())
        assert spec["updateStrategy"]["rollingUpdate"]["partition"] == partition
        web.until(_updated(pods, 4))
    # Back, made again, and another size.
    spec = await web.act(RollBack())
    assert spec["template"]["spec"]["containers"][0]["image"] == f"{REGISTRY}:1.1"
    web.until(
        lambda each: _updated(4, 4)(each) and each["status"]["currentRevision"] == each["status"]["updateRevision"]
    )
    before = web.get()["status"]["updateRevision"]
    await web.act(Restart())
    web.until(lambda each: _updated(4, 4)(each) and each["status"]["updateRevision"] != before)
    assert (await web.act(Scale(6)))["replicas"] == 6
    web.until(_updated(6, 6))
    await web.act(SetImage((("web", f"{REGISTRY}:nopull"),)))
    web.until(lambda each: each["status"]["updatedReplicas"] == 1 and each["status"]["readyReplicas"] == 5)
    spec = await web.act(Abort())
    assert spec["template"]["spec"]["containers"][0]["image"] == f"{REGISTRY}:1.1"
    web.until(_updated(6, 6))
