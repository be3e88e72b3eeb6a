"""What revisions of every kind have in common, and why something cannot be done."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from functools import lru_cache
from typing import Any

import msgspec

from ktui.model.objects import CHANGE_CAUSE, ReplicaSet
from ktui.model.template import HASHES
from ktui.model.workloads import ControllerRevision, Workload
from ktui.redaction import redact


class Refusal(msgspec.Struct, frozen=True):
    """Why something cannot be done, in one sentence; kubectl's own words where kubectl has some."""

    reason: str


def change_cause(obj: Workload | ReplicaSet | ControllerRevision) -> str:
    """The change-cause, or nothing; as it is shown, that is, without what looks like a secret."""
    return in_public(obj.metadata.annotations.get(CHANGE_CAUSE, ""))


@lru_cache(4096)
def in_public(cause: str) -> str:
    """A change-cause without what looks like a secret: commit messages and commands end up in it, tokens and all."""
    return redact(cause) if cause else ""


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
