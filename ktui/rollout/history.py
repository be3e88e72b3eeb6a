"""The revisions of a Deployment as an operator asks for them: what changed in each, when, why, and who did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

import msgspec

from ktui.model.objects import RESTARTED_AT, Deployment, ReplicaSet
from ktui.model.template import Container, PodTemplate
from ktui.rollout import images, revisions
from ktui.rollout.provenance import Provenance, marked, provenance
from ktui.rollout.revisions import Refusal
from ktui.rollout.words import clean


class ContainerImage(msgspec.Struct, frozen=True):
    """The image of one container, as it is written; `is_new` where the revision before had another one, or none."""

    container: str
    image: str
    is_init: bool
    is_new: bool

    @property
    def short(self) -> str:
        """Without registry and path."""
        return images.short(self.image)


class PastRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision. All text is fit for a screen."""

    number: int
    former: tuple[int, ...]
    """The numbers that it had before roll backs gave it this one."""
    uid: str
    name: str
    images: tuple[ContainerImage, ...]
    restarted: str
    """When a restart made it, as that is written; empty where it is the same as in the revision before."""
    created: datetime | None
    change_cause: str
    cause_is_stale: bool
    """The revision before has the same change-cause: nobody wrote one for this template."""
    deployed_by: Provenance | None
    wanted: int
    existing: int
    ready: int
    is_current: bool
    """Its template is the live one."""
    is_undo: bool
    """`kubectl rollout undo` without a number leads here."""
    took: float | None
    """Seconds that its rollout took, where the cluster can still tell."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All revisions that there are, the newest first. Equal ones look the same."""

    uid: str
    namespace: str
    name: str
    revisions: tuple[PastRevision, ...]
    back: int
    """The revision that ktui would roll back to; 0 where there is none."""
    undo: int
    """The one that kubectl would; 0 where there is none."""
    provenance: Provenance | None
    live: bytes
    """The digest of the live template."""

    @property
    def current(self) -> PastRevision | None:
        """The live template's own revision; None where the controller has not made it yet."""
        return next((each for each in self.revisions if each.is_current), None)

    def find(self, number: int) -> PastRevision | None:
        """The revision of that number."""
        return next((each for each in self.revisions if each.number == number), None)

    def before(self, revision: PastRevision) -> PastRevision | None:
        """The revision that came before this one."""
        at = self.revisions.index(revision) + 1
        return self.revisions[at] if at < len(self.revisions) else None


class Writer(msgspec.Struct, frozen=True):
    """Who last wrote the live template, as the API server noted it: `kubectl-edit`, `Update`."""

    manager: str
    operation: str
    at: datetime | None


def by_whom(revision: PastRevision, writer: Writer | None) -> str:
    """Who made a revision, in a word: the tool that left its marks, else who wrote the live template; or nothing."""
    if revision.deployed_by is not None:
        return revision.deployed_by.tool
    return writer.manager if writer is not None and revision.is_current else ""


def history(deployment: Deployment, replicasets: Sequence[ReplicaSet], took: float | None = None) -> History:
    """The revisions that the Deployment still has; `took` is how long the rollout of the live template took."""
    ordered = revisions.newest_first(replicasets)
    current = revisions.current(deployment, replicasets)
    undo = ordered[1] if len(ordered) > 1 else None
    back = revisions.rollback_target(deployment, replicasets)
    rows = [
        _past(deployment, each, before, is_current=each is current, is_undo=each is undo, took=took)
        for each, before in zip_longest(ordered, ordered[1:])
    ]
    return History(
        uid=deployment.metadata.uid,
        namespace=clean(deployment.metadata.namespace),
        name=clean(deployment.metadata.name),
        revisions=tuple(rows),
        back=0 if isinstance(back, Refusal) else revisions.revision(back),
        undo=revisions.revision(undo) if undo is not None else 0,
        provenance=provenance(deployment),
        live=deployment.spec.template.digest,
    )


def _past(
    deployment: Deployment,
    replicaset: ReplicaSet,
    before: ReplicaSet | None,
    *,
    is_current: bool,
    is_undo: bool,
    took: float | None,
) -> PastRevision:
    template, older = replicaset.spec.template, before.spec.template if before is not None else None
    cause = revisions.change_cause(replicaset)
    # The labels that Flux and older Argo CD go by are the Deployment's alone, and tell of the live template.
    owner = provenance(deployment) if is_current else marked({}, replicaset.metadata.annotations)
    restarted = template.annotations.get(RESTARTED_AT, "") if template is not None else ""
    repeats = older is not None and older.annotations.get(RESTARTED_AT) == restarted
    return PastRevision(
        number=revisions.revision(replicaset),
        former=revisions.former_revisions(replicaset),
        uid=replicaset.metadata.uid,
        name=clean(replicaset.metadata.name),
        images=_images(template, older),
        restarted="" if repeats else clean(restarted),
        created=replicaset.metadata.creation_timestamp,
        change_cause=clean(cause),
        cause_is_stale=bool(cause) and before is not None and revisions.change_cause(before) == cause,
        deployed_by=owner,
        wanted=replicaset.spec.desired,
        existing=replicaset.status.replicas,
        ready=replicaset.status.ready_replicas,
        is_current=is_current,
        is_undo=is_undo,
        took=took if is_current else None,
    )


def _images(template: PodTemplate | None, older: PodTemplate | None) -> tuple[ContainerImage, ...]:
    """The images of all containers, those of init containers last."""
    if template is None:
        return ()
    known = {(is_init, c.name): c.image for is_init, c in _containers(older)} if older is not None else None
    return tuple(
        ContainerImage(
            clean(container.name),
            clean(container.image),
            is_init,
            is_new=known is not None and known.get((is_init, container.name)) != container.image,
        )
        for is_init, container in _containers(template)
    )


def _containers(template: PodTemplate) -> list[tuple[bool, Container]]:
    return [*((False, c) for c in template.containers), *((True, c) for c in template.init_containers)]


def writer(raw: Mapping[str, Any]) -> Writer | None:
    """Who last wrote the live template: the newest entry of a Deployment's `managedFields` that owns a part of it.

    None where the server keeps none, or says nothing of it.
    """
    entries = [entry for entry in raw["metadata"].get("managedFields") or () if _owns_template(entry)]
    if not entries:
        return None
    newest = max(reversed(entries), key=lambda entry: str(entry.get("time") or ""))
    return Writer(clean(newest.get("manager") or ""), clean(newest.get("operation") or ""), _time(newest.get("time")))


def _owns_template(entry: Mapping[str, Any]) -> bool:
    return "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
