"""Every sign beyond ASCII that ktui draws, what stands for it in ASCII, and when that is drawn instead.

Each sign takes one cell, and so does the ASCII that stands for it: screens and tables keep their places. Signs with a
meaning have a name here; punctuation (`PUNCTUATION`) is written where it belongs. A name tells the form of a sign.
What it means is settled where it is used, and signs that are used side by side differ in ASCII too.
"""

from __future__ import annotations

import codecs
import locale
import unicodedata
from collections.abc import Mapping
from typing import Final, TextIO

ERRORS: Final = "ktui.signs"
"""The name of the handler for characters that an encoding lacks, as `errors` of a stream takes it."""

SETS: Final = ("auto", "unicode", "ascii")
"""The values of the setting `glyphs`."""

CROSS: Final = "✖"
TICK: Final = "✔"
CHECK: Final = "✓"
TRIANGLE: Final = "▲"
HALF: Final = "◐"
DIAMOND: Final = "◆"
PAUSE: Final = "‖"
TIMES: Final = "×"
RING: Final = "○"
DISC: Final = "●"
DOWN: Final = "‼"
POINTER: Final = "▸"
SQUARE: Final = "■"
HALF_SQUARE: Final = "◧"
HATCHED: Final = "▨"
POINT: Final = "·"
BULLET: Final = "•"
UP_DOWN: Final = "↕"
BACK: Final = "↶"
AGAIN: Final = "↻"
SKIPPED: Final = "»"
INTO: Final = "›"
ELLIPSIS: Final = "…"
FULL: Final = "█"
MEDIUM: Final = "▒"
LIGHT: Final = "░"
RULE: Final = "─"
BORDER: Final = "│"
LEVELS: Final = "▁▂▃▄▅▆▇█"
"""Eight heights of a bar, the lowest first."""

PUNCTUATION: Final = frozenset("…·•→←↑↓×›≤“”–")
"""Signs that sentences, keys and lists are written with."""


def _pairs(some: str, plain: str) -> dict[int, str]:
    return {ord(sign): letter for sign, letter in zip(some, plain, strict=True)}


_ASCII: Final[Mapping[int, str]] = {
    **dict.fromkeys(range(0x2400, 0x2427), "^"),
    **dict.fromkeys(range(0x2500, 0x2580), "+"),
    **dict.fromkeys(range(0x2580, 0x25A0), "#"),
    **_pairs("✖✔✓▲◐◆‖×○●‼▸■◧▨", "X++!~#=xo*v>@o%"),
    **_pairs("·•↕↶↻»›…", "-*^<@>>~"),
    **_pairs("█▓▒░▁▂▃▄▅▆▇", "#%=:_.,:=+*"),
    **_pairs("→←↑↓‹«≤≥‼–—“”‘’µ°□", "><^v<<<>v--\"\"''uo#"),
    **dict.fromkeys(map(ord, "─━┄┅┈┉╌╍═╴╶╸╺▔"), "-"),
    **dict.fromkeys(map(ord, "│┃┆┇┊┋╎╏║╵╷╹╻▏▎▍▌▐▕"), "|"),
    ord("🔎"): "> ",
}
"""Of the blocks of lines and of blocks, what Textual's borders and bars may be made of too; 🔎 is its palette's."""


def in_ascii(text: str) -> str:
    """The same text with ASCII for each sign. Letters of other scripts stay: they are not ktui's.

    >>> in_ascii("✖ 1 failed · 漢字…")
    'X 1 failed - 漢字~'
    """
    return text if text.isascii() else text.translate(_ASCII)


def are_ascii(glyphs: str, environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether signs are drawn in ASCII on that stream, by the setting `glyphs`.

    Where that is `auto`, the terminal (if the stream is one), the locale and the encoding of the stream decide.
    """
    if glyphs != "auto":
        return glyphs == "ascii"
    term = environ.get("TERM", "") if stream.isatty() else ""
    # Not the encoding of the stream alone: in the locale C, Python writes UTF-8 whatever the terminal takes (PEP 540).
    return lack_signs(term, locale.getencoding(), stream.encoding)


def lack_signs(term: str, *encodings: str) -> bool:
    """Whether an encoding is not a form of Unicode, or the terminal is of a kind whose fonts lack the signs.

    Those are the console of Linux, and what calls itself dumb. An empty `term` is any other.
    """
    return term in ("linux", "dumb") or not all(map(_is_unicode, encodings))


def _is_unicode(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def _replacement(letter: str) -> str:
    """What is written for a character that the encoding lacks: as many cells of ASCII, never an escape."""
    if unicodedata.category(letter)[0] == "M":
        return ""
    known = in_ascii(letter)
    if known != letter:
        return known
    return "??" if unicodedata.east_asian_width(letter) in "WF" else "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError), "nothing is read with it"
    return "".join(map(_replacement, error.object[error.start : error.end])), error.end


def register() -> None:
    """Make the handler known to Python."""
    codecs.register_error(ERRORS, _replaced)
