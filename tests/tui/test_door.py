"""The door that every text on a screen passes, and that nothing in ktui goes round it."""

from __future__ import annotations

import ast
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.color import Color
from textual.widgets import Label

import ktui.tui
from ktui.text import visible
from ktui.tui.door import Choices, CleanApp, Field, Net, Words, takes_text
from ktui.tui.draw.widgets import Painting, Span

EVIL = "app\x1b]52;c;UFdO\x07\x9b2J\u202e[red]\nnext\ud800"

SOURCES = sorted(Path(ktui.tui.__file__).parent.rglob("*.py"))
_BEARS_TEXT = ("textual.widgets", "textual.content", "textual.markup", "rich.text", "rich.console", "rich.markup")
_SHOWN = {"tooltip", "border_title", "border_subtitle", "sub_title", "title", "placeholder", "loading"}


def round_the_door(tree: ast.AST) -> Iterator[str]:
    """What makes a text-bearing widget of Textual's, or hands one a text, by itself."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.startswith(_BEARS_TEXT))
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in _SHOWN:
                    yield ast.unparse(node)
        if isinstance(node, ast.keyword) and node.arg in _SHOWN - {"title", "placeholder"}:
            yield ast.unparse(node)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_screen_goes_round_the_door(source: Path) -> None:
    found = list(round_the_door(ast.parse(source.read_text())))
    assert bool(found) == (source.name == "door.py"), found


def test_the_check_sees_what_goes_round() -> None:
    ways = (
        "from textual.widgets import Static",
        "from textual.widgets.option_list import Option",
        "import textual.widgets",
        "from rich.text import Text",
        "self.tooltip = name",
        "pages.border_title = name",
        "Painting(tooltip=name)",
    )
    assert all(list(round_the_door(ast.parse(way))) for way in ways)


class Hall(CleanApp):
    """Every widget of the door, and one of Textual's that nothing has cleaned."""

    def compose(self) -> ComposeResult:
        yield Words(EVIL)
        yield Words(classes="later")
        yield Field(EVIL, placeholder=EVIL)
        yield Choices()
        yield Painting()
        yield Label(EVIL, markup=False)


def drawn(app: CleanApp) -> str:
    """All that is on the screen, as it goes to the terminal."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_whatever_a_widget_is_handed_it_shows_what_can_be_seen() -> None:
    app = Hall()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.query_one(".later", Words).update(f"later {EVIL}")
        app.query_one(Choices).fill([(EVIL, f"choice {EVIL}"), ("b", "second")])
        app.query_one(Painting).show([[Span(f"span {EVIL}")]])
        app.notify(f"note {EVIL}", title=f"title {EVIL}", timeout=60)
        while "title app" not in (shown := drawn(app)):
            await pilot.pause()
        assert all(line.isprintable() for line in shown.split("\n"))
        for start in ("", "later ", "choice ", "note ", "title "):
            assert f"{start}app␛]52;c;UFdO␇" in shown, start
        # What nothing has cleaned is caught in the net: not pretty, but inert, and in its own room.
        assert "span app]52;c;UFdO2J" in shown
        assert app.query_one(Choices).values == [EVIL, "b"]


@given(st.text())
@example("e\u0301\u0301")
@example("\x1b[31m\u0338")
def test_the_net_lets_nothing_through(text: str) -> None:
    segments = Net().apply([Segment("before "), Segment(text)], Color(0, 0, 0))
    assert "".join(segment.text for segment in segments).isprintable()
    if text.isprintable():
        assert segments[1].text == text


async def test_what_is_pasted_or_typed_is_visible_and_the_cursor_stands_behind_it() -> None:
    app = Hall()
    async with app.run_test() as pilot:
        field = app.query_one(Field)
        field.value = ""
        field.focus()
        assert takes_text(app.focused)
        field.post_message(events.Paste("a\u200bb"))
        await pilot.press("c")
        assert field.value == "a<U+200B>bc"
        field.value = ""
        for typed in ("e", "\u0301", "x"):
            field.insert_text_at_cursor(typed)
        assert field.value == "e\u0301x"
        field.value = EVIL
        assert field.value == visible(EVIL)


async def test_what_goes_to_the_clipboard_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Hall()
    async with app.run_test():
        written: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy_to_clipboard(f"kubectl one\nkubectl {EVIL}")
        assert len(written) == 1
        assert written[0].startswith("\x1b]52;c;")
        copied = b64decode(written[0].removeprefix("\x1b]52;c;").rstrip("\a")).decode()
        assert copied == f"kubectl one\nkubectl {visible(EVIL, keep=chr(10))}"
