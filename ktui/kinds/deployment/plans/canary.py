"""A held canary: begin, take to the next step, promote in full (docs/semantics.md, Hold a canary).

To abort is to roll back, with the saved settings in the same patch: `rollback`. A repair is `canary_repair`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.hold import back_of, hold_of
from ktui.kinds.deployment.plans import hold_settings
from ktui.kinds.deployment.plans.hold_settings import limits_for
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, as_deployment, in_flight
from ktui.kinds.deployment.plans.wording import number_for, pace, revision_of
from ktui.model.objects import HOLD_SECONDS, Deployment, ReplicaSet
from ktui.model.template import PodTemplate
from ktui.plans.canary_size import grown, image_patch, refuse_request, what_follows
from ktui.plans.canary_warnings import canary_warnings, healed
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Canary, Promote, RollBack
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
from ktui.rollout.hold import OVER, Back, Disturbance, Hold, Record
from ktui.rollout.revisions import Refusal
from ktui.text import count, duration

_SCALED = "in proportion"
"""How a canary follows an autoscaler: the Deployment controller scales its ReplicaSets so."""


def refuse_canary(known: KnownDeployment) -> Refusal | None:
    """Why no canary can be begun."""
    deployment = known.workload
    deleted = being_deleted(deployment)
    if deleted is not None:
        return deleted
    hold = hold_of(deployment, known.revisions)
    if hold is not None and hold.is_real:
        by = f", by {hold.by}" if hold.by else ""
        return Refusal(f"a canary of {hold.size} is held already{by}: promote it, or abort it")
    if hold is not None and hold.disturbance is Disturbance.ENDED:
        # What is left of the hold would be saved as the settings to come back to.
        return Refusal(f"{hold.sentence}: a repair puts the saved settings back first")
    if deployment.spec.strategy.type == strategy.RECREATE:
        return Refusal("strategy Recreate stops all old pods before the first new one: a canary needs RollingUpdate")
    if deployment.spec.desired == 0:
        return Refusal("it is scaled to zero: a canary needs at least one pod")
    if deployment.spec.paused:
        return Refusal("it is paused: resume it first")
    if in_flight(known):
        return Refusal("a running rollout cannot become a canary: pause it instead")
    return None


def refuse_promote_held(deployment: Deployment, hold: Hold) -> Refusal | None:
    """Why a held canary cannot be taken further."""
    deleted = being_deleted(deployment)
    if deleted is not None:
        return deleted
    if hold.disturbance in OVER:
        return Refusal(f"nothing to promote: {hold.sentence}; a repair puts the saved settings back")
    if not hold.is_known:
        return Refusal(f"{hold.sentence or 'the canary has no record'}; a repair comes first")
    if not deployment.observed:
        return Refusal("the controller has not seen the last change yet: wait for it")
    if deployment.spec.paused:
        return Refusal("it is paused: resume it first")
    return None


def promote_label(hold: Hold) -> str:
    """What promote does to this canary: `promote to 4 of 12 (step 2 of 3)`."""
    if not hold.is_known:
        return "promote"
    pods = hold.next_pods
    size = f"{pods} of {hold.desired}" if pods is not None else f"all {hold.desired}"
    return f"promote to {size}{steps.in_brackets(hold.record.steps if hold.record is not None else (), hold.next_step)}"


def plan_canary(request: Canary, subject: DeploymentSubject) -> Plan | Refusal:
    """Begin: template, settings and record in one patch."""
    deployment = subject.workload
    refused = refuse_request(request, subject.raw, deployment.spec.desired, surge=request.surge)
    if refused is not None:
        return refused
    current = revisions.current(deployment, subject.revisions)
    assert current is not None, "what is not being rolled out has a ReplicaSet"
    draft = draft_for(subject)
    new = put_template(draft, request, deployment)
    if isinstance(new, Refusal):
        return new
    record = _begun(request, subject, current, new.template)
    hold_settings.put_on(draft, record)
    image = image_of(new.template, deployment.spec.template)
    pods = f"{record.pods} of {count(record.replicas, 'pod')}"
    return draft.plan(
        request,
        title=f"Hold a canary of {pods} of {draft.target} at {image}",
        begun=f"canary of {pods} at {image}",
        effects=(
            *image_changes(new.changed),
            *_beginning(record, f"revision {record.revision}, image {image}"),
        ),
        warnings=(*moved_images(new.changed), *_warned(subject, record)),
        undo=Undo(f"Abort goes back to {revision_of(current)}, with the saved settings.", Abort()),
        commands=_begin_commands(request, subject, record, new.changed),
    )


def plan_promote_held(request: Promote, subject: DeploymentSubject, hold: Hold) -> Plan | Refusal:
    """Take a held canary to its next step, to a size of one's own, or to its end."""
    refused = refuse_promote_held(subject.workload, hold)
    if refused is not None:
        return refused
    found = _wanted(request, hold)
    if isinstance(found, Refusal):
        return found
    step, pods = found
    return _in_full(request, subject, hold) if pods is None else _larger(request, subject, hold, step, pods)


