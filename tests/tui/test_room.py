"""How the panels of a rollout share their lines, and what keeps its place when something comes or goes. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ktui.rollout.detail import EventRow
from ktui.tui.detail.lines import event_runs, events
from ktui.tui.detail.room import Heights, Want, heights
from ktui.tui.draw.items import Item, hidden, plain
from ktui.tui.draw.widgets import Line, Span

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ORDER = ("why", "pods", "events")


def wants(pods: int, why: int, events: int) -> list[Want]:
    return [Want("pods", pods, 2), Want("why", why, 2), Want("events", events, 1)]


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def test_where_there_is_room_each_has_all_its_lines_and_what_is_blank_is_at_the_bottom() -> None:
    assert heights(40, wants(6, 8, 5), ORDER, 20) == {"pods": 6, "why": 8, "events": 26}


@pytest.mark.parametrize("room", range(16))
def test_the_lines_of_all_are_never_more_nor_fewer_than_there_are(room: int) -> None:
    given = heights(room, wants(30, 12, 9), ORDER, room // 2)
    assert sum(given.values()) == room
    assert all(lines >= 0 for lines in given.values())


def test_where_it_is_tight_causes_have_up_to_half_and_none_is_without_a_line() -> None:
    assert heights(12, wants(30, 12, 9), ORDER, 6) == {"pods": 5, "why": 6, "events": 1}


def test_what_has_the_focus_has_the_room() -> None:
    assert heights(12, wants(30, 30, 9), ("events", "why", "pods"), 12) == {"pods": 2, "why": 2, "events": 8}


def test_nothing_moves_when_lines_go_and_only_a_need_makes_it() -> None:
    kept = Heights()
    first = dict(kept.fit("cart", 40, wants(10, 8, 5), ORDER, 20))
    assert kept.fit("cart", 40, wants(6, 4, 1), ORDER, 20) == first
    assert kept.fit("cart", 40, wants(10, 8, 25), ORDER, 20) == first
    assert kept.fit("cart", 40, wants(12, 8, 5), ORDER, 20)["pods"] == 12
    assert kept.fit("web", 40, wants(4, 4, 5), ORDER, 20)["pods"] == 4


def test_what_is_not_in_sight_is_counted() -> None:
    items = [Item(([Span("a")], [Span("b")]), "1"), Item(([Span("c")],), "2"), Item(([Span("d")], [Span("e")]), "3")]
    assert [hidden(items, 0, height) for height in (1, 2, 3, 4, 5)] == [3, 2, 1, 1, 0]
    assert hidden(items, 2, 3) == 1


def row(reason: str, name: str, message: str, *, times: int = 1, ago: int = 0, is_warning: bool = False) -> EventRow:
    at = NOW - timedelta(seconds=ago)
    return EventRow(
        uid=f"{reason}-{name}-{message[:12]}",
        at=at,
        kind="Pod",
        name=name,
        reason=reason,
        message=message,
        count=times,
        is_warning=is_warning,
    )


def starts(name: str) -> list[EventRow]:
    return [
        row("Started", name, "Container started"),
        row("Created", name, "Container created"),
        row("Pulled", name, "Container image already present", times=3),
        row("Scheduled", name, f"Successfully assigned shop/cart-{name}", ago=5),
    ]


def test_the_starts_of_all_pods_are_one_line_below_the_warnings() -> None:
    rows = [*starts("…x2k7p"), *starts("…m8dqz"), row("BackOff", "…x2k7p", "Back-off", is_warning=True)]
    lines = texts(plain(events(rows, NOW, 120)))
    assert len(lines) == 2
    assert "BackOff" in lines[0]
    assert "Started 2 Pods Scheduled ×2, Pulled ×6, Created ×2, Started ×2" in " ".join(lines[1].split())


def test_the_same_warning_about_many_pods_is_one_line_and_another_one_is_not() -> None:
    def crash(name: str, why: str = "Back-off restarting failed container") -> EventRow:
        return row("BackOff", name, f"{why} in pod cart-7d9c5-{name[1:]}_shop(1-2)", is_warning=True, times=5)

    rows = [crash("…x2k7p"), crash("…m8dqz"), crash("…aaaaa", "Back-off pulling image")]
    assert [len(run) for run in event_runs(rows)] == [2, 1]
    lines = texts(plain(events(rows, NOW, 200)))
    assert "2 Pods ×10 Back-off restarting failed container in pod …" in " ".join(lines[0].split())
    assert "…aaaaa ×5" in lines[1]
    probes = [
        row("Unhealthy", name, f"Get http://{address}/healthz: refused", is_warning=True)
        for name, address in (("…a", "10.1.0.4:80"), ("…b", "10.1.0.5:80"))
    ]
    assert len(event_runs(probes)) == 1


def test_messages_are_wrapped_while_lines_are_free_and_cut_when_none_is() -> None:
    rows = [
        row("Failed", "…a", "image cannot be pulled: " + "long " * 20 + "END", is_warning=True),
        row("Killing", "…b", "stopping " * 20 + "END"),
    ]
    cut = texts(plain(events(rows, NOW, 60)))
    assert [line[-1] for line in cut] == ["…", "…"]
    whole = len(events(rows, NOW, 60, most=99)[0].lines)
    one = texts(plain(events(rows, NOW, 60, most=whole + 1)))
    assert one[whole - 1].endswith("END")
    assert one[whole].endswith("…")
    narrow = texts(plain(events(rows, NOW, 40, most=30)))
    assert sum(line.endswith("END") for line in narrow) == 2
    assert all(len(line) <= 40 for line in narrow)
    both = texts(plain(events(rows, NOW, 60, most=20)))
    assert sum(line.endswith("END") for line in both) == 2
    assert not any("…" in line[20:] for line in both)
    assert all(len(line) <= 60 for line in both)


def test_no_events_say_so() -> None:
    assert texts(plain(events([], NOW, 60))) == ["none in the last hour"]
