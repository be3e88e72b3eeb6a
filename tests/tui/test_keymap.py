"""One key does one thing, on every screen, and the help names each."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

import ktui.tui
from ktui.tui.app import KtuiApp
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.help import EVERYWHERE, PAGES
from ktui.tui.keymap import ANSWERS, MEANINGS, name
from ktui.tui.page.screen import PageScreen
from ktui.tui.palette import closeness
from ktui.tui.screen import LiveScreen

for module in pkgutil.walk_packages(ktui.tui.__path__, "ktui.tui."):
    import_module(module.name)


def subclasses(of: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in of.__subclasses__():
        if each.__module__.startswith("ktui.tui"):
            yield each
            yield from subclasses(each)


def bindings(of: type[DOMNode]) -> Iterator[tuple[str, Binding]]:
    """Each key that this very class binds."""
    for binding in of.__dict__.get("BINDINGS", ()):
        assert isinstance(binding, Binding), f"{of.__name__} binds {binding} without the keymap"
        for key in binding.key.split(","):
            yield key, binding


def bindings_below(of: type[DOMNode], base: type[DOMNode]) -> Iterator[tuple[str, Binding]]:
    """Each key that this class, or one between it and `base`, binds."""
    for each in of.__mro__[: of.__mro__.index(base)]:
        if issubclass(each, DOMNode):
            yield from bindings(each)


SCREENS: list[type[DOMNode]] = [LiveScreen, *subclasses(LiveScreen)]
DIALOGS: list[type[DOMNode]] = [each for each in subclasses(Dialog) if not issubclass(each, PageScreen)]
OTHERS: list[type[DOMNode]] = [
    each for each in subclasses(DOMNode) if not issubclass(each, Screen) and "BINDINGS" in each.__dict__
]

MOVES = {"down", "up", "left", "right", "page down", "page up", "first", "last", "back", "open"}
"""Meanings that each screen brings about in its own way."""


def test_every_key_of_every_screen_has_the_one_meaning_that_the_keymap_says() -> None:
    assert len(SCREENS) > 9, "or the screens were not found"
    for screen in (*SCREENS, *OTHERS):
        for key, binding in bindings(screen):
            assert binding.description == MEANINGS[key], f"{key} in {screen.__name__}"
    for dialog in DIALOGS:
        for key, binding in bindings(dialog):
            assert binding.description in (ANSWERS[key], ANSWERS[binding.key.split(",")[0]]), f"{key} in {dialog}"


def test_a_key_of_one_meaning_calls_one_action_wherever_it_is() -> None:
    called: dict[str, set[str]] = defaultdict(set)
    for screen in SCREENS:
        for key, binding in bindings(screen):
            own_key_goes_back = binding.action == "app.pop_screen"
            if MEANINGS[key] not in MOVES and not own_key_goes_back:
                called[key].add(binding.action.partition("(")[0] if key in "123" else binding.action)
    assert called["space"] == {"steer('toggle_pause')"}, "or nothing was found"
    assert {key: actions for key, actions in called.items() if len(actions) > 1} == {
        "slash": {"filter", "search"},
        "tab": {"other_side", "next_service"},
    }


def test_no_screen_takes_the_keys_away_that_steer_the_rollout() -> None:
    for screen in subclasses(LiveScreen):
        assert screen._inherit_bindings, screen
        taken = {key for key, binding in bindings(screen) if binding.action != "app.pop_screen"}
        assert not taken & {"space", "p", "b", "a", "C", "i", "s", "R", "A", "w", "n", "x", "c", "r", "q"}, screen


def test_the_help_names_every_key_of_every_screen_and_no_other() -> None:
    pages = {screen: getattr(screen, "PAGE", "") for screen in SCREENS if not screen.__subclasses__()}
    assert set(pages.values()) == set(PAGES), "or a screen has no page of help, or a page no screen"
    for page, entries in {**PAGES, "": EVERYWHERE}.items():
        its = [screen for screen, its_page in pages.items() if its_page == page]
        own = [each for screen in its for each in bindings_below(screen, LiveScreen)] or [*bindings(LiveScreen)]
        bound = {name(key) for key, _ in own}
        if page:
            bound |= {name(key) for key, _ in bindings(LiveScreen)} | {"tab", "enter"}
        named = {word for words, _ in entries for word in words.split()} - {"↑", "↓", "←", "→", "mouse", "ctrl+p"}
        assert named - bound <= {"j", "k", "g", "G", "esc"}, page
        shown = {name(key) for key, each in own if each.show} - {"esc", "enter"}
        assert shown <= named, f"the help of {page or 'every screen'} lacks {shown - named}"


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("copy", "Copy", "Roll back to 3 (payments:2.0, copy)"),
        ("copy", "Copy", "Canary, or repair a hold on payments"),
        ("log", "Logs", "Open shop/catalog"),
        ("theme dra", "Theme dracula", "Theme: choose another one"),
        ("cart", "Open shop/cart", "Canary, or repair a hold, or art"),
    ],
)
def test_the_palette_finds_what_begins_so_before_what_has_the_letters(typed: str, better: str, worse: str) -> None:
    assert closeness(typed, better, 0.5) > closeness(typed, worse, 3.0)


def test_what_has_none_of_the_letters_is_not_found() -> None:
    assert closeness("zzz", "Roll back", 0) == 0


def test_every_key_calls_something_that_there_is() -> None:
    checked = 0
    everything: list[type[DOMNode]] = [*SCREENS, *DIALOGS, *OTHERS, KtuiApp]
    for screen in everything:
        for key, binding in bindings(screen):
            of, _, called = binding.action.partition("(")[0].rpartition(".")
            assert hasattr(KtuiApp if of == "app" else screen, f"action_{called}"), f"{key} in {screen}"
            checked += 1
    assert checked > 80


KEYS_OF: dict[str, set[str]] = {
    "chooses": {"O", "K"},
    "repairs": {"C"},
    "shows": {"O", "V", "3", "h", "y", "z"},
    "switches": {"p"},
    "tries": {"r"},
    "turns": {"A"},
}


def test_sentences_name_keys_that_do_what_they_say() -> None:
    verbs = re.compile(rf"(?<!\S)(\w) ({'|'.join(KEYS_OF)})\b")
    told = [
        found.groups()
        for path in Path(ktui.tui.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in verbs.finditer(node.value)
    ]
    assert len(told) > 6
    assert [(key, verb) for key, verb in told if key not in KEYS_OF[verb] and key != "a"] == []
