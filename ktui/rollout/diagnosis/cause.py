"""What a diagnosis consists of: causes, each in one sentence with what to try next."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ktui.redaction import redact_message
from ktui.text import clean

PATIENCE: Final = timedelta(seconds=60)
"""How long a pod may take for something (to become ready, to find a node, to stop) before that is worth a word."""


class Kind(StrEnum):
    """What sort of trouble it is; the order is that of how much each explains."""

    SPEC = "spec"
    """The workload's controller does not take the spec."""
    ANALYSIS = "analysis"
    IMAGE = "image"
    CONFIG = "config"
    VOLUME = "volume"
    SANDBOX = "sandbox"
    OOM = "oom"
    PROBE = "probe"
    CRASH = "crash"
    ENDS = "ends by itself"
    UNSCHEDULABLE = "unschedulable"
    CONTROLLER = "controller"
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
    ABORTED = "aborted"
    ROUNDING = "rounding"
    AUTOSCALER = "autoscaler"
    BUDGET = "disruption budget"
    QUOTA = "quota"


class Reason(StrEnum):
    """What exactly is wrong: a stable code for tables and programs, finer than the `Kind`.

    How long each may last before it counts as stalled, and before ktui acts on it by itself, stands in `patience`.
    """

    IMAGE_NAME_INVALID = "image-name-invalid"
    IMAGE_NOT_FOUND = "image-not-found"
    IMAGE_ACCESS_DENIED = "image-access-denied"
    IMAGE_WRONG_PLATFORM = "image-wrong-platform"
    IMAGE_NEVER_PULLED = "image-never-pulled"
    """Not on the node, and imagePullPolicy is Never."""
    IMAGE_UNKNOWN = "image-unknown"
    """Cannot be pulled, for a reason that is not recognised."""
    PULL_THROTTLED = "pull-throttled"
    """The kubelet or the registry limits its own rate."""
    REGISTRY_ERROR = "registry-error"
    """The registry answers 5xx, resets connections or times out."""
    REGISTRY_UNREACHABLE = "registry-unreachable"
    REGISTRY_UNTRUSTED = "registry-untrusted"
    NODE_DISK_FULL = "node-disk-full"
    CONFIG_MISSING = "config-missing"
    """A ConfigMap, a Secret or a key of one that the container needs does not exist."""
    CONFIG_INVALID = "config-invalid"
    """The container cannot be created or started, whatever the cluster does: command, user, mount path."""
    START_TRANSIENT = "start-transient"
    """The container could not be created or started for a reason that may pass: a timeout, a reserved name, a cache."""
    HOOK_FAILED = "hook-failed"
    VOLUME_MISSING = "volume-missing"
    """What the volume names (Secret, ConfigMap, claim, key) does not exist."""
    VOLUME_WAITS = "volume-waits"
    """The volume is being made, attached or released by another pod."""
    VOLUME_FAILED = "volume-failed"
    SANDBOX_FAILED = "sandbox-failed"
    OUT_OF_MEMORY = "out-of-memory"
    PROBE_KILLS = "probe-kills"
    """A liveness or startup probe fails, and the kubelet restarts the container."""
    CRASHES = "crashes"
    EXITS = "exits"
    """The container ends with exit code 0 again and again."""
    RESTARTED = "restarted"
    """It runs now, and restarted a short while ago: not over before it has been quiet for a while."""
    NO_ROOM = "no-room"
    """No node takes the pod, for lack of resources or for rules of placement."""
    NODE_COMING = "node-coming"
    """No node takes the pod yet, but an autoscaler or a preemption makes room."""
    NODES_ILL = "nodes-ill"
    """No node takes the pod since nodes are not ready, cordoned or short of something."""
    PODS_REFUSED = "pods-refused"
    """Admission refuses the pods: policy, security, limits, a missing account."""
    QUOTA_FULL = "quota-full"
    """Admission refuses the pods since a quota has no room for more of them."""
    ADMISSION_UNREACHABLE = "admission-unreachable"
    """A webhook or the API server does not answer, or a quota is not counted yet."""
    RESIZE_WAITS = "resize-waits"
    """Other resources than those of the spec are in force: the kubelet cannot change them in place yet."""
    REFUSED_AT_NODE = "refused-at-node"
    """The kubelet refuses each pod: OutOfcpu, UnexpectedAdmissionError, NodeAffinity."""
    NODE_LOST = "node-lost"
    ENDED_BY_CLUSTER = "ended-by-cluster"
    """Eviction, preemption, node shutdown."""
    NOT_STOPPING = "not-stopping"
    NOT_READY = "not-ready"
    GATE = "gate"
    SLOW = "slow"
    PAUSED = "paused"
    DEADLINE_PASSED = "deadline-passed"
    DEADLINE_NEAR = "deadline-near"
    NEVER_CONVERGES = "never-converges"
    """Something rewrites the template or the ReplicaSets again and again."""
    CONTROLLER_FAILS = "controller-fails"
    """The workload's own controller reports errors: FailedUpdate, FailedCreate."""
    SPEC_INVALID = "spec-invalid"
    """The workload's controller refuses the spec."""
    REFERENCE_MISSING = "reference-missing"
    """The spec names another object that does not exist: a Service, a VirtualService, a template."""
    NOT_OBSERVED = "not-observed"
    """The workload's controller has not seen the change."""
    ANALYSIS_FAILED = "analysis-failed"
    ANALYSIS_ERROR = "analysis-error"
    """What an analysis asks for could not be measured."""
    ANALYSIS_INCONCLUSIVE = "analysis-inconclusive"
    ABORTED = "aborted"
    NO_PROGRESS = "no-progress"
    """Nothing moves and nothing tells why."""
    OTHER = "other"


class Remedy(StrEnum):
    """Something that ktui can do about a cause, or show of it."""

    LOGS = "logs"
    ROLLBACK = "rollback"
    SET_IMAGE = "set-image"
    SCALE = "scale"
    RESUME = "resume"
    REPAIR = "repair"
    PROMOTE = "promote"
    RETRY = "retry"
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
    """What ktui can do about it by a key, the most promising first."""
    remark: bool = False
    of_old: bool = False
    """Whether it is about pods that give way, and that their own controller waits for: no fault of what is new."""
    reason: Reason = Reason.OTHER
    since: datetime | None = None
    """Since when it lasts, by the server's clock, for the pod that has had it for the longest; None for unknown."""
    lasting: str = ""
    """The sentence without what it says of the moment; empty if it says nothing of it."""


def legible(cause: Cause) -> Cause:
    """The same cause without anything in it that a cluster could play tricks with on a screen, and without secrets."""
    return msgspec.structs.replace(
        cause,
        sentence=clean(redact_message(cause.sentence)),
        lasting=clean(redact_message(cause.lasting)),
        try_next=clean(cause.try_next),
        detail=clean(redact_message(cause.detail)),
        pods=tuple(clean(name) for name in cause.pods),
    )


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def by_weight(cause: Cause) -> tuple[bool, bool, int, int, str]:
    """The order of causes: what blocks first, then what explains most."""
    return not cause.blocking, cause.remark, _ORDER[cause.kind], -len(cause.pods), cause.sentence
