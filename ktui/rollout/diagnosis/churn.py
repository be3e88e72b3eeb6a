"""A rollout that never converges: something writes the template, or each ReplicaSet, again and again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui.model.workloads import Workload
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy, legible
from ktui.text import count, duration

_WINDOW: Final = timedelta(minutes=1)
_MANY: Final = 6
"""So many revisions within the window are made by no person."""
_SOME: Final = 3
_COLLISIONS: Final = 5
"""So many ReplicaSets were found to differ from the template that they were made from, over the Deployment's life."""


def of_churn(
    workload: Workload, births: Sequence[datetime | None], now: datetime, *, collisions: int = 0
) -> tuple[Cause, ...]:
    """The cause, if the revisions that were made last, at these moments, follow each other too fast.

    `collisions` counts the revisions that differed from the template that they were made from.
    """
    lately = sorted(at for at in births if at is not None and now - at < _WINDOW)
    collides = collisions >= _COLLISIONS and len(lately) >= _SOME
    if not lately or (len(lately) < _MANY and not collides):
        return ()
    took = duration(max(1.0, (lately[-1] - lately[0]).total_seconds()))
    made = f"{count(len(lately), 'revision')} in {took}"
    writers = list(dict.fromkeys(entry.manager for entry in workload.metadata.template_writers if entry.manager))[:3]
    who = " and ".join(writers)
    if collides:
        said = f"never converges: {made}; something changes each new ReplicaSet"
        helps = "find the webhook or controller that writes to ReplicaSets, and stop it"
        detail = f"collisionCount is {collisions}: new ReplicaSets differ from the template that they are made from"
    else:
        said = f"never converges: {made}" + (f", written by {who}" if who else "")
        helps = "remove one of the writers: each reverts the other's change" if len(writers) > 1 else ""
        helps = helps or "find what keeps writing the template, and stop it"
        detail = f"writers of the template: {', '.join(writers)}" if writers else ""
    return (
        legible(
            Cause(
                Kind.CONTROLLER,
                said,
                blocking=True,
                try_next=helps,
                detail=detail,
                remedies=(Remedy.HISTORY, Remedy.TIMELINE),
                reason=Reason.NEVER_CONVERGES,
                since=lately[0],
            )
        ),
    )
