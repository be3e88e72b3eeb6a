"""Whose pod template the history of a workload compares, if the workload has none of its own."""

from __future__ import annotations

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.registry import kind_at
from ktui.model.resources import DEPLOYMENTS
from ktui.rollout.diff.revisions import templates
from tests.kinds.argo_rollout.operator import subject
from tests.kinds.flagger_canary import operator as of_flagger


def _image(template: dict[str, object]) -> object:
    return template["spec"]["containers"][0]["image"]  # type: ignore[index]


def test_a_rollout_of_argo_that_takes_it_from_a_deployment_has_that_of_its_newest_revision() -> None:
    on = subject("workload-ref", 25.0)
    assert "template" not in on.raw["spec"]
    found = templates(on.raw, on.raw_revisions, kind_at(ROLLOUTS).template_of)
    assert _image(found.live) == "registry.example/shop/web:1.1"
    assert sorted(map(str, map(_image, found.revisions.values()))) == [
        "registry.example/shop/web:1.0",
        "registry.example/shop/web:1.1",
    ]


def test_a_canary_of_flagger_has_that_of_its_target() -> None:
    on = of_flagger.on("weights", 20.0)
    assert kind_at(CANARIES).template_in(on.raw) == (DEPLOYMENTS, "web")
