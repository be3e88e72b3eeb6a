"""What each action on a Service sends, against the patches that the recordings' README names."""

from __future__ import annotations

import msgspec
import pytest

from ktui.kinds import planning
from ktui.kinds.knative_service.kind import KnativeServiceKind
from ktui.kinds.knative_service.plans.targets import plain
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS
from ktui.model.template import decode_hook
from ktui.plans.patch import Patch
from ktui.plans.request import (
    Abort,
    Action,
    Canary,
    Pause,
    Promote,
    Request,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
    Share,
    Traffic,
)
from ktui.plans.subject import Known
from tests.kinds.knative_service import replay
from tests.kinds.knative_service.replay import JSON, subject
from tests.plans.planned import planned, refused

KIND = KnativeServiceKind()


def changed(patch: Patch) -> list[JSON]:
    return [each for each in patch if each["op"] != "test"]


def traffic(request: Request, name: str, t: float, **spec: object) -> list[JSON]:
    """The list of targets that the request writes, which is all that it writes."""
    made = planned(request, subject(name, t, **spec))
    (change,) = changed(made.patch)
    assert change["path"] == "/spec/traffic"
    assert [each["path"] for each in made.patch if each["op"] == "test"] == ["/metadata/uid", "/metadata/generation"]
    value: list[JSON] = change["value"]
    return value


PINNED_1 = [{"revisionName": "web-00001", "percent": 100}]
PINNED_2 = [{"revisionName": "web-00002", "percent": 100}]
FOLLOWS = [{"latestRevision": True, "percent": 100}]


@pytest.mark.parametrize(
    ("name", "t", "request_", "written"),
    [
        ("ksvc-traffic-split", 9, Promote(), PINNED_2),
        ("ksvc-traffic-split", 9, Promote("10%"), [*[{**PINNED_1[0], "percent": 90}], {**PINNED_2[0], "percent": 10}]),
        ("ksvc-traffic-split", 14, Promote("50%"), [{**PINNED_1[0], "percent": 50}, {**PINNED_2[0], "percent": 50}]),
        ("ksvc-traffic-split", 14, Promote("100%"), PINNED_2),
        ("ksvc-traffic-split", 14, Resume(), FOLLOWS),
        ("ksvc-traffic-split", 14, Abort(), PINNED_1),
        ("ksvc-new-image", 13, RollBack(), PINNED_1),
        ("ksvc-new-image", 22, RollBack(1), PINNED_1),
        ("ksvc-new-image", 22, RollBack(), PINNED_2),
        ("ksvc-new-image", 13, Pause(), PINNED_2),
        ("ksvc-breaks-later", 20, RollBack(), PINNED_1),
        ("ksvc-gradual-rollout", 11.5, Abort(), PINNED_1),
        ("ksvc-gradual-rollout", 11.5, Promote(), PINNED_2),
        ("ksvc-roll-back", 24, Resume(), FOLLOWS),
        (
            "ksvc-tags-and-pins",
            10.6,
            Promote("20%"),
            [
                {"revisionName": "web-00001", "percent": 80, "tag": "stable"},
                {"revisionName": "web-00003", "percent": 20},
                {"revisionName": "web-00002", "percent": 0, "tag": "candidate"},
                {"latestRevision": True, "percent": 0, "tag": "latest"},
            ],
        ),
        (
            "ksvc-tags-and-pins",
            6.1,
            Traffic((Share("1", 100, "stable"), Share("2", 0, "candidate"), Share("", 0, "latest"))),
            [
                {"revisionName": "web-00001", "percent": 100, "tag": "stable"},
                {"revisionName": "web-00002", "percent": 0, "tag": "candidate"},
                {"latestRevision": True, "percent": 0, "tag": "latest"},
            ],
        ),
    ],
)
def test_what_is_written(name: str, t: float, request_: Request, written: list[JSON]) -> None:
    assert traffic(request_, name, t) == written


@pytest.mark.parametrize("name", ["ksvc-traffic-split", "ksvc-tags-and-pins"])
def test_the_undo_of_each_move_is_what_there_was(name: str) -> None:
    on = subject(name, 14)
    made = planned(Resume(), on)
    again = planned(made.undo.request, replay.subject(name, 14, traffic=made.after["spec"]["traffic"]))  # type: ignore[arg-type]
    assert again.after["spec"]["traffic"] == plain(on.raw["spec"]["traffic"])


