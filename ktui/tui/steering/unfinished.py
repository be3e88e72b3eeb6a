"""What an earlier ktui was killed in the middle of."""

from __future__ import annotations

import asyncio
from typing import Final

from ktui.actions.audit import AuditLog
from ktui.actions.unfinished import settle_unfinished
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.tui.host import Host

_AGAIN: Final = 10.0
"""Seconds between two looks at what may still arrive."""


async def say_unfinished(host: Host, connection: Connection) -> None:
    """Say what has become of it, once; where that is not known yet, say so, and look until it is."""
    api, log, said = Api(connection), AuditLog(host.options.audit), set[str]()
    while True:
        settled = await settle_unfinished(api, log, host.now)
        for sentence in settled.known:
            host.notify(sentence, severity="warning", timeout=60)
        for sentence in settled.open:
            if sentence not in said:
                host.notify(f"{sentence} ktui keeps checking.", severity="warning", timeout=60)
        said.update(settled.open)
        if not settled.open:
            return
        await asyncio.sleep(_AGAIN)
