"""Who else rolls out a workload: what a plan says of it. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kinds.planning import claim_warnings
from ktui.model.objects import Deployment
from ktui.model.resources import Resource
from ktui.model.template import decode_hook
from ktui.plans.request import Action
from tests.rollout.made import Made

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
WEB = msgspec.convert(Made("web:1", 1).raw, Deployment, dec_hook=decode_hook)


def _claimant(resource: Resource, spec: dict[str, Any], **status: Any) -> Any:
    meta = {"name": "web", "namespace": "shop", "uid": resource.group}
    return msgspec.convert({"metadata": meta, "spec": spec, "status": status}, resource.type, dec_hook=decode_hook)


def _canary(**status: Any) -> Any:
    return _claimant(CANARIES, {"targetRef": TARGET}, **status)


def _kruise(**spec: Any) -> Any:
    return _claimant(KRUISE_ROLLOUTS, {"workloadRef": TARGET, "strategy": {}, **spec})


def _argo(scale_down: str) -> Any:
    return _claimant(ROLLOUTS, {"workloadRef": {**TARGET, "scaleDown": scale_down}, "strategy": {}})


@pytest.mark.parametrize(
    ("claimant", "action", "told"),
    [
        (_canary(phase="Succeeded"), Action.SET_IMAGE,
         "canary.flagger.app/web rolls out this Deployment: a new template is analysed first, and meanwhile "
         "web-primary serves."),
        (_canary(phase="Progressing"), Action.SET_IMAGE,
         "canary.flagger.app/web is rolling out this Deployment: with another template its analysis starts again."),
        (_canary(phase="Succeeded"), Action.SCALE,
         "canary.flagger.app/web scales this Deployment to 0 when nothing is rolled out, and web-primary serves."),
        (_kruise(), Action.RESTART,
         "rollout.rollouts.kruise.io/web rolls out this Deployment: a new template goes through its steps."),
        (_kruise(disabled=True), Action.SET_IMAGE,
         "rollout.rollouts.kruise.io/web names this Deployment and is disabled: the Deployment rolls out by itself, "
         "without its steps."),
        (_kruise(), Action.SCALE, ""),
        (_argo("onsuccess"), Action.SCALE,
         "rollout.argoproj.io/web scales this Deployment to 0: the pods of that Rollout serve."),
        (_argo("never"), Action.ROLLBACK,
         "rollout.argoproj.io/web has its pod template from this Deployment: a change of it begins a rollout there "
         "too."),
    ],
)  # fmt: skip
def test_what_becomes_of_an_action_on_what_another_one_rolls_out(claimant: Any, action: Action, told: str) -> None:
    assert claim_warnings(action, WEB, (claimant,)) == ((told,) if told else ())


def test_two_that_roll_out_the_same() -> None:
    both = claim_warnings(Action.SET_IMAGE, WEB, (_kruise(), _canary(phase="Initialized")))
    assert both[-1] == (
        "rollout.rollouts.kruise.io/web and canary.flagger.app/web both roll it out: the one that writes last wins."
    )
    (of_one,) = claim_warnings(Action.PROMOTE, _kruise(), (_canary(phase="Initialized"),))
    assert of_one == (
        "canary.flagger.app/web rolls out the same workload: both change it, and the one that writes last wins."
    )
    assert claim_warnings(Action.SET_IMAGE, WEB, ()) == ()
