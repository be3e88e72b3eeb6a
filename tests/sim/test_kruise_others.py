"""Advanced StatefulSets and DaemonSets, and Kruise Rollouts, on a simulated cluster: the stories of the recordings."""

from __future__ import annotations

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


@pytest.mark.parametrize("spec", [{}, {"workloadRef": None}, {"strategy": {"canary": {"steps": [None]}}}])
@pytest.mark.parametrize("kind", ["Rollout", "StatefulSet", "DaemonSet"])
def test_odd_objects_are_let_be(kind: str, spec: JSON) -> None:
    play = Player("deployments.apps")
    group = "rollouts.kruise.io" if kind == "Rollout" else "apps.kruise.io"
    head = {"apiVersion": f"{group}/v1beta1", "kind": kind, "metadata": {"name": "web"}}
    play.cluster.apply(head | {"spec": spec})
    play.run(10)
    assert play.get(f"{kind.lower()}s.{group}")["spec"] == spec