@pytest.mark.parametrize(
    ("name", "t", "request_", "why"),
    [
        ("ksvc-new-image", 13, Promote(), "nothing to promote: revision 2 has all the traffic"),
        ("ksvc-new-image", 13, RollBack(9), "unable to find specified revision 9 in history"),
        ("ksvc-new-image", 13, RollBack(2), "skipped rollback (revision 2 has all the traffic already)"),
        ("ksvc-new-image", 13, Resume(), "its traffic follows the latest revision already"),
        ("ksvc-new-image", 13, Abort(), "nothing to abort: revision 2 is not on its way"),
        ("ksvc-crash", 20, Promote(), "revision 2 failed: "),
        ("ksvc-new-image", 9, Promote(), "revision 2 is not ready yet: it gets its traffic by itself once it is"),
        ("ksvc-crash", 20, Traffic((Share("2", 100),)), "revision 2 is not ready"),
        ("ksvc-traffic-split", 14, Pause(), "its traffic is pinned already"),
        ("ksvc-traffic-split", 14, Promote("2"), '"2" is no share of the traffic'),
        ("ksvc-traffic-split", 14, Promote("101%"), '"101%" is no share of the traffic'),
        ("ksvc-traffic-split", 14, Traffic((Share("web-00009", 100),)), 'there is no revision "web-00009" of it'),
        ("ksvc-traffic-split", 14, Traffic((Share("1", 60), Share("2", 50))), "the shares come to 110 %"),
        ("ksvc-traffic-split", 14, Traffic((Share("1", 50, "a"), Share("2", 50, "a"))), 'the tag "a" is given twice'),
        ("ksvc-traffic-split", 14, Scale(3), "its autoscaler decides how many pods there are"),
        ("ksvc-first-fails", 5, RollBack(), 'no earlier revision of the service "web" is ready'),
    ],
)
def test_what_is_refused(name: str, t: float, request_: Request, why: str) -> None:
    assert refused(request_, subject(name, t)).startswith(why)


@pytest.mark.parametrize(
    ("name", "t", "request_", "words"),
    [
        ("ksvc-roll-back", 24, Resume(), "The latest revision that is ready, now revision 2 (web:1.1), gets 100 %"),
        ("ksvc-roll-back", 18, RollBack(), "Revision 1 is scaled to zero: the first requests wait until a pod has"),
        (
            "ksvc-breaks-later",
            20,
            RollBack(),
            "Revision 2, the newest, failed: Ready stays False until there",
        ),
        ("ksvc-gradual-rollout", 11.5, Abort(), "to follow the latest revision again jumps to 100 % at once"),
        ("ksvc-gradual-stopped", 21, Resume(), "It jumps to 100 % at once"),
        ("ksvc-new-image", 13, Pause(), "a new image gets none of it until it is promoted"),
        ("ksvc-missing-target", 18, Promote("10%"), "Revision 2 is not ready yet: the traffic waits for it, and until"),
        (
            "ksvc-new-image",
            13,
            SetImage((("*", "registry.example/shop/web:9"),)),
            "gets its traffic at once",
        ),
        (
            "ksvc-roll-back",
            24,
            SetImage((("*", "registry.example/shop/web:9"),)),
            "The new revision gets no traffic",
        ),
    ],
)
def test_what_is_said_before(name: str, t: float, request_: Request, words: str) -> None:
    made = planned(request_, subject(name, t))
    assert words in " ".join((*made.effects, *made.warnings))


def test_an_image_makes_a_revision_and_a_name_that_is_in_use_is_taken_off() -> None:
    on = subject("ksvc-new-image", 13)
    made = planned(SetImage((("user-container", "registry.example/shop/web:1.3"),)), on)
    (change,) = changed(made.patch)
    assert change == {
        "op": "add",
        "path": "/spec/template/spec/containers/0/image",
        "value": "registry.example/shop/web:1.3",
    }
    template = {**on.raw["spec"]["template"], "metadata": {"name": "web-mine"}}
    made = planned(
        SetImage((("*", "registry.example/shop/web:1.3"),)), subject("ksvc-new-image", 13, template=template)
    )
    assert {"op": "remove", "path": "/spec/template/metadata/name"} in made.patch
    assert any("The name web-mine is taken off the template" in each for each in made.effects)


