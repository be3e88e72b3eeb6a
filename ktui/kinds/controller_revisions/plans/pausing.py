"""Pause, resume and promote of a StatefulSet, all of them by its partition: the pods below it stay as they are."""

from __future__ import annotations

import msgspec

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans import partition_patch
from ktui.kinds.controller_revisions.plans.known import (
    ControlledSubject,
    KnownControlled,
    StatefulSetSubject,
    current,
    in_flight,
)
from ktui.kinds.controller_revisions.plans.wording import (
    changed,
    deletion_commands,
    deletion_effects,
    pods_to_delete,
    refuse_on_delete,
    replacement,
    revision_of,
    stranded_warnings,
)
from ktui.kinds.controller_revisions.strategy import place
from ktui.model.objects import Pod
from ktui.model.workloads import StatefulSet
from ktui.plans.draft import draft_for
from ktui.plans.partition_steps import promoted
from ktui.plans.patch import Draft
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Pause, Promote, Request, Resume, RollBack
from ktui.plans.wording import amid, being_deleted, image_of, owner_warnings, state
from ktui.rollout import steps
from ktui.rollout.partition import Partition, Record
from ktui.rollout.podstatus import is_terminating
from ktui.rollout.revisions import Refusal
from ktui.text import count


def stands_still(statefulset: StatefulSet, known: KnownControlled) -> bool:
    """Whether its partition holds it, and everything that the partition lets through has been replaced."""
    held = partition_of(statefulset)
    return held is not None and (held.pods == 0 or pause_at(statefulset, known) <= held.first)


def pause_at(statefulset: StatefulSet, known: KnownControlled) -> int:
    """The partition from which on no further pod is replaced: just above the last that is still to be.

    What is complete already is kept so: from all pods on, a change of the template waits.
    """
    now = current(known)
    if now is None:
        return statefulset.spec.desired
    old = [place(statefulset, pod) for pod in known.pods if _is_old(pod, now.pod_hash)]
    return min(max(old) + 1, statefulset.spec.desired) if old else statefulset.spec.desired


def refuse_pause(statefulset: StatefulSet, known: KnownControlled) -> Refusal | None:
    """Why it cannot be paused."""
    refused = being_deleted(statefulset) or refuse_on_delete(statefulset, "nothing to pause")
    if refused is not None:
        return refused
    held = partition_of(statefulset)
    if held is not None and held.is_pause:
        return state(statefulset, "already paused")
    if statefulset.spec.desired == 0:
        return Refusal("it is scaled to zero: there are no pods to hold")
    if held is not None and stands_still(statefulset, known):
        return Refusal(f"it is held already: its partition lets {held.size} through, and these are replaced")
    return None


def refuse_resume(statefulset: StatefulSet) -> Refusal | None:
    """Why it cannot be resumed."""
    held = partition_of(statefulset)
    if held is not None and held.is_canary:
        return Refusal(f"a canary of {held.size} is held: promote takes it to its next step, or in full")
    if held is None:
        refused = refuse_on_delete(statefulset, "nothing to resume")
        return refused or state(statefulset, "not paused")
    return being_deleted(statefulset)


def refuse_promote(statefulset: StatefulSet, known: KnownControlled) -> Refusal | None:
    """Why there is nothing to promote."""
    refused = being_deleted(statefulset) or refuse_on_delete(statefulset, "nothing to promote")
    if refused is not None:
        return refused
    if not statefulset.observed:
        return Refusal("the controller has not seen the last change yet: wait for it")
    held = partition_of(statefulset)
    if in_flight(known):
        return None if held is not None else Refusal("nothing to promote: it runs by itself")
    now = current(known)
    name = f"revision {now.revision}" if now is not None else "the new revision"
    paused = ", though paused" if held is not None and held.is_pause else ""
    return Refusal(f"nothing to promote: {name} is complete{paused}")


