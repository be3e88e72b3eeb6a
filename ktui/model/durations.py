"""Lengths of time as Go writes them (`time.ParseDuration`): `90`, `1h30m`, `1.5s`."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST: Final = 2**31 - 1
"""Seconds that an int32 of the API holds."""


def seconds(text: int | str) -> float | None:
    """That length in seconds: a number is one of seconds. None for what is no length, or a negative one."""
    if isinstance(text, int):
        return float(text) if 0 <= text <= _LONGEST else None
    plain = text.removeprefix("+")
    if plain.isascii() and plain.isdecimal() and len(plain) <= 10:
        return float(plain) if int(plain) <= _LONGEST else None
    total, at = 0.0, 0
    for part in _PART.finditer(plain):
        if part.start() != at:
            return None
        total += float(part[1]) * _UNITS[part[2]]
        at = part.end()
    return total if plain and at == len(plain) and total <= _LONGEST else None
