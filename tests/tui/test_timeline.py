"""The time line by its keys, on a simulated cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.rollout.happenings import What
from ktui.rollout.timeline import Moment
from ktui.tui.app import KtuiApp
from ktui.tui.draw.items import ItemList, plain
from ktui.tui.options import Options
from ktui.tui.terminal.clipboard import COPIED
from ktui.tui.timeline import lines as timeline_lines
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[None]]


@pytest.fixture
def crashing(stage: Stage) -> Stage:
    """shop/cart: revision 1 an hour ago, revision 2 crashes since a minute."""
    stage.deploy("cart", "cart:1.0", progressDeadlineSeconds=40)
    stage.advance(3600)
    stage.set_image("cart", "cart:crash")
    stage.advance(60)
    return stage


async def opened(screen: Screen) -> None:
    await screen.knows_all()
    await screen.press("e")
    await screen.sees("TIMELINE", "revision 2 was made")


def rows(screen: Screen) -> list[str]:
    return [line.strip() for line in screen.app.screen.query_one("#entries", ItemList).text.splitlines()]


def row(screen: Screen, text: str) -> int:
    return next(index for index, line in enumerate(rows(screen)) if text in line)


async def test_what_happened_in_order_with_many_pods_told_together(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        order = [
            "the Deployment was made",
            "of revision 1 became ready",
            "revision 2 was made: cart:crash",
            "revision 1 scaled down from 4 to 3",
            "2 pods of revision 2 were made",
            "2 pods of revision 2 crashed again: cart, exit 1",
            "the progress deadline passed",
        ]
        await screen.until(lambda: all(text in "\n".join(rows(screen)) for text in order), "all that happened")
        places = [row(screen, text) for text in order]
        assert places == sorted(places)
        assert "1m ago" in rows(screen)[row(screen, "revision 2 was made")]


async def test_times_are_relative_or_absolute(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("t")
        await screen.sees("12:00:00  + the Deployment was made", "13:00:00  + revision 2 was made", "t how long ago")
        await screen.press("t")
        await screen.sees("1h1m ago  + the Deployment was made")


async def test_an_entry_is_read_in_full_and_copied(crashing: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    async with dashboard(size=(80, 16)) as screen:
        await opened(screen)
        await screen.sees("the progress deadline passed", "enter read")
        await screen.press("k", "enter")
        await screen.sees("WHAT HAPPENED", "Back-off restarting failed container", "c copy")
        await screen.press("c")
        copied = tmp_path / COPIED
        await screen.until(copied.exists, "the copy")
        assert "Back-off restarting failed container cart" in copied.read_text()
        await screen.press("escape")
        await screen.sees("the progress deadline passed")


def test_entries_are_wrapped_if_all_fit_and_keep_their_keys() -> None:
    at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    later = at + timedelta(minutes=5)
    long = Moment(at, later, What.TROUBLE, "Failed: " + "word " * 20 + "END", is_warning=True, times=6)
    moments = [Moment(at, at, What.MADE, "the Deployment was made"), long]

    def drawn(most: int) -> list[str]:
        items = timeline_lines.items(moments, later, 60, relative=True, most=most)
        return ["".join(span.text for span in line) for line in plain(items)]

    cut, whole = drawn(3), drawn(10)
    assert len(cut) == 2
    assert cut[1].endswith("…")
    assert "END" in " ".join(whole)
    assert "…" not in " ".join(whole)
    assert "×6" in whole[-1]
    assert all(len(line) <= 60 for line in (*cut, *whole))
    again = msgspec.structs.replace(long, times=7, until=later + timedelta(seconds=9))
    assert timeline_lines.keys([*moments[:1], again]) == timeline_lines.keys(moments)
    assert len(set(timeline_lines.keys([long, long]))) == 2


async def test_warnings_only(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("z")
        await screen.sees("warnings only", "z everything", "the progress deadline passed")
        await screen.sees_no("the Deployment was made")
        await screen.press("z")
        await screen.sees("the Deployment was made")


async def test_it_is_live_and_stays_at_the_end_unless_one_has_gone_up(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard(size=(100, 14)) as screen:
        await opened(screen)
        await screen.sees("the progress deadline passed")
        crashing.set_image("cart", "cart:1.1")
        crashing.advance(30)
        await screen.sees("complete: revision 3 is rolled out in full")
        await screen.press("g")
        await screen.sees("the Deployment was made")
        crashing.set_image("cart", "cart:1.2")
        crashing.advance(30)
        await screen.until(lambda: "revision 4 is rolled out" in "".join(rows(screen)), "revision 4 in the time line")
        await screen.sees("the Deployment was made")
        await screen.press("G")
        await screen.sees("complete: revision 4 is rolled out in full")


async def test_what_was_done_with_ktui_is_told_with_the_rest(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("b")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.sees("ktui: Roll back shop/cart")
        crashing.advance(20)
        await screen.sees("complete: revision 3 is rolled out in full")
        assert "by admin" in rows(screen)[row(screen, "ktui: Roll back")]


async def test_from_the_detail_and_back(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("e")
        await screen.sees("TIMELINE")
        await screen.press("e")
        await screen.sees("REVISIONS AND PODS")


async def test_deleted_while_open(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        crashing.apps.delete_namespaced_deployment("cart", "shop")
        crashing.advance(60)
        await screen.sees("× deleted", "revision 2 was made")


@pytest.fixture
def look(stage: Stage, options: Options, snap_compare: Snap) -> Callable[..., bool]:
    def look(steps: Steps, size: tuple[int, int], **changes: Any) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, KtuiApp)
            await steps(Screen(pilot.app, pilot))
            await stillness(pilot)

        return snap_compare(KtuiApp(replace(options, **changes)), run_before=before, terminal_size=size)

    return look


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)
def test_what_it_looks_like(crashing: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    async def steps(screen: Screen) -> None:
        await opened(screen)
        await screen.press("t")
        await screen.sees("12:00:00")

    assert look(steps, size, access=Access(kubeconfig=str(crashing.kubeconfig())))
