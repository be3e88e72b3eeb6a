"""Knative Services on a simulated cluster: the stories of the recordings, and the rules that they stand on."""

from __future__ import annotations

import pytest

from ktui.sim import SimulatedCluster
from tests.sim.knative import LATEST, SCENARIOS, Player, recorded, said, story, traffic


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
    assert story(played[name].seen["Service"]) == story(recorded(name))


def test_what_failed_and_why_is_told_as_recorded(played: dict[str, Player]) -> None:
    """Reason and message of a revision's conditions; which of them stands there at a moment is chance."""
    for name in ("ksvc-crash", "ksvc-nopull", "ksvc-first-fails", "ksvc-quota", "ksvc-digest-not-resolved"):
        ours, theirs = (
            {said(each, type_) for each in revisions for type_ in ("Ready", "ContainerHealthy", "ResourcesAvailable")}
            for revisions in (played[name].seen["Revision"], recorded(name, "Revision"))
        )
        assert ours <= theirs, name


def test_what_has_no_traffic_goes_to_zero_and_stays_ready(played: dict[str, Player]) -> None:
    old, new = sorted(
        played["ksvc-roll-back"].cluster.list("revisions"), key=lambda each: str(each["metadata"]["name"])
    )[1:]
    assert said(new, "Ready")[0] == said(old, "Ready")[0] == "True"
    play = Player()
    play.apply("1.0", least=0)
    play.ready()
    play.run(120)
    (revision,) = play.cluster.list("revisions")
    assert said(revision, "Active") == ("False", "NoTraffic", "The target is not receiving traffic.")
    assert said(revision, "Ready")[0] == said(play.service(), "Ready")[0] == "True"
    assert play.cluster.list("pods") == []
    (deployment,) = play.cluster.list("deployments")
    assert deployment["spec"]["replicas"] == 0


def test_edits_by_hand_of_a_deployment(played: dict[str, Player]) -> None:
    """The scale and a deletion are undone; another image stays, and no condition says so."""
    play = Player()
    play.apply("1.0")
    play.ready()
    deployments = play.api.catalog.named("deployments")
    (made,) = play.cluster.list("deployments")
    spec = made["spec"] | {"replicas": 3}
    play.api.set_spec(deployments, made, made | {"spec": spec}, manager="kubectl-scale")
    play.run(2)
    (scaled,) = play.cluster.list("deployments")
    assert scaled["spec"]["replicas"] == 1
    container = scaled["spec"]["template"]["spec"]["containers"][0] | {"image": "registry.example/shop/web:9"}
    template = scaled["spec"]["template"]
    pods = template["spec"] | {"containers": [container, *template["spec"]["containers"][1:]]}
    spec = scaled["spec"] | {"template": template | {"spec": pods}}
    play.api.set_spec(deployments, scaled, scaled | {"spec": spec}, manager="kubectl-edit")
    play.run(10)
    (edited,) = play.cluster.list("deployments")
    assert edited["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":9")
    assert said(play.service(), "Ready")[0] == "True"
    play.api.delete(deployments, "default", edited["metadata"]["name"])
    play.run(10)
    (again,) = play.cluster.list("deployments")
    assert again["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.0")
    assert traffic(play.service()) == (("web-00001", 100, None, True),)
    play.traffic(LATEST)


def test_nothing_is_written_about_a_healthy_service(played: dict[str, Player]) -> None:
    for name in ("ksvc-first-revision", "ksvc-traffic-split", "ksvc-gradual-rollout"):
        played[name].run(200)
        before = played[name].api.storage.number
        played[name].run(60)
        assert played[name].api.storage.number == before, name


def test_the_demo_has_each_kind_in_a_state_of_its_own() -> None:
    cluster = SimulatedCluster(seed=1)
    cluster.load("controllers")
    services = cluster.api.bucket(cluster.api.catalog.named("services.serving.knative.dev")).all()
    told = {each["metadata"]["name"]: (said(each, "Ready")[1], traffic(each)) for each in services}
    assert told["quotes"] == ("RevisionFailed", (("quotes-00001", 100, None, True),))
    assert told["cart"][1] == (("cart-00001", 80, None, False), ("cart-00002", 20, "next", False))
    assert (told["web"][0], len(told["web"][1])) == ("RolloutInProgress", 2)
    assert told["invoices"] == ("", (("invoices-00001", 100, None, True),))
    sets = {each["metadata"]["name"]: each["status"] for each in cluster.list("clonesets")}
    assert [sets[name]["updatedReplicas"] for name in ("search", "player", "thumbs")] == [2, 8, 1]
    assert sets["thumbs"]["conditions"][0]["reason"] == "ProgressDeadlineExceeded"
    (rollout,) = cluster.list("rollouts")
    assert rollout["status"]["phase"] == "Paused"
