"""A workload by its kind and name, as people and commands write it: `web`, `statefulset/db`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ktui.model.resources import DEPLOYMENTS, Resource, known_resources, resource_of
from ktui.model.workloads import Workload


class LooseName(str):
    """The name of an object whose kind was written in a word that kinds of several groups share: `rollout/web`."""

    __slots__ = ()


class Reference(msgspec.Struct, frozen=True, order=False):
    """Which workload is meant, in a namespace that is known from elsewhere."""

    name: str
    resource: Resource = DEPLOYMENTS

    @property
    def kind(self) -> str:
        """`Deployment`, `StatefulSet` or `DaemonSet`."""
        return self.resource.kind

    @property
    def full(self) -> str:
        """As kubectl takes it: `deployment/web`, `statefulset/db`."""
        return f"{self.resource.names[0]}/{self.name}"

    @property
    def short(self) -> str:
        """As a list shows it: a Deployment by its name alone, others as `sts/db` and `ds/agent`."""
        return short(self.kind, self.name)


def short(kind: str, name: str) -> str:
    """A workload as a list shows it: a Deployment by its name alone, others as `sts/db` and `ds/agent`."""
    word = next((resource.short for resource in _workloads() if resource.kind == kind), "")
    return f"{word}/{name}" if word else name


def reference_to(workload: Workload) -> Reference:
    """What names that workload."""
    return Reference(workload.metadata.name, resource_of(workload))


def read_kinds(text: str) -> tuple[Resource, ...] | None:
    """The kinds that `deploy`, or `deploy,sts` names, each once; None for anything else."""
    kinds = [_kind(word) for word in text.split(",")]
    return tuple(dict.fromkeys(kind for kind in kinds if kind is not None)) if None not in kinds else None


def read_reference(text: str) -> Reference | None:
    """What `web`, `deployment/web`, `sts/db` or `daemonsets.apps/agent` names; None for anything else."""
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "deployment", kind
    resource = _kind(kind)
    if resource is None or not can_be_name(name):
        return None
    is_loose = "." not in kind and len(_called(kind.lower())) > 1
    return Reference(LooseName(name) if is_loose else name, resource)


def namesakes(reference: Reference) -> tuple[Resource, ...]:
    """The kinds that the reference may mean as it was written; one, unless several share the word."""
    if not isinstance(reference.name, LooseName):
        return (reference.resource,)
    return tuple(dict.fromkeys((reference.resource, *_called(reference.resource.names[0]))))


def in_full(reference: Reference) -> str:
    """With its group, so that it means one kind alone: `rollout.argoproj.io/web`."""
    resource = reference.resource
    return f"{resource.kind.lower()}.{resource.group}/{reference.name}"


def _kind(word: str) -> Resource | None:
    """The kind of workload that people call that; kubectl takes the group after it: deployments.v1.apps.

    The end of a group is enough: `rollout.kruise.io` is that of `rollouts.kruise.io`.
    """
    name, _, group = word.lower().partition(".")
    if not group:
        return next(iter(_called(name)), None)
    return next((each for each in _workloads() if name in _words(each) and _is_group(each, group)), None)


def _words(resource: Resource) -> tuple[str, ...]:
    return (*resource.names, resource.plural, resource.kind.lower())


def _is_group(resource: Resource, group: str) -> bool:
    own = resource.group
    return group in (own, f"{resource.version}.{own}") or own.endswith(f".{group}")


def _called(word: str) -> list[Resource]:
    """The kinds that this word alone may mean, the one that is meant first."""
    return [each for each in _workloads() if word in each.names] or [
        each for each in _workloads() if word == each.plural
    ]


def _workloads() -> Iterator[Resource]:
    return (resource for resource in known_resources() if resource.is_workload)


def can_be_name(text: str) -> bool:
    """Whether an object might be called that (apimachinery, IsValidPathSegmentName); a server may be stricter."""
    return text.isascii() and text.isprintable() and text not in ("", ".", "..") and not set("/% ") & set(text)
