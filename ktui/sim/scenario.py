"""Scenarios: small YAML files that say what is in a cluster and what happens to it, and when.

`docs` of the format are the comments of `scenarios/demo.yaml`, and the fields below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources as package_files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

JSON = dict[str, Any]
Duration = str | float
"""Seconds as a number, or `2m`, `1h30m`, `3d`; before the opening with a minus: `-25m`."""

PODS_ON_A_NODE = 150
_FOLDER = "scenarios"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(duration: Duration) -> float:
    """The seconds of a duration.

    Raises:
        ValueError: it is none.
    """
    if isinstance(duration, int | float):
        return float(duration)
    sign, text = (-1, duration[1:]) if duration.startswith("-") else (1, duration)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {duration!r} (write 90s, 2m, 1h30m or 3d)")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)


class Service(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A Deployment in a few words. Its `versions` are rolled out one after another over the history."""

    name: str
    namespace: str
    image: str
    versions: Annotated[list[str], msgspec.Meta(min_length=1)]
    replicas: int = 2
    surge: int | str = "25%"
    unavailable: int | str = "25%"
    startup: Duration = 2
    """How long its containers take until they are ready."""
    deadline: int = 600
    min_ready: int = 0
    recreate: bool = False
    """Whether all old pods go before the first new one comes."""
    cpu: str = "100m"
    memory: str = "128Mi"
    port: int = 8080
    by: str = "kubectl-set"
    """Who rolls it out, as managedFields name them."""
    cause: str = ""
    """Its change-cause; `{version}` stands for the version. Empty: it has none."""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Target(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which Deployment, or other workload, a step is about, and with which numbers."""

    name: str
    """`namespace/name`."""
    image: str = ""
    cause: str = ""
    replicas: int = 0
    by: str = "kubectl"
    kind: str = "Deployment"
    """What to change or delete, with its group if another kind has the name: `Service.serving.knative.dev`."""
    cascade: str = "background"
    """How to delete it; `orphan` leaves its pods alone."""


class Traffic(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Rollouts that start by themselves, indefinitely."""

    every: tuple[Duration, Duration]
    """The least and the most time between two."""
    of: list[str]
    """The Deployments that take part, as `namespace/name`."""
    trouble: float = 0.1
    """The share of the rollouts that go wrong."""
    mended: tuple[Duration, Duration] = (60, 120)
    """How long until someone rolls back one that went wrong."""


class Fleet(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Many Deployments, all rolled out already: they are put in place without their controllers."""

    deployments: int = 200
    pods: int = 10_000
    namespaces: int = 10
    events_per_second: float = 0.0
    """How often a pod somewhere changes its readiness."""


class Step(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Something that happens at a time; 0 is the opening."""

    at: Duration = 0
    apply: JSON | list[JSON] | None = None
    """Manifests, as kubectl would apply them."""
    set_image: Target | None = None
    scale: Target | None = None
    pause: Target | None = None
    resume: Target | None = None
    restart: Target | None = None
    undo: Target | None = None
    promote: Target | None = None
    """End the pause of a Rollout."""
    abort: Target | None = None
    retry: Target | None = None
    delete: Target | None = None
    patch: JSON | None = None
    """A strategic merge patch, or a merge patch of a custom resource: kind, apiVersion and metadata name the object."""


class Scenario(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What a file says."""

    description: str
    history: Duration = 0
    """How long the cluster has existed at the opening. It is played at once."""
    controllers: list[str] = []
    """Projects whose custom resources are served and whose controllers are played, such as `argo`."""
    images: dict[str, dict[str, str | int | float]] = {}
    """How pods behave that run an image: settings as in `ktui.sim.node.fate`."""
    services: list[Service] = []
    fleet: Fleet | None = None
    objects: list[JSON] = []
    """Manifests that are there from the beginning of the history."""
    steps: list[Step] = []
    traffic: Traffic | None = None

    @property
    def nodes(self) -> int:
        """How many nodes its pods need at least."""
        return -(-self.fleet.pods // PODS_ON_A_NODE) if self.fleet else 1

    @property
    def history_seconds(self) -> float:
        """How much virtual time passes before the opening."""
        return seconds(self.history)


@dataclass(frozen=True)
class ScenarioInfo:
    """A scenario that comes with ktui: its name, and what it is in one line."""

    name: str
    description: str


def read_scenario(text: str, params: Mapping[str, object] = {}) -> Scenario:
    """A scenario from YAML. `params` replace fields of its `fleet`, or the top-level `history`.

    Raises:
        ValueError: it is not a scenario, or has nothing by the name of a parameter.
    """
    document = yaml.safe_load(text)
    if not isinstance(document, dict):
        raise ValueError("a scenario is a YAML mapping with a description")
    for name, value in params.items():
        if value is None:
            continue
        if name == "history":
            document["history"] = value
        elif isinstance(document.get("fleet"), dict) and name in Fleet.__struct_fields__:
            document["fleet"][name] = value
        else:
            raise ValueError(f"this scenario has no parameter {name}")
    scenario = msgspec.convert(document, Scenario, str_keys=True)
    for step in scenario.steps:
        seconds(step.at)
    return scenario


def find_scenario(scenario: str | Path, params: Mapping[str, object]) -> Scenario:
    """A scenario by its name, or from a file.

    Raises:
        FileNotFoundError: there is none of that name, and no such file.
        ValueError: the file does not say a scenario, or not with these parameters.
    """
    if isinstance(scenario, str) and (packaged := _packaged(scenario)) is not None:
        return read_scenario(packaged, params)
    path = Path(scenario)
    if not path.is_file():
        known = ", ".join(info.name for info in scenarios())
        raise FileNotFoundError(f"no scenario {scenario} (there are {known}), and no such file")
    try:
        return read_scenario(path.read_text(encoding="utf-8"), params)
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: {error}") from error


def _packaged(name: str) -> str | None:
    found = package_files.files("ktui.sim") / _FOLDER / f"{name}.yaml"
    if re.fullmatch(r"(causes/)?[a-z0-9-]+", name) is None or not found.is_file():
        return None
    return found.read_text(encoding="utf-8")


def scenarios() -> list[ScenarioInfo]:
    """The scenarios that come with ktui, `demo` first."""
    found = _scenarios_in(package_files.files("ktui.sim") / _FOLDER, "")
    return sorted(found, key=lambda info: (info.name != "demo", info.name))


def causes() -> list[ScenarioInfo]:
    """The scenarios that each play one cause of trouble alone: `causes/crash`."""
    found = _scenarios_in(package_files.files("ktui.sim") / _FOLDER / "causes", "causes/")
    return sorted(found, key=lambda info: info.name)


def _scenarios_in(folder: Traversable, prefix: str) -> Iterator[ScenarioInfo]:
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            description = re.search(r"^description: *(.+)$", entry.read_text(encoding="utf-8"), re.MULTILINE)
            name = f"{prefix}{entry.name.removesuffix('.yaml')}"
            # With a colon in it, YAML wants quotes around it.
            yield ScenarioInfo(name, description.group(1).strip('"') if description else "")
