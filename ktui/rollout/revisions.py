"""What revisions of every kind have in common, and why something cannot be done."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import msgspec

from ktui.model.objects import CHANGE_CAUSE, ReplicaSet
from ktui.model.template import HASHES
from ktui.model.workloads import ControllerRevision, Workload


class Refusal(msgspec.Struct, frozen=True):
    """Why something cannot be done, in one sentence; kubectl's own words where kubectl has some."""

    reason: str


def change_cause(obj: Workload | ReplicaSet | ControllerRevision) -> str:
    """The change-cause as it was written, or nothing."""
    return obj.metadata.annotations.get(CHANGE_CAUSE, "")


def after_return(number: int, others: Iterable[int]) -> int:
    """The number that a revision has once it is current again; `others` are those of all other revisions.

    The highest number stays as it is: `SetNewReplicaSetAnnotations` of the Deployment controller only ever raises
    it, and so do the controllers of StatefulSets and DaemonSets.
    """
    return max(number, max(others, default=0) + 1)


def template_of(raw: dict[str, Any]) -> dict[str, Any]:
    """The pod template of a workload or of one of its revisions, without what controllers add to the latter.

    It is a copy. A ControllerRevision keeps it in `data`, as a patch that replaces the whole template.
    """
    template: dict[str, Any] = deepcopy(raw.get("data", raw)["spec"]["template"])
    template.pop("$patch", None)
    labels = (template.get("metadata") or {}).get("labels") or {}
    for added in HASHES:
        labels.pop(added, None)
    return template
