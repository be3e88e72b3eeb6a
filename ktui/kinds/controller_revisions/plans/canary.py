"""Begin a canary of a StatefulSet: another template and a partition, in one patch.

There is no surge: its pods have names and volumes of their own, so a new one always replaces an old one. The
controller itself holds the canary by the partition, and ktui does not have to keep running.
"""

from __future__ import annotations

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans import partition_patch
from ktui.kinds.controller_revisions.plans.known import (
    ControlledSubject,
    KnownControlled,
    StatefulSetSubject,
    current,
    in_flight,
)
from ktui.kinds.controller_revisions.plans.wording import (
    changed,
    names,
    next_revision,
    pace,
    refuse_on_delete,
    revision_of,
)
from ktui.kinds.controller_revisions.strategy import place
from ktui.model.workloads import StatefulSet
from ktui.plans.canary_size import image_patch, refuse_request, what_follows
from ktui.plans.canary_warnings import canary_warnings
from ktui.plans.draft import draft_for
from ktui.plans.partition_steps import refuse_beside
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Canary
from ktui.plans.template_change import put_template
from ktui.plans.wording import (
    amid,
    being_deleted,
    command,
    image_changes,
    image_of,
    moved_images,
    stale_cause,
)
from ktui.rollout import steps
from ktui.rollout.partition import Record
from ktui.rollout.revisions import Refusal
from ktui.text import count


def refuse_canary(statefulset: StatefulSet, known: KnownControlled) -> Refusal | None:
    """Why no canary can be begun."""
    refused = being_deleted(statefulset) or refuse_on_delete(statefulset, "no canary can be held")
    if refused is not None:
        return refused
    if statefulset.spec.desired == 0:
        return Refusal("it is scaled to zero: a canary needs at least one pod")
    return refuse_beside(partition_of(statefulset)) if in_flight(known) else None


def plan_canary(request: Canary, subject: StatefulSetSubject) -> Plan | Refusal:
    """Template, partition and record in one patch."""
    statefulset = subject.workload
    refused = refuse_canary(statefulset, subject) or refuse_request(request, subject.raw, statefulset.spec.desired)
    if refused is not None:
        return refused
    now = current(subject)
    assert now is not None, "what is not being rolled out has a revision"
    draft = draft_for(subject)
    new = put_template(draft, request, statefulset)
    if isinstance(new, Refusal):
        return new
    desired = statefulset.spec.desired
    pods = steps.in_pods(request.steps[0], desired)
    held = partition_of(statefulset)
    record = Record(
        partition=desired - pods,
        saved=held.record.saved if held is not None and held.record is not None else statefulset.spec.partition,
        steps=request.steps,
        back=now.metadata.name,
        since=subject.now.replace(microsecond=0),
        by=subject.user,
    )
    partition_patch.put(draft, record.partition, record)
    image, size = image_of(new.template, statefulset.spec.template), f"{pods} of {count(desired, 'pod')}"
    return draft.plan(
        request,
        title=f"Hold a canary of {size} of {draft.target} at {image}",
        begun=f"canary of {size} at {image}",
        effects=(
            *image_changes(new.changed),
            *_beginning(subject, statefulset, record, pods, image),
            *((pace(changed(subject, draft.after)),) if pods > 1 else ()),
        ),
        warnings=(
            *moved_images(new.changed),
            *canary_warnings(subject, extra=0, replaced=pods, scaled="with it, because the partition stays"),
            *stale_cause(statefulset, "canary"),
        ),
        undo=Undo(f"Abort goes back to {amid(revision_of(now))} with the partition of {record.saved}.", Abort()),
        commands=_commands(request, subject, statefulset, record, new.changed),
    )


def _beginning(
    subject: ControlledSubject, statefulset: StatefulSet, record: Record, pods: int, image: str
) -> tuple[str, ...]:
    number = next_revision(subject.revisions)
    reached = [pod for pod in subject.pods if place(statefulset, pod) >= record.partition]
    reached.sort(key=lambda pod: place(statefulset, pod), reverse=True)
    return (
        f"{count(pods, 'pod')} of revision {number}, image {image}, will replace "
        f"{names(reached) or 'the last'}, and be held there: a StatefulSet has no surge, so no pod is added.",
        f"The StatefulSet controller itself holds them (partition {record.partition}): "
        "ktui does not have to keep running.",
        what_follows(record.steps, statefulset.spec.desired),
    )


def _commands(
    request: Canary,
    subject: ControlledSubject,
    statefulset: StatefulSet,
    record: Record,
    differing: list[tuple[str, str, str]],
) -> tuple[str, ...]:
    if request.template is not None:
        # Applied first, the template would roll out past the canary: the partition comes before it.
        return (
            *partition_patch.commands(subject, record.partition, record),
            command(subject, "apply", "-f", request.manifest),
        )
    running = {container.name for container in statefulset.spec.template.containers}
    return partition_patch.commands(subject, record.partition, record, image_patch(differing, running))
