"""What screenshots/ shows: each picture's screen, what leads to it, and the terminals that it is drawn in."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from textual.pilot import Pilot
from textual.widgets import Input

from ktui.rollout.rollout import Phase
from ktui.tui.app import KtuiApp
from tests.tui.conftest import stillness

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


async def overview(drawer: Drawer) -> None:
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
    "overview": Shot((150, 30), overview),
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
    await overview(drawer)
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
        overview,
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
