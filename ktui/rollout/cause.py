"""What a diagnosis consists of: causes, each in one sentence with what to try next."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

PATIENCE: Final = timedelta(seconds=60)
"""How long a pod may take for something (to become ready, to find a node, to stop) before that is worth a word."""


class Kind(StrEnum):
    """What sort of trouble it is; the order is that of how much each explains."""

    IMAGE = "image"
    CONFIG = "config"
    VOLUME = "volume"
    SANDBOX = "sandbox"
    OOM = "oom"
    PROBE = "probe"
    CRASH = "crash"
    ENDS = "ends by itself"
    UNSCHEDULABLE = "unschedulable"
    FORBIDDEN = "pods refused"
    NODE = "node"
    POD = "pod"
    STOPPING = "does not stop"
    ENDED = "ended"
    NOT_READY = "not ready"
    GATE = "readiness gate"
    SLOW = "slow"
    PAUSED = "paused"
    DEADLINE = "deadline"
    ROUNDING = "rounding"
    AUTOSCALER = "autoscaler"
    BUDGET = "disruption budget"
    QUOTA = "quota"


class Remedy(StrEnum):
    """Something that ktui can do about a cause, or show of it."""

    LOGS = "logs"
    ROLLBACK = "rollback"
    SET_IMAGE = "set-image"
    SCALE = "scale"
    RESUME = "resume"
    REPAIR = "repair"
    HISTORY = "history"
    TIMELINE = "timeline"


class Cause(msgspec.Struct, frozen=True):
    """One reason why a rollout does not finish.

    `blocking` means that it will not pass by waiting: the rollout is stalled. A `remark` holds nothing up and is worth
    knowing nevertheless. `detail` is the cluster's own text.
    """

    kind: Kind
    sentence: str
    blocking: bool
    try_next: str = ""
    detail: str = ""
    pods: tuple[str, ...] = ()
    """The names of the pods concerned."""
    remedies: tuple[Remedy, ...] = ()
    """What of it ktui has on a key, the most promising first."""
    remark: bool = False
    of_old: bool = False
    """Whether it is about pods that give way, and that their own controller waits for: no fault of what is new."""
