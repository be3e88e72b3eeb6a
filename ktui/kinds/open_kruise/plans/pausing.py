"""Pause and resume, by the field that OpenKruise has for it."""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.known import current
from ktui.kinds.controller_revisions.plans.wording import changed, refuse_on_delete, revision_of
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans import fields
from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject, in_flight, others
from ktui.kinds.open_kruise.plans.wording import replacement
from ktui.model.resources import resource_of
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Resume
from ktui.plans.wording import being_deleted, image_of, owner_warnings
from ktui.rollout.revisions import Refusal
from ktui.text import clean, count


def _state(known: KnownKruise, state: str) -> Refusal:
    resource = resource_of(known.workload)
    return Refusal(clean(f'{resource.plural}.{resource.group} "{known.workload.metadata.name}" is {state}'))


def refuse_pause(known: KnownKruise) -> Refusal | None:
    """Why it cannot be paused."""
    workload = known.workload
    refused = being_deleted(workload) or refuse_on_delete(workload, "nothing to pause")
    return refused or (_state(known, "already paused") if workload.rolling.paused else None)


def refuse_resume(known: KnownKruise) -> Refusal | None:
    """Why it cannot be resumed."""
    return being_deleted(known.workload) or (None if known.workload.rolling.paused else _state(known, "not paused"))


def plan_pause(request: Pause, subject: KruiseSubject) -> Plan:
    """Stop where it is."""
    now = current(subject)
    old = len(others(subject, now)) if now is not None else 0
    draft = draft_for(subject)
    fields.put_paused(draft, subject, paused=True)
    stays = f"{count(old, 'old pod')} {'stays' if old == 1 else 'stay'} until it is resumed." if old else ""
    return draft.plan(
        request,
        title=f"Pause {draft.target}",
        done="paused",
        effects=(
            "What is being changed already continues to its end; no further pod is changed, and no surge is added.",
            stays or "Nothing is being rolled out: the next change waits until it is resumed.",
            *(("It can still be scaled.",) if hasattr(subject.workload.spec, "replicas") else ()),
        ),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Resume continues the rollout.", Resume()),
        commands=fields.commands(subject, {"paused": True}),
    )


def plan_resume(request: Resume, subject: KruiseSubject) -> Plan:
    """Let it go on."""
    draft = draft_for(subject)
    fields.put_paused(draft, subject, paused=False)
    after, now, held = changed(subject, draft.after), current(subject), partition_of(subject.workload)
    template = subject.workload.spec.template
    comes = revision_of(now) if now is not None else f"image {image_of(template)}"
    stays = (f"Its partition of {held.first} stays in force.",) if held is not None else ()
    effects = replacement(subject, after, draft.after, comes) if in_flight(subject) else ()
    return draft.plan(
        request,
        title=f"Resume {draft.target}",
        done="resumed",
        effects=(*(effects or ("Nothing waits to be rolled out, so no pod changes now.",)), *stays),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Pause stops it again; what was changed by then stays changed.", Pause()),
        commands=fields.commands(subject, {"paused": False}),
    )
