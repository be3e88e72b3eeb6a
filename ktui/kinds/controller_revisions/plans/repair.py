"""Repair of a StatefulSet that waits for pods which its template has left behind: they are deleted, and nothing else.

So it is after a rollback that someone else made, or a deletion that did not happen (docs/semantics.md,
StatefulSets). The patch consists of its tests alone: it changes nothing, and makes sure that this is what was looked
at.
"""

from __future__ import annotations

from ktui.kinds.controller_revisions import progress, revisions
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, KnownControlled, current
from ktui.kinds.controller_revisions.plans.wording import (
    deletion_commands,
    from_the_top,
    names,
    pods_to_delete,
    revision_of,
)
from ktui.kinds.controller_revisions.strategy import waits_for_deletion
from ktui.model.objects import Pod
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Repair
from ktui.plans.wording import amid, being_deleted
from ktui.rollout.revisions import Refusal


def left_behind(known: KnownControlled) -> list[Pod]:
    """The pods that it waits for, and that are of another revision than they are to be of."""
    workload = known.workload
    if current(known) is None or not workload.observed or waits_for_deletion(workload):
        return []
    parts = revisions.pods_by_revision(workload, known.revisions, known.pods)
    return from_the_top(workload, progress.stranded(workload, parts))


def refuse_repair(known: KnownControlled) -> Refusal | None:
    """Why there is nothing to repair."""
    if not left_behind(known):
        return Refusal("there is nothing to repair: no pod of an earlier revision is waited for")
    return being_deleted(known.workload)


def repair_label(known: KnownControlled) -> str:
    """What the repair does: `repair: delete db-3`."""
    return f"repair: delete {names(left_behind(known))}"


def plan_repair(request: Repair, subject: ControlledSubject) -> Plan | Refusal:
    """Delete them: they come back with the template as it is now."""
    if not subject.may_delete_pods:
        return Refusal("not allowed: you may not delete pods")
    workload, now = subject.workload, current(subject)
    assert now is not None, "what has no revision yet is refused"
    pods = left_behind(subject)
    draft = draft_for(subject)
    it, them = ("it comes", "it") if len(pods) == 1 else ("they come", "them")
    are = "is" if len(pods) == 1 else "are"
    return draft.plan(
        request,
        title=f"Repair {draft.target}: delete {names(pods)}",
        begun=f"repair, which deletes {names(pods)},",
        effects=(
            f"{names(pods)} {are} not ready, and an OrderedReady StatefulSet waits for {them} before it continues.",
            f"Deleted, {it} back as {amid(revision_of(now))} with the same volumes.",
            "Nothing else changes.",
        ),
        undo=Undo("Nothing to undo: the StatefulSet creates the pods again."),
        commands=deletion_commands(subject, workload),
        deletes=pods_to_delete(subject, workload),
    )
