"""A Canary with both of its sides, as it is known and as an action on it is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.situation import Situation, situation_of
from ktui.model.changes import Listed, Put
from ktui.model.claims import Place
from ktui.model.objects import ReplicaSet
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    HTTP_ROUTES,
    REPLICASETS,
    SERVICES,
    Resource,
)
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import ControllerRevision
from ktui.plans.plan import Target
from ktui.plans.subject import Known, Subject
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts

Kept = ReplicaSet | ControllerRevision


class KnownCanary(Known[Canary, Kept], frozen=True, kw_only=True):
    """What the streams have brought of it. `revisions` are those of the target."""

    situation: Situation


class CanarySubject(Subject[Canary, Kept], frozen=True, kw_only=True):
    """The same as it was read just now."""

    situation: Situation


AnyCanary = KnownCanary | CanarySubject


def known(store: Store, canary: Canary, remembered: Accounts) -> KnownCanary:
    """A Canary as the screens know it."""
    situation = situation_of(store, canary, None)
    uid = situation.target.workload.metadata.uid if situation.target is not None else ""
    kept: tuple[Kept, ...] = (*store.replicasets(uid), *store.controller_revisions(uid))
    return KnownCanary(workload=canary, revisions=kept, remembered=remembered, situation=situation)


def also(raw: Mapping[str, Any]) -> tuple[tuple[Resource, str], ...]:
    """What an action on it may change instead, or has to know: both workloads, and what leads to them."""
    canary = msgspec.convert(raw, Canary, dec_hook=decode_hook)
    return tuple((resource, place.name) for place in canary.claims if (resource := _resource(place)) is not None)


def _resource(place: Place) -> Resource | None:
    readable = (DEPLOYMENTS, DAEMONSETS, SERVICES, HTTP_ROUTES)
    return next((each for each in readable if (each.group, each.kind) == (place.group, place.kind)), None)


def subject(
    raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
) -> CanarySubject:
    """A Canary from raw objects, `listed` being ReplicaSets and ControllerRevisions. Raises msgspec.ValidationError."""
    canary = msgspec.convert(raw, Canary, dec_hook=decode_hook)
    read: Mapping[tuple[Resource, str], dict[str, Any]] = around.get("also") or {}
    store = Store()
    store.apply(_put(resource, each) for (resource, _), each in read.items())
    store.apply(Listed(resource) for resource in (DEPLOYMENTS, DAEMONSETS))
    kept = {REPLICASETS: listed[0], CONTROLLER_REVISIONS: listed[1] if len(listed) > 1 else ()}
    for resource, raws in kept.items():
        store.apply(_put(resource, each) for each in raws)
    found = known(store, canary, {})
    own = {each.metadata.uid for each in found.revisions}
    return CanarySubject(
        workload=canary,
        revisions=found.revisions,
        raw=raw,
        raw_revisions={
            each["metadata"]["uid"]: each for raws in kept.values() for each in raws if each["metadata"]["uid"] in own
        },
        now=now,
        situation=found.situation,
        **around,
    )


def _put(resource: Resource, raw: dict[str, Any]) -> Put:
    return Put(resource, msgspec.convert(raw, resource.type, dec_hook=decode_hook))


def target_holder(subject: CanarySubject) -> tuple[Target, dict[str, Any]] | Refusal:
    """The workload whose pod template a change goes to: the target, as a target of the plan and whole."""
    source = subject.workload.target
    resource = DAEMONSETS if source.kind == DAEMONSETS.kind else DEPLOYMENTS
    raw = subject.also.get((resource, source.name))
    if not subject.workload.is_of_pods:
        return Refusal(f"its target is {source.kind.lower()}/{source.name}: change it there")
    if raw is None:
        return Refusal(f"the target {source.kind.lower()}/{source.name} could not be read")
    meta = raw["metadata"]
    return Target(meta["namespace"], source.name, meta["uid"], meta["generation"], resource), raw


def is_under_way(known: AnyCanary) -> bool:
    """Whether there is something to abort: an analysis, or a promotion."""
    return known.situation.is_under_way
