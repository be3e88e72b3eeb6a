"""How long each cause may last before the rollout counts as stalled, and before ktui acts on it by itself. Pure.

Two questions, and one line of `PATIENCE_OF` for each reason that answers both. docs/patience.md is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Cause, Reason


class Patience(NamedTuple):
    """What a cause is granted; times count from its `since`.

    `stalls_after` None: it never counts as stalled by itself. `acts_after` None: no automatic rollback or abort ever
    fires on it. `because` says why, for the documents and for the screen.
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
    Reason.IMAGE_NAME_INVALID: Patience(_SOON, _SOON, "a name that is not valid stays so"),
    Reason.IMAGE_NOT_FOUND: Patience(
        _SOON, _HALF, "the registry has answered; a push or a mirror may be some seconds late, and it is asked again"
    ),
    Reason.IMAGE_ACCESS_DENIED: Patience(
        _SOON, _MINUTE, "the registry has answered; a pull secret may come with the same change"
    ),
    Reason.IMAGE_WRONG_PLATFORM: Patience(
        _SOON, _HALF, "the registry has answered: the image is not built for this node"
    ),
    Reason.IMAGE_NEVER_PULLED: Patience(_SOON, _HALF, "nothing brings the image to the node"),
    Reason.IMAGE_UNKNOWN: Patience(_MINUTE, _NEVER, "what the registry says is not recognised: it may pass"),
    Reason.PULL_THROTTLED: Patience(_MINUTE, _NEVER, "a limit on pulls passes by itself, whatever the image"),
    Reason.REGISTRY_ERROR: Patience(_MINUTE, _NEVER, "a registry that fails recovers without a change of the rollout"),
    Reason.REGISTRY_UNREACHABLE: Patience(_MINUTE, _NEVER, "the network, DNS or a registry may come back by itself"),
    Reason.REGISTRY_UNTRUSTED: Patience(
        _SOON, _FIVE, "a certificate is renewed or trusted by a person, which takes some minutes"
    ),
    Reason.NODE_DISK_FULL: Patience(_MINUTE, _NEVER, "the node's kubelet removes old images by itself"),
    # Containers that cannot start
    Reason.CONFIG_MISSING: Patience(
        _SOON, _MINUTE, "what is missing may come with the same change, some seconds later"
    ),
    Reason.CONFIG_INVALID: Patience(_SOON, _HALF, "the same template fails the same way each time"),
    Reason.START_TRANSIENT: Patience(
        _MINUTE, _NEVER, "a timeout, a name still reserved or a cache passes when the kubelet tries again"
    ),
    Reason.HOOK_FAILED: Patience(_SOON, _MINUTE, "what the hook asks for may come up a little later"),
    Reason.VOLUME_MISSING: Patience(
        _SOON, _MINUTE, "what is missing may come with the same change, some seconds later"
    ),
    Reason.VOLUME_WAITS: Patience(_MINUTE, _NEVER, "a volume that is made, attached or released comes by itself"),
    Reason.VOLUME_FAILED: Patience(_MINUTE, _NEVER, "the storage is at fault, or slow: another template has the same"),
    Reason.SANDBOX_FAILED: Patience(_MINUTE, _NEVER, "the node's network or runtime is at fault, not the new pods"),
    # Containers that do not stay up
    Reason.OUT_OF_MEMORY: Patience(_SOON, _MINUTE, "a loop is given a minute from its first restart"),
    Reason.PROBE_KILLS: Patience(_SOON, _MINUTE, "a loop is given a minute from its first restart"),
    Reason.CRASHES: Patience(
        _SOON, _MINUTE, "a loop is given a minute from its first restart; a dependency may come up"
    ),
    Reason.EXITS: Patience(_SOON, _MINUTE, "a program that ends is restarted like one that crashes"),
    Reason.RESTARTED: Patience(_SOON, _MINUTE, "the restarts count, not the moments between them"),
    # Pods that find no place
    Reason.NO_ROOM: Patience(_MINUTE, _NEVER, "room is the cluster's matter: other pods end, nodes are added"),
    Reason.NODE_COMING: Patience(_FIVE, _NEVER, "a node is on its way, which takes some minutes"),
    Reason.NODES_ILL: Patience(_MINUTE, _NEVER, "the nodes are at fault, not the new pods"),
    Reason.PODS_REFUSED: Patience(_SOON, _MINUTE, "the same pods are refused each time, unless someone changes a rule"),
    Reason.QUOTA_FULL: Patience(_SOON, _NEVER, "a quota is room: other pods end, or someone raises it"),
    Reason.ADMISSION_UNREACHABLE: Patience(_MINUTE, _NEVER, "a webhook that does not answer may come back"),
    Reason.REFUSED_AT_NODE: Patience(_SOON, _NEVER, "the node is full or its devices are: the cluster's matter"),
    Reason.RESIZE_WAITS: Patience(_NEVER, _NEVER, "the pods serve with what is in force"),
    # Pods that the cluster takes away, and old pods
    Reason.NODE_LOST: Patience(_SIX, _NEVER, "after five minutes the cluster replaces the pods of a lost node"),
    Reason.ENDED_BY_CLUSTER: Patience(_NEVER, _NEVER, "pods that the cluster ends are replaced at once"),
    Reason.NOT_STOPPING: Patience(_MINUTE, _NEVER, "old pods are in the way, not the new ones"),
    # Pods that take their time
    Reason.NOT_READY: Patience(_FIVE, _NEVER, "a slow start looks the same: the progress deadline decides"),
    Reason.GATE: Patience(_FIVE, _NEVER, "another controller sets the gate, and may be slow"),
    Reason.SLOW: Patience(_NEVER, _NEVER, "what is only slow is not a failure"),
    # The workload as a whole
    Reason.PAUSED: Patience(_NEVER, _NEVER, "a person stopped it"),
    Reason.DEADLINE_PASSED: Patience(_SOON, _SOON, "the time that the workload's own spec grants has passed"),
    Reason.DEADLINE_NEAR: Patience(_NEVER, _NEVER, "the time that the workload's own spec grants is not over yet"),
    Reason.NEVER_CONVERGES: Patience(_SOON, _NEVER, "what writes it again and again would do so after a rollback too"),
    Reason.CONTROLLER_FAILS: Patience(_MINUTE, _NEVER, "the controller tries again; an old template may fail as well"),
    Reason.SPEC_INVALID: Patience(_SOON, _NEVER, "the spec has to be corrected; what runs goes on running"),
    Reason.REFERENCE_MISSING: Patience(
        _SOON, _NEVER, "what is missing has to be made; an old template names it as well"
    ),
    Reason.NOT_OBSERVED: Patience(
        _MINUTE, _NEVER, "the controller may be busy, or be down: an old template would wait too"
    ),
    Reason.ANALYSIS_FAILED: Patience(_SOON, _NEVER, "the controller has aborted it by itself"),
    Reason.ANALYSIS_ERROR: Patience(_SOON, _NEVER, "the controller has aborted it; the measuring is at fault"),
    Reason.ANALYSIS_INCONCLUSIVE: Patience(_NEVER, _NEVER, "a person decides: promote, or abort"),
    Reason.ABORTED: Patience(_NEVER, _NEVER, "it has been aborted already"),
    Reason.NO_PROGRESS: Patience(_FIVE, _NEVER, "nothing happens, and nothing tells why: a person has to look"),
    Reason.OTHER: Patience(_MINUTE, _NEVER, "what is not known well enough is left to a person"),
}
"""One line for each reason; a test holds it to be complete."""


def patience_of(reason: Reason) -> Patience:
    """What a cause with this reason is granted."""
    return PATIENCE_OF[reason]


def is_stalled(reason: Reason, since: datetime | None, now: datetime) -> bool:
    """Whether a cause with this reason that lasts since then holds a rollout up beyond patience.

    Where nothing tells since when, only what is granted no time at all counts.
    """
    granted = patience_of(reason).stalls_after
    if granted is None:
        return False
    # What is granted no time at all does not wait for the clocks of cluster and machine to agree.
    return granted <= _SOON or (since is not None and now - since >= granted)


def acts_at(cause: Cause) -> datetime | None:
    """When ktui may act on it by itself, if it still lasts then; None for never, or as long as its start is unknown.

    What holds nothing up, and what ails old pods, is never acted on.
    """
    granted = patience_of(cause.reason).acts_after
    if granted is None or cause.since is None or not cause.blocking or cause.remark or cause.of_old:
        return None
    return cause.since + granted
