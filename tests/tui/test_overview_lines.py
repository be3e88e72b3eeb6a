"""What the columns and the explanation of the overview keep, and what gives way, at any width. Pure."""

from __future__ import annotations

import msgspec
import pytest

from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.progress import Progress, Side
from ktui.rollout.rollout import Phase, Rollout
from ktui.tui.draw.widgets import Line, width
from ktui.tui.overview.lines import columns, explanation, heading, row
from ktui.tui.overview.measures import measure
from tests.rollout.made import NOW, Made

AT_REST = Made("web:1", 4, replicas=4, updatedReplicas=4, readyReplicas=4, availableReplicas=4).rollout()
WHY = "3 of 3 new pods crash: exit 1, 27 restarts, last 3m41s ago"


def a(name: str, image: str, *causes: Cause) -> Rollout:
    return msgspec.structs.replace(
        AT_REST,
        uid=name,
        name=name,
        namespace="shop",
        image=image,
        phase=Phase.FAILED if causes else Phase.COMPLETE,
        causes=causes,
        progress=Progress(12, Side(12, 12, 9, 9), Side(), 1, 1, 9, 12),
    )


def cause(sentence: str) -> Cause:
    next_step = "read what it logged before it crashed, or roll back to the one before"
    return Cause(Kind.CRASH, sentence, try_next=next_step, blocking=True)


TROUBLED = [a("checkout", "checkout:2.4.1", cause(WHY)), a("cart", "cart:5.0")]
CALM = [a("checkout", "checkout:2.4.1-a-long-tag-of-a-build"), a("cart", "cart:5.0")]


def text(line: Line) -> str:
    return "".join(span.text for span in line)


@pytest.mark.parametrize("cells", range(20, 220))
def test_ready_is_in_sight_at_any_width_and_no_line_is_too_long(cells: int) -> None:
    fitted = columns(map(measure, TROUBLED), cells)
    shown = text(row(TROUBLED[0], fitted, NOW))[:cells]
    assert "9/12" in shown
    assert ("checkout" if cells > 30 else "check") in shown
    assert "READY" in text(heading(fitted))[:cells]


@pytest.mark.parametrize("cells", range(96, 220))
def test_the_image_is_whole_where_there_is_room_for_it(cells: int) -> None:
    assert "checkout:2.4.1" in text(row(TROUBLED[0], columns(map(measure, TROUBLED), cells), NOW))


@pytest.mark.parametrize("cells", range(112, 220))
def test_the_image_is_not_cut_while_nothing_is_wrong(cells: int) -> None:
    assert CALM[0].image in text(row(CALM[0], columns(map(measure, CALM), cells), NOW))


def test_for_is_there_at_120_columns_and_all_of_why_at_200() -> None:
    assert "FOR" in text(heading(columns(map(measure, TROUBLED), 117)))
    assert columns(map(measure, TROUBLED), 117).since == 5
    assert WHY in text(row(TROUBLED[0], columns(map(measure, TROUBLED), 197), NOW))


def test_the_explanation_names_all_causes_where_there_is_room_else_how_many_more() -> None:
    causes = (cause(WHY), cause("no progress within its deadline of 10m"), cause("the quota is used up"))
    rollout = a("checkout", "checkout:2.4.1", *causes)
    roomy = explanation(rollout, 78, 10)
    assert all(width(line) <= 78 for line in roomy)
    whole = " ".join(" ".join(map(text, roomy)).split())
    assert all(each.sentence in whole for each in causes)
    assert "roll back to the one before" in whole
    assert "…" not in whole
    tight = explanation(rollout, 78, 3)
    assert len(tight) == 3
    assert "+2 more causes (enter)" in " ".join(map(text, tight))
    assert text(tight[-1]).startswith("  try ")
    assert len(explanation(rollout, 78, 2)) == 2
