"""A plan in the making: the patch of one object first, then what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Required, TypedDict, Unpack

from ktui.plans.patch import Draft, Operation
from ktui.plans.plan import Plan, PodToDelete, Target, Undo
from ktui.plans.request import AnyRequest
from ktui.plans.subject import AnySubject
from ktui.plans.wording import target_of, tests_for


class Words(TypedDict, total=False):
    """What a plan says, and what else it does: members of `Plan`."""

    title: Required[str]
    done: str
    begun: str
    effects: Required[tuple[str, ...]]
    warnings: tuple[str, ...]
    insist: str
    undo: Required[Undo]
    commands: Required[tuple[str, ...]]
    subresource: str
    deletes: tuple[PodToDelete, ...]


class PlanDraft(Draft):
    """The patch of an object that fails on any other: without `tests` also on this one after its spec has changed."""

    def __init__(self, target: Target, before: dict[str, Any], tests: Sequence[Operation] | None = None) -> None:
        super().__init__(before, tests_for(target) if tests is None else tests)
        self.target = target
        self.before = before

    def plan(self, request: AnyRequest, **words: Unpack[Words]) -> Plan:
        """The plan of the patch as it is now."""
        return Plan(
            request=request, target=self.target, patch=self.patch, before=self.before, after=self.after, **words
        )


def draft_for(subject: AnySubject) -> PlanDraft:
    """A plan that changes the workload itself."""
    return PlanDraft(target_of(subject.workload), subject.raw)
