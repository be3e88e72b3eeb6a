"""Set image, restart and retry: each is another template of the target, which Flagger analyses."""

from __future__ import annotations

from typing import Any

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.plans.known import AnyCanary, CanarySubject, target_holder
from ktui.kinds.flagger_canary.plans.rollback import stops
from ktui.kinds.flagger_canary.plans.wording import in_the_middle, named, on_the_way, primary_first
from ktui.kinds.flagger_canary.situation import Situation
from ktui.model.template import PodTemplate
from ktui.model.workloads import DaemonSet
from ktui.plans.draft import PlanDraft
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Restart, Retry, RollBack, SetImage
from ktui.plans.template_change import NewImages, plan_images, put_images, put_restart
from ktui.plans.wording import (
    being_deleted,
    command,
    owner_warnings,
    target_of,
)
from ktui.rollout import images
from ktui.rollout.revisions import Refusal
from ktui.text import clean


def refuse_image(known: AnyCanary) -> Refusal | None:
    """Why its images cannot be set here."""
    return _no_target(known) or being_deleted(known.workload)


def refuse_restart(known: AnyCanary) -> Refusal | None:
    """Why it cannot be restarted."""
    return _no_target(known) or being_deleted(known.workload)


def refuse_retry(known: AnyCanary) -> Refusal | None:
    """Why there is nothing to try again."""
    if known.situation.phase != said.FAILED:
        return Refusal("nothing to retry: it has not failed")
    status = known.workload.status
    if status.last_applied_spec == status.last_promoted_spec:
        return Refusal("nothing to retry: the target has the template that is promoted")
    return refuse_restart(known)


def _no_target(known: AnyCanary) -> Refusal | None:
    if known.situation.target is not None:
        return None
    source = known.workload.target
    what = f"{source.kind.lower()}/{source.name}"
    if known.workload.is_of_pods:
        return Refusal(f"its target {what} does not exist")
    return Refusal(f"its target is {what}: change it there")


def plan_set_image(request: SetImage, subject: CanarySubject) -> Plan | Refusal:
    """Another image for the target."""
    half, holder = subject.situation.target, target_holder(subject)
    refused = refuse_image(subject)
    if refused is not None or half is None:
        return refused or Refusal("its target is not known")
    if isinstance(holder, Refusal):
        return holder
    draft = PlanDraft(*holder)
    new = put_images(draft, request, half.workload)
    if isinstance(new, Refusal):
        return new
    return plan_images(
        draft,
        request,
        half.workload,
        new,
        of=target_of(subject.workload),
        effects=_effects(subject, draft.after),
        before=(*_of_image(subject, draft.after), *primary_first(subject.situation)),
        undo=_undo(subject, new),
        commands=(command(subject, "set", "image", _called(subject), *new.arguments),),
    )


def plan_restart(request: Restart, subject: CanarySubject) -> Plan | Refusal:
    """Every pod again, by way of an analysis: a restart is another template."""
    return _stamped(
        request, subject, f"Restart {target_of(subject.workload)}", "restart", "A restart is another template:"
    )


def plan_retry(request: Retry, subject: CanarySubject) -> Plan | Refusal:
    """Analyse the same again: Flagger begins again for another template only, and a restart makes one."""
    return _stamped(
        request,
        subject,
        f"Retry {target_of(subject.workload)}",
        "retry",
        "The template that failed gets the time of a restart, which makes it another one:",
    )


def _stamped(request: Restart | Retry, subject: CanarySubject, title: str, begun: str, why: str) -> Plan | Refusal:
    half, holder = subject.situation.target, target_holder(subject)
    if isinstance(holder, Refusal):
        return holder
    draft = PlanDraft(*holder)
    refused = put_restart(draft, subject.now)
    if refused is not None or half is None:
        return refused or Refusal("its target is not known")
    first, *rest = on_the_way(subject)
    return draft.plan(
        request,
        title=title,
        begun=begun,
        effects=(
            f"{why} {first[0].lower()}{first[1:]}" if not first.startswith("Flagger") else f"{why} {first}",
            *rest,
        ),
        warnings=(*in_the_middle(subject.situation), *primary_first(subject.situation), *owner_warnings(half.workload)),
        undo=Undo("Nothing to undo: the pods run what they ran before, once it is promoted."),
        commands=(command(subject, "rollout", "restart", _called(subject)),),
    )


def _called(subject: CanarySubject) -> str:
    half = subject.situation.target
    kind = "daemonset" if half is not None and isinstance(half.workload, DaemonSet) else "deployment"
    return f"{kind}/{subject.workload.target.name}"


def _is_promoted(situation: Situation, after: dict[str, Any]) -> bool:
    """Whether these are the images of the primary."""
    primary, template = situation.primary, PodTemplate(after["spec"]["template"])
    return primary is not None and not images.differences(primary.template, template)


def _effects(subject: CanarySubject, after: dict[str, Any]) -> tuple[str, ...]:
    situation = subject.situation
    if not _is_promoted(situation, after):
        return on_the_way(subject)
    if situation.phase in said.ANALYSES:
        return ("The primary has that image. If nothing else differs, this is no new revision for Flagger.",)
    return (
        "The primary has that image. If nothing else differs, nothing is rolled out, and the phase stays as it is.",
    )


def _of_image(subject: CanarySubject, after: dict[str, Any]) -> tuple[str, ...]:
    situation = subject.situation
    if situation.phase in said.ANALYSES and _is_promoted(situation, after):
        return (
            "It does not abort the analysis, which continues with the old image, promotes it, and then begins again. "
            + clean(f"To stop it at once: {stops(situation)}."),
        )
    return in_the_middle(situation)


def _undo(subject: CanarySubject, new: NewImages) -> Undo:
    half = subject.situation.target
    current = half.current if half is not None else None
    if current is not None and current.number:
        return Undo(f"Roll back to {named(current)}.", RollBack(current.number))
    return new.undo
