"""All the controllers of OpenKruise."""

from __future__ import annotations

from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import OwnedIndex
from ktui.sim.controllers.kruise.cloneset import CloneSetController
from ktui.sim.controllers.kruise.daemonset import AdvancedDaemonSetController
from ktui.sim.controllers.kruise.statefulset import AdvancedStatefulSetController


def begin(api: ApiServer, pods: OwnedIndex) -> None:
    """Play them; their resources have to be served already."""
    CloneSetController(api, pods)
    AdvancedStatefulSetController(api, pods)
    AdvancedDaemonSetController(api, pods)
