"""What can be done to a workload of any kind: the one door to what each kind has of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from ktui.model.changes import Resource, resource_of
from ktui.model.reference import reference_to
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.plans.change_cause import cause_of, takes_cause, with_cause
from ktui.plans.controller_revisions import door as controller_revisions
from ktui.plans.deployment import door as deployment
from ktui.plans.offers import Offer, Rights
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming, quota_warnings
from ktui.plans.request import Request
from ktui.plans.subject import AnyKnown, AnySubject, Known, Subject
from ktui.plans.subject import subject as build
from ktui.plans.wording import command
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts


class Door(Protocol):
    """What a kind of workload has of its own about actions. The modules `door` of its folders are such."""

    @property
    def PARTS(self) -> tuple[Resource, ...]:  # noqa: N802 - a constant of a module
        """What an action on it is planned on besides: first what keeps its revisions, then its pods if they matter."""

    def plan(self, request: Request, subject: Subject[Any, Any]) -> Plan | Refusal:
        """What a request comes to, or why it cannot be done."""

    def coming(self, plan: Plan, subject: Subject[Any, Any]) -> Coming | None:
        """The pods that come with a plan, for the quotas."""

    def offers(
        self, known: Known[Any, Any], *, read_only: bool = ..., rights: Rights | None = ...
    ) -> tuple[Offer, ...]:
        """Every action, those that are open and those that are not, in the order of a footer."""

    def is_under_way(self, known: Known[Any, Any]) -> bool:
        """Whether there is something to abort."""

    def rollback_revision(self, known: Known[Any, Any]) -> int | Refusal:
        """The number of the revision that a rollback would bring back."""


_DOORS: Final[Mapping[Resource, Door]] = {
    Resource.DEPLOYMENTS: deployment,
    Resource.STATEFULSETS: controller_revisions,
    Resource.DAEMONSETS: controller_revisions,
}


def _door(workload: Workload) -> Door:
    return _DOORS[resource_of(workload)]


def parts(resource: Resource) -> tuple[Resource, ...]:
    """What is read with a workload of that kind: first what keeps its revisions."""
    return _DOORS[resource].PARTS


def subject(
    resource: Resource, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
) -> AnySubject:
    """Build a subject from raw objects, `listed` in the order of `parts`.

    `around` are the other members of `Subject`. Raises msgspec.ValidationError for what is not one of these objects.
    """
    kept_as, kind = parts(resource)[0].type, resource.type
    found: Subject[Any, Any] = build(kind, kept_as, raw, *listed, now=now, **around)
    return found


def known(store: Store, workload: Workload, remembered: Accounts | None = None) -> AnyKnown:
    """What the streams have brought of a workload."""
    uid, of = workload.metadata.uid, parts(resource_of(workload))
    kept_as = store.replicasets if of[0] is Resource.REPLICASETS else store.controller_revisions
    pods = tuple(store.pods(uid)) if Resource.PODS in of else ()
    return Known(workload=workload, revisions=tuple(kept_as(uid)), pods=pods, remembered=remembered or {})


def plan(request: Request, subject: AnySubject) -> Plan | Refusal:
    """What a request comes to on a workload as it is now, or why it cannot be done."""
    door = _door(subject.workload)
    made = door.plan(request, subject)
    if isinstance(made, Refusal):
        return made
    if subject.quotas:
        warnings = quota_warnings(made, subject, door.coming(made, subject))
        made = msgspec.structs.replace(made, warnings=(*made.warnings, *warnings))
    if not takes_cause(request):
        return made
    annotate = command(subject, "annotate", reference_to(subject.workload).full)
    cause, made = cause_of(request), msgspec.structs.replace(made, annotate=annotate)
    return with_cause(made, cause) if cause else made


def offers(known: AnyKnown, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on a workload, those that are open and those that are not, in the order of a footer."""
    return _door(known.workload).offers(known, read_only=read_only, rights=rights)


def is_under_way(known: AnyKnown) -> bool:
    """Whether there is something to abort: a rollout, or a canary that is held."""
    return _door(known.workload).is_under_way(known)


def rollback_revision(known: AnyKnown) -> int | Refusal:
    """The number of the revision that a rollback would bring back, or why there is none."""
    return _door(known.workload).rollback_revision(known)
