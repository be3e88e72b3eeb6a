"""The door that every text on a screen passes, and that nothing in ktui goes round it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.segment import Segment
from textual import events
from textual.app import App, ComposeResult
from textual.color import Color
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.widget import Widget
from textual.widgets import Label

import ktui.tui
from ktui.text import visible
from ktui.tui.door import Choices, CleanApp, Field, Net, Words, takes_text
from ktui.tui.draw.widgets import Painting, Span

EVIL = "app\x1b]52;c;UFdO\x07\x9b2J\u202e[red]\nnext\ud800"

SOURCES = sorted(Path(ktui.tui.__file__).parent.rglob("*.py"))
PAINTERS = {"ktui.tui.door", "ktui.tui.draw.widgets", "ktui.tui.logs.pane"}
"""What may paint. The pane of logs draws the lines of `draw.widgets` in its own order."""

_BARE = ("app", "containers", "dom", "message_pump", "screen", "scroll_view", "widget")
"""The modules of Textual whose classes bear no text of their own."""
_BEARS_TEXT = (
    *("textual.widgets", "textual.content", "textual.markup", "textual.visual", "rich.text", "rich.console"),
    *("rich.markup", "textual.filter", "textual.renderables", "textual.render", "textual.command"),
)
_DRAWS = ("rich.segment", "rich.style", "textual.strip")
_MENTIONS_TEXT = re.compile(r"VisualType|Content\b|TextType|RenderableType|OptionListContent|CommandListItem|markup")


def ways_in(*classes: type) -> dict[str, str]:
    """Whatever Textual offers to hand one of these a text that it shows: by the name of it, method or attribute."""
    found = {"BORDER_TITLE": "attribute", "BORDER_SUBTITLE": "attribute", "TITLE": "attribute"}
    for cls in {base for each in classes for base in each.__mro__ if base.__module__.startswith("textual.")}:
        for name, member in vars(cls).items():
            if isinstance(member, Reactive):
                is_text = "str" in str(cls.__annotations__.get(name)) or isinstance(member._default, str)
                if is_text and not name.startswith("_"):
                    found[name] = "attribute"
            elif "border" in type(member).__name__.lower():
                found[name] = "attribute"
            elif callable(setter := member.fset if isinstance(member, property) else member):
                if name.startswith("_") or isinstance(member, type):
                    continue
                given = inspect.signature(setter).parameters.values()
                if any(_MENTIONS_TEXT.search(f"{each.name} {each.annotation}") for each in given):
                    found[name] = "attribute" if isinstance(member, property) else "method"
    return found


WAYS = ways_in(CleanApp, Words, Field, Choices, Painting, ModalScreen)
CLEANED = {"notify", "update", "value"}
"""The ways in that the door's classes clean by themselves."""
HARMLESS = {"theme", "type", "highlight_link_id", "post_render", "panic", "search_commands", "BINDING_GROUP_TITLE"}
"""Names of themes and the like, what Textual does by itself, and what takes only what has been through it."""


def round_the_door(tree: ast.AST, module: str = "") -> Iterator[str]:
    """What makes a text-bearing widget of Textual's, or hands one a text, or draws, by itself."""
    ways = WAYS.keys() - CLEANED - HARMLESS
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.startswith(_BEARS_TEXT))
        yield from (name for name in names if name.startswith(_DRAWS) and module not in PAINTERS)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr in ways for target in targets):
                yield ast.unparse(node)
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            if (
                WAYS.get(called) == "method"
                and called in ways
                and (called != "exit" or any(word.arg == "message" for word in node.keywords))
            ):
                yield ast.unparse(node)
            if called == "setattr" and not (isinstance(node.args[1], ast.Constant) and node.args[1].value in HARMLESS):
                yield ast.unparse(node)
            if any(word.arg in {"tooltip", "markup", "link"} and not is_false(word.value) for word in node.keywords):
                yield ast.unparse(node)


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_screen_goes_round_the_door(source: Path) -> None:
    module = ".".join(source.relative_to(Path(ktui.__file__).parents[1]).with_suffix("").parts)
    found = list(round_the_door(ast.parse(source.read_text()), module))
    if module == "ktui.tui.palette":
        # Its hits are `plain` and `without_markup` texts; its search box is Textual's, and goes through the net.
        found = [each for each in found if not each.startswith("textual.command")]
    assert bool(found) == (module == "ktui.tui.door"), found


