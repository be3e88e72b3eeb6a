"""How long each cause may last before the rollout counts as stalled, and before ktui acts on it by itself. Pure.

`PATIENCE_OF` has one line for each reason. docs/patience.md is generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Cause, Reason


class Patience(NamedTuple):
    """How long a cause may last; times count from its `since`.

    `stalls_after` None: it never counts as stalled by itself. `acts_after` None: no automatic rollback or abort ever
    acts on it. `because` is the reason, for the documents and the screen.
    """

    stalls_after: timedelta | None
    acts_after: timedelta | None
    because: str


_SOON: Final = timedelta(0)
_HALF: Final = timedelta(seconds=30)
_MINUTE: Final = timedelta(minutes=1)
_FIVE: Final = timedelta(minutes=5)
_SIX: Final = timedelta(minutes=6)
_NEVER: Final = None

PATIENCE_OF: Final[Mapping[Reason, Patience]] = {
    # Images
    Reason.IMAGE_NAME_INVALID: Patience(_SOON, _SOON, "an invalid name stays invalid"),
    Reason.IMAGE_NOT_FOUND: Patience(
        _SOON,
        _HALF,
        "the registry has answered; a push or a mirror may be some seconds late, and the kubelet tries again",
    ),
    Reason.IMAGE_ACCESS_DENIED: Patience(
        _SOON, _MINUTE, "the registry has answered; the same change may add a pull secret"
    ),
    Reason.IMAGE_WRONG_PLATFORM: Patience(
        _SOON, _HALF, "the registry has answered: the image is not built for this node"
    ),
    Reason.IMAGE_NEVER_PULLED: Patience(_SOON, _HALF, "the image is never pulled to the node"),
    Reason.IMAGE_UNKNOWN: Patience(
        _MINUTE, _NEVER, "ktui does not recognise the answer of the registry: it may be temporary"
    ),
    Reason.PULL_THROTTLED: Patience(_MINUTE, _NEVER, "a limit on pulls is temporary, for any image"),
    Reason.REGISTRY_ERROR: Patience(_MINUTE, _NEVER, "a failing registry recovers without a change of the rollout"),
    Reason.REGISTRY_UNREACHABLE: Patience(_MINUTE, _NEVER, "the network, DNS or the registry may recover by itself"),
    Reason.REGISTRY_UNTRUSTED: Patience(
        _SOON, _FIVE, "a person has to renew or trust the certificate, which takes some minutes"
    ),
    Reason.NODE_DISK_FULL: Patience(_MINUTE, _NEVER, "the node's kubelet removes old images by itself"),
    # Containers that cannot start
    Reason.CONFIG_MISSING: Patience(_SOON, _MINUTE, "the same change may add the missing object some seconds later"),
    Reason.CONFIG_INVALID: Patience(_SOON, _HALF, "the same template fails in the same way each time"),
    Reason.START_TRANSIENT: Patience(
        _MINUTE, _NEVER, "a timeout, a reserved name or an old cache is temporary: the kubelet tries again"
    ),
    Reason.HOOK_FAILED: Patience(_SOON, _MINUTE, "what the hook needs may start a little later"),
    Reason.VOLUME_MISSING: Patience(_SOON, _MINUTE, "the same change may add the missing object some seconds later"),
    Reason.VOLUME_WAITS: Patience(_MINUTE, _NEVER, "creating, attaching or releasing a volume finishes by itself"),
    Reason.VOLUME_FAILED: Patience(
        _MINUTE, _NEVER, "the storage fails or is slow: another template would have the same problem"
    ),
    Reason.SANDBOX_FAILED: Patience(_MINUTE, _NEVER, "the node's network or runtime fails, not the new pods"),
    # Containers that do not stay up
    Reason.OUT_OF_MEMORY: Patience(_SOON, _MINUTE, "a restart loop gets a minute from its first restart"),
    Reason.PROBE_KILLS: Patience(_SOON, _MINUTE, "a restart loop gets a minute from its first restart"),
    Reason.CRASHES: Patience(
        _SOON, _MINUTE, "a restart loop gets a minute from its first restart; a dependency may become ready"
    ),
    Reason.EXITS: Patience(_SOON, _MINUTE, "a program that exits is restarted like one that crashes"),
    Reason.RESTARTED: Patience(_SOON, _MINUTE, "the restarts count, not the times between them"),
    # Pods that cannot be scheduled
    Reason.NO_ROOM: Patience(_MINUTE, _NEVER, "room depends on the cluster: other pods end, nodes are added"),
    Reason.NODE_COMING: Patience(_FIVE, _NEVER, "a node is being added, which takes some minutes"),
    Reason.NODES_ILL: Patience(_MINUTE, _NEVER, "the nodes have a problem, not the new pods"),
    Reason.PODS_REFUSED: Patience(_SOON, _MINUTE, "the same pods are refused each time, unless someone changes a rule"),
    Reason.QUOTA_FULL: Patience(_SOON, _NEVER, "room in a quota comes back: other pods end, or someone raises it"),
    Reason.ADMISSION_UNREACHABLE: Patience(_MINUTE, _NEVER, "the webhook may recover"),
    Reason.REFUSED_AT_NODE: Patience(_SOON, _NEVER, "the node or its devices are full: this depends on the cluster"),
    Reason.RESIZE_WAITS: Patience(_NEVER, _NEVER, "the pods keep running with their current resources"),
    # Pods that the cluster ends, and old pods
    Reason.NODE_LOST: Patience(_SIX, _NEVER, "after five minutes the cluster replaces the pods of a lost node"),
    Reason.ENDED_BY_CLUSTER: Patience(_NEVER, _NEVER, "pods that the cluster ends are replaced at once"),
    Reason.NOT_STOPPING: Patience(_MINUTE, _NEVER, "the problem is with old pods, not with the new ones"),
    # Slow pods
    Reason.NOT_READY: Patience(_FIVE, _NEVER, "a slow start looks the same: the progress deadline decides"),
    Reason.GATE: Patience(_FIVE, _NEVER, "another controller sets the gate, and may be slow"),
    Reason.SLOW: Patience(_NEVER, _NEVER, "slow is not a failure"),
    # The workload as a whole
    Reason.PAUSED: Patience(_NEVER, _NEVER, "a person paused it"),
    Reason.DEADLINE_PASSED: Patience(_SOON, _SOON, "the deadline in the workload's own spec has passed"),
    Reason.DEADLINE_NEAR: Patience(_NEVER, _NEVER, "the deadline in the workload's own spec has not passed yet"),
    Reason.NEVER_CONVERGES: Patience(
        _SOON, _NEVER, "whatever keeps rewriting it would also rewrite it after a rollback"
    ),
    Reason.CONTROLLER_FAILS: Patience(_MINUTE, _NEVER, "the controller tries again; an old template may fail as well"),
    Reason.SPEC_INVALID: Patience(_SOON, _NEVER, "someone has to correct the spec; the running pods keep running"),
    Reason.REFERENCE_MISSING: Patience(
        _SOON, _NEVER, "someone has to create the missing object; an old template needs it too"
    ),
    Reason.NOT_OBSERVED: Patience(
        _MINUTE, _NEVER, "the controller may be busy or down: an old template would wait too"
    ),
    Reason.ANALYSIS_FAILED: Patience(_SOON, _NEVER, "the controller has already aborted it"),
    Reason.ANALYSIS_ERROR: Patience(_SOON, _NEVER, "the controller has already aborted it; the measurement failed"),
    Reason.ANALYSIS_INCONCLUSIVE: Patience(_NEVER, _NEVER, "a person decides: promote, or abort"),
    Reason.ABORTED: Patience(_NEVER, _NEVER, "it has been aborted already"),
    Reason.NO_PROGRESS: Patience(_FIVE, _NEVER, "nothing happens, and the reason is unknown: a person has to look"),
    Reason.OTHER: Patience(_MINUTE, _NEVER, "ktui does not know the cause well enough: a person decides"),
}
"""One line for each reason; a test checks that it is complete."""


def patience_of(reason: Reason) -> Patience:
    """How long a cause with this reason may last."""
    return PATIENCE_OF[reason]


def is_stalled(reason: Reason, since: datetime | None, now: datetime) -> bool:
    """Whether a cause with this reason that began at `since` makes the rollout stalled.

    If `since` is unknown, only reasons without any patience count.
    """
    granted = patience_of(reason).stalls_after
    if granted is None:
        return False
    # Without any patience, a difference between the clocks of cluster and machine must not delay it.
    return granted <= _SOON or (since is not None and now - since >= granted)


def acts_at(cause: Cause) -> datetime | None:
    """When ktui may act on the cause if it still lasts; None for never, or while its start is unknown.

    ktui never acts on remarks, on causes that do not block the rollout, or on causes of old pods.
    """
    granted = patience_of(cause.reason).acts_after
    if granted is None or cause.since is None or not cause.blocking or cause.remark or cause.of_old:
        return None
    return cause.since + granted
