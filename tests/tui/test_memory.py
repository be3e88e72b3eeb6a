"""Screens that were closed leave nothing behind, however often they are opened."""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache
from textual.widget import Widget

from tests.tui.conftest import Dashboard, Screen, Stage


def _drawings_without_widget() -> int:
    """How many widgets have gone of which what they drew is still there."""
    gc.collect()
    found = gc.get_objects()
    of_widgets = {id(each._styles_cache) for each in found if isinstance(each, Widget)}
    return sum(isinstance(each, StylesCache) and id(each) not in of_widgets for each in found)


async def _open_each(screen: Screen) -> None:
    app = screen.app
    for key in ("enter", "h", "question_mark"):
        await screen.press(key)
        await screen.until(lambda: len(app.screen_stack) > 2 and app.screen.query("#hints, DialogKeys"), "a screen")
        await screen.press("escape")
        await screen.until(lambda: len(app.screen_stack) == 2, "the overview again")


async def test_what_a_screen_drew_goes_with_it(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    # What other tests left.
    StylesCache.get_inner_outer.cache_clear()
    async with dashboard() as screen:
        await screen.knows_all()
        before = _drawings_without_widget()
        await _open_each(screen)
        await screen.until(lambda: _drawings_without_widget() <= before, "what the screens drew to be gone")
