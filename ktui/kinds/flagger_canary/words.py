"""What a Canary is at, in a few words."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.messages import Sort
from ktui.kinds.flagger_canary.objects import WHOLE
from ktui.kinds.flagger_canary.situation import Situation
from ktui.rollout import images
from ktui.text import clean, count, duration


def awaits(situation: Situation, now: datetime) -> str:
    """What Flagger is at, or waits for, though nothing is wrong; nothing at rest."""
    canary, primary = situation.canary, situation.primary
    if situation.unseen_since(now) is not None and not situation.is_under_way:
        return f"changed: Flagger looks at it every {duration(canary.interval)}"
    if situation.is_at_rest:
        return _at_rest(situation)
    match situation.phase:
        case "":
            return "Flagger has not seen it yet"
        case said.INITIALIZING if primary is None:
            return "initializing: the primary is not there yet"
        case said.INITIALIZING:
            return f"initializing: {_of(situation)} of the primary available"
        case said.WAITING:
            return f"waits for approval to begin: {_gate(situation)} is shut"
        case said.WAITING_PROMOTION:
            return f"waits for approval to promote: {_gate(situation)} is shut{_share(situation)}"
        case said.PROGRESSING:
            return _analysing(situation)
        case said.PROMOTING:
            return _promoting(situation)
        case said.FINALISING:
            return "promoted: the canary is being stopped"
        case phase:
            return "" if phase in said.ENDS else f"its phase is {phase}, which ktui does not know"


def _promoting(situation: Situation) -> str:
    primary = situation.primary
    if primary is not None and not primary.is_updated:
        return f"promotion: {primary.new.available} of {count(primary.desired, 'pod')} of the primary new"
    return f"promotion: traffic goes back to the primary{_share(situation)}"


def left_behind(situation: Situation) -> str:
    """What becomes of the target of a Canary that is being deleted: what Flagger made goes too (owner references)."""
    target, primary = situation.target, situation.primary
    if target is None:
        return ""
    name = situation.canary.target.name
    if situation.canary.spec.revert_on_deletion:
        wanted = target.desired or (primary.desired if primary is not None else 0)
        return f"the Canary is being deleted: {name} gets {count(wanted, 'pod')} back, and its Service"
    if not target.desired:
        return f"the Canary is being deleted: its primary goes too, and {name} stays at 0 pods"
    return f"the Canary is being deleted: its primary goes too, and {name} stays as it is"


def _at_rest(situation: Situation) -> str:
    primary = situation.primary
    if primary is None or primary.is_updated:
        return ""
    if primary.old.existing:
        return f"the primary is rolled out by itself: {primary.new.available} of {primary.desired} new"
    return f"{_of(situation)} of the primary available"


def _analysing(situation: Situation) -> str:
    canary, target, primary = situation.canary, situation.target, situation.primary
    if primary is not None and not primary.is_updated and not canary.skips_analysis:
        if primary.available >= primary.desired:
            return "waits until the primary has finished its own rollout"
        return f"waits for the primary: {_of(situation)} available"
    if situation.newest is not None and situation.newest.sort is Sort.ROLLBACK:
        return "being rolled back"
    if target is not None and not target.desired:
        return "the canary is being stopped"
    if target is not None and not target.is_updated:
        return f"canary starts: {target.new.available} of {count(target.desired, 'pod')} available"
    if situation.shut:
        return f"waits for approval of more traffic: {_gate(situation)} is shut{_share(situation)}"
    if canary.skips_analysis:
        return "promoted at the next look: its analysis is skipped"
    again = ", with the template of the primary again" if situation.is_undone else ""
    return f"analysis: {place(situation)}{_failed(situation)}{again}"


def place(situation: Situation) -> str:
    """How far an analysis is: `weight 40 of 60`, `iteration 2 of 10`."""
    canary = situation.canary
    total = canary.iterations
    if total:
        done = max(0, min(canary.status.iterations, total))
        return f"iteration {done} of {total}"
    return f"weight {situation.serving.share} of {max(canary.weights, default=0)}"


def who_serves(situation: Situation) -> str:
    """Who serves, with the image if that is one side alone; nothing where nothing does."""
    serving = situation.serving
    if serving.unserved >= WHOLE or not situation.phase:
        return ""
    half = situation.target if serving.share >= WHOLE or serving.is_to_target else situation.primary
    if half is None or serving.both:
        return serving.words
    template = half.template
    if not half.new.available and half.old.available:
        # While it is rolled out, the old pods are those that serve.
        old = next((each.template for each in half.revisions if not each.is_current and each.ready), None)
        template = old or template
    image = clean(images.of_template(template))
    return f"{serving.words} with {image}" if image else serving.words


def suspended(situation: Situation, now: datetime) -> str:
    """What a Canary that is suspended stands at."""
    if situation.unseen_since(now) is not None:
        return "changed while suspended: nothing is rolled out until it is resumed"
    if situation.phase in said.ANALYSES:
        return f"suspended at {place(situation)}, {situation.serving.words}"
    if situation.is_under_way:
        return f"suspended while it is promoted, {situation.serving.words}"
    return "suspended: a change waits until it is resumed"


def _of(situation: Situation) -> str:
    primary = situation.primary
    return f"{primary.available} of {count(primary.desired, 'pod')}" if primary is not None else "no pod"


def _gate(situation: Situation) -> str:
    return f"the gate {situation.shut}" if situation.shut else "its gate"


def _share(situation: Situation) -> str:
    share = situation.serving.share
    return f" ({share}% to the canary)" if share else ""


def _failed(situation: Situation) -> str:
    failed = situation.canary.status.failed_checks
    return f", {failed} of {situation.canary.threshold} failed checks" if failed > 0 else ""
