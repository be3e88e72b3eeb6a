"""Since when: `7d`, `24h`, a date; and the same in words."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LENGTH: Final = re.compile(r"([0-9]{1,6})([mhdw])")


def since(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """When the period begins that `30m`, `24h`, `7d`, `2w` or a date (`2026-11-01`) means.

    A date is its midnight in `zone`; None is the zone of this machine. Days are 24 hours. Raises ValueError for
    anything else, and for what does not lie before now.
    """
    text = text.strip()
    length = _LENGTH.fullmatch(text)
    try:
        begins = now - int(length[1]) * _UNITS[length[2]] if length else _midnight(date.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise ValueError(f'"{text}" is neither a length of time nor a date') from None
    if begins >= now:
        raise ValueError(f'"{text}" is not in the past')
    return begins


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=zone)
    return midnight if zone is not None else midnight.astimezone()
