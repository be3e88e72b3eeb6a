"""The sentences of plans for Canaries: what a new template meets, and who serves meanwhile."""

from __future__ import annotations

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.plans.known import CanarySubject
from ktui.kinds.flagger_canary.situation import Situation
from ktui.kinds.flagger_canary.words import place, who_serves
from ktui.plans.wording import image_of
from ktui.rollout.facts import Revision
from ktui.text import clean, count, duration


def named(revision: Revision | None) -> str:
    """`revision 3 (web:1.2)`."""
    if revision is None:
        return "the present revision"
    image = image_of(revision.template)
    return f"revision {revision.number}" + (f" ({image})" if image else "")


def next_look(situation: Situation) -> str:
    """When Flagger looks at it the next time."""
    return f"within {duration(situation.canary.interval)}"


def on_the_way(subject: CanarySubject) -> tuple[str, ...]:
    """What becomes of a new template of the target."""
    situation, canary = subject.situation, subject.workload
    if canary.spec.suspend:
        return ("It is suspended: nothing begins until it is resumed.",)
    if canary.skips_analysis:
        return (
            f"Its analysis is skipped: Flagger gives it to the primary {next_look(situation)}, as a rolling update.",
        )
    serves = who_serves(situation)
    meanwhile = f"; until it is promoted, {serves}" if serves and situation.is_at_rest else ""
    gates = [hook.name for hook in canary.hooks("confirm-rollout")]
    first = f" once {_gates(gates)}" if gates else ""
    return (
        clean(f"Flagger begins an analysis {next_look(situation)}{first}{meanwhile}."),
        clean(_steps(situation)),
    )


def _steps(situation: Situation) -> str:
    canary = situation.canary
    every = f"one every {duration(canary.interval)}"
    weights, times = canary.weights, canary.iterations
    if times:
        stated = f"{canary.strategy}: {count(times, 'iteration')}, {every}"
    else:
        shown = ", ".join(map(str, weights[:6])) + (f" … {weights[-1]}" if len(weights) > 6 else "")
        stated = f"Weights {shown}%, {every}"
    promotion = [hook.name for hook in canary.hooks("confirm-promotion")]
    gate = f"; it is promoted once {_gates(promotion)}" if promotion else ""
    checks = f"{count(canary.threshold, 'failed check')} {'brings' if canary.threshold == 1 else 'bring'}"
    return f"{stated}; {checks} the old revision back{gate}."


def _gates(names: list[str]) -> str:
    """`the gate start is open`, `the gates a and b are open`."""
    if len(names) == 1:
        return f"the gate {names[0]} is open"
    return f"the gates {', '.join(names[:-1])} and {names[-1]} are open"


def in_the_middle(situation: Situation) -> tuple[str, ...]:
    """What a new template does to the one that is on its way."""
    image = image_of(situation.target.template) if situation.target is not None else "another one"
    if situation.phase in (said.PROGRESSING, said.WAITING_PROMOTION):
        return (
            clean(
                f"{image} is being analysed ({place(situation)}): this replaces it. All traffic goes back to the "
                "primary, and the analysis begins again."
            ),
        )
    if situation.phase in (said.PROMOTING, said.FINALISING):
        return (
            clean(
                f"{image} is being promoted, which continues to its end: this one is analysed after that. "
                "The canary's pods are replaced at once."
            ),
        )
    return ()


def primary_first(situation: Situation) -> tuple[str, ...]:
    """What a primary that is not ready does to whatever comes."""
    primary, canary = situation.primary, situation.canary
    if primary is None or primary.is_updated or situation.phase in (said.PROMOTING, said.FINALISING):
        return ()
    if canary.skips_analysis:
        return ()
    if primary.is_late or situation.phase == said.FAILED:
        return (
            f"{primary.name} is not ready: Flagger rolls this back at once, and all traffic goes to the primary. "
            "Fix the primary first.",
        )
    return (f"{primary.name} is not ready: Flagger does not look at this before it is.",)
