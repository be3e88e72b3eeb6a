"""Every kind of workload that ktui knows, and the one door to what each has of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ktui.kinds.advanced_daemonset.kind import AdvancedDaemonSetKind
from ktui.kinds.advanced_statefulset.kind import AdvancedStatefulSetKind
from ktui.kinds.argo_rollout.kind import ArgoRolloutKind
from ktui.kinds.cloneset.kind import CloneSetKind
from ktui.kinds.daemonset.kind import DaemonSetKind
from ktui.kinds.deployment.kind import DeploymentKind
from ktui.kinds.flagger_canary.kind import FlaggerCanaryKind
from ktui.kinds.kind import Kind
from ktui.kinds.knative_service.kind import KnativeServiceKind
from ktui.kinds.kruise_rollout.kind import KruiseRolloutKind
from ktui.kinds.rivals import of_rivals
from ktui.kinds.statefulset.kind import StatefulSetKind
from ktui.model.resources import EVENTS, PODS, Resource, resource_of
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.model.policies import Policies
    from ktui.rollout.detail import Detail
    from ktui.rollout.history import History
    from ktui.rollout.timeline import Moment, RecordedAction
    from ktui.rollout.track_record import Accounts

KINDS: Final[tuple[Kind[Any], ...]] = (DeploymentKind(), StatefulSetKind(), DaemonSetKind())

EXTENSIONS: Final[list[Kind[Any]]] = [
    ArgoRolloutKind(),
    CloneSetKind(),
    AdvancedStatefulSetKind(),
    AdvancedDaemonSetKind(),
    KruiseRolloutKind(lambda workload: _BY_RESOURCE[resource_of(workload)]),
    FlaggerCanaryKind(),
    KnativeServiceKind(),
]
"""The kinds that a cluster has only if someone has installed their controller."""

WORKLOADS: Final = tuple(kind.resource for kind in KINDS)
"""What rolls out."""

STREAMED: Final = (*WORKLOADS, *dict.fromkeys((*(part for kind in KINDS for part in kind.parts), PODS)), EVENTS)
"""What rollouts are made of, streamed for as long as ktui runs."""

_BY_RESOURCE: Final[dict[Resource, Kind[Any]]] = {kind.resource: kind for kind in (*KINDS, *EXTENSIONS)}


def of_extensions() -> tuple[Resource, ...]:
    """The resources that not every cluster serves: the workloads of each such kind, and what tells how they go."""
    found = (resource for kind in EXTENSIONS for resource in (kind.resource, *kind.parts))
    return tuple(dict.fromkeys(resource for resource in found if resource not in STREAMED))


def of_served(found: Collection[Resource]) -> frozenset[Resource]:
    """Those of these resources that are of a kind which the cluster has: what tells how it goes may be there without.

    Routes and EndpointSlices are not read in a cluster where only another controller has a use for them.
    """
    kinds = (kind for kind in EXTENSIONS if kind.resource in found)
    return frozenset(each for kind in kinds for each in (kind.resource, *kind.parts) if each in found)


def is_folding(found: Collection[Resource]) -> bool:
    """Whether workloads of one of these kinds have others as parts, whose labels need not be theirs."""
    kinds = (kind for kind in EXTENSIONS if kind.resource in found)
    return any(kind.resource.claims or any(part.is_workload for part in kind.parts) for kind in kinds)


def workloads_called(group: str, kind: str) -> Resource | None:
    """The resource of the workloads of that group and kind; None for what does not roll out."""
    return next((each for each in _BY_RESOURCE if (each.group, each.kind) == (group, kind)), None)


@contextmanager
def added(kind: Kind[Any]) -> Iterator[None]:
    """With one more kind, as long as this lasts: how a test brings its own."""
    EXTENSIONS.append(kind)
    _BY_RESOURCE[kind.resource] = kind
    try:
        yield
    finally:
        EXTENSIONS.remove(kind)
        del _BY_RESOURCE[kind.resource]


def kind_of(workload: Workload) -> Kind[Any]:
    """The kind of a workload."""
    return _BY_RESOURCE[resource_of(workload)]


def kind_at(resource: Resource) -> Kind[Any]:
    """The kind of the workloads that this resource holds."""
    return _BY_RESOURCE[resource]


def rollout_of(store: Store, workload: Workload, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
    """The track with what is seen now (None: the first look), and everything known of it, in answers."""
    kind = kind_of(workload)
    seen, rollout = kind.rollout(store, workload, track, now)
    if kind.resource.claims and (rivals := of_rivals(store, workload, holder_of)):
        rollout = msgspec.structs.replace(rollout, causes=(*rollout.causes, *rivals))
    return seen, rollout


def holder_of(workload: Workload) -> str:
    """What holds that workload now, as a command names it; nothing if nothing does."""
    return next((name for kind in EXTENSIONS if (name := kind.holds(workload))), "")


def verdict(workload: Workload) -> Verdict:
    """Judge a workload as the command does that people know, word for word."""
    return kind_of(workload).verdict(workload)


def revisions_of(store: Store, workload: Workload) -> tuple[Revision, ...]:
    """The revisions of a workload with their pods, the newest first."""
    return kind_of(workload).revisions(store, workload)


def detail_of(
    store: Store, workload: Workload, track: Track, now: datetime, policies: Policies | None = None
) -> Detail:
    """Everything that the detail screen shows; `policies` is what acts on its pods, if that was read."""
    return kind_of(workload).detail(store, workload, track, now, policies)


def history_of(
    store: Store, workload: Workload, took: float | None = None, remembered: Accounts | None = None
) -> History:
    """The revisions of a workload.

    `took` is how long the rollout of the live template took, in seconds, `remembered` what is known of those that were
    watched.
    """
    return kind_of(workload).history(store, workload, took, remembered)


def timeline_of(store: Store, workload: Workload, recorded: Sequence[RecordedAction] = ()) -> tuple[Moment, ...]:
    """Everything that is known to have happened to a workload, the oldest first."""
    from ktui.rollout.timeline import timeline  # noqa: PLC0415 - not for the first frame

    return timeline(workload, kind_of(workload).happened(store, workload), recorded)
