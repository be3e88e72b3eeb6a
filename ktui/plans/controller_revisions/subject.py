"""What an action on a StatefulSet or a DaemonSet is planned on: as it was read just now, with revisions and pods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import Interrupted
from ktui.kube.selection import selector_text
from ktui.model.changes import Resource
from ktui.model.objects import Pod
from ktui.model.reference import Reference
from ktui.model.template import decode_hook
from ktui.model.workloads import ControllerRevision, DaemonSet, StatefulSet
from ktui.plans.subject import Around, own, read_around, read_observed
from ktui.rollout import cohorts
from ktui.rollout.cohorts import Controlled
from ktui.rollout.podstatus import is_ready
from ktui.text import clean

_KINDS: Final[dict[Resource, type[Controlled]]] = {
    Resource.STATEFULSETS: StatefulSet,
    Resource.DAEMONSETS: DaemonSet,
}


class Known(msgspec.Struct, frozen=True):
    """A StatefulSet or a DaemonSet with its revisions and pods, as rules look at them."""

    workload: Controlled
    revisions: tuple[ControllerRevision, ...]
    pods: tuple[Pod, ...]

    @property
    def current(self) -> ControllerRevision | None:
        """The revision of the template as it is; None where the controller has not made it yet."""
        return cohorts.current(self.workload, self.revisions)


class SetSubject(Around, frozen=True, kw_only=True):
    """One StatefulSet or DaemonSet, whole. What is known of it is typed; patches are made from the raw objects."""

    known: Known
    raw: dict[str, Any]
    raw_revisions: Mapping[str, dict[str, Any]]
    """By uid."""
    may_delete_pods: bool = True
    """Whether pods that would be waited for indefinitely may be deleted by the user who acts."""

    @property
    def workload(self) -> Controlled:
        """The StatefulSet or DaemonSet."""
        return self.known.workload

    @property
    def revisions(self) -> tuple[ControllerRevision, ...]:
        """Its history."""
        return self.known.revisions

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Its pods, those that are stopping too."""
        return self.known.pods

    @property
    def current(self) -> ControllerRevision | None:
        """The revision of the template as it is; None where the controller has not made it yet."""
        return self.known.current


def set_subject(
    kind: type[Controlled],
    raw: dict[str, Any],
    raw_revisions: Sequence[dict[str, Any]],
    raw_pods: Sequence[dict[str, Any]],
    now: datetime,
    **around: Any,
) -> SetSubject:
    """Build a subject from raw objects; what the workload does not control is left out.

    `around` are the other members of the subject. Raises msgspec.ValidationError for what is none of these objects.
    """
    workload = msgspec.convert(raw, kind, dec_hook=decode_hook)
    uid = workload.metadata.uid
    revisions = own(raw_revisions, ControllerRevision, uid)
    pods = tuple(pod for pod, _ in own(raw_pods, Pod, uid))
    return SetSubject(
        known=Known(workload, tuple(revision for revision, _ in revisions), pods),
        raw=raw,
        raw_revisions={revision.metadata.uid: each for revision, each in revisions},
        now=now,
        **around,
    )


async def read_set(
    api: Api,
    namespace: str,
    reference: Reference,
    kubectl: tuple[str, ...] = ("kubectl",),
    *,
    clock: Callable[[], datetime] | None = None,
) -> SetSubject:
    """Read what an action on that StatefulSet or DaemonSet is planned on. Raises KubeError."""
    raw = await read_observed(api, reference.resource, namespace, reference.name)
    selector = {"labelSelector": selector_text(raw)}
    revisions, pods, around = await asyncio.gather(
        api.get_path(Resource.CONTROLLER_REVISIONS.path(namespace), selector),
        api.get_path(Resource.PODS.path(namespace), selector),
        read_around(api, namespace, reference),
    )
    try:
        found = set_subject(
            _KINDS[reference.resource],
            raw,
            revisions.get("items") or (),
            pods.get("items") or (),
            (clock or api.connection.clock.now)(),
            kubectl=kubectl,
            **around,
        )
    except msgspec.ValidationError as error:
        raise Interrupted(
            f"The server's answer is not a {reference.kind} with its revisions and pods: {clean(str(error))}."
        ) from error
    if all(is_ready(pod) for pod in found.pods):
        return found
    answer = await api.access_review("delete", "", Resource.PODS.plural, namespace=namespace)
    return msgspec.structs.replace(found, may_delete_pods=answer.allowed)
