"""What stands for a sign where the encoding of the terminal lacks it: one of ASCII for each cell, never an escape.

A locale that is not UTF-8 (Latin-1, or ASCII by `PYTHONIOENCODING`) has no `●`. As one or two question marks or letters
for it, columns and screens keep their places. In the locales `C` and `POSIX` Python writes UTF-8 by itself (PEP 540).
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final

ERRORS: Final = "ktui.signs"
"""The name of the handler, as `errors` of a stream takes it."""

_SIGNS: Final = str.maketrans(
    {
        **dict(zip("✖▲◐◆‖×○✔✓●◧■▨·•", "X!~#=x0++*o@%.-", strict=True)),
        **dict(zip("█▓▒░▁▂▃▄▅▆▇", "#%=:_.,-=+*", strict=True)),
        **dict(zip("…→←↑↓↕▸›‹»«↶↻≤≥‼–—“”‘’µ°□", ".><^v|>><><<o<>!--\"\"''uo#", strict=True)),
        **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺▔", "-"),
        **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻▏▎▍▌▐▕", "|"),
        **dict.fromkeys("▀▂▖▗▘▙▚▛▜▝▞▟▊▉▋", "#"),
    }
)


def _in_ascii(letter: str) -> str:
    if unicodedata.category(letter)[0] == "M":
        return ""
    if 0x2400 <= ord(letter) <= 0x241F:
        return "^"
    known = letter.translate(_SIGNS)
    if known != letter:
        return known
    if 0x2500 <= ord(letter) <= 0x257F:
        return "+"
    return "??" if unicodedata.east_asian_width(letter) in "WF" else "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError), "nothing is read with it"
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


def register() -> None:
    """Make the handler known to Python."""
    codecs.register_error(ERRORS, _replaced)
