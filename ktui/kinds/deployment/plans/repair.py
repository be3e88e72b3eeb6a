"""Repair a hold that someone else changed. No repair changes which template runs (`ktui.rollout.hold`)."""

from __future__ import annotations

from typing import Final

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.plans import hold_settings
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, as_deployment, in_flight
from ktui.kinds.deployment.plans.wording import pace
from ktui.model.objects import Deployment, ReplicaSet
from ktui.plans.canary_warnings import healed
from ktui.plans.draft import PlanDraft, draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Repair, RollBack
from ktui.plans.wording import being_deleted, image_of
from ktui.rollout import hold as holds
from ktui.rollout import steps
from ktui.rollout.hold import Back, Disturbance, Hold, Record, Saved
from ktui.rollout.revisions import Refusal

_LABELS: Final = {
    Disturbance.BY_HAND: "repair: take this hold over",
    Disturbance.LOST: "repair: write the record again",
    Disturbance.CHANGED: "repair: hold at {size}",
    Disturbance.SCALED: "repair: hold at {size}",
    Disturbance.REPLACED: "repair: {image} is the canary",
    Disturbance.STALE: "repair: remove the old record",
}


def repair_label(hold: Hold, deployment: Deployment) -> str:
    """What a repair does here."""
    if hold.disturbance is None:
        return "repair"
    label = _LABELS.get(hold.disturbance, "repair: put the saved settings back")
    return label.format(size=hold.size, image=image_of(deployment.spec.template))


def refuse_repair(known: KnownDeployment) -> Refusal | None:
    """Why there is nothing to repair."""
    hold = hold_of(known.workload, known.revisions)
    if hold is not None and hold.disturbance is Disturbance.NEWER:
        return Refusal(hold.sentence)
    if hold is None or hold.repair is None:
        return Refusal("nothing to repair: the hold here is as it was set")
    return being_deleted(known.workload)


def plan_repair(request: Repair, subject: DeploymentSubject) -> Plan | Refusal:
    """The one safe thing to do about what someone did to a hold."""
    hold = hold_of(subject.workload, subject.revisions)
    assert hold is not None, "what is not held is refused"
    if hold.repair is holds.Repair.RECORD:
        return _recorded(request, subject, hold)
    return (
        _forgotten(request, subject, hold) if hold.disturbance is Disturbance.STALE else _tidied(request, subject, hold)
    )


def _recorded(request: Repair, subject: DeploymentSubject, hold: Hold) -> Plan:
    """The hold goes on as it is."""
    known = hold.record
    record = known if known is not None and hold.disturbance is Disturbance.LOST else _as_it_is(subject, hold)
    draft = draft_for(subject)
    hold_settings.put_on(draft, record)
    return _plan(
        request,
        subject,
        hold,
        draft,
        done=f"holds a canary of {hold.size}, and that is on record",
        effects=(
            f"The hold continues at {hold.size}, and no pod changes.",
            f"What promote and abort will bring back: {_source(hold, record.saved)}.",
        ),
        undo=Undo("Nothing to undo: the record describes what is there. Abort rolls back.", Abort()),
        commands=(hold_settings.hold_command(subject, record), hold_settings.record_command(subject, record)),
    )


def _tidied(request: Repair, subject: DeploymentSubject, hold: Hold) -> Plan:
    """The hold is over; whatever runs now goes on under its own settings."""
    saved = hold.record.saved if hold.record is not None else hold_settings.guess(subject.raw, _served(subject))
    draft = draft_for(subject)
    hold_settings.take_off(draft, saved)
    after = as_deployment(draft.after)
    unfinished = in_flight(subject)
    rolls = (f"{image_of(after.spec.template)} then rolls out in full.", pace(after)) if unfinished else ()
    number = hold.record.revision if hold.record is not None else 0
    again = any(revisions.revision(rs) == number for rs in subject.revisions)
    return _plan(
        request,
        subject,
        hold,
        draft,
        done="has its settings of before the hold again",
        effects=(f"The settings of before the hold come back: {_source(hold, saved)}.", *rolls),
        undo=Undo(f"Roll back to revision {number} rolls the canary's version out.", RollBack(number))
        if again
        else Undo("Begin a canary again."),
        commands=hold_settings.release_commands(subject, saved),
    )


