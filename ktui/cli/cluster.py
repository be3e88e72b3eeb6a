"""From settings to a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ktui.kube.access import Access
from ktui.settings import Settings

if TYPE_CHECKING:
    from ktui.kube.connection import Connection


def access(settings: Settings) -> Access:
    """Which cluster, as whom."""
    return Access(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        namespace=settings.namespace,
        as_user=settings.as_user,
        as_groups=settings.as_groups,
        request_timeout=settings.timeout,
    )


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Connection]:
    """A connection for as long as the command runs. Raises KubeError."""
    # The dashboard draws its first frame before it imports an HTTP client.
    from ktui.kube.connection import connect  # noqa: PLC0415

    async with await connect(access(settings)) as connection:
        yield connection


def kubectl_call(settings: Settings, connection: Connection) -> tuple[str, ...]:
    """kubectl for the same cluster as the same user, however the shell is set up that it is pasted into."""
    call = ["kubectl"]
    if settings.kubeconfig:
        call += ["--kubeconfig", settings.kubeconfig]
    if connection.context:
        call += ["--context", connection.context]
    if settings.as_user:
        call += ["--as", settings.as_user]
    for group in settings.as_groups:
        call += ["--as-group", group]
    return tuple(call)
