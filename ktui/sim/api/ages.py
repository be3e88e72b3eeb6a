"""Times as the API server and kubectl show them: parsed from RFC 3339, shown as an age such as ``3m12s``."""

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY


def parsed(text: str | None) -> datetime | None:
    """A time from an object, or None where there is none."""
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC)


def age(since: str | None, now: datetime) -> str:
    """How long ago, as a column shows it."""
    start = parsed(since)
    return "<unknown>" if start is None else human(int((now - start).total_seconds()))


def human(seconds: int) -> str:
    """A duration in at most two units, the finer one only while it matters (apimachinery's ``HumanDuration``)."""
    if seconds < -1:
        return "<invalid>"
    if seconds < 2 * _MINUTE:
        return f"{max(seconds, 0)}s"
    if seconds < 10 * _MINUTE:
        return _two(seconds, _MINUTE, "m", 1, "s")
    if seconds < 3 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 8 * _HOUR:
        return _two(seconds, _HOUR, "h", _MINUTE, "m")
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    if seconds < 8 * _DAY:
        return _two(seconds, _DAY, "d", _HOUR, "h")
    if seconds < 2 * _YEAR:
        return f"{seconds // _DAY}d"
    if seconds < 8 * _YEAR:
        return _two(seconds, _YEAR, "y", _DAY, "d")
    return f"{seconds // _YEAR}y"


def _two(seconds: int, coarse: int, coarse_unit: str, fine: int, fine_unit: str) -> str:
    rest = seconds % coarse // fine
    return f"{seconds // coarse}{coarse_unit}" + (f"{rest}{fine_unit}" if rest else "")