# Beginning


def _begun(request: Canary, subject: DeploymentSubject, current: ReplicaSet, template: PodTemplate) -> Record:
    desired = subject.workload.spec.desired
    pods = steps.in_pods(request.steps[0], desired)
    limits = limits_for(pods, desired, current.spec.desired, surge=request.surge)
    return Record(
        revision=number_for(template, subject.revisions),
        back=Back(revisions.revision(current), current.metadata.name),
        saved=hold_settings.save(subject.raw),
        surge=request.surge,
        pods=pods,
        replicas=desired,
        max_surge=limits.surge,
        max_unavailable=limits.unavailable,
        steps=request.steps,
        step=0,
        since=subject.now.replace(microsecond=0),
        by=subject.user,
    )


def _beginning(record: Record, comes: str) -> tuple[str, ...]:
    pods, old = count(record.pods, "pod"), count(record.replicas, "old pod")
    if record.surge:
        first = f"{pods} of {amid(comes)} will be started beside {old}, and held there."
    else:
        first = f"{pods} of {amid(comes)} will replace as many of {old}, and be held there."
    return (
        first,
        f"The Deployment controller itself holds them (minReadySeconds {HOLD_SECONDS}): "
        "ktui does not have to keep running.",
        what_follows(record.steps, record.replicas),
        f"Saved until then: {hold_settings.in_words(record.saved)}.",
    )


def _warned(subject: DeploymentSubject, record: Record) -> tuple[str, ...]:
    replaced = 0 if record.surge else record.pods
    return (
        *canary_warnings(subject, extra=record.pods - replaced, replaced=replaced, scaled=_SCALED),
        *stale_cause(subject.workload, "canary"),
    )


def _begin_commands(
    request: Canary, subject: DeploymentSubject, record: Record, changed: Sequence[tuple[str, str, str]]
) -> tuple[str, ...]:
    noted = hold_settings.record_command(subject, record)
    if request.template is None:
        running = {container.name for container in subject.workload.spec.template.containers}
        return (hold_settings.hold_command(subject, record, image_patch(changed, running)), noted)
    # Without the template in the same patch, minReadySeconds would reach the old pods; a paused one waits for both.
    name = f"deployment/{subject.workload.metadata.name}"
    return (
        command(subject, "rollout", "pause", name),
        command(subject, "apply", "-f", request.manifest),
        hold_settings.hold_command(subject, record),
        noted,
        command(subject, "rollout", "resume", name),
    )


# Going on


def _wanted(request: Promote, hold: Hold) -> tuple[int, int | None] | Refusal:
    """Which step, and how many pods that is; None for all of them."""
    record, desired = hold.record, hold.desired
    assert record is not None
    last = len(record.steps) - 1
    if not request.to:
        return hold.next_step, hold.next_pods
    if request.to == steps.FULL:
        return last, None
    pods = grown(request.to, hold.pods, desired)
    if isinstance(pods, Refusal):
        return pods
    return max(record.step, steps.following(record.steps, desired, pods) - 1), pods


