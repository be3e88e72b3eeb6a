"""The workload of a Rollout, and what it is apart from how the Rollout holds it.

While it runs, a Deployment is paused, of strategy Recreate or without any availability, and other workloads are held by
their partition. No person did that, and all of it goes at the end: what counts meanwhile is what it was before.
"""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from ktui.kinds.kruise_rollout.objects import BatchRelease, KruiseRollout
from ktui.model.objects import HOLD_SECONDS, NO_DEADLINE, Deployment, RollingUpdate, Strategy
from ktui.model.reading import NotRead, read
from ktui.model.resources import Resource, known_resources
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.text import clean

IN_PROGRESS: Final = "rollouts.kruise.io/in-progressing"
CONTROL: Final = "batchrelease.rollouts.kruise.io/control-info"
PARTITION_STYLE: Final = "rollouts.kruise.io/deployment-strategy"
"""On a Deployment that is updated in steps: its own strategy, which is Recreate meanwhile."""
BLUE_GREEN_STYLE: Final = "rollouts.kruise.io/original-deployment-strategy"
"""On one of blue-green: what its settings were."""


class _Original(msgspec.Struct, rename="camel"):
    """The settings of before, in either of the annotations."""

    rolling_update: RollingUpdate | None = None
    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None


_ORIGINAL: Final = msgspec.json.Decoder(_Original)


def resource_named(group: str, kind: str) -> Resource | None:
    """The resource of a workload that a Rollout names."""
    found = (each for each in known_resources() if each.is_workload)
    return next((each for each in found if (each.group, each.kind) == (group, kind)), None)


def target_of(store: Store, rollout: KruiseRollout) -> Workload | None:
    """The workload that it takes through its steps, if it is there."""
    for place in rollout.claims:
        resource = resource_named(place.group, place.kind)
        if resource is not None:
            found: Any = store.named(resource.type, place.namespace, place.name)
            return cast(Workload | None, found)
    return None


def extra_of(store: Store, rollout: KruiseRollout) -> Deployment | None:
    """The second Deployment, which has the new pods of a canary with pods of its own."""
    for release in store.parts(rollout.metadata.uid, BatchRelease):
        for found in store.parts(release.metadata.uid, Deployment):
            return found
    return None


def is_controlled(workload: Workload) -> bool:
    """Whether a Rollout holds it now."""
    return IN_PROGRESS in workload.metadata.annotations or CONTROL in workload.metadata.annotations


class _Holder(msgspec.Struct, rename="camel"):
    """What the annotations say of who holds it: the Rollout, or its BatchRelease, which has the same name."""

    rollout_name: str = ""
    name: str = ""


_HOLDER: Final = msgspec.json.Decoder(_Holder)


def holder_of(workload: Workload) -> str:
    """The name of the Rollout that holds it now; empty if none does."""
    notes = workload.metadata.annotations
    for text in (notes.get(IN_PROGRESS), notes.get(CONTROL)):
        if text is None:
            continue
        try:
            found = read(_HOLDER, text)
        except NotRead:
            continue
        if found.rollout_name or found.name:
            return clean(found.rollout_name or found.name)
    return ""


def released(workload: Any) -> Any:
    """The workload as it would be if no Rollout held it."""
    if not is_controlled(workload):
        return workload
    if isinstance(workload, Deployment):
        return _released_deployment(workload)
    strategy = getattr(workload.spec, "update_strategy", None)
    if strategy is None:
        return workload
    rolling = strategy.rolling_update
    if rolling is not None:
        rolling = _without_hold(rolling)
    freed = _without_hold(msgspec.structs.replace(strategy, rolling_update=rolling))
    return msgspec.structs.replace(workload, spec=msgspec.structs.replace(workload.spec, update_strategy=freed))


def _without_hold(fields: Any) -> Any:
    members = {name: None for name in ("partition", "paused") if name in fields.__struct_fields__}
    return msgspec.structs.replace(fields, **members)


def _released_deployment(deployment: Deployment) -> Deployment:
    notes, spec = deployment.metadata.annotations, deployment.spec
    original = _original(notes.get(PARTITION_STYLE)) or _original(notes.get(BLUE_GREEN_STYLE))
    rolling = spec.strategy.rolling_update
    if original is not None:
        rolling = original.rolling_update or RollingUpdate(original.max_surge, original.max_unavailable)
    seconds = (
        original.min_ready_seconds if original is not None and is_blue_green(deployment) else spec.min_ready_seconds
    )
    limit = spec.progress_deadline_seconds
    if limit == NO_DEADLINE:
        limit = original.progress_deadline_seconds if original is not None else None
    return msgspec.structs.replace(
        deployment,
        spec=msgspec.structs.replace(
            spec,
            paused=False,
            strategy=Strategy(rolling_update=rolling),
            min_ready_seconds=seconds,
            progress_deadline_seconds=limit,
        ),
    )


def is_blue_green(workload: Workload) -> bool:
    """Whether no pod counts as available, so that all old ones stay: readiness is all that there is."""
    return workload.spec.min_ready_seconds == HOLD_SECONDS


def _original(text: str | None) -> _Original | None:
    if text is None:
        return None
    try:
        return read(_ORIGINAL, text)
    except NotRead:
        return None
