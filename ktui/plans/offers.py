"""Which actions are open now, what each would do here, and for those that are not, why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Final, NamedTuple

import msgspec

from ktui.kube.api import Api
from ktui.model.changes import Resource
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.template import PodTemplate
from ktui.plans.deployment.canary import promote_label, refuse_canary, refuse_promote_held
from ktui.plans.deployment.pausing import refuse_pause, refuse_promote, refuse_resume
from ktui.plans.deployment.repair import refuse_repair, repair_label
from ktui.plans.deployment.rollback import abort_target, rollback_target
from ktui.plans.deployment.template_change import refuse_restart
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted, image_of
from ktui.rollout.hold import Hold, hold_of
from ktui.rollout.revisions import Refusal, revision
from ktui.rollout.track_record import Accounts

READ_ONLY: Final = "ktui is read-only"

_FRESH: Final = 60.0
"""Seconds for which an access review counts: rights change seldom, and a footer asks often."""


class Permission(NamedTuple):
    """A right that the API server grants or not."""

    verb: str
    group: str
    resource: str
    subresource: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f"/{self.subresource}" if self.subresource else "")


def needed(action: Action, resource: Resource = Resource.DEPLOYMENTS) -> Permission:
    """The right that an action on that kind of workload needs."""
    return Permission("patch", "apps", resource.plural, "scale" if action is Action.SCALE else "")


PATCH: Final = needed(Action.PAUSE)
PATCH_SCALE: Final = needed(Action.SCALE)


Rights = Mapping[Permission, bool]
"""What the server allows; a right that is not in it has not been asked for yet."""


class Reviews:
    """SelfSubjectAccessReviews on workloads, each remembered for a minute."""

    def __init__(self, api: Api, clock: Callable[[], float] = monotonic) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[tuple[str, str, Permission], tuple[float, bool]] = {}

    async def rights(self, namespace: str, name: str, resource: Resource = Resource.DEPLOYMENTS) -> Rights:
        """What we may do with that workload. Raises KubeError."""
        wanted = (needed(Action.PAUSE, resource), needed(Action.SCALE, resource))
        answers = await asyncio.gather(*(self._allowed(namespace, name, each) for each in wanted))
        return dict(zip(wanted, answers, strict=True))

    async def _allowed(self, namespace: str, name: str, permission: Permission) -> bool:
        key = (namespace, name, permission)
        until, allowed = self._known.get(key, (0.0, False))
        if self._clock() >= until:
            verb, group, resource, subresource = permission
            answer = await self._api.access_review(
                verb, group, resource, subresource=subresource, namespace=namespace, name=name
            )
            allowed = answer.allowed
            self._known[key] = (self._clock() + _FRESH, allowed)
        return allowed


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


def open_actions(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    *,
    read_only: bool = False,
    rights: Rights | None = None,
    remembered: Accounts | None = None,
) -> tuple[Offer, ...]:
    """Every action on that Deployment, those that are open and those that are not.

    Of pause and resume, and of canary and repair, which share a key, the one that fits is offered. If two would do the
    very same, one has `instead`. A right that has not been asked for yet closes nothing: the server has the last word
    anyway.
    """

    offer = partial(offered, Resource.DEPLOYMENTS, read_only=read_only, rights=rights or {})
    paused = deployment.spec.paused
    hold = hold_of(deployment, replicasets)
    gone = being_deleted(deployment)
    back = rollback_target(deployment, replicasets, remembered=remembered)
    abort = abort_target(deployment, replicasets, remembered)
    ways_back = [
        offer(Action.ROLLBACK, _back_label("roll back", back, deployment.spec.template), "b", _refusal(back)),
        offer(Action.ABORT, _back_label("abort: back", abort, deployment.spec.template), "a", _refusal(abort)),
    ]
    if hold is not None and hold.is_real:
        # Where there is room for one only, that is the word that belongs to a canary.
        ways_back.reverse()
    if isinstance(back, ReplicaSet) and isinstance(abort, ReplicaSet) and back.metadata.uid == abort.metadata.uid:
        ways_back = one_way_back(ways_back, waits=paused or (hold is not None and hold.is_real))
    promote = offer(
        Action.PROMOTE, _promote_label(deployment, hold), "p", _refuse_promote(deployment, replicasets, hold)
    )
    if paused and promote.open and (hold is None or not hold.is_real):
        promote = msgspec.structs.replace(promote, instead=Action.RESUME)
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(deployment))
        if paused
        else offer(Action.PAUSE, "pause", "space", refuse_pause(deployment)),
        promote,
        *ways_back,
        offer(Action.REPAIR, repair_label(hold, deployment), "C", refuse_repair(deployment, hold))
        if hold is not None and hold.disturbance is not None
        else offer(Action.CANARY, "canary", "C", refuse_canary(deployment, replicasets)),
        offer(Action.SET_IMAGE, "set image", "i", gone),
        offer(Action.SCALE, "scale", "s", gone),
        offer(Action.RESTART, "restart", "R", refuse_restart(deployment)),
    )


def one_way_back(offers: Sequence[Offer], *, waits: bool) -> list[Offer]:
    """Abort and roll back to the same revision, as one: what waits for a person is aborted, all else is rolled back."""
    kept = Action.ABORT if waits else Action.ROLLBACK
    return [each if each.action is kept else msgspec.structs.replace(each, instead=kept) for each in offers]


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


def _refuse_promote(deployment: Deployment, replicasets: Sequence[ReplicaSet], hold: Hold | None) -> Refusal | None:
    if hold is not None and hold.is_real:
        return refuse_promote_held(deployment, hold)
    return refuse_promote(deployment, replicasets)


def _promote_label(deployment: Deployment, hold: Hold | None) -> str:
    if hold is not None and hold.is_real:
        return promote_label(hold)
    return "promote: resume to the end" if deployment.spec.paused else "promote"


def _back_label(verb: str, found: ReplicaSet | Refusal, live: PodTemplate) -> str:
    if isinstance(found, Refusal):
        return verb.partition(":")[0]
    image = image_of(found.spec.template, live)
    return f"{verb} to {revision(found)}" + (f" ({image})" if image else "")


def _refusal(found: ReplicaSet | Refusal) -> Refusal | None:
    return found if isinstance(found, Refusal) else None
