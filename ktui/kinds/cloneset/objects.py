"""A CloneSet, with the fields that ktui reads (`cloneset_types.go` of openkruise/kruise, v1alpha1 and v1beta1)."""

from __future__ import annotations

from typing import Final

from ktui.kinds.open_kruise.strategy import IntOrText, Rolling, kept
from ktui.model.resources import Resource
from ktui.model.structs import Struct
from ktui.model.workloads import ON_DELETE, NumberedSet, NumberedSpec, NumberedStatus
from ktui.rollout.bounds import in_pods
from ktui.rollout.status import ROLLING_UPDATE

DEFAULT_UNAVAILABLE: Final = "20%"
"""`DefaultCloneSetMaxUnavailable`."""


class CloneSetStrategy(Struct, frozen=True):
    """v1beta1 has `type` and `rollingUpdate`; in v1alpha1 its members are here, and `type` is the pod policy."""

    type: str = ""
    rolling_update: Rolling | None = None
    partition: IntOrText | None = None
    max_unavailable: IntOrText | None = None
    max_surge: IntOrText | None = None
    paused: bool | None = None

    @property
    def rolling(self) -> Rolling:
        """How pods are updated, whichever version it is written in."""
        return self.rolling_update or Rolling(
            partition=self.partition,
            max_unavailable=self.max_unavailable,
            max_surge=self.max_surge,
            paused=self.paused,
            pod_update_policy="" if self.type in (ROLLING_UPDATE, ON_DELETE) else self.type,
        )


class CloneSetSpec(NumberedSpec, frozen=True):
    """What was asked for."""

    update_strategy: CloneSetStrategy = CloneSetStrategy()
    progress_deadline_seconds: int | None = None


class CloneSetStatus(NumberedStatus, frozen=True):
    """What its controller last reported."""

    updated_ready_replicas: int = 0


class CloneSet(NumberedSet, frozen=True):
    """apps.kruise.io CloneSet."""

    spec: CloneSetSpec
    status: CloneSetStatus = CloneSetStatus()

    @property
    def rolling(self) -> Rolling:
        """How pods are updated."""
        return self.spec.update_strategy.rolling

    @property
    def kept(self) -> int:
        """How many pods its partition keeps as they are."""
        return kept(self.rolling.partition, self.desired)

    @property
    def target(self) -> int:
        """How many pods the update is to reach: `expectedUpdatedReplicas`, which the API leaves out if it is 0."""
        return self.desired if self.strategy == ON_DELETE else self.desired - self.kept

    @property
    def strategy(self) -> str:
        """`RollingUpdate` or `OnDelete`."""
        return ON_DELETE if self.spec.update_strategy.type == ON_DELETE else ROLLING_UPDATE

    @property
    def max_surge(self) -> IntOrText:
        """How many pods more it may have; none while it is paused (`calculateDiffsWithExpectation`)."""
        return 0 if self.rolling.paused else self.rolling.max_surge or 0

    @property
    def max_unavailable(self) -> IntOrText:
        """How many pods fewer it may have."""
        written = self.rolling.max_unavailable
        return DEFAULT_UNAVAILABLE if written is None else written

    @property
    def rounds_up(self) -> bool:
        """A share of pods that may be missing is rounded up where no surge is allowed."""
        return in_pods(self.max_surge, self.desired, round_up=True) == 0


CLONESETS: Final = Resource(
    "apps.kruise.io", "v1beta1", "clonesets", CloneSet, names=("cloneset", "clone"), short="clone"
)
