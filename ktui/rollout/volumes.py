"""Why a volume is not there, from what the kubelet and the attach/detach controller write in their Events."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ktui.model.objects import Event
from ktui.rollout.cause import Reason
from ktui.rollout.wording import bare, impersonal

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
_VOLUME: Final = re.compile(r'(?i:volume) "([^"]+)"|unmounted volumes=\[([^\]]*)\]')
_OWN: Final = re.compile(r"pvc-[0-9a-f]{8}-[0-9a-f]{4}-")
"""A volume that was made for one claim: each pod of a StatefulSet has another one."""

_NOT_FOUND: Final = re.compile(r'(configmap|secret|persistentvolumeclaim) "([^"]+)" not found')
_KEY: Final = re.compile(r"references non-existent (?:config|secret) key: (\S+)")
_OUTPUT: Final = re.compile(r"Output: (.+)$", re.DOTALL)
_TYPE: Final = re.compile(r"hostPath type check failed: (\S+) (.*)$")
_TOOL: Final = re.compile(r"^(?:mount(?:\.\w+)?|umount): ")


def is_mount(event: Event) -> bool:
    """Whether it is about a volume."""
    return event.reason in MOUNTS


def volume_of(text: str) -> str:
    """The volume that a message is about; nothing for one that each pod has of its own."""
    found = _VOLUME.search(text)
    name = (found[1] or found[2] or "") if found is not None else ""
    return "" if _OWN.match(name) else name


def mount_trouble(text: str, pod: str = "") -> Mount:
    """What a message about a volume that cannot be mounted comes to."""
    volume = volume_of(text)
    if text.startswith("Multi-Attach error"):
        # "Volume is already used by pod(s) …" is of the same node's pods, whose names differ.
        return Mount(Reason.VOLUME_WAITS, volume, "it is still attached to another node", _ONE_NODE)
    missing = _NOT_FOUND.search(text)
    if missing is not None:
        helps = f"create the {missing[1]} {missing[2]}, or correct its name in the template"
        return Mount(Reason.VOLUME_MISSING, volume, missing[0], helps)
    key = _KEY.search(text)
    if key is not None:
        helps = "add the key, or correct its name in the template"
        return Mount(Reason.VOLUME_MISSING, volume, f"the key {key[1]} is not in it", helps)
    said = bare(text)
    if re.search(r"failed to sync (?:secret|configmap) cache|not registered", said):
        helps = "wait: the kubelet tries again by itself"
        return Mount(Reason.VOLUME_WAITS, volume, "the kubelet has not read it yet", helps)
    if re.search(r"volume attachment limit|attachment limit", said):
        return Mount(Reason.VOLUME_WAITS, volume, "its node has as many volumes as it can hold", "add nodes")
    checked = _TYPE.search(text)
    if checked is not None:
        helps = "check the hostPath and its type in the template, and what is on the node"
        return Mount(Reason.VOLUME_FAILED, volume, f"{checked[1]} {checked[2]}", helps)
    output = _OUTPUT.search(text)
    if output is not None:
        lines = [line for line in output[1].splitlines() if line.strip()]
        why = impersonal(_TOOL.sub("", (lines or [output[1]])[-1].strip()), pod)
        return Mount(Reason.VOLUME_FAILED, volume, why or "the mount fails", _LOOK_AT_CLAIM)
    if re.search(r"timed out|[Dd]eadline ?[Ee]xceeded", said):
        return Mount(Reason.VOLUME_FAILED, volume, "timed out", _LOOK_AT_CLAIM)
    inner = re.sub(r"^.*?rpc error: code = \w+ desc = ", "", text.partition(" : ")[2] or text, flags=re.DOTALL)
    return Mount(Reason.VOLUME_FAILED, volume, impersonal(inner, pod), _LOOK_AT_CLAIM)
