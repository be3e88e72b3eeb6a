"""Connections with credentials that change."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from tests.kube.test_connection import Time


@asynccontextmanager
async def to(config: str, time: Time | None = None, **options: Any) -> AsyncIterator[Connection]:
    around = Surroundings(environ=dict(os.environ), clock=time or (lambda: datetime.now(UTC)))
    async with await connect(Access(config, **options), around) as connection:
        yield connection
