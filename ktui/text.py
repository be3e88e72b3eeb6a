"""Text as people read it: what strangers wrote made safe to show, and numbers and times in words.

Names, images, labels, messages and logs of a cluster, names and paths of a kubeconfig, arguments of a command: ktui
did not write them, and the writer may mean harm. `clean` makes one line of any of them that no terminal obeys and
in which nothing is invisible; it is what every screen and every command shows.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

_PLAIN: Final = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377\u0391-\u03a1\u0410-\u044f\u2010-\u2027\u2030-\u205e\u2190-\u2426"
    "\u2500-\u27ff\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3]*"
)
"""What is known to be visible without a look at each letter: most of what is ever shown."""

_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
"""What Python takes for printable and no terminal shows.

The default-ignorable code points among letters and marks (Unicode, DerivedCoreProperties: fillers of Hangul,
variation selectors, the grapheme joiner), and signs whose picture is a blank.
"""

_BREAKS: Final = re.compile("[\t-\r\x85\u2028\u2029]+")
"""Ends of lines and tabs."""

_SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS and the other strings: titles, links, clipboard
    r"|[ -/]*[0-~]"
    r")|\x9b[0-?]*[ -/]*[@-~]"
)

MOST_MARKS: Final = 4
"""Combining marks on one letter that are drawn; every script that is written does with fewer."""


def clean(text: str) -> str:
    """Any text on one line, without what could move a cursor, hide, reorder or overwrite what is shown.

    Tabs and ends of lines become a space. Whatever else cannot be seen is shown as what it is, so that texts that
    differ look different: `␛` and its like for ASCII control characters, `<U+200B>` for all others. Cleaning twice
    changes nothing.

    >>> clean("two\\nlines \\x1b[31mred")
    'two lines ␛[31mred'
    """
    if text.isascii() and text.isprintable():
        return text
    lines = _BREAKS.split(text)
    return visible(" ".join(line for line in (each.strip(" ") for each in lines) if line) if len(lines) > 1 else text)


def exact(text: str) -> str:
    """A name on one line, as `clean`, but with its tabs, ends of lines and outer spaces to be seen.

    >>> exact("prod\\n")
    'prod␊'
    """
    inner = text.strip(" ")
    before, _, after = text.partition(inner) if inner else (text, "", "")
    return len(before) * _code(" ") + visible(inner) + len(after) * _code(" ")


def visible(text: str, keep: str = "") -> str:
    """The same text with everything that cannot be seen shown as what it is; spaces stay, and what is in `keep`."""
    if _PLAIN.fullmatch(text):
        return text
    shown: list[str] = []
    marks = MOST_MARKS
    for letter in text:
        if unicodedata.category(letter)[0] == "M" and not _BLANK.match(letter):
            # A mark without a letter of its own would be drawn on what ktui wrote before it.
            shown.append(letter if marks < MOST_MARKS else _code(letter))
            marks += 1
        elif letter in keep or (letter.isprintable() and not _BLANK.match(letter)):
            shown.append(letter)
            marks = MOST_MARKS if letter.isspace() else 0
        else:
            shown.append(_code(letter))
            marks = MOST_MARKS
    return "".join(shown)


def without_sequences(text: str) -> str:
    """The same text without the escape sequences in it: what a program meant as colours is no part of what it said."""
    return _SEQUENCE.sub("", text) if "\x1b" in text or "\x9b" in text else text


def shell_line(words: Sequence[str]) -> str:
    r"""A command for bash or zsh: what cannot be seen is written as what it is, and means the same when it is pasted.

    >>> print(shell_line(["kubectl", "set", "image", "web=app:1\x1b[2J"]))
    kubectl set image $'web=app:1\x1b[2J'
    """
    return " ".join(_shell_word(word) for word in words)


def _shell_word(word: str) -> str:
    if clean(word) == word:
        return shlex.quote(word)
    return "$'" + "".join(map(_shell_letter, word)) + "'"


def _shell_letter(letter: str) -> str:
    code = ord(letter)
    if letter in "'\\":
        return f"\\{letter}"
    if clean(letter) == letter:
        return letter
    if code < 0x80 or 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _code(letter: str) -> str:
    """A picture of an ASCII control character, and the number of any other one (of a byte that was not UTF-8, its)."""
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"<{code - 0xDC00:02X}>" if 0xDC80 <= code <= 0xDCFF else f"<U+{code:04X}>"


def duration(seconds: float) -> str:
    """A length of time in at most two units: `41s`, `1m12s`, `11m`, `2h5m`, `3d4h`, `12d`."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 60:
        return f"{whole}s"
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if hours < 1:
        return f"{minutes}m"
    if days < 1:
        return f"{hours}h{minutes % 60}m" if hours < 8 and minutes % 60 else f"{hours}h"
    return f"{days}d{hours % 24}h" if days < 8 and hours % 24 else f"{days}d"


def lasts(seconds: float) -> float:
    """In how many seconds `duration` of a length of time that grows says something else."""
    if seconds < 0:
        return 1 - seconds
    if seconds < 600:
        step = 1
    elif seconds < 8 * 3600:
        step = 60
    else:
        step = 3600 if seconds < 8 * 86400 else 86400
    return step - seconds % step


def age(since: datetime | None, now: datetime) -> str:
    """How long ago; empty for unknown. A clock that is behind the cluster's reads as `0s`."""
    return duration((now - since).total_seconds()) if since is not None else ""


def roughly(seconds: float) -> str:
    """A guess, in words that do not promise more than it holds: `about 40s`, `about 3m`, `about 2h`."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 95:
        return f"about {max(10, round(seconds / 10) * 10)}s"
    if seconds < 5400:
        return f"about {max(2, round(seconds / 60))}m"
    return f"about {max(2, round(seconds / 3600))}h"


def percent(share: float | Decimal) -> str:
    """A share in whole percent: `86%`, `<1%`, `140%`. Only a whole is `100%`, and only nothing is `0%`."""
    if 0 < share * 1000 < 5:
        return "<1%"
    if 995 <= share * 1000 < 1000:
        return "99%"
    return f"{share * 100:.0f}%"


def count(number: int, noun: str) -> str:
    """`1 pod`, `2 pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def local_time(moment: datetime) -> datetime:
    """That moment in the zone of this machine, or as it is where the calendar ends between the two."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError):
        return moment
