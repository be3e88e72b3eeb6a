"""Actions on the Deployment of a revision: all but a restart are undone, or stay without anything telling of them."""

from __future__ import annotations

from typing import Final

from ktui.kinds.knative_service.objects import GROUP, SERVICE_LABEL
from ktui.model.workloads import Workload
from ktui.plans.request import Action
from ktui.rollout.revisions import Refusal
from ktui.text import clean

REVISION_UID: Final = f"{GROUP}/revisionUID"
"""The label by which a Deployment chooses the pods of its revision."""

_WHY: Final = {
    Action.SCALE: "its autoscaler undoes that",
    Action.SET_IMAGE: "Knative would neither show nor undo another image",
    Action.CANARY: "Knative would neither show nor undo another image",
    Action.ROLLBACK: "each revision has a Deployment of its own, so there is no earlier one",
    Action.ABORT: "each revision has a Deployment of its own, so there is no earlier one",
    Action.PROMOTE: "its Service decides who gets traffic",
    Action.PAUSE: "its autoscaler would scale it anyway",
}


def refuse_part(action: Action, part: Workload) -> Refusal | None:
    """Why it is no use there, and where to do it; None for a restart, and for what is no such Deployment."""
    why, meta = _WHY.get(action), part.metadata
    if why is None or REVISION_UID not in meta.labels or meta.controller is None or meta.controller.kind != "Revision":
        return None
    service = meta.labels.get(SERVICE_LABEL, "")
    instead = f": act on ksvc/{service}" if service else ""
    return Refusal(clean(f"this is the Deployment of the Knative revision {meta.controller.name}, and {why}{instead}"))
