"""A plan that changes the status of a Rollout: the plugin steers by it, and the controller takes it from there.

The status has a path of its own (`/status`), and its patch changes nothing else. The spec follows in a second patch,
where something of it changes too. The CRD of controllers before 0.10 has no such path: there both go to the object.
"""

from __future__ import annotations

from typing import Any, Unpack

import msgspec

from ktui.plans.draft import PlanDraft, Words
from ktui.plans.patch import Path
from ktui.plans.plan import STATUS, Plan, Target
from ktui.plans.request import AnyRequest
from ktui.plans.subject import AnySubject
from ktui.plans.wording import target_of


class StatusDraft(PlanDraft):
    """A patch of the status in the making, and what follows it in the spec."""

    def __init__(self, target: Target, before: dict[str, Any]) -> None:
        super().__init__(target, before)
        self._then: list[tuple[Path, Any]] = []

    def then_put(self, path: Path, value: Any) -> None:
        """Set a member of the spec afterwards."""
        self._then.append((path, value))

    def plan(self, request: AnyRequest, **words: Unpack[Words]) -> Plan:
        """The plan of what was put into it."""
        spec = PlanDraft(self.target, self.after)
        for path, value in self._then:
            spec.put(path, value)
        made = super().plan(request, **words)
        then = spec.patch if self._then else ()
        return msgspec.structs.replace(made, subresource=STATUS, then=then, after=spec.after)


def status_draft_for(subject: AnySubject) -> StatusDraft:
    """A plan that changes the status of the workload."""
    return StatusDraft(target_of(subject.workload), subject.raw)
