"""A StatefulSet or a DaemonSet with its revisions and pods, as it is known and as an action on it is planned."""

from __future__ import annotations

from ktui.kinds.controller_revisions import revisions
from ktui.kinds.controller_revisions.strategy import Controlled, waits_for_deletion
from ktui.model.workloads import ControllerRevision, PodSet, StatefulSet
from ktui.plans.subject import Known, Subject
from ktui.rollout.podstatus import is_terminating

KnownPodSet = Known[PodSet, ControllerRevision]
PodSetSubject = Subject[PodSet, ControllerRevision]
KnownControlled = Known[Controlled, ControllerRevision]
ControlledSubject = Subject[Controlled, ControllerRevision]
StatefulSetSubject = Subject[StatefulSet, ControllerRevision]


def current(known: KnownPodSet) -> ControllerRevision | None:
    """The revision of the template as it is; None where the controller has not made it yet."""
    return revisions.current(known.workload, known.revisions)


def in_flight(known: KnownControlled) -> bool:
    """Whether a template is being rolled out, or waits to be: it has no revision yet, or not every pod is of it."""
    workload, now = known.workload, current(known)
    if now is None or not workload.observed:
        return True
    if any(not is_terminating(pod) and pod.revision_hash != now.pod_hash for pod in known.pods):
        return True
    if isinstance(workload, StatefulSet):
        status = workload.status
        return not waits_for_deletion(workload) and status.current_revision != status.update_revision
    return workload.status.updated_number_scheduled < workload.status.desired_number_scheduled
