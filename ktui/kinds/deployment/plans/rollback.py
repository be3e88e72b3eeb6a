"""Roll back, and abort of a rolling update: a rollback from the middle of it (docs/semantics.md, Roll back)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.hold import back_of, hold_of
from ktui.kinds.deployment.plans import hold_settings
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, as_deployment, in_flight
from ktui.kinds.deployment.plans.wording import held_warnings, replacement, revision_of
from ktui.kinds.deployment.revisions import revision
from ktui.model.objects import Deployment, ReplicaSet
from ktui.plans import prospects
from ktui.plans.draft import draft_for
from ktui.plans.going_back import abort_to, destination, numbers_and_cause, put_back, rollback_to, undo_of_return
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Request
from ktui.plans.wording import being_deleted, command, image_of, owner_warnings
from ktui.rollout.hold import OVER, Disturbance, Hold, Saved
from ktui.rollout.revisions import Refusal, template_of


def rollback_target(known: KnownDeployment, to_revision: int | None = None) -> ReplicaSet | Refusal:
    """The ReplicaSet that a rollback would bring back, or why there is none, in kubectl's words."""
    return being_deleted(known.workload) or revisions.rollback_target(
        known.workload, known.revisions, to_revision, known.remembered
    )


def abort_target(known: KnownDeployment) -> ReplicaSet | Refusal:
    """The ReplicaSet that an abort would bring back, or why there is nothing to abort."""
    deployment, replicasets = known.workload, known.revisions
    hold = hold_of(deployment, replicasets)
    if hold is not None and hold.is_real:
        return being_deleted(deployment) or _before_the_canary(hold, replicasets)
    if in_flight(known):
        return rollback_target(known)
    current = revisions.current(deployment, replicasets)
    number = revision(current) if current is not None else 0
    return being_deleted(deployment) or Refusal(
        f"nothing to abort: revision {number} is complete; a rollback goes to an earlier one"
    )


def _before_the_canary(hold: Hold, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | Refusal:
    if hold.disturbance in OVER:
        return Refusal(f"nothing to abort: {hold.sentence}; a repair puts the saved settings back")
    if hold.record is None:
        return Refusal(f"{hold.sentence or 'the canary has no record'}; a repair comes first")
    back = back_of(hold.record, replicasets)
    if back is None:
        return Refusal(
            f"revision {hold.record.back.revision}, which the canary came from, is gone; roll back to another one"
        )
    return back


def _going_back(request: Request, subject: DeploymentSubject, back: ReplicaSet, verb: str) -> Plan:
    deployment = subject.workload
    raw_back = subject.raw_revisions[back.metadata.uid]
    draft = draft_for(subject)
    put_back(draft, template_of(raw_back), raw_back, deployment)
    draft.remove(("spec", "paused"))
    saved = _saved(subject)
    if saved is not None:
        hold_settings.take_off(draft, saved)
    where = destination(revision(back), image_of(back.spec.template, deployment.spec.template))
    return draft.plan(
        request,
        title=f"{verb} {draft.target} {where}",
        begun=f"rollback {where}",
        effects=(*_effects(subject, as_deployment(draft.after), back), *_released(saved)),
        warnings=(
            *owner_warnings(deployment),
            *_prospects(subject, back),
            *(held_warnings(deployment) if saved is None else ()),
        ),
        insist=prospects.misgivings(
            revision(back), revisions.candidates(deployment, subject.revisions), subject.remembered, subject.now
        ),
        undo=_undo(subject, back),
        commands=(
            *_commands(subject, back),
            *(hold_settings.release_commands(subject, saved) if saved is not None else ()),
        ),
    )


def _saved(subject: DeploymentSubject) -> Saved | None:
    """The settings to bring back together with the template: those that the hold of a canary has saved."""
    hold = hold_of(subject.workload, subject.revisions)
    if hold is None or hold.record is None or hold.disturbance is Disturbance.STALE:
        return None
    return hold.record.saved


def _released(saved: Saved | None) -> tuple[str, ...]:
    return (f"The hold ends, and the saved settings come back: {hold_settings.in_words(saved)}.",) if saved else ()


def _effects(subject: DeploymentSubject, after: Deployment, back: ReplicaSet) -> tuple[str, ...]:
    deployment = subject.workload
    # Where a hold ends, pods are replaced under the settings that come back.
    sentences = [
        *replacement(
            msgspec.structs.replace(subject, workload=after), revision_of(back, deployment.spec.template), back
        )
    ]
    if deployment.spec.paused:
        sentences.insert(0, "It is paused: the same patch resumes it.")
    others = [revision(rs) for rs in subject.revisions if rs.metadata.uid != back.metadata.uid]
    raw_back = subject.raw_revisions[back.metadata.uid]
    return (*sentences, *numbers_and_cause(revision(back), others, raw_back, deployment))


def _prospects(subject: DeploymentSubject, back: ReplicaSet) -> tuple[str, ...]:
    """How the revision did that comes back, and whether it is another one but for annotations."""
    named = {revision(rs): rs for rs in reversed(revisions.newest_first(subject.revisions)) if revision(rs)}
    weighed = revisions.candidates(subject.workload, subject.revisions)
    templates = {number: template_of(subject.raw_revisions[rs.metadata.uid]) for number, rs in named.items()}
    live = template_of(subject.raw)
    return (
        *prospects.track_record(
            revision(back), weighed, subject.remembered, subject.now, lambda number: revision_of(named[number])
        ),
        *prospects.sameness(revision(back), live, templates),
    )


def _undo(subject: DeploymentSubject, back: ReplicaSet) -> Undo:
    current = revisions.current(subject.workload, subject.revisions)
    limit = subject.workload.spec.revision_history_limit
    if current is None:
        return undo_of_return(None, limit)
    image = image_of(current.spec.template, back.spec.template)
    return undo_of_return((revision(current), f"revision {revision(current)} ({image})"), limit)


def _commands(subject: DeploymentSubject, back: ReplicaSet) -> tuple[str, ...]:
    name = f"deployment/{subject.workload.metadata.name}"
    undo = command(subject, "rollout", "undo", name, f"--to-revision={revision(back)}")
    # kubectl refuses to roll a paused Deployment back.
    return (command(subject, "rollout", "resume", name), undo) if subject.workload.spec.paused else (undo,)


def rollback_revision(known: KnownDeployment) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else revisions.revision(found)


plan_rollback = rollback_to(rollback_target, _going_back)
plan_abort = abort_to(abort_target, _going_back)
