"""Roll back: the template of an earlier revision comes back.

The patch is that of the plugin's `undo` (pkg/kubectl-argo-rollouts/cmd/undo of argoproj/argo-rollouts). Which revision
it is without a number is chosen as for Deployments: what serves, else the last one that was good.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

import msgspec

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, candidates, situation, template_holder
from ktui.kinds.argo_rollout.plans.wording import ahead, named, plugin, unobserved
from ktui.kinds.argo_rollout.revisions import revision
from ktui.kinds.argo_rollout.status import aborted
from ktui.kinds.argo_rollout.steps import current_step
from ktui.model.objects import ReplicaSet
from ktui.model.reading import NotRead, read
from ktui.plans import prospects
from ktui.plans.draft import PlanDraft
from ktui.plans.going_back import numbered, undo_of_return
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Request, RollBack
from ktui.plans.template_change import TEMPLATE
from ktui.plans.wording import being_deleted, owner_warnings, renumbered, stale_cause, target_of
from ktui.rollout.revisions import Refusal, template_of
from ktui.rollout.track_record import last_good

EPHEMERAL: Final = "rollout.argoproj.io/ephemeral-metadata"
"""On a ReplicaSet: what the controller put into its template for the time that it is a canary, or stable."""


class _Ephemeral(msgspec.Struct):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


_ephemeral: Final = msgspec.json.Decoder(_Ephemeral)


def rollback_target(known: KnownRollout, to_revision: int | None = None) -> ReplicaSet | Refusal:
    """The ReplicaSet that a rollback would bring back, or why there is none, in the plugin's words."""
    rollout = known.workload
    deleted = being_deleted(rollout)
    if deleted is not None:
        return deleted
    ordered = revisions.newest_first(known.revisions)
    found = numbered(((revision(rs), rs) for rs in ordered), to_revision) if to_revision else _before(known)
    if isinstance(found, Refusal):
        return found
    if found.spec.template is None:
        return Refusal(f"revision {revision(found)} has no pod template to go back to")
    if found is situation(known).current or found.spec.template == rollout.spec.template:
        return Refusal(f"skipped rollback (current template already matches revision {revision(found)})")
    return found


def _before(known: KnownRollout) -> ReplicaSet | Refusal:
    """What an update replaces; where there is none, the last revision that was good."""
    rollout, where = known.workload, situation(known)
    missing = Refusal(f'no revision found for rollout "{rollout.metadata.name}"')
    if where.stable is not None and where.stable is not where.current:
        return where.stable
    refused = unobserved(rollout)
    if refused is not None:
        return Refusal("the controller has not seen the last change yet, so the previous revision is not known")
    chosen = last_good(candidates(known), known.remembered)
    if chosen is None:
        return missing
    return next((rs for rs in known.revisions if revision(rs) == chosen.number), missing)


def rollback_revision(known: KnownRollout) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else revision(found)


def plan_rollback(request: RollBack, subject: RolloutSubject) -> Plan | Refusal:
    """Bring an earlier template back, wherever the rollout is."""
    found = rollback_target(subject, request.revision)
    return found if isinstance(found, Refusal) else going_back(request, subject, found, "Roll back")


def going_back(
    request: Request, subject: RolloutSubject, back: ReplicaSet, verb: str, warnings: tuple[str, ...] = ()
) -> Plan | Refusal:
    """The plan that puts the template of that ReplicaSet into the spec."""
    rollout = subject.workload
    holder = template_holder(subject)
    if isinstance(holder, Refusal):
        return holder
    draft = PlanDraft(holder.target, holder.raw)
    draft.put(TEMPLATE, own_template(subject.raw_revisions[back.metadata.uid]))
    target = target_of(rollout)
    now = situation(subject).current
    name = named(back, rollout.spec.template)
    return draft.plan(
        request,
        title=f"{verb} {target} to {name}" if verb == "Roll back" else f"Abort {target}: roll back to {name}",
        begun=f"rollback to {name}",
        effects=_effects(subject, back),
        warnings=(*warnings, *owner_warnings(rollout), *_prospects(subject, back), *stale_cause(rollout)),
        insist=prospects.misgivings(revision(back), candidates(subject), subject.remembered, subject.now),
        undo=_undo(subject, now, back),
        commands=(plugin(subject, "undo", target.name, f"--to-revision={revision(back)}"),),
    )


def own_template(raw: dict[str, Any]) -> dict[str, Any]:
    """The template of a ReplicaSet without what the controller put into it.

    The plugin leaves metadata of a canary in: the template that comes back would be another one, and its ReplicaSet
    would not be found again.
    """
    template = template_of(raw)
    text = (raw["metadata"].get("annotations") or {}).get(EPHEMERAL)
    if not text:
        return template
    try:
        added = read(_ephemeral, text)
    except NotRead:
        return template
    meta = deepcopy(template.get("metadata") or {})
    for field, extra in (("labels", added.labels), ("annotations", added.annotations)):
        kept = {key: value for key, value in (meta.get(field) or {}).items() if key not in (extra or {})}
        meta.pop(field, None)
        if kept:
            meta[field] = kept
    template["metadata"] = meta
    return template


def _effects(subject: RolloutSubject, back: ReplicaSet) -> tuple[str, ...]:
    rollout, where = subject.workload, situation(subject)
    name = named(back, rollout.spec.template)
    others = [revision(rs) for rs in subject.revisions if rs.metadata.uid != back.metadata.uid]
    parts = [*renumbered(revision(back), others), *_elsewhere(subject)]
    if back is where.stable:
        over = "The update that was aborted is over" if aborted(rollout) else "The update ends"
        parts.insert(0, f"{over}: {name} is stable and still serves, so all steps are skipped.")
    else:
        parts.insert(0, f"{name[0].upper()}{name[1:]} is rolled out like any other update.")
        _, at = current_step(rollout)
        if at is not None:
            parts.append(ahead_of(subject, back))
    if rollout.spec.paused:
        parts.append("It is paused (spec.paused): no pod changes before it is resumed.")
    return tuple(parts)


def _elsewhere(subject: RolloutSubject) -> tuple[str, ...]:
    source = subject.workload.spec.workload_ref
    return (f"The template is that of the Deployment {source.name}, which is changed.",) if source is not None else ()


def ahead_of(subject: RolloutSubject, back: ReplicaSet) -> str:
    """What a rollout to that revision begins with; a rollback within its window skips the steps."""
    window, stable = subject.workload.spec.rollback_window, situation(subject).stable
    born, stable_born = back.metadata.creation_timestamp, stable.metadata.creation_timestamp if stable else None
    if window is not None and window.revisions > 0 and born and stable_born and born < stable_born:
        between = [
            rs
            for rs in subject.revisions
            if rs.metadata.creation_timestamp and born < rs.metadata.creation_timestamp < stable_born
        ]
        if len(between) < window.revisions:
            return f"It lies within the rollback window ({window.revisions}): the steps are skipped."
    return ahead(subject, 0, named(back))


def _prospects(subject: RolloutSubject, back: ReplicaSet) -> tuple[str, ...]:
    known = {revision(rs): rs for rs in reversed(revisions.newest_first(subject.revisions)) if revision(rs)}
    return prospects.track_record(
        revision(back), candidates(subject), subject.remembered, subject.now, lambda number: named(known[number])
    )


def _undo(subject: RolloutSubject, now: ReplicaSet | None, back: ReplicaSet) -> Undo:
    present = (revision(now), named(now, back.spec.template)) if now is not None else None
    return undo_of_return(present, subject.workload.spec.revision_history_limit)
