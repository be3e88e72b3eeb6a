"""Abort and roll back: the template of the workload becomes an earlier one again.

If that is the one that was stable, the Rollout is cancelled at once, paused or not (`isRollingBackDirectly` of
rollout_progressing.go), but with the annotation `rollouts.kruise.io/rollback-in-batch`, which goes through the steps.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ktui.kinds.kruise_rollout.plans.known import (
    AnyKruiseRollout,
    Kept,
    KruiseRolloutSubject,
    plan_behind,
    refuse_without,
)
from ktui.kinds.kruise_rollout.plans.wording import through_the_steps
from ktui.kinds.kruise_rollout.summary import CANCELLING, is_running, reason
from ktui.model.reference import Reference
from ktui.model.workloads import ControllerRevision
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Request, RollBack
from ktui.plans.wording import being_deleted, command
from ktui.rollout.facts import Revision
from ktui.rollout.revisions import Refusal

IN_BATCH: Final = "rollouts.kruise.io/rollback-in-batch"


def stable(known: AnyKruiseRollout) -> Kept | None:
    """The revision that all pods were of before the present rollout: the status has its hash."""
    wanted = known.workload.status.steps.stable_revision
    if not wanted or not is_running(known.workload):
        return None
    return next((each for each in known.revisions if each.metadata.name.endswith(wanted)), None)


def abort_target(known: AnyKruiseRollout) -> int | Refusal:
    """The number of the revision that an abort goes back to."""
    refused = being_deleted(known.workload) or refuse_without(known)
    if refused is not None:
        return refused
    if not is_running(known.workload):
        return Refusal("nothing to abort: no rollout is running; a rollback goes to an earlier revision")
    found = stable(known)
    number = _number(found) if found is not None else 0
    if reason(known.workload) == CANCELLING or (number and _is_live(known, number)):
        return Refusal("nothing to abort: it goes back to the revision of before already")
    return number or rollback_revision(known)


def _is_live(known: AnyKruiseRollout, number: int) -> bool:
    back = template_at(known, number)
    behind = known.behind
    return back is not None and behind is not None and behind.known.workload.spec.template == back.template


def rollback_revision(known: AnyKruiseRollout) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    refused = being_deleted(known.workload) or refuse_without(known)
    if refused is not None or known.behind is None:
        return refused or Refusal("its workload is not there")
    return known.behind.kind.acting.rollback_revision(known.behind.known)


def _number(revision: Kept) -> int:
    if isinstance(revision, ControllerRevision):
        return revision.revision
    text = revision.metadata.annotations.get("deployment.kubernetes.io/revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def template_at(known: AnyKruiseRollout, number: int) -> Revision | None:
    """The revision of that number, as offers name it."""
    for each in known.revisions:
        if _number(each) == number:
            template = each.template if isinstance(each, ControllerRevision) else each.spec.template
            return Revision(number=number, uid=each.metadata.uid, name=each.metadata.name, template=template)
    return None


def plan_abort(request: Abort, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """Bring the stable template back."""
    number = abort_target(subject)
    return number if isinstance(number, Refusal) else _back(request, subject, number, "Abort")


def plan_rollback(request: RollBack, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """Bring an earlier template back."""
    number = request.revision if request.revision is not None else rollback_revision(subject)
    return number if isinstance(number, Refusal) else _back(request, subject, number, "")


def _back(request: Request, subject: KruiseRolloutSubject, number: int, verb: str) -> Plan | Refusal:
    made = plan_behind(RollBack(number), subject)
    if isinstance(made, Refusal):
        return made
    title = f"{verb}: {made.title[0].lower()}{made.title[1:]}" if verb else made.title
    made = _still_held(made)
    # The Deployment is paused, and kubectl refuses to undo one that is: the template has to be written.
    template = msgspec.json.encode(
        [{"op": "replace", "path": "/spec/template", "value": made.after["spec"]["template"]}]
    )
    name = Reference(made.target.name, made.target.resource).full
    return msgspec.structs.replace(
        made,
        request=request,
        title=title,
        effects=_effects(subject, number),
        commands=(command(subject, "patch", name, "--type=json", "-p", template.decode()),),
    )


def _still_held(made: Plan) -> Plan:
    """Without the end of a pause: that is the Rollout's, and its webhook would put it back."""
    if not made.before["spec"].get("paused"):
        return made
    kept = tuple(each for each in made.patch if each["op"] == "test" or each["path"] != "/spec/paused")
    spec = made.after["spec"] | {"paused": True}
    return msgspec.structs.replace(made, patch=kept, after=made.after | {"spec": spec})


def _effects(subject: KruiseRolloutSubject, number: int) -> tuple[str, ...]:
    rollout, was = subject.workload, stable(subject)
    if was is None or _number(was) != number:
        return (f"The template of revision {number} comes back.", *through_the_steps(subject))
    source = rollout.spec.source
    back = f"The template of revision {number}, which is stable, comes back to {source.kind.lower()}/{source.name}."
    if rollout.metadata.annotations.get(IN_BATCH) == "true":
        return (back, *through_the_steps(subject))
    return (
        back,
        "The Rollout is cancelled: its new pods go at once, without steps, and traffic goes back to the old ones.",
        "Its phase will be Healthy, with the condition Succeeded False: cancelled, not broken.",
    )
