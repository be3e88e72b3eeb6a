"""Roll back of a StatefulSet or a DaemonSet, and abort, which is a rollback from the middle of a rollout.

The template of a ControllerRevision replaces the whole template: its data is a strategic merge patch that
says so (`$patch: replace`), and a JSON patch says the same. kubectl applies the data itself and touches nothing else;
here the change-cause comes back with it, as for Deployments.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans import partition_patch
from ktui.kinds.controller_revisions.plans.known import (
    ControlledSubject,
    KnownControlled,
    KnownPodSet,
    PodSetSubject,
    current,
    in_flight,
)
from ktui.kinds.controller_revisions.plans.wording import (
    changed,
    deletion_commands,
    deletion_effects,
    name_of,
    next_revision,
    pods_to_delete,
    replacement,
    revision_of,
    stranded_warnings,
)
from ktui.kinds.controller_revisions.revisions import RevisionPods, candidates, newest_first, pods_by_revision
from ktui.kinds.controller_revisions.revisions import rollback_target as last_good
from ktui.kinds.controller_revisions.strategy import Controlled, place
from ktui.model.workloads import ControllerRevision, StatefulSet
from ktui.plans import prospects
from ktui.plans.draft import draft_for
from ktui.plans.going_back import (
    abort_to,
    destination,
    numbered,
    numbers_and_cause,
    put_back,
    rollback_to,
    undo_of_return,
)
from ktui.plans.offers import Earlier
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Request
from ktui.plans.wording import being_deleted, command, image_of, owner_warnings
from ktui.rollout.partition import Partition
from ktui.rollout.podstatus import is_ready
from ktui.rollout.revisions import Refusal, template_of
from ktui.text import count

_DIRECTIVE: Final = "$patch"
"""What makes a strategic merge patch replace: no part of the template."""


def rollback_target(known: KnownPodSet, to_revision: int | None = None) -> ControllerRevision | Refusal:
    """The revision that a rollback would bring back, or why there is none, in kubectl's words and order.

    Without a number it is the last one that was good (`standing.last_good`), where kubectl takes the second highest.
    """
    workload = known.workload
    deleted = being_deleted(workload)
    if deleted is not None:
        return deleted
    ordered = newest_first(known.revisions)
    if to_revision:
        named = numbered(((rev.revision, rev) for rev in ordered), to_revision)
        if isinstance(named, Refusal):
            return named
        target = named
    else:
        now = current(known)
        before = [rev for rev in ordered if now is None or rev.metadata.uid != now.metadata.uid]
        if not before:
            return Refusal("no last revision to roll back to")
        parts = pods_by_revision(workload, known.revisions, known.pods)
        if not workload.observed and (now is not None or not any(part.running for part in parts if part.revision)):
            # Where the new template has no revision, all pods are of revisions that came before it: that is known, even
            # if the controller cannot make one and so never observes the change.
            return Refusal("the controller has not seen the last change yet, so the previous revision is not known")
        target = last_good(workload, parts, known.remembered) or before[0]
    if target.template is None:
        return Refusal(f"revision {target.revision} has no pod template to go back to")
    if target.template == workload.spec.template:
        return Refusal(f"skipped rollback (current template already matches revision {target.revision})")
    return target


def abort_target(known: KnownControlled) -> ControllerRevision | Refusal:
    """The revision that an abort would bring back, or why there is nothing to abort.

    It is the one that ktui's canary came from, or that most of the pods which give way and serve are of. Where none is
    left, it is the one that a StatefulSet was last of in full, as it reports; else the last one that was good.
    """
    workload, now = known.workload, current(known)
    number = now.revision if now is not None else 0
    if not in_flight(known):
        return being_deleted(workload) or Refusal(
            f"nothing to abort: every pod is of revision {number}; a rollback goes to an earlier one"
        )
    last = _last_complete(known)
    if last is not None and last is now:
        return being_deleted(workload) or Refusal(
            f"nothing to abort: it goes back to revision {number}, which it was last of in full"
        )
    found = _origin(known) or _giving_way(known) or last
    if found is None or found.template in (None, workload.spec.template):
        return rollback_target(known)
    return being_deleted(workload) or found


def _origin(known: KnownControlled) -> ControllerRevision | None:
    held = partition_of(known.workload) if isinstance(known.workload, StatefulSet) else None
    return _named(known, held.record.back) if held is not None and held.record is not None else None


def _giving_way(known: KnownControlled) -> ControllerRevision | None:
    """Those that the partition keeps anyway count only where it lets no old pod go."""
    workload = known.workload
    parts = [
        part
        for part in pods_by_revision(workload, known.revisions, known.pods)
        if part.revision and not part.is_current
    ]

    def replaced(part: RevisionPods) -> tuple[int, int]:
        pods = [
            pod
            for pod in part.running
            if not (isinstance(workload, StatefulSet) and partition_patch.is_below(workload, pod))
        ]
        return sum(map(is_ready, pods)), len(pods)

    most = max(parts, key=lambda part: (*replaced(part), len(part.running), part.number), default=None)
    return most.revision if most is not None and most.running else None


def _last_complete(known: KnownControlled) -> ControllerRevision | None:
    return _named(known, known.workload.status.current_revision) if isinstance(known.workload, StatefulSet) else None


def _named(known: KnownControlled, name: str) -> ControllerRevision | None:
    return next((revision for revision in known.revisions if revision.metadata.name == name), None)


def template_in(raw_revision: dict[str, Any]) -> dict[str, Any]:
    """The pod template that a ControllerRevision's data holds. It is a copy."""
    template: dict[str, Any] = deepcopy(raw_revision["data"]["spec"]["template"])
    template.pop(_DIRECTIVE, None)
    return template


