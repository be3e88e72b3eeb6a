"""The revisions of a Deployment, which of them is current, and which one a rollback leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ktui.kinds.replica_sets.revisions import kept_by
from ktui.model.objects import REVISION, REVISION_HISTORY, Deployment, Pod, ReplicaSet
from ktui.rollout.facts import Revision
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Account, Accounts, Candidate, last_good, standings

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def revision(obj: Deployment | ReplicaSet) -> int:
    """The revision's number; a missing or unreadable annotation reads as 0."""
    return _number(obj.metadata.annotations.get(REVISION, ""))


def former_revisions(replicaset: ReplicaSet) -> tuple[int, ...]:
    """The numbers that this ReplicaSet had before rollbacks gave it newer ones."""
    text = replicaset.metadata.annotations.get(REVISION_HISTORY, "")
    return tuple(number for part in text.split(",") if (number := _number(part.strip())))


def came_back(replicaset: ReplicaSet, replicasets: Sequence[ReplicaSet]) -> bool:
    """Whether a rollback made that ReplicaSet the current one: it had another number, or a younger one exists.

    Its age tells it even if its new number has not been read yet: Deployments and ReplicaSets come on two streams.
    """
    return bool(former_revisions(replicaset)) or any(_created(each) > _created(replicaset) for each in replicasets)


def newest_first(replicasets: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Sorted by revision, the highest first; equal ones by age, the youngest first."""
    return sorted(replicasets, key=lambda rs: (revision(rs), _created(rs), rs.metadata.uid), reverse=True)


def current(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the Deployment's template as it is; where several have it, the oldest.

    None where the controller has not made it: it has not seen the change, the Deployment is paused, or Recreate is
    still taking the old pods down.
    """
    same = [rs for rs in replicasets if rs.spec.template == deployment.spec.template]
    return min(same, key=lambda rs: (_created(rs), rs.metadata.name), default=None)


def rollback_target(
    deployment: Deployment,
    replicasets: Sequence[ReplicaSet],
    to_revision: int | None = None,
    remembered: Accounts | None = None,
) -> ReplicaSet | Refusal:
    """The ReplicaSet whose template a rollback would bring back.

    The order of checks and the words are kubectl's (docs/semantics.md, Roll back), with three differences. A paused
    Deployment is not refused: the action resumes it in the same patch. Without a number kubectl takes the revision
    before, and goes one too far back where the current template has no ReplicaSet yet; here it is the last revision
    that was good (`standing.last_good`). And what has no number is no revision: kubectl would take it for number 0.
    """
    ordered = newest_first(replicasets)
    if to_revision is not None and to_revision != 0:
        target = next((rs for rs in ordered if revision(rs) == to_revision), None) if to_revision > 0 else None
        if target is None:
            return Refusal(f"unable to find specified revision {to_revision} in history")
    else:
        chosen = _last_good(deployment, ordered, remembered or {})
        if isinstance(chosen, Refusal):
            return chosen
        target = chosen
    if target.spec.template is None:
        return Refusal(f"revision {revision(target)} has no pod template to go back to")
    if target.spec.template == deployment.spec.template:
        return Refusal(f"skipped rollback (current template already matches revision {revision(target)})")
    return target


def as_revision(replicaset: ReplicaSet, *, is_current: bool, pods: Sequence[Pod] = ()) -> Revision:
    """A ReplicaSet as the revision that it keeps."""
    number, former = revision(replicaset), former_revisions(replicaset)
    return kept_by(replicaset, number, former=former, is_current=is_current, pods=pods)


def _last_good(deployment: Deployment, ordered: Sequence[ReplicaSet], remembered: Accounts) -> ReplicaSet | Refusal:
    now = current(deployment, ordered)
    others = [rs for rs in ordered if rs is not now and rs.spec.template != deployment.spec.template]
    if not deployment.observed and (now is not None or not any(rs.status.replicas for rs in others)):
        # Where the new template has no ReplicaSet, all pods are of revisions that came before it: that is known, even
        # if the controller cannot make one (a quota, a webhook) and so never observes the change.
        return Refusal("the controller has not seen the last change yet, so the previous revision is not known")
    chosen = last_good(candidates(deployment, ordered), remembered)
    found = next((rs for rs in others if chosen is not None and revision(rs) == chosen.number), None)
    if found is not None:
        return found
    missing = f'no rollout history found for deployment "{deployment.metadata.name}"'
    return Refusal(f"no revision to go back to: {missing}" if others else missing)


def candidates(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> list[Candidate]:
    """The revisions as `standing` weighs them."""
    template = deployment.spec.template
    return [
        Candidate(revision(rs), former_revisions(rs), rs.status.available_replicas, rs.spec.template == template)
        for rs in newest_first(replicasets)
    ]


def standing_of(
    deployment: Deployment, replicasets: Sequence[ReplicaSet], remembered: Accounts | None = None
) -> dict[int, Account]:
    """What is known of how each revision did, by its number."""
    return standings(candidates(deployment, replicasets), remembered or {})


def _created(replicaset: ReplicaSet) -> datetime:
    return replicaset.metadata.creation_timestamp or _LONG_AGO


def _number(text: str) -> int:
    # Kubernetes reads it as 64 bits. More digits are someone's joke, and Python refuses to read thousands of them.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
