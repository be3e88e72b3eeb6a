"""Set image and restart: another pod template, and so a new rollout."""

from __future__ import annotations

from typing import Any

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, in_flight
from ktui.kinds.deployment.plans.wording import (
    held_warnings,
    next_revision,
    number_for,
    replacement,
    revision_of,
    waits_for_resume,
)
from ktui.model.template import PodTemplate
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


def refuse_restart(known: KnownDeployment) -> Refusal | None:
    """Why it cannot be restarted, in kubectl's words."""
    deployment = known.workload
    if deployment.spec.paused:
        name = deployment.metadata.name
        return Refusal(f'deployments.apps "{name}" can\'t restart paused deployment (run rollout resume first)')
    return being_deleted(deployment)


def plan_restart(request: Restart, subject: DeploymentSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template, as a rollout of its own."""
    deployment = subject.workload
    draft = draft_for(subject)
    refused = put_restart(draft, subject.now)
    if refused is not None:
        return refused
    comes = f"revision {next_revision(subject.revisions)}, image {image_of(deployment.spec.template)}"
    return plan_restarted(
        draft,
        request,
        becomes=replacement(subject, comes),
        is_busy=in_flight(subject),
        warnings=held_warnings(deployment),
        commands=(command(subject, "rollout", "restart", f"deployment/{draft.target.name}"),),
    )


def plan_set_image(request: SetImage, subject: DeploymentSubject) -> Plan | Refusal:
    """Roll another image out, as `kubectl set image` does: `*` means init containers too."""
    deployment = subject.workload
    draft = draft_for(subject)
    images = being_deleted(deployment) or put_images(draft, request, deployment)
    if isinstance(images, Refusal):
        return images
    return plan_images(
        draft,
        request,
        deployment,
        images,
        effects=_rollout_of(subject, draft.after),
        warnings=held_warnings(deployment),
        undo=_undo_image(subject, images),
        commands=(command(subject, "set", "image", f"deployment/{draft.target.name}", *images.arguments),),
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


def _undo_image(subject: DeploymentSubject, images: NewImages) -> Undo:
    deployment = subject.workload
    current = revisions.current(deployment, subject.revisions)
    number = revisions.revision(current) if current is not None else 0
    if number and not deployment.spec.paused and deployment.spec.revision_history_limit != 0:
        return Undo(f"Roll back to revision {number} ({image_of(deployment.spec.template)}).", RollBack(number))
    return images.undo
