"""Restart and set image of a StatefulSet or a DaemonSet: another pod template, and so a new rollout."""

from __future__ import annotations

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, PodSetSubject, current, in_flight
from ktui.kinds.controller_revisions.plans.wording import (
    changed,
    deletion_commands,
    deletion_effects,
    name_of,
    numbered,
    pods_to_delete,
    replacement,
    stranded_warnings,
)
from ktui.kinds.controller_revisions.strategy import Controlled
from ktui.model.workloads import StatefulSet
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Restart, RollBack, SetImage
from ktui.plans.template_change import NewImages, plan_images, plan_restarted, put_images, put_restart
from ktui.plans.wording import (
    being_deleted,
    command,
    image_of,
)
from ktui.rollout.revisions import Refusal


def plan_restart(request: Restart, subject: ControlledSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    workload = subject.workload
    draft = draft_for(subject)
    refused = being_deleted(workload) or put_restart(draft, subject.now)
    if refused is not None:
        return refused
    after = changed(subject, draft.after)
    comes, _ = numbered(subject, after.spec.template)
    return plan_restarted(
        draft,
        request,
        becomes=replacement(subject, after, comes),
        after=deletion_effects(subject, after),
        is_busy=in_flight(subject),
        warnings=(*held_warnings(after), *stranded_warnings(subject, after)),
        can_pause=isinstance(workload, StatefulSet),
        commands=(command(subject, "rollout", "restart", name_of(subject)), *deletion_commands(subject, after)),
        deletes=pods_to_delete(subject, after),
    )


def plan_set_image(request: SetImage, subject: ControlledSubject) -> Plan | Refusal:
    """Roll another image out, as `kubectl set image` does: `*` means init containers too."""
    workload = subject.workload
    draft = draft_for(subject)
    images = being_deleted(workload) or put_images(draft, request, workload)
    if isinstance(images, Refusal):
        return images
    after = changed(subject, draft.after)
    comes, again = numbered(subject, after.spec.template)
    return plan_images(
        draft,
        request,
        workload,
        images,
        effects=(*replacement(subject, after, comes), *([again] if again else ()), *deletion_effects(subject, after)),
        warnings=(*held_warnings(after), *stranded_warnings(subject, after)),
        undo=undo_image(subject, images),
        commands=(
            command(subject, "set", "image", name_of(subject), *images.arguments),
            *deletion_commands(subject, after),
        ),
        deletes=pods_to_delete(subject, after),
    )


def held_warnings(after: Controlled) -> tuple[str, ...]:
    """What a partition does to a template that is changed without taking it off."""
    partition = partition_of(after) if isinstance(after, StatefulSet) else None
    if partition is None:
        return ()
    if partition.pods == 0:
        return ("It is paused by its partition: nothing is replaced until it is resumed.",)
    return (f"Its partition lets {partition.size} through: the others follow when it is promoted.",)


def undo_image(subject: PodSetSubject, images: NewImages) -> Undo:
    """The revision of before, or the images of before if no revision of them is kept."""
    now = current(subject)
    if now is not None and subject.workload.spec.revision_history_limit != 0:
        return Undo(f"Roll back to revision {now.revision} ({image_of(now.template)}).", RollBack(now.revision))
    return images.undo
