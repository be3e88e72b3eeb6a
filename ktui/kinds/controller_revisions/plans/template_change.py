"""Restart and set image of a StatefulSet or a DaemonSet: another pod template, and so a new rollout."""

from __future__ import annotations

from datetime import UTC

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, current, in_flight
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
from ktui.model.objects import RESTARTED_AT
from ktui.model.workloads import StatefulSet
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Restart, RollBack, SetImage
from ktui.plans.template_change import RESTARTED, label_of, matching, pairs_for_kubectl, put_images, refuse_images
from ktui.plans.wording import (
    being_deleted,
    called,
    command,
    image_changes,
    image_of,
    moved_images,
    owner_warnings,
    stale_cause,
)
from ktui.rollout.revisions import Refusal
from ktui.text import clean


def plan_restart(request: Restart, subject: ControlledSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    workload = subject.workload
    refused = being_deleted(workload)
    if refused is not None:
        return refused
    stamp = subject.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if workload.spec.template.annotations.get(RESTARTED_AT) == stamp:
        return Refusal("a restart has been triggered within the past second already; wait before triggering another")
    draft = draft_for(subject)
    draft.put(RESTARTED, stamp)
    after = changed(subject, draft.after)
    comes, _ = numbered(subject, after.spec.template)
    busy = ("A rollout is running: the restart puts another revision on top of it.",) if in_flight(subject) else ()
    pause = " A pause stops it half-way." if isinstance(workload, StatefulSet) else ""
    return draft.plan(
        request,
        title=f"Restart {draft.target}",
        begun="restart",
        effects=(
            *replacement(subject, after, comes),
            "The template stays the same but for the time of the restart.",
            *deletion_effects(subject, after),
        ),
        warnings=(
            *(busy if in_flight(subject) else ()),
            *held_warnings(after),
            *stranded_warnings(subject, after),
        ),
        undo=Undo(f"Nothing to undo: the new pods run what the old ones did.{pause}"),
        commands=(command(subject, "rollout", "restart", name_of(subject)), *deletion_commands(subject, after)),
        deletes=pods_to_delete(subject, after),
    )


def plan_set_image(request: SetImage, subject: ControlledSubject) -> Plan | Refusal:
    """Roll another image out, as `kubectl set image` does: `*` means init containers too."""
    workload = subject.workload
    refused = being_deleted(workload) or refuse_images(request, subject.raw)
    if refused is not None:
        return refused
    draft = draft_for(subject)
    differing = put_images(draft, request, subject.raw)
    # Several pairs may name one container, and the last one counts.
    if draft.after == subject.raw:
        wanted = ", ".join(f"{container['name']}={image}" for _, _, container, image in matching(request, subject.raw))
        return Refusal(clean(f"nothing to change: {called(workload)} runs {wanted} already"))
    pairs, new = pairs_for_kubectl(request, differing), label_of(differing)
    after = changed(subject, draft.after)
    comes, again = numbered(subject, after.spec.template)
    return draft.plan(
        request,
        title=clean(f"Set the image of {draft.target} to {new}"),
        done=clean(f"set to {new}"),
        effects=(
            *image_changes(differing),
            *replacement(subject, after, comes),
            *([again] if again else ()),
            *deletion_effects(subject, after),
        ),
        warnings=(
            *owner_warnings(workload),
            *moved_images(differing),
            *stale_cause(workload),
            *held_warnings(after),
            *stranded_warnings(subject, after),
        ),
        undo=_undo_image(subject, differing),
        commands=(
            command(subject, "set", "image", name_of(subject), *pairs),
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


def _undo_image(subject: ControlledSubject, differing: list[tuple[str, str, str]]) -> Undo:
    now = current(subject)
    if now is not None and subject.workload.spec.revision_history_limit != 0:
        return Undo(f"Roll back to revision {now.revision} ({image_of(now.template)}).", RollBack(now.revision))
    pairs = tuple((name, old) for name, old, _ in differing)
    return Undo(
        clean("Set the image back: " + ", ".join(f"{name}={old}" for name, old in pairs)) + ".", SetImage(pairs)
    )
