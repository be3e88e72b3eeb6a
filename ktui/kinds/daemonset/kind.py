"""The kind DaemonSet."""

from __future__ import annotations

from ktui.kinds.controller_revisions.kind import ControlledKind
from ktui.model.resources import DAEMONSETS
from ktui.model.workloads import DaemonSet


class DaemonSetKind(ControlledKind[DaemonSet]):
    """DaemonSets. The nodes say how many pods they have; nothing pauses them."""

    resource = DAEMONSETS
