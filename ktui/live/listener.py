"""What the live part of ktui needs from the program that runs it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ktui.live.live import Live
from ktui.model.changes import Change

if TYPE_CHECKING:
    from ktui.kube.connection import Connection

Severity = Literal["information", "warning", "error"]


class Listener(Protocol):
    """Has the live state, hears what changes it, and shows what it is asked to say."""

    @property
    def live(self) -> Live:
        """What is known of the scope that is shown."""

    @property
    def connection(self) -> Connection | None:
        """The connection to the cluster, while there is one."""

    def now(self) -> datetime:
        """The time that ages are counted to."""

    def begin_anew(self) -> None:
        """Another cluster or scope: nothing of what was known holds."""

    def connected(self, connection: Connection) -> None:
        """A connection was made."""

    def heard(self, changes: Iterable[Change]) -> None:
        """Changes came in."""

    def draw_soon(self) -> None:
        """Something else than the live state changed that is shown."""

    def notify(self, message: str, *, severity: Severity = ..., timeout: float | None = ...) -> None:
        """Say something to the person; it goes away after `timeout` seconds."""

    def run_worker(
        self,
        work: Coroutine[Any, Any, object] | Callable[[], Coroutine[Any, Any, object]],
        *,
        group: str = ...,
        exclusive: bool = ...,
    ) -> object:
        """Run this beside the rest; with `exclusive`, instead of what else there is in that group."""
