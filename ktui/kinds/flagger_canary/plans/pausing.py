"""Suspend and resume: `spec.suspend`. Flagger does nothing in between, and traffic stays as it is."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.plans.known import AnyCanary, CanarySubject
from ktui.kinds.flagger_canary.words import place
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Resume
from ktui.plans.wording import being_deleted, command, owner_warnings
from ktui.rollout.revisions import Refusal

_SUSPEND: Final = ("spec", "suspend")


def refuse_pause(known: AnyCanary) -> Refusal | None:
    """Why it cannot be suspended."""
    if known.workload.spec.suspend:
        return Refusal(f'canary "{known.workload.metadata.name}" is suspended already')
    return being_deleted(known.workload)


def refuse_resume(known: AnyCanary) -> Refusal | None:
    """Why it cannot be resumed."""
    if not known.workload.spec.suspend:
        return Refusal(f'canary "{known.workload.metadata.name}" is not suspended')
    return being_deleted(known.workload)


def plan_pause(request: Pause, subject: CanarySubject) -> Plan:
    """Stop where it is."""
    draft = draft_for(subject)
    draft.put(_SUSPEND, True)
    return draft.plan(
        request,
        title=f"Suspend {draft.target}",
        done="suspended",
        effects=_when_suspended(subject),
        warnings=(*_promoting(subject), *owner_warnings(subject.workload)),
        undo=Undo("Resume continues it.", Resume()),
        commands=(_command(subject, "true"),),
    )


def plan_resume(request: Resume, subject: CanarySubject) -> Plan:
    """Go on."""
    draft = draft_for(subject)
    draft.put(_SUSPEND, False)
    return draft.plan(
        request,
        title=f"Resume {draft.target}",
        done="resumed",
        effects=_when_resumed(subject),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Suspend stops it again.", Pause()),
        commands=(_command(subject, "false"),),
    )


def _command(subject: CanarySubject, value: str) -> str:
    name = subject.workload.metadata.name
    patch = f'{{"spec":{{"suspend":{value}}}}}'
    return command(subject, "patch", f"canaries.flagger.app/{name}", "--type=merge", "-p", patch)


def _when_suspended(subject: CanarySubject) -> tuple[str, ...]:
    situation = subject.situation
    if not situation.is_under_way:
        return (
            "Nothing is being rolled out, so no pod changes now.",
            "From then on a change of the target waits until it is resumed.",
        )
    where = f" at {place(situation)}" if situation.phase in said.ANALYSES else ""
    return (
        f"It stops where it is{where}: {situation.serving.words} for as long as it is suspended.",
        "Nothing is measured meanwhile, and nothing is rolled back; failed checks stay as they are.",
    )


def _promoting(subject: CanarySubject) -> tuple[str, ...]:
    if subject.situation.phase != said.PROMOTING:
        return ()
    return ("The primary has the new template already: its Deployment continues by itself.",)


def _when_resumed(subject: CanarySubject) -> tuple[str, ...]:
    situation = subject.situation
    if not situation.is_under_way:
        if situation.unseen_since(subject.now) is not None:
            return ("The target was changed while it was suspended: Flagger begins with that at its next look.",)
        return ("Nothing waits to be rolled out, so no pod changes now.",)
    return (f"It continues at its next check, within {subject.workload.interval:g} s.",)
