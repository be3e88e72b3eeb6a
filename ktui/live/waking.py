"""Waiting that someone can cut short."""

from __future__ import annotations

import asyncio


async def pause(wake: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `wake` is set from now on."""
    wake.clear()
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
