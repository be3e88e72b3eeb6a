"""Flagger Canaries on a simulated cluster: the stories of the recordings, and the rules that they stand on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sim.flagger import GATEWAY, SCENARIOS, Player, recorded, shares, story, words

JSON = dict[str, Any]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_story_of_a_recording_comes_out(name: str) -> None:
    play = Player()
    SCENARIOS[name](play)
    play.run(1)
    theirs = recorded(name)
    assert story(play.seen) == story(theirs)
    assert shares(play.seen) == shares(theirs)
    told = words(play.cluster.list("events"), "default")
    assert told <= words((each for each in theirs if each["kind"] == "Event"), name)


def test_a_canary_that_is_deleted_gives_its_target_back() -> None:
    play = Player()
    play.target(3)
    play.canary({"revertOnDeletion": True}, iterations=3)
    play.first()
    play.until("Progressing")
    play.api.delete(play.canaries, "default", "web")
    play.run(5)
    assert story(play.seen)[-1][:3] == ("Terminating", 0, 0)
    assert [each["metadata"]["name"] for each in play.cluster.list("deployments")] == ["web"]
    (target,) = play.cluster.list("deployments")
    assert (target["spec"]["replicas"], target["status"]["readyReplicas"]) == (3, 3)
    assert target["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.1")


def test_nothing_is_written_about_a_canary_at_rest() -> None:
    play = Player()
    play.target(2)
    play.canary(GATEWAY, stepWeight=50, maxWeight=50)
    play.until("Initialized")
    play.run(10)
    before = play.api.storage.number
    play.run(60)
    assert play.api.storage.number == before


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"targetRef": None, "analysis": None},
        {"targetRef": {"kind": "DaemonSet", "name": "web"}},
        {"targetRef": {"kind": "Deployment", "name": "web"}, "analysis": {"interval": "soon", "webhooks": {}}},
        {"targetRef": {"kind": "Deployment", "name": "web"}, "service": "web", "analysis": {"metrics": [None, {}]}},
        {"targetRef": {"kind": "Deployment", "name": "web"}, "analysis": {"stepWeights": ["1"], "threshold": "many"}},
    ],
)
def test_an_odd_canary_is_let_be(spec: JSON) -> None:
    play = Player()
    play.target(1)
    head = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": "web"}}
    play.cluster.apply(head | {"spec": spec})
    play.run(20)
    play.image("1.1")
    play.run(30)
    assert play.get()["spec"] == spec