def test_a_canary_is_a_template_and_its_share_in_one_change() -> None:
    made = planned(
        Canary(("10%", "50%", "100%"), (("*", "registry.example/shop/web:1.3"),)), subject("ksvc-new-image", 13)
    )
    image, shares = changed(made.patch)
    assert image["path"] == "/spec/template/spec/containers/0/image"
    assert shares["value"] == [
        {"latestRevision": True, "percent": 10},
        {"revisionName": "web-00002", "percent": 90},
    ]
    assert "until then revision 2 serves 100 %" in " ".join(made.effects)


def test_a_restart_is_the_same_template_as_another_revision() -> None:
    (change,) = changed(planned(Restart(), subject("ksvc-new-image", 13)).patch)
    assert change["path"].startswith("/spec/template/metadata/annotations")


@pytest.mark.parametrize(
    ("name", "t", "labels"),
    [
        (
            "ksvc-traffic-split",
            9,
            [
                "10 % of the traffic to revision 2 (web:1.1)",
                "25 % of the traffic to revision 2 (web:1.1)",
                "50 % of the traffic to revision 2 (web:1.1)",
                "all of the traffic to revision 2 (web:1.1), pinned to it",
                "all of the traffic, and that of each new revision from then on",
            ],
        ),
        ("ksvc-new-image", 13, []),
    ],
)
def test_what_promote_may_mean(name: str, t: float, labels: list[str]) -> None:
    assert [each.label for each in KIND.acting.choices(Action.PROMOTE, subject(name, t))] == labels


def deployment() -> Deployment:
    """That of the revision `web-00001`."""
    objects = [step.obj for step in replay.steps("ksvc-hand-edits") if step.resource is DEPLOYMENTS and step.obj]
    found: Deployment = msgspec.convert(objects[3], Deployment, dec_hook=decode_hook)
    return found


def test_its_deployments_are_not_acted_on_but_for_a_restart() -> None:
    part = deployment()
    offered = planning.offers(Known(workload=part, revisions=()))
    assert {offer.action for offer in offered if offer.open} <= {Action.RESTART}
    closed = {offer.action: offer.why_not for offer in offered if not offer.open}
    assert closed[Action.SET_IMAGE] == (
        "this is the Deployment of the Knative revision web-00001, and Knative would neither show nor undo another "
        "image: act on ksvc/web"
    )
    assert "there is no earlier one" in closed[Action.ROLLBACK]
    assert "its autoscaler undoes that" in closed[Action.SCALE]


@pytest.mark.parametrize(
    ("request_", "written"),
    [
        (
            Traffic((Share("3", 0, "next"),), keep=True),
            [
                {"revisionName": "web-00001", "percent": 100, "tag": "stable"},
                {"revisionName": "web-00002", "percent": 0, "tag": "candidate"},
                {"latestRevision": True, "percent": 0, "tag": "latest"},
                {"revisionName": "web-00003", "percent": 0, "tag": "next"},
            ],
        ),
        (
            Traffic((Share("2", 30), Share("1", 70)), keep=True, untag=("candidate", "latest")),
            [
                {"revisionName": "web-00001", "percent": 70, "tag": "stable"},
                {"revisionName": "web-00002", "percent": 30},
            ],
        ),
        (
            Traffic((Share("2", 0, "stable"),), keep=True, untag=("latest",)),
            [
                {"revisionName": "web-00001", "percent": 100},
                {"revisionName": "web-00002", "percent": 0, "tag": "candidate"},
                {"revisionName": "web-00002", "percent": 0, "tag": "stable"},
            ],
        ),
    ],
)
def test_shares_and_tags_change_by_themselves(request_: Request, written: list[JSON]) -> None:
    assert traffic(request_, "ksvc-tags-and-pins", 10.6) == written


def test_a_tag_that_is_not_there_cannot_be_taken_away() -> None:
    assert "there is no tag" in refused(Traffic(keep=True, untag=("x",)), subject("ksvc-tags-and-pins", 10.6))