def _larger(request: Promote, subject: DeploymentSubject, hold: Hold, step: int, pods: int) -> Plan:
    deployment, record = subject.workload, hold.record
    assert record is not None
    current = revisions.current(deployment, subject.revisions)
    old = sum(rs.spec.desired for rs in subject.revisions if rs is not current)
    limits = limits_for(pods, hold.desired, old, surge=record.surge)
    larger = msgspec.structs.replace(
        record,
        pods=pods,
        replicas=hold.desired,
        max_surge=limits.surge,
        max_unavailable=limits.unavailable,
        step=step,
    )
    draft = draft_for(subject)
    hold_settings.resize(draft, larger)
    image = image_of(deployment.spec.template)
    size = f"{pods} of {count(hold.desired, 'pod')}"
    added = pods - hold.pods
    replaced = 0 if record.surge else added
    return draft.plan(
        request,
        title=f"Promote {draft.target} to {size} at {image}{steps.in_brackets(record.steps, step)}",
        begun=f"promotion to {size} at {image}",
        effects=(
            f"{count(added, 'pod')} of revision {record.revision} will be added: {hold.pods} → {pods}, and held there.",
            f"{count(replaced, 'old pod')} will be stopped for them." if replaced else "No old pods are removed.",
        ),
        warnings=(
            *_unready(current, hold),
            *canary_warnings(subject, extra=added - replaced, replaced=replaced, scaled=_SCALED),
        ),
        undo=_undo_promote(record, subject),
        commands=(hold_settings.resize_command(subject, larger), hold_settings.record_command(subject, larger)),
    )


def _in_full(request: Promote, subject: DeploymentSubject, hold: Hold) -> Plan:
    deployment, record = subject.workload, hold.record
    assert record is not None
    draft = draft_for(subject)
    hold_settings.take_off(draft, record.saved)
    current = revisions.current(deployment, subject.revisions)
    old = sum(rs.spec.desired for rs in subject.revisions if rs is not current)
    image = image_of(deployment.spec.template)
    back = back_of(record, subject.revisions)
    again = Undo(f"Roll back to revision {record.back.revision}.", RollBack(record.back.revision))
    return draft.plan(
        request,
        title=f"Promote {draft.target} in full: all {count(hold.desired, 'pod')} to {image}",
        begun=f"promotion in full to {image}",
        effects=(
            f"{count(max(0, hold.desired - hold.pods), 'pod')} of revision {record.revision}, image {image}, will be "
            f"added to the {hold.pods} of the canary, and {count(old, 'old pod')} stopped.",
            f"Pods of the canary count as available {_when(record)}.",
            pace(as_deployment(draft.after)),
            f"The saved settings come back: {hold_settings.in_words(record.saved)}.",
        ),
        warnings=(*_unready(current, hold), *healed(subject)),
        undo=again if back is not None else Undo("The revision that it came from is gone: deploy that again."),
        commands=hold_settings.release_commands(subject, record.saved),
    )


def _when(record: Record) -> str:
    seconds = record.saved.min_ready_seconds
    return "as soon as they are ready" if seconds is UNSET else f"when they have been ready for {duration(seconds)}"


def _unready(current: ReplicaSet | None, hold: Hold) -> tuple[str, ...]:
    ready = current.status.ready_replicas if current is not None else 0
    return (f"Only {ready} of the {count(hold.pods, 'pod')} held now are ready.",) if ready < hold.pods else ()


def _undo_promote(record: Record, subject: DeploymentSubject) -> Undo:
    back = back_of(record, subject.revisions)
    name = revision_of(back) if back is not None else f"revision {record.back.revision}"
    return Undo(f"A canary only grows: abort goes back to {name}, with the saved settings.", Abort())
