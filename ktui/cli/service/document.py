"""What `ktui get service/NAME -o json` prints."""

from __future__ import annotations

from typing import Any, Final

from ktui.cli.rollout_document import rollout_document
from ktui.model.store import Store
from ktui.rollout.traffic.bluegreen import BlueGreen, Side

SERVICE_SCHEMA: Final = "ktui.service/1"
"""Members may be added; if one changes its meaning or goes, the number changes."""


def service_document(state: BlueGreen, store: Store) -> dict[str, Any]:
    """A Service and its sides. `readyEndpoints` are null if EndpointSlices may not be read."""
    return {
        "schema": SERVICE_SCHEMA,
        "kind": "Service",
        "namespace": state.namespace,
        "name": state.service,
        "key": state.key,
        "active": state.active,
        "moved": state.has_moved if state.endpoints_known else None,
        "sides": [_side(side, state, store) for side in state.sides],
        "warnings": list(state.warnings),
    }


def _side(side: Side, state: BlueGreen, store: Store) -> dict[str, Any]:
    return {
        "name": side.colour,
        "active": side.is_active,
        "readyEndpoints": side.endpoints if state.endpoints_known else None,
        "shortfall": side.shortfall or None,
        "rollouts": [rollout_document(rollout, store.workload(rollout.uid)) for rollout in side.rollouts],
    }
