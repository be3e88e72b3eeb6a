"""Keys that come faster than the screens: each is a person's decision once, and none of them ends the dashboard."""

from __future__ import annotations

import pytest
from textual import events

from tests.tui.conftest import Dashboard, Screen, Stage


def hastily(screen: Screen, *keys: str) -> None:
    """Press keys without waiting for what each of them does, as a terminal delivers what was typed ahead."""
    for key in keys:
        screen.app.post_message(events.Key(key, None))


@pytest.fixture
def stage(stage: Stage) -> Stage:
    for name in ("cart", "web"):
        stage.deploy(name, f"{name}:1.0")
    stage.advance(20)
    return stage


@pytest.mark.parametrize("opens", ["n", "s", "i", "question_mark", "space"])
async def test_a_dialog_ends_once(stage: Stage, dashboard: Dashboard, opens: str) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press(opens)
        await screen.until(lambda: len(screen.app.screen_stack) == 3, "a dialog")
        hastily(screen, *["escape"] * 5)
        await screen.until(lambda: len(screen.app.screen_stack) == 2, "the overview")
        await screen.pilot.pause()
        await screen.sees("2 rollouts", "q quit")


async def test_a_choice_is_made_once(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("n")
        await screen.sees("type to narrow")
        hastily(screen, *["enter"] * 5)
        await screen.sees_no("type to narrow")
        await screen.press("escape")
        await screen.sees("2 rollouts", "q quit")


async def test_back_goes_to_the_overview_and_no_further(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS")
        hastily(screen, *["escape"] * 5)
        await screen.sees("2 rollouts", "q quit")
        await screen.press("q")
    assert screen.app.return_code == 0


@pytest.mark.parametrize("ends", [["q"], ["slash", "a", "ctrl+c"], ["n", "ctrl+c"], ["enter", "q"]])
async def test_what_is_pressed_after_quit_is_not_an_error(stage: Stage, dashboard: Dashboard, ends: list[str]) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press(*ends[:-1])
        hastily(screen, ends[-1], *["escape", "j", "o", "slash", "enter", "space"] * 3)
        await screen.until(lambda: screen.app.return_code is not None, "the end")
    assert screen.app.return_code == 0
