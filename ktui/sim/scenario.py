"""Scenarios: small YAML files that say what is in a cluster and what happens to it, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ktui.sim.controlplane import ControlPlane


@dataclass(frozen=True)
class ScenarioInfo:
    """A scenario that comes with ktui: its name, and what it is in one line."""

    name: str
    description: str


class Scenario:
    history_seconds: float = 0.0

    def begin(self, plane: ControlPlane) -> None: ...


def find_scenario(scenario: str | Path, params: Mapping[str, object]) -> Scenario:
    return Scenario()


def scenarios() -> list[ScenarioInfo]:
    return []
