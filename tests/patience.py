"""`python -m tests.patience` writes docs/patience.md from the table that automation goes by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.patience import PATIENCE_OF
from ktui.text import duration

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "patience.md"

_OPENING: Final = """\
# How long each cause may last

What holds a rollout up is granted a time of its own, by its reason (`reason` in `ktui get -o json`). After the first
time the rollout counts as ▲ stalled. After the second one ktui acts if you asked it to: `A` in the dashboard
(auto-abort), `--auto-abort`, or `ktui status --rollback-on-failure`. Until then it says "rolls back in 40s unless it
recovers". Both times count from when the cause began by the cluster's own account (`since`), so that neither begins
anew if ktui does, or if pods are ready between two crashes.

ktui never acts by itself on what may pass without a change of the rollout, on old pods, on lost nodes, or on a cluster
or a quota without room. The progress deadline still decides about all of these: once it has passed, the time that the
workload's own spec grants is over. `--patience`, of `ktui status` and beside `--auto-abort`, replaces the times of
what is acted on, and adds none.

This page is written by `python -m tests.patience`.

| reason | stalled after | acts after | because |
| --- | --- | --- | --- |
"""


def document() -> str:
    """docs/patience.md."""
    rows = []
    for reason in Reason:
        granted = PATIENCE_OF[reason]
        stalls, acts = _told(granted.stalls_after, "never"), _told(granted.acts_after, "never")
        rows.append(f"| `{reason.value}` | {stalls} | {acts} | {granted.because} |\n")
    return _OPENING + "".join(rows)


def _told(granted: timedelta | None, without: str) -> str:
    if granted is None:
        return without
    return duration(granted.total_seconds()) if granted else "at once"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
