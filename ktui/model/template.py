"""Pod templates: a digest to compare them by, and the few fields that screens show.

Two templates are the same when their digests are (docs/semantics.md, Identity).
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from ktui.model.structs import Struct

_T = TypeVar("_T")

POD_TEMPLATE_HASH: Final = "pod-template-hash"
ROLLOUT_HASH: Final = "rollouts-pod-template-hash"
"""What Argo Rollouts adds to the templates of its ReplicaSets in place of that."""

HASHES: Final = (POD_TEMPLATE_HASH, ROLLOUT_HASH)
"""The labels that a controller adds to a template, and that make it no other one."""


class Amounts(Struct, frozen=True):
    """Amounts of what a node has, as they are written: `500m`, `128Mi`; empty for none.

    The API server makes text of the numbers in a pod and in the kinds of Kubernetes itself. In a custom resource, a
    number stays one (`x-kubernetes-int-or-string`).
    """

    cpu: str | int | float = ""
    memory: str | int | float = ""

    def of(self, name: str) -> str:
        """The amount of `cpu` or `memory`, as text."""
        return str(self.cpu if name == "cpu" else self.memory)


class Resources(Struct, frozen=True):
    """What is set aside for a container, and the most that it may use."""

    requests: Amounts = Amounts()
    limits: Amounts = Amounts()


class Container(Struct, frozen=True):
    """One container of a pod or a template; `restart_policy` Always makes an init container a sidecar."""

    name: str
    image: str = ""
    restart_policy: str = ""
    resources: Resources = Resources()


class PodTemplate:
    """What pods are made from: its digest, and the fields that screens show.

    Equality is the API's own: all of metadata and spec, the controllers' hashes aside, and whether an empty map is
    written or left out (docs/semantics.md, Identity).
    """

    __slots__ = (
        "annotations",
        "containers",
        "digest",
        "init_containers",
        "labels",
        "overhead",
        "ports",
        "resources",
        "rollout_hash",
    )

    def __init__(self, raw: dict[str, Any]) -> None:
        meta = raw.get("metadata") or {}
        spec = raw.get("spec") or {}
        labels = _typed(meta.get("labels") or {}, dict[str, str], "metadata.labels")
        self.rollout_hash = labels.get(ROLLOUT_HASH, "")
        self.labels = {key: value for key, value in labels.items() if key not in HASHES}
        self.annotations = _typed(meta.get("annotations") or {}, dict[str, str], "metadata.annotations")
        self.containers = _typed(spec.get("containers") or (), tuple[Container, ...], "spec.containers")
        self.init_containers = _typed(spec.get("initContainers") or (), tuple[Container, ...], "spec.initContainers")
        self.resources = _typed(spec.get("resources") or {}, Resources, "spec.resources")
        self.overhead = _typed(spec.get("overhead") or {}, Amounts, "spec.overhead")
        self.ports = _ports(spec.get("containers"))
        named = {key: value for key, value in meta.items() if value and key != "creationTimestamp"}
        canonical = msgspec.json.encode((named | {"labels": self.labels}, spec), order="deterministic")
        self.digest = blake2b(canonical, digest_size=16).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PodTemplate) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"PodTemplate({', '.join(c.image for c in self.containers)}, {self.digest.hex()[:8]})"


class RevisionData:
    """What a ControllerRevision keeps: for StatefulSets and DaemonSets, a patch that replaces the template.

    The API server takes any data there is, from anybody who may write it; what is no such patch has no template.
    Its digest tells whether two revisions mean the same; their bytes do not (docs/semantics.md, StatefulSets).
    """

    __slots__ = ("template",)

    def __init__(self, raw: Any) -> None:
        self.template: PodTemplate | None = None
        with suppress(LookupError, TypeError, AttributeError, ValueError, msgspec.ValidationError):
            self.template = PodTemplate(raw["spec"]["template"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RevisionData) and other.template == self.template

    def __hash__(self) -> int:
        return hash(self.template)


def _typed(raw: Any, kind: type[_T], place: str) -> _T:
    """A field of a template, as that type. Raises ValueError, which names the place of the field in the template."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error} - at `$.{place}`") from error


def _ports(containers: list[dict[str, Any]] | None) -> tuple[tuple[str, int], ...]:
    """The ports that the containers declare, as name (often empty) and number, sorted."""
    declared = (port for container in containers or () for port in container.get("ports") or ())
    return tuple(sorted((port.get("name") or "", port.get("containerPort") or 0) for port in declared))


def decode_hook(kind: type, raw: Any) -> Any:
    """Build the types that JSON cannot name; for `msgspec.json.Decoder(..., dec_hook=decode_hook)`.

    Raises ValueError for what they cannot be made from: of all exceptions, msgspec says that with the place of it.
    """
    if kind not in (PodTemplate, RevisionData):
        raise NotImplementedError(kind)
    try:
        return PodTemplate(raw) if kind is PodTemplate else RevisionData(raw)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("it is not a pod template") from error
