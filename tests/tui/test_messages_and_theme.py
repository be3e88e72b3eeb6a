"""What was said stays readable, what was chosen is remembered, and trouble is found by a key or a click."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input
from textual.widgets._toast import Toast

from ktui.tui.overview.selection import TROUBLE
from ktui.tui.terminal.remembered import chosen
from ktui.tui.theme import THEMES
from tests.tui.conftest import Dashboard, Stage


def _some(stage: Stage) -> None:
    for name in ("cart", "api", "web"):
        stage.deploy(name, f"{name}:1.0", replicas=1)
    stage.advance(60)
    stage.set_image("web", "web:crash")
    stage.advance(30)


async def test_messages_are_kept_and_what_is_selected_or_troubled_is_found(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _some(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "cart:1.0")
        # r says what it did; the messages keep it after the toast has gone, and go away with nothing but ktui.
        await screen.press("r")
        await screen.hears("The link is live")
        screen.app.clear_notifications()
        await screen.press("M")
        await screen.sees("Messages", "12:01:30  The link is live: what is shown is current.")
        await screen.press("escape")
        # Only trouble: complete rows go away.
        await screen.press("z")
        await screen.sees(f"only {TROUBLE}: 1 of 3, z shows all")
        await screen.sees_no("cart:1.0")
        await screen.press("escape")
        await screen.sees("cart:1.0")
        # A click on a chip shows only those, and another one everything; on a heading it sorts.
        await screen.pilot.click("#totals", offset=(3, 0))
        await screen.sees("1 of 3, z shows all")
        await screen.pilot.click("#totals", offset=(3, 0))
        await screen.sees("cart:1.0")
        await screen.pilot.click("#heading", offset=(14, 0))
        await screen.sees("by name")
        # Selecting moves on; `*` selects all that are shown, and none of them the second time.
        await screen.press("g", "v", "v")
        await screen.sees("✓ 2 selected")
        await screen.press("asterisk")
        await screen.sees("✓ 3 selected")
        await screen.press("c")
        await screen.until((tmp_path / "copied.txt").exists, "the copy")
        assert (tmp_path / "copied.txt").read_text().split("\n") == [
            f"-n shop deployment/{name}" for name in ("api", "cart", "web")
        ]
        await screen.press("asterisk")
        await screen.sees_no("selected, esc clears")
        # A click selects a row, and a click on the row that is selected opens it.
        await screen.press("g")
        await screen.pilot.click("#table", offset=(10, 1))
        await screen.sees("▸ shop       cart")
        await screen.pilot.click("#table", offset=(10, 1))
        await screen.sees("shop/cart  Deployment")


async def test_the_palette_finds_copying_first_and_its_picture_is_where_it_says(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _some(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "cart:1.0")
        await screen.press("colon")
        await screen.sees("Pause", "Roll back", "key space")
        await screen.type("copy")
        await screen.sees("Copy")
        await screen.sees_no("Messages")
        await screen.press("enter")
        await screen.hears("Its name is on the clipboard")
        await screen.press("colon")
        await screen.until(lambda: isinstance(screen.app.focused, Input), "the palette")
        await screen.type("picture")
        await screen.sees("Save a picture of the screen")
        await screen.press("enter")
        await screen.hears("The picture is in ")
        (picture,) = (tmp_path / "pictures").iterdir()
        assert str(picture) in screen.told
        assert "checkout" not in picture.read_text()
        assert "cart" in picture.read_text()


async def test_the_theme_that_was_chosen_is_there_the_next_time_unless_a_setting_names_one(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    async with dashboard() as screen:
        await screen.press("colon")
        await screen.until(lambda: isinstance(screen.app.focused, Input), "the palette")
        await screen.type("theme dracula")
        await screen.sees("Theme dracula")
        await screen.press("enter")
        await screen.until(lambda: chosen(tmp_path, "theme", THEMES) == "dracula", "the theme to be remembered")
    async with dashboard() as screen:
        assert screen.app.theme == "dracula"
    async with dashboard(theme="nord") as screen:
        await screen.sees("live")
        assert screen.app.theme == "nord"
        screen.app.theme = "gruvbox"
        await screen.hears("Theme gruvbox until ktui ends")
    assert chosen(tmp_path, "theme", THEMES) == "dracula"


@pytest.mark.parametrize("kept", ["no-such-theme\n", "", "x" * 500, "\x00\x1b[2J"])
def test_a_file_that_names_no_theme_counts_as_none(kept: str, tmp_path: Path) -> None:
    (tmp_path / "theme").write_text(kept)
    assert chosen(tmp_path, "theme", THEMES) == ""
    assert chosen(tmp_path / "nowhere", "theme", THEMES) == chosen(None, "theme", THEMES) == ""


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_message_covers_no_cause_no_question_and_no_keys(
    stage: Stage, dashboard: Dashboard, size: tuple[int, int]
) -> None:
    _some(stage)
    long = "ktui cannot reach the server at https://prod.example:6443 any more. " * 2

    async with dashboard(size=size, hint="press enter") as screen:

        async def leaves_in_sight(*parts: str) -> None:
            await screen.until(lambda: any(t.region for t in screen.app.screen.query(Toast)), "the message")
            shown = screen.app.screen.query(Toast).first().region
            for part in parts:
                assert not shown.overlaps(screen.app.screen.query_one(part).region), part
            screen.app.clear_notifications()
            await screen.until(lambda: not screen.app.screen.query(Toast), "the message to go")

        await screen.sees("3 rollouts", "api", "press enter")
        rows = screen.app.screen.query_one("#table").region
        # What to try first goes with the first key, and no row moves.
        await screen.press("j")
        await screen.sees_no("press enter")
        assert screen.app.screen.query_one("#table").region.offset == rows.offset
        await screen.press("g")
        screen.app.notify(long)
        await leaves_in_sight("#table", "#explanation", "#hints", "#header")
        await screen.press("enter")
        await screen.sees("shop/web  Deployment")
        screen.app.notify(long)
        await leaves_in_sight("#why", "#hints", "#header")
        await screen.press("b")
        await screen.sees("Roll back shop/web", "y yes")
        screen.app.notify("The kubectl command is on the clipboard, if this terminal allows it.")
        await leaves_in_sight("Pages", "DialogKeys", ".dialog-title")


async def test_a_message_is_shown_once_if_a_dialog_opens_meanwhile(stage: Stage, dashboard: Dashboard) -> None:
    _some(stage)
    said = "The link is live"
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "cart:1.0")
        await screen.press("r")
        await screen.sees(said)
        await screen.press("n")
        await screen.sees("Namespace")
        await screen.until(lambda: screen.text.count(said) == 1, "it to be shown once")
        await screen.press("escape")
        await screen.sees_no("type to narrow")
        await screen.until(lambda: screen.text.count(said) == 1, "it to be shown on the list again")
