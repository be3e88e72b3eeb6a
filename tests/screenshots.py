"""Draws screenshots/ from the simulated cluster: `make screenshots`.

Time stands still in that cluster, and its names come from a seed: the same code draws the same pictures, which a test
holds against those that are committed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from textual.pilot import Pilot
from textual.widgets import Input

from ktui.cli.demo.history import Hindsight
from ktui.figures.book import Book
from ktui.kube.auth.access import Access
from ktui.sim import SimulatedCluster
from ktui.tui.app import KtuiApp, Options
from tests.tui.conftest import stillness

FOLDER: Final = Path(__file__).parents[1] / "screenshots"
START: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

Steps = Callable[["Drawer"], Awaitable[None]]


class Drawer:
    """The dashboard, and what brings it to the screen that is wanted."""

    def __init__(self, app: KtuiApp, pilot: Pilot[None]) -> None:
        self._app, self._pilot = app, pilot

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self._app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def sees(self, *texts: str) -> None:
        end = time.monotonic() + 30
        while not all(text in self.text for text in texts):
            if time.monotonic() > end:
                raise TimeoutError(f"never saw {texts}:\n{self.text}")
            await self._pilot.pause(0.05)

    async def open(self, name: str) -> None:
        await self.sees("15 rollouts", "pods  ", "h history")
        await self.press("slash", *name, "enter", "enter")
        await self.sees(f"/{name.rpartition('/')[2]}  ", "EVENTS")


async def _overview(drawer: Drawer) -> None:
    await drawer.sees("15 rollouts", "pods  ", "h history")


async def _in_mid_rollout(drawer: Drawer) -> None:
    await drawer.open("api")


async def _failed(drawer: Drawer) -> None:
    await drawer.open("checkout")


async def _confirm(drawer: Drawer) -> None:
    await drawer.open("checkout")
    await drawer.press("b")
    await drawer.sees("Roll back shop/checkout", "y yes")


async def _history(drawer: Drawer) -> None:
    await drawer.open("checkout")
    await drawer.press("h", "j", "j", "y")
    await drawer.sees("WHAT CHANGED", "revision 3 → revision 5 (live)", "imagePullPolicy")


async def _canary(drawer: Drawer) -> None:
    await drawer.sees("3 rollouts", "pods  ", "p promote to 4 of 8")
    await drawer.press("slash", "w", "e", "b", "enter", "enter")
    await drawer.sees("canary of 2 of 8", "EVENTS", "p promote to 4 of 8")


async def _blue_green(drawer: Drawer) -> None:
    await drawer.sees("3 rollouts", "pods  ")
    await drawer.press("slash", *"shop-blue", "enter", "B")
    await drawer.sees("all traffic goes to blue", "Ingress shop", "p switch to green (3 ready)")


async def _statefulset(drawer: Drawer) -> None:
    await drawer.open("sts/orders-db")
    await drawer.sees("partition 2", "canary of 1")


async def _figures(drawer: Drawer) -> None:
    await drawer.sees("15 rollouts", "pods  ", "h history")
    await drawer.press("f")
    await drawer.sees("FIGURES", "success", "SERVICE")


async def _use(drawer: Drawer) -> None:
    await drawer.open("api")
    await drawer.press("u")
    await drawer.sees("MEMORY", "QUOTA search-team", "PODS")


class Shot(NamedTuple):
    """A picture: how large, what leads to it, and on which scenario."""

    size: tuple[int, int]
    steps: Steps
    scenario: str = "demo"
    later: float = 0
    """How many seconds go by in the cluster before it is drawn; those that are drawn after it are as late."""


async def _timeline(drawer: Drawer) -> None:
    await drawer.open("checkout")
    await drawer.press("e", "t")
    await drawer.sees("TIMELINE", "the progress deadline passed")


SHOTS: Final[dict[str, Shot]] = {
    "overview": Shot((132, 32), _overview),
    "detail-rolling": Shot((132, 40), _in_mid_rollout),
    "detail-failed": Shot((132, 40), _failed),
    "confirm": Shot((132, 40), _confirm),
    "canary": Shot((132, 30), _canary, "canary"),
    "history": Shot((132, 40), _history),
    "timeline": Shot((132, 32), _timeline),
    "figures": Shot((132, 34), _figures),
    "statefulset": Shot((132, 30), _statefulset),
    "use": Shot((132, 40), _use, later=18),
    "blue-green": Shot((132, 36), _blue_green, "blue-green"),
}


async def _draw(cluster: SimulatedCluster, size: tuple[int, int], steps: Steps, folder: Path, book: Path) -> str:
    kubeconfig = cluster.write_kubeconfig(folder / "config")
    os.environ["KUBECONFIG"] = str(kubeconfig)
    app = KtuiApp(
        Options(
            access=Access(),
            audit=folder / "audit.jsonl",
            now=lambda: datetime.fromtimestamp(cluster.now, UTC),
            open_book=lambda _: Book(book),
        )
    )
    async with app.run_test(size=size) as pilot:
        await steps(Drawer(app, pilot))
        for line in app.screen.query(Input):
            line.cursor_blink = False
        await stillness(pilot)
        return app.export_screenshot(title="ktui")


def draw(target: Path, names: tuple[str, ...] = ()) -> None:
    """Write the pictures into a folder; without names, all of them."""
    os.environ["TZ"] = "UTC"
    os.environ["COLORTERM"] = "truecolor"
    time.tzset()
    wanted = {name: SHOTS[name] for name in names or SHOTS}
    for scenario in dict.fromkeys(shot.scenario for shot in wanted.values()):
        with tempfile.TemporaryDirectory() as folder:
            cluster = SimulatedCluster(seed=1, start=START, name="prod-eu")
            past, book = Hindsight(), Path(folder) / "figures.db"
            cluster.load(scenario, past.hear)
            past.write(Book(book))
            with cluster.serving():
                cluster.pause()
                for name, shot in wanted.items():
                    if shot.scenario == scenario:
                        cluster.call(partial(cluster.kernel.run_until, cluster.now + shot.later))
                        picture = asyncio.run(_draw(cluster, shot.size, shot.steps, Path(folder), book))
                        (target / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    draw(FOLDER, tuple(sys.argv[1:]))
