"""Which actions are open now, what each would do, and for those that are not, why not."""

from __future__ import annotations

import msgspec

from ktui.actions.request import Action


class Offer(msgspec.Struct, frozen=True):
    """One action on one Deployment as a footer, a panel or a palette shows it."""

    action: Action
    label: str
    """What it does here: `roll back to 30 (cart:4.9)`."""
    key: str
    """The key that asks for it, as Textual names it."""
    open: bool
    why_not: str = ""
    """One sentence; empty where it is open."""
