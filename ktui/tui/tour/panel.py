"""The panel of the tour: two lines above the keys of every screen and below every dialog. It has lines of its own."""

from __future__ import annotations

from typing import Any, Final, cast

from textual.app import App
from textual.screen import Screen

from ktui import signs
from ktui.text import clean
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.question import Question
from ktui.tui.door import takes_text
from ktui.tui.draw.widgets import Line, Painting, Span, between
from ktui.tui.host import Host
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.page.screen import PageScreen
from ktui.tui.screen import LiveScreen, front_of
from ktui.tui.tour.steps import Scene, Tour

LINES: Final = 2
LEAVE: Final = "ctrl+t leaves the tour"

_EVERY: Final = 0.2
"""Seconds between two looks at what a person did."""


class TourPanel(Painting):
    """What the tour says on one screen. It looks at the screens and the rollouts, and goes on when a step is done."""

    def __init__(self, tour: Tour) -> None:
        super().__init__(id="tour")
        self._tour = tour

    def on_mount(self) -> None:
        """Look from now on."""
        self.set_interval(_EVERY, self._update)
        self.call_after_refresh(self._update)

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self._update()

    def _update(self) -> None:
        if self.is_attached and self.screen.is_current:
            scene = scene_of(self.app)
            self._tour.see(scene)
            self.show(lines(self._tour, scene, self.size.width - 2))


def lines(tour: Tour, scene: Scene, cells: int) -> list[Line]:
    """The two lines: what the step teaches and how far the tour is; what to press, and how to leave."""
    at = [Span(f"Tour {tour.title}  " if tour.title else "", "title"), Span(clean(tour.lesson))]
    press = [Span(f"{signs.POINTER} {tour.press(scene)}", "key")]
    return [at, between(press, [Span(LEAVE, "dim", "app.leave_tour")], cells)]


def scene_of(app: App[Any]) -> Scene:
    """What is to be seen now."""
    host, front, top = cast("Host", app), front_of(app), app.screen
    rollouts = host.live.rollouts
    named = {uid: f"{each.namespace}/{each.name}" for uid, each in rollouts.items()}
    focused = front.focused if front is not None else None
    over = "" if top is front else "question" if isinstance(top, Question) else "other"
    return Scene(
        page=front.PAGE if front is not None else "",
        over="page" if isinstance(top, PageScreen) else over,
        part="filter" if takes_text(focused) else (focused.id or "") if focused is not None else "",
        chosen=named.get(host.chosen or "", ""),
        listed=frozenset(named[uid] for uid in (front.in_sight if front is not None else ()) if uid in named),
        namespace=host.namespace,
        is_filtered=isinstance(front, OverviewScreen) and bool(front.filtered_by),
        rollouts={named[uid]: each for uid, each in rollouts.items()},
    )


def put_on(screen: Screen[Any], tour: Tour) -> None:
    """Give that screen the panel: what it shows itself has two lines less."""
    panel = TourPanel(tour)
    if isinstance(screen, LiveScreen):
        screen.accompanied = LINES
        screen.mount(panel, before="#hints")
    elif isinstance(screen, Dialog):
        # The line of the keys, which the panel is above, stays free.
        screen.accompanied = LINES + 1
        screen.add_class("-accompanied")
        screen.mount(panel)


def take_off(screens: list[Screen[Any]]) -> None:
    """The tour is left: every screen has its lines back."""
    for screen in screens:
        for panel in screen.query(TourPanel):
            panel.remove()
        if isinstance(screen, LiveScreen | Dialog):
            screen.accompanied = 0
