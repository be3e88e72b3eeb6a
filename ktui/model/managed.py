"""Who wrote the spec of a workload, its pod template above all, and when: what is kept of `metadata.managedFields`.

The API server keeps one entry for each manager, operation and subresource, with the time of the last change that it
made to any of its fields (Kubernetes, Server-Side Apply: field management).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from ktui.model.structs import Struct

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _Owned(Struct, frozen=True):
    """That something is owned; which one does not matter here."""


class _RollingFields(Struct, frozen=True):
    paused: _Owned | None = msgspec.field(default=None, name="f:paused")
    partition: _Owned | None = msgspec.field(default=None, name="f:partition")


class _StrategyFields(Struct, frozen=True):
    paused: _Owned | None = msgspec.field(default=None, name="f:paused")
    rolling: _RollingFields | None = msgspec.field(default=None, name="f:rollingUpdate")


class _SpecFields(Struct, frozen=True):
    template: _Owned | None = msgspec.field(default=None, name="f:template")
    paused: _Owned | None = msgspec.field(default=None, name="f:paused")
    suspend: _Owned | None = msgspec.field(default=None, name="f:suspend")
    strategy: _StrategyFields | None = msgspec.field(default=None, name="f:strategy")
    update_strategy: _StrategyFields | None = msgspec.field(default=None, name="f:updateStrategy")

    @property
    def stops(self) -> bool:
        """Whether one of them pauses a rollout, or holds it at a partition, in any of the kinds."""
        strategies = [each for each in (self.strategy, self.update_strategy) if each is not None]
        rolling = [each.rolling for each in strategies if each.rolling is not None]
        found = [self.paused, self.suspend, *(each.paused for each in strategies)]
        found += [owned for each in rolling for owned in (each.paused, each.partition)]
        return any(each is not None for each in found)


class _Fields(Struct, frozen=True):
    spec: _SpecFields | None = msgspec.field(default=None, name="f:spec")


class ManagedEntry(Struct, frozen=True):
    """One manager of an object's fields; `time` is when it last changed any of those that it owns."""

    manager: str = ""
    operation: str = ""
    time: datetime | None = None
    fields: _Fields | None = msgspec.field(default=None, name="fieldsV1")

    @property
    def owns_template(self) -> bool:
        """Whether it wrote a part of the pod template."""
        return self.fields is not None and self.fields.spec is not None and self.fields.spec.template is not None

    @property
    def owns_pause(self) -> bool:
        """Whether it wrote what pauses or holds the rollout."""
        return self.fields is not None and self.fields.spec is not None and self.fields.spec.stops


OWN_CONTROLLERS: Final = frozenset({"rollouts-controller"})
"""Controllers that write the whole of their own workloads back, template and all, when they number a revision."""


def spec_writers(entries: tuple[ManagedEntry, ...]) -> tuple[ManagedEntry, ...]:
    """The managers that own a part of the spec, the one that last changed something first.

    A workload's own controller is none of them: what it writes back, someone else has written.
    """
    found = (
        entry
        for entry in entries
        if entry.fields is not None and entry.fields.spec is not None and entry.manager not in OWN_CONTROLLERS
    )
    return tuple(sorted(found, key=lambda entry: entry.time or _LONG_AGO, reverse=True))
