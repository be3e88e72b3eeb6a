"""Plots: heights in eighths of a line, the worst of each slice of time, and what each screen makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ktui import signs
from ktui.figures.record import Outcome, Record
from ktui.rollout.capacity.usage import Meter, RevisionUse, Usage
from ktui.rollout.detail import Capacity
from ktui.rollout.progress import Sample
from ktui.tui.detail.curves import LINES, curves
from ktui.tui.draw.plot import Column, plot, resampled, row_of
from ktui.tui.draw.widgets import Line, width
from ktui.tui.report.lines import Lasted, durations, lasted
from ktui.tui.resources.course import course

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def text(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def test_columns_are_as_high_as_their_values() -> None:
    drawn = text(plot([Column(value, "new") for value in (0, 1, 8, 9, 16, 99)], 2, 16, {0: "16", 1: "0"}))
    assert drawn == ["16 │   ▁██", " 0 │ ▁████"]


def test_what_is_more_than_nothing_is_seen() -> None:
    assert text(plot([Column(0.001, "new")], 1, 1000, {}))[0].endswith("▁")


def test_what_is_on_top_has_its_own_sign_and_style() -> None:
    top, bottom = plot([Column(2, "new", 2, "old")], 2, 4, {})
    assert (top[-1].text, top[-1].style) == (signs.LIGHT, "old")
    assert (bottom[-1].text, bottom[-1].style) == (signs.FULL, "new")


@pytest.mark.parametrize(("value", "row"), [(0, 4), (1, 4), (5, 2), (10, 0), (11, 0)])
def test_the_line_in_which_a_column_ends(value: float, row: int) -> None:
    assert row_of(value, 5, 10) == row


def test_a_short_dip_is_not_lost() -> None:
    samples = [(after(0), 4.0), (after(50.1), 1.0), (after(50.2), 4.0)]
    values = resampled(samples, after(0), after(100), 10, lowest=True)
    assert (min(values), values.count(1.0), values[-1]) == (1.0, 1, 4.0)
    assert max(resampled(samples, after(0), after(100), 10, lowest=False)) == 4.0
    assert resampled([], after(0), after(100), 10, lowest=True) == []


def test_capacity_below_the_guaranteed_minimum_stands_out() -> None:
    samples = (Sample(after(0), 4, 0), Sample(after(30), 2, 1), Sample(after(60), 4, 4))
    shown = curves(Capacity(samples, 3, 4), [], after(100), 50)
    assert len(shown) == LINES
    assert {width(line) <= 50 for line in shown} == {True}
    assert "minimum 3" in "\n".join(text(shown))
    assert {span.style for line in shown for span in line} >= {"new", "old", "failed"}
    assert text(shown)[-1].split() == [f"{at.astimezone():%H:%M:%S}" for at in (after(0), after(100))]


def test_nothing_is_drawn_of_what_did_not_change() -> None:
    assert curves(Capacity((Sample(after(0), 4, 0),), 3, 4), [(after(0), 7.0)], after(100), 50) == []


def test_restarts_are_counted_from_when_the_page_was_opened() -> None:
    shown = text(curves(Capacity((), 3, 4), [(after(0), 7.0), (after(60), 9.0)], after(100), 50))
    assert shown[0] == "RESTARTS  2 restarts in the 1m40s that this was open"
    assert "9 │" in shown[1]


def test_durations_are_where_their_rollouts_began() -> None:
    week = timedelta(days=7)
    of = [Lasted(START - week, 10, False), Lasted(START - week / 2, 40, True), Lasted(START - timedelta(1), 20, False)]
    shown = durations(of, START - week, START, 60)
    assert "40s │" in text(shown)[2]
    assert sum(span.style == "stalled" for line in shown for span in line) == 4, "the late one, in all lines"
    assert max(map(width, shown)) <= 60
    assert durations(of[:1], START - week, START, 60) == []


def test_only_durations_that_can_be_compared_are_drawn() -> None:
    def record(outcome: Outcome, waited: float = 0) -> Record:
        return Record(
            uid="u", revision=1, namespace="n", name="x", desired=1,
            outcome=outcome, waited=waited, started=after(0), finished=after(9 + waited),
        )  # fmt: skip

    records = [record(Outcome.COMPLETE), record(Outcome.LATE), record(Outcome.FAILED), record(Outcome.COMPLETE, 5)]
    assert [(each.seconds, each.is_late) for each in lasted(records)] == [(9, False), (9, True)]


def test_resources_of_new_and_old_have_one_scale() -> None:
    def used(at: float, new: int | None, old: int) -> Usage:
        sides = [("a", 2, new, True), ("b", 1, old, False)]
        revisions = tuple(
            RevisionUse(uid, number, current, (), (meter(value),) if value is not None else ())
            for uid, number, value, current in sides
        )
        return Usage(revisions, after(at), 15)

    def meter(value: int) -> Meter:
        amount = Decimal(value)
        return Meter("memory", amount, amount, amount, "x", request=None, limit=None, nearest=None, near=0)

    mega = 1024 * 1024
    measured = [used(0, None, 64 * mega), used(30, 128 * mega, 64 * mega), used(60, 128 * mega, 64 * mega)]
    new, new_low, old, old_low = text(course(measured, "memory", 40))[1:5]
    assert new.startswith("new 128Mi │")
    assert new.endswith("█")
    assert new.count("█") == new_low.count("█") < 30, "it begins when it was measured first"
    assert (old.count("█"), old_low.count("█")) == (0, 29), "half as much, in all of the time"
    assert course(measured[:1], "memory", 40) == []
