"""What a terminal is sent for its title and for a notification of the desktop. Pure.

OSC 2 is xterm's title, XTWINOPS 22 and 23 keep it and bring it back. OSC 9 is iTerm2's notification, OSC 777 that of
urxvt. A terminal that knows neither ignores both. tmux passes a sequence on if it is wrapped in its own DCS, and if
`allow-passthrough` is on (tmux(1)).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ktui.text import clean

KEEP_TITLE: Final = "\x1b[22;2t"
RESTORE_TITLE: Final = "\x1b[23;2t"
BELL: Final = "\a"

_OSC9: Final = ("iTerm",)
_OSC777: Final = ("WezTerm", "WarpTerminal", "ghostty", "kitty", "foot", "rxvt")
"""What `LC_TERMINAL`, `TERM_PROGRAM` or `TERM` begins with. Those that know 777 show a title beside the text; some know
both, and would show two notifications."""
_NONE: Final = ("linux", "dumb")

_MOST: Final = 250
"""Characters of a notification."""


def title(text: str) -> str:
    """Give the terminal's window or tab a title."""
    return f"\x1b]2;{clean(text)}\x1b\\"


def desktop(text: str, setting: str, environ: Mapping[str, str]) -> str:
    """Show a notification of the desktop, as `setting` says; nothing if the terminal has none."""
    which = _known(environ) if setting == "auto" else setting
    text = clean(text)
    text = text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
    sequences = []
    if which in ("osc9", "both"):
        # Behind `4;` and other digits, ConEmu and Windows Terminal understand something else.
        sequences.append(f"\x1b]9;ktui: {text}\a")
    if which in ("osc777", "both"):
        sequences.append(f"\x1b]777;notify;ktui;{text.replace(';', ',')}\a")
    return "".join(_through_tmux(each) if environ.get("TMUX") else each for each in sequences)


def _known(environ: Mapping[str, str]) -> str:
    if environ.get("TERM", "") in _NONE:
        return "off"
    # In tmux both are of tmux itself; what the terminal around it is, is not known.
    names = (environ.get("LC_TERMINAL", ""), environ.get("TERM_PROGRAM", ""), environ.get("TERM", ""))
    for name in names:
        if name.startswith(_OSC9):
            return "osc9"
        if name.removeprefix("xterm-").startswith(_OSC777):
            return "osc777"
    return "both"


def _through_tmux(sequence: str) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
