"""A plan: everything that a person should know before saying yes, and exactly what is sent then."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS, Resource
from ktui.plans.patch import Patch
from ktui.plans.request import Action, AnyRequest, action_of

SCALE: Final = "scale"
"""The subresource that is a number of pods alone."""

STATUS: Final = "status"
"""The subresource in which some controllers take their orders."""


class Target(msgspec.Struct, frozen=True):
    """The very object that is meant, as it was when the plan was made."""

    namespace: str
    name: str
    uid: str
    generation: int
    """0 for an object that has none, such as a Service."""
    resource: Resource = DEPLOYMENTS

    def __str__(self) -> str:
        return called(self.resource, self.namespace, self.name)


def called(resource: Resource, namespace: str, name: str) -> str:
    """What sentences call an object: a Deployment `shop/cart`, others with their kind, `Argo Rollout shop/cart`."""
    kind = "" if resource is DEPLOYMENTS else f"{resource.title} "
    return f"{kind}{namespace}/{name}"


class PodToDelete(msgspec.Struct, frozen=True):
    """A pod that is deleted after the patch, because its StatefulSet would wait for it indefinitely."""

    name: str
    uid: str


class Undo(msgspec.Struct, frozen=True):
    """How to take an action back: in a sentence, and as a request; None where no single action does."""

    sentence: str
    request: AnyRequest | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes to on an object as it is now. Nothing is sent until `perform.perform`.

    `patch` begins with the tests that make it fail on anything but the target. Texts are clean: no control characters.
    """

    request: AnyRequest
    title: str
    """`Roll back shop/cart to revision 30 (cart:4.9)`."""
    done: str = ""
    """What is so once the server has taken it, to follow the target: `set to cart:5.1`."""
    begun: str = ""
    """What only begins then, and takes its time: `rollback to revision 30 (cart:4.9)`. One of both is given."""
    target: Target
    no_abort: str = ""
    """Why the rollout that begins can never be aborted, whatever becomes of it; nothing where it can."""
    patch: Patch
    effects: tuple[str, ...]
    """What will happen, in sentences with numbers."""
    warnings: tuple[str, ...] = ()
    """What may go otherwise than expected, or undo the action."""
    insist: str = ""
    """Why this is asked about twice, in a sentence; nearly always nothing."""
    undo: Undo
    commands: tuple[str, ...]
    """The kubectl commands that do the same, ready for a shell; one after another where there are several."""
    before: dict[str, Any]
    """The object that is patched, as it was read."""
    after: dict[str, Any]
    """What the patch makes of it, server's defaults and admission aside."""
    annotate: str = ""
    """The beginning of the kubectl command that annotates the object, if a change-cause can be given with it."""
    subresource: str = ""
    """`scale` or `status` where that is patched instead of the object itself."""
    then: Patch = ()
    """What is patched of the object itself after that: its spec, where the first patch is of its status."""
    asked_of: Reference | None = None
    """The workload that the action was asked of, if the object that is patched is another."""
    rolled_out_by: Reference | None = None
    """What else rolls out the template that changes, and so tells how that goes."""
    deletes: tuple[PodToDelete, ...] = ()
    """The pods that are deleted once the controller has seen the patch; nearly always none."""

    @property
    def action(self) -> Action:
        """Which action this is."""
        return action_of(self.request)

    @property
    def followed(self) -> Reference:
        """The workload whose rollout tells how it goes."""
        return self.rolled_out_by or self.asked_of or Reference(self.target.name, self.target.resource)

    @property
    def is_followed_elsewhere(self) -> bool:
        """Whether that is another object than the one that is patched."""
        return self.rolled_out_by is not None or self.asked_of is not None

    @property
    def done_sentence(self) -> str:
        """What to say once the server has taken it: never that something is complete which only begins."""
        return f"{self.target}: {self.begun} sent." if self.begun else f"{self.target} {self.done}."

    @property
    def path(self) -> str:
        """The URL path of what is patched."""
        return self.target.resource.path(self.target.namespace, self.target.name, self.subresource)

    @property
    def object_path(self) -> str:
        """The URL path of the target itself."""
        return self.target.resource.path(self.target.namespace, self.target.name)

    @property
    def whole(self) -> Patch:
        """Both patches as one, where the target has no path for its status alone."""
        return (*self.patch, *(operation for operation in self.then if operation["op"] != "test"))
