"""A dashboard on which nothing happens: it is drawn again when an age says something else, and not before."""

from __future__ import annotations

import re

import pytest

from tests.tui.conftest import Dashboard, Stage, stillness


@pytest.mark.parametrize("size", [(120, 40), (180, 50)], ids=["the list", "a panel beside it"])
async def test_what_has_not_changed_is_not_drawn_again(
    stage: Stage, dashboard: Dashboard, size: tuple[int, int]
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20 * 60 + 10)
    async with dashboard(size=size) as screen:
        app = screen.app
        await screen.sees("✔ complete", " 20m")
        # A row keeps its place for some seconds after the cursor was moved, and after its rollout has got better.
        await screen.press("j")
        stage.advance(16)
        await screen.until(lambda: not app.is_outdated, "all that was listed to be drawn")
        await stillness(screen.pilot)
        drawn, is_still = screen.text, True
        for _ in range(60):
            stage.advance(1)
            if app.is_outdated:
                break
            is_still = is_still and screen.text == drawn
        assert is_still
        await screen.until(lambda: not app.is_outdated, "what has changed to be drawn")
        changed = [
            line for line, before in zip(screen.text.splitlines(), drawn.splitlines(), strict=True) if line != before
        ]
        assert changed, "an age, or the clock"
        assert re.search(r" 21m|12:21", "\n".join(changed))


async def test_what_moves_is_drawn_every_second(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:crash", progressDeadlineSeconds=30)
    stage.advance(60)
    async with dashboard() as screen:
        await screen.sees("✖ failed", "restart")
        await stillness(screen.pilot)
        stage.advance(1)
        assert screen.app.is_outdated
