from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ktui.kube.logs import LogState, LogStatus
from ktui.tui.draw.widgets import Line
from ktui.tui.keymap import MEANINGS
from ktui.tui.logs.buffer import Change, Entry, LogBuffer
from ktui.tui.logs.lines import Ink, Layout, Lines, Rows, Times, emptiness, label_cells, remarks, saved, time_of
from ktui.tui.logs.sources import Selection, Side, Watched
from tests.tui.test_log_buffer import A, B, Writer

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
AT = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 10**9
INK = Ink({A: 0, B: 1}, "", NOW)
POD = next(key for key, meaning in MEANINGS.items() if meaning == "one pod, or all")


def plain(line: Line) -> str:
    return "".join(span.text for span in line)


def lines(entries: list[Entry], layout: Layout, ink: Ink = INK) -> Lines:
    rows = Rows()
    rows.lay(entries, layout)
    return Lines(entries, rows, layout, ink)


def shown(entries: list[Entry], layout: Layout, ink: Ink = INK) -> list[str]:
    return [plain(line) for line in lines(entries, layout, ink)]


def test_a_line_says_who_and_when_and_what() -> None:
    write = Writer()
    entries = [write(AT + 5_250_000_000, "INFO  up"), write(AT + 6 * 10**9, "down", B)]
    label = label_cells([A, B], with_container=False)
    assert shown(entries, Layout(40, Times.ABSOLUTE, label=label)) == [
        "aaaaa 12:00:05.250 INFO  up",
        "bbbbb 12:00:06.000 down",
    ]
    assert shown(entries, Layout(40, Times.RELATIVE)) == ["  25s INFO  up", "  24s down"]
    assert shown(entries, Layout(40)) == ["INFO  up", "down"]
    assert label_cells([A], with_container=True) == 0


def test_markup_is_text() -> None:
    assert shown([Writer()(AT, "[red]x[/red] [/ [@click=app.quit]y[/]")], Layout(80)) == [
        "[red]x[/red] [/ [@click=app.quit]y[/]"
    ]


def test_the_level_and_what_is_searched_for_stand_out() -> None:
    entry = Writer()(AT, "12:00 ERROR no route to Database database")
    (line,) = lines([entry], Layout(80))
    assert [(span.text, span.style) for span in line] == [
        ("12:00 ", ""),
        ("ERROR", "failed"),
        (" no route to Database database", ""),
    ]
    (line,) = lines([entry], Layout(80), INK._replace(term="database"))
    assert [span.text for span in line if span.style == "match"] == ["Database", "database"]


def test_a_long_line_is_cut_moved_or_wrapped() -> None:
    write = Writer()
    entries = [write(AT, "abcdefghijklmnopqrstuvwxyz"), write(AT, "short")]
    assert shown(entries, Layout(10)) == ["abcdefghi…", "short"]
    assert shown(entries, Layout(10, shift=20)) == ["uvwxyz", ""]
    assert shown(entries, Layout(10, wrapped=True)) == ["abcdefghij", "klmnopqrst", "uvwxyz", "short"]
    wide = [write(AT, "日本語のログです")]
    assert shown(wide, Layout(8, wrapped=True)) == ["日本語の", "ログです"]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 20), st.text("ab日 ", max_size=30)), max_size=5), max_size=6),
    st.integers(1, 8),
)
def test_rows_that_change_are_the_rows_laid_anew(batches: list[list[tuple[int, str]]], most: int) -> None:
    write, buffer, rows, layout = Writer(), LogBuffer(most_lines=most), Rows(), Layout(8, wrapped=True)
    rows.lay(buffer.shown, layout)
    for batch in batches:
        rows.change(buffer.add([write(at, text) for at, text in batch]))
        fresh = Rows()
        fresh.lay(buffer.shown, layout)
        assert len(rows) == len(fresh)
        assert [rows.find(row) for row in range(len(rows))] == [fresh.find(row) for row in range(len(fresh))]
        for row in range(len(rows)):
            index, part = rows.find(row)
            assert rows.first_row(index) + part == row
        drawn = Lines(buffer.shown, rows, layout, INK)
        assert all(cell_len(plain(line)) <= 8 for line in drawn)
        texts = [entry.text for entry in buffer.shown]
        assert "".join(plain(line) for line in drawn) == "".join(texts)


