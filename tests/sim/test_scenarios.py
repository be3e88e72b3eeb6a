"""The scenarios that come with ktui, and how one is written."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster, scenarios
from ktui.sim.kernel import seconds_of
from ktui.sim.scenario import causes, find_scenario, read_scenario, seconds
from ktui.sim.script import next_version

JSON = dict[str, Any]
NAMES = [info.name for info in scenarios()]


def reasons(cluster: SimulatedCluster) -> dict[str, str]:
    """Why each Deployment is where it is, by name."""
    found = {}
    for deployment in cluster.list("deployments"):
        told = {c["type"]: c["reason"] for c in deployment["status"].get("conditions") or ()}
        found[deployment["metadata"]["name"]] = told.get("Progressing", "")
    return found


def image(cluster: SimulatedCluster, name: str, namespace: str) -> str:
    found = cluster.get("deployments", name, namespace)
    assert found is not None
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.fixture(scope="module")
def demo() -> SimulatedCluster:
    cluster = SimulatedCluster(seed=1)
    cluster.load("demo")
    return cluster


def test_the_demo_opens_with_something_of_everything(demo: SimulatedCluster) -> None:
    told = reasons(demo)
    assert len(told) >= 12
    assert len({each["metadata"]["namespace"] for each in demo.list("deployments")}) == 3
    assert told.pop("checkout") == "ProgressDeadlineExceeded"
    assert told.pop("payments") == "DeploymentPaused"
    assert told.pop("cart") == told.pop("api") == "ReplicaSetUpdated"
    assert set(told.values()) == {"NewReplicaSetAvailable"}


def test_the_demo_has_a_past(demo: SimulatedCluster) -> None:
    assert abs(demo.now - time.time()) < 3600  # of now, however long loading it took
    found = demo.get("deployments", "storefront", "shop")
    assert found is not None
    assert demo.now - seconds_of(found["metadata"]["creationTimestamp"]) > 5 * 86_400
    owned = [rs for rs in demo.list("replicasets", "shop") if rs["metadata"]["labels"]["app"] == "storefront"]
    causes = {rs["metadata"]["annotations"]["kubernetes.io/change-cause"] for rs in owned}
    assert causes == {f"release {version}" for version in ("11.1.0", "11.2.0", "11.2.1", "11.3.0", "11.3.1")}
    assert len({rs["metadata"]["creationTimestamp"] for rs in owned}) == 5
    managers = {entry["manager"] for entry in found["metadata"]["managedFields"]}
    assert "gitlab-runner" in managers


def test_the_demo_rolls_on_for_ever_and_ends_well_for_most() -> None:
    cluster = SimulatedCluster(seed=2)
    cluster.load("demo", history="1d")
    before = {name: image(cluster, name, "search") for name in ("api", "indexer", "suggest", "crawler")}
    cluster.run_for(1800)
    after = {name: image(cluster, name, "search") for name in before}
    assert all(before[name] != after[name] for name in before)
    told = reasons(cluster)
    assert told["cart"] == "ReplicaSetUpdated" or told["cart"] == "ProgressDeadlineExceeded"
    assert sum(reason == "NewReplicaSetAvailable" for reason in told.values()) >= 8


def test_a_stuck_rollout_of_the_demo_can_be_rolled_back_by_its_image(demo: SimulatedCluster) -> None:
    found = demo.get("deployments", "checkout", "shop")
    assert found is not None
    template = found["spec"]["template"]
    container = template["spec"]["containers"][0] | {"image": "registry.example/shop/checkout:2.4.0"}
    spec = found["spec"] | {"template": template | {"spec": template["spec"] | {"containers": [container]}}}
    demo.apply(found | {"spec": spec})
    demo.run_for(60)
    assert reasons(demo)["checkout"] == "NewReplicaSetAvailable"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("demo", "big")])
def test_each_scenario_plays(name: str) -> None:
    cluster = SimulatedCluster(seed=3)
    cluster.load(name)
    assert cluster.list("deployments") or cluster.list("statefulsets")
    cluster.run_for(180)


def test_each_scenario_says_what_it_is() -> None:
    told = scenarios()
    assert told[0].name == "demo"
    assert all(info.description and "\n" not in info.description for info in (*told, *causes()))
    assert not [info.name for info in (*told, *causes()) if info.description[0] in "\"'"]
    assert {"big", "bad-night", "blue-green", "canary", "quiet"} <= {info.name for info in told}


def test_a_bad_night_has_several_failures_of_different_kinds() -> None:
    cluster = SimulatedCluster(seed=1)
    cluster.load("bad-night")
    waiting = {
        container["state"].get("waiting", {}).get("reason")
        for pod in cluster.list("pods")
        for container in pod["status"].get("containerStatuses") or ()
    }
    assert {"CrashLoopBackOff", "ImagePullBackOff"} <= waiting
    quota = cluster.get("deployments", "exports", "batch")
    assert quota is not None
    assert any(c["reason"] == "FailedCreate" for c in quota["status"]["conditions"])


def test_the_big_cluster_has_the_size_that_is_asked_for() -> None:
    cluster = SimulatedCluster(seed=1)
    cluster.load("big", deployments=20, pods=600, namespaces=3, events_per_second=200)
    cluster.run_for(1)
    assert (len(cluster.list("deployments")), len(cluster.list("pods"))) == (20, 600)
    assert set(reasons(cluster).values()) == {"NewReplicaSetAvailable"}
    before = cluster.plane.storage.number
    cluster.run_for(10)
    assert cluster.plane.storage.number - before in range(1800, 2200)


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        """
description: Mine
history: 2h
images:
  mine/web:2: {fate: crash}
services:
  - {name: web, namespace: mine, image: mine/web, versions: ["1"], replicas: 3, deadline: 20}
steps:
  - {at: -1m, set-image: {name: mine/web, image: "mine/web:2"}}
""",
        encoding="utf-8",
    )
    cluster = SimulatedCluster()
    cluster.load(path)
    assert reasons(cluster) == {"web": "ProgressDeadlineExceeded"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("description: x\nsteps: [{at: soon}]", "not a duration: 'soon'"),
        ("description: x\nstepz: []", "unknown field `stepz`"),
        ("steps: []", "missing required field `description`"),
        ("- a list", "a YAML mapping"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words) as told:
        find_scenario(path, {})
    assert str(path) in str(told.value)


def test_an_unknown_scenario_names_those_that_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no scenario nonesuch \(there are demo, "):
        find_scenario("nonesuch", {})


def test_only_parameters_that_a_scenario_has_can_be_given() -> None:
    with pytest.raises(ValueError, match="no parameter pods"):
        read_scenario("description: x", {"pods": 5})


@pytest.mark.parametrize(
    ("text", "value"), [("90s", 90), ("1h30m", 5400), ("-2m", -120), (7, 7), ("1.5s", 1.5), ("3d", 259_200)]
)
def test_durations(text: str | float, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("before", "after"), [("r/web:1.9", "r/web:1.10"), ("r/web:7", "r/web:8"), ("r/web:rc", "r/web:rc.1")]
)
def test_the_next_version_of_an_image(before: str, after: str) -> None:
    assert next_version(before) == after
