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

from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from ktui.cli.demo.history import Hindsight
from ktui.figures.book import Book
from ktui.kube.auth.access import Access
from ktui.model.resources import DEPLOYMENTS, EVENTS, PODS, REPLICASETS
from ktui.rollout.rollout import Phase
from ktui.sim import SimulatedCluster
from ktui.tui.app import KtuiApp
from ktui.tui.detail import transitions
from ktui.tui.options import Options
from tests.animation import Frame, animated
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

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 30
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"never: {what}:\n{self.text}")
            await self._pilot.pause(0.02)

    async def sees(self, *texts: str) -> None:
        """Wait for these texts, and for every rollout to be read."""
        await self.until(lambda: self._is_read and all(text in self.text for text in texts), f"to see {texts}")

    @property
    def _is_read(self) -> bool:
        return all(rollout.phase is not Phase.READING for rollout in self._app.live.rollouts.values())

    async def stillness(self) -> None:
        """Wait until nothing is on its way to the screen."""
        for line in self._app.screen.query(Input):
            line.cursor_blink = False
        await stillness(self._pilot)

    async def open(self, name: str) -> None:
        await self.sees("15 rollouts", "pods  ", "enter open")
        await self.press("slash", *name, "enter", "enter")
        await self.sees(f"/{name.rpartition('/')[2]}  ", "EVENTS")


async def _overview(drawer: Drawer) -> None:
    await drawer.sees("15 rollouts", "pods  ", "b roll back")


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
    await drawer.sees("all traffic goes to blue", "Ingress shop", "p promote green (3 ready)")


async def _statefulset(drawer: Drawer) -> None:
    await drawer.open("sts/orders-db")
    await drawer.sees("partition 2", "canary of 1")


async def _report(drawer: Drawer) -> None:
    await drawer.sees("15 rollouts", "pods  ", "b roll back")
    await drawer.press("f")
    await drawer.sees("REPORT", "success", "SERVICE")


async def _resources(drawer: Drawer) -> None:
    await drawer.open("api")
    await drawer.press("u")
    await drawer.sees("MEMORY", "QUOTA search-team", "PODS")


async def _controllers(drawer: Drawer) -> None:
    await drawer.sees("19 rollouts", "pods  ", "rolled back after 3", "fix it, and change the pod template")


async def _all_controllers(drawer: Drawer) -> None:
    await _controllers(drawer)
    # Its Ingress, which tells how fast it goes, is read last.
    await drawer.sees("about 6m left")


def _page(row: str, *told: str) -> Steps:
    """The page of one row of that cluster."""

    async def steps(drawer: Drawer) -> None:
        await _controllers(drawer)
        await drawer.press("slash", *row, "enter", "enter")
        await drawer.sees(*told)

    return steps


def _argo(name: str, *seen: str) -> Steps:
    """The page of a Rollout of that name."""

    async def steps(drawer: Drawer) -> None:
        await drawer.sees("9 rollouts", "pods  ", "enter open")
        await drawer.press("slash", *f"ro/{name}", "enter", "enter")
        await drawer.sees(f"shop/{name}  Argo Rollout", *seen)

    return steps


class Shot(NamedTuple):
    """A picture: how large, what leads to it, and on which scenario."""

    size: tuple[int, int]
    steps: Steps
    scenario: str = "demo"
    later: float = 0
    """How many seconds after the scenario's present it is drawn."""


async def _timeline(drawer: Drawer) -> None:
    await drawer.open("checkout")
    await drawer.press("e", "t")
    await drawer.sees("TIMELINE", "the progress deadline passed")


async def _tour(drawer: Drawer) -> None:
    await drawer.sees("1 of 8: Filter", "pods  ", "enter open")
    await drawer.press("slash", *"checkout", "enter")
    await drawer.sees("2 of 8: Open")
    await drawer.press("enter")
    await drawer.sees("3 of 8: Why", "EVENTS", "Press tab")


