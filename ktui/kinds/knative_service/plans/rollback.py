"""Back to an earlier revision, by its traffic: the template stays as it is, so that nothing has to start again."""

from __future__ import annotations

from ktui.kinds.knative_service.plans.known import (
    KnownService,
    ServiceSubject,
    candidates,
    is_under_way,
    named,
    situation,
    unsteady,
)
from ktui.kinds.knative_service.plans.moving import gradual_warnings, moved
from ktui.kinds.knative_service.plans.targets import present, with_shares
from ktui.kinds.knative_service.situation import Part
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Request, RollBack
from ktui.plans.wording import being_deleted, target_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import last_good
from ktui.text import clean


def rollback_target(known: KnownService, number: int | None = None) -> Part | Refusal:
    """The revision that a rollback sends all traffic to, or why there is none."""
    where = situation(known)
    refused = being_deleted(known.workload)
    if refused is not None:
        return refused
    if number:
        found = next((part for part in where.parts if part.number == number), None)
        if found is None:
            return Refusal(f"unable to find specified revision {number} in history")
    else:
        chosen = _before(known)
        if isinstance(chosen, Refusal):
            return chosen
        found = chosen
    if found.share == 100 and not _moves(known):
        return Refusal(f"skipped rollback (revision {found.number} has all the traffic already)")
    if found.has_failed:
        why = f": {found.ready.reason}" if found.ready is not None and found.ready.reason else ""
        return Refusal(clean(f"{found.called} is not ready{why}: as long as a target is not, no traffic moves"))
    return found


def _before(known: KnownService) -> Part | Refusal:
    """What the newest replaces; where it has all the traffic, the last revision that was good."""
    where = situation(known)
    serving = [part for part in where.serving if not part.is_newest and part.is_ready]
    if serving:
        return serving[0]
    ready = {part.number for part in where.parts if part.is_ready}
    chosen = last_good(
        [each for each in candidates(known) if each.number in ready or each.is_current], known.remembered
    )
    found = next((part for part in where.parts if chosen is not None and part.number == chosen.number), None)
    return found or Refusal(f'no earlier revision of the service "{known.workload.metadata.name}" is ready')


def _moves(known: KnownService) -> bool:
    """Whether the traffic is to go elsewhere by itself: then what has it all now is not there to stay."""
    where = situation(known)
    return any(target.follows and target.share for target in known.workload.spec.targets) and (
        where.newest is not None and where.newest.share < 100
    )


def rollback_revision(known: KnownService) -> int | Refusal:
    """The number of the revision that a rollback sends all traffic to."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else found.number


def plan_rollback(request: RollBack, subject: ServiceSubject) -> Plan | Refusal:
    """Send all traffic to an earlier revision, pinned."""
    found = rollback_target(subject, request.revision)
    return found if isinstance(found, Refusal) else _back(request, subject, found, "Roll back")


def abort_target(known: KnownService) -> Part | Refusal:
    """The revision that keeps, or gets back, all traffic: what served before the newest one."""
    refused = unsteady(known)
    if refused is not None:
        return refused
    if not is_under_way(known):
        newest = situation(known).newest
        name = newest.called if newest is not None else "it"
        return Refusal(
            f"nothing to abort: {name} is not on its way; a rollback sends the traffic to an earlier revision"
        )
    return rollback_target(known)


def plan_abort(request: Abort, subject: ServiceSubject) -> Plan | Refusal:
    """Pin the traffic to what served before: what comes up gets none."""
    found = abort_target(subject)
    return found if isinstance(found, Refusal) else _back(request, subject, found, "Abort: send the traffic back")


def _back(request: Request, subject: ServiceSubject, part: Part, verb: str) -> Plan | Refusal:
    where = situation(subject)
    targets = with_shares(present(subject), {part.name: 100})
    what = target_of(subject.workload)
    title = (
        f"Roll back {what} to {named(part)} by its traffic"
        if verb == "Roll back"
        else f"Abort {what}: all traffic to {named(part)}"
    )
    return moved(
        request,
        subject,
        targets,
        title=title,
        begun=f"{'rollback' if verb == 'Roll back' else 'abort, back'} to {named(part)}",
        more=gradual_warnings(subject.workload, where),
    )
