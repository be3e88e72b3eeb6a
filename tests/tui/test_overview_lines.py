"""What the columns and the explanation of the overview keep, and what gives way, at any width. Pure."""

from __future__ import annotations

import msgspec
import pytest

from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.progress import Progress, Side
from ktui.rollout.rollout import Controller, Phase, Rollout
from ktui.tui.draw.widgets import Line, width
from ktui.tui.overview.columns import columns, heading
from ktui.tui.overview.lines import explanation
from ktui.tui.overview.measures import measure
from ktui.tui.overview.row import heights, row
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
    shown = text(row(TROUBLED[0], fitted, NOW)[0])[:cells]
    assert "9/12" in shown
    assert ("checkout" if cells > 30 else "check") in shown
    assert "READY" in text(heading(fitted))[:cells]


@pytest.mark.parametrize("cells", range(96, 220))
def test_the_image_is_whole_where_there_is_room_for_it(cells: int) -> None:
    assert "checkout:2.4.1" in text(row(TROUBLED[0], columns(map(measure, TROUBLED), cells), NOW)[0])


@pytest.mark.parametrize("cells", range(112, 220))
def test_the_image_is_not_cut_while_nothing_is_wrong(cells: int) -> None:
    assert CALM[0].image in text(row(CALM[0], columns(map(measure, CALM), cells), NOW)[0])


def test_for_is_there_at_120_columns_and_all_of_why_at_200() -> None:
    assert "FOR" in text(heading(columns(map(measure, TROUBLED), 117)))
    assert columns(map(measure, TROUBLED), 117).since == 5
    assert WHY in text(row(TROUBLED[0], columns(map(measure, TROUBLED), 197), NOW)[0])


def test_the_explanation_says_once_who_serves() -> None:
    serves = "revision 1 serves 100 %"
    two = msgspec.structs.replace(a("web", "web:2", cause(f"it crashes; {serves}"), cause("no pods")), serves=serves)
    told = " ".join(text(line) for line in explanation(two, 200, 6))
    assert told.count(serves) == 1
    apart = msgspec.structs.replace(two, causes=(cause("it crashes"),))
    assert f"it crashes; {serves}" in " ".join(text(line) for line in explanation(apart, 200, 6))


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


def test_the_verdict_stands_under_the_name_of_who_says_it() -> None:
    assert text(explanation(CALM[0], 100, 4)[-1]).startswith("  kubectl ")
    other = msgspec.structs.replace(CALM[0], controller=Controller("Progressing"))
    assert text(explanation(other, 100, 4)[-1]).startswith("  its controller ")


@pytest.mark.parametrize("why", [WHY, f"{WHY}; revision 1 still serves with 5 of 6 pods"])
def test_no_why_is_cut_while_lines_are_free(why: str) -> None:
    rows = [a("checkout", "checkout:2.4.1", cause(why)), TROUBLED[1]]
    for cells in range(100 if why != WHY else 80, 220):
        fitted = columns(map(measure, rows), cells)
        high = heights(rows, fitted, 30, guarded={"checkout"}, followed=(), traffic=lambda _: None)
        shown = row(rows[0], fitted, NOW, is_guarded=True, most=high[0])
        assert len(shown) == high[0]
        assert all(len(text(line).rstrip()) <= cells for line in shown), cells
        at = text(heading(fitted)).index("WHY")
        column = " ".join(" ".join(text(line)[at:] for line in shown).split())
        assert column.removeprefix("auto-abort · ") == why, cells
        assert high[1] == 1, "and nothing is added where there is nothing to say"


def test_rows_take_no_more_lines_than_there_are() -> None:
    rows = [a(f"rollout-{number}", "web:1.0", cause(WHY)) for number in range(3)]
    fitted = columns(map(measure, rows), 100)
    for room in range(16):
        high = heights(rows, fitted, room, guarded=(), followed=(), traffic=lambda _: None)
        assert sum(high) <= max(3, room)
        assert high == [high[0]] * 3, "rows that say the same are cut alike"
        assert high[0] == max(1, min(3, room // 3))


def test_at_80_columns_why_has_room_for_the_cause_though_no_line_is_free() -> None:
    other = msgspec.structs.replace(a("a-service-of-a-long-name", "cart:5.0"), namespace="storefront")
    rows = [*TROUBLED, other]
    fitted = columns(map(measure, rows), 77)
    assert WHY[:17] in text(row(TROUBLED[0], fitted, NOW)[0])
    calm = columns(map(measure, [*CALM, other]), 77)
    assert calm.bar, "where nothing is wrong, WHY needs no room"
