"""What an earlier ktui was killed in the middle of."""

from __future__ import annotations

from ktui.actions.audit import AuditLog
from ktui.actions.unfinished import settle_unfinished
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.tui.host import Host


async def say_unfinished(host: Host, connection: Connection) -> None:
    """Say what has become of it, once."""
    for sentence in await settle_unfinished(Api(connection), AuditLog(host.options.audit), host.now):
        host.notify(sentence, severity="warning", timeout=60)
