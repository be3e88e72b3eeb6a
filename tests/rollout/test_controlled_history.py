"""The history of StatefulSets and DaemonSets: ControllerRevisions, in the same answers as ReplicaSets."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.kinds.registry import history_of
from ktui.model.resources import CONTROLLER_REVISIONS
from ktui.rollout.diff.revisions import LIVE, Pair, compare, templates, what_changed
from ktui.rollout.history import History
from tests.recorded import SETS, Note, recording
from tests.rollout.made import ago
from tests.rollout.replay import notes, store_at
from tests.rollout.sets import MadeSet, counted, daemonset, statefulset, template

CAUSE = "kubernetes.io/change-cause"


def past(made: MadeSet, took: float | None = None) -> History:
    return history_of(made.store, made.workload(), took)


def numbers(known: History) -> list[int]:
    return [each.number for each in known.revisions]


def printed_by_kubectl(kind: str) -> tuple[float, list[list[str]]]:
    """When `kubectl rollout history` ran in the recording, and the rows of its table: number and change-cause."""
    said = [note for note in recording(SETS) if isinstance(note, Note)]
    at = next(index for index, note in enumerate(said) if note.text.startswith(f"$ kubectl rollout history {kind}/"))
    rows = [note.text.split(maxsplit=1) for note in said[at + 3 : at + 5]]
    return said[at].t, rows


@pytest.mark.parametrize(("kind", "name"), [("statefulset", "db"), ("daemonset", "agent")])
def test_the_recorded_history_is_the_one_that_kubectl_printed(kind: str, name: str) -> None:
    at, rows = printed_by_kubectl(kind)
    store = store_at(SETS, at)
    workload = next(known for known in store.workloads() if known.metadata.name == name)
    known = history_of(store, workload)
    told = [[str(each.number), each.change_cause or "<none>"] for each in reversed(known.revisions)]
    assert told == rows
    assert (known.kind.lower(), known.name) == (kind, name)
    assert [each.is_current for each in known.revisions] == [True, False]
    assert (known.back, known.undo) == (1, 1)


def test_after_the_recorded_roll_back_the_old_revision_is_the_newest() -> None:
    end = max(note.t for note in notes(SETS))
    store = store_at(SETS, end)
    workload = next(known for known in store.workloads() if known.metadata.name == "db")
    known = history_of(store, workload)
    newest, before = known.revisions
    assert (newest.number, newest.is_current, newest.images[0].short) == (3, True, "db:1")
    assert (before.number, before.is_undo, before.images[0].short) == (2, True, "db:2")
    assert (newest.wanted, newest.existing, newest.ready, before.existing) == (4, 4, 4, 0)
    assert newest.images[0].is_new


def half_way() -> MadeSet:
    made = statefulset("db:2", 4, replicas=4, readyReplicas=4, updatedReplicas=1)
    return made.revision(1, "db:1", age=900, pods=3).revision(2, "db:2", pods=1)


def test_pods_are_told_of_each_revision_and_how_many_the_newest_is_to_have() -> None:
    assert [(each.ready, each.existing, each.wanted) for each in past(half_way()).revisions] == [(1, 1, 4), (3, 3, 3)]


def test_a_partition_says_how_many_the_newest_is_to_have() -> None:
    made = half_way()
    made.raw["spec"]["updateStrategy"] = {"rollingUpdate": {"partition": 3}}
    assert [each.wanted for each in past(made).revisions] == [1, 3]


def test_pods_that_are_stopping_are_not_counted() -> None:
    made = half_way().pod("db:1", "db-9", going=True)
    assert [each.existing for each in past(made).revisions] == [1, 3]


def test_the_pods_of_a_daemonset_are_found_by_the_label_of_their_revision() -> None:
    made = daemonset("agent:2", 2, **counted(2, updated=1))
    made.revision(1, "agent:1", age=900, labels={"controller-revision-hash": "old"})
    made.revision(2, "agent:2", labels={"controller-revision-hash": "new"})
    for node, digest in enumerate(("old", "new")):
        made.pod("agent:2", f"agent-{node}", labels={"controller-revision-hash": digest})
    assert [(each.existing, each.wanted) for each in past(made).revisions] == [(1, 2), (1, 1)]


def test_how_long_it_took_and_who_and_why_are_told_as_of_deployments() -> None:
    made = half_way()
    made.raw["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "shop"}
    made.revision(3, "db:3", annotations={CAUSE: "release 3", "app.gitlab.com/env": "prod"})
    made.raw["spec"]["template"] = template("db:3")
    newest, middle, _ = past(made, took=72.0).revisions
    assert (newest.change_cause, newest.took, middle.took) == ("release 3", 72.0, None)
    assert newest.deployed_by is not None
    assert (newest.deployed_by.tool, middle.deployed_by) == ("Flux", None)


def test_undo_goes_one_too_far_back_while_the_newest_template_has_no_revision() -> None:
    made = statefulset("db:2", 4, replicas=4, readyReplicas=4, updatedReplicas=4)
    made.revision(1, "db:1", age=900).revision(2, "db:2", pods=4)
    made.raw["spec"]["template"] = template("db:3")
    made.raw["metadata"]["generation"] = 3
    known = past(made)
    assert known.current is None
    assert (known.back, known.undo) == (2, 1)


def test_there_is_nothing_to_go_back_to_where_all_revisions_mean_the_same() -> None:
    """A server that fills in what an older one left out makes two of what means the same."""
    made = statefulset("db:1", 1, replicas=1).revision(2, "db:1", pods=1)
    again = {"metadata": {"name": "db-older", "uid": "v-older", "creationTimestamp": ago(900)}, "revision": 1}
    again["metadata"]["ownerReferences"] = [{"uid": "w", "kind": "StatefulSet", "name": "db", "controller": True}]  # type: ignore[index]
    null = template("db:1") | {"metadata": {"labels": {"app": "db"}, "creationTimestamp": None}}
    again["data"] = {"spec": {"template": null}}
    made.put(CONTROLLER_REVISIONS, again)
    known = past(made)
    assert numbers(known) == [2, 1]
    assert (known.back, known.undo, known.revisions[0].is_current) == (0, 1, True)


def test_where_no_pods_may_be_read_the_status_tells_how_many_there_are() -> None:
    made = statefulset("db:2", 4, replicas=4, readyReplicas=3, updatedReplicas=2)
    made.revision(1, "db:1", age=900).revision(2, "db:2")
    assert [(each.ready, each.existing, each.wanted) for each in past(made).revisions] == [(1, 2, 4), (2, 2, 2)]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"spec": {}},
        {"spec": "text"},
        {"spec": {"template": None}},
        {"spec": {"template": "text"}},
        {"spec": {"template": {"metadata": "text"}}},
        {"spec": {"template": {"metadata": {"labels": [1]}}}},
        {"spec": {"template": {"spec": {"containers": "text"}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": 1}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "c", "ports": [7]}]}}}},
        {"spec": {"template": {"spec": {"resources": "much"}}}},
    ],
)
def test_data_of_another_kind_is_a_revision_without_images(data: Any) -> None:
    made = half_way()
    raw: dict[str, Any] = {"metadata": {"name": "db-odd", "uid": "v-odd", "creationTimestamp": ago(9000)}}
    raw |= {"revision": 0, "data": data}
    raw["metadata"]["ownerReferences"] = [{"uid": "w", "kind": "StatefulSet", "name": "db", "controller": True}]
    made.put(CONTROLLER_REVISIONS, raw)
    known = past(made)
    assert numbers(known) == [2, 1, 0]
    assert known.revisions[-1].images == ()


def test_text_is_clean() -> None:
    hostile = "evil\x1b[2J\nname"
    made = statefulset(f"db:{hostile}", 1).revision(1, f"db:{hostile}", annotations={CAUSE: hostile})
    row = past(made).revisions[0]
    assert all(text.isprintable() for text in (row.name, row.change_cause, row.images[0].image, row.images[0].short))


def test_templates_are_compared_by_meaning() -> None:
    """The patch's own mark, and what the controller adds, are no difference."""
    made = half_way()
    raw_revisions = {
        each.revision.metadata.uid: {"data": {"spec": {"template": {"$patch": "replace"} | template(image)}}}
        for each, image in zip(stored_pods_by_revision(made.store, made.workload()), ("db:2", "db:1"), strict=True)
        if each.revision is not None
    }
    known, read = past(made), templates(made.raw, raw_revisions)
    found, same = compare(known, read, Pair(1, 2)), compare(known, read, Pair(2, LIVE))
    assert found is not None
    assert same is not None
    assert (what_changed(found), same.is_empty) == (("image",), True)
