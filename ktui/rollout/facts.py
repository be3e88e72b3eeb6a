"""What every kind of workload tells of its revisions: all that history, resources, logs and reports ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ktui.model.objects import CHANGE_CAUSE, Pod
from ktui.model.template import PodTemplate


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of a workload with the pods that were made from it, whatever object keeps it."""

    number: int = 0
    """0 if the revision of these pods is not known."""
    former: tuple[int, ...] = ()
    """The numbers that it had before rollbacks gave it this one."""
    uid: str = ""
    """Of the ReplicaSet or ControllerRevision; empty if no object keeps it."""
    name: str = ""
    stem: str = ""
    """What the names of its pods begin with, before a dash."""
    template: PodTemplate | None = None
    annotations: Mapping[str, str] = {}
    created: datetime | None = None
    pods: tuple[Pod, ...] = ()
    """Those that are stopping included."""
    wanted: int = 0
    existing: int = 0
    ready: int = 0
    is_current: bool = False
    """Whether its template is the live one."""

    @property
    def cause(self) -> str:
        """The change-cause as it was written, or nothing."""
        return self.annotations.get(CHANGE_CAUSE, "")
