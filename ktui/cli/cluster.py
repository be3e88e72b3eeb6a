"""From settings to a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ktui.cli import printing
from ktui.cli.waiting import waiting
from ktui.kube.auth.access import Access
from ktui.settings import Settings

if TYPE_CHECKING:
    from ktui.kube.auth.chosen import Surroundings
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

    async with waiting() as waits, await connect(access(settings), surroundings()) as connection:
        waits.follow(connection)
        say_notes(connection)
        yield connection
        for note in connection.clock.notes:
            printing.note(f"ktui: {note}")


def surroundings() -> Surroundings:
    """What a command finds around it; when it waits for the server, that is said."""
    from ktui.kube.auth.chosen import Surroundings  # noqa: PLC0415 - as above

    return Surroundings(waiting=lambda sentence: printing.note(f"ktui: {sentence}"))


def say_notes(connection: Connection) -> None:
    """Say on standard error what a person should know of a connection."""
    for note in connection.notes:
        printing.note(f"ktui: {note}")