def test_times_of_another_day_say_which() -> None:
    yesterday = AT - int(timedelta(days=1).total_seconds()) * 10**9
    assert time_of(yesterday, Times.ABSOLUTE, NOW) == "11-22 12:00 "
    assert time_of(yesterday, Times.RELATIVE, NOW) == "   1d"
    assert time_of(AT + 60 * 10**9, Times.RELATIVE, NOW) == "   0s"


def test_a_saved_line_is_whole() -> None:
    assert saved(Writer()(AT + 5, "x")) == "2026-11-23T12:00:00.000000005Z web-7d-aaaaa/web x\n"


def watched(waiting: str = "", *, has_log: bool = False) -> Watched:
    return Watched(A, runs=not waiting, has_log=has_log, restarts=0, crashed=False, waiting=waiting)


@pytest.mark.parametrize(
    ("selection", "side", "told", "sentence"),
    [
        (None, Side.NEW, None, "The rollout was deleted."),
        (Selection(), Side.NEW, None, "There are no pods of the new revision."),
        (Selection(), Side.OLD, None, "No pods of an old revision are left."),
        (
            Selection((watched("ContainerCreating"),)),
            Side.NEW,
            None,
            "The container has not started: 1 ContainerCreating.",
        ),
        (
            Selection((watched(has_log=True),)),
            Side.NEW,
            LogState(LogStatus.WAITING, "PodInitializing"),
            "Asking for the logs…",
        ),
        (Selection((watched(has_log=True),)), Side.NEW, LogState(LogStatus.FOLLOWING), "Nothing has been written yet."),
        (Selection((watched(has_log=True),)), Side.NEW, LogState(LogStatus.REFUSED, "No."), "Nothing can be read."),
    ],
)
def test_where_there_is_nothing_it_says_why(
    selection: Selection | None, side: Side, told: LogState | None, sentence: str
) -> None:
    statuses = {A: told} if told is not None else {}
    text = "\n".join(map(plain, emptiness(selection, side, statuses, connected=True, cells=80)))
    assert sentence in text


def test_remarks_say_what_is_missing_and_why() -> None:
    write, buffer = Writer(), LogBuffer(most_lines=10)
    buffer.add([write(AT, "x") for _ in range(20)])
    selection = Selection((watched("ImagePullBackOff"),), left_out=7)
    told = {
        A: LogState(LogStatus.BROKEN, "The connection broke off."),
        B: LogState(LogStatus.REFUSED, "Not allowed: pods/log."),
    }
    text = "\n".join(map(plain, remarks(selection, told, buffer, 200)))
    assert "✖ Not allowed: pods/log." in text
    assert "▲ The connection broke off. Trying again by itself" in text
    assert "waiting to start: 1 ImagePullBackOff" in text
    assert f"the logs of 7 more pods are left out: 24 are followed at once, {POD} chooses one" in text
    assert "only the newest 9 lines are kept" in text
    alike = "\n".join(map(plain, remarks(Selection(alike=2), {}, buffer, 200)))
    assert f"2 more pods crash alike: one is shown, {POD} shows all or another" in alike
    assert remarks(Selection(), {}, LogBuffer(), 80) == []


def test_a_change_beyond_everything_known_starts_anew() -> None:
    rows = Rows()
    entries = [Writer()(AT, "abcdefghijkl")]
    rows.lay(entries, Layout(8, wrapped=True))
    rows.change(Change(5, 0))
    assert len(rows) == 2
