"""Own keys from config.toml: they are added to those that ktui has on every machine.

A key of ktui keeps its meaning everywhere, so that what the screens and the guide say of keys is true for everybody. An
own key counts where that meaning has a key, but not in questions, and not where text is typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from ktui.text import exact
from ktui.tui.keymap import IDS, MEANINGS, NAMES, name

READY: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "k9s": {
        "open": ("d",),
        "back": ("[",),
        "refresh": ("ctrl+r",),
        "select_all": ("ctrl+space",),
        "palette": ("ctrl+a",),
        "save": ("ctrl+s",),
    },
}
"""Sets of keys that others have made a habit, by name: `set = "k9s"`."""

_SET: Final = "set"
_SIGNS: Final[dict[str, str]] = {
    **{shown: key for key, shown in NAMES.items()},
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "-": "minus",
    "+": "plus",
    "=": "equals_sign",
    "_": "underscore",
    "#": "number_sign",
    "@": "at",
    "$": "dollar_sign",
    "%": "percent_sign",
    ";": "semicolon",
    "'": "apostrophe",
    '"': "quotation_mark",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    "|": "vertical_line",
    "\\": "backslash",
    "~": "tilde",
    "^": "circumflex_accent",
    "`": "grave_accent",
}
"""Keys by the sign on them, and how Textual names them."""
_NAMED: Final = re.compile(r"f([1-9]|1[0-2])|insert|delete|backspace|ctrl\+([a-z0-9]|space)|[A-Za-z0-9]")
_TAKEN: Final = ("ctrl+c", "ctrl+z", "ctrl+p", "ctrl+q", "ctrl+t", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+j")
"""Keys that the terminal, Textual or the tour has, and what a terminal cannot tell from tab, enter and backspace."""


def read_own_keys(table: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    """The key that ktui has for what each own key means, by the own key as Textual names it.

    Raises ValueError, in one sentence without its full stop, for a meaning or a set that does not exist, for what is
    not a key, and for a key that means something already.
    """
    known: dict[str, str] = {}
    for meaning, keys in _wanted(table):
        for typed in keys:
            key = _key(typed)
            if key in MEANINGS:
                raise ValueError(f'the key {_quoted(typed)} cannot be "{meaning}": it is "{MEANINGS[key]}" already')
            if known.get(key, IDS[meaning]) != IDS[meaning]:
                other = next(each for each, its in IDS.items() if its == known[key])
                raise ValueError(f'the key {_quoted(typed)} is both "{other}" and "{meaning}"')
            known[key] = IDS[meaning]
    return known


def shown(known: Mapping[str, str]) -> list[tuple[str, str]]:
    """The own keys as they are written, each with what it means, in the order of the meanings."""
    return [
        (" ".join(_written(own) for own, its in known.items() if its == key), MEANINGS[key])
        for key in IDS.values()
        if key in known.values()
    ]


def _wanted(table: Mapping[str, str | Sequence[str]]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for meaning, keys in table.items():
        given = (keys,) if isinstance(keys, str) else tuple(keys)
        if meaning == _SET:
            for called in given:
                if called not in READY:
                    raise ValueError(f"there is no set of keys {_quoted(called)}; available: {', '.join(READY)}")
                # What the user gives to such a key counts.
                own = {_key(each) for name, of in table.items() if name != _SET for each in _all(of)}
                for each, ready in READY[called].items():
                    yield each, tuple(key for key in ready if _key(key) not in own)
        elif meaning not in IDS:
            close = get_close_matches(meaning, IDS, n=1)
            hint = f'; the closest is "{close[0]}"' if close else ""
            raise ValueError(f"there is nothing called {_quoted(meaning)} that a key could do{hint}")
        else:
            yield meaning, given


def _all(keys: str | Sequence[str]) -> Sequence[str]:
    return (keys,) if isinstance(keys, str) else keys


def _key(typed: str) -> str:
    key = _SIGNS.get(typed, typed)
    if key in _TAKEN:
        raise ValueError(f"the key {_quoted(typed)} cannot be given away: the terminal or ktui needs it")
    if key not in MEANINGS and key not in _SIGNS.values() and not _NAMED.fullmatch(key):
        raise ValueError(f"{_quoted(typed)} is not a key: write one sign, ctrl+x or f5")
    return key


def _written(key: str) -> str:
    return next((sign for sign, its in _SIGNS.items() if its == key), name(key))


def _quoted(text: str) -> str:
    return f'"{exact(text[:40])}"'
