"""Which actions are open, what their labels say, and why the others are closed."""

from __future__ import annotations

import pytest

from ktui.kinds import planning
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.planning import plan
from ktui.plans.offers import PATCH, PATCH_SCALE, Offer, Rights
from ktui.plans.request import Abort, Action, Pause, Promote, Request, Restart, Resume, RollBack
from ktui.rollout.revisions import Refusal
from ktui.tui.screen import action_hints
from tests.plans.builders import NEW, OLD, complete, deployment, made, midway, replicaset


def offers(subject: DeploymentSubject, *, read_only: bool = False, rights: Rights | None = None) -> dict[Action, Offer]:
    found = planning.offers(subject, read_only=read_only, rights=rights)
    return {offer.action: offer for offer in found}


def test_in_the_middle_of_a_rollout() -> None:
    found = offers(midway())
    assert {offer.label: offer.key for offer in found.values() if offer.open} == {
        "pause": "space",
        "roll back to 30 (cart:4.9)": "b",
        "abort: back to 30 (cart:4.9)": "a",
        "set image": "i",
        "scale": "s",
        "restart": "R",
    }
    assert found[Action.PROMOTE].why_not == "nothing to promote: it runs by itself"


def test_while_paused_the_label_of_promote_says_what_it_does() -> None:
    found = offers(midway(paused=True))
    assert found[Action.PROMOTE].label == "promote: resume to the end"
    assert found[Action.PROMOTE].open
    assert found[Action.RESUME].key == "space"
    assert Action.PAUSE not in found
    assert not found[Action.RESTART].open


def test_at_rest() -> None:
    found = offers(complete())
    assert found[Action.PROMOTE].why_not == "nothing to promote: revision 31 is complete"
    assert found[Action.ABORT].why_not.startswith("nothing to abort: ")
    assert found[Action.ROLLBACK].open


@pytest.mark.parametrize(
    "subject",
    [
        complete(),
        complete(paused=True),
        midway(),
        midway(paused=True),
        made(deployment(NEW), replicaset(1, NEW, count=4)),
        made(deployment(OLD, paused=True, counts=(4, 0, 4)), replicaset(31, NEW, count=4)),
        made(
            deployment(NEW, counts=(5, 2, 4), reason="ProgressDeadlineExceeded"),
            replicaset(31, NEW, count=2),
            replicaset(30, OLD, count=3),
        ),
    ],
    ids=["complete", "paused at rest", "midway", "midway paused", "first revision", "changed while paused", "failed"],
)
def test_what_is_open_can_be_planned_and_what_is_closed_is_refused_for_the_same_reason(
    subject: DeploymentSubject,
) -> None:
    requests: dict[Action, Request] = {
        Action.PAUSE: Pause(),
        Action.RESUME: Resume(),
        Action.PROMOTE: Promote(),
        Action.ROLLBACK: RollBack(),
        Action.ABORT: Abort(),
        Action.RESTART: Restart(),
    }
    for action, offer in offers(subject).items():
        if action in requests:
            planned = plan(requests[action], subject)
            assert (planned.reason if isinstance(planned, Refusal) else "") == offer.why_not


def test_of_two_keys_that_do_the_same_the_footer_has_one() -> None:
    failed = made(
        deployment(NEW, counts=(5, 2, 4), reason="ProgressDeadlineExceeded"),
        replicaset(31, NEW, count=2),
        replicaset(30, OLD, count=3),
    )
    found = offers(failed)
    assert found[Action.ABORT].open
    assert (found[Action.ROLLBACK].instead, found[Action.ABORT].instead) == (None, Action.ROLLBACK)
    shown = [hint.key for hint in action_hints(tuple(found.values()))]
    assert ("b" in shown, "a" in shown) == (True, False)


def test_a_pod_that_dies_while_a_complete_rollout_is_paused_is_no_rollout() -> None:
    raw = deployment(NEW, paused=True, counts=(4, 4, 3), reason="DeploymentPaused")
    found = offers(made(raw, replicaset(31, NEW, count=4, available=3), replicaset(30, OLD)))
    assert found[Action.PROMOTE].why_not == "nothing to promote: revision 31 is complete, though paused"
    assert not found[Action.ABORT].open
    assert found[Action.ROLLBACK].open


def test_read_only_closes_everything() -> None:
    assert {offer.why_not for offer in offers(midway(), read_only=True).values()} == {"ktui is read-only"}


def test_a_right_that_is_missing_closes_what_needs_it() -> None:
    found = offers(midway(), rights={PATCH: False, PATCH_SCALE: True})
    assert [action for action, offer in found.items() if offer.open] == [Action.SCALE]
    assert found[Action.PAUSE].why_not == "not allowed: you may not patch deployments"
    found = offers(complete(), rights={PATCH: True, PATCH_SCALE: False})
    assert found[Action.SCALE].why_not == "not allowed: you may not patch deployments/scale"


def test_what_is_being_deleted_is_closed() -> None:
    raw = deployment(NEW)
    raw["metadata"]["deletionTimestamp"] = "2026-11-23T11:59:00Z"
    assert not any(offer.open for offer in offers(made(raw, replicaset(30, OLD))).values())
