from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet_servers() -> Iterator[None]:
    """The proxy and the simulator would report each connection that is cut."""
    log = logging.getLogger("aiohttp.server")
    before, log.disabled = log.disabled, True
    yield
    log.disabled = before
