"""Advanced StatefulSets and DaemonSets, and Kruise Rollouts, on a simulated cluster: the stories of the recordings."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.sim.kruise_others import (
    MANUAL,
    ROLLOUTS,
    SETS,
    Player,
    deployment,
    of_kind,
    recorded,
    rollout_partition_steps,
    rollout_story,
    set_story,
)

JSON = dict[str, Any]


@pytest.mark.parametrize("name", SETS)
def test_the_story_of_a_set_comes_out(name: str) -> None:
    plural, act = SETS[name]
    play = Player(plural)
    act(play)
    play.run(1)
    kind = play.api.catalog.named(plural).kind
    ours, theirs = (set_story(of_kind(objects, kind)) for objects in (play.seen, recorded(name)))
    if name == "statefulset-max-unavailable":  # which of two pods at once comes first is chance
        ours, theirs = (list({row[1:]: row for row in rows}.values()) for rows in (ours, theirs))
    assert ours == theirs
    assert _reasons(play.cluster.list("events"), kind) <= _reasons(of_kind(recorded(name), "Event"), kind)


def _reasons(events: list[JSON], kind: str) -> set[str]:
    return {each["reason"] for each in events if each["involvedObject"]["kind"] == kind}


@pytest.mark.parametrize("name", ROLLOUTS)
def test_the_story_of_a_rollout_comes_out(name: str) -> None:
    plural, act = ROLLOUTS[name]
    play = Player(plural)
    act(play)
    play.run(1)
    theirs = recorded(name)
    assert rollout_story(of_kind(play.seen, "Rollout")) == rollout_story(of_kind(theirs, "Rollout"))
    told = {
        each["message"] for each in play.cluster.list("events") if each["involvedObject"]["kind"] == "Rollout"
    }  # fmt: skip
    assert told <= {each["message"] for each in of_kind(theirs, "Event")}


def test_a_deployment_is_held_while_it_rolls_and_given_back_after() -> None:
    play = Player("deployments.apps")
    rollout_partition_steps(play)
    held, given_back = (
        next(each for each in of_kind(play.seen, "Deployment") if each["spec"]["strategy"]["type"] == "Recreate"),
        play.get("deployments.apps"),
    )
    assert held["spec"]["paused"] is True
    assert given_back["spec"]["strategy"]["type"] == "RollingUpdate"
    assert "paused" not in given_back["spec"]
    assert not {key for key in given_back["metadata"]["annotations"] if "kruise" in key}
    assert given_back["status"]["readyReplicas"] == given_back["status"]["updatedReplicas"] == 10


def test_resuming_a_held_deployment_is_undone() -> None:
    play = Player("deployments.apps")
    deployment(play, 4)
    play.rollout({"replicas": 1} | MANUAL, {"replicas": "100%"})
    play.image("1.1")
    play.at(1, "StepPaused")
    play.patch("deployments.apps", {"spec": {"paused": False}})
    play.run(5)
    assert play.get("deployments.apps")["spec"]["paused"] is True
    assert play.get("deployments.apps")["status"]["updatedReplicas"] == 1
    before = play.api.storage.number
    play.run(60)
    assert play.api.storage.number == before, "nothing is written while it waits for an approval"


ODD: list[JSON] = [
    {},
    {"workloadRef": None, "template": None, "selector": None},
    {"strategy": {"canary": {"steps": [None]}}, "template": {"metadata": None, "spec": {"containers": None}}},
    {"template": {"spec": {"containers": [{}]}}, "selector": {}, "replicas": -1},
]


def test_odd_objects_are_let_be() -> None:
    play = Player("deployments.apps")
    play.cluster.install("knative")
    kinds = [("rollouts.kruise.io/v1beta1", "Rollout"), ("serving.knative.dev/v1", "Service")]
    kinds += [("apps.kruise.io/v1beta1", kind) for kind in ("CloneSet", "StatefulSet", "DaemonSet")]
    for api_version, kind in kinds:
        for number, spec in enumerate(ODD):
            head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": f"odd-{number}"}}
            play.cluster.apply(head | {"spec": copy.deepcopy(spec)})
    play.run(30)
    for api_version, kind in kinds:
        resource = play.api.catalog.by_kind(api_version, kind)
        assert resource is not None
        for number, spec in enumerate(ODD):
            found = play.api.bucket(resource).get("default", f"odd-{number}")
            assert found is not None
            assert {name: found["spec"].get(name) for name in spec} == spec or kind == "Service"
    assert play.cluster.list("pods") == []
