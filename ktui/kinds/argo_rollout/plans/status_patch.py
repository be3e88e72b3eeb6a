"""A plan that changes the status of a Rollout: the plugin steers by it, and the controller takes it from there.

The status has a path of its own (`/status`), and its patch changes nothing else. The spec follows in a second patch,
where something of it changes too. The CRD of controllers before 0.10 has no such path: there both go to the object.
"""

from __future__ import annotations

from typing import Any

from ktui.plans.patch import Draft, Operation, Path, expect
from ktui.plans.plan import STATUS, Plan, Target, Undo
from ktui.plans.request import Request
from ktui.plans.wording import tests_for


class StatusDraft:
    """A patch of the status in the making, and what follows it in the spec."""

    def __init__(self, raw: dict[str, Any], target: Target) -> None:
        self._raw = raw
        self._target = target
        self._tests: list[Operation] = list(tests_for(target))
        self._draft = Draft(raw, ())
        self._then: list[tuple[Path, Any]] = []

    def expect(self, path: Path, value: Any) -> None:
        """Fail on anything but that: what was seen is what is acted on."""
        self._tests.append(expect(path, value))

    def put(self, path: Path, value: Any) -> None:
        """Set a member of the status."""
        self._draft.put(path, value)

    def remove(self, path: Path) -> None:
        """Take a member of the status away; nothing is done where it is not there."""
        self._draft.remove(path)

    def then_put(self, path: Path, value: Any) -> None:
        """Set a member of the spec afterwards."""
        self._then.append((path, value))

    def plan(
        self,
        request: Request,
        *,
        title: str,
        undo: Undo,
        effects: tuple[str, ...],
        commands: tuple[str, ...],
        done: str = "",
        begun: str = "",
        warnings: tuple[str, ...] = (),
        insist: str = "",
    ) -> Plan:
        """The plan of what was put into it."""
        spec = Draft(self._draft.after, tests_for(self._target))
        for path, value in self._then:
            spec.put(path, value)
        return Plan(
            request=request,
            title=title,
            done=done,
            begun=begun,
            target=self._target,
            patch=(*self._tests, *self._draft.patch),
            then=spec.patch if self._then else (),
            subresource=STATUS,
            effects=effects,
            warnings=warnings,
            insist=insist,
            undo=undo,
            commands=commands,
            before=self._raw,
            after=spec.after,
        )
