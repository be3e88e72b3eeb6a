"""What is sent to workloads of OpenKruise, in either version of the API, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS
from ktui.kinds.advanced_statefulset.objects import ADVANCED_STATEFULSETS
from ktui.kinds.cloneset.objects import CLONESETS
from ktui.kinds.planning import plan
from ktui.model.resources import Resource
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Request,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
)
from ktui.rollout.partition import ANNOTATION
from ktui.rollout.revisions import Refusal
from tests.kinds.open_kruise import replay

AT = "/spec/updateStrategy/rollingUpdate"
FLAT = "/spec/updateStrategy"
NEWER: tuple[tuple[str, str], ...] = (("web", ":2.0"),)


def _planned(resource: Resource, name: str, t: float, request: Request, version: str = "") -> Plan:
    made = plan(request, replay.acted_on(name, t, resource, version))
    assert isinstance(made, Plan), made
    return made


def _changes(made: Plan) -> dict[str, Any]:
    return {each["path"]: each.get("value") for each in made.patch if each["op"] != "test"}


@pytest.mark.parametrize(
    ("resource", "name", "t", "version", "request_", "changes"),
    [
        (CLONESETS, "cloneset-paused", 3.4, "", Pause(), {f"{AT}/paused": True}),
        (CLONESETS, "cloneset-paused", 3.4, "v1alpha1", Pause(), {f"{FLAT}/paused": True}),
        (CLONESETS, "cloneset-paused", 6.0, "", Resume(), {f"{AT}/paused": False}),
        (CLONESETS, "cloneset-paused", 6.0, "v1alpha1", Resume(), {f"{FLAT}/paused": False}),
        (CLONESETS, "cloneset-partition", 9.0, "", Promote(), {f"{AT}/partition": 0}),
        (CLONESETS, "cloneset-partition", 9.0, "v1alpha1", Promote("4"), {f"{FLAT}/partition": 1}),
        (ADVANCED_STATEFULSETS, "statefulset-partition", 16.0, "", Promote(), {f"{AT}/partition": 0}),
        (ADVANCED_DAEMONSETS, "daemonset-partition", 9.0, "", Promote(), {f"{AT}/partition": 0}),
        (ADVANCED_DAEMONSETS, "daemonset-partition", 9.0, "", Pause(), {f"{AT}/paused": True}),
    ],
)
def test_the_patches_are_those_of_the_scenarios(  # noqa: PLR0917
    resource: Resource, name: str, t: float, version: str, request_: Request, changes: dict[str, Any]
) -> None:
    made = _planned(resource, name, t, request_, version)
    assert _changes(made) == changes
    assert made.effects


def test_a_canary_is_template_and_partition_in_one_patch() -> None:
    made = _planned(CLONESETS, "cloneset-partition", 20.0, Canary(steps=("2", "100%"), images=NEWER))
    changes = _changes(made)
    assert changes[f"{AT}/partition"] == 3
    assert changes["/spec/template/spec/containers/0/image"] == "registry.example/shop/web:2.0"
    assert ANNOTATION.replace("/", "~1") in next(path for path in changes if path.startswith("/metadata/annotations"))
    assert "2 pods of revision 2, image web:1.1, will be replaced by revision 3, image web:2.0." in made.effects


def test_an_abort_lowers_the_partition_that_would_keep_the_new_pods() -> None:
    made = _planned(CLONESETS, "cloneset-partition", 9.0, Abort())
    changes = _changes(made)
    assert changes["/spec/template"]["spec"]["containers"][0]["image"] == "registry.example/shop/web:1.0"
    assert changes[f"{AT}/partition"] == 0
    assert any(each.startswith("The partition goes from 3 to 0, or it would keep pods") for each in made.effects)


def test_a_rollback_of_a_paused_one_resumes_it() -> None:
    made = _planned(CLONESETS, "cloneset-paused", 6.0, RollBack(1), "v1alpha1")
    assert _changes(made)[f"{FLAT}/paused"] is False
    assert "It is resumed with it: while it is paused, no pod goes back." in made.effects


def test_what_is_changed_in_place_is_said() -> None:
    made = _planned(CLONESETS, "cloneset-in-place", 2.9, SetImage(NEWER))
    assert any("will be changed in place (same name, node and IP" in each for each in made.effects)
    made = _planned(CLONESETS, "cloneset-partition", 2.9, SetImage(NEWER))
    assert any("5 pods of revision 1, image web:1.0, will be replaced by" in each for each in made.effects)
    assert _planned(CLONESETS, "cloneset-partition", 2.9, Scale(7)).subresource == "scale"


@pytest.mark.parametrize(
    ("resource", "name", "t", "request_", "reason"),
    [
        (CLONESETS, "cloneset-in-place", 2.9, Restart(), "a restart changes an annotation of the template"),
        (CLONESETS, "cloneset-paused", 6.0, Pause(), 'clonesets.apps.kruise.io "web" is already paused'),
        (CLONESETS, "cloneset-paused", 6.0, Promote(), "it is paused: resume it first"),
        (CLONESETS, "cloneset-paused", 2.9, Promote(), "nothing to promote: revision 1 is complete"),
        (CLONESETS, "cloneset-on-delete", 8.0, Pause(), "nothing to pause: the strategy is OnDelete"),
        (CLONESETS, "cloneset-partition", 9.0, Canary(images=NEWER), "a partition holds it at 2 of 5 already"),
        (CLONESETS, "cloneset-partition", 2.9, Abort(), "nothing to abort: every pod is of revision 1"),
        (ADVANCED_DAEMONSETS, "daemonset-partition", 9.0, Scale(2), "a DaemonSet has no number of pods"),
    ],
)
def test_what_is_refused(resource: Resource, name: str, t: float, request_: Request, reason: str) -> None:
    made = plan(request_, replay.acted_on(name, t, resource))
    assert isinstance(made, Refusal), made
    assert made.reason.startswith(reason)
