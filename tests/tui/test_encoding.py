"""The dashboard with signs in ASCII: by the encoding of the terminal, by its kind, by a setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import Terminal
from tests.tui.conftest import Dashboard, Stage


@pytest.mark.timeout(120)
def test_each_sign_is_one_of_ascii_in_its_place(tmp_path: Path) -> None:
    latin = {"PYTHONIOENCODING": "latin-1"}
    with Terminal.python("-m", "ktui", "demo", home=tmp_path, columns=100, environment=latin) as terminal:
        terminal.sees("* live", "X failed", "checkout")
        assert "\\u" not in terminal.text
        terminal.press("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_is_told_what_works(tmp_path: Path, term: str) -> None:
    command, environment = ("-m", "ktui", "demo", "quiet"), {"TERM": term}
    with Terminal.python(*command, home=tmp_path, columns=200, environment=environment) as terminal:
        assert terminal.ends() == 2
    assert f"TERM={term} cannot show the dashboard" in terminal.text
    assert "ktui get --watch" in terminal.text
    assert b"\x1b" not in terminal.raw


@pytest.mark.timeout(120)
async def test_no_screen_draws_a_sign(stage: Stage, dashboard: Dashboard) -> None:
    """Every screen, dialog, border and bar; a name in another script is the cluster's, and stays."""
    cause = {"annotations": {"kubernetes.io/change-cause": "部署"}}
    stage.deploy("cart", "cart:4.9", replicas=6, metadata=cause)
    stage.deploy("catalog", "catalog:1.0")
    stage.advance(300)
    stage.set_image("cart", "cart:crash")
    stage.advance(20)
    stage.set_image("catalog", "catalog:2.0")
    stage.advance(1.5)
    async with dashboard((120, 40), in_ascii=True) as screen:
        app = screen.app
        await screen.knows_all()

        async def check(key: str, seen: str, *back: str) -> None:
            await screen.press(key)
            await screen.sees(seen)
            drawn = {letter for letter in screen.text if not letter.isascii()}
            assert drawn <= set("部署"), f"after {key}: {drawn}\n{screen.text}"
            await screen.press(*back)

        await check("v", "+ 1 selected", "escape")
        await check("o", "by name", "o", "o", "o")
        await check("question_mark", "Keys and signs", "escape")
        await check("n", "Namespace", "escape")
        await check("ctrl+p", "Search", "escape")
        await check("f", "7 days", "escape")
        app.notify("✖ shop/cart: failed · …", severity="error")
        await screen.hears("shop/cart: failed")
        await screen.press("g")
        await check("enter", "REVISIONS AND PODS")
        assert "部署" in screen.text, "what the cluster says in another script stays"
        await check("t", "REVISIONS AND PODS")
        await check("b", "Roll back", "escape")
        await check("h", "WHAT CHANGED", "escape")
        await check("e", "TIMELINE", "escape")
        await check("l", "KeyError", "v", "v", "escape")
        await check("u", "MEMORY", "escape")
        await check("enter", "esc close", "escape")
