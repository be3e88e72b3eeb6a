"""What differs between two pod templates, as it is shown."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ktui.redaction import MASK
from ktui.rollout.diff.templates import TemplateDiff, presentable, template_diff, unified, yaml_lines

JSON = dict[str, Any]
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def template(*containers: JSON, annotations: JSON | None = None, **pod: Any) -> JSON:
    metadata = {"labels": {"app": "cart"}, **({"annotations": annotations} if annotations is not None else {})}
    return {"metadata": metadata, "spec": {"containers": list(containers), **pod}}


def container(name: str = "cart", image: str = "cart:5.0", **fields: Any) -> JSON:
    return {"name": name, "image": image, **fields}


def fields(found: TemplateDiff) -> list[str]:
    return [str(change).removeprefix("spec.template.") for change in found.changes]


def yaml(before: JSON, after: JSON) -> list[str]:
    return [f"{line.sign} {line.text}" for line in unified(before, after)]


def changed(lines: list[str]) -> list[str]:
    return [line for line in lines if line[0] in "+-"]


def test_the_same_template_differs_in_nothing() -> None:
    assert template_diff(template(container()), template(container())).is_empty
    assert unified(template(container()), template(container())) == ()


def test_a_difference_is_told_by_field_and_as_yaml_with_what_it_stands_in() -> None:
    before = template(container(args=["serve"], resources={"limits": {"memory": "256Mi", "cpu": "1"}}))
    after = template(container(args=["serve"], resources={"limits": {"memory": "512Mi", "cpu": "1"}}))
    assert fields(template_diff(before, after)) == [
        "~ spec.template.spec.containers[cart].resources.limits.memory: 256Mi → 512Mi"
    ]
    assert yaml(before, after) == [
        "@ spec › containers › cart",
        "      resources:",
        "        limits:",
        "          cpu: '1'",
        "-         memory: 256Mi",
        "+         memory: 512Mi",
    ]


def test_a_restart_is_told_in_words_and_is_no_field() -> None:
    first, second = "2026-11-23T12:00:00Z", "2026-11-24T08:30:00Z"
    never, once, twice = (
        template(container()),
        template(container(), annotations={RESTARTED_AT: first}),
        template(container(), annotations={RESTARTED_AT: second}),
    )
    assert template_diff(never, once).notes == (f"restarted at {first}",)
    assert template_diff(once, twice).notes == (f"restarted at {second}, last before that at {first}",)
    assert template_diff(twice, never).notes == (f"without the restart at {second}",)
    for before, after, restarted in ((never, once, True), (once, twice, True), (twice, never, False)):
        found = template_diff(before, after)
        assert not found.changes
        assert unified(before, after) == ()
        assert not found.is_empty
        assert found.restarted is restarted


def test_other_annotations_beside_a_restart_are_fields() -> None:
    before = template(container(), annotations={RESTARTED_AT: "x", "checksum/config": "1"})
    after = template(container(), annotations={RESTARTED_AT: "x", "checksum/config": "2"})
    assert fields(template_diff(before, after)) == ['~ spec.template.metadata.annotations["checksum/config"]: 1 → 2']


def test_named_elements_in_another_order_are_one_note_and_do_not_hide_a_change() -> None:
    log, db = {"name": "LOG", "value": "info"}, {"name": "DB", "value": "one"}
    before = template(container(env=[log, db]), container("proxy", "proxy:1"))
    after = template(container("proxy", "proxy:1"), container(env=[{**db, "value": "two"}, log]))
    found = template_diff(before, after)
    assert found.notes == (
        "spec.template.spec.containers in another order: proxy, cart",
        "spec.template.spec.containers[cart].env in another order: DB, LOG",
    )
    assert fields(found) == ["~ spec.template.spec.containers[cart].env[DB].value: one → two"]
    assert changed(yaml(before, after)) == ["-       value: one", "+       value: two"]


def test_an_element_that_went_stands_where_it_stood() -> None:
    env = [{"name": name, "value": "1"} for name in ("A", "B", "C")]
    shown = yaml(template(container(env=env)), template(container(env=[env[0], env[2]])))
    assert changed(shown) == ["-     - name: B", "-       value: '1'"]
    assert shown.index("-     - name: B") > shown.index("      - name: A")


def test_another_secret_is_a_difference_that_tells_neither() -> None:
    def with_token(value: str) -> JSON:
        return template(container(env=[{"name": "API_TOKEN", "value": value}], args=[f"--password={value}"]))

    before, after = with_token("hunter2"), with_token("hunter3")
    assert "hunter" not in "\n".join([*fields(template_diff(before, after)), *yaml(before, after)])
    assert changed(yaml(before, after)) == [
        f"-     - --password={MASK}",
        f"+     - --password={MASK} (another value)",
        f"-       value: {MASK}",
        f"+       value: {MASK} (another value)",
    ]


def test_a_reference_to_a_secret_is_shown() -> None:
    reference = {"secretKeyRef": {"name": "cart-db", "key": "password"}}
    before = template(container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]))
    after = template(container(env=[{"name": "DB_PASSWORD", "valueFrom": reference}]))
    assert "+           name: cart-db" in yaml(before, after)
    assert "hunter2" not in str([*fields(template_diff(before, after)), *yaml(before, after)])


def test_a_script_differs_by_the_line() -> None:
    before = template(container(command=["sh", "-c", "set -e\n./migrate\nexec ./cart\n"]))
    after = template(container(command=["sh", "-c", "set -e\n./migrate --fast\nexec ./cart\n"]))
    assert changed(yaml(before, after)) == [
        "-       ./migrate",
        "+       ./migrate --fast",
    ]


def test_text_from_a_cluster_cannot_move_a_cursor_or_pose_as_another_line() -> None:
    hostile = "one\x1b[2Jtwo\u202ethree\rfour"
    before = template(container(args=["x"]))
    after = template(container(args=[hostile]), annotations={"a\x1bb\nc": "d"})
    found = template_diff(before, after)
    for text in (*found.notes, *fields(found), *yaml(before, after)):
        assert text.isprintable(), ascii(text)


def test_a_huge_template_is_cut() -> None:
    huge = ["y" * 100_000, "\n" * 100_000, *["z"] * 50_000]
    lines = unified(template(container(args=["x"])), template(container(args=huge)))
    assert len(lines) < 6000
    assert max(len(line.text) for line in lines) <= 1000


def test_a_whole_template_is_shown_without_its_secrets_names_first() -> None:
    shown = presentable(template({"image": "cart:5.0", "env": [{"value": "hunter2", "name": "TOKEN"}], "name": "cart"}))
    assert yaml_lines(shown["spec"]) == [
        "containers:",
        "- name: cart",
        "  env:",
        "  - name: TOKEN",
        f"    value: {MASK}",
        "  image: cart:5.0",
    ]


TEXT = st.text(st.sampled_from("ab =:-#'\"\n\t\x1b\u202e"), max_size=8)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "b", "c"])},
        optional={
            "image": TEXT,
            "args": st.lists(TEXT, max_size=3),
            "env": st.lists(
                st.fixed_dictionaries({"name": st.sampled_from(["LOG", "TOKEN"]), "value": TEXT}), max_size=2
            ),
        },
    ),
    max_size=3,
)


@given(CONTAINERS, CONTAINERS)
def test_what_was_there_is_not_touched_and_all_that_is_shown_is_printable(one: list[JSON], two: list[JSON]) -> None:
    before, after = template(*one), template(*two)
    kept = deepcopy((before, after))
    found = template_diff(before, after)
    assert (before, after) == kept
    assert all(text.isprintable() for text in (*found.notes, *fields(found), *yaml(before, after)))
    assert (before == after) <= found.is_empty <= (not unified(before, after))
