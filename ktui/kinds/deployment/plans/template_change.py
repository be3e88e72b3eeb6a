"""Set image and restart: another pod template, and so a new rollout."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.plans.known import DeploymentSubject, in_flight
from ktui.kinds.deployment.plans.wording import (
    held_warnings,
    next_revision,
    number_for,
    replacement,
    revision_of,
    waits_for_resume,
)
from ktui.model.objects import RESTARTED_AT, Deployment
from ktui.model.template import PodTemplate
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Restart, RollBack, SetImage
from ktui.plans.template_change import RESTARTED, label_of, matching, pairs_for_kubectl, put_images, refuse_images
from ktui.plans.wording import (
    being_deleted,
    command,
    image_changes,
    image_of,
    moved_images,
    owner_warnings,
    stale_cause,
)
from ktui.rollout.revisions import Refusal
from ktui.text import clean


def refuse_restart(deployment: Deployment) -> Refusal | None:
    """Why it cannot be restarted, in kubectl's words."""
    if deployment.spec.paused:
        name = deployment.metadata.name
        return Refusal(f'deployments.apps "{name}" can\'t restart paused deployment (run rollout resume first)')
    return being_deleted(deployment)


def plan_restart(request: Restart, subject: DeploymentSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    deployment = subject.workload
    refused = refuse_restart(deployment)
    if refused is not None:
        return refused
    stamp = subject.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if deployment.spec.template.annotations.get(RESTARTED_AT) == stamp:
        return Refusal("a restart has been triggered within the past second already; wait before triggering another")
    draft = draft_for(subject)
    draft.put(RESTARTED, stamp)
    comes = f"revision {next_revision(subject.revisions)}, image {image_of(deployment.spec.template)}"
    busy = ("A rollout is running: the restart puts another revision on top of it.",)
    return draft.plan(
        request,
        title=f"Restart {draft.target}",
        begun="restart",
        effects=(*replacement(subject, comes), "The template stays the same but for the time of the restart."),
        warnings=(
            *(busy if in_flight(subject) else ()),
            *held_warnings(deployment),
        ),
        undo=Undo("Nothing to undo: the new pods run what the old ones did. A pause stops it half-way."),
        commands=(command(subject, "rollout", "restart", f"deployment/{draft.target.name}"),),
    )


def plan_set_image(request: SetImage, subject: DeploymentSubject) -> Plan | Refusal:
    """Roll another image out, as `kubectl set image` does: `*` means init containers too."""
    deployment = subject.workload
    refused = being_deleted(deployment) or refuse_images(request, subject.raw)
    if refused is not None:
        return refused
    draft = draft_for(subject)
    changed = put_images(draft, request, subject.raw)
    # Several pairs may name one container, and the last one counts.
    if draft.after == subject.raw:
        wanted = ", ".join(f"{container['name']}={image}" for _, _, container, image in matching(request, subject.raw))
        return Refusal(clean(f'nothing to change: deployment "{draft.target.name}" runs {wanted} already'))
    new = label_of(changed)
    pairs = pairs_for_kubectl(request, changed)
    return draft.plan(
        request,
        title=clean(f"Set the image of {draft.target} to {new}"),
        done=clean(f"set to {new}"),
        effects=(
            *image_changes(changed),
            *_rollout_of(subject, draft.after),
        ),
        warnings=(
            *owner_warnings(deployment),
            *moved_images(changed),
            *stale_cause(deployment),
            *held_warnings(deployment),
        ),
        undo=_undo_image(subject, changed),
        commands=(command(subject, "set", "image", f"deployment/{draft.target.name}", *pairs),),
    )


def _rollout_of(subject: DeploymentSubject, after: dict[str, Any]) -> tuple[str, ...]:
    """What becomes of the pods: the template may be new, or that of a revision that comes back with it."""
    if subject.workload.spec.paused:
        return (waits_for_resume(subject.workload),)
    template, live = PodTemplate(after["spec"]["template"]), subject.workload.spec.template
    known = next((rs for rs in subject.revisions if rs.spec.template == template), None)
    then = number_for(template, subject.revisions)
    if known is None:
        return replacement(subject, f"revision {then}, image {image_of(template, live)}", template=template)
    number = revisions.revision(known)
    as_what = f", numbered {then}" if then != number else ""
    again = f"This is the template of revision {number}: it comes back{as_what}."
    return (*replacement(subject, revision_of(known, live), known, template), again)


def _undo_image(subject: DeploymentSubject, changed: list[tuple[str, str, str]]) -> Undo:
    deployment = subject.workload
    current = revisions.current(deployment, subject.revisions)
    number = revisions.revision(current) if current is not None else 0
    if number and not deployment.spec.paused and deployment.spec.revision_history_limit != 0:
        return Undo(f"Roll back to revision {number} ({image_of(deployment.spec.template)}).", RollBack(number))
    pairs = tuple((name, old) for name, old, _ in changed)
    return Undo(
        clean("Set the image back: " + ", ".join(f"{name}={old}" for name, old in pairs)) + ".", SetImage(pairs)
    )
