"""Restart and set image: another pod template, and so a new rollout."""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.template_change import undo_image
from ktui.kinds.controller_revisions.plans.wording import changed, numbered
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans import fields
from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject, in_flight
from ktui.kinds.open_kruise.plans.wording import can_be_in_place, replacement
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan
from ktui.plans.request import Restart, SetImage
from ktui.plans.template_change import plan_images, plan_restarted, put_images, put_restart
from ktui.plans.wording import (
    being_deleted,
)
from ktui.rollout.revisions import Refusal


def refuse_restart(known: KnownKruise) -> Refusal | None:
    """Why a restart, which is a change of an annotation, cannot be had.

    An annotation is changed in place, and no container restarts for it (`defaultCalculateInPlaceUpdateSpec`).
    """
    refused = being_deleted(known.workload)
    if refused is None and known.workload.rolling.in_place:
        return Refusal(
            "a restart changes an annotation of the template, and OpenKruise changes that in place without restarting "
            "anything: delete the pods one after another, or use a ContainerRecreateRequest"
        )
    return refused


def plan_restart(request: Restart, subject: KruiseSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    draft = draft_for(subject)
    refused = put_restart(draft, subject.now)
    if refused is not None:
        return refused
    after = changed(subject, draft.after)
    comes, _ = numbered(subject, after.spec.template)
    return plan_restarted(
        draft,
        request,
        becomes=replacement(subject, after, draft.after, comes),
        is_busy=in_flight(subject),
        warnings=_held(after),
        commands=(fields.template_command(subject, draft.after),),
    )


def plan_set_image(request: SetImage, subject: KruiseSubject) -> Plan | Refusal:
    """Roll another image out: `*` means init containers too."""
    workload = subject.workload
    draft = draft_for(subject)
    images = being_deleted(workload) or put_images(draft, request, workload)
    if isinstance(images, Refusal):
        return images
    before, then = subject.raw["spec"]["template"], draft.after["spec"]["template"]
    if workload.rolling.only_in_place and not can_be_in_place(before, then):
        return Refusal("it changes pods in place only, and that is not possible for an init container")
    after = changed(subject, draft.after)
    comes, again = numbered(subject, after.spec.template)
    return plan_images(
        draft,
        request,
        workload,
        images,
        effects=(*replacement(subject, after, draft.after, comes), *([again] if again else ())),
        warnings=_held(after),
        undo=undo_image(subject, images),
        commands=(fields.template_command(subject, draft.after),),
    )


def _held(after: KruiseSet) -> tuple[str, ...]:
    """What a pause and a partition do to a template that is changed without ending them."""
    paused = ("It is paused: nothing is changed until it is resumed.",) if after.rolling.paused else ()
    held = partition_of(after)
    if held is None:
        return paused
    return (*paused, f"Its partition lets {held.size} through: the others follow when it is promoted.")
