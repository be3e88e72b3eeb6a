"""What `ktui status -o json` prints, and the same as a JUnit report: plain documents that stay as they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.cli.rollout_document import rollout_document
from ktui.cli.status.follow import Ending, Outcome
from ktui.cli.status.junit import Report, Trouble
from ktui.cli.status.rollback import Recovery
from ktui.live.inspection import Inspected, LogTail, inert
from ktui.rollout.podstatus import PodState
from ktui.rollout.rollout import Rollout

STATUS_SCHEMA: Final = "ktui.status/1"
"""Members may be added to it; where one changes its meaning or goes, the number changes."""


class Gated(msgspec.Struct, frozen=True):
    """Everything that one run of the command found out and did."""

    namespace: str
    name: str
    """As a list shows it: `web`, `sts/db`."""
    begun: datetime
    seconds: float
    """From the first look to the verdict, without a rollback."""
    ending: Ending
    seen: Inspected | None
    """The rollout at the verdict; None where it is gone or could not be read."""
    log: LogTail | None
    recovery: Recovery | None


def status_document(gated: Gated) -> dict[str, Any]:
    """One gate. `causes` are those of the rollout, said again where a reader looks first."""
    seen, ending = gated.seen, gated.ending
    rollout = rollout_document(seen.rollout, seen.workload) if seen is not None else None
    return {
        "schema": STATUS_SCHEMA,
        "verdict": ending.outcome.value,
        "exitCode": ending.code,
        "error": ending.error or None,
        "seconds": round(gated.seconds, 3),
        "causes": rollout["causes"] if rollout is not None else [],
        "pods": [_pod(state) for state in seen.failing] if seen is not None else [],
        "log": _log(gated.log),
        "rollback": _recovery(gated.recovery),
        "rollout": rollout,
    }


def _pod(state: PodState) -> dict[str, Any]:
    return {
        "name": state.name,
        "status": state.word,
        "health": state.health.value,
        "ready": state.ready,
        "restarts": state.restarts,
        "node": state.node or None,
        "reason": state.reason or None,
    }


def _log(log: LogTail | None) -> dict[str, Any] | None:
    if log is None:
        return None
    return {
        "pod": log.pod,
        "container": log.container,
        "previous": log.previous,
        "lines": list(log.lines),
        "untold": log.missing or None,
    }


def _recovery(recovery: Recovery | None) -> dict[str, Any] | None:
    if recovery is None:
        return None
    return {
        "automatic": True,
        "outcome": recovery.outcome.value,
        "sentence": recovery.sentence,
        "title": recovery.title or None,
    }


def reasons(rollout: Rollout) -> list[str]:
    """Why it is not complete, and what to do about it, in lines."""
    phase = rollout.phase.value
    if not rollout.causes:
        return [f"{phase}: {inert(rollout.why)}"] if rollout.why else []
    lines = []
    for cause in rollout.causes:
        lines.append(f"{phase}: {inert(cause.sentence)}")
        if cause.try_next:
            lines.append(f"  {inert(cause.try_next)}")
    return lines


def log_lines(log: LogTail) -> list[str]:
    """The end of a log under its title, each line behind a bar."""
    if log.missing:
        return [f"No log of the {log.title}: {inert(log.missing)}"]
    if not log.lines:
        return [f"The {log.title} logged nothing."]
    return [f"Last words of the {log.title}:", *(f"  | {line}" for line in log.lines)]


def junit_report(gated: Gated) -> Report:
    """The gate as one test, which has failed unless the rollout is complete."""
    ending, seen = gated.ending, gated.seen
    words = reasons(seen.rollout) if seen is not None and ending.code else []
    message = next((cause.sentence for cause in seen.rollout.causes), "") if seen is not None else ""
    said = log_lines(gated.log) if gated.log is not None else []
    if gated.recovery is not None:
        said.append(gated.recovery.sentence)
    trouble = None
    if ending.outcome is not Outcome.COMPLETE:
        text = "\n".join(part for part in (ending.error, *words) if part)
        trouble = Trouble(ending.outcome.value, message or ending.error or "not finished", text)
    return Report(
        gated.namespace,
        gated.name,
        gated.begun,
        gated.seconds,
        trouble,
        "\n".join(said),
        _properties(gated),
    )


def _properties(gated: Gated) -> tuple[tuple[str, str], ...]:
    rollout = gated.seen.rollout if gated.seen is not None else None
    given = {
        "verdict": gated.ending.outcome.value,
        "revision": str(rollout.revision) if rollout is not None else "",
        "image": rollout.image if rollout is not None else "",
        "rollback": gated.recovery.outcome.value if gated.recovery is not None else "",
    }
    return tuple((key, value) for key, value in given.items() if value)