def _going_back(request: Request, subject: ControlledSubject, back: ControllerRevision, verb: str) -> Plan:
    workload = subject.workload
    raw_back = subject.raw_revisions[back.metadata.uid]
    draft = draft_for(subject)
    put_back(draft, template_in(raw_back), raw_back, workload)
    held = partition_of(workload) if isinstance(workload, StatefulSet) else None
    ends_at = _ends_at(subject, held)
    if ends_at is not None:
        partition_patch.put(draft, ends_at)
    after = changed(subject, draft.after)
    where = destination(back.revision, image_of(back.template, workload.spec.template))
    others = [each.revision for each in subject.revisions if each.metadata.uid != back.metadata.uid]
    return draft.plan(
        request,
        title=f"{verb} {draft.target} {where}",
        begun=f"rollback {where}",
        effects=(
            *replacement(subject, after, revision_of(back, workload.spec.template)),
            *numbers_and_cause(back.revision, others, raw_back, workload),
            *_partitioned(held, ends_at),
            *deletion_effects(subject, after),
        ),
        warnings=(
            *owner_warnings(workload),
            *how_it_did(subject, back),
            *_left_alone(subject, after, held, back),
            *stranded_warnings(subject, after),
        ),
        insist=prospects.misgivings(
            back.revision, candidates(workload, _parts(subject)), subject.remembered, subject.now
        ),
        undo=undo_of(subject, back),
        commands=(
            command(subject, "rollout", "undo", name_of(subject), f"--to-revision={back.revision}"),
            *(partition_patch.commands(subject, ends_at) if ends_at is not None else ()),
            *deletion_commands(subject, after),
        ),
        deletes=pods_to_delete(subject, after),
    )


def _ends_at(known: KnownControlled, held: Partition | None) -> int | None:
    """The partition that ends ktui's own hold: that of before, or lower where a pod is new that has to go back too.

    None where there is no such hold: anybody else's partition stays, as with kubectl.
    """
    if held is None or held.record is None or not isinstance(known.workload, StatefulSet):
        return None
    now = current(known)
    new = [place(known.workload, pod) for pod in known.pods if now is not None and pod.revision_hash == now.pod_hash]
    return min([held.record.saved, *(each for each in new if each >= held.first)])


def _partitioned(held: Partition | None, ends_at: int | None) -> tuple[str, ...]:
    if held is None:
        return ()
    if held.record is None or ends_at is None:
        return (f"The partition stays at {held.first}.",)
    what = "pause" if not held.record.steps else "hold of the canary"
    if ends_at < held.record.saved:
        saved = held.record.saved
        return (f"The {what} ends: the partition goes to {ends_at}. Below the {saved} of before, pods would stay new.",)
    return (f"The {what} ends: the partition goes from {held.first} back to {ends_at}.",)


def _left_alone(
    subject: ControlledSubject, after: Controlled, held: Partition | None, back: ControllerRevision
) -> tuple[str, ...]:
    """A partition that stays may keep pods from going back, and that is what a rollback is seldom meant to do."""
    if held is None or held.record is not None or not isinstance(after, StatefulSet):
        return ()
    below = [pod for pod in subject.pods if partition_patch.is_below(after, pod) and pod.revision_hash != back.pod_hash]
    if not below:
        return ()
    keeps = "keeps" if len(below) == 1 else "keep"
    return (
        f"{count(len(below), 'pod')} below the partition {keeps} another revision: promote takes "
        f"{'it' if len(below) == 1 else 'them'} to revision {next_revision(subject.revisions)} afterwards.",
    )


def _parts(subject: PodSetSubject) -> tuple[RevisionPods, ...]:
    return pods_by_revision(subject.workload, subject.revisions, subject.pods)


def how_it_did(subject: PodSetSubject, back: ControllerRevision) -> tuple[str, ...]:
    """How the revision did that comes back, and whether it is another one but for annotations."""
    named = {each.revision: each for each in subject.revisions if each.template is not None}
    templates = {number: template_in(subject.raw_revisions[each.metadata.uid]) for number, each in named.items()}
    return (
        *prospects.track_record(
            back.revision,
            candidates(subject.workload, _parts(subject)),
            subject.remembered,
            subject.now,
            lambda number: revision_of(named[number]),
        ),
        *prospects.sameness(back.revision, template_of(subject.raw), templates),
    )


def undo_of(subject: PodSetSubject, back: ControllerRevision) -> Undo:
    """How to take a rollback back."""
    now = current(subject)
    limit = subject.workload.spec.revision_history_limit
    if now is None:
        return undo_of_return(None, limit)
    name = f"revision {now.revision} ({image_of(now.template, back.template)})"
    return undo_of_return((now.revision, name), limit)


def earlier(found: ControllerRevision | Refusal) -> Earlier | Refusal:
    """A revision as the offers of rollback and abort show it."""
    return found if isinstance(found, Refusal) else Earlier(found.metadata.uid, found.revision, found.template)


def rollback_revision(known: KnownPodSet) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else found.revision


plan_rollback = rollback_to(rollback_target, _going_back)
plan_abort = abort_to(abort_target, _going_back)
