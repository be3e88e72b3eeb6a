"""Abort, and one of the two ways on from there: retry. The other is a rollback."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, situation
from ktui.kinds.argo_rollout.plans.rollback import going_back
from ktui.kinds.argo_rollout.plans.status_patch import status_draft_for
from ktui.kinds.argo_rollout.plans.wording import ahead, kept_pods, new_and_old, plugin, unobserved
from ktui.kinds.argo_rollout.revisions import revision
from ktui.kinds.argo_rollout.status import aborted, said, under_way
from ktui.kinds.argo_rollout.steps import current_step
from ktui.model.objects import ReplicaSet
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Retry
from ktui.plans.wording import being_deleted, target_of
from ktui.rollout.revisions import Refusal
from ktui.text import clean

_ABORT: Final = ("status", "abort")


def abort_target(known: KnownRollout) -> ReplicaSet | Refusal:
    """The ReplicaSet that gets all traffic back, or why there is nothing to abort.

    While nothing is being rolled out it is not offered: old controllers then scaled what serves to 0.
    """
    rollout, where = known.workload, situation(known)
    refused = being_deleted(rollout) or unobserved(rollout)
    if refused is not None:
        return refused
    if rollout.status.abort and under_way(rollout):
        return Refusal("nothing to abort: it was aborted already; retry it, or roll back")
    if not under_way(rollout):
        number = revision(where.current) if where.current is not None else revision(rollout)
        if not rollout.status.stable_rs:
            return Refusal("nothing to abort: there is no stable revision yet to go back to")
        return Refusal(f"nothing to abort: revision {number} is complete; a rollback goes to an earlier one")
    if where.stable is None:
        return Refusal("its stable revision is gone; roll back to another one")
    return where.stable


def plan_abort(request: Abort, subject: RolloutSubject) -> Plan | Refusal:
    """Give all traffic back to the stable revision, and leave the spec as it is."""
    found = abort_target(subject)
    if isinstance(found, Refusal):
        return found
    rollout = subject.workload
    if rollout.status.promote_full:
        # `syncRolloutStatusCanary` of rollout/canary.go takes an abort off in each pass while this is requested.
        why = "A full promotion was requested, and the controller then ignores an abort: the old template is restored."
        return going_back(request, subject, found, "Abort: roll back", warnings=(why,))
    new, old = new_and_old(subject)
    draft = status_draft_for(subject)
    draft.expect(("status", "currentPodHash"), rollout.status.current_pod_hash)
    draft.put(_ABORT, True)
    kept = kept_pods(subject)
    return draft.plan(
        request,
        title=f"Abort {target_of(rollout)}: all traffic back to {old}",
        begun=f"abort, back to {old}",
        effects=(
            f"{old[0].upper()}{old[1:]} gets all pods and all traffic again.",
            *((kept,) if kept else ()),
            f"The spec keeps {new}: afterwards retry it, or roll back so that the spec matches what serves.",
        ),
        warnings=_paused(rollout),
        undo=Undo(f"Retry rolls {new} out again from its first step.", Retry()),
        commands=(plugin(subject, "abort", rollout.metadata.name),),
    )


def refuse_retry(known: KnownRollout) -> Refusal | None:
    """Why there is nothing to retry."""
    rollout = known.workload
    refused = being_deleted(rollout) or unobserved(rollout)
    if refused is not None:
        return refused
    return None if aborted(rollout) else Refusal("nothing to retry: it was not aborted")


def plan_retry(request: Retry, subject: RolloutSubject) -> Plan:
    """Roll out again what was aborted."""
    rollout = subject.workload
    new, old = new_and_old(subject)
    draft = status_draft_for(subject)
    draft.expect(("status", "currentPodHash"), rollout.status.current_pod_hash)
    draft.expect(_ABORT, True)
    draft.put(_ABORT, False)
    _, _, why = said(rollout).message.partition(": ")
    again = (clean(f"Nothing has changed since: {why}."),) if why else ()
    _, at = current_step(rollout)
    return draft.plan(
        request,
        title=f"Retry {target_of(rollout)}: {new} again",
        begun=f"retry of {new}",
        effects=(
            f"{new[0].upper()}{new[1:]} is rolled out again from its first step; {old} serves meanwhile.",
            *((ahead(subject, 0),) if at is not None else ()),
        ),
        warnings=(*again, *_paused(rollout)),
        undo=Undo(f"Abort gives all traffic back to {old}.", Abort()),
        commands=(plugin(subject, "retry", "rollout", rollout.metadata.name),),
    )


def _paused(rollout: ArgoRollout) -> tuple[str, ...]:
    if not rollout.spec.paused:
        return ()
    return ("It is paused (spec.paused): no pod changes before it is resumed.",)
