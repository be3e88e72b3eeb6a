"""A rollback and an abort: the template of an earlier revision comes back, and its change-cause with it.

Every other annotation stays the workload's own: kubectl brings the old tracking annotations of Argo CD, Helm and Flux
back as well, which makes these tools see an object that is not theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from ktui.model.objects import CHANGE_CAUSE
from ktui.model.workloads import Workload
from ktui.plans.draft import PlanDraft
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Request, RollBack
from ktui.plans.subject import AnySubject
from ktui.plans.template_change import TEMPLATE
from ktui.plans.wording import renumbered
from ktui.rollout.revisions import Refusal, change_cause, in_public
from ktui.text import clean

R = TypeVar("R")
S = TypeVar("S", bound=AnySubject)

Return = Callable[[Request, S, R, str], Plan | Refusal]
"""The plan that brings a revision back: the request, the workload, the revision, and how the title begins."""

_CAUSE: Final = ("metadata", "annotations", CHANGE_CAUSE)


def rollback_to(
    target: Callable[[S, int | None], R | Refusal], plan: Return[S, R]
) -> Callable[[RollBack, S], Plan | Refusal]:
    """Bring an earlier template back, wherever the rollout is: that of the number, or the one that the rule finds."""

    def plan_rollback(request: RollBack, subject: S) -> Plan | Refusal:
        found = target(subject, request.revision)
        return found if isinstance(found, Refusal) else plan(request, subject, found, "Roll back")

    return plan_rollback


def abort_to(target: Callable[[S], R | Refusal], plan: Return[S, R]) -> Callable[[Abort, S], Plan | Refusal]:
    """Bring the template back that is being replaced."""

    def plan_abort(request: Abort, subject: S) -> Plan | Refusal:
        found = target(subject)
        return found if isinstance(found, Refusal) else plan(request, subject, found, "Abort: roll back")

    return plan_abort


def numbered(revisions: Iterable[tuple[int, R]], number: int) -> R | Refusal:
    """The revision of that number, or kubectl's words if there is none."""
    found = next((each for own, each in revisions if own == number), None) if number > 0 else None
    return found if found is not None else Refusal(f"unable to find specified revision {number} in history")


def put_back(draft: PlanDraft, template: dict[str, Any], raw_back: dict[str, Any], workload: Workload) -> None:
    """Put the template of an earlier revision into the draft, and its change-cause."""
    draft.put(TEMPLATE, template)
    cause = _cause(raw_back)
    if cause is None:
        draft.remove(_CAUSE)
    elif cause != workload.metadata.annotations.get(CHANGE_CAUSE):
        draft.put(_CAUSE, cause)


def numbers_and_cause(
    number: int, others: Sequence[int], raw_back: dict[str, Any], workload: Workload
) -> tuple[str, ...]:
    """What becomes of the number of the revision that comes back, and of the change-cause."""
    cause, now = _cause(raw_back), change_cause(workload)
    sentences = [*renumbered(number, others)]
    if cause and in_public(cause) != now:
        sentences.append(f'The change-cause becomes "{clean(in_public(cause))}" again.')
    elif cause is None and now:
        sentences.append(f'The change-cause "{clean(now)}" goes: revision {number} had none.')
    return tuple(sentences)


def destination(number: int, image: str) -> str:
    """`to revision 30 (cart:4.9)`."""
    return f"to revision {number}" + (f" ({image})" if image else "")


def undo_of_return(now: tuple[int, str] | None, history_limit: int | None) -> Undo:
    """How to get what runs now again: its number, and what it is called; None if it never became a revision."""
    if now is None:
        return Undo(
            "Nothing brings the present template back: it was changed, but never became a revision. "
            "Save it first if it is needed: kubectl get -o yaml."
        )
    if history_limit == 0:
        return Undo("Deploy the present version again: no old revision is kept (revisionHistoryLimit 0).")
    number, name = now
    return Undo(f"Roll back to {name}.", RollBack(number))


def _cause(raw_back: dict[str, Any]) -> str | None:
    cause: str | None = (raw_back["metadata"].get("annotations") or {}).get(CHANGE_CAUSE)
    return cause
