"""The revisions of a workload as an operator asks for them: what changed in each, when, why, and who did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec.structs import replace

from ktui.model.managed import OWN_CONTROLLERS
from ktui.model.objects import RESTARTED_AT
from ktui.model.resources import resource_of
from ktui.model.template import Container, PodTemplate
from ktui.model.times import read_time
from ktui.model.workloads import Workload
from ktui.rollout import images
from ktui.rollout.facts import Revision
from ktui.rollout.provenance import Provenance, marked, named_writer, provenance
from ktui.rollout.revisions import in_public
from ktui.rollout.track_record import NOTHING, Account, Accounts, Standing, outcome_mark
from ktui.text import clean


class ContainerImage(msgspec.Struct, frozen=True):
    """The image of one container, as it is written; `is_new` where the revision before had another one, or none."""

    container: str
    image: str
    is_init: bool
    is_new: bool
    short: str
    """Without registry and path; with its digest, or whole, where that is all that is new about it."""


class PastRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision. All text is fit for a screen."""

    number: int
    former: tuple[int, ...]
    """The numbers that it had before rollbacks gave it this one."""
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
    """Seconds that its rollout took, if the cluster can still tell or ktui saw it."""
    live_since: datetime | None = None
    """Since when its template is the live one again, if an earlier revision came back; None for all others."""
    account: Account = NOTHING
    """What is known of how it did."""

    @property
    def outcome(self) -> str:
        """How its rollout ended, in a word: `complete`, `failed`, `undone`; nothing if that is not known."""
        if self.is_current:
            # Under an earlier number it may have failed, and go well now.
            failed = self.account.standing is Standing.FAILED and not self.former
            return "complete" if self.took is not None else "failed" if failed else ""
        return outcome_mark(self.account) or ("complete" if self.was_complete else "")

    @property
    def was_complete(self) -> bool:
        """Whether it is known to have been rolled out in full."""
        return self.account.standing is Standing.COMPLETE or self.took is not None

    @property
    def age_from(self) -> datetime | None:
        """What its age counts from: when it was made, or when it came back."""
        return self.live_since or self.created


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All revisions that there are, the newest first. Equal ones look the same."""

    uid: str
    kind: str
    """`Deployment`, `StatefulSet` or `DaemonSet`."""
    namespace: str
    name: str
    revisions: tuple[PastRevision, ...]
    back: int
    """The revision that ktui would roll back to, the last good one; 0 where there is none."""
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
    """Who made a revision, in a word: who wrote the live template, by its field manager.

    Of any other revision, and where the server keeps no managers, it is the tool whose marks came with it; or nothing.
    """
    if writer is not None and revision.is_current:
        return named_writer(writer.manager, revision.deployed_by)
    return revision.deployed_by.tool if revision.deployed_by is not None else ""


def accounted(found: History, known: Accounts) -> History:
    """The history with what is known of how each revision did."""
    rows = []
    for each in found.revisions:
        account = known.get(each.number, NOTHING)
        # What the cluster itself still tells comes first.
        took = each.took if each.took is not None else account.took
        rows.append(replace(each, account=account, took=took))
    return replace(found, revisions=tuple(rows))


def history(workload: Workload, made: Sequence[Revision], back: int, took: float | None) -> History:
    """The history of a workload with these revisions; `back` is where a rollback leads, 0 for nowhere."""
    # Without a number there is no revision: kubectl passes over what cannot be read.
    numbered = [each for each in made if each.number]
    undo = numbered[1] if len(numbered) > 1 else None
    rows = [
        _earlier(workload, each, before, is_undo=each is undo, took=took)
        for each, before in zip_longest(made, made[1:])
    ]
    return History(
        uid=workload.metadata.uid,
        kind=resource_of(workload).kind,
        namespace=clean(workload.metadata.namespace),
        name=clean(workload.metadata.name),
        revisions=tuple(rows),
        back=back,
        undo=undo.number if undo is not None else 0,
        provenance=provenance(workload),
        live=workload.spec.template.digest,
    )


def _earlier(
    workload: Workload, made: Revision, before: Revision | None, *, is_undo: bool, took: float | None
) -> PastRevision:
    template, older = made.template, before.template if before is not None else None
    # The labels that Flux and older Argo CD go by are the workload's alone, and tell of the live template.
    owner = provenance(workload) if made.is_current else marked({}, made.annotations)
    restarted = template.annotations.get(RESTARTED_AT, "") if template is not None else ""
    repeats = older is not None and older.annotations.get(RESTARTED_AT) == restarted
    return PastRevision(
        number=made.number,
        former=made.former,
        uid=made.uid,
        name=clean(made.name),
        images=_images(template, older),
        restarted="" if repeats else clean(restarted),
        created=made.created,
        change_cause=clean(in_public(made.cause)),
        cause_is_stale=bool(made.cause) and before is not None and before.cause == made.cause,
        deployed_by=owner,
        wanted=made.wanted,
        existing=made.existing,
        ready=made.ready,
        is_current=made.is_current,
        is_undo=is_undo,
        took=took if made.is_current else None,
        live_since=workload.metadata.template_written if made.is_current and made.former else None,
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
            short=clean(_short(container.image, (known or {}).get((is_init, container.name)))),
        )
        for is_init, container in _containers(template)
    )


def _short(image: str, before: str | None) -> str:
    return images.short(image) if before in (None, "", image) else images.apart(before or "", image)[1]


def _containers(template: PodTemplate) -> list[tuple[bool, Container]]:
    return [*((False, c) for c in template.containers), *((True, c) for c in template.init_containers)]


def writer(raw: Mapping[str, Any]) -> Writer | None:
    """Who last wrote the live template: the newest entry of a workload's `managedFields` that owns a part of it.

    None where the server keeps none, or says nothing of it.
    """
    entries = [entry for entry in raw["metadata"].get("managedFields") or () if _owns_template(entry)]
    if not entries:
        return None
    newest = max(reversed(entries), key=lambda entry: str(entry.get("time") or ""))
    return Writer(
        clean(newest.get("manager") or ""), clean(newest.get("operation") or ""), read_time(newest.get("time"))
    )


def _owns_template(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") not in OWN_CONTROLLERS and "f:template" in (
        (entry.get("fieldsV1") or {}).get("f:spec") or {}
    )
