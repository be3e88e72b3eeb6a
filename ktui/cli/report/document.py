"""The document of `ktui report -o json`. New members may be added; if one changes or goes, the number in `schema`
changes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.cli.timestamps import timestamp
from ktui.figures.record import Record
from ktui.figures.statistics import Figures, Lengths, by_service, figures

REPORT_SCHEMA: Final = "ktui.report/1"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported on: the rollouts of a context that began in a period, in order."""

    context: str
    namespace: str | None
    names: tuple[str, ...]
    since: datetime
    until: datetime
    watched_since: datetime | None
    rollouts: list[Record]


def report_document(report: Report) -> dict[str, Any]:
    """Times are RFC 3339, lengths of time seconds, shares 0 to 1; null is unknown, or that there was none."""
    since, until = report.since, report.until
    return {
        "schema": REPORT_SCHEMA,
        "context": report.context,
        "namespace": report.namespace,
        "names": list(report.names),
        "since": timestamp(since),
        "until": timestamp(until),
        "watchedSince": timestamp(report.watched_since),
        "figures": _figures(figures(report.rollouts, since, until)),
        "services": [
            {"namespace": service.namespace, "kind": service.kind, "name": service.name, "figures": _figures(its)}
            for service, its in by_service(report.rollouts, since, until)
        ],
        "rollouts": [_rollout(each) for each in report.rollouts],
    }


def _figures(of: Figures) -> dict[str, Any]:
    return {
        "changes": of.changes,
        "changesADay": round(of.changes_a_day, 3),
        "told": of.inferred,
        "succeeded": of.succeeded,
        "failed": of.failed,
        "successRate": round(of.success_rate, 4) if of.success_rate is not None else None,
        "outcomes": {outcome.value: number for outcome, number in of.outcomes.items()},
        "duration": _lengths(of.durations) | {"stoodStill": of.paused_or_held},
        "recovery": _lengths(of.recoveries) | {"notYet": of.unrecovered},
        "rollBacks": of.rollbacks,
        "availability": {"watched": of.watched_lows, "breaches": len(of.breaches)},
        "causes": [{"kind": each.cause, "count": each.count, "sentence": each.sentence} for each in of.troubles],
        "steps": [
            {"begins": timestamp(step.begins), "changes": step.changes, "failures": step.failures} for step in of.steps
        ],
    }


def _lengths(of: Lengths) -> dict[str, Any]:
    return {"count": of.count, "median": of.median, "p95": of.p95, "longest": of.longest}


def _rollout(record: Record) -> dict[str, Any]:
    return {
        "uid": record.uid,
        "revision": record.revision,
        "namespace": record.namespace,
        "kind": record.kind,
        "name": record.name,
        "previousRevision": record.from_revision or None,
        "image": record.image or None,
        "previousImage": record.from_image or None,
        "sight": record.sight.value,
        "outcome": record.outcome.value,
        "rollBack": record.is_rollback,
        "deployedBy": record.deployed_by or None,
        "started": timestamp(record.started),
        "finished": timestamp(record.finished),
        "troubled": timestamp(record.troubled),
        "failed": timestamp(record.failed),
        "cause": record.cause or None,
        "sentence": record.sentence or None,
        "seconds": record.took,
        "stoodStill": record.waited,
        "lowest": record.lowest,
        "promised": record.promised,
        "desired": record.desired,
    }
