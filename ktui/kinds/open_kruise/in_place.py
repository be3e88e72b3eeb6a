"""Pods that OpenKruise changes in place: they keep their name, node and IP, and their containers restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.model.objects import Pod, condition_of
from ktui.model.workloads import ControllerRevision
from ktui.text import count

_GATE: Final = "InPlaceUpdateReady"
"""The readiness gate that is closed while a pod is changed (`apis/apps/pub/inplace_update.go`)."""


def is_changing(pod: Pod) -> bool:
    """Whether its containers are being changed now."""
    gate = condition_of(pod.status.conditions, _GATE)
    return gate is not None and gate.status == "False"


def was_changed(pod: Pod, revision: ControllerRevision) -> bool:
    """Whether it was of another revision before: it is older than the one that it is of now."""
    made, born = revision.metadata.creation_timestamp, pod.metadata.creation_timestamp
    return made is not None and born is not None and born < made


def changing(parts: Sequence[RevisionPods]) -> str:
    """How many pods are being changed in place now, in words; nothing if none are."""
    pods = [pod for part in parts for pod in part.running if is_changing(pod)]
    return f"{count(len(pods), 'pod')} {'is' if len(pods) == 1 else 'are'} being updated in place" if pods else ""


def counted(parts: Sequence[RevisionPods]) -> tuple[int, int]:
    """How many pods of the newest revision were changed in place to it, and how many were made for it."""
    newest = next((part for part in parts if part.is_current and part.revision is not None), None)
    if newest is None or newest.revision is None:
        return 0, 0
    changed = sum(was_changed(pod, newest.revision) for pod in newest.running)
    return changed, len(newest.running) - changed
