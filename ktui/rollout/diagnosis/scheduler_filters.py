"""The reasons of kube-scheduler's filters, and what each comes to: those of Kubernetes 1.31 to 1.37.

From pkg/scheduler/framework/plugins. A reason is matched from its beginning to its end, so that no name in it is taken
for another reason.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression

OTHER_NODES: Final = "check node selector and affinity against the labels of the nodes"
MORE_ROOM: Final = "add nodes, lower the requests, or scale something else in"
MORE_ROOM_THERE: Final = "lower the requests, or make room on that node"
NAMES: Final = {"cpu": "CPU", "ephemeral-storage": "ephemeral storage"}


class Filter(NamedTuple):
    """A reason of a filter: how it reads, what a node has or is, and what helps. `\\1` is what it names."""

    looks: Expression
    has: str
    have: str
    helps: str
    reason: Reason = Reason.NO_ROOM


def _filter(looks: str, has: str, have: str, helps: str, reason: Reason = Reason.NO_ROOM) -> Filter:
    return Filter(Expression(looks, re.IGNORECASE), has, have, helps, reason)


TOLERATE: Final = "add a toleration for the taint, or nodes without it"
_LOOK_AT_NODES: Final = "look at the nodes that are not ready"
_UNDER_PRESSURE: Final = "look at the nodes' conditions"
_UNCORDON: Final = "uncordon the nodes, or add others"
_HELD_BY_OLD: Final = "set the strategy to Recreate, or surge to 0: the old pod must let the volume go first"
_TIED: Final = "the volume ties the pod to a zone or a node: make room there"
_ANTI_AFFINITY: Final = "relax the anti-affinity, add nodes, or set surge to 0"

TAINT: Final = Expression(
    r"node\(s\) had (?:untolerated )?taints? \{([^:}]+):? ?([^}]*)\}(?:, that the pod didn't tolerate)?"
)
TAINTS: Final = {
    "node.kubernetes.io/not-ready": ("is not ready", "are not ready", _LOOK_AT_NODES),
    "node.kubernetes.io/unreachable": ("cannot be reached", "cannot be reached", _LOOK_AT_NODES),
    "node.kubernetes.io/network-unavailable": ("has no network", "have no network", _LOOK_AT_NODES),
    "node.kubernetes.io/disk-pressure": ("is short of disk", "are short of disk", _UNDER_PRESSURE),
    "node.kubernetes.io/memory-pressure": ("is short of memory", "are short of memory", _UNDER_PRESSURE),
    "node.kubernetes.io/pid-pressure": ("is short of process ids", "are short of process ids", _UNDER_PRESSURE),
    "node.kubernetes.io/unschedulable": ("is cordoned", "are cordoned", _UNCORDON),
    "node.cloudprovider.kubernetes.io/uninitialized": (
        "is still being set up",
        "are still being set up",
        _LOOK_AT_NODES,
    ),
    "node.cloudprovider.kubernetes.io/shutdown": ("is shut down", "are shut down", _LOOK_AT_NODES),
    "karpenter.sh/unregistered": ("is still being set up", "are still being set up", _LOOK_AT_NODES),
    "node.kubernetes.io/out-of-service": ("is out of service", "are out of service", _LOOK_AT_NODES),
    "DeletionCandidateOfClusterAutoscaler": ("is about to be removed", "are about to be removed", _LOOK_AT_NODES),
    "ToBeDeletedByClusterAutoscaler": ("is being removed", "are being removed", _LOOK_AT_NODES),
    "karpenter.sh/disrupted": ("is being replaced", "are being replaced", _LOOK_AT_NODES),
}
"""Taints that the cluster itself sets on nodes that are ill: no template is at fault."""

FILTERS: Final = (
    _filter(r"too many pods", "has no room for more pods", "have no room for more pods", MORE_ROOM),
    _filter(r"insufficient (\S+)", r"has too little \1 free", r"have too little \1 free", MORE_ROOM),
    _filter(
        r"node\(s\) did not have enough free storage",
        "has too little storage free",
        "have too little storage free",
        "make room on the storage that the claim asks for, or add nodes",
    ),
    _filter(r"node\(s\) were unschedulable", "is cordoned", "are cordoned", _UNCORDON, Reason.NODES_ILL),
    _filter(
        r"node\(s\) (?:were not ready|had unknown conditions|were out of disk)",
        "is not ready",
        "are not ready",
        _LOOK_AT_NODES,
        Reason.NODES_ILL,
    ),
    _filter(
        r"node\(s\) had (?:untolerated taint\(s\)|taints that the pod didn't tolerate)",
        "has an untolerated taint",
        "have an untolerated taint",
        "add a toleration for the taint, or nodes without it; kubectl describe nodes shows their taints",
    ),
    _filter(
        r"node\(s\) didn't match pod anti-affinity rules",
        "is ruled out by anti-affinity",
        "are ruled out by anti-affinity",
        _ANTI_AFFINITY,
    ),
    _filter(
        r"node\(s\) didn't satisfy existing pods anti-affinity rules",
        "is ruled out by other pods' anti-affinity",
        "are ruled out by other pods' anti-affinity",
        "find the running pods whose anti-affinity matches these, or add nodes",
    ),
    _filter(
        r"node\(s\) didn't match pod affinity(?:/anti-affinity)?(?: rules)?",
        "is ruled out by the affinity to other pods",
        "are ruled out by the affinity to other pods",
        "check the pod affinity, and whether the pods that it names run",
    ),
    _filter(
        r"node\(s\) didn't match pod topology spread constraints \(missing required label\)",
        "lacks the label of the topology spread",
        "lack the label of the topology spread",
        "check topologyKey of the spread constraints against the labels of the nodes",
    ),
    _filter(
        r"node\(s\) didn't match pod topology spread constraints",
        "would break the topology spread",
        "would break the topology spread",
        "relax the topology spread constraints, or add nodes where they are missing",
    ),
    _filter(
        r"node\(s\) (?:had volume node affinity conflict|didn't match PersistentVolume's node affinity|"
        r"had no available volume zone)",
        "cannot reach the volume",
        "cannot reach the volume",
        _TIED,
    ),
    _filter(
        r"node\(s\) didn't find available persistent volumes to bind",
        "has no volume that fits the claim",
        "have no volume that fits the claim",
        "make a volume that fits the claim, or give it a storage class that does",
    ),
    _filter(
        r"node\(s\) unavailable due to one or more pvc\(s\) bound to non-existent pv\(s\)",
        "is ruled out: the claim's volume does not exist",
        "are ruled out: the claim's volume does not exist",
        "delete the claim and create it again: its volume is gone",
        Reason.VOLUME_MISSING,
    ),
    _filter(
        r"node\(s\) exceed max volume count",
        "has as many volumes as it can hold",
        "have as many volumes as they can hold",
        "add nodes: each can hold only so many volumes",
    ),
    _filter(
        r"node\(s\) didn't have free ports for the requested pod ports",
        "has the host port taken",
        "have the host port taken",
        "no two pods of a node can have the same hostPort: drop it, or set surge to 0",
    ),
    _filter(
        r"node\(s\) didn't match (?:the )?(?:pod's )?(?:node affinity/selector|node affinity|node selector)",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        OTHER_NODES,
    ),
    _filter(
        r"node\(s\) didn't match the requested node name",
        "is not the node that the pod names",
        "are not the node that the pod names",
        "check nodeName in the template: no node has that name",
    ),
    _filter(
        r"node\(s\) didn't satisfy plugin(?:\(s\))? \[?[^\]]*NodeAffinity[^\]]*\]?(?: simultaneously)?",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        OTHER_NODES,
    ),
    _filter(
        r"node\(s\) didn't satisfy plugin(?:\(s\))? \[?[^\]]*VolumeBinding[^\]]*\]?(?: simultaneously)?",
        "cannot reach the volume",
        "cannot reach the volume",
        _TIED,
    ),
    _filter(
        r"node\(s\) didn't match (?:Pod's required features|node declared features.*)|"
        r"node declared features check failed.*",
        "lacks a feature that the pod needs",
        "lack a feature that the pod needs",
        "update the nodes' kubelets, or do without what the pod asks for",
    ),
    _filter(
        r"node is filtered out by the prefilter result",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        OTHER_NODES,
    ),
    _filter(
        r".*CSI ?(?:driver|Node)\b.*(?:not (?:installed|found)|does not have).*|.*does not have the CSI driver.*",
        "lacks the driver of the volume",
        "lack the driver of the volume",
        "look at the storage driver's pods on the nodes",
        Reason.NODES_ILL,
    ),
    _filter(
        r"cannot allocate all claims|node\(s\) .*resourceclaim.*",
        "has no device that fits the claim",
        "have no device that fits the claim",
        "free devices, add nodes that have them, or check the claim's device class",
    ),
)
"""The reasons of kube-scheduler's filters, each for so many nodes."""