def _forgotten(request: Repair, subject: DeploymentSubject, hold: Hold) -> Plan:
    """Nothing is held; the record alone goes."""
    draft = draft_for(subject)
    hold_settings.forget(draft)
    return _plan(
        request,
        subject,
        hold,
        draft,
        done="no longer has a record of a hold",
        effects=("The record goes; no setting and no pod changes.", *_suspicious(subject, hold)),
        undo=Undo("Nothing to undo: the record described a hold that has ended."),
        commands=(hold_settings.forget_command(subject),),
    )


def _plan(
    request: Repair,
    subject: DeploymentSubject,
    hold: Hold,
    draft: PlanDraft,
    *,
    done: str,
    effects: tuple[str, ...],
    undo: Undo,
    commands: tuple[str, ...],
) -> Plan:
    what = repair_label(hold, subject.workload).removeprefix("repair: ")
    return draft.plan(
        request,
        title=f"Repair the hold of {draft.target}: {what}",
        done=done,
        effects=(f"What is wrong: {hold.sentence}.", *effects),
        warnings=healed(subject),
        undo=undo,
        commands=commands,
    )


def _as_it_is(subject: DeploymentSubject, hold: Hold) -> Record:
    """A record of the hold as it is now; what is known of how it began stays."""
    deployment, known = subject.workload, hold.record
    current = revisions.current(deployment, subject.revisions)
    assert current is not None, "a disturbance is seen only where the template has a ReplicaSet"
    limits = strategy.bounds(deployment)
    pods = max(hold.pods, min(limits.surge + limits.unavailable, hold.desired))
    goes_on = known is not None and hold.disturbance is not Disturbance.REPLACED
    back = _giving_way(subject, current)
    plan_steps = known.steps if known is not None else (str(pods), steps.FULL)
    return Record(
        revision=revisions.revision(current),
        back=known.back if known is not None else Back(revisions.revision(back), back.metadata.name),
        saved=known.saved if known is not None else hold_settings.guess(subject.raw, back),
        surge=known.surge if known is not None else limits.surge > 0,
        pods=pods,
        replicas=hold.desired,
        max_surge=limits.surge,
        max_unavailable=limits.unavailable,
        steps=plan_steps,
        step=max(0, steps.following(plan_steps, hold.desired, pods) - 1),
        since=known.since if known is not None and goes_on else subject.now.replace(microsecond=0),
        by=known.by if known is not None and goes_on else subject.user,
    )


def _giving_way(subject: DeploymentSubject, current: ReplicaSet) -> ReplicaSet:
    """The old revision that serves beside the canary."""
    old = [rs for rs in subject.revisions if rs is not current]
    return max(old, key=lambda rs: (rs.spec.desired, revisions.revision(rs)), default=current)


def _served(subject: DeploymentSubject) -> ReplicaSet | None:
    """The revision that was there before a hold of which nothing is known."""
    current = revisions.current(subject.workload, subject.revisions)
    return _giving_way(subject, current) if current is not None else None


def _source(hold: Hold, saved: Saved) -> str:
    text = hold_settings.in_words(saved)
    if hold.record is not None:
        return text
    return f"{text} (they were not saved: these come from the applied manifest, or are the API defaults)"


def _suspicious(subject: DeploymentSubject, hold: Hold) -> tuple[str, ...]:
    """What else of the hold may have stayed: its strategy may be a person's own by chance."""
    record = hold.record
    if record is None or subject.raw["spec"].get("strategy") != hold_settings.strategy_of(record):
        return ()
    return (
        f"The surge and unavailability are those of that hold; before it they were: {_source(hold, record.saved)}.",
    )
