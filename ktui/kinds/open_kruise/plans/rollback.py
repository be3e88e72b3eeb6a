"""Roll back, and abort, which is a rollback from the middle of a rollout.

Once its template is the old one again, the pods that are of it count as updated at once, and the partition may keep
the others, which are the ones to take back: it is lowered with the template. A pause would keep them too, and ends.
"""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.known import current
from ktui.kinds.controller_revisions.plans.rollback import (
    how_it_did,
    rollback_revision,
    rollback_target,
    template_in,
    undo_of,
)
from ktui.kinds.controller_revisions.plans.wording import changed, revision_of
from ktui.kinds.controller_revisions.revisions import candidates, pods_by_revision
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans import fields
from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject, in_flight, others
from ktui.kinds.open_kruise.plans.wording import replacement
from ktui.model.workloads import ControllerRevision
from ktui.plans import prospects
from ktui.plans.draft import draft_for
from ktui.plans.going_back import abort_to, destination, numbers_and_cause, put_back, rollback_to
from ktui.plans.plan import Plan
from ktui.plans.request import Request
from ktui.plans.wording import being_deleted, image_of, owner_warnings
from ktui.rollout.podstatus import is_ready
from ktui.rollout.revisions import Refusal

__all__ = ["abort_target", "plan_abort", "plan_rollback", "rollback_revision", "rollback_target"]


def abort_target(known: KnownKruise) -> ControllerRevision | Refusal:
    """The revision that an abort would bring back, or why there is nothing to abort.

    It is the one that ktui's canary came from, or that most of the old pods which serve are of; else the last good one.
    """
    workload, now = known.workload, current(known)
    if not in_flight(known):
        number = now.revision if now is not None else 0
        return being_deleted(workload) or Refusal(
            f"nothing to abort: every pod is of revision {number}; a rollback goes to an earlier one"
        )
    held = partition_of(workload)
    back = held.record.back if held is not None and held.record is not None else ""
    found = next((each for each in known.revisions if back and each.metadata.name == back), None)
    found = found or _giving_way(known)
    if found is None or found.template in (None, workload.spec.template):
        return rollback_target(known)
    return being_deleted(workload) or found


def _giving_way(known: KnownKruise) -> ControllerRevision | None:
    parts = [
        part
        for part in pods_by_revision(known.workload, known.revisions, known.pods)
        if part.revision is not None and not part.is_current and part.running
    ]
    most = max(parts, key=lambda part: (sum(map(is_ready, part.running)), len(part.running), part.number), default=None)
    return most.revision if most is not None else None


def _going_back(request: Request, subject: KruiseSubject, back: ControllerRevision, verb: str) -> Plan:
    workload, draft = subject.workload, draft_for(subject)
    raw_back = subject.raw_revisions[back.metadata.uid]
    put_back(draft, template_in(raw_back), raw_back, workload)
    set_to: dict[str, object] = {}
    effects: list[str] = []
    ends_at = _ends_at(subject, back)
    if ends_at is not None:
        fields.put_partition(draft, subject, ends_at)
        set_to["partition"] = ends_at
        effects.append(_partition_ends(subject, ends_at))
    if workload.rolling.paused:
        fields.put_paused(draft, subject, paused=False)
        set_to["paused"] = False
        effects.append("It is resumed with it: while it is paused, no pod goes back.")
    where = destination(back.revision, image_of(back.template, workload.spec.template))
    numbers = [each.revision for each in subject.revisions if each.metadata.uid != back.metadata.uid]
    parts = pods_by_revision(workload, subject.revisions, subject.pods)
    return draft.plan(
        request,
        title=f"{verb} {draft.target} {where}",
        begun=f"rollback {where}",
        effects=(
            *replacement(
                subject, changed(subject, draft.after), draft.after, revision_of(back, workload.spec.template)
            ),
            *numbers_and_cause(back.revision, numbers, raw_back, workload),
            *effects,
        ),
        warnings=(*owner_warnings(workload), *how_it_did(subject, back)),
        insist=prospects.misgivings(back.revision, candidates(workload, parts), subject.remembered, subject.now),
        undo=undo_of(subject, back),
        commands=(
            fields.template_command(subject, draft.after),
            *(fields.commands(subject, set_to) if set_to else ()),
        ),
    )


def _ends_at(subject: KruiseSubject, back: ControllerRevision) -> int | None:
    """The partition with which all pods go back: that of before ktui's hold if none is new, else 0; None: as it is."""
    held = partition_of(subject.workload)
    if held is None:
        return None
    saved = held.record.saved if held.record is not None else held.first
    wanted = 0 if others(subject, back) else saved
    return wanted if held.record is not None or wanted != held.first else None


def _partition_ends(subject: KruiseSubject, ends_at: int) -> str:
    held = partition_of(subject.workload)
    assert held is not None, "what ends was there"
    if held.record is not None and ends_at == held.record.saved:
        return f"The hold of the canary ends: the partition goes from {held.first} back to {ends_at}."
    return (
        f"The partition goes from {held.first} to {ends_at}, or it would keep pods from going back. "
        "Set it again before the next change, if that is to be held."
    )


plan_rollback = rollback_to(rollback_target, _going_back)
plan_abort = abort_to(abort_target, _going_back)
