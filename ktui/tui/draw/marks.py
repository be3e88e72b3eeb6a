"""What a row says beside the rollout itself."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """Whether a Deployment gets the traffic of a Service, and how a row says it."""

    gets_traffic: bool
    text: str
