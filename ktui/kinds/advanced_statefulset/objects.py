"""An Advanced StatefulSet, with the fields that ktui reads (`statefulset_types.go` of openkruise/kruise)."""

from __future__ import annotations

from typing import Final

from msgspec.structs import force_setattr

from ktui.kinds.open_kruise.strategy import Rolling, kept
from ktui.model.resources import Resource
from ktui.model.workloads import PartitionedUpdate, StatefulSet, StatefulSetSpec, StatefulSetStrategy


class AdvancedUpdate(PartitionedUpdate, frozen=True):
    """How it updates: its first `partition` pods stay as they are."""

    paused: bool | None = None
    pod_update_policy: str = ""
    min_ready_seconds: int | None = None


class AdvancedStatefulSetStrategy(StatefulSetStrategy, frozen=True):
    """`RollingUpdate` or `OnDelete`."""

    rolling_update: AdvancedUpdate | None = None


class AdvancedStatefulSetSpec(StatefulSetSpec, frozen=True):
    """What was asked for."""

    update_strategy: AdvancedStatefulSetStrategy = AdvancedStatefulSetStrategy()

    def __post_init__(self) -> None:
        rolling = self.update_strategy.rolling_update
        if rolling is not None and rolling.min_ready_seconds:
            force_setattr(self, "min_ready_seconds", rolling.min_ready_seconds)


class AdvancedStatefulSet(StatefulSet, frozen=True):
    """apps.kruise.io StatefulSet."""

    spec: AdvancedStatefulSetSpec

    @property
    def rolling(self) -> Rolling:
        """How pods are updated."""
        settings = self.spec.update_strategy.rolling_update
        if settings is None:
            return Rolling()
        return Rolling(
            partition=settings.partition,
            max_unavailable=settings.max_unavailable,
            paused=settings.paused,
            pod_update_policy=settings.pod_update_policy,
        )

    @property
    def kept(self) -> int:
        """How many pods, from the first ordinal on, its partition keeps as they are."""
        return kept(self.rolling.partition, self.desired)


ADVANCED_STATEFULSETS: Final = Resource(
    "apps.kruise.io",
    "v1beta1",
    "statefulsets",
    AdvancedStatefulSet,
    names=("asts", "advancedstatefulset"),
    short="asts",
    kind="StatefulSet",
    title="Advanced StatefulSet",
)
