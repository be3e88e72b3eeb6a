"""What `ktui timeline -o json` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ktui.cli.timestamps import timestamp
from ktui.model.reference import Reference
from ktui.rollout.timeline import Moment

TIMELINE_SCHEMA: Final = "ktui.timeline/1"
"""Members, and kinds of moments, may be added; if one changes its meaning or goes, the number changes."""


def timeline_document(reference: Reference, namespace: str, moments: Iterable[Moment]) -> dict[str, Any]:
    """The moments, the oldest first. `since` is when what happened `times` times happened first, if that is known."""
    return {
        "schema": TIMELINE_SCHEMA,
        "kind": reference.kind,
        "namespace": namespace,
        "name": reference.name,
        "moments": [
            {
                "time": timestamp(moment.at),
                "until": timestamp(moment.until),
                "kind": moment.what.value,
                "text": moment.text,
                "warning": moment.is_warning,
                "times": moment.times,
                "since": timestamp(moment.since),
            }
            for moment in moments
        ],
    }
