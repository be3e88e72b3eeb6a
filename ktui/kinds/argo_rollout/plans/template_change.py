"""Set image, which begins a rollout, and restart, which evicts pods without one."""

from __future__ import annotations

from typing import Any

from ktui.kinds.argo_rollout.plans.known import (
    KnownRollout,
    RolloutSubject,
    foreign_template,
    is_under_way,
    situation,
    template_holder,
)
from ktui.kinds.argo_rollout.plans.wording import ahead, named, new_and_old, plugin
from ktui.kinds.argo_rollout.revisions import newest_first, revision
from ktui.kinds.argo_rollout.steps import current_step
from ktui.model.template import PodTemplate
from ktui.plans.draft import PlanDraft, draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Restart, RollBack, SetImage
from ktui.plans.template_change import NewImages, plan_images, put_images, put_restart
from ktui.plans.wording import (
    being_deleted,
    command,
    target_of,
)
from ktui.rollout.revisions import Refusal
from ktui.text import count


def refuse_restart(known: KnownRollout) -> Refusal | None:
    """Why it cannot be restarted."""
    rollout = known.workload
    if rollout.spec.desired == 0:
        return Refusal("nothing to restart: it is scaled to zero")
    return being_deleted(rollout)


def plan_restart(request: Restart, subject: RolloutSubject) -> Plan | Refusal:
    """Replace every pod by one of the same template; no revision comes of it."""
    rollout = subject.workload
    draft = draft_for(subject)
    refused = put_restart(draft, subject.now, ("spec", "restartAt"))
    if refused is not None:
        return refused
    pods = max(rollout.status.replicas, rollout.spec.desired)
    paused = ("It is paused (spec.paused): pods are replaced once it is resumed.",) if rollout.spec.paused else ()
    return draft.plan(
        request,
        title=f"Restart {draft.target}",
        begun="restart",
        effects=(
            f"{count(pods, 'pod')} {'is' if pods == 1 else 'are'} evicted, as many at once as may be unavailable, "
            "at least one; disruption budgets count.",
            "The template stays the same, and no new revision comes of it.",
            *paused,
        ),
        warnings=_alone(rollout.spec.desired),
        undo=Undo("Nothing to undo: the new pods run what the old ones did."),
        commands=(plugin(subject, "restart", draft.target.name),),
    )


def _alone(desired: int) -> tuple[str, ...]:
    return ("There is one pod only: nothing serves until the next one is ready.",) if desired == 1 else ()


def refuse_image(known: KnownRollout) -> Refusal | None:
    """Why its images cannot be set here."""
    return foreign_template(known.workload) or being_deleted(known.workload)


def plan_set_image(request: SetImage, subject: RolloutSubject) -> Plan | Refusal:
    """Roll another image out; `*` means init containers too."""
    rollout = subject.workload
    holder = template_holder(subject)
    if isinstance(holder, Refusal):
        return holder
    draft = PlanDraft(holder.target, holder.raw)
    images = refuse_image(subject) or put_images(draft, request, rollout)
    if isinstance(images, Refusal):
        return images
    return plan_images(
        draft,
        request,
        rollout,
        images,
        of=target_of(rollout),
        effects=_rollout_of(subject, draft.after),
        before=_amid(subject),
        undo=_undo(subject, images),
        commands=(_command(subject, images.arguments),),
    )


def _command(subject: RolloutSubject, pairs: list[str]) -> str:
    source = subject.workload.spec.workload_ref
    if source is not None:
        return command(subject, "set", "image", f"deployment/{source.name}", *pairs)
    return plugin(subject, "set", "image", subject.workload.metadata.name, *pairs)


def _rollout_of(subject: RolloutSubject, after: dict[str, Any]) -> tuple[str, ...]:
    rollout, where = subject.workload, situation(subject)
    if rollout.spec.paused:
        return ("It is paused (spec.paused): nothing is rolled out until it is resumed.",)
    template = PodTemplate(after["spec"]["template"])
    known = next((rs for rs in newest_first(subject.revisions) if rs.spec.template == template), None)
    if known is not None and known is where.stable:
        return (f"This is the template of {named(known)}, which is stable: it comes back at once, without steps.",)
    again = (f"This is the template of revision {revision(known)}: it comes back.",) if known is not None else ()
    _, at = current_step(rollout)
    return (*again, *((ahead(subject, 0, named(known)),) if at is not None else ()))


def _amid(subject: RolloutSubject) -> tuple[str, ...]:
    if not is_under_way(subject):
        return ()
    new, _ = new_and_old(subject)
    return (f"{new[0].upper()}{new[1:]} is being rolled out: this replaces it, and begins at the first step.",)


def _undo(subject: RolloutSubject, images: NewImages) -> Undo:
    rollout, current = subject.workload, situation(subject).current
    if current is not None and not rollout.spec.paused and rollout.spec.revision_history_limit != 0:
        return Undo(f"Roll back to {named(current)}.", RollBack(revision(current)))
    return images.undo
