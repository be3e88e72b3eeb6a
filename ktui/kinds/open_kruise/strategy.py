"""How a workload of OpenKruise updates: a partition of pods that stay old, a pause, pods changed in place.

Names are those of its API (apps.kruise.io, v1alpha1 and v1beta1; `apis/apps` of openkruise/kruise).
"""

from __future__ import annotations

from typing import Final, Protocol

from ktui.model.structs import Struct
from ktui.model.workloads import PodSet
from ktui.rollout.bounds import in_pods

RECREATE: Final = "ReCreate"
IN_PLACE_IF_POSSIBLE: Final = "InPlaceIfPossible"
IN_PLACE_ONLY: Final = "InPlaceOnly"

IntOrText = int | str


class Rolling(Struct, frozen=True):
    """How pods are updated."""

    partition: IntOrText | None = None
    max_unavailable: IntOrText | None = None
    max_surge: IntOrText | None = None
    paused: bool | None = None
    pod_update_policy: str = ""
    """Of a CloneSet or an Advanced StatefulSet: `ReCreate`, `InPlaceIfPossible` or `InPlaceOnly`."""
    rolling_update_type: str = ""
    """Of an Advanced DaemonSet: `Standard` or `InPlaceIfPossible`."""
    min_ready_seconds: int | None = None
    """Of an Advanced StatefulSet, which has it here."""

    @property
    def in_place(self) -> bool:
        """Whether pods are changed in place where that is possible."""
        return IN_PLACE_IF_POSSIBLE in (self.pod_update_policy, self.rolling_update_type) or self.only_in_place

    @property
    def only_in_place(self) -> bool:
        """Whether pods are never made again for a change."""
        return self.pod_update_policy == IN_PLACE_ONLY


class KruiseSet(PodSet, Protocol):
    """A workload of OpenKruise that makes its pods itself."""

    @property
    def rolling(self) -> Rolling:
        """How its pods are updated, whichever version of the API it is written in."""

    @property
    def kept(self) -> int:
        """How many pods its partition keeps as they are."""


def kept(partition: IntOrText | None, desired: int) -> int:
    """How many pods stay as they are: a share is rounded up, and only 100% is all of several pods.

    `CalculatePartitionReplicas` of pkg/util/tools.go.
    """
    if partition is None:
        return 0
    pods = in_pods(partition, desired, round_up=True)
    is_share = isinstance(partition, str) and partition != "100%"
    if is_share and desired > 1 and pods >= desired:
        pods = desired - 1
    return max(0, min(pods, desired))
