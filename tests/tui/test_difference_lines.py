"""Differences and revisions as lines, at the widths that a terminal has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ktui.kinds.deployment.history import history
from ktui.rollout.diff.fields import Change, Kind
from ktui.rollout.diff.templates import DiffLine
from ktui.rollout.history import History
from ktui.tui.draw.difference import as_yaml, fields
from ktui.tui.draw.widgets import Line, Span, width
from ktui.tui.history.lines import columns, heading, paragraph, row
from tests.plans.builders import CAUSE, deployment, made, replicaset, template

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
IMAGE = Change(Kind.CHANGED, "spec.template.spec.containers[cart].image", "shop/cart:4.9", "shop/cart:5.0")


def text(line: Line) -> str:
    return "".join(span.text for span in line)


def past(cause: str, **annotations: str) -> History:
    new, old = template("registry.example/shop/cart:5.0"), template("registry.example/shop/cart:4.9")
    subject = made(
        deployment(new, annotations=annotations),
        replicaset(12, new, count=4, annotations={CAUSE: cause, **annotations} if cause else annotations),
        replicaset(11, old),
    )
    return history(subject.workload, subject.revisions)


def test_a_value_stands_beside_its_path_where_both_fit_and_below_it_where_not() -> None:
    path = "~ spec.template.spec.containers[cart].image:"
    assert [text(line) for line in fields([IMAGE], 80)] == [f"{path} shop/cart:4.9 → shop/cart:5.0"]
    assert [text(line) for line in fields([IMAGE], 60)] == [path, "    shop/cart:4.9 → shop/cart:5.0"]


def test_no_line_of_yaml_is_cut() -> None:
    shown = [DiffLine("-", "image: " + "x" * 50), DiffLine("@", "spec"), DiffLine(" ", "a: 1")]
    assert [text(line) for line in as_yaml(shown, 30)] == [
        "- image: " + "x" * 21,
        "- " + "x" * 28,
        "- x",
        "",
        "  spec",
        "  a: 1",
    ]


@pytest.mark.parametrize("room", [40, 60, 78, 118, 198])
@pytest.mark.parametrize("cause", ["", "release 5.0", "a change-cause that someone wrote with great care" * 3])
def test_rows_fit_in_the_room_that_there_is(room: int, cause: str) -> None:
    known = past(cause, **{"app.gitlab.com/env": "prod"})
    fitted = columns(known, None, NOW, room)
    for each in known.revisions:
        assert width(row(each, None, fitted, NOW, is_chosen=True, is_marked=False)) <= room
    assert width(heading(fitted)) <= room


def test_who_did_it_goes_before_the_cause() -> None:
    known = past("release 5.0", **{"app.gitlab.com/env": "prod"})
    wide, narrow = columns(known, None, NOW, 118), columns(known, None, NOW, 54)
    assert wide.owner
    assert not narrow.owner
    assert narrow.cause >= len("release 5.0")


def test_sentences_are_packed_onto_as_few_lines_as_they_need() -> None:
    sentences: list[Any] = [Span("one two"), Span("three"), Span("four five six"), Span("seven")]
    assert [text(line) for line in paragraph(sentences, 18, 3)] == ["one two · three", "four five six", "seven"]
    assert [text(line) for line in paragraph(sentences, 18, 2)] == ["one two · three", "four five six"]
    assert [text(line) for line in paragraph(sentences, 8, 3)] == ["one two", "three", "four fi…"]
