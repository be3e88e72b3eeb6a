"""Why a volume is not there, from what the kubelet and the attach/detach controller write in their Events."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.wording import bare, impersonal

MOUNTS: Final = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
"""Reasons of Events about a volume that does not come."""


class Mount(NamedTuple):
    """Which volume is not there (nothing for one that each pod has of its own), why, and what helps."""

    reason: Reason
    volume: str
    why: str
    helps: str


_LOOK_AT_CLAIM: Final = "look at the volume claim, the storage driver and the node"
_ONE_NODE: Final = "a volume for one node only needs the strategy Recreate, or surge 0; or wait for the old pod to go"
_VOLUME: Final = Expression(r'(?i:volume) "([^"]+)"|unmounted volumes=\[([^\]]*)\]')
_OWN: Final = Expression(r"pvc-[0-9a-f]{8}-[0-9a-f]{4}-")
"""A volume that was made for one claim: each pod of a StatefulSet has another one."""

_TOKEN: Final = Expression(r"\b(kube-api-access)-\w+")
"""The volume of the service account's token has another ending in each pod."""

_NOT_FOUND: Final = Expression(r'(configmap|secret|persistentvolumeclaim)s? "([^"]+)" not found')
_ROOT_CA: Final = "kube-root-ca.crt"
"""A ConfigMap that the cluster itself makes in each namespace."""

_WRAPPED: Final = Expression(
    r"^.*(?:error processing PVC \S+: |failed to mount secrets store objects for pod \S+, err: )"
    r"(?:failed to fetch PVC from API server: |rpc error: code = \w+ desc = )*",
    re.DOTALL,
)
_PASSES: Final = tuple(
    (Expression(words, re.IGNORECASE), why, helps)
    for words, why, helps in (
        (
            r"failed to sync (?:secret|configmap) cache|not registered",
            "the kubelet has not read it yet",
            "wait: the kubelet tries again by itself",
        ),
        (
            r"operation with the given volume.* already exists|volume attachment is being deleted|but was attaching",
            "an operation on it is still in progress",
            "wait: the storage driver works on it; if it lasts, look at the driver",
        ),
        (
            r"attachment limit|AttachmentLimitExceeded",
            "its node has as many volumes as it can hold",
            "add nodes",
        ),
        (
            r"already (?:exclusively )?attached to|VolumeInUse|still being used|ReadWriteOncePod",
            "another pod or node still uses it",
            _ONE_NODE,
        ),
        (
            r"list of registered CSI drivers|does not contain driver|provider not found",
            "its node does not have the driver",
            "look at the storage driver's pod on that node: after a start of the node it takes a while",
        ),
        (
            r'failed to fetch token|no relationship found between node|(?-i:\b(?:Get|Post) ")|etcdserver',
            "the API server does not answer the kubelet",
            "wait: the kubelet tries again by itself; if it lasts, look at the API server",
        ),
        (r"PVC is not bound", "the volume claim is not bound", "look at the volume claim and its storage class"),
        (r"PVC is being deleted", "the volume claim is being deleted", "make a new one once it is gone"),
    )
)
"""What another try, or a little time, may change."""

_HINT: Final = Expression(r"^\s*dmesg\(1\)")
_KEY: Final = Expression(r"references non-existent (?:config|secret) key: (\S+)")
_OUTPUT: Final = Expression(r"Output: (.+)$", re.DOTALL)
_TYPE: Final = Expression(r"hostPath type check failed: (\S+) (.*)$")
_TOOL: Final = Expression(r"^(?:mount(?:\.\w+)?|umount): (?:/var/lib/kubelet\S*: )?")


def is_mount(event: Event) -> bool:
    """Whether it is about a volume."""
    return event.reason in MOUNTS


def volume_of(text: str) -> str:
    """The volume that a message is about; nothing for one that each pod has of its own."""
    found = _VOLUME.search(text)
    name = (found[1] or (found[2] or "").replace(" ", ", ")) if found is not None else ""
    return "" if _OWN.match(name) else _TOKEN.sub(r"\1", name)


def mount_trouble(text: str, pod: str = "") -> Mount:
    """What a message about a volume that cannot be mounted comes to."""
    volume = volume_of(text)
    if text.startswith("Multi-Attach error"):
        # "Volume is already used by pod(s) …" is of the same node's pods, whose names differ.
        return Mount(Reason.VOLUME_WAITS, volume, "it is still attached to another node", _ONE_NODE)
    missing = _NOT_FOUND.search(text)
    if missing is not None and missing[2] == _ROOT_CA:
        helps = "wait: the cluster makes it in each namespace; if it lasts, look at kube-controller-manager"
        return Mount(Reason.VOLUME_WAITS, volume, f"{_ROOT_CA} is not made yet", helps)
    if missing is not None:
        helps = f"create the {missing[1]} {missing[2]}, or correct its name in the template"
        return Mount(Reason.VOLUME_MISSING, volume, missing[0], helps)
    key = _KEY.search(text)
    if key is not None:
        helps = "add the key, or correct its name in the template"
        return Mount(Reason.VOLUME_MISSING, volume, f"the key {key[1]} is not in it", helps)
    said = bare(text)
    for looks, why, helps in _PASSES:
        if looks.search(said):
            return Mount(Reason.VOLUME_WAITS, volume, why, helps)
    checked = _TYPE.search(text)
    if checked is not None:
        helps = "check the hostPath and its type in the template, and what is on the node"
        return Mount(Reason.VOLUME_FAILED, volume, f"{checked[1]} {checked[2]}", helps)
    output = _OUTPUT.search(text)
    if output is not None:
        lines = [line for line in output[1].splitlines() if line.strip() and not _HINT.match(line)]
        why = impersonal(_TOOL.sub("", (lines or [output[1]])[-1].strip()), pod)
        return Mount(Reason.VOLUME_FAILED, volume, why or "the mount fails", _LOOK_AT_CLAIM)
    if re.search(r"timed out|[Dd]eadline ?[Ee]xceeded", said):
        return Mount(Reason.VOLUME_FAILED, volume, "timed out", _LOOK_AT_CLAIM)
    text = _WRAPPED.sub("", text)
    inner = re.sub(r"^.*?rpc error: code = \w+ desc = ", "", text.partition(" : ")[2] or text, flags=re.DOTALL)
    return Mount(Reason.VOLUME_FAILED, volume, impersonal(inner, pod), _LOOK_AT_CLAIM)
