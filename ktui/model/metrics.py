"""What a metrics server measured (metrics.k8s.io)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec


class Used(msgspec.Struct, frozen=True):
    """What one container uses: cores and bytes. None: the server's text for it is no quantity."""

    cpu: Decimal | None
    memory: Decimal | None


class Sample(msgspec.Struct, frozen=True):
    """What was measured of one pod: until when, over how many seconds, and each container of it."""

    pod: str
    at: datetime | None
    window: float
    containers: Mapping[str, Used]
