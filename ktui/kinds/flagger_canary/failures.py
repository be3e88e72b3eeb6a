"""A Canary that failed: why, who serves now, and what the next revision meets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.messages import Report, Sort
from ktui.kinds.flagger_canary.objects import WHOLE
from ktui.kinds.flagger_canary.situation import Situation
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.wording import fit
from ktui.text import count, duration

_TOGETHER: Final = timedelta(seconds=5)
"""A report and what follows from it are of the same look; stamps are whole seconds."""

_AGAIN: Final = "fix it, and change the pod template: the same one does not start again"


def of_failure(situation: Situation) -> list[Cause]:
    """Why the phase is Failed."""
    if situation.phase != said.FAILED:
        return []
    if promotion_failed(situation):
        return [_broken(situation)]
    return [_rolled_back(situation)]


def promotion_failed(situation: Situation) -> bool:
    """Whether it failed while the primary got what was promoted: then nothing was rolled back.

    The canary keeps its pods and its traffic, though the condition says that it is scaled to zero. The next template
    ends that: it is rolled back at once, as long as the primary is not ready.
    """
    if situation.phase != said.FAILED:
        return False
    report = _after(situation, Sort.BROKEN, Sort.ROLLBACK)
    if report is not None:
        return report.sort is Sort.BROKEN
    has_pods = situation.target is not None and situation.target.desired > 0
    return situation.canary.status.canary_weight > 0 or (has_pods and not _is_ready(situation))


def _broken(situation: Situation) -> Cause:
    primary, report = situation.canary.primary_name, _after(situation, Sort.BROKEN)
    who = "canary" if situation.serving.share >= WHOLE else "primary"
    state = "is" if not _is_ready(situation) else "was"
    helps = f"fix {primary} first: a template that comes before is rolled back at once, with all traffic to the primary"
    if _is_ready(situation):
        helps = f"{primary} is ready again: change the pod template, and the next analysis begins"
    return Cause(
        Kind.ANALYSIS,
        fit(f"the promotion failed, the {who} serves: {primary} {state} not ready"),
        blocking=True,
        try_next=helps,
        detail=report.whole if report is not None else "",
        remedies=(Remedy.TIMELINE, Remedy.SET_IMAGE),
        reason=Reason.DEADLINE_PASSED,
        since=situation.ended,
    )


def _rolled_back(situation: Situation) -> Cause:
    canary = situation.canary
    kind, reason, sentence, report = _why(situation)
    is_back = canary.status.last_applied_spec == canary.status.last_promoted_spec != ""
    helps = _AGAIN
    if not _is_ready(situation):
        helps = f"fix {canary.primary_name} first: until it is ready, each template is rolled back at once"
    elif not canary.status.last_promoted_spec:
        helps = (
            f"{canary.primary_name} is ready by now: change the pod template of the target, which begins the next one"
        )
    elif is_back:
        helps = "nothing: the target has the promoted template again; Failed stays until another one comes"
    return Cause(
        kind,
        fit(sentence),
        blocking=True,
        try_next=helps,
        detail=report.whole if report is not None else "",
        remedies=(Remedy.SET_IMAGE, Remedy.HISTORY, Remedy.TIMELINE),
        reason=reason,
        since=situation.ended,
    )


def _why(situation: Situation) -> tuple[Kind, Reason, str, Report | None]:
    canary, limit = situation.canary, duration(situation.canary.deadline)
    primary, back = canary.primary_name, _after(situation, Sort.ROLLBACK)
    if not canary.status.last_promoted_spec:
        return Kind.DEADLINE, Reason.DEADLINE_PASSED, f"initialization failed: {primary} never got ready", back
    asked = next((each for each in _all_after(situation, Sort.ROLLBACK) if "hook" in each.words), None)
    if asked is not None:
        return Kind.ABORTED, Reason.ABORTED, asked.words, asked
    check = _after(situation, Sort.CHECK, Sort.MEASURE, looks=2)
    waits = _after(situation, Sort.WAITS)
    if waits is not None and (check is None or situation.reports.index(waits) < situation.reports.index(check)):
        if waits.name.startswith(primary):
            return Kind.DEADLINE, Reason.DEADLINE_PASSED, f"rolled back at once: {primary} was not ready", waits
        return (
            Kind.DEADLINE,
            Reason.DEADLINE_PASSED,
            f"rolled back: the canary was not ready within its deadline of {limit}",
            waits,
        )
    if check is not None:
        reason = Reason.ANALYSIS_FAILED if check.sort is Sort.CHECK else Reason.ANALYSIS_ERROR
        times = count(canary.threshold, "failed check")
        return Kind.ANALYSIS, reason, f"rolled back after {times}: {check.words}", check
    if situation.primary is not None and not _is_ready(situation):
        return Kind.DEADLINE, Reason.DEADLINE_PASSED, f"rolled back at once: {primary} was not ready", back
    return Kind.ANALYSIS, Reason.ANALYSIS_FAILED, "rolled back: no event that tells why is left", back


def _after(situation: Situation, *sorts: Sort, looks: int = 0) -> Report | None:
    """The newest report of these sorts since the look at which it failed, or since so many looks before."""
    return next(_all_after(situation, *sorts, looks=looks), None)


def _all_after(situation: Situation, *sorts: Sort, looks: int = 0) -> Iterator[Report]:
    ended, early = situation.ended, timedelta(seconds=looks * situation.canary.interval) + _TOGETHER
    for each in situation.reports:
        if each.sort in sorts and (ended is None or each.at is None or each.at >= ended - early):
            yield each


def _is_ready(situation: Situation) -> bool:
    return situation.primary is not None and situation.primary.is_updated
