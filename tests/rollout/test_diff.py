"""What a diff shows, and what it never shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.redaction import MASK
from ktui.rollout.diff.fields import diff

JSON = dict[str, Any]


def pod(**container: Any) -> JSON:
    return {"spec": {"template": {"spec": {"containers": [{"name": "web", **container}]}}}}


def lines(before: JSON, after: JSON) -> list[str]:
    return [str(change) for change in diff(before, after)]


def test_a_field_is_named_by_its_path_and_a_container_by_its_name() -> None:
    assert lines(pod(image="web:1"), pod(image="web:2")) == [
        "~ spec.template.spec.containers[web].image: web:1 → web:2"
    ]


def test_what_comes_and_what_goes_is_told_apart_from_what_changes() -> None:
    before = {"spec": {"paused": True, "replicas": 2}}
    assert lines(before, {"spec": {"replicas": 3, "minReadySeconds": 5}}) == [
        "+ spec.minReadySeconds: 5",
        "- spec.paused: true",
        "~ spec.replicas: 2 → 3",
    ]


def test_elements_that_only_change_places_by_name_do_not_differ_in_every_field() -> None:
    one, two = {"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}
    assert lines({"containers": [one, two]}, {"containers": [two, one, {"name": "c", "image": "c:1"}]}) == [
        "+ containers[c].image: c:1",
        "+ containers[c].name: c",
    ]


def test_names_with_dots_and_slashes_are_quoted() -> None:
    before = {"metadata": {"annotations": {"kubernetes.io/change-cause": "one"}}}
    after = {"metadata": {"annotations": {"kubernetes.io/change-cause": "two"}}}
    assert lines(before, after) == ['~ metadata.annotations["kubernetes.io/change-cause"]: one → two']


def test_what_a_server_keeps_for_itself_does_not_count() -> None:
    def with_meta(number: int) -> JSON:
        return {
            "metadata": {
                "generation": number,
                "resourceVersion": str(number),
                "managedFields": [{"manager": str(number)}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": f'{{"n":{number}}}'},
            },
            "status": {"replicas": number},
        }

    assert lines(with_meta(1), with_meta(2)) == []


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_TOKEN", "aws_secret_access_key", "SESSION_KEY", "PGPASS"])
def test_a_plain_value_that_looks_secret_is_masked(name: str) -> None:
    changed = lines(pod(env=[{"name": name, "value": "hunter2"}]), pod(env=[{"name": name, "value": "hunter3"}]))
    assert changed == [f"~ spec.template.spec.containers[web].env[{name}].value: {MASK} → {MASK} (another value)"]


def test_a_reference_to_a_secret_is_shown() -> None:
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    changed = lines(
        pod(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]),
        pod(env=[{"name": "DB_PASSWORD", "valueFrom": reference}]),
    )
    assert [line for line in changed if line.endswith("secretKeyRef.name: db")]
    assert "hunter2" not in "".join(changed)


@pytest.mark.parametrize("argument", ["--password=hunter2", "token: hunter2", "postgres://app:hunter2@db/app"])
def test_secrets_in_other_values_are_masked_too(argument: str) -> None:
    changed = "".join(lines(pod(args=["-v"]), pod(args=["-v", argument])))
    assert "hunter2" not in changed
    assert MASK in changed


def test_a_value_gives_way_to_an_object_and_back() -> None:
    assert lines({"a": 1}, {"a": {"b": 2}}) == ["- a: 1", "+ a.b: 2"]
    assert lines({"a": None}, {"a": {"b": 2}}) == ["+ a.b: 2"]
    assert lines({"a": [1]}, {"a": []}) == ["- a[0]: 1"]


def test_text_from_a_cluster_is_cut_and_cannot_move_the_cursor() -> None:
    (line,) = lines({"a": "x"}, {"a": "\x1b[2J" + "y" * 1000})
    assert line.isprintable()
    assert len(line) < 300


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from(["name", "x", "y"]), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2)


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: JSON) -> None:
    assert diff(document, document) == ()


@given(DOCUMENTS, DOCUMENTS)
def test_there_and_back_are_mirror_images(before: JSON, after: JSON) -> None:
    there = {(change.path, change.before, change.after) for change in diff(before, after)}
    back = {(change.path, change.after, change.before) for change in diff(after, before)}
    assert there == back
