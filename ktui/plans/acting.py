"""What can be done to the workloads of one kind: what actions ask of it, apart from how its rollouts are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ktui.plans.offers import Choice, Offer, Rights
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming
from ktui.plans.request import Action
from ktui.plans.subject import AnyKnown, AnySubject
from ktui.rollout.revisions import Refusal

K = TypeVar("K", bound=AnyKnown)
K_contra = TypeVar("K_contra", bound=AnyKnown, contravariant=True)
S = TypeVar("S", bound=AnySubject)


class Offers(Protocol[K_contra]):
    """Which actions are open."""

    def __call__(self, known: K_contra, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
        """Every action, those that are open and those that are not, in the order of a footer."""


class Acting(NamedTuple, Generic[K, S]):
    """What can be done to the workloads of one kind."""

    plan: Callable[[Any, S], Plan | Refusal]
    """What a request comes to, or why it cannot be done: `Plans.plan` of the kind's table."""
    offers: Offers[K]
    is_under_way: Callable[[K], bool]
    """Whether there is something to abort."""
    rollback_revision: Callable[[K], int | Refusal]
    """The number of the revision that a rollback would bring back."""
    coming: Callable[[Plan, S], Coming | None] = lambda _plan, _subject: None
    """The pods that come with a plan, for the quotas; None if none come."""
    choices: Callable[[Action, K], tuple[Choice, ...]] = lambda _action, _known: ()
    """What an action may mean here, if that has to be asked; none, or one, if it means one thing."""
