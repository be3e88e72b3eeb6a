"""What the controller does not accept in the spec of a Rollout, in its own words (pkg/apis/rollouts/validation)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ktui.sim.api.errors import ApiError
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.argo.rollout import Rollout, pause_seconds
from ktui.sim.controllers.argo.runs import template_of
from ktui.sim.controllers.argo.services import service, virtual_service

JSON = dict[str, Any]
_AT = "spec.strategy"


def fault_of(api: ApiServer, rollout: Rollout) -> str | None:
    """The first thing that is wrong with a Rollout, None where nothing is."""
    return next(_faults(api, rollout), None)


def _invalid(path: str, value: Any, words: str) -> str:
    return f"{path}: Invalid value: {json.dumps(value, separators=(',', ':'))}: {words}"


def _faults(api: ApiServer, rollout: Rollout) -> Iterator[str]:
    spec = rollout.spec
    if rollout.replicas < 0:
        yield _invalid("spec.replicas", rollout.replicas, "must be greater than or equal to 0")
    if not spec.get("workloadRef"):
        if spec.get("selector") is None:
            yield "spec.selector: Required value: Rollout has missing field '.spec.selector'"
        elif not rollout.selector.get("matchLabels") and not rollout.selector.get("matchExpressions"):
            yield _invalid("spec.selector", rollout.selector, "empty selector is invalid for deployment")
    yield from _template_faults(rollout)
    least = spec.get("minReadySeconds", 0)
    if rollout.deadline_seconds <= least:
        yield _invalid("spec.progressDeadlineSeconds", rollout.deadline_seconds, "must be greater than minReadySeconds")
    canary, blue_green = rollout.canary, rollout.blue_green
    if canary is None and blue_green is None:
        fields = ".spec.strategy.canary or .spec.strategy.blueGreen"
        yield f"{_AT}.strategy: Required value: Rollout has missing field '{fields}'"
    elif canary is not None and blue_green is not None:
        yield _invalid(f"{_AT}.strategy", "blueGreen: true canary: true", "Multiple Strategies can not be listed")
    elif blue_green is not None:
        if blue_green.get("activeService") == blue_green.get("previewService"):
            words = "This rollout uses the same service for the active and preview services, but two different services are required."  # noqa: E501
            yield _invalid(f"{_AT}.activeService", blue_green.get("activeService"), words)
    else:
        yield from _canary_faults(rollout, canary or {})
    yield from _missing(api, rollout)


def _template_faults(rollout: Rollout) -> Iterator[str]:
    labels = (rollout.template.get("metadata") or {}).get("labels") or {}
    if rollout.selector.get("matchLabels") and not object_selector(rollout.selector)(labels):
        words = "`selector` does not match template `labels`"
        yield _invalid("spec.template.metadata.labels", labels, words)
    containers = (rollout.template.get("spec") or {}).get("containers")
    if not containers:
        yield "spec.template.spec.containers: Required value"
    for index, container in enumerate(containers or ()):
        if not container.get("image"):
            yield f"spec.template.spec.containers[{index}].image: Required value"


def _canary_faults(rollout: Rollout, canary: JSON) -> Iterator[str]:
    surge, unavailable = canary.get("maxSurge", "25%"), canary.get("maxUnavailable", "25%")
    if {str(surge).rstrip("%"), str(unavailable).rstrip("%")} == {"0"}:
        yield _invalid(f"{_AT}.maxSurge", surge, "MaxSurge and MaxUnavailable both can not be zero")
    stable, new = canary.get("stableService"), canary.get("canaryService")
    if stable and stable == new:
        words = "This rollout uses the same service for the stable and canary services, but two different services are required."  # noqa: E501
        yield _invalid(f"{_AT}.stableService", stable, words)
    if rollout.routing is None:
        if canary.get("scaleDownDelaySeconds") is not None:
            words = "Canary scaleDownDelaySeconds can only be used with traffic routing"
            yield _invalid(f"{_AT}.scaleDownDelaySeconds", canary["scaleDownDelaySeconds"], words)
        if canary.get("dynamicStableScale"):
            yield _invalid(
                f"{_AT}.dynamicStableScale", True, "Canary dynamicStableScale can only be used with traffic routing"
            )
    elif any(
        rollout.routing.get(router) for router in ("alb", "istio", "nginx", "smi", "ambassador", "traefik", "apisix")
    ):
        for name in ("stableService", "canaryService"):
            if not canary.get(name):
                yield _invalid(
                    f"{_AT}.{name}", "", "Canary service and Stable service must to be set to use Traffic Routing"
                )
    for index, step in enumerate(rollout.steps):
        yield from _step_faults(rollout, step, f"{_AT}.steps[{index}]")


def _step_faults(rollout: Rollout, step: JSON, path: str) -> Iterator[str]:
    words = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause"
    one_of = {name: step.get(field) is not None for name, field in (
        ("Experiment", "experiment"), ("Pause", "pause"), ("SetWeight", "setWeight"), ("Analysis", "analysis"),
    )}  # fmt: skip
    if sum(one_of.values()) > 1:
        yield _invalid(path, " ".join(f"step.{name}: {str(is_set).lower()}" for name, is_set in one_of.items()), words)
    elif not step:
        yield _invalid(path, "", words)
    weight, most = step.get("setWeight"), rollout.most_weight
    if weight is not None and not 0 <= weight <= most:
        yield _invalid(f"{path}.setWeight", weight, f"SetWeight needs to be between 0 and {most}")
    if step.get("pause") is not None and (pause_seconds(step["pause"]) or 0) < 0:
        yield _invalid(f"{path}.pause.duration", step["pause"]["duration"], "Duration needs to be greater than 0")
    if step.get("setCanaryScale") is not None and rollout.routing is None:
        yield f"{_AT}.trafficRouting: Required value: SetCanaryScale requires TrafficRouting to be set"


def _missing(api: ApiServer, rollout: Rollout) -> Iterator[str]:
    """What the spec names and is not there."""
    for strategy, names in (
        ("blueGreen", ("activeService", "previewService")),
        ("canary", ("stableService", "canaryService")),
    ):
        for name in names:
            named = ((rollout.spec.get("strategy") or {}).get(strategy) or {}).get(name)
            if named and service(api, rollout, named) is None:
                yield _invalid(f"{_AT}.{strategy}.{name}", named, f'service "{named}" not found')
    for path, analysis in _analyses(rollout):
        for reference in analysis.get("templates") or ():
            if template_of(api, rollout.metadata["namespace"], reference) is None:
                kind = "ClusterAnalysisTemplate" if reference.get("clusterScope") else "AnalysisTemplate"
                name = reference.get("templateName", "")
                yield _invalid(path, name, f"{kind} '{name}' not found")
    try:
        virtual_service(api, rollout)
    except ApiError as error:
        named = (rollout.routing or {})["istio"]["virtualService"]["name"]
        yield _invalid(f"{_AT}.canary.trafficRouting.istio.virtualService.name", named, error.message)


def _analyses(rollout: Rollout) -> Iterator[tuple[str, JSON]]:
    blue_green, canary = rollout.blue_green or {}, rollout.canary or {}
    for part in ("prePromotionAnalysis", "postPromotionAnalysis"):
        if blue_green.get(part):
            yield f"{_AT}.blueGreen.{part}.templates", blue_green[part]
    for index, step in enumerate(rollout.steps):
        if step.get("analysis"):
            yield f"{_AT}.canary.steps[{index}].analysis.templates", step["analysis"]
    if canary.get("analysis"):
        yield f"{_AT}.canary.analysis.templates", canary["analysis"]
