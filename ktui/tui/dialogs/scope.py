"""The questions for another namespace, and for another cluster."""

from __future__ import annotations

from typing import Final

from ktui.live.session import Session
from ktui.tui.dialogs.pick import PickScreen

ALL_NAMESPACES: Final = "all namespaces"


async def namespace_picker(session: Session) -> PickScreen:
    """Which namespace to show; empty is all of them."""
    names, note = await session.namespaces()
    choices = [("", ALL_NAMESPACES), *((name, name) for name in names)]
    return PickScreen("Namespace", choices, session.namespace, note=note, free=True)


def context_picker(session: Session) -> PickScreen:
    """Which context of the kubeconfig to connect to."""
    choices, note = session.contexts()
    return PickScreen("Context", choices, session.context, note=note)
