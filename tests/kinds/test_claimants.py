"""Who else rolls out a workload: what a plan says of it, and what their rows say. Pure."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ktui.kinds import planning
from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kinds.planning import claim_warnings
from ktui.kinds.registry import rollout_of
from ktui.model.changes import Put
from ktui.model.objects import Deployment
from ktui.model.reference import in_full
from ktui.model.resources import DEPLOYMENTS, Resource, resource_of
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.plans.plan import Plan
from ktui.plans.request import Action, Request, Restart, Scale, SetImage
from ktui.rollout.rollout import Phase, Rollout
from tests.rollout.made import Made

NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
_DEPLOYMENT = Made("web:1", 1).raw
WEB = msgspec.convert(_DEPLOYMENT, Deployment, dec_hook=decode_hook)


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


@pytest.mark.parametrize(
    ("claimants", "replicas", "action", "followed"),
    [
        ((_argo("onsuccess"),), 0, Action.SET_IMAGE, "rollout.argoproj.io/web"),
        ((_canary(phase="Succeeded"),), 0, Action.RESTART, "canary.flagger.app/web"),
        ((_argo("never"),), 3, Action.SET_IMAGE, "deployment.apps/web"),
        ((_argo("onsuccess"),), 0, Action.SCALE, "deployment.apps/web"),
        ((_kruise(),), 0, Action.SET_IMAGE, "rollout.rollouts.kruise.io/web"),
        ((_kruise(),), 3, Action.RESTART, "rollout.rollouts.kruise.io/web"),
        ((_kruise(),), 3, Action.SCALE, "deployment.apps/web"),
        ((_canary(phase="Progressing"),), 3, Action.SET_IMAGE, "canary.flagger.app/web"),
        ((_argo("onsuccess"), _canary(phase="Succeeded")), 0, Action.SET_IMAGE, "deployment.apps/web"),
    ],
)
def test_what_is_followed_of_a_change_of_a_workload_that_another_one_rolls_out(
    claimants: tuple[Any, ...], replicas: int, action: Action, followed: str
) -> None:
    raw = copy.deepcopy(_DEPLOYMENT)
    raw["spec"]["replicas"] = replicas
    requests: dict[Action, Request] = {
        Action.SET_IMAGE: SetImage((("web", "web:2"),)),
        Action.RESTART: Restart(),
        Action.SCALE: Scale(replicas + 1),
    }
    found = planning.subject(DEPLOYMENTS, raw, [()], NOW, claimants=claimants)
    made = planning.plan(requests[action], found)
    assert isinstance(made, Plan), made
    assert in_full(made.followed) == followed
    assert made.is_followed_elsewhere is (followed != "deployment.apps/web")


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


def _looked(*claimants: Any, deployment: dict[str, Any] = _DEPLOYMENT) -> dict[str, Rollout]:
    """What the row of each of these says, with the workload that all of them claim."""
    store = Store()
    target = msgspec.convert(deployment, Deployment, dec_hook=decode_hook)
    store.apply([Put(DEPLOYMENTS, target), *(Put(resource_of(each), each) for each in claimants)])
    rows = {resource_of(each): rollout_of(store, each, None, NOW)[1] for each in store.shown()}
    return {resource.group: rollout for resource, rollout in rows.items()}


def _told(rollout: Rollout) -> list[str]:
    return [cause.sentence for cause in rollout.causes if "both change it" in cause.sentence]


def test_both_rows_name_the_other_whatever_their_kinds_are() -> None:
    rows = _looked(_kruise(), _canary(phase="Initialized"), _argo("never"))
    assert set(rows) == {"rollouts.kruise.io", "flagger.app", "argoproj.io"}
    wins = "rolls out web too: both change it, and the one that writes last wins"
    kruise, canary, argo = (
        f"{name}/web {wins}" for name in ("rollout.rollouts.kruise.io", "canary.flagger.app", "rollout.argoproj.io")
    )
    assert _told(rows["rollouts.kruise.io"]) == [canary, argo]
    assert _told(rows["flagger.app"]) == [kruise, argo]
    assert _told(rows["argoproj.io"]) == [kruise, canary]
    assert not _told(_looked(_kruise())["rollouts.kruise.io"])


def test_what_holds_the_workload_wins() -> None:
    held = copy.deepcopy(_DEPLOYMENT)
    held["metadata"]["annotations"] = {"rollouts.kruise.io/in-progressing": '{"rolloutName":"web"}'}
    (told,) = _told(_looked(_kruise(), _canary(phase="Initialized"), deployment=held)["flagger.app"])
    assert told.endswith(
        "both change it, and rollout.rollouts.kruise.io/web holds it now, and takes back what the other changes"
    )


def test_a_gitops_tool_writes_what_a_rollout_holds() -> None:
    owned = copy.deepcopy(_DEPLOYMENT)
    owned["metadata"]["annotations"] = {
        "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web",
        "rollouts.kruise.io/in-progressing": '{"rolloutName":"web"}',
    }
    steps = {"canary": {"steps": [{"replicas": 1}]}}
    running = _claimant(KRUISE_ROLLOUTS, {"workloadRef": TARGET, "strategy": steps}, phase="Progressing")
    (cause,) = (each for each in _looked(running, deployment=owned)["rollouts.kruise.io"].causes if each.remark)
    assert cause.sentence == (
        "Argo CD (shop) writes web too, which the Rollout holds: Kruise pauses it again if the tool resumes it"
    )


@pytest.mark.parametrize(
    ("spec", "replicas", "told"),
    [
        ({}, 0, "the Canary is being deleted: its primary goes too, and web stays at 0 pods"),
        ({}, 2, "the Canary is being deleted: its primary goes too, and web stays as it is"),
        ({"revertOnDeletion": True}, 2, "the Canary is being deleted: web gets 2 pods back, and its Service"),
    ],
)
def test_a_canary_that_is_being_deleted_says_what_stays(spec: dict[str, Any], replicas: int, told: str) -> None:
    gone = {"name": "web", "namespace": "shop", "uid": "f", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    raw = {"metadata": gone, "spec": {"targetRef": TARGET, **spec}, "status": {"phase": "Terminating"}}
    canary = msgspec.convert(raw, CANARIES.type, dec_hook=decode_hook)
    target = copy.deepcopy(_DEPLOYMENT)
    target["spec"]["replicas"] = replicas
    seen = _looked(canary, deployment=target)["flagger.app"]
    assert (seen.phase, seen.why) == (Phase.DELETED, told)
