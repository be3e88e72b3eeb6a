from __future__ import annotations

from typing import Any

import msgspec

from ktui.model.changes import Put
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.tui.logs.sources import EVERY, MOST_SOURCES, Choice, Selection, Side, select

UID = "uid-cart"


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "web", "image": image}]}}


def owned(by: str, kind: str) -> list[dict[str, Any]]:
    return [{"uid": by, "kind": kind, "name": by, "controller": True}]


def replicaset(name: str, image: str, revision: int) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": owned(UID, "Deployment"),
        },
        "spec": {"replicas": 1, "template": template(image)},
    }


def pod(of: str, suffix: str, *statuses: dict[str, Any], created: int = 0, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{of}-{suffix}",
            "namespace": "shop",
            "uid": f"uid-{suffix}",
            "creationTimestamp": f"2026-11-23T12:00:{created:02d}Z",
            "ownerReferences": owned(f"uid-{of}", "ReplicaSet"),
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "cart"}], **spec},
        "status": {"phase": "Running", "containerStatuses": list(statuses)},
    }


def status(state: dict[str, Any], *, name: str = "web", **fields: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "ready": "running" in state, **fields}


RUNNING = {"running": {"startedAt": "2026-11-23T12:00:00Z"}}
ENDED = {"terminated": {"exitCode": 1, "reason": "Error"}}
KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def store(*pods: dict[str, Any]) -> Store:
    deployment = {
        "metadata": {"name": "cart", "namespace": "shop", "uid": UID},
        "spec": {"replicas": 2, "template": template("cart:2")},
    }
    objects = [
        (DEPLOYMENTS, deployment),
        (REPLICASETS, replicaset("cart-new", "cart:2", 2)),
        (REPLICASETS, replicaset("cart-old", "cart:1", 1)),
        *((PODS, each) for each in pods),
    ]
    made = Store()
    made.apply(Put(kind, msgspec.convert(obj, kind.type, dec_hook=decode_hook)) for kind, obj in objects)
    return made


def chosen(known: Store, side: Side = Side.NEW, *, pod: str = "", container: str = "") -> Selection:
    selection = select(known, UID, side, Choice(pod, container))
    assert selection is not None
    return selection


def test_each_side_has_the_pods_of_its_revisions() -> None:
    known = store(pod("cart-new", "aaaaa", status(RUNNING)), pod("cart-old", "bbbbb", status(RUNNING)))
    new, old = chosen(known), chosen(known, Side.OLD)
    assert [each.source.short for each in new.watched] == ["aaaaa"]
    assert new.revisions == ((2, "cart:2"),)
    assert [each.source.short for each in old.watched] == ["bbbbb"]
    assert old.revisions == ((1, "cart:1"),)
    assert new.alive == {"uid-aaaaa", "uid-bbbbb"}
    assert select(known, "uid-of-another", Side.NEW, Choice()) is None


def test_a_crashed_container_is_asked_for_what_it_wrote_before() -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    (loop,) = chosen(store(pod("cart-new", "a", status(waiting, lastState=ENDED, restartCount=3)))).watched
    assert (loop.crashed, loop.has_log, loop.runs, loop.waiting) == (True, True, False, "CrashLoopBackOff")
    assert loop.ended == "exit code 1"
    (well,) = chosen(store(pod("cart-new", "a", status(RUNNING, lastState=KILLED, restartCount=1)))).watched
    assert (well.crashed, well.runs, well.last_end) == (False, True, "exit code 137 (OOMKilled)")
    (first,) = chosen(store(pod("cart-new", "a", status(ENDED)))).watched
    assert (first.crashed, first.has_log, first.ended) == (False, True, "exit code 1")


def test_what_has_not_started_says_what_it_waits_for() -> None:
    creating = {"waiting": {"reason": "ContainerCreating"}}
    (waiting,) = chosen(store(pod("cart-new", "a", status(creating)))).watched
    assert (waiting.has_log, waiting.waiting) == (False, "ContainerCreating")
    (pending,) = chosen(store(pod("cart-new", "a", nodeName=""))).watched
    assert (pending.has_log, pending.waiting) == (False, "no node yet")


def test_of_several_containers_the_first_and_a_broken_one_matter() -> None:
    containers = [{"name": "web", "image": "cart"}, {"name": "proxy", "image": "envoy"}]
    healthy = pod("cart-new", "a", status(RUNNING), status(RUNNING, name="proxy"), containers=containers)
    broken = pod("cart-new", "a", status(RUNNING), status(ENDED, name="proxy"), containers=containers)

    def names(known: Store, container: str = "") -> list[str]:
        return [each.source.container for each in chosen(known, container=container).watched]

    assert names(store(healthy)) == ["web"]
    assert names(store(broken)) == ["web", "proxy"]
    assert names(store(healthy), container=EVERY) == ["web", "proxy"]
    assert names(store(healthy), container="proxy") == ["proxy"]
    assert chosen(store(healthy)).containers == ("web", "proxy")


def test_one_pod_can_be_chosen_and_all_are_offered() -> None:
    known = store(pod("cart-new", "a", status(RUNNING)), pod("cart-new", "b", status(RUNNING)))
    selection = chosen(known, pod="uid-b")
    assert [each.source.pod for each in selection.watched] == ["cart-new-b"]
    assert dict(selection.pods) == {"uid-a": "a", "uid-b": "b"}


def test_of_very_many_pods_the_broken_and_the_newest_are_followed_and_stay() -> None:
    pods = [pod("cart-new", f"p{number}", status(RUNNING), created=number) for number in range(MOST_SOURCES + 10)]
    pods.append(pod("cart-new", "broken", status(ENDED)))
    known = store(*pods)
    selection = chosen(known)
    kept = [each.source.short for each in selection.watched]
    assert kept[:3] == ["broken", f"p{MOST_SOURCES + 9}", f"p{MOST_SOURCES + 8}"]
    assert len(kept) == MOST_SOURCES
    assert selection.left_out == 11
    followed = [each.source for each in chosen(known, pod="uid-p0").watched]
    again = select(known, UID, Side.NEW, Choice(), followed)
    assert again is not None
    assert again.watched[0].source.short == "p0"


def test_of_pods_that_crash_alike_one_stands_for_all() -> None:
    def crashed(code: int, *, running: bool = False) -> dict[str, Any]:
        state = RUNNING if running else {"waiting": {"reason": "CrashLoopBackOff"}}
        return status(state, restartCount=2, lastState={"terminated": {"exitCode": code}})

    known = store(
        pod("cart-new", "aaaaa", crashed(1), created=1),
        pod("cart-new", "bbbbb", crashed(1), created=2),
        # Between two crashes it is ready: that changes nothing about what it writes.
        pod("cart-new", "ccccc", crashed(1, running=True), created=3),
        pod("cart-new", "ddddd", crashed(137), created=4),
        pod("cart-new", "eeeee", status(RUNNING, restartCount=0), created=5),
    )
    found = chosen(known)
    shown = [each.source.short for each in found.watched]
    assert (len(shown), found.alike) == (3, 2)
    assert {"ddddd", "eeeee"} < set(shown)
    everything = chosen(known, pod=EVERY)
    assert (len(everything.watched), everything.alike) == (5, 0)
    followed = {each.source for each in everything.watched if each.source.short == "aaaaa"}
    again = select(known, UID, Side.NEW, Choice(), followed)
    assert again is not None
    assert {each.source.short for each in again.watched} == {"aaaaa", "ddddd", "eeeee"}, "what is followed stays so"
