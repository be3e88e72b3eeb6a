"""What a cluster still tells of the rollouts that nobody watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ktui.figures.record import Outcome, Record
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import ControllerRevision, Workload
from ktui.rollout import images, revisions
from ktui.rollout.provenance import marked
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import progressing
from ktui.text import clean

_SLACK: Final = timedelta(seconds=2)
"""The stamps of the two objects are whole seconds, made one after another."""


def told(store: Store, workload: Workload, rollout: Rollout) -> list[Record]:
    """A record of each revision whose beginning is known: the age of the object that was made for it.

    What came back has the age of its first number; when it came back, nothing tells. How an earlier rollout ended is
    not known either. Of the last one it is, where it is over; when that was, only where the condition Progressing has
    not turned since the beginning, as a pause or a deadline that passed make it do.
    """
    records = list(_beginnings(store, workload, rollout))
    if rollout.finished is not None and rollout.revision:
        records = [each for each in records if each.revision != rollout.revision]
        records.append(_last(workload, rollout))
    else:
        records = [each for each in records if each.revision < rollout.revision]
    return [each for each in records if each.revision]


def _beginnings(store: Store, workload: Workload, rollout: Rollout) -> Iterator[Record]:
    """The first rollout of each template that the cluster still has."""
    uid = workload.metadata.uid
    if isinstance(workload, Deployment):
        for replicaset in store.replicasets(uid):
            numbers = (*revisions.former_revisions(replicaset), revisions.revision(replicaset))
            yield _began(rollout, replicaset, min(numbers), replicaset.spec.template)
        return
    youngest = None
    for each in sorted(store.controller_revisions(uid), key=lambda each: each.revision):
        created = each.metadata.creation_timestamp
        # One that is older than a lower number came back: its own first number is lost.
        if created is not None and (youngest is None or created >= youngest):
            youngest = created
            yield _began(rollout, each, each.revision, each.template)


def _began(
    rollout: Rollout, made: ReplicaSet | ControllerRevision, number: int, template: PodTemplate | None
) -> Record:
    owner = marked({}, made.metadata.annotations)
    return Record(
        uid=rollout.uid,
        revision=number,
        namespace=rollout.namespace,
        name=rollout.name,
        kind=rollout.kind,
        image=clean(images.of_template(template)) if template is not None else "",
        deployed_by=owner.tool if owner is not None else "",
        started=made.metadata.creation_timestamp,
    )


def _last(workload: Workload, rollout: Rollout) -> Record:
    """The rollout that brought what runs now; it is over."""
    return Record(
        uid=rollout.uid,
        revision=rollout.revision,
        namespace=rollout.namespace,
        name=rollout.name,
        kind=rollout.kind,
        from_revision=rollout.previous_revision,
        image=rollout.image,
        outcome=Outcome.COMPLETE,
        is_rollback=rollout.came_back,
        deployed_by=rollout.by,
        started=rollout.started,
        finished=rollout.finished if _is_straight(workload, rollout) else None,
        desired=rollout.progress.desired,
    )


def _is_straight(workload: Workload, rollout: Rollout) -> bool:
    """Whether the stamp of the end is that of the rollout, and not of something that came between or after it."""
    condition = progressing(workload) if isinstance(workload, Deployment) else None
    if condition is None:
        return False
    if rollout.started is None:
        return rollout.came_back
    turned = condition.last_transition_time
    return turned is not None and turned <= rollout.started + _SLACK
