"""Revisions, and where a rollback leads: against kubectl in the recordings, and its rules formulated another way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.revisions import rollback_target
from ktui.model.objects import Deployment, ReplicaSet
from ktui.rollout.revisions import Refusal, change_cause
from tests.recorded import deployment, replicaset
from tests.rollout.replay import moments, notes, store_at


def made(image: str, *, generation: int = 1, **spec: Any) -> Deployment:
    return deployment(
        {
            "metadata": {"name": "web", "uid": "d", "generation": generation},
            "spec": {"template": template(image), **spec},
            "status": {"observedGeneration": 1},
        }
    )


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}


def revision(number: int | str | None, image: str, *, created: int = 0, former: str = "") -> ReplicaSet:
    annotations = {
        key: str(value)
        for key, value in (
            ("deployment.kubernetes.io/revision", number),
            ("deployment.kubernetes.io/revision-history", former),
        )
        if value not in (None, "")
    }
    return replicaset(
        {
            "metadata": {
                "name": f"web-{image}-{created}",
                "uid": f"{number}-{image}-{created}",
                "annotations": annotations,
                "creationTimestamp": f"2026-11-23T13:00:{created:02}Z",
            },
            "spec": {"template": template(image)},
        }
    )


def number_of(target: ReplicaSet | Refusal) -> int | str:
    return target.reason if isinstance(target, Refusal) else revisions.revision(target)


# What kubectl did in the recordings

HISTORIES = ("rolling-update", "rollback-to-revision", "crashloop-deadline-undo")


@pytest.mark.parametrize("name", HISTORIES)
def test_the_history_is_the_one_that_kubectl_printed(name: str) -> None:
    said = notes(name)
    asked = [index for index, note in enumerate(said) if "rollout history" in note.text]
    assert asked
    for index in asked:
        end = next(i for i in range(index, len(said)) if said[i].text == "")
        printed = [tuple(note.text.split(maxsplit=1)) for note in said[index + 3 : end]]
        store = store_at(name, said[end].t)
        web = store.named(Deployment, name, "web")
        assert web is not None
        known = reversed(revisions.newest_first(store.replicasets(web.metadata.uid)))
        assert [(str(revisions.revision(rs)), change_cause(rs)) for rs in known] == printed


UNDONE = ("rollback-to-revision", "crashloop-deadline-undo", "image-pull-failure", "unschedulable")


@pytest.mark.parametrize("name", UNDONE)
def test_a_roll_back_leads_where_kubectls_led(name: str) -> None:
    said = notes(name)
    asked = [index for index, note in enumerate(said) if "rollout undo" in note.text]
    assert asked
    for index in asked:
        number = re.search(r"--to-revision=(\d+)", said[index].text)
        store = store_at(name, said[index].t)
        web = store.named(Deployment, name, "web")
        assert web is not None
        target = rollback_target(web, store.replicasets(web.metadata.uid), int(number[1]) if number else None)
        answer = next(note for note in said[index + 1 :] if not note.text.startswith("Warning"))
        if answer.text.startswith("error: "):
            assert number_of(target) == answer.text.removeprefix("error: ")
            continue
        assert isinstance(target, ReplicaSet)
        after = next(m for m in moments(name) if m.t > said[index].t and m.deployment.spec != web.spec)
        assert after.deployment.spec.template == target.spec.template


def test_a_revision_that_came_back_has_a_new_number_and_keeps_its_former_ones() -> None:
    store = store_at("rollback-to-revision", 1e9)
    web = store.named(Deployment, "rollback-to-revision", "web")
    assert web is not None
    known = revisions.newest_first(store.replicasets(web.metadata.uid))
    assert [(revisions.revision(rs), revisions.former_revisions(rs)) for rs in known] == [
        (5, (2,)),
        (4, ()),
        (3, ()),
        (1, ()),
    ]


# The rules, formulated another way


@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True),
    st.one_of(st.none(), st.integers(-3, 105)),
    st.randoms(use_true_random=False),
)
def test_the_target_is_the_number_asked_for_or_the_second_highest(
    numbers: list[int], asked: int | None, random: Any
) -> None:
    """The current revision is the highest, as it is once the controller has seen the change."""
    known = [revision(number, f"web:{number}", created=index) for index, number in enumerate(numbers)]
    random.shuffle(known)
    web = made(f"web:{max(numbers)}")
    expected: int | str
    if asked is None or asked == 0:
        second = sorted(numbers)[-2:-1]
        expected = second[0] if second else 'no rollout history found for deployment "web"'
    elif asked not in numbers:
        expected = f"unable to find specified revision {asked} in history"
    elif asked == max(numbers):
        expected = f"skipped rollback (current template already matches revision {asked})"
    else:
        expected = asked
    assert number_of(rollback_target(web, known, asked)) == expected


def test_before_the_new_revision_exists_the_highest_is_the_one_before() -> None:
    """Recreate that still drains, or a pause: kubectl would go back to revision 1 here, one too far."""
    known = [revision(1, "web:1"), revision(2, "web:2")]
    assert number_of(rollback_target(made("web:3"), known)) == 2


def test_before_the_controller_has_seen_the_change_nobody_knows_the_previous_revision() -> None:
    known = [revision(1, "web:1"), revision(2, "web:2")]
    answer = rollback_target(made("web:3", generation=2), known)
    assert isinstance(answer, Refusal)
    assert "has not seen" in answer.reason
    assert number_of(rollback_target(made("web:3", generation=2), known, 1)) == 1


def test_the_same_template_under_another_number_is_no_change() -> None:
    known = [revision(1, "web:1"), revision(4, "web:1", created=9), revision(3, "web:3")]
    answer = rollback_target(made("web:1"), known, 4)
    assert number_of(answer) == "skipped rollback (current template already matches revision 4)"


def test_of_several_replicasets_with_the_template_the_oldest_is_current() -> None:
    known = [revision(5, "web:1", created=30), revision(1, "web:1", created=10), revision(3, "web:1", created=20)]
    current = revisions.current(made("web:1"), known)
    assert current is not None
    assert revisions.revision(current) == 1
    assert revisions.current(made("web:2"), known) is None


@pytest.mark.parametrize("text", [None, "", "x", "-1", "1.5", "٣", "9" * 5000, "1 "])
def test_a_number_that_cannot_be_read_is_0(text: str | None) -> None:
    assert revisions.revision(revision(text, "web:1")) == 0


def test_former_numbers() -> None:
    assert revisions.former_revisions(revision(7, "web:1", former="1,3, 5")) == (1, 3, 5)
    assert revisions.former_revisions(revision(7, "web:1", former="1,,x")) == (1,)
    assert revisions.former_revisions(revision(7, "web:1")) == ()


def test_a_replicaset_without_a_template_is_nothing_to_go_back_to() -> None:
    bare = replicaset({"metadata": {"name": "web-0", "uid": "0"}, "spec": {}})
    answer = rollback_target(made("web:2"), [revision(2, "web:2"), bare])
    assert number_of(answer) == 'no revision to go back to: no rollout history found for deployment "web"'
