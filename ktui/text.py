"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime


def clean(text: str) -> str:
    """Text from a cluster on one line, without what could move a cursor, hide or reorder what is shown.

    >>> clean("two\\nlines \\x1b[31mred")
    'two lines ␛[31mred'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _shown(letter) for letter in " ".join(text.split()))


def _shown(letter: str) -> str:
    """A picture of an ASCII control character, and the replacement character for all else that is not printable."""
    code = ord(letter)
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


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


def age(since: datetime | None, now: datetime) -> str:
    """How long ago; empty for unknown. A clock that is behind the cluster's reads as `0s`."""
    return duration((now - since).total_seconds()) if since is not None else ""


def roughly(seconds: float) -> str:
    """A guess, in words that do not promise more than it holds: `about 40 s`, `about 3 min`, `about 2 h`."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 95:
        return f"about {max(10, round(seconds / 10) * 10)} s"
    if seconds < 5400:
        return f"about {max(2, round(seconds / 60))} min"
    return f"about {max(2, round(seconds / 3600))} h"


def count(number: int, noun: str) -> str:
    """`1 pod`, `2 pods`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
