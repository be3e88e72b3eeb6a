"""A Rollout with the workload behind it, as it is known and as an action on either is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ktui.kinds.kind import Kind
from ktui.kinds.kruise_rollout.objects import KruiseRollout
from ktui.kinds.kruise_rollout.summary import KindOf, is_running
from ktui.kinds.kruise_rollout.target import is_controlled, released, resource_named, target_of
from ktui.model.objects import ReplicaSet
from ktui.model.resources import CONTROLLER_REVISIONS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import ControllerRevision
from ktui.plans.plan import Plan
from ktui.plans.request import Request
from ktui.plans.subject import Known, Subject
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts
from ktui.text import clean

Kept = ReplicaSet | ControllerRevision


class Behind(msgspec.Struct, frozen=True):
    """The workload of a Rollout: its kind, and what that knows of it as if no Rollout held it."""

    kind: Kind[Any]
    known: Known[Any, Any]
    is_controlled: bool = False

    @property
    def is_under_way(self) -> bool:
        """Whether something rolls out."""
        return self.kind.acting.is_under_way(self.known)


class KnownKruiseRollout(Known[KruiseRollout, Kept], frozen=True, kw_only=True):
    """What the streams have brought of it. `revisions` are those of the workload."""

    behind: Behind | None = None


class KruiseRolloutSubject(Subject[KruiseRollout, Kept], frozen=True, kw_only=True):
    """The same as it was read just now."""

    behind: Behind | None = None


AnyKruiseRollout = KnownKruiseRollout | KruiseRolloutSubject


def known(kind_of: KindOf, store: Store, rollout: KruiseRollout, remembered: Accounts) -> KnownKruiseRollout:
    """A Rollout as the screens know it."""
    target = target_of(store, rollout)
    if target is None:
        return KnownKruiseRollout(workload=rollout, revisions=(), remembered=remembered)
    kind = kind_of(target)
    found = kind.known(store, released(target), remembered)
    return KnownKruiseRollout(
        workload=rollout,
        revisions=found.revisions,
        remembered=remembered,
        behind=Behind(kind, found, is_controlled(target)),
    )


def also(raw: Mapping[str, Any]) -> tuple[tuple[Resource, str], ...]:
    """The workload that it names, by resource and name."""
    rollout = msgspec.convert(raw, KruiseRollout, dec_hook=decode_hook)
    named = ((resource_named(place.group, place.kind), place.name) for place in rollout.claims)
    return tuple((resource, name) for resource, name in named if resource is not None)


def subject(
    kind_of: KindOf, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
) -> KruiseRolloutSubject:
    """A Rollout from raw objects: `listed` are ReplicaSets, ControllerRevisions and pods of the namespace."""
    rollout = msgspec.convert(raw, KruiseRollout, dec_hook=decode_hook)
    read: Mapping[tuple[Resource, str], dict[str, Any]] = around.get("also") or {}
    ((resource, _), raw_target) = next(iter(read.items()), ((None, ""), None))
    if resource is None or raw_target is None:
        return KruiseRolloutSubject(workload=rollout, revisions=(), raw=raw, raw_revisions={}, now=now, **around)
    kind = kind_of(msgspec.convert(raw_target, resource.type, dec_hook=decode_hook))  # type: ignore[arg-type]
    kept = dict(zip((REPLICASETS, CONTROLLER_REVISIONS, PODS), listed, strict=False))
    found = kind.subject(raw_target, [kept.get(each, ()) for each in kind.kept_in], now, **(around | {"also": {}}))
    held = is_controlled(found.workload)
    found = msgspec.structs.replace(found, workload=released(found.workload))
    return KruiseRolloutSubject(
        workload=rollout,
        revisions=found.revisions,
        raw=raw,
        raw_revisions=found.raw_revisions,
        now=now,
        behind=Behind(kind, found, held),
        **around,
    )


def refuse_without(known: AnyKruiseRollout) -> Refusal | None:
    """Why nothing of the workload can be changed: it is not there."""
    if known.behind is not None:
        return None
    source = known.workload.spec.source
    named = clean(f"{source.kind.lower()}/{source.name}")
    return Refusal(f"its workload {named} is not there, or may not be read")


def plan_behind(request: Request, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """The plan of the workload's own kind, as if no Rollout held it."""
    refused = refuse_without(subject)
    if refused is not None or subject.behind is None:
        return refused or Refusal("its workload is not there")
    own: Any = msgspec.structs.replace(subject.behind.known, remembered=subject.remembered)
    return subject.behind.kind.acting.plan(request, own)


def is_under_way(known: AnyKruiseRollout) -> bool:
    """Whether there is something to abort: steps, or a rollout of the workload without them."""
    return is_running(known.workload) or (known.behind is not None and known.behind.is_under_way)