def plan_pause(request: Pause, subject: StatefulSetSubject) -> Plan | Refusal:
    """Stop where it is."""
    statefulset = subject.workload
    refused = refuse_pause(statefulset, subject)
    if refused is not None:
        return refused
    held, at = partition_of(statefulset), pause_at(statefulset, subject)
    record = _smaller(held, at) if held is not None else None
    if record is None:
        saved = statefulset.spec.partition
        record = Record(partition=at, saved=saved, since=subject.now.replace(microsecond=0), by=subject.user)
        undo = Undo(f"Resume brings the partition of {saved} back.", Resume())
    else:
        undo = Undo("Promote takes the canary on from there.", Promote())
    draft = draft_for(subject)
    partition_patch.put(draft, at, record)
    return draft.plan(
        request,
        title=f"Pause {draft.target} by a partition of {at}",
        done=f"paused: its partition is {at}",
        effects=_when_paused(subject, statefulset, at),
        warnings=owner_warnings(statefulset),
        undo=undo,
        commands=partition_patch.commands(subject, at, record),
    )


def _smaller(held: Partition, at: int) -> Record | None:
    """The record of ktui's canary that stops on its way to a step: a smaller canary. None where it is none."""
    record = held.record
    if record is None or not record.steps:
        return None
    step = steps.following(record.steps, held.desired, held.desired - at)
    return msgspec.structs.replace(record, partition=at, step=max(0, step - 1))


def plan_resume(request: Resume, subject: StatefulSetSubject) -> Plan | Refusal:
    """Go on to the end, or to where the partition of before holds it; with a canary that has not begun, to its size."""
    statefulset = subject.workload
    refused = refuse_resume(statefulset)
    if refused is not None:
        return refused
    held = partition_of(statefulset)
    assert held is not None, "what is not held is refused"
    step, pods = held.following
    if pods is not None:
        return _further(request, subject, statefulset, held, step=step, pods=pods)
    return _to_the_end(request, subject, statefulset, held, verb="Resume")


def plan_promote(request: Promote, subject: StatefulSetSubject) -> Plan | Refusal:
    """Let the next step through, a number of one's own, or all of it."""
    statefulset = subject.workload
    refused = refuse_promote(statefulset, subject)
    if refused is not None:
        return refused
    held = partition_of(statefulset)
    assert held is not None, "what is not held is refused"
    found = promoted(request.to, held)
    if isinstance(found, Refusal):
        return found
    step, pods = found
    if pods is None:
        return _to_the_end(request, subject, statefulset, held, verb="Promote")
    return _further(request, subject, statefulset, held, step=step, pods=pods)


def _further(
    request: Request, subject: ControlledSubject, statefulset: StatefulSet, held: Partition, *, step: int, pods: int
) -> Plan:
    at = held.desired - pods
    since = subject.now.replace(microsecond=0)
    known = held.record or Record(partition=held.first, saved=held.first, since=since, by=subject.user)
    record = msgspec.structs.replace(
        known,
        partition=at,
        step=step,
        steps=known.steps or (str(pods), steps.FULL),
        back=known.back or _origin(subject),
    )
    draft = draft_for(subject)
    partition_patch.put(draft, at, record)
    size = f"{pods} of {count(held.desired, 'pod')}"
    image = image_of(statefulset.spec.template)
    return draft.plan(
        request,
        title=f"Promote {draft.target} to {size} at {image}{steps.in_brackets(held.steps, step)}",
        begun=f"promotion to {size} at {image}",
        effects=(
            f"The partition goes from {held.first} to {at}: {held.pods} → {pods}, and held there.",
            *_let_through(subject, draft),
        ),
        warnings=_warned(subject, statefulset, held, draft),
        undo=Undo("A canary only grows: abort goes back to what was there before.", Abort()),
        commands=(
            *partition_patch.commands(subject, at, record),
            *deletion_commands(subject, changed(subject, draft.after)),
        ),
        deletes=pods_to_delete(subject, changed(subject, draft.after)),
    )


