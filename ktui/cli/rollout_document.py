"""What `-o json` and `-o yaml` print: plain documents whose members stay as they are from release to release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ktui.actions.batch import Applied, Batch
from ktui.actions.outcome import Outcome
from ktui.actions.preview import Preview
from ktui.cli.timestamps import timestamp
from ktui.model.workloads import Workload
from ktui.plans.plan import Plan
from ktui.rollout.diagnosis.patience import acts_at
from ktui.rollout.diff.fields import Change
from ktui.rollout.hold import Hold
from ktui.rollout.partition import Partition
from ktui.rollout.progress import Side
from ktui.rollout.rollout import Rollout, containers_of


def rollout_document(rollout: Rollout, workload: Workload | None) -> dict[str, Any]:
    """One rollout of that workload. Times are RFC 3339, lengths of it seconds; null is unknown, or does not apply.

    `actsAt` of a cause is when an automatic rollback would act on it, if one is asked for; null is never.
    """
    numbers = rollout.progress
    return {
        "kind": rollout.kind,
        "namespace": rollout.namespace,
        "name": rollout.name,
        "uid": rollout.uid,
        "generation": rollout.generation,
        "phase": rollout.phase.value,
        "paused": rollout.paused,
        "status": {"line": rollout.verdict.line, "done": rollout.verdict.done, "failed": rollout.verdict.failed},
        "controller": msgspec.structs.asdict(rollout.controller) if rollout.controller is not None else None,
        "revision": rollout.revision,
        "previousRevision": rollout.previous_revision or None,
        "image": rollout.image,
        "containers": [
            {"name": each.name, "image": each.image}
            for each in (containers_of(rollout, workload) if workload is not None else ())
        ],
        "imageChange": dict(zip(("from", "to"), rollout.image_change, strict=True)) if rollout.image_change else None,
        "imageChanges": [
            {"container": each.container, "init": each.is_init, "from": each.old or None, "to": each.new or None}
            for each in rollout.image_changes
        ],
        "changeCause": rollout.change_cause or None,
        "desired": numbers.desired,
        "ready": numbers.ready,
        "available": numbers.available,
        "promised": numbers.promised,
        "new": _side(numbers.new),
        "old": _side(numbers.old),
        "since": timestamp(rollout.since),
        "started": timestamp(rollout.started),
        "secondsLeft": rollout.seconds_left,
        "why": rollout.why or None,
        "unseen": list(rollout.unseen),
        "causes": [
            {
                "kind": cause.kind.value,
                "reason": cause.reason.value,
                "sentence": cause.sentence,
                "blocking": cause.blocking,
                "since": timestamp(cause.since),
                "actsAt": timestamp(acts_at(cause)),
                "tryNext": cause.try_next or None,
                "detail": cause.detail or None,
                "pods": list(cause.pods),
            }
            for cause in rollout.causes
        ],
        "hold": _partition(rollout.partition) if rollout.partition is not None else _hold(rollout.hold),
        "deployedBy": None
        if rollout.provenance is None
        else {"tool": rollout.provenance.tool, "owner": rollout.provenance.owner},
        "lastWrittenBy": rollout.written_by or None,
    }


def changes_document(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """What differs, field by field; null for nothing."""
    return [
        {
            "kind": change.kind.value,
            "path": change.path,
            "before": change.before or None,
            "after": change.after or None,
        }
        for change in changes
    ]


def action_document(plan: Plan, preview: Preview, outcome: Outcome | None) -> dict[str, Any]:
    """One action. The patch stays out: a template that comes back may hold secrets in plain values."""
    return {
        "action": plan.action.value,
        "dryRun": outcome is None,
        "target": {
            "resource": plan.target.resource.plural,
            "namespace": plan.target.namespace,
            "name": plan.target.name,
            "uid": plan.target.uid,
            "generation": plan.target.generation,
        },
        "title": plan.title,
        "effects": list(plan.effects),
        "warnings": [*plan.warnings, *preview.warnings],
        "undo": plan.undo.sentence,
        "kubectl": list(plan.commands),
        "deletes": [{"pod": pod.name, "uid": pod.uid} for pod in plan.deletes],
        "changes": changes_document(preview.changes),
        "outcome": None if outcome is None else {"is": _tag(outcome), "sentence": outcome.sentence},
    }


def batch_document(batch: Batch, applied: Applied | None, *, dry_run: bool) -> dict[str, Any]:
    """Several actions in one go. Of one that was not sent because an earlier one failed, the outcome is `not tried`."""
    actions = []
    outcomes = applied.outcomes if applied is not None else ()
    for place, accepted in enumerate(batch.accepted):
        outcome = outcomes[place] if place < len(outcomes) else None
        document = action_document(accepted.plan, accepted.preview, outcome)
        if outcome is None and not dry_run:
            document["outcome"] = {"is": "not tried", "sentence": "An action before it was not done."}
        actions.append({**document, "dryRun": dry_run})
    left_out = [{"target": each.target, "reason": each.reason} for each in batch.left_out]
    return {"actions": actions, "leftOut": left_out}


def _tag(outcome: Outcome) -> str:
    config: msgspec.structs.StructConfig = outcome.__struct_config__
    return str(config.tag)


def _hold(hold: Hold | None) -> dict[str, Any] | None:
    """The hold of a canary: its steps are as they were asked for, the present one is counted from 1."""
    if hold is None:
        return None
    record = hold.record
    return {
        "held": hold.is_real,
        "pods": hold.pods,
        "desired": hold.desired,
        "surge": record.surge if record is not None else None,
        "steps": list(record.steps) if record is not None else None,
        "step": record.step + 1 if record is not None else None,
        "since": timestamp(record.since) if record is not None else None,
        "by": record.by if record is not None else None,
        "disturbance": hold.disturbance.value if hold.disturbance is not None else None,
        "told": hold.sentence or None,
    }


def _partition(partition: Partition) -> dict[str, Any] | None:
    """The same of a StatefulSet that its partition holds; what is paused by it is not a canary."""
    record = partition.record
    if partition.is_pause:
        return None
    return {
        "held": True,
        "pods": partition.pods,
        "desired": partition.desired,
        "surge": False,
        "steps": list(record.steps) if record is not None else None,
        "step": record.step + 1 if record is not None else None,
        "since": timestamp(record.since) if record is not None else None,
        "by": record.by if record is not None else None,
        "disturbance": None,
        "told": None,
    }


def _side(side: Side) -> dict[str, int | None]:
    return {
        "wanted": side.wanted,
        "existing": side.existing,
        "ready": side.ready,
        "available": side.available,
        "terminating": side.terminating,
    }
