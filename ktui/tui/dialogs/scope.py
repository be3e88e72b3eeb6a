"""The questions for another namespace, and for another cluster."""

from __future__ import annotations

from typing import Final

from ktui.live.session import Session
from ktui.tui.dialogs.pick import Found, PickScreen

ALL_NAMESPACES: Final = "all namespaces"


def namespace_picker(session: Session) -> PickScreen:
    """Which namespace to show; empty is all of them. It opens at once, and asks the server for the names."""

    async def find() -> Found:
        names, note = await session.namespaces()
        return [("", ALL_NAMESPACES), *((name, name) for name in names)], note

    return PickScreen("Namespace", (), session.namespace, note="asking the server…", free=True, find=find)


def context_picker(session: Session) -> PickScreen:
    """Which context of the kubeconfig to connect to."""
    choices, note = session.contexts()
    return PickScreen("Context", choices, session.context, note=note)
