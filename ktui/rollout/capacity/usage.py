"""What the pods of a rollout use, against what they asked for and may use at most, the new ones beside the old.

The numbers are those of metrics.k8s.io: of each container the CPU on average over a window of some seconds, and the
memory that it cannot do without (the working set) at the end of it. A pod that has no numbers yet is not measured;
it never counts as one that uses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ktui.model.metrics import Sample
from ktui.model.objects import Pod
from ktui.model.template import Container
from ktui.rollout.capacity.footprint import LIMITS, MEASURED, REQUESTS, footprint, limit_of, running_together
from ktui.rollout.facts import Revision
from ktui.rollout.podstatus import ENDED_PHASES, is_terminating
from ktui.text import clean

NEAR: Final = Decimal("0.9")
"""From this share of a limit on, a container is near it."""

_STALE_WINDOWS: Final = 4
_STALE: Final = timedelta(seconds=60)
"""Numbers that are older than so many windows, and than that, are stale: two rounds of a slow metrics server."""


class Nearest(msgspec.Struct, frozen=True):
    """The container that is nearest its limit."""

    pod: str
    container: str
    used: Decimal
    limit: Decimal

    @property
    def share(self) -> Decimal:
        """How much of the limit that is, 1 for all of it."""
        return self.used / self.limit


class Meter(msgspec.Struct, frozen=True):
    """One resource (`cpu` in cores, `memory` in bytes) of the measured pods of one revision."""

    resource: str
    total: Decimal
    mean: Decimal
    highest: Decimal
    highest_pod: str
    request: Decimal | None
    """Of one pod; None where nothing is requested."""
    limit: Decimal | None
    """Of one pod; None where a container of it has none."""
    nearest: Nearest | None
    near: int
    """How many pods have a container near its limit."""

    @property
    def of_request(self) -> Decimal | None:
        """The mean as a share of the request."""
        return self.mean / self.request if self.request else None


class PodUse(msgspec.Struct, frozen=True):
    """One pod; None for what is not measured."""

    name: str
    """Without what it shares with all pods of its revision."""
    full_name: str
    created: datetime | None
    cpu: Decimal | None = None
    memory: Decimal | None = None
    nearest: tuple[tuple[str, Nearest], ...] = ()
    """By resource: its container that is nearest its limit."""

    @property
    def is_measured(self) -> bool:
        """Whether there are numbers of it."""
        return self.cpu is not None and self.memory is not None

    def used(self, resource: str) -> Decimal:
        """How much it uses; 0 where that is not measured."""
        return (self.cpu if resource == "cpu" else self.memory) or Decimal(0)


class RevisionUse(msgspec.Struct, frozen=True):
    """What one revision uses. Pods that are stopping or have ended are left out."""

    uid: str
    number: int
    is_current: bool
    pods: tuple[PodUse, ...]
    """Those that use most memory first; those that are not measured last."""
    meters: tuple[Meter, ...]
    """CPU and memory; none where no pod is measured."""
    is_past: bool = False
    """Whether it is what was measured last, of pods that are gone."""

    @property
    def measured(self) -> int:
        """How many pods there are numbers of."""
        return sum(pod.is_measured for pod in self.pods)

    def meter(self, resource: str) -> Meter | None:
        """That resource, where it is measured."""
        return next((meter for meter in self.meters if meter.resource == resource), None)


class Usage(msgspec.Struct, frozen=True):
    """What a rollout uses: the current revision first, then the others that have pods, the newest first."""

    revisions: tuple[RevisionUse, ...]
    at: datetime | None
    """Until when the newest numbers were measured; None where there are none."""
    window: float

    @property
    def new(self) -> RevisionUse | None:
        """The current revision, where it has pods."""
        return next((each for each in self.revisions if each.is_current), None)

    @property
    def old(self) -> RevisionUse | None:
        """Of the others, the one with the most measured pods, or what was measured of it last."""
        others = [each for each in self.revisions if not each.is_current]
        return max(others, key=lambda each: each.measured, default=None)

    def is_stale(self, now: datetime) -> bool:
        """Whether the numbers are several windows old."""
        return self.at is not None and now - self.at > max(timedelta(seconds=self.window * _STALE_WINDOWS), _STALE)


def with_past(now: Usage, earlier: RevisionUse | None) -> Usage:
    """With what was measured of an old revision before, where no old pod is measured any more.

    New pods are often not measured before the last old one is gone.
    """
    old, new = now.old, now.new
    if earlier is None or (old is not None and old.measured) or (new is not None and new.uid == earlier.uid):
        return now
    others = tuple(each for each in now.revisions if each.uid != earlier.uid)
    return msgspec.structs.replace(now, revisions=(*others, msgspec.structs.replace(earlier, is_past=True)))


def worth_keeping(now: Usage, earlier: RevisionUse | None) -> RevisionUse | None:
    """What to remember of the old revision: of as many of its pods as were measured at a time."""
    old = now.old
    if old is None or old.is_past or not old.measured:
        return earlier
    return earlier if earlier is not None and earlier.uid == old.uid and earlier.measured > old.measured else old


def with_pods(revisions: Iterable[Revision]) -> tuple[Revision, ...]:
    """Those that have pods: the current one first, then the newest."""
    return tuple(sorted((each for each in revisions if each.pods), key=lambda each: not each.is_current))


def usage(found: Sequence[Revision], samples: Iterable[Sample]) -> Usage:
    """What these revisions use, by what was measured."""
    by_pod = {sample.pod: sample for sample in samples}
    uses = [use for part in found if (use := _revision(part, by_pod)).pods]
    own = [by_pod[pod.metadata.name] for part in found for pod in part.pods if pod.metadata.name in by_pod]
    newest = max((sample.at for sample in own if sample.at is not None), default=None)
    return Usage(tuple(uses), newest, max((sample.window for sample in own), default=0.0))


def _revision(part: Revision, by_pod: Mapping[str, Sample]) -> RevisionUse:
    staying = [pod for pod in part.pods if not is_terminating(pod) and pod.status.phase not in ENDED_PHASES]
    uses = {pod.metadata.uid: _pod(pod, part, by_pod.get(pod.metadata.name)) for pod in staying}
    measured = [(pod, uses[pod.metadata.uid]) for pod in staying if uses[pod.metadata.uid].is_measured]
    return RevisionUse(
        uid=part.uid,
        number=part.number,
        is_current=part.is_current,
        pods=tuple(sorted(uses.values(), key=lambda use: (not use.is_measured, -use.used("memory"), use.name))),
        meters=tuple(_meter(name, measured) for name in MEASURED) if measured else (),
    )


def _pod(pod: Pod, part: Revision, sample: Sample | None) -> PodUse:
    meta = pod.metadata
    short = meta.name.removeprefix(f"{part.stem}-")
    # Without its set's name, the pod of a StatefulSet is but a number.
    use = PodUse(clean(meta.name if short.isdecimal() else short), clean(meta.name), meta.creation_timestamp)
    if sample is None or not _is_of(sample, pod):
        return use
    return msgspec.structs.replace(
        use,
        cpu=sum((used.cpu for used in sample.containers.values() if used.cpu is not None), Decimal(0)),
        memory=sum((used.memory for used in sample.containers.values() if used.memory is not None), Decimal(0)),
        nearest=tuple((name, near) for name in MEASURED if (near := _nearest(pod, use.name, sample, name))),
    )


def _is_of(sample: Sample, pod: Pod) -> bool:
    """Whether it tells of the whole of that pod, and not of one that had its name before."""
    born = pod.metadata.creation_timestamp
    if born is not None and sample.at is not None and sample.at < born:
        return False
    used = [sample.containers.get(container.name) for container in pod.spec.containers]
    return bool(used) and all(each is not None and each.cpu is not None and each.memory is not None for each in used)


def _nearest(pod: Pod, name: str, sample: Sample, resource: str) -> Nearest | None:
    found = []
    for container, limit in _limits(pod, resource):
        used = sample.containers.get(container.name)
        amount = (used.cpu if resource == "cpu" else used.memory) if used is not None else None
        if amount is not None and limit:
            found.append(Nearest(name, clean(container.name), amount, limit))
    return max(found, key=lambda near: near.share, default=None)


def _limits(pod: Pod, resource: str) -> list[tuple[Container, Decimal | None]]:
    """The containers that run while the pod serves, each with the limit that is in force."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    actual = {status.name: status.resources for status in statuses}
    return [(each, limit_of(each, resource, actual.get(each.name))) for each in running_together(pod.spec)]


def _meter(resource: str, measured: Sequence[tuple[Pod, PodUse]]) -> Meter:
    top, most = max(measured, key=lambda pair: (pair[1].used(resource), pair[1].name))
    amounts = footprint(top.spec).amounts
    total = sum((use.used(resource) for _, use in measured), Decimal(0))
    near = [found for _, use in measured for name, found in use.nearest if name == resource]
    limits = [limit for _, limit in _limits(top, resource)]
    # What is said of the pod as a whole holds for all of its containers together.
    whole = amounts.get(f"{LIMITS}.{resource}") if limit_of(top.spec, resource) is not None else None
    return Meter(
        resource=resource,
        total=total,
        mean=total / len(measured),
        highest=most.used(resource),
        highest_pod=most.name,
        request=amounts.get(f"{REQUESTS}.{resource}"),
        limit=whole or (sum((limit for limit in limits if limit is not None), Decimal(0)) if all(limits) else None),
        nearest=max(near, key=lambda found: found.share, default=None),
        near=sum(found.share >= NEAR for found in near),
    )
