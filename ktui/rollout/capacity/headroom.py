"""What quotas leave for a rollout as it stands: its own pods tell what one more takes."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.model.policies import Quota
from ktui.model.template import Resources
from ktui.model.workloads import Workload
from ktui.rollout.capacity.footprint import Footprint, footprint
from ktui.rollout.capacity.quota import Demand, Room, demand, rooms
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Progress


def headroom(
    workload: Workload,
    numbers: Progress,
    parts: Sequence[Revision],
    quotas: Sequence[Quota],
    defaults: Resources | None = None,
) -> tuple[Room, ...]:
    """What is left of each resource that its pods take, and what it may still need to come to its end."""
    now = [part for part in parts if part.is_current and part.pods]
    before = [part for part in parts if not part.is_current and part.pods]
    # What was admitted has all that LimitRanges and runtimes add.
    new = _of(now[0]) if now else footprint(workload.spec.template, defaults)
    old = _of(max(before, key=lambda part: len(part.pods))) if before else new
    return rooms(quotas, new, old, _demand(numbers))


def _of(part: Revision) -> Footprint:
    newest = max(part.pods, key=lambda pod: (str(pod.metadata.creation_timestamp or ""), pod.metadata.name))
    return footprint(newest.spec)


def _demand(numbers: Progress) -> Demand:
    new, old = numbers.new, numbers.old
    # Pods that are added to what is complete do not surge.
    surge = numbers.surge if old.existing or old.terminating else 0
    terminating = (new.terminating or 0) + (old.terminating or 0)
    return demand(numbers.desired, surge, new.existing, old.existing, terminating, goal=numbers.goal)