@pytest.mark.parametrize(
    "way",
    [
        "from textual.widgets import Static",
        "from textual.widgets.option_list import Option",
        "import textual.widgets",
        "from rich.text import Text",
        "from rich.segment import Segment",
        "self.tooltip = name",
        "pages.border_title = name",
        "Painting(tooltip=name)",
        "self.query_one(Choices).add_option(name)",
        "words.content = name",
        "field.placeholder = name",
        "self.screen.sub_title: str = name",
        "self.exit(message=name)",
        "self.notify(name, markup=True)",
        "setattr(words, attribute, name)",
        "Style(link=name)",
    ],
)
def test_the_check_sees_what_goes_round(way: str) -> None:
    assert list(round_the_door(ast.parse(way), "ktui.tui.detail.screen"))


def classes_of_the_dashboard() -> Iterator[type]:
    """Every widget, screen and app that ktui has."""
    for module in pkgutil.walk_packages(ktui.tui.__path__, "ktui.tui."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and thing.__module__ == module.name and issubclass(thing, Widget | App):
                yield thing


def test_every_class_of_the_dashboard_bears_no_text_of_textuals_or_is_of_the_door() -> None:
    known = list(classes_of_the_dashboard())
    assert len(known) > 25
    door = [cls for cls in known if cls.__module__ == "ktui.tui.door"]
    assert {cls.__name__ for cls in door} == {"CleanApp", "Words", "Field", "Choices"}
    paints = {name for base in (Widget, ScrollView, App) for name in dir(base) if re.search("render|line_filter", name)}
    for cls in known:
        bases = [base for base in cls.__mro__ if not base.__module__.startswith("ktui.")]
        strange = [base for base in bases if base.__module__.startswith(_BEARS_TEXT)]
        if cls.__name__ == "Palette":
            strange = [base for base in strange if base.__module__ != "textual.command"]
        assert not strange or any(each in cls.__mro__ for each in door), (cls, strange)
        assert cls.__module__ in PAINTERS or not paints & vars(cls).keys(), cls
        own = {base.__module__.split(".")[1] for base in bases if base.__module__.startswith("textual.")}
        assert own <= {*_BARE, "command", "widgets"}, (cls, own)


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


def attack(widget: Widget, name: str) -> None:
    """Hand a widget a hostile text by one of the ways in."""
    if WAYS[name] == "attribute":
        setattr(widget, name, EVIL)
    elif name in ("set_options", "add_options"):
        getattr(widget, name)([EVIL])
    elif name == "replace_option_prompt_at_index":
        getattr(widget, name)(0, EVIL)
    else:
        getattr(widget, name)(EVIL)


async def test_no_way_in_that_textual_offers_leads_past_the_net() -> None:
    ways = sorted(WAYS.keys() - HARMLESS - {"exit", "action_notify", "replace_option_prompt"})
    app, tried = Hall(), set()
    async with app.run_test(size=(120, 60), notifications=True, tooltips=True) as pilot:
        app.query_one(Choices).fill([("b", "second")])
        widgets = list(app.screen.walk_children(Widget))
        for widget in widgets:
            widget.styles.border = ("solid", "red")
        for name in ways:
            for widget in widgets:
                if hasattr(widget, name):
                    attack(widget, name)
                    tried.add(name)
            await pilot.pause()
            assert all(line.isprintable() for line in drawn(app).split("\n")), name
    assert tried >= {"border_title", "tooltip", "content", "add_option", "placeholder", "value", "update"}


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
