"""Roll back: the target gets the template of an earlier revision back, and Flagger makes of that what it makes of any.

There is no way to tell Flagger to stop an analysis. The template that is promoted does not count as a new one: put back
in the middle, the analysis goes on with it, promotes it, and then another one begins (CASES 91).
"""

from __future__ import annotations

from typing import Any

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.failures import promotion_failed
from ktui.kinds.flagger_canary.plans.known import AnyCanary, CanarySubject, target_holder
from ktui.kinds.flagger_canary.plans.wording import in_the_middle, named, next_look, on_the_way, primary_first
from ktui.kinds.flagger_canary.revisions import promoted
from ktui.kinds.flagger_canary.situation import Situation
from ktui.model.template import PodTemplate
from ktui.model.workloads import DaemonSet
from ktui.plans import prospects
from ktui.plans.draft import PlanDraft
from ktui.plans.going_back import numbered, numbers_and_cause, put_back, undo_of_return
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack
from ktui.plans.wording import being_deleted, command, owner_warnings, target_of
from ktui.rollout import images
from ktui.rollout.facts import Revision
from ktui.rollout.revisions import Refusal, template_of
from ktui.rollout.track_record import Candidate, last_good
from ktui.text import clean

SCALE_TO_ZERO = "flagger.app/scale-to-zero"
"""The node selector by which Flagger keeps a DaemonSet without pods."""


def candidates(known: AnyCanary) -> list[Candidate]:
    """The revisions of the target as `track_record` weighs them: that of the primary is the one that serves."""
    situation = known.situation
    if situation.target is None:
        return []
    serves = promoted(situation.target, situation.primary)
    pods = situation.primary.available if situation.primary is not None else 0
    return [
        Candidate(each.number, each.former, pods if each is serves else 0, each.is_current)
        for each in situation.target.revisions
        if each.number and each.template is not None
    ]


def rollback_target(known: AnyCanary, to_revision: int | None = None) -> Revision | Refusal:
    """The revision of the target that a rollback brings back, or why there is none."""
    situation, canary = known.situation, known.workload
    refused = being_deleted(canary)
    if refused is not None:
        return refused
    if situation.target is None:
        return Refusal(f"no revision found: the target {canary.target.kind.lower()}/{canary.target.name} is not there")
    known_revisions = [each for each in situation.target.revisions if each.number]
    wanted = to_revision or _before(known)
    if isinstance(wanted, Refusal):
        return wanted
    found = numbered(((each.number, each) for each in known_revisions), wanted)
    if isinstance(found, Refusal):
        return found
    if found.template is None:
        return Refusal(f"revision {found.number} has no pod template to go back to")
    if found.is_current or found.template == situation.target.template:
        return Refusal(f"skipped rollback (current template already matches revision {found.number})")
    return found


def _before(known: AnyCanary) -> int | Refusal:
    """What the primary has, while another one is on its way or failed; else the last one that was good."""
    situation = known.situation
    serves = promoted(situation.target, situation.primary)
    if serves is not None and not serves.is_current and serves.number:
        return serves.number
    chosen = last_good(candidates(known), known.remembered)
    return chosen.number if chosen is not None else Refusal(f'no revision found for "{known.workload.target.name}"')


