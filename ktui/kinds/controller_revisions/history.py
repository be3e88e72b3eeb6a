"""The revisions of a StatefulSet or a DaemonSet, for its history."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ktui.kinds.controller_revisions import progress, revisions, strategy
from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.model.workloads import PodSet
from ktui.rollout.facts import Revision
from ktui.rollout.history import History, accounted
from ktui.rollout.history import history as rollout_history
from ktui.rollout.progress import Side
from ktui.rollout.track_record import Accounts


def controlled_history(
    workload: PodSet,
    parts: Sequence[RevisionPods],
    took: float | None = None,
    remembered: Accounts | None = None,
    *,
    has_pods: bool = True,
) -> History:
    """The revisions that a StatefulSet or a DaemonSet still has, with the pods that were made from each.

    Without pods, with as many as its status tells of.
    """
    back = revisions.rollback_target(workload, parts, remembered)
    made = [revisions.as_revision(workload, part) for part in parts if part.revision is not None]
    if not has_pods:
        newest_old = next((each for each in made if not each.is_current), None)
        made = [_counted(workload, each, is_newest_old=each is newest_old) for each in made]
    found = rollout_history(workload, made, back.revision if back is not None else 0, took)
    return accounted(found, revisions.standing_of(workload, parts, remembered))


def _counted(workload: PodSet, made: Revision, *, is_newest_old: bool) -> Revision:
    """With the pods that the status counts, where the pods themselves are not known."""
    new, old = progress.by_status(workload)
    side = new if made.is_current else old if is_newest_old else Side()
    wanted = max(side.existing, strategy.target(workload)) if made.is_current else side.existing
    return replace(made, wanted=wanted, existing=side.existing, ready=side.ready)
