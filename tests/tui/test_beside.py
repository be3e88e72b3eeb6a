"""The rollout under the cursor beside the list, where the terminal is wide enough for both."""

from __future__ import annotations

import pytest

from ktui.tui.detail import panels
from ktui.tui.draw.items import ItemList
from ktui.tui.draw.widgets import Painting
from tests.tui.conftest import Dashboard, Screen, Stage


def _fleet(stage: Stage) -> None:
    for name in ("cart", "catalog", "payments"):
        stage.deploy(name, f"{name}:1.0")
    stage.deploy("checkout", "checkout:1.0", progressDeadlineSeconds=30)
    stage.advance(60)
    stage.set_image("checkout", "checkout:crash")
    stage.advance(60)


def page(screen: Screen) -> str:
    assert screen.app.front is not None
    return screen.app.front.PAGE


def _headline(screen: Screen) -> str:
    return screen.app.screen.query_one("#summary", Painting).text.partition("\n")[0]


async def test_what_is_beside_the_list_follows_the_cursor_and_can_be_read(
    stage: Stage, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fleet(stage)
    async with dashboard(size=(160, 44)) as screen:
        await screen.knows_all()
        await screen.sees("REVISIONS AND PODS", "shop/checkout  Deployment  ✖ failed")
        await screen.sees("new pods crash: exit 1", "EVENTS", "capacity", "tab read beside it")
        pods = screen.app.screen.query_one("#pods", ItemList)
        await screen.until(lambda: pods.max_scroll_y == 0, "all pods, while lines are free below")
        await screen.until(lambda: len(_around(stage)) == 2, "what is around checkout")
        monkeypatch.setattr(panels, "_REST", 3600.0)
        # At once: with the key, not with a timer or an answer.
        for name in ("cart", "catalog", "payments"):
            await screen.press("j")
            assert _headline(screen).startswith(f"shop/{name}  Deployment")
        assert len(_around(stage)) == 2, "something was asked about what the cursor only passed"
        await screen.press("g", "tab")
        await screen.sees("enter opens, tab: next panel", "esc back to the list")
        assert page(screen) == "overview"
        await screen.press("j", "enter")
        await screen.sees("Pod shop/checkout-", "CONTAINERS")
        await screen.press("escape", "tab", "enter")
        await screen.sees("CAUSE")
        await screen.press("escape", "escape")
        await screen.sees("tab read beside it")
        await screen.press("enter")
        await screen.sees("shop/checkout  Deployment  ✖ failed", "esc back")
        assert page(screen) == "rollout"
        await screen.press("escape")
        await screen.sees("tab read beside it")
        # Narrower, there is room for the list alone, with the explanation below it.
        await screen.pilot.resize_terminal(159, 44)
        await screen.sees("✖ shop/checkout")
        await screen.sees_no("REVISIONS AND PODS")
        await screen.press("tab", "j")
        await screen.sees("✔ shop/cart")
        await screen.pilot.resize_terminal(160, 44)
        await screen.until(lambda: _headline(screen).startswith("shop/cart"), "cart beside the list")


def _around(stage: Stage) -> list[str]:
    """What was asked for that only the panels need; quotas are asked for with what the pods use, too."""
    kinds = ("horizontalpodautoscalers", "poddisruptionbudgets")
    return [each.path for each in list(stage.cluster.requests) if each.path.rstrip("/").endswith(kinds)]


async def test_in_a_small_terminal_nothing_is_hidden_without_a_word(stage: Stage, dashboard: Dashboard) -> None:
    _fleet(stage)
    async with dashboard(size=(80, 24)) as screen:
        await screen.knows_all()
        await screen.press("enter")
        await screen.sees("WHY · ", "more (tab)", "EVENTS")
        await screen.pilot.resize_terminal(60, 18)
        await screen.sees("REVISIONS AND PODS", "WHY", "new pods crash")
        await screen.pilot.resize_terminal(10, 3)
        await screen.pilot.resize_terminal(40, 12)
        await screen.sees("WHY")
        await screen.press("b")
        await screen.sees("y yes", "n no")
