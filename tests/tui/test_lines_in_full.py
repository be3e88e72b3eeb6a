"""What has no room on a line continues on the next one, wherever there is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ktui.figures.record import Outcome, Record, Sight
from ktui.figures.statistics import figures
from ktui.model.workloads import DaemonSet, StatefulSet
from ktui.rollout.podstatus import Health
from ktui.tui.detail import pod_lines
from ktui.tui.detail.pod_lines import laid_out
from ktui.tui.detail.transitions import Cell
from ktui.tui.draw.widgets import Span, width
from ktui.tui.report import lines as report_lines
from ktui.tui.resources.lines import heading
from tests.rollout.test_sets_in_full import HELD, shown

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _texts(lines: object) -> list[str]:
    assert isinstance(lines, (list, tuple))
    return ["".join(span.text for span in line) for line in lines]


def test_why_a_pod_is_not_ready_stands_below_it_if_it_has_no_room_beside() -> None:
    pod = [Span("     9dswx x CrashLoopBackOff  0/1    24m  node-3")]
    why = [Span("  9 restarts", "dim"), Span("  checkout ended: exit code 1", "failed")]
    whole = "     9dswx x CrashLoopBackOff  0/1    24m  node-3  9 restarts  checkout ended: exit code 1"
    assert _texts(laid_out(pod, why, 100, continues=True)) == [whole]
    assert _texts(laid_out(pod, why, 58, continues=True)) == [
        "     9dswx x CrashLoopBackOff  0/1    24m  node-3",
        "       9 restarts  checkout ended: exit code 1",
    ]
    (cut,) = _texts(laid_out(pod, why, 58, continues=False))
    assert cut == "     9dswx x CrashLoopBackOff  0/1    24m  node-3  9 rest…"
    assert _texts(laid_out(pod, [], 20, continues=True)) == ["     9dswx x CrashL…"]


@pytest.mark.parametrize(("room", "says"), [(58, "9 restarts"), (55, "9 restarts"), (90, "9 restarts  exit 1")])
def test_how_often_a_pod_started_again_is_said_before_its_node_where_no_line_is_free(room: int, says: str) -> None:
    detail = shown(StatefulSet, "db", HELD)
    crashed = {"word": "CrashLoopBackOff", "health": Health.BROKEN, "restarts": 9, "reason": "exit 1"}
    cells = {each.uid: [Cell(replace(pod, **crashed)) for pod in each.pods] for each in detail.revisions}
    items = pod_lines.pods(detail, cells, NOW, room, every=False)
    lines = [text for item in items if item.key.startswith("pod:") for text in _texts(list(item.lines))]
    assert len(lines) == 4
    assert all(says in line for line in lines), lines
    assert all(("node-" in line) == (room == 90) for line in lines), lines


def test_why_there_are_no_measurements_is_not_cut() -> None:
    why = [Span("no pod is measured yet: that takes a minute or so after it has started", "dim")]
    assert _texts(heading(why, 100)) == ["RESOURCES  " + why[0].text]
    assert _texts(heading(why, 78)) == ["RESOURCES  ", why[0].text]
    narrow = heading(why, 40)
    assert " ".join(_texts(narrow)[1:]) == why[0].text
    assert all(width(line) <= 40 for line in narrow)


def test_what_a_rate_does_not_count_is_not_cut() -> None:
    began = [NOW - timedelta(hours=hour) for hour in range(16)]
    ends = [Outcome.COMPLETE] * 11 + [Outcome.FAILED] * 2 + [Outcome.OPEN] * 3
    records = [
        Record(
            uid="cart", revision=at, namespace="shop", name="cart", started=start, sight=Sight.WATCHED, desired=4,
            outcome=end, finished=start + timedelta(seconds=9) if end is not Outcome.OPEN else None,
        )
        for at, (start, end) in enumerate(zip(began, ends, strict=True))
    ]  # fmt: skip
    of = figures(records, NOW - timedelta(days=7), NOW)
    lines = report_lines.summary(of, NOW - timedelta(days=7), NOW, 78)
    assert all(width(line) <= 78 for line in lines)
    texts = _texts(lines)
    at = next(at for at, text in enumerate(texts) if text.startswith("success"))
    assert texts[at : at + 2] == [
        "success       85% of 13: 11 complete, 2 failed · not counted: 3 with no end",
        "              seen",
    ]
    assert texts[at + 2].startswith("duration")


@pytest.mark.parametrize(
    ("kind", "name", "at", "own"),
    [(StatefulSet, "db", HELD, ["db-0", "db-1", "db-2", "db-3"]), (DaemonSet, "agent", HELD, [])],
)
@pytest.mark.parametrize("room", [50, 90])
def test_pods_of_a_set_are_told_apart_by_their_names(
    kind: type[StatefulSet] | type[DaemonSet], name: str, at: float, own: list[str], room: int
) -> None:
    detail = shown(kind, name, at)
    cells = {revision.uid: [Cell(pod) for pod in revision.pods] for revision in detail.revisions}
    items = pod_lines.pods(detail, cells, NOW, room, every=True)
    lines = [
        "".join(span.text for span in line) for item in items if item.key.startswith("pod:") for line in item.lines
    ]
    names = [line.split()[0] for line in lines]
    assert len(set(names)) == len(names) == sum(len(revision.pods) for revision in detail.revisions)
    assert not any("…" in each for each in names)
    assert not own or sorted(names) == own
