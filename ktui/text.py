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
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]"
)
"""What Python takes for printable, and terminals do not show, or not all in the same number of cells.

The default-ignorable code points among letters and marks (Unicode, DerivedCoreProperties: fillers of Hangul,
variation selectors, the grapheme joiner), and signs whose picture is a blank. The letters of flags and the colours of
skin take two cells, one or none.
"""

_JAMO: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]")
"""Vowels and finals of Hangul: they are drawn in the cells of the letter before them, as marks are."""

_TWINS: Final = re.compile(
    "[\u0131\u0251\u0261\u01c0"
    "\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b9\u03bd\u03bf\u03c1\u03c5\u03f3"
    "\u0405\u0406\u0408\u0410\u0412\u0415\u0417\u041a\u041c-\u041e\u0420-\u0423\u0425\u0430\u0433\u0435\u043a\u043e"
    "\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0475\u04ae\u04af\u04bb\u04bd\u04c0\u04cf\u0501\u050c\u051a-\u051d"
    "\u054d\u0555\u0561\u0563\u0566\u0570\u0575\u0578\u057d\u0581\u0582\u0584\u0585\u13a0-\u13f4\ua4d0-\ua4f7]"
)
"""Letters that most fonts draw as one of ASCII's (after confusables.txt of Unicode's UTS #39).

They are Greek, Cyrillic, Armenian, Cherokee and Lisu, the dotless i and its like.
"""

_STOPS: Final = re.compile(
    "[\u02b9-\u02bf\u02c8\u02d0\u02d7\u0589\u05be-\u05f4\u2010-\u201f\u2024-\u2044\u2212\u2215\u2236\u223c\ua789]"
)
"""Dashes, quotes, dots and slashes that are drawn like those of ASCII."""

_WORD: Final = re.compile(r"[^\W_]+")
_ASCII_LETTER: Final = re.compile("[A-Za-z]")

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
    differ look different: `␛` and its like for ASCII control characters, `<U+200B>` for all others; so is a letter
    of another script that is drawn like one of ASCII, if it stands in a word with such. Cleaning twice changes nothing.

    >>> clean("two\\nlines \\x1b[31mred")
    'two lines ␛[31mred'
    """
    if text.isascii() and text.isprintable():
        return text
    lines = _BREAKS.split(text)
    if len(lines) > 1:
        text = " ".join(line for line in (each.strip(" ") for each in lines) if line)
    return visible(_WORD.sub(_without_twins, text) if _TWINS.search(text) else text)


def exact(text: str) -> str:
    """A name on one line, as `clean`, but with its tabs, ends of lines and outer spaces to be seen.

    No two names look the same: whatever is drawn like something else is shown as its number. Words of other scripts
    stay as they are if they have a letter that no one takes for one of ASCII.

    >>> exact("prod\\n")
    'prod␊'
    """
    inner = text.strip(" ")
    before, _, after = text.partition(inner) if inner else (text, "", "")
    if not inner.isascii():
        inner = _WORD.sub(_without_twins_alone, inner)
        is_usual = unicodedata.is_normalized("NFC", inner)
        inner = "".join(letter if _is_only_itself(letter, is_usual) else _code(letter) for letter in inner)
    return len(before) * _code(" ") + visible(inner) + len(after) * _code(" ")


def _without_twins(word: re.Match[str]) -> str:
    """A word without letters that are drawn as those of ASCII, if it has any of these as well."""
    return _TWINS.sub(lambda twin: _code(twin[0]), word[0]) if _ASCII_LETTER.search(word[0]) else word[0]


def _without_twins_alone(word: re.Match[str]) -> str:
    """The same for a word that has no other letters than such, too."""
    has_own = any(letter.isalpha() and not _TWINS.match(letter) for letter in word[0])
    return _without_twins(word) if has_own else _TWINS.sub(lambda twin: _code(twin[0]), word[0])


def _is_only_itself(letter: str, is_usual: bool) -> bool:
    """Whether nothing else is drawn like it: a form of another letter, or a mark where a letter with it exists."""
    if letter.isascii() or not letter.isprintable():
        return True
    if _STOPS.match(letter) or unicodedata.normalize("NFKC", letter) != letter:
        return False
    return is_usual or not _is_mark(letter)


def _is_mark(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] == "M" or (category == "Lo" and bool(_JAMO.match(letter)))


def visible(text: str, keep: str = "") -> str:
    """The same text with everything that cannot be seen shown as what it is; spaces stay, and what is in `keep`."""
    if _PLAIN.fullmatch(text):
        return text
    shown: list[str] = []
    marks = MOST_MARKS
    for letter in text:
        if _is_mark(letter) and not _BLANK.match(letter):
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