class OfPod(NamedTuple):
    """A reason that holds whatever the node."""

    looks: Expression
    why: str
    helps: str
    reason: Reason


def _of_pod(looks: str, why: str, helps: str, reason: Reason) -> OfPod:
    return OfPod(Expression(looks, re.IGNORECASE), why, helps, reason)


_LOOK_AT_CLAIM: Final = "look at the volume claim and its storage class"
OF_PODS: Final = (
    _of_pod(
        r"PersistentVolumeClaim with (?:the same name and )?ReadWriteOncePod access mode",
        "another pod holds its ReadWriteOncePod volume",
        _HELD_BY_OLD,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r"^\d+ node\(s\) had no available disk$",
        "another pod holds its disk",
        _HELD_BY_OLD,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r'waiting for ephemeral volume controller to create the persistentvolumeclaim "([^"]+)"',
        "its volume claim is still being made",
        "wait: the cluster makes the claim; if it lasts, look at the claim's storage class and quota",
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" is being deleted',
        r"the volume claim \1 is being deleted",
        "a claim that is being deleted takes no new pod: make a new one once it is gone",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" bound to non-existent persistentvolume',
        r"the volume of the claim \1 does not exist",
        "delete the claim and create it again: its volume is gone",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" not found',
        r"the volume claim \1 does not exist",
        "create the volume claim, or correct its name in the template",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r"(?:pod has )?unbound immediate PersistentVolumeClaims",
        "the volume claim is not bound",
        _LOOK_AT_CLAIM,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r"(?:waiting for|no) .*resource ?claim.*(?:create|generated)",
        "its device claim is still being made",
        "wait: the cluster makes the claim; if it lasts, look at its ResourceClaimTemplate",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r'resourceclaim "([^"]+)" (?:not found|is being deleted)',
        r"the device claim \1 does not exist",
        "create the ResourceClaim, or correct its name in the template",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r"resourceclaim in use|node allocatable resource claim",
        "another pod uses the device claim",
        "set surge to 0, or give each pod a claim of its own with a ResourceClaimTemplate",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r"(?:running \w+ plugin \"VolumeBinding\"|binding volumes): .*",
        "its volume is not provided",
        "look at the volume claim, its events and the storage driver",
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r"running \w+ plugin|Operation cannot be fulfilled|binding rejected|nodeinfo not found",
        "the scheduler could not finish, and tries again",
        "wait; if it lasts, look at the scheduler's log",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r'storageclass(?:\.storage\.k8s\.io)? "([^"]+)" not found',
        r"the storage class \1 does not exist",
        "create the storage class, or name another one in the claim",
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r'device class "?([^\s"]+)"? does not exist',
        r"the device class \1 does not exist",
        "create the DeviceClass, or name another one in the claim",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r"pod group is not ready|tasks in gang unschedulable|less than minMember|waiting for .*(?:pod group|gang)",
        "it waits for the other pods of its group",
        "check that all pods of the group have been made",
        Reason.NO_ROOM,
    ),
    _of_pod(r"no nodes available to schedule pods", "there are no nodes", MORE_ROOM, Reason.NO_ROOM),
)
"""The reasons that a pod is not even looked at for a node (PreFilter)."""
