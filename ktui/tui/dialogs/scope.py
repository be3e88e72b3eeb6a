"""The questions for another namespace, and for another cluster."""

from __future__ import annotations

from typing import Final, Literal

from ktui.live.session import Session
from ktui.tui.dialogs.pick import Found, PickScreen

ALL_NAMESPACES: Final = "all namespaces"

Picked = Literal["namespace", "context"]


def picker(what: Picked, session: Session) -> PickScreen:
    """The question for one of both."""
    return _namespace_picker(session) if what == "namespace" else _context_picker(session)


def is_elsewhere(what: Picked, chosen: str, session: Session) -> bool:
    """Whether what was chosen is not what is shown already."""
    if what == "namespace":
        return chosen != session.namespace
    return chosen != session.context or session.is_doubtful


def _namespace_picker(session: Session) -> PickScreen:
    """Which namespace to show; empty is all of them. It opens at once, and asks the server for the names."""

    async def find() -> Found:
        names, note = await session.namespaces()
        return [("", ALL_NAMESPACES), *((name, name) for name in names)], note

    return PickScreen("Namespace", (), session.namespace, note="asking the server…", free=True, find=find)


def _context_picker(session: Session) -> PickScreen:
    """Which context of the kubeconfig to connect to."""
    choices, note = session.contexts()
    return PickScreen("Context", choices, session.context, note=note)
