"""The two sides of a Canary: the target, which is at 0 at rest, and the primary that was made from it and serves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ktui.kinds.controller_revisions.revisions import as_revision, pods_by_revision
from ktui.kinds.flagger_canary.objects import Workload
from ktui.kinds.replica_sets.progress import side_of
from ktui.kinds.replica_sets.revisions import kept_by
from ktui.model.objects import REVISION, REVISION_HISTORY, Deployment, Pod, ReplicaSet, condition_of
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import ControllerRevision, DaemonSet
from ktui.rollout.facts import Revision
from ktui.rollout.podstatus import is_available, is_ready
from ktui.rollout.progress import Side
from ktui.rollout.status import AVAILABLE, DEADLINE_EXCEEDED, PROGRESSING

NOBODY = Side()

FLAGGER = "flagger"
"""The field manager of the controller."""


class Half(msgspec.Struct, frozen=True):
    """One of both, with its revisions, the newest first."""

    workload: Workload
    revisions: tuple[Revision, ...]
    new: Side
    """The pods of its own template."""
    old: Side

    @property
    def name(self) -> str:
        """What it is called."""
        return self.workload.metadata.name

    @property
    def template(self) -> PodTemplate:
        """What its pods are made from."""
        return self.workload.spec.template

    @property
    def all(self) -> Side:
        """All of its pods."""
        return together(self.new, self.old)

    @property
    def current(self) -> Revision | None:
        """The revision of its template; None where its controller has not made it."""
        return next((each for each in self.revisions if each.is_current), None)

    @property
    def desired(self) -> int:
        """How many pods it is to have."""
        if isinstance(self.workload, DaemonSet):
            return self.workload.status.desired_number_scheduled
        return self.workload.spec.desired

    @property
    def available(self) -> int:
        """How many pods are available, as its own controller counts them."""
        if isinstance(self.workload, DaemonSet):
            return self.workload.status.number_available
        return self.workload.status.available_replicas

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods of its template."""
        return self.current.pods if self.current is not None else ()

    @property
    def is_updated(self) -> bool:
        """Whether all of its pods are of its template, and available (`isDeploymentReady` of pkg/canary)."""
        if not self.workload.observed:
            return False
        if isinstance(self.workload, DaemonSet):
            numbers = self.workload.status
            wanted = numbers.desired_number_scheduled
            return numbers.updated_number_scheduled >= wanted and numbers.number_available >= wanted
        counts = self.workload.status
        return (
            counts.updated_replicas >= self.workload.spec.desired
            and counts.replicas <= counts.updated_replicas
            and counts.available_replicas >= counts.updated_replicas
        )

    @property
    def is_late(self) -> bool:
        """Whether its own controller says that its deadline has passed."""
        condition = condition_of(self.workload.status.conditions, PROGRESSING)
        return condition is not None and condition.reason == DEADLINE_EXCEEDED and self.workload.observed

    @property
    def short_since(self) -> datetime | None:
        """Since when it has fewer pods than it must have, which Flagger's own deadline counts from."""
        condition = condition_of(self.workload.status.conditions, AVAILABLE)
        if condition is None or condition.status != "False":
            return None
        return condition.last_update_time or condition.last_transition_time

    @property
    def written(self) -> datetime | None:
        """When someone else than Flagger last wrote its template."""
        return next((each.time for each in self.workload.metadata.template_writers if each.manager != FLAGGER), None)


def together(one: Side, other: Side) -> Side:
    """Two sides as one."""
    is_known = one.terminating is not None and other.terminating is not None
    terminating = (one.terminating or 0) + (other.terminating or 0) if is_known else None
    return Side(
        wanted=one.wanted + other.wanted,
        existing=one.existing + other.existing,
        ready=one.ready + other.ready,
        available=one.available + other.available,
        terminating=terminating,
    )


def half_of(store: Store, workload: Workload | None, now: datetime | None) -> Half | None:
    """One side as it is known; None where there is none."""
    if workload is None:
        return None
    uid = workload.metadata.uid
    if isinstance(workload, DaemonSet):
        return of_daemonset(workload, store.controller_revisions(uid), store.pods(uid), now)
    replicasets = store.replicasets(uid)
    return of_deployment(
        workload, replicasets, {each.metadata.uid: store.pods(each.metadata.uid) for each in replicasets}
    )


def of_deployment(
    workload: Deployment, replicasets: Sequence[ReplicaSet], pods: dict[str, list[Pod]] | None = None
) -> Half:
    """A Deployment as one side."""
    same = [rs for rs in replicasets if rs.spec.template == workload.spec.template]
    current = min(same, key=lambda rs: (-number_of(rs), rs.metadata.name), default=None)
    ordered = sorted(replicasets, key=lambda rs: (-number_of(rs), rs.metadata.name))
    return Half(
        workload=workload,
        revisions=tuple(
            kept_by(
                rs,
                number_of(rs),
                is_current=rs is current,
                former=_numbers(rs.metadata.annotations.get(REVISION_HISTORY, "")),
                pods=(pods or {}).get(rs.metadata.uid, ()),
            )
            for rs in ordered
        ),
        new=side_of([current] if current is not None else []),
        old=side_of([rs for rs in replicasets if rs is not current]),
    )


def of_daemonset(
    workload: DaemonSet, known: Sequence[ControllerRevision], pods: Sequence[Pod], now: datetime | None
) -> Half:
    """A DaemonSet as one side: its pods tell of which revision they are."""
    parts = pods_by_revision(workload, known, pods)
    seconds = workload.spec.min_ready_seconds

    def side(of: Sequence[Pod], wanted: int) -> Side:
        ready = sum(is_ready(pod) for pod in of)
        return Side(wanted, len(of), ready, sum(is_available(pod, seconds, now) for pod in of))

    new = [pod for part in parts if part.is_current for pod in part.running]
    old = [pod for part in parts if not part.is_current for pod in part.running]
    return Half(
        workload=workload,
        revisions=tuple(as_revision(workload, part) for part in parts),
        new=side(new, workload.status.desired_number_scheduled),
        old=side(old, len(old)),
    )


def number_of(replicaset: ReplicaSet) -> int:
    """The number of a revision; 0 where there is none that is a number."""
    return next(iter(_numbers(replicaset.metadata.annotations.get(REVISION, ""))), 0)


def _numbers(text: str) -> tuple[int, ...]:
    parts = (part.strip() for part in text.split(","))
    return tuple(int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 19)
