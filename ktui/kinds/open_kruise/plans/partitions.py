"""Promote and canary: the partition says how many pods stay as they are, and the controller itself holds the rest."""

from __future__ import annotations

import msgspec

from ktui.kinds.controller_revisions.plans.known import current
from ktui.kinds.controller_revisions.plans.wording import changed, next_revision, refuse_on_delete, revision_of
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans import fields
from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject, in_flight
from ktui.kinds.open_kruise.plans.wording import replacement
from ktui.plans.canary_size import refuse_request, what_follows
from ktui.plans.canary_warnings import canary_warnings
from ktui.plans.draft import draft_for
from ktui.plans.partition_steps import promoted, refuse_beside
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Canary, Pause, Promote, RollBack
from ktui.plans.template_change import put_template
from ktui.plans.wording import (
    amid,
    being_deleted,
    image_changes,
    image_of,
    moved_images,
    owner_warnings,
    stale_cause,
)
from ktui.rollout import steps
from ktui.rollout.partition import Partition, Record
from ktui.rollout.revisions import Refusal
from ktui.text import count

_TAKES_NOTHING_BACK = (
    "A higher partition takes no pod back (unless the feature gate CloneSetPartitionRollback is on): abort does."
)


def refuse_promote(known: KnownKruise) -> Refusal | None:
    """Why there is nothing to promote."""
    workload = known.workload
    refused = being_deleted(workload) or refuse_on_delete(workload, "nothing to promote")
    if refused is not None:
        return refused
    if not workload.observed:
        return Refusal("the controller has not seen the last change yet: wait for it")
    now, held = current(known), partition_of(workload)
    if not in_flight(known):
        name = f"revision {now.revision}" if now is not None else "the new revision"
        return Refusal(f"nothing to promote: {name} is complete")
    if workload.rolling.paused:
        return Refusal("it is paused: resume it first")
    return None if held is not None else Refusal("nothing to promote: it runs by itself")


def plan_promote(request: Promote, subject: KruiseSubject) -> Plan | Refusal:
    """Let the next step through, a number of one's own, or all of it."""
    held = partition_of(subject.workload)
    assert held is not None, "what is not held is refused"
    found = promoted(request.to, held)
    if isinstance(found, Refusal):
        return found
    step, pods = found
    if pods is None:
        return _to_the_end(request, subject, held)
    return _further(request, subject, held, step=step, pods=pods)


def _further(request: Promote, subject: KruiseSubject, held: Partition, *, step: int, pods: int) -> Plan:
    at = held.desired - pods
    grown = None
    if held.record is not None:
        grown = msgspec.structs.replace(held.record, partition=at, step=step)
    draft = draft_for(subject)
    fields.put_partition(draft, subject, at, grown)
    size, image = f"{pods} of {count(held.desired, 'pod')}", image_of(subject.workload.spec.template)
    return draft.plan(
        request,
        title=f"Promote {draft.target} to {size} at {image}{steps.in_brackets(held.steps, step)}",
        begun=f"promotion to {size} at {image}",
        effects=(f"The partition goes from {held.first} to {at}.", *_let_through(subject, draft.after)),
        warnings=_warned(subject),
        undo=Undo(_TAKES_NOTHING_BACK, Abort()),
        commands=fields.commands(subject, {"partition": at}, grown),
    )


def _to_the_end(request: Promote, subject: KruiseSubject, held: Partition) -> Plan:
    draft = draft_for(subject)
    fields.put_partition(draft, subject, held.before)
    reached = held.desired - min(held.before, held.desired)
    size = f"all {count(held.desired, 'pod')}" if not held.before else f"{reached} of {count(held.desired, 'pod')}"
    stays = (f"The partition of before stays in force: {held.before} are kept.",) if held.before else ()
    image = image_of(subject.workload.spec.template)
    return draft.plan(
        request,
        title=f"Promote {draft.target} to {size} at {image}",
        begun=f"promotion to {size} at {image}",
        effects=(
            f"The partition goes from {held.first} to {held.before}.",
            *_let_through(subject, draft.after),
            *stays,
        ),
        warnings=_warned(subject),
        undo=_undo(subject),
        commands=fields.commands(subject, {"partition": held.before}),
    )


