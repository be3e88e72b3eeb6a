"""Read what an action is planned on, whatever the kind of workload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ktui.actions.sets.subject import SetSubject, read_set
from ktui.actions.subject import Subject, read_subject, utc_now
from ktui.kube.api import Api
from ktui.model.changes import Resource
from ktui.model.reference import Reference

AnySubject = Subject | SetSubject


async def read_any(
    api: Api,
    namespace: str,
    reference: Reference,
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    clock: Callable[[], datetime] = utc_now,
) -> AnySubject:
    """The workload that is named, with all that belongs to it. Raises KubeError."""
    if reference.resource is Resource.DEPLOYMENTS:
        return await read_subject(api, namespace, reference.name, kubectl, clock=clock)
    return await read_set(api, namespace, reference, kubectl, clock=clock)
