"""A workload by its kind and name, as people and commands write it: `web`, `statefulset/db`."""

from __future__ import annotations

from typing import Final

import msgspec

from ktui.model.changes import Resource, resource_of
from ktui.model.workloads import Workload

_WORDS: Final = {
    Resource.DEPLOYMENTS: ("deployment", "deployments", "deploy"),
    Resource.STATEFULSETS: ("statefulset", "statefulsets", "sts"),
    Resource.DAEMONSETS: ("daemonset", "daemonsets", "ds"),
}
_SHORT: Final = {"StatefulSet": "sts", "DaemonSet": "ds"}
_KINDS: Final = {
    spelled: resource
    for resource, words in _WORDS.items()
    for word in words
    # kubectl takes the group after any of them: deployments.apps, deployments.v1.apps.
    for spelled in (word, f"{word}.apps", f"{word}.v1.apps")
}


class Reference(msgspec.Struct, frozen=True, order=False):
    """Which workload is meant, in a namespace that is known from elsewhere."""

    name: str
    resource: Resource = Resource.DEPLOYMENTS

    @property
    def kind(self) -> str:
        """`Deployment`, `StatefulSet` or `DaemonSet`."""
        return self.resource.type.__name__

    @property
    def full(self) -> str:
        """As kubectl takes it: `deployment/web`, `statefulset/db`."""
        return f"{_WORDS[self.resource][0]}/{self.name}"

    @property
    def short(self) -> str:
        """As a list shows it: a Deployment by its name alone, others as `sts/db` and `ds/agent`."""
        return short(self.kind, self.name)


def short(kind: str, name: str) -> str:
    """A workload as a list shows it: a Deployment by its name alone, others as `sts/db` and `ds/agent`."""
    word = _SHORT.get(kind)
    return f"{word}/{name}" if word else name


def reference_to(workload: Workload) -> Reference:
    """What names that workload."""
    return Reference(workload.metadata.name, resource_of(workload))


def read_kinds(text: str) -> tuple[Resource, ...] | None:
    """The kinds that `deploy`, or `deploy,sts` names, each once; None for anything else."""
    kinds = [_KINDS.get(word.lower()) for word in text.split(",")]
    return tuple(dict.fromkeys(kind for kind in kinds if kind is not None)) if None not in kinds else None


def read_reference(text: str) -> Reference | None:
    """What `web`, `deployment/web`, `sts/db` or `daemonsets.apps/agent` names; None for anything else."""
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "deployment", kind
    resource = _KINDS.get(kind.lower())
    return Reference(name, resource) if resource is not None and can_be_name(name) else None


def can_be_name(text: str) -> bool:
    """Whether an object might be called that (apimachinery, IsValidPathSegmentName); a server may be stricter."""
    return text.isascii() and text.isprintable() and text not in ("", ".", "..") and not set("/% ") & set(text)
