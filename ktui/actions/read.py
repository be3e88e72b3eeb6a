"""Read what an action is planned on, whatever the kind of workload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from ktui.kube.api import Api
from ktui.model.changes import Resource
from ktui.model.reference import Reference
from ktui.plans.controller_revisions.subject import SetSubject, read_set
from ktui.plans.subject import Subject, read_subject
from ktui.rollout.track_record import Accounts

AnySubject = Subject | SetSubject

Recall = Callable[[str], Awaitable[Accounts]]
"""What is remembered of how the revisions of the workload with that uid did. Never raises."""


async def read_any(
    api: Api,
    namespace: str,
    reference: Reference,
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    clock: Callable[[], datetime] | None = None,
    recall: Recall | None = None,
) -> AnySubject:
    """The workload that is named, with all that belongs to it. Raises KubeError."""
    subject: AnySubject
    if reference.resource is Resource.DEPLOYMENTS:
        subject = await read_subject(api, namespace, reference.name, kubectl, clock=clock)
    else:
        subject = await read_set(api, namespace, reference, kubectl, clock=clock)
    if recall is None:
        return subject
    return msgspec.structs.replace(subject, remembered=await recall(subject.workload.metadata.uid))
