"""Skip the analysis: `spec.skipAnalysis`. What is on its way is promoted at the next look, whatever was measured."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.plans.known import AnyCanary, CanarySubject
from ktui.kinds.flagger_canary.plans.wording import next_look
from ktui.kinds.flagger_canary.words import place
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Promote, Repair
from ktui.plans.wording import being_deleted, command, image_of, owner_warnings
from ktui.rollout.revisions import Refusal
from ktui.rollout.steps import FULL
from ktui.text import clean, count

_SKIP: Final = ("spec", "skipAnalysis")


def refuse_promote(known: AnyCanary) -> Refusal | None:
    """Why there is no analysis to skip."""
    canary, situation = known.workload, known.situation
    name = f'canary "{canary.metadata.name}"'
    if canary.skips_analysis:
        return Refusal(f"{name} skips its analysis already")
    if situation.phase in (said.PROMOTING, said.FINALISING):
        return Refusal(f"{name} is being promoted already")
    if situation.phase not in said.ANALYSES:
        return Refusal(f"nothing to promote: {name} is not analysing anything")
    return being_deleted(canary)


def refuse_repair(known: AnyCanary) -> Refusal | None:
    """Why there is no analysis to turn on again."""
    canary = known.workload
    if not canary.spec.skip_analysis:
        return Refusal("nothing to repair: its analysis is not skipped")
    if canary.spec.analysis is None and canary.spec.canary_analysis is None:
        return Refusal("nothing to repair: its spec has no analysis")
    return being_deleted(canary)


def plan_promote(request: Promote, subject: CanarySubject) -> Plan | Refusal:
    """Promote without waiting for what is measured: there is no single step to take."""
    if request.to not in ("", FULL):
        return Refusal(
            "its analysis says how a canary grows: all that can be done is to skip it, which promotes in full"
        )
    situation, canary = subject.situation, subject.workload
    image = image_of(situation.target.template) if situation.target is not None else "the new template"
    draft = draft_for(subject)
    draft.put(_SKIP, True)
    return draft.plan(
        request,
        title=clean(f"Skip the analysis of {draft.target}: promote {image}"),
        begun="promotion without an analysis",
        effects=tuple(_effects(subject, image)),
        warnings=(*_gates(subject), *_checks(subject), *_canary_pods(subject), *owner_warnings(canary)),
        insist=_insist(subject),
        undo=Undo("Turn the analysis on again: what is promoted by then stays.", Repair()),
        commands=(_command(subject, "true"),),
    )


def plan_repair(request: Repair, subject: CanarySubject) -> Plan:
    """Analyse the next revision again."""
    draft = draft_for(subject)
    draft.put(_SKIP, False)
    going = ("What is on its way now is analysed as well, from where it is.",) if subject.situation.is_under_way else ()
    return draft.plan(
        request,
        title=f"Turn the analysis of {draft.target} on again",
        done="analysed again from the next revision on",
        effects=("The next revision is analysed again before it is promoted.", *going),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Skip it again: kubectl patch, spec.skipAnalysis true."),
        commands=(_command(subject, "false"),),
    )


def _command(subject: CanarySubject, value: str) -> str:
    patch = f'{{"spec":{{"skipAnalysis":{value}}}}}'
    name = subject.workload.metadata.name
    return command(subject, "patch", f"canaries.flagger.app/{name}", "--type=merge", "-p", patch)


def _effects(subject: CanarySubject, image: str) -> list[str]:
    situation, primary = subject.situation, subject.situation.primary
    pods = f" in {count(primary.desired, 'pod')}" if primary is not None else ""
    when = next_look(situation).capitalize()
    found = [
        clean(f"{when}, all traffic goes to the primary, which gets {image}{pods}, as a rolling update."),
        "The canary is scaled to 0, and Flagger says Succeeded at once: it does not wait for the primary.",
        "It stays so (spec.skipAnalysis): later revisions are promoted without an analysis, until that is turned off.",
    ]
    if subject.workload.spec.suspend:
        found.insert(0, "It is suspended: nothing of this begins until it is resumed.")
    return found


def _gates(subject: CanarySubject) -> tuple[str, ...]:
    situation, canary = subject.situation, subject.workload
    if situation.phase == said.WAITING:
        return (clean(f"It still waits for the gate {situation.shut}: Flagger asks that before anything else."),)
    passed = [hook.name for kind in ("confirm-promotion", "confirm-traffic-increase") for hook in canary.hooks(kind)]
    return (clean(f"It goes past {', '.join(passed)}: these gates are no longer asked."),) if passed else ()


def _checks(subject: CanarySubject) -> tuple[str, ...]:
    situation, failed = subject.situation, subject.workload.status.failed_checks
    if situation.phase == said.WAITING:
        return ("Nothing of it was measured: the analysis has not begun.",)
    if failed > 0:
        return (f"{failed} of {subject.workload.threshold} checks failed so far, at {place(situation)}.",)
    return ()


def _canary_pods(subject: CanarySubject) -> tuple[str, ...]:
    target = subject.situation.target
    if target is None or subject.situation.phase == said.WAITING or target.is_updated:
        return ()
    short = max(0, target.desired - target.available)
    verb = "is" if short == 1 else "are"
    return (
        (f"{count(short, 'pod')} of the canary {verb} not ready: Flagger waits for them, up to its deadline.",)
        if short
        else ()
    )


def _insist(subject: CanarySubject) -> str:
    """Why it is asked about twice: someone put a gate there, or the checks say no."""
    situation = subject.situation
    if situation.phase == said.WAITING_PROMOTION:
        return clean(f"The gate {situation.shut} is shut: someone is to decide about this promotion.")
    return "Checks of it fail." if subject.workload.status.failed_checks > 0 else ""