def _let_through(subject: KruiseSubject, raw: dict[str, object]) -> tuple[str, ...]:
    now = current(subject)
    comes = revision_of(now) if now is not None else f"image {image_of(subject.workload.spec.template)}"
    return replacement(subject, changed(subject, raw), raw, comes)


def _warned(subject: KruiseSubject) -> tuple[str, ...]:
    missing = subject.workload.desired - subject.workload.counts.ready
    are = "is" if missing == 1 else "are"
    unready = (f"{count(missing, 'pod')} of {subject.workload.desired} {are} not ready.",) if missing > 0 else ()
    return (*unready, *owner_warnings(subject.workload))


def _undo(subject: KruiseSubject) -> Undo:
    now = current(subject)
    old = [each for each in subject.revisions if now is None or each.metadata.uid != now.metadata.uid]
    kept = {pod.revision_hash for pod in subject.pods}
    found = max((each for each in old if kept & {*each.pod_hashes}), key=lambda each: each.revision, default=None)
    if found is None:
        return Undo("Pause stops it; what was changed by then stays changed.", Pause())
    return Undo(f"Roll back to revision {found.revision} ({image_of(found.template)}).", RollBack(found.revision))


def refuse_canary(known: KnownKruise) -> Refusal | None:
    """Why no canary can be begun."""
    workload = known.workload
    refused = being_deleted(workload) or refuse_on_delete(workload, "no canary can be held")
    if refused is not None:
        return refused
    if workload.desired == 0:
        return Refusal("it has no pods: a canary needs at least one")
    if workload.rolling.paused:
        return Refusal("it is paused: resume it first")
    return refuse_beside(partition_of(workload)) if in_flight(known) else None


def plan_canary(request: Canary, subject: KruiseSubject) -> Plan | Refusal:
    """Template, partition and record in one patch."""
    workload = subject.workload
    refused = refuse_request(request, subject.raw, workload.desired)
    if refused is not None:
        return refused
    now = current(subject)
    assert now is not None, "what is not being rolled out has a revision"
    draft = draft_for(subject)
    new = put_template(draft, request, workload)
    if isinstance(new, Refusal):
        return new
    desired, held = workload.desired, partition_of(workload)
    pods = steps.in_pods(request.steps[0], desired)
    record = Record(
        partition=desired - pods,
        saved=held.record.saved if held is not None and held.record is not None else workload.kept,
        steps=request.steps,
        back=now.metadata.name,
        since=subject.now.replace(microsecond=0),
        by=subject.user,
    )
    fields.put_partition(draft, subject, record.partition, record)
    image, size = image_of(new.template, workload.spec.template), f"{pods} of {count(desired, 'pod')}"
    comes = f"revision {next_revision(subject.revisions)}, image {image}"
    return draft.plan(
        request,
        title=f"Hold a canary of {size} of {draft.target} at {image}",
        begun=f"canary of {size} at {image}",
        effects=(
            *image_changes(new.changed),
            *replacement(subject, changed(subject, draft.after), draft.after, comes),
            f"OpenKruise itself holds them (partition {record.partition}): ktui does not have to keep running.",
            what_follows(record.steps, desired),
        ),
        warnings=(
            *moved_images(new.changed),
            *canary_warnings(subject, extra=0, replaced=pods, scaled="with it, because the partition stays"),
            *stale_cause(workload, "canary"),
        ),
        undo=Undo(f"Abort goes back to {amid(revision_of(now))} with the partition of {record.saved}.", Abort()),
        commands=(
            *fields.commands(subject, {"partition": record.partition}, record),
            fields.template_command(subject, draft.after),
        ),
    )
