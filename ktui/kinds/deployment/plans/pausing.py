"""Pause, resume, and promote of a paused rolling update: all three are about `spec.paused`."""

from __future__ import annotations

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, in_flight
from ktui.kinds.deployment.plans.wording import next_revision, pace, replacement, revision_of
from ktui.kinds.deployment.situation import situation
from ktui.kinds.deployment.status import deadline_exceeded
from ktui.model.objects import Deployment
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Promote, Request, Resume
from ktui.plans.wording import amid, being_deleted, command, image_of, state, target_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.steps import FULL
from ktui.text import count, duration

_PAUSED = ("spec", "paused")


def refuse_pause(known: KnownDeployment) -> Refusal | None:
    """Why it cannot be paused, in kubectl's words."""
    deployment = known.workload
    if deployment.spec.paused:
        return state(deployment, "already paused")
    return being_deleted(deployment)


def refuse_resume(known: KnownDeployment) -> Refusal | None:
    """Why it cannot be resumed, in kubectl's words."""
    deployment = known.workload
    if not deployment.spec.paused:
        return state(deployment, "not paused")
    return being_deleted(deployment)


def refuse_promote(known: KnownDeployment) -> Refusal | None:
    """Why there is nothing to promote."""
    deployment = known.workload
    deleted = being_deleted(deployment)
    if deleted is not None:
        return deleted
    current = revisions.current(deployment, known.revisions)
    name = f"revision {revisions.revision(current)}" if current is not None else "the new revision"
    if deadline_exceeded(deployment):
        return Refusal(f"nothing to promote: {name} exceeded its progress deadline; roll back, or fix the cause")
    if not in_flight(known):
        paused = ", though paused" if deployment.spec.paused else ""
        return Refusal(f"nothing to promote: {name} is complete{paused}")
    if not deployment.spec.paused:
        return Refusal("nothing to promote: it runs by itself")
    return None


def plan_pause(request: Pause, subject: DeploymentSubject) -> Plan:
    """Stop where it is."""
    draft = draft_for(subject)
    draft.put(_PAUSED, True)
    return draft.plan(
        request,
        title=f"Pause {draft.target}",
        done="paused",
        effects=_when_paused(subject),
        warnings=_deadline_passed(subject.workload),
        undo=Undo("Resume continues the rollout.", Resume()),
        commands=(command(subject, "rollout", "pause", f"deployment/{draft.target.name}"),),
    )


def plan_resume(request: Resume, subject: DeploymentSubject) -> Plan:
    """Go on."""
    return _resuming(request, subject, f"Resume {target_of(subject.workload)}", "resumed")


def plan_promote(request: Promote, subject: DeploymentSubject) -> Plan | Refusal:
    """Go on to the end."""
    deployment = subject.workload
    refused = refuse_promote(subject)
    if refused is not None:
        return refused
    if request.to not in ("", FULL):
        return Refusal("no canary is held: a paused rolling update can only continue to its end")
    image = image_of(deployment.spec.template)
    title = f"Promote {target_of(deployment)} to {image}: resume to the end"
    return _resuming(request, subject, title, begun=f"promotion to {image}")


def _resuming(request: Request, subject: DeploymentSubject, title: str, done: str = "", begun: str = "") -> Plan:
    draft = draft_for(subject)
    draft.remove(_PAUSED)
    return draft.plan(
        request,
        title=title,
        done=done,
        begun=begun,
        effects=_when_resumed(subject),
        undo=Undo("Pause stops it again; what was replaced by then stays replaced.", Pause()),
        commands=(command(subject, "rollout", "resume", f"deployment/{draft.target.name}"),),
    )


def _when_paused(subject: DeploymentSubject) -> tuple[str, ...]:
    if not in_flight(subject):
        return (
            "Nothing is rolling out, so no pod changes now.",
            "From then on a change of the pod template waits until it is resumed.",
        )
    where = situation(subject.workload, subject.revisions)
    numbers, current = where.progress, where.current
    new = f"revision {revisions.revision(current)}" if current is not None else "the new revision"
    return (
        f"The rollout stops where it is: {count(numbers.new.wanted, 'pod')} of {new}, "
        f"{count(numbers.old.wanted, 'old pod')}.",
        "Pods that are starting or stopping continue to do so, and scaling still works.",
    )


def _when_resumed(subject: DeploymentSubject) -> tuple[str, ...]:
    deployment, replicasets = subject.workload, subject.revisions
    if not in_flight(subject):
        return ("Nothing waits to be rolled out, so no pod changes now.",)
    where = situation(deployment, replicasets)
    current, numbers = where.current, where.progress
    if current is None:
        comes = f"revision {next_revision(replicasets)}, image {image_of(deployment.spec.template)}"
        return (*replacement(subject, comes), *_clock(deployment))
    missing = max(0, numbers.desired - numbers.new.wanted)
    sentences = []
    if numbers.old.wanted:
        sentences.append(f"{count(numbers.old.wanted, 'old pod')} will be stopped.")
    if missing:
        sentences.append(f"{count(missing, 'pod')} of {amid(revision_of(current))} will be added.")
    return (*sentences, pace(deployment), *_clock(deployment))


def _clock(deployment: Deployment) -> tuple[str, ...]:
    """The progress deadline starts again with a resume (docs/semantics.md, Status)."""
    seconds = deployment.spec.progress_deadline_seconds
    limit = f" of {duration(seconds)}" if seconds else ""
    return (
        (f"Its progress deadline{limit} has passed; the clock starts again.",) if deadline_exceeded(deployment) else ()
    )


def _deadline_passed(deployment: Deployment) -> tuple[str, ...]:
    if not deadline_exceeded(deployment):
        return ()
    return ("Its progress deadline has passed already: a pause does not clear that, and it stays failed.",)
