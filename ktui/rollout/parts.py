"""The revisions of a workload of any kind, with their pods: for what looks at pods rather than at the rollout."""

from __future__ import annotations

from typing import NamedTuple

from ktui.model.objects import Deployment, Pod
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.rollout import revisions
from ktui.rollout.cohorts import cohorts_of


class Part(NamedTuple):
    """One revision with its pods, those that are stopping too."""

    number: int
    """0 where the revision of these pods is not known."""
    template: PodTemplate | None
    pods: tuple[Pod, ...]
    stem: str
    """What the names of its pods begin with, before a dash."""
    is_current: bool


def parts_of(store: Store, workload: Workload) -> tuple[Part, ...]:
    """The revisions of a workload, the newest first."""
    uid = workload.metadata.uid
    if not isinstance(workload, Deployment):
        return tuple(
            Part(
                part.number,
                part.revision.template if part.revision is not None else None,
                part.pods,
                workload.metadata.name,
                part.is_current,
            )
            for part in cohorts_of(store, workload)
        )
    replicasets = store.replicasets(uid)
    current = revisions.current(workload, replicasets)
    return tuple(
        Part(
            revisions.revision(rs),
            rs.spec.template,
            tuple(store.pods(rs.metadata.uid)),
            rs.metadata.name,
            rs is current,
        )
        for rs in revisions.newest_first(replicasets)
    )
