"""What the screens know of the rollouts, and in which order it is worked out."""

from __future__ import annotations

from ktui.model.changes import WORKLOADS, Gone, Listed, Put, Resource
from ktui.rollout.rollout import Phase
from ktui.tui.live import Live
from tests.recorded import decode
from tests.rollout.made import NOW, template


def deployment(uid: str, *, image: str = "web:1.0", version: int = 1) -> Put:
    meta = {"name": f"web-{uid}", "namespace": "shop", "uid": uid, "resourceVersion": str(version)}
    raw = {"metadata": meta, "spec": {"replicas": 1, "template": template(image)}}
    return Put(Resource.DEPLOYMENTS, decode(Resource.DEPLOYMENTS, raw))


def a_live(*uids: str) -> Live:
    live = Live()
    live.apply([deployment(uid) for uid in uids])
    live.apply([Listed(resource) for resource in (*WORKLOADS, Resource.REPLICASETS)])
    assert not any(live.refresh(NOW)), "nothing of what is new can wait"
    return live


def images(live: Live) -> dict[str, str]:
    return {uid: rollout.image for uid, rollout in live.rollouts.items()}


def test_what_is_in_sight_comes_first_and_the_rest_can_wait() -> None:
    live = a_live("a", "b", "c")
    live.apply([deployment(uid, image="web:2.0", version=2) for uid in "abc"])
    steps = live.refresh(NOW, {"c"})
    assert next(steps) is False
    assert images(live) == {"a": "web:1.0", "b": "web:1.0", "c": "web:2.0"}
    assert list(steps) == [True, True]
    assert set(images(live).values()) == {"web:2.0"}


def test_what_was_left_comes_next_time_before_what_changed_since() -> None:
    live = a_live("a", "b", "c")
    live.apply([deployment(uid, image="web:2.0", version=2) for uid in "ab"])
    next(live.refresh(NOW))
    left = next(uid for uid in "ab" if images(live)[uid] == "web:1.0")
    live.apply([deployment("c", image="web:2.0", version=2)])
    next(live.refresh(NOW))
    assert images(live) == {"a": "web:2.0", "b": "web:2.0", "c": "web:1.0"}, f"{left} had waited longer"
    assert list(live.refresh(NOW)) == [True]
    assert images(live)["c"] == "web:2.0"
    assert list(live.refresh(NOW)) == [], "nothing is worked out twice"


def test_a_deployment_that_went_while_it_waited_is_gone() -> None:
    live = a_live("a", "b")
    live.apply([deployment("b", image="web:2.0", version=2)])
    live.apply([Gone(Resource.DEPLOYMENTS, "b")])
    assert list(live.refresh(NOW)) == [True]
    assert list(live.rollouts) == ["a"]


def test_what_moves_is_worked_out_anew_for_its_times() -> None:
    live = a_live("a")
    assert live.rollouts["a"].phase is Phase.PROGRESSING
    assert list(live.refresh(NOW)) == []
    assert list(live.refresh(NOW, times=True)) == [True]
