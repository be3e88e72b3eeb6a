"""CloneSets on a simulated cluster: the stories of the recordings, and the rules that they stand on."""

from __future__ import annotations

import pytest

from tests.sim.kruise import SCENARIOS, Player, least_ready, reasons, recorded, rolling, story


@pytest.fixture(scope="module")
def played() -> dict[str, Player]:
    """Each scenario, once for all tests."""
    found = {}
    for name, act in SCENARIOS.items():
        found[name] = Player()
        act(found[name])
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_story_of_a_recording_comes_out(played: dict[str, Player], name: str) -> None:
    ours, theirs = played[name].seen, recorded(name)
    assert story(ours) == story(theirs)
    assert reasons(recorded(name, "Event")) == reasons(played[name].cluster.list("events"))
    assert ours[-1]["status"].keys() ^ theirs[-1]["status"].keys() <= {"conditions"}
    assert least_ready(ours) == least_ready(theirs) or name == "cloneset-on-delete"


def test_a_pod_that_is_changed_in_place_stays_the_same_pod(played: dict[str, Player]) -> None:
    changed = "apps.kruise.io/inplace-update-state"
    pods = played["cloneset-in-place-fails"].pods()
    (pod,) = (each for each in pods if changed in (each["metadata"].get("annotations") or {}))
    (container,) = pod["status"]["containerStatuses"]
    assert (container["restartCount"], container["image"]) == (2, "registry.example/shop/web:1.0")
    assert pod["metadata"]["labels"]["lifecycle.apps.kruise.io/state"] == "Normal"


def test_nothing_is_written_about_a_healthy_cloneset(played: dict[str, Player]) -> None:
    for name in ("cloneset-partition", "cloneset-paused", "cloneset-in-place"):
        played[name].run(5)
        before = played[name].api.storage.number
        played[name].run(60)
        assert played[name].api.storage.number == before, name


def test_a_partition_that_is_reached_is_told_where_there_is_a_deadline() -> None:
    play = Player()
    play.apply(4, rolling(maxUnavailable=1, partition="50%"), progressDeadlineSeconds=60)
    play.until("readyReplicas", 4)
    play.image("1.1")
    play.run(10)
    (condition,) = play.cloneset()["status"]["conditions"]
    assert condition["reason"] == "ProgressPartitionAvailable"
    assert condition["message"] == "CloneSet has been paused due to partition ready"
    play.patch({"spec": {"replicas": 0}})
    play.run(5)
    assert play.pods() == []
