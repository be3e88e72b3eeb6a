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
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from textual._compositor import LayoutUpdate
from textual.strip import Strip

from ktui.cli.demo.history import Hindsight
from ktui.figures.book import Book
from ktui.kube.auth.access import Access
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS
from ktui.sim import SimulatedCluster
from ktui.tui.app import KtuiApp
from ktui.tui.detail import transitions
from ktui.tui.options import Options
from tests import cheaper
from tests.animation import Frame, animated
from tests.pictures import CONTROLLERS, GALLERY, OF_CONTROLLERS, SHOTS, Drawer, Steps, Variant, overview

FOLDER: Final = Path(__file__).parents[1] / "screenshots"
START: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _app(cluster: SimulatedCluster, folder: Path, book: Path, variant: Variant, *, tour: bool = False) -> KtuiApp:
    os.environ["KUBECONFIG"] = str(cluster.write_kubeconfig(folder / "config"))
    os.environ.pop("NO_COLOR", None)
    if not variant.has_colours:
        os.environ["NO_COLOR"] = "1"
    return KtuiApp(
        Options(
            access=Access(),
            audit=folder / "audit.jsonl",
            now=lambda: datetime.fromtimestamp(cluster.now, UTC),
            open_book=lambda _: Book(book),
            theme=variant.theme,
            in_ascii=variant.in_ascii,
            to_read=0,
            tour=tour,
        )
    )


async def _draw(app: KtuiApp, size: tuple[int, int], steps: Steps) -> str:
    async with app.run_test(size=size) as pilot:
        drawer = Drawer(app, pilot)
        await steps(drawer)
        await drawer.stillness()
        return app.export_screenshot(title="ktui")


# The animation


class _Film:
    """Frames of one dashboard, each taken once what the cluster did is on the screen."""

    def __init__(self, cluster: SimulatedCluster, app: KtuiApp, drawer: Drawer) -> None:
        self._cluster, self._app, self._drawer = cluster, app, drawer
        self.frames: list[Frame] = []

    async def take(self, seconds: float, *, keeps_notes: bool = False) -> None:
        await self._drawer.until(self._is_told, "the screen to know what the cluster did")
        await self._drawer.stillness()
        if not keeps_notes:
            # They go away after so many seconds of this machine.
            self._app.clear_notifications()
            await self._drawer.stillness()
        update = self._app.screen._compositor.render_update(full=True, screen_stack=self._app._background_screens)
        assert isinstance(update, LayoutUpdate)
        self.frames.append(Frame([Strip.join(strips) for strips in update.strips], seconds))

    async def press(self, *keys: str, seconds: float) -> None:
        await self._drawer.press(*keys)
        await self.take(seconds)

    async def advance(self, seconds: float) -> None:
        self._cluster.call(partial(self._cluster.kernel.run_until, self._cluster.now + seconds))
        await self._drawer.until(self._is_told, "the screen to know what the cluster did")
        await self._drawer.stillness()

    def _is_told(self) -> bool:
        known = self._app.live.store._objects
        for resource in (DEPLOYMENTS, REPLICASETS, PODS, EVENTS):
            listed = [each["metadata"] for each in self._cluster.list(resource.plural)]
            there = {each["uid"]: each["resourceVersion"] for each in listed}
            if there != {uid: each.metadata.resource_version for uid, each in known[resource].items()}:
                return False
        return True


async def _rollout(cluster: SimulatedCluster, app: KtuiApp) -> str:
    """A new image for shop/catalog, from the key to the last pod."""
    async with app.run_test(size=(112, 30), notifications=True) as pilot:
        drawer = Drawer(app, pilot)
        film = _Film(cluster, app, drawer)
        await overview(drawer)
        await film.take(1.8)
        await film.press("slash", seconds=0.3)
        for letter in "catalog":
            await film.press(letter, seconds=0.12)
        await film.press("enter", seconds=0.7)
        await drawer.press("enter")
        await drawer.sees("shop/catalog  ", "EVENTS")
        await film.take(1.6)
        await film.press("i", seconds=0.9)
        for letter in "1.20.0":
            await film.press({".": "full_stop"}.get(letter, letter), seconds=0.16)
        await drawer.press("enter")
        await drawer.sees("Set the image of shop/catalog", "y yes")
        await film.take(3.2)
        still = len(film.frames) + 8
        # As its versions before.
        fate = {"startup-seconds": "3"}
        cluster.call(lambda: cluster.plane.fates.know("registry.example/shop/catalog:1.20.0", fate))
        await drawer.press("y")
        await drawer.until(lambda: not app.pending or len(app.screen_stack) < 3, "the question to close")
        while True:
            await film.advance(0.5)
            if "✔ complete" in drawer.text:
                break
            await film.take(0.28)
        await film.take(4.0, keeps_notes=True)
        return animated(film.frames, "ktui: a rollout of a new image, from the key to the last pod", still=still)


ANIMATION: Final = "rollout"


def pictures() -> tuple[str, ...]:
    """The names of all pictures."""
    gallery = [f"gallery-{screen}-{name}" for screen, it in GALLERY.items() for name in it.variants]
    controllers = [f"controllers-{screen}-{name}" for screen in CONTROLLERS for name in OF_CONTROLLERS]
    return (*SHOTS, *gallery, *controllers, ANIMATION)


def draw(target: Path, names: tuple[str, ...] = ()) -> None:
    """Write the pictures into a folder; without names, all of them."""
    os.environ["TZ"] = "UTC"
    os.environ["COLORTERM"] = "truecolor"
    time.tzset()
    # What has just changed stands out for a moment of this machine's time; a picture shows what is so.
    transitions.FLASH = transitions.FADE = 0  # type: ignore[misc]
    jobs: dict[str, list[_Job]] = {}
    for name, shot in SHOTS.items():
        jobs.setdefault(shot.scenario, []).append(_Job(name, shot.steps, Variant(shot.size), shot.later))
    for screen, (steps, variants, scenario) in GALLERY.items():
        for name, variant in variants.items():
            jobs[scenario].append(_Job(f"gallery-{screen}-{name}", steps, variant))
    for screen, steps in CONTROLLERS.items():
        for name, variant in OF_CONTROLLERS.items():
            jobs["controllers"].append(_Job(f"controllers-{screen}-{name}", steps, variant))
    # It changes the cluster, and time goes forward only.
    jobs["demo"].append(_Job(ANIMATION, None, Variant(), 20))
    for scenario, drawn in jobs.items():
        wanted = [job for job in sorted(drawn, key=lambda job: job.later) if not names or job.name in names]
        if wanted:
            with cheaper.dashboards():
                _draw_all(scenario, wanted, target)


class _Job(NamedTuple):
    name: str
    steps: Steps | None
    variant: Variant
    later: float = 0


def _draw_all(scenario: str, jobs: list[_Job], target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cluster = SimulatedCluster(seed=1, start=START, name="prod-eu")
        past, book = Hindsight(), Path(folder) / "figures.db"
        cluster.load(scenario, past.hear)
        past.write(Book(book))
        with cluster.serving():
            cluster.pause()
            present = cluster.now
            for job in jobs:
                cluster.call(partial(cluster.kernel.run_until, present + job.later))
                app = _app(cluster, Path(folder), book, job.variant, tour=scenario == "tour")
                drawing = _rollout(cluster, app) if job.steps is None else _draw(app, job.variant.size, job.steps)
                (target / f"{job.name}.svg").write_text(asyncio.run(drawing), encoding="utf-8")


if __name__ == "__main__":
    draw(FOLDER, tuple(sys.argv[1:]))