def rollback_revision(known: AnyCanary) -> int | Refusal:
    """The number of the revision that a rollback brings back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else found.number


def plan_rollback(request: RollBack, subject: CanarySubject) -> Plan | Refusal:
    """Bring an earlier template back, wherever the analysis is."""
    back, holder = rollback_target(subject, request.revision), target_holder(subject)
    if isinstance(back, Refusal):
        return back
    if isinstance(holder, Refusal):
        return holder
    situation, half = subject.situation, subject.situation.target
    if half is None:
        return Refusal("its target is not known")
    draft, raw_back = PlanDraft(*holder), subject.raw_revisions[back.uid]
    put_back(draft, at_rest_as_now(template_of(raw_back), draft.before), raw_back, half.workload)
    current, name = half.current, named(back)
    others = [each.number for each in half.revisions if each is not back]
    by_number = {each.number: each for each in half.revisions}
    return draft.plan(
        request,
        title=clean(f"Roll back {target_of(subject.workload)} to {name}"),
        begun=f"rollback to {name}",
        effects=(*_effects(subject, back), *numbers_and_cause(back.number, others, raw_back, half.workload)),
        warnings=(
            *_in_the_middle(situation, back),
            *primary_first(situation),
            *owner_warnings(half.workload),
            *prospects.track_record(
                back.number,
                candidates(subject),
                subject.remembered,
                subject.now,
                lambda number: named(by_number.get(number)),
            ),
        ),
        insist=prospects.misgivings(back.number, candidates(subject), subject.remembered, subject.now),
        undo=undo_of_return(
            (current.number, named(current)) if current is not None else None,
            half.workload.spec.revision_history_limit,
        ),
        commands=(command(subject, "rollout", "undo", _kubectl_name(half.workload), f"--to-revision={back.number}"),),
    )


def _kubectl_name(workload: Any) -> str:
    return f"{'daemonset' if isinstance(workload, DaemonSet) else 'deployment'}/{workload.metadata.name}"


def at_rest_as_now(template: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """The template with or without the selector that keeps a DaemonSet at 0, as the live one: that is no part of it."""
    live = (raw["spec"]["template"].get("spec") or {}).get("nodeSelector") or {}
    spec = template.setdefault("spec", {})
    own = {key: value for key, value in (spec.get("nodeSelector") or {}).items() if key != SCALE_TO_ZERO}
    if SCALE_TO_ZERO in live:
        own[SCALE_TO_ZERO] = live[SCALE_TO_ZERO]
    if own or "nodeSelector" in spec:
        spec["nodeSelector"] = own
    return template


def _is_promoted(situation: Situation, back: Revision) -> bool:
    return back is promoted(situation.target, situation.primary)


def _effects(subject: CanarySubject, back: Revision) -> tuple[str, ...]:
    """What Flagger makes of it."""
    situation, canary = subject.situation, subject.workload
    current = named(situation.target.current) if situation.target is not None else "the new one"
    if promotion_failed(situation):
        return _of_a_failed_promotion(situation, back)
    if _is_promoted(situation, back) and situation.phase in (said.PROGRESSING, said.WAITING_PROMOTION):
        if canary.spec.suspend:
            return (
                f"It is suspended: {situation.serving.words} until it is resumed, whatever the template.",
                "Then it continues with the old template, promotes it, and analyses it again after that.",
            )
        return (
            "This does not abort the analysis: the primary has that template, so for Flagger it is no new one.",
            f"The canary's pods are replaced by {named(back)} in a rolling update: {current} is out of service.",
            "The analysis continues from where it is, promotes the old template, and then analyses it again.",
        )
    if _is_promoted(situation, back) and situation.phase == said.WAITING:
        return ("The primary has that template: the analysis that waits begins with it anyway.",)
    if _is_promoted(situation, back) and situation.phase == said.FAILED:
        return (
            "The primary has that template, so nothing is rolled out: no pod changes.",
            "The phase stays Failed until a template comes that is neither of the two.",
        )
    if _is_promoted(situation, back) and situation.is_at_rest:
        return (f"The primary has that template: {current} is not rolled out, and nothing else changes.",)
    return (f"For Flagger {named(back)} is a new revision like any other.", *on_the_way(subject))


def _of_a_failed_promotion(situation: Situation, back: Revision) -> tuple[str, ...]:
    """The canary still has its pods, and its share of the traffic."""
    share = situation.serving.share
    pods = f"The canary's pods, which serve {share}%," if share else "The canary's pods"
    first = f"{pods} are replaced by {named(back)} at once, as a rolling update."
    primary = situation.primary
    old = [each.template for each in primary.revisions if not each.is_current and each.ready] if primary else []
    if any(each is not None and images_match(each, back.template) for each in old):
        return (first, "It is what was promoted last, so for Flagger it is no new revision: the phase stays Failed.")
    return (first, "For Flagger it is a new revision, unless it is what was promoted last.")


def images_match(one: PodTemplate, other: PodTemplate | None) -> bool:
    """Whether two templates have the same images: labels and names of configuration differ on both sides."""
    return other is not None and not images.differences(one, other)


def _in_the_middle(situation: Situation, back: Revision) -> tuple[str, ...]:
    if not _is_promoted(situation, back):
        return in_the_middle(situation)
    if situation.phase not in (said.PROGRESSING, said.WAITING_PROMOTION) or situation.canary.spec.suspend:
        return in_the_middle(situation) if situation.phase in (said.PROMOTING, said.FINALISING) else ()
    return (clean(f"To stop it at once: {stops(situation)}."),)


def stops(situation: Situation) -> str:
    """What ends or halts an analysis sooner than a rollback of the template does."""
    hooks = [hook.name for hook in situation.canary.hooks("rollback")]
    kinds = ("confirm-promotion", "confirm-traffic-increase")
    gates = [hook.name for kind in kinds for hook in situation.canary.hooks(kind)]
    ways = []
    if hooks:
        ways.append(
            f"let the rollback hook {' or '.join(hooks)} answer 200, which rolls it back {next_look(situation)}"
        )
    if gates:
        ways.append(f"shut the gate {' or '.join(gates)}, which keeps it from being promoted")
    share = situation.serving.share
    ways.append("suspend it" + (f", with {share}% of the traffic left on the canary" if share else ""))
    return "; or ".join(ways)
