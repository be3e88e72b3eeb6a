"""Times as every document has them."""

from __future__ import annotations

from datetime import datetime


def timestamp(moment: datetime | None) -> str | None:
    """RFC 3339, with Z for UTC; null for what is not known."""
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None
