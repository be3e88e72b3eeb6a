"""Lines of a log as a kubelet writes them."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def stamped(second: int, text: str, nano: int = 0) -> bytes:
    return f"2026-11-23T12:00:{second:02d}.{nano:09d}Z {text}\n".encode()
