"""What `history` and `diff` print with `-o json` and `-o yaml`: documents that stay as they are, as in `shape`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ktui.cli.rollout_document import changes_document
from ktui.cli.timestamps import timestamp
from ktui.rollout.diff.revisions import LIVE, Pair, Templates, compare, what_changed
from ktui.rollout.diff.templates import TemplateDiff, presentable
from ktui.rollout.history import History, PastRevision
from ktui.rollout.provenance import Provenance
from ktui.rollout.track_record import KNOWN_OUTCOMES


def changes_of_all(kept: History, known: Templates) -> Mapping[str, tuple[str, ...] | None]:
    """What changed in each revision against the one before, by uid; None in the first."""
    changed: dict[str, tuple[str, ...] | None] = {}
    for revision in kept.revisions:
        before = kept.before(revision)
        found = compare(kept, known, Pair(before.number, revision.number)) if before is not None else None
        changed[revision.uid] = what_changed(found) if found is not None else None
    return changed


def history_document(kept: History, known: Templates) -> dict[str, Any]:
    """All revisions, the newest first. Times are RFC 3339, lengths of time seconds; null is unknown."""
    changed = changes_of_all(kept, known)
    return {
        **_header(kept),
        "currentRevision": kept.current.number if kept.current is not None else None,
        "rollBackLeadsTo": kept.back or None,
        "kubectlUndoLeadsTo": kept.undo or None,
        "deployedBy": _owner(kept.provenance),
        "lastWrittenBy": None
        if known.writer is None
        else {
            "manager": known.writer.manager,
            "operation": known.writer.operation,
            "time": timestamp(known.writer.at),
        },
        "revisions": [_revision(kept, each, changed[each.uid]) for each in kept.revisions],
    }


def revision_document(kept: History, known: Templates, revision: PastRevision) -> dict[str, Any]:
    """One revision, with its template as it may be shown: masked, and so not fit to be applied."""
    changed = changes_of_all(kept, known)[revision.uid]
    return {
        **_header(kept),
        **_revision(kept, revision, changed),
        "template": presentable(known.revisions[revision.uid]),
    }


def difference_document(kept: History, compared: Pair, found: TemplateDiff) -> dict[str, Any]:
    """What differs between two templates."""
    return {
        **_header(kept),
        "from": _side(kept, compared.before),
        "to": _side(kept, compared.after),
        "notes": list(found.notes),
        "changes": changes_document(found.changes),
    }


def _header(kept: History) -> dict[str, Any]:
    return {"kind": kept.kind, "namespace": kept.namespace, "name": kept.name, "uid": kept.uid}


def revisions_kind(kept: History) -> str:
    """What its revisions are kept in: `ReplicaSet` or `ControllerRevision`."""
    return "ReplicaSet" if kept.kind == "Deployment" else "ControllerRevision"


def _side(kept: History, number: int) -> dict[str, Any]:
    current = kept.current.number if kept.current is not None else None
    return {"revision": current if number == LIVE else number, "live": number in (LIVE, current)}


def _revision(kept: History, revision: PastRevision, changed: tuple[str, ...] | None) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "formerRevisions": list(revision.former),
        "replicaSet": revision.name if kept.kind == "Deployment" else None,
        "controllerRevision": revision.name if kept.kind != "Deployment" else None,
        "isCurrent": revision.is_current,
        "images": [
            {"container": each.container, "image": each.image, "init": each.is_init, "changed": each.is_new}
            for each in revision.images
        ],
        "changed": list(changed) if changed is not None else None,
        "restartedAt": revision.restarted or None,
        "created": timestamp(revision.created),
        "liveSince": timestamp(revision.live_since),
        "tookSeconds": revision.took,
        "outcome": revision.account.standing.value if revision.account.standing in KNOWN_OUTCOMES else None,
        "outcomeTime": timestamp(revision.account.at),
        "outcomeReason": revision.account.why or None,
        "changeCause": revision.change_cause or None,
        "changeCauseIsStale": revision.cause_is_stale,
        "deployedBy": _owner(revision.deployed_by),
        "wanted": revision.wanted,
        "existing": revision.existing,
        "ready": revision.ready,
    }


def _owner(provenance: Provenance | None) -> dict[str, str] | None:
    return {"tool": provenance.tool, "owner": provenance.owner} if provenance is not None else None
