"""The figures by their keys, on a simulated cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from ktui.figures.book import Book
from ktui.kube.auth.access import Access
from ktui.model.objects import Deployment
from ktui.tui.app import KtuiApp
from ktui.tui.draw.widgets import Painting, Scroll
from ktui.tui.options import Options
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[None]]


@pytest.fixture
def book() -> Iterator[Book]:
    book = Book()
    yield book
    book.close()


@pytest.fixture
def options(options: Options, book: Book) -> Options:
    return replace(options, open_book=lambda _: book)


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """shop/cart and shop/api for two days, revision 2 of api since a little more than a day."""
    stage.deploy("cart", "cart:1.0", progressDeadlineSeconds=60)
    stage.deploy("api", "api:1.0")
    stage.advance(86_400)
    stage.set_image("api", "api:1.1")
    stage.advance(86_400.1)
    return stage


async def opened(screen: Screen) -> None:
    await screen.sees("2 rollouts", "b roll back")
    await screen.press("f")
    await screen.sees("REPORT  all namespaces", "SERVICE", "3 in 7 days")


def rows(screen: Screen) -> list[str]:
    return [line.strip() for line in screen.app.screen.query_one("#rows", Scroll).text.splitlines()]


def summary(screen: Screen) -> str:
    return screen.app.screen.query_one("#summary", Painting).text


async def roll(stage: Stage, screen: Screen, image: str, *, until: str) -> None:
    """Roll shop/cart out while the dashboard sees every step of it, until it comes to that."""
    live, cart = screen.app.live, stage.read("cart").metadata.uid

    def has_seen(version: str) -> bool:
        known = live.store.of_uid(Deployment, cart)
        return known is not None and known.metadata.resource_version == version and image == live.rollouts[cart].image

    stage.set_image("cart", image)
    for seconds in (0.4, *[3.0] * 40):
        await screen.until(lambda: has_seen(stage.read("cart").metadata.resource_version), f"{image} on its way")
        await screen.pilot.pause(0.2)
        if live.rollouts[cart].observed and live.rollouts[cart].phase.value == until:
            return
        stage.advance(seconds)
    raise AssertionError(f"never {until}: {live.rollouts[cart]}")


async def test_what_the_cluster_tells_is_there_at_once(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        assert "3 not seen by ktui" in summary(screen)
        assert "100% of 2: 2 complete · not counted: 1 with no end seen" in summary(screen)
        assert [row.split()[:3] for row in rows(screen)] == [["▸", "shop/api", "2"], ["shop/cart", "1", "0/1"]]


async def test_a_rollout_that_goes_wrong_while_the_screen_is_open(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await roll(fleet, screen, "cart:crash", until="stalled")
        await screen.sees("1 not recovered yet", "causes        crash 1")
        await screen.until(lambda: rows(screen)[0].startswith("shop/cart"), "the worst to come first")
        # The cursor stays on its service while the worse one goes above it.
        assert rows(screen)[1].startswith("▸ shop/api")
        await roll(fleet, screen, "cart:1.2", until="complete")
        await screen.sees("1 replaced with a problem")
        await screen.until(lambda: "not recovered" not in summary(screen), "it to have recovered")


async def test_one_service_with_its_rollouts_and_on_to_what_runs_now(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("j", "enter")
        await screen.sees("REPORT  shop/cart", "OUTCOME")
        assert len(rows(screen)) == 1
        await roll(fleet, screen, "cart:1.1", until="complete")
        await screen.until(lambda: "cart:1.0 → cart:1.1" in rows(screen)[0], "the new one to come first")
        await screen.until(lambda: "✔ complete" in rows(screen)[0], "it to be complete")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS", "shop/cart")


async def test_what_is_under_way_goes_on_before_ones_eyes(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("j", "enter")
        await screen.sees("REPORT  shop/cart", "OUTCOME")
        fleet.set_image("cart", "cart:nopull")
        fleet.advance(0.4)
        await screen.until(lambda: "◐ running" in rows(screen)[0], "the new one to come first")
        fleet.advance(40)
        await screen.until(lambda: "  40s " in rows(screen)[0], "how long it has gone on by now")


async def test_from_a_rollout_and_back(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "b roll back")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("f")
        await screen.sees("REPORT  shop/")
        await screen.press("escape")
        await screen.sees("REVISIONS AND PODS")


async def test_other_periods(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("3")
        await screen.sees("the last 30 days", "3 in 30 days, 0.1 per day")
        await screen.press("1")
        await screen.sees("the last 24 hours", "No rollout of prod-eu is recorded in this period.")
        await screen.press("2")
        await screen.sees("the last 7 days", "3 in 7 days")


async def test_only_what_the_overview_shows(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "b roll back")
        await screen.press("slash")
        await screen.type("cart")
        await screen.press("enter", "f")
        await screen.sees("REPORT  1 service that the filter shows", "1 in 7 days")
        assert len(rows(screen)) == 1


async def test_another_namespace_has_figures_of_its_own(fleet: Stage, dashboard: Dashboard) -> None:
    fleet.deploy("grafana", "grafana:12", namespace="ops")
    fleet.advance(30)
    async with dashboard(namespace="ops") as screen:
        await screen.sees("1 rollout")
        await screen.press("f")
        await screen.sees("REPORT  ops", "1 in 7 days")


async def test_where_nothing_is_remembered_it_says_so(fleet: Stage, dashboard: Dashboard) -> None:
    async with dashboard(open_book=None) as screen:
        await screen.sees("2 rollouts", "b roll back")
        await screen.press("f")
        await screen.sees("Nothing is recorded: history is turned off.", "history = true in config.toml")


async def test_it_is_remembered_from_one_time_to_the_next(fleet: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    path = tmp_path / "figures" / "prod-eu.sqlite"
    async with dashboard(open_book=lambda _: Book(path)) as screen:
        await screen.sees("2 rollouts", "b roll back")
        await roll(fleet, screen, "cart:crash", until="stalled")
    # ktui was quit in the middle: what it knew by then is kept.
    (left,) = (each for each in Book(path).read() if each.name == "cart" and each.revision == 2)
    assert (left.cause, left.is_over) == ("crash", False)
    fleet.set_image("cart", "cart:1.0")
    fleet.advance(30)
    async with dashboard(open_book=lambda _: Book(path)) as screen:
        await screen.sees("2 rollouts", "b roll back")
        await screen.press("f")
        await screen.sees("crash ×1", "rollbacks     1")


async def test_a_file_that_cannot_be_read_is_told_and_harms_nothing(
    fleet: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    (tmp_path / "figures").write_text("a file where a folder should be")
    async with dashboard(open_book=lambda _: Book(tmp_path / "figures" / "x.sqlite")) as screen:
        await screen.sees("2 rollouts", "b roll back")
        await screen.hears("The history of rollouts")
        await screen.press("f")
        await screen.sees("REPORT", "x.sqlite")
        # How it is wrapped depends on how long the name of the folder is.
        said = "cannot be used: Not a directory."
        await screen.until(lambda: said in " ".join(screen.text.split()), f"to see {said!r}")


@pytest.fixture
def look(options: Options, snap_compare: Snap) -> Callable[..., bool]:
    def look(steps: Steps, size: tuple[int, int], **changes: Any) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, KtuiApp)
            await steps(Screen(pilot.app, pilot))
            await stillness(pilot)

        return snap_compare(KtuiApp(replace(options, **changes)), run_before=before, terminal_size=size)

    return look


@pytest.mark.parametrize("theme", ["", "textual-light"], ids=["dark", "light"])
@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
def test_what_it_looks_like(fleet: Stage, look: Callable[..., bool], size: tuple[int, int], theme: str) -> None:
    async def steps(screen: Screen) -> None:
        await opened(screen)
        await roll(fleet, screen, "cart:crash", until="failed")
        await roll(fleet, screen, "cart:1.0", until="complete")
        await screen.sees("rollbacks     1")

    assert look(steps, size, access=Access(kubeconfig=str(fleet.kubeconfig())), theme=theme)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
def test_what_one_service_looks_like(fleet: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    async def steps(screen: Screen) -> None:
        await opened(screen)
        await roll(fleet, screen, "cart:crash", until="failed")
        await roll(fleet, screen, "cart:1.0", until="complete")
        await screen.sees("rollbacks     1")
        await screen.press("g", "enter")
        await screen.sees("REPORT  shop/cart", "✖ failed")

    assert look(steps, size)
