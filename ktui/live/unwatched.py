"""Records of the rollouts that nobody watched, as far as the cluster still tells of them."""

from __future__ import annotations

from ktui.figures.inferred import inferred
from ktui.figures.record import Record
from ktui.kinds.registry import kind_of
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.rollout import Rollout


def unwatched(store: Store, workload: Workload, rollout: Rollout) -> list[Record]:
    """A record of each revision of that workload whose beginning is known."""
    kind = kind_of(workload)
    revisions = kind.revisions(store, workload)
    numbers = kind.first_numbers(revisions)
    return inferred(rollout, revisions, numbers, ended_as_stamped=kind.ended_as_stamped(workload, rollout))
