"""An Advanced DaemonSet, with the fields that ktui reads (`daemonset_types.go` of openkruise/kruise)."""

from __future__ import annotations

from typing import Final

from ktui.kinds.open_kruise.strategy import IntOrText, Rolling
from ktui.model.objects import RollingUpdate
from ktui.model.resources import Resource
from ktui.model.workloads import ON_DELETE, DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetStrategy
from ktui.rollout.bounds import in_pods


class AdvancedUpdate(RollingUpdate, frozen=True):
    """How it updates: on `partition` nodes the pod stays as it is."""

    partition: IntOrText | None = None
    paused: bool | None = None
    rolling_update_type: str = ""


class AdvancedDaemonSetStrategy(DaemonSetStrategy, frozen=True):
    """`RollingUpdate` or `OnDelete`."""

    rolling_update: AdvancedUpdate | None = None


class AdvancedDaemonSetSpec(DaemonSetSpec, frozen=True):
    """What was asked for."""

    update_strategy: AdvancedDaemonSetStrategy = AdvancedDaemonSetStrategy()


class AdvancedDaemonSetStatus(DaemonSetStatus, frozen=True):
    """What its controller last reported."""

    update_revision: str = ""
    """A bare hash, as its pods are labelled with."""


class AdvancedDaemonSet(DaemonSet, frozen=True):
    """apps.kruise.io DaemonSet."""

    spec: AdvancedDaemonSetSpec
    status: AdvancedDaemonSetStatus = AdvancedDaemonSetStatus()

    @property
    def rolling(self) -> Rolling:
        """How pods are updated."""
        settings = self.spec.update_strategy.rolling_update
        if settings is None:
            return Rolling()
        return Rolling(
            partition=settings.partition,
            max_unavailable=settings.max_unavailable,
            max_surge=settings.max_surge,
            paused=settings.paused,
            rolling_update_type=settings.rolling_update_type,
        )

    @property
    def kept(self) -> int:
        """On how many nodes the pod stays as it is: a share is rounded down (`filterDaemonPodsToUpdate`)."""
        partition = self.rolling.partition
        pods = in_pods(partition, self.desired, round_up=False) if partition is not None else 0
        return max(0, min(pods, self.desired))

    @property
    def target(self) -> int:
        """How many pods the update is to reach."""
        return self.desired if self.strategy == ON_DELETE else self.desired - self.kept


ADVANCED_DAEMONSETS: Final = Resource(
    "apps.kruise.io",
    "v1beta1",
    "daemonsets",
    AdvancedDaemonSet,
    names=("ads", "advanceddaemonset"),
    short="ads",
    kind="DaemonSet",
    title="Advanced DaemonSet",
)
