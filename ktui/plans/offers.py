"""Which actions are open now, what each would do here, and for those that are not, why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from ktui.model.resources import DEPLOYMENTS, Resource
from ktui.model.template import PodTemplate
from ktui.plans.request import Action, Request
from ktui.plans.wording import image_of
from ktui.rollout.revisions import Refusal

READ_ONLY: Final = "ktui is read-only"


class Permission(NamedTuple):
    """A right that the API server grants or not."""

    verb: str
    group: str
    resource: str
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f"/{self.subresource}" if self.subresource else "")


def needed(action: Action, resource: Resource = DEPLOYMENTS) -> Permission:
    """The right that an action on that kind of workload needs."""
    subresource = "scale" if action is Action.SCALE else resource.steered_by if action in _ORDERS else ""
    return Permission("patch", resource.group, resource.plural, subresource)


_ORDERS: Final = (Action.PROMOTE, Action.ABORT, Action.RETRY)
"""What some controllers take as an order in a subresource."""


PATCH: Final = needed(Action.PAUSE)
PATCH_SCALE: Final = needed(Action.SCALE)


Rights = Mapping[Permission, bool]
"""What the server allows; a right that is not in it has not been asked for yet."""


class Offer(msgspec.Struct, frozen=True):
    """One action on one workload as a footer, a panel or a palette shows it."""

    action: Action
    label: str
    """What it does here: `roll back to 30 (cart:4.9)`."""
    key: str
    """The key that asks for it, as Textual names it."""
    open: bool
    why_not: str = ""
    """One sentence; empty where it is open."""
    instead: Action | None = None
    """The action that does the very same here, and whose name fits better: this one's key does that one."""


class Choice(NamedTuple):
    """One thing that an action may mean."""

    label: str
    request: Request


def offered(
    resource: Resource,
    action: Action,
    label: str,
    key: str,
    refused: Refusal | None,
    *,
    read_only: bool,
    rights: Rights,
) -> Offer:
    """The offer of an action on that kind of workload: open unless something closes it."""
    permission = needed(action, resource)
    if read_only:
        why_not = READ_ONLY
    elif not rights.get(permission, True):
        why_not = f"not allowed: you may not {permission}"
    else:
        why_not = refused.reason if refused is not None else ""
    return Offer(action, label, key, not why_not, why_not)


Offering = Callable[[Action, str, str, Refusal | None], Offer]
"""`offered` of one workload: action, label, key, and why it is refused."""


class Earlier(NamedTuple):
    """A revision that a rollback or an abort brings back."""

    uid: str
    number: int
    template: PodTemplate | None


def ways_back(
    offer: Offering,
    back: Earlier | Refusal,
    abort: Earlier | Refusal,
    live: PodTemplate | None,
    *,
    is_canary: bool,
    waits: bool,
) -> tuple[Offer, ...]:
    """The offers of rollback and abort. If there is room for one only, abort is the word that belongs to a canary.

    Both to the same revision are one: what waits for a person is aborted, all else is rolled back.
    """
    found = [
        offer(Action.ROLLBACK, _back_label("roll back", back, live), "b", _refusal(back)),
        offer(Action.ABORT, _back_label("abort: back", abort, live), "a", _refusal(abort)),
    ]
    if is_canary:
        found.reverse()
    if isinstance(back, Earlier) and isinstance(abort, Earlier) and back.uid == abort.uid:
        kept = Action.ABORT if waits else Action.ROLLBACK
        found = [each if each.action is kept else msgspec.structs.replace(each, instead=kept) for each in found]
    return tuple(found)


def _back_label(verb: str, found: Earlier | Refusal, live: PodTemplate | None) -> str:
    if isinstance(found, Refusal):
        return verb.partition(":")[0]
    image = image_of(found.template, live)
    return f"{verb} to {found.number}" + (f" ({image})" if image else "")


def _refusal(found: Earlier | Refusal) -> Refusal | None:
    return found if isinstance(found, Refusal) else None