def _to_the_end(
    request: Request, subject: ControlledSubject, statefulset: StatefulSet, held: Partition, *, verb: str
) -> Plan:
    draft = draft_for(subject)
    partition_patch.put(draft, held.before)
    waits = in_flight(subject)
    image = image_of(statefulset.spec.template)
    reached = held.desired - min(held.before, held.desired)
    size = f"all {count(held.desired, 'pod')}" if not held.before else f"{reached} of {count(held.desired, 'pod')}"
    stays = (f"The partition of before stays in force: the first {held.before} are kept.",) if held.before else ()
    return draft.plan(
        request,
        title=f"{verb} {draft.target}: {size} at {image}",
        done=f"resumed: its partition is {held.before}" if verb == "Resume" else "",
        begun=f"promotion to {size} at {image}" if verb == "Promote" else "",
        effects=(
            f"The partition goes from {held.first} to {held.before}.",
            *(_let_through(subject, draft) if waits else ("Nothing waits to be rolled out, so no pod changes now.",)),
            *stays,
        ),
        warnings=_warned(subject, statefulset, held, draft) if waits else (),
        undo=_undo(subject, waits=waits),
        commands=(
            *partition_patch.commands(subject, held.before),
            *deletion_commands(subject, changed(subject, draft.after)),
        ),
        deletes=pods_to_delete(subject, changed(subject, draft.after)),
    )


def _let_through(subject: ControlledSubject, draft: Draft) -> tuple[str, ...]:
    after = changed(subject, draft.after)
    now = current(subject)
    comes = revision_of(now) if now is not None else image_of(after.spec.template)
    return (*replacement(subject, after, comes), *deletion_effects(subject, after))


def _warned(subject: ControlledSubject, statefulset: StatefulSet, held: Partition, draft: Draft) -> tuple[str, ...]:
    ready = statefulset.status.ready_replicas
    missing = statefulset.spec.desired - ready
    unready = (f"{count(missing, 'pod')} of {statefulset.spec.desired} {_is(missing)} not ready.",) if missing else ()
    return (*unready, *owner_warnings(statefulset), *stranded_warnings(subject, changed(subject, draft.after)))


def _undo(subject: ControlledSubject, *, waits: bool) -> Undo:
    if not waits:
        return Undo("Pause holds the next change back again.", Pause())
    before = _origin(subject)
    found = next((rev for rev in subject.revisions if rev.metadata.name == before), None)
    if found is None:
        return Undo("Pause stops it again; what was replaced by then stays replaced.", Pause())
    return Undo(f"Roll back to revision {found.revision} ({image_of(found.template)}).", RollBack(found.revision))


def _origin(subject: ControlledSubject) -> str:
    """The name of the revision that a StatefulSet was last of in full, where that is not the present one."""
    workload, now = subject.workload, current(subject)
    if not isinstance(workload, StatefulSet) or now is None or workload.status.current_revision == now.metadata.name:
        return ""
    return workload.status.current_revision


def _when_paused(subject: ControlledSubject, statefulset: StatefulSet, at: int) -> tuple[str, ...]:
    how = f"A partition of {at} keeps the first {count(at, 'pod')} as they are: " if at else ""
    scaled = "Pods that are starting or stopping continue to do so, and scaling still works."
    if not in_flight(subject):
        return (
            "Nothing is rolling out, so no pod changes now.",
            f"{how}from then on a change of the pod template waits until it is resumed.",
        )
    now = current(subject)
    if now is None:
        return (f"{how}none of the new revision is started.", scaled)
    old = sum(_is_old(pod, now.pod_hash) for pod in subject.pods)
    new = statefulset.spec.desired - old
    return (
        f"The rollout stops where it is: {count(new, 'pod')} of {amid(revision_of(now))} {count(old, 'old pod')}.",
        f"{how}no further one is replaced.",
        scaled,
    )


def _is_old(pod: Pod, pod_hash: str) -> bool:
    return not is_terminating(pod) and pod.revision_hash != pod_hash


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
