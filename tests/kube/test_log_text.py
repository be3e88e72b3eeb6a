"""Lines of a log out of bytes: cut, cleaned, stamped."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kube.logs import (
    LONGEST_LINE,
    LogReader,
    plain,
)
from tests.kube.logged import NOW, stamped

# Lines


@given(st.lists(st.text(st.characters(blacklist_characters="\n")), max_size=8), st.lists(st.integers(1, 40)))
def test_lines_are_the_same_however_they_are_cut_into_chunks(texts: list[str], cuts: list[int]) -> None:
    raw = b"".join(stamped(1, "x" + text.encode("utf-8", "replace").decode()) for text in texts)
    reader, got, rest = LogReader(lambda: NOW), [], raw
    for cut in cuts:
        got += reader.feed(rest[:cut])
        rest = rest[cut:]
    got += reader.feed(rest)
    assert [line.text for line in got] == [plain("x" + text.encode("utf-8", "replace").decode()) for text in texts]


@given(st.binary(max_size=300))
def test_whatever_bytes_a_container_writes_a_line_can_be_shown(raw: bytes) -> None:
    lines = LogReader(lambda: NOW).feed(stamped(1, "").rstrip() + b" " + raw + b"\n")
    assert all(line.text.isprintable() for line in lines)
    assert all("\x1b" not in line.text for line in lines)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m and \x1b[1;38;5;196mbold\x1b[m", "red and bold"),
        ("\x1b]0;title\x07text \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "text link"),
        ("\x1b]52;c;c2VjcmV0\x07copied", "copied"),
        ("\x1bP+q544e\x1b\\dcs \x1b(Bcharset \x1bcreset", "dcs charset reset"),
        ("10 %\r20 %\r30 %", "30 %"),
        ("dos line\r", "dos line"),
        ("\tat Main.java:3", "    at Main.java:3"),
        ("[/bold] [red]not markup[/]", "[/bold] [red]not markup[/]"),
        ("\u26a0\ufe0f low \U0001f469\u200d\U0001f4bb a\ufe0fb", "\u26a0 low \U0001f469\U0001f4bb a<U+FE0F>b"),
        ("bell\x07 back\x08", "bell␇ back␈"),
        ("right\u202eleft\u2028line\u00a0space", "right<U+202E>left line space"),
    ],
)
def test_escape_sequences_and_control_characters_do_not_reach_the_screen(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_a_line_without_an_end_is_cut_and_does_not_fill_the_memory() -> None:
    reader = LogReader(lambda: NOW)
    lines = reader.feed(stamped(1, "").rstrip() + b" ")
    for _ in range(64):
        lines += reader.feed(b"x" * 65536)
    lines += reader.feed(b"\n" + stamped(2, "after"))
    assert lines[-1].text == "after"
    assert 4 <= len(lines) <= 20
    assert all(len(line.text) < LONGEST_LINE + 40 for line in lines)
    assert "more characters" in lines[0].text


def test_times_are_exact_in_any_zone_and_never_run_backwards() -> None:
    reader = LogReader(lambda: NOW)
    lines = reader.feed(
        b"2026-11-23T12:00:01.000000001Z a\n"
        b"2026-11-23T14:00:01.000000003+02:00 b\n"
        b"2026-11-23T12:00:01.000000002Z of the other stream\n"
        b"2026-11-23T12:00:02Z c\n"
        b"no stamp at all\n"
    )
    first = int(datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC).timestamp()) * 10**9
    assert [line.at - first for line in lines] == [1, 3, 3, 999_999_999 + 1, 10**9]
    assert lines[-1].text == "no stamp at all"


@pytest.mark.parametrize("stamp", [b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59Z"])
def test_a_stamp_at_the_ends_of_the_calendar_ends_nothing(stamp: bytes) -> None:
    reader = LogReader(lambda: NOW)
    (line,) = reader.feed(stamp + b" x\n")
    assert line.text.endswith("x")
    assert datetime.fromtimestamp(line.at // 10**9, UTC).year in (NOW.year, 9999)
    assert reader.since in ("", "9999-12-31T23:59:59Z")


def test_a_container_cannot_write_a_stamp_behind_a_line_that_is_too_long() -> None:
    reader = LogReader(lambda: NOW)
    lines = reader.feed(stamped(1, "x" * 300_000).rstrip())
    lines += reader.feed(b"2999-01-01T00:00:00Z not a stamp\n" + stamped(2, "after"))
    assert [(line.at - lines[0].at) // 10**9 for line in lines] == [0, 0, 1]
    assert lines[1].text == "2999-01-01T00:00:00Z not a stamp"
    assert reader.since == "2026-11-23T12:00:02Z"
