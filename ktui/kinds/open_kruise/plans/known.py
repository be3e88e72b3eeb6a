"""A workload of OpenKruise with its revisions and pods, as it is known and as an action on it is planned."""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.known import current
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.objects import Pod
from ktui.model.workloads import ControllerRevision
from ktui.plans.subject import Known, Subject
from ktui.rollout.podstatus import is_terminating

KnownKruise = Known[KruiseSet, ControllerRevision]
KruiseSubject = Subject[KruiseSet, ControllerRevision]


def running(known: KnownKruise) -> list[Pod]:
    """Its pods without those that are stopping."""
    return [pod for pod in known.pods if not is_terminating(pod)]


def others(known: KnownKruise, revision: ControllerRevision) -> list[Pod]:
    """The pods that are not of that revision."""
    return [pod for pod in running(known) if pod.revision_hash not in revision.pod_hashes]


def in_flight(known: KnownKruise) -> bool:
    """Whether a template is being rolled out, or waits to be: it has no revision yet, or not every pod is of it."""
    now = current(known)
    if now is None or not known.workload.observed:
        return True
    return bool(others(known, now))
