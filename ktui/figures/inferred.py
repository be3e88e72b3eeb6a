"""Records of rollouts that nobody watched, inferred from what the cluster still has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ktui.figures.record import Outcome, Record
from ktui.rollout import images
from ktui.rollout.facts import Revision
from ktui.rollout.provenance import marked
from ktui.rollout.rollout import Rollout
from ktui.text import clean


def inferred(
    rollout: Rollout, revisions: Sequence[Revision], numbers: Mapping[str, int], *, ended_as_stamped: bool
) -> list[Record]:
    """A record of each revision whose beginning is known: the age of the object that was made for it.

    `numbers` are those that the revisions had when they were made, by uid. `ended_as_stamped` is whether the stamp of
    the end of the last rollout is that of the rollout, and not of something that came between or after it.

    What came back has the age of its first number; when it came back, nothing tells. How an earlier rollout ended is
    not known either. Of the last one it is, where it is over; when that was, only where the condition Progressing has
    not turned since the beginning, as a pause or a deadline that passed make it do.
    """
    records = [_began(rollout, each, numbers[each.uid]) for each in revisions if each.uid in numbers]
    if rollout.finished is not None and rollout.revision:
        records = [each for each in records if each.revision != rollout.revision]
        records.append(_last(rollout, ended_as_stamped=ended_as_stamped))
    else:
        records = [each for each in records if each.revision < rollout.revision]
    return [each for each in records if each.revision]


def _began(rollout: Rollout, made: Revision, number: int) -> Record:
    owner, template = marked({}, made.annotations), made.template
    return Record(
        uid=rollout.uid,
        revision=number,
        namespace=rollout.namespace,
        name=rollout.name,
        kind=rollout.kind,
        image=clean(images.of_template(template)) if template is not None else "",
        deployed_by=owner.tool if owner is not None else "",
        started=made.created,
    )


def _last(rollout: Rollout, *, ended_as_stamped: bool) -> Record:
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
        finished=rollout.finished if ended_as_stamped else None,
        desired=rollout.progress.desired,
    )
