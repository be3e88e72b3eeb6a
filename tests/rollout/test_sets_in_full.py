"""Detail, time line and parts of StatefulSets and DaemonSets, on the recording of a real control plane."""

from __future__ import annotations

from datetime import datetime, timedelta

from ktui.kinds.registry import detail_of, revisions_of, rollout_of, timeline_of
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet, StatefulSet, Workload
from ktui.rollout.detail import Detail
from tests.recorded import clock
from tests.rollout.replay import store_at

RECORDING = "statefulset-daemonset"
HELD, ENDED = 7.96, 100.0
"""When one pod of four is new and held by the partition, and when all is over."""


def at(t: float) -> tuple[Store, datetime]:
    return store_at(RECORDING, t), clock(RECORDING) + timedelta(seconds=t)


def in_store(store: Store, kind: type[StatefulSet] | type[DaemonSet], name: str) -> Workload:
    known = store.named(kind, RECORDING, name)
    assert known is not None
    return known


def shown(kind: type[StatefulSet] | type[DaemonSet], name: str, t: float) -> Detail:
    store, now = at(t)
    workload = in_store(store, kind, name)
    track, _ = rollout_of(store, workload, None, now)
    return detail_of(store, workload, track, now)


def test_a_statefulset_shows_its_revisions_with_their_pods_by_ordinal() -> None:
    detail = shown(StatefulSet, "db", HELD)
    new, old = detail.revisions
    assert (new.number, new.is_current, [pod.name for pod in new.pods]) == (2, True, ["db-3"])
    assert (old.number, old.is_current, [pod.name for pod in old.pods]) == (1, False, ["db-0", "db-1", "db-2"])
    assert (new.wanted, new.ready, old.wanted, old.ready) == (1, 1, 3, 3)
    assert (detail.strategy, detail.partition, detail.bounds.unavailable, detail.deadline_seconds) == (
        "RollingUpdate",
        3,
        1,
        None,
    )


def test_a_revision_that_came_back_has_the_next_number_and_all_pods() -> None:
    new, old = shown(StatefulSet, "db", ENDED).revisions
    assert (new.number, new.images, len(new.pods)) == (3, ("db:1",), 4)
    assert (old.number, old.images, old.pods) == (2, ("db:2",), ())


def test_a_daemonset_without_nodes_has_revisions_all_the_same() -> None:
    detail = shown(DaemonSet, "agent", ENDED)
    assert [(each.number, each.images, each.existing) for each in detail.revisions] == [
        (2, ("agent:2",), 0),
        (1, ("agent:1",), 0),
    ]
    assert detail.rollout.kind == "DaemonSet"


def test_parts_are_the_revisions_with_their_pods() -> None:
    store, _ = at(HELD)
    parts = revisions_of(store, in_store(store, StatefulSet, "db"))
    assert [(part.number, len(part.pods), part.stem, part.is_current) for part in parts] == [
        (2, 1, "db", True),
        (1, 3, "db", False),
    ]


def test_the_time_line_of_a_statefulset_in_order() -> None:
    store, _ = at(ENDED)
    found = timeline_of(store, in_store(store, StatefulSet, "db"))
    texts = [moment.text for moment in found]
    assert [moment.at for moment in found] == sorted(moment.at for moment in found)
    story = ["the StatefulSet was made", "revision 3 was made: db:1", "revision 2 was made: db:2"]
    places = [texts.index(text) for text in story]
    assert places == sorted(places)
    assert any(text.endswith("of db were asked to stop") for text in texts)
    assert any(text.endswith("of revision 3 became ready") for text in texts)
    assert not any("SuccessfulCreate" in text or "SuccessfulDelete" in text for text in texts)
