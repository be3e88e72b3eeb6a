"""What an action is planned on: a workload as it was read just now, with its revisions and what else acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from ktui.model.objects import Pod
from ktui.model.policies import Autoscaler, Budget, Quota
from ktui.model.resources import Resource
from ktui.model.template import Resources, decode_hook
from ktui.model.workloads import KubeObject, Workload
from ktui.rollout.track_record import Accounts

W_co = TypeVar("W_co", bound=Workload, covariant=True)
"""A kind of workload."""
R_co = TypeVar("R_co", bound=KubeObject, covariant=True)
"""What the revisions of that kind are kept as."""

_Owned = TypeVar("_Owned", bound=KubeObject)


class Known(msgspec.Struct, Generic[W_co, R_co], frozen=True, kw_only=True):
    """A workload with its revisions, as rules look at it: what is open needs no more than this."""

    workload: W_co
    revisions: tuple[R_co, ...]
    pods: tuple[Pod, ...] = ()
    """Those that are stopping too. None of a Deployment: its ReplicaSets count them."""
    remembered: Accounts = {}
    """What ktui remembers of how its revisions did, by their numbers."""


class Subject(Known[W_co, R_co], Generic[W_co, R_co], frozen=True, kw_only=True):
    """One workload, whole. The typed objects are what rules look at; patches are made from the raw ones."""

    raw: dict[str, Any]
    raw_revisions: Mapping[str, dict[str, Any]]
    """By uid."""
    now: datetime
    autoscalers: tuple[Autoscaler, ...] = ()
    """Those that target the workload."""
    kubectl: tuple[str, ...] = ("kubectl",)
    """How kubectl is called for this cluster: a copied command must not go to whatever context a shell has."""
    quotas: tuple[Quota, ...] = ()
    """Those of the namespace."""
    budgets: tuple[Budget, ...] = ()
    """Those of the namespace."""
    user: str = ""
    """Who acts, as the kubeconfig calls them."""
    defaults: Resources | None = None
    """What the namespace's LimitRanges give to containers that say nothing; None where that cannot be read."""
    also: Mapping[tuple[Resource, str], dict[str, Any]] = {}
    """Other objects that an action may change instead of the workload, by resource and name."""
    claimants: tuple[Workload, ...] = ()
    """The workloads of other kinds that roll this one out, or what this one rolls out."""
    may_delete_pods: bool = True
    """Whether pods that a StatefulSet would wait for indefinitely may be deleted by the user."""


AnyKnown = Known[Workload, KubeObject]
AnySubject = Subject[Workload, KubeObject]


def subject(
    kind: type[W_co],
    kept_as: type[R_co],
    raw: dict[str, Any],
    raw_revisions: Sequence[dict[str, Any]],
    raw_pods: Sequence[dict[str, Any]] = (),
    *,
    now: datetime,
    **around: Any,
) -> Subject[W_co, R_co]:
    """Build a subject from raw objects; revisions and pods that the workload does not control are left out.

    `around` are the other members of `Subject`. Raises msgspec.ValidationError for what is not one of these objects.
    """
    workload = msgspec.convert(raw, kind, dec_hook=decode_hook)
    uid = workload.metadata.uid
    revisions = _own(raw_revisions, kept_as, uid)
    return Subject(
        workload=workload,
        revisions=tuple(revision for revision, _ in revisions),
        pods=tuple(pod for pod, _ in _own(raw_pods, Pod, uid)),
        raw=raw,
        raw_revisions={revision.metadata.uid: each for revision, each in revisions},
        now=now,
        **around,
    )


def _own(raw: Sequence[dict[str, Any]], kind: type[_Owned], uid: str) -> list[tuple[_Owned, dict[str, Any]]]:
    """Those of the objects that the workload of that uid controls, typed and raw."""
    typed = ((msgspec.convert(each, kind, dec_hook=decode_hook), each) for each in raw)
    return [
        (obj, each) for obj, each in typed if obj.metadata.controller is not None and obj.metadata.controller.uid == uid
    ]