SHOTS: Final[dict[str, Shot]] = {
    "overview": Shot((150, 30), _overview),
    "detail-rolling": Shot((132, 40), _in_mid_rollout),
    "detail-failed": Shot((132, 40), _failed),
    "confirm": Shot((132, 40), _confirm),
    "canary": Shot((132, 30), _canary, "canary"),
    "history": Shot((132, 40), _history),
    "timeline": Shot((132, 32), _timeline),
    "report": Shot((132, 34), _report),
    "statefulset": Shot((132, 30), _statefulset),
    "resources": Shot((132, 40), _resources, later=18),
    "blue-green": Shot((132, 36), _blue_green, "blue-green"),
    "controllers": Shot((150, 36), _all_controllers, "controllers"),
    "argo": Shot((132, 40), _argo("payments", "EVENTS"), "argo"),
    "tour": Shot((100, 30), _tour, "tour"),
}


class Variant(NamedTuple):
    """The same in another terminal: its size, its theme, with colours or without, its glyphs."""

    size: tuple[int, int] = (120, 36)
    theme: str = ""
    has_colours: bool = True
    in_ascii: bool = False


async def _pod_page(drawer: Drawer) -> None:
    await drawer.open("checkout")
    await drawer.press("down", "enter")
    await drawer.sees("STATUS", "CONTAINERS", "CrashLoopBackOff")


async def _help(drawer: Drawer) -> None:
    await _overview(drawer)
    await drawer.press("question_mark")
    await drawer.sees("Keys and signs", "ON shop/checkout")


SMALL, USUAL, LARGE = (80, 24), (120, 36), (200, 60)
PLAIN: Final = Variant(has_colours=False)


class Screen(NamedTuple):
    """A screen in several terminals: what leads to it, and on which scenario."""

    steps: Steps
    variants: dict[str, Variant]
    scenario: str = "demo"


GALLERY: Final[dict[str, Screen]] = {
    "overview": Screen(
        _overview,
        {
            "80x24": Variant(SMALL),
            "200x60": Variant(LARGE),
            "light": Variant(theme="textual-light"),
            "16-colours": Variant(theme="ansi-dark"),
            "no-color": PLAIN,
            "ascii": Variant(in_ascii=True),
        },
    ),
    "detail": Screen(
        _failed,
        {
            "80x24": Variant(SMALL),
            "200x60": Variant(LARGE),
            "light": Variant(theme="catppuccin-latte"),
            "ascii-no-color": Variant(has_colours=False, in_ascii=True),
        },
    ),
    "pod": Screen(_pod_page, {"80x24": Variant(SMALL), "light": Variant(theme="solarized-light")}),
    "help": Screen(_help, {"80x24": Variant(SMALL), "120x36": Variant()}),
    "question": Screen(
        _confirm,
        {"80x24": Variant(SMALL), "light": Variant(theme="textual-light"), "no-color": PLAIN},
    ),
    "argo": Screen(_argo("payments", "Steps 3/6"), {"80x24": Variant(SMALL)}, "argo"),
    "argo-blue-green": Screen(
        _argo("storefront", "Blue-green"), {"80x24": Variant(SMALL), "120x36": Variant()}, "argo"
    ),
    "argo-aborted": Screen(_argo("checkout", "aborted"), {"80x24": Variant(SMALL), "120x36": Variant()}, "argo"),
}
"""Screens of the demos in the terminals that show whether they can be read everywhere: docs/gallery.md."""

CONTROLLERS: Final[dict[str, Steps]] = {
    "overview": _controllers,
    "flagger": _page("checkout", "shop/checkout  Canary", "Who serves", "EVENTS"),
    "knative": _page("cart", "shop/cart  Knative Service", "Tags", "EVENTS"),
    "cloneset": _page("player", "media/player  CloneSet", "EVENTS"),
    "kruise-rollout": _page("payments", "shop/payments  Kruise Rollout", "Steps", "EVENTS"),
}
"""Screens of the demo of all controllers, each at two sizes."""
OF_CONTROLLERS: Final = {"80x24": Variant(SMALL), "160x48": Variant((160, 48))}


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
        await _overview(drawer)
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
