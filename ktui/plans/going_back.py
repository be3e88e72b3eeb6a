"""A rollback and an abort: the template of an earlier revision comes back, and its change-cause with it.

Every other annotation stays the workload's own: kubectl brings the old tracking annotations of Argo CD, Helm and Flux
back as well, which makes these tools see an object that is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from ktui.model.objects import CHANGE_CAUSE
from ktui.model.workloads import Workload
from ktui.plans.draft import PlanDraft
from ktui.plans.plan import Undo
from ktui.plans.request import RollBack
from ktui.plans.template_change import TEMPLATE
from ktui.plans.wording import renumbered
from ktui.rollout.revisions import Refusal, change_cause, in_public
from ktui.text import clean

R = TypeVar("R")

_CAUSE: Final = ("metadata", "annotations", CHANGE_CAUSE)


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
