"""Why a Service is not well: from its pods within seconds, and from what its controllers say."""

from __future__ import annotations

import pytest

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.order import Harm, harm
from ktui.rollout.rollout import Phase
from tests.kinds.knative_service import replay


@pytest.mark.parametrize(
    ("name", "t", "reason", "words"),
    [
        ("ksvc-crash", 6.2, Reason.CRASHES, "exit 1"),
        ("ksvc-crash", 50, Reason.CRASHES, "exit 1"),
        ("ksvc-crash", 55.9, Reason.CRASHES, "exit code 1"),
        ("ksvc-nopull", 9, Reason.IMAGE_NOT_FOUND, "image web:nopull cannot be pulled"),
        ("ksvc-nopull", 70, Reason.IMAGE_NOT_FOUND, "image web:nopull cannot be pulled"),
        ("ksvc-first-fails", 5, Reason.NO_ROOM, "no node takes the new pod: less than 25m CPU free; nothing serves"),
        ("ksvc-quota", 3.5, Reason.QUOTA_FULL, "no more pods can be created: quota pods: 1 of 1 pods used"),
        ("ksvc-quota", 10, Reason.QUOTA_FULL, "revision 1 serves 100 %"),
        ("ksvc-breaks-later", 12.9, Reason.CRASHES, "the pod crashes in the container user-container: exit 1"),
        ("ksvc-breaks-later", 20, Reason.CRASHES, "revision 2 gets 100 %, not ready"),
        ("ksvc-missing-target", 8, Reason.REFERENCE_MISSING, "the revision web-00009, which does not exist"),
        ("ksvc-digest-not-resolved", 4.46, Reason.REGISTRY_UNREACHABLE, "cannot be resolved to a digest"),
        ("ksvc-digest-not-resolved", 12, Reason.REGISTRY_UNREACHABLE, "127.0.0.1:1 refuses connections"),
        ("ksvc-refused", 16, Reason.SPEC_INVALID, "revision 2 serves 100 %"),
        ("ksvc-deleted-revision", 11, Reason.REFERENCE_MISSING, "the revision web-00001, which does not exist"),
        ("ksvc-ingress-not-ready", 20, Reason.CONTROLLER_FAILS, "the ingress refuses the traffic: DomainConflict"),
    ],
)
def test_the_first_cause(name: str, t: float, reason: Reason, words: str) -> None:
    found = replay.at(name, t).rollout
    assert found.phase in (Phase.FAILED, Phase.STALLED)
    assert found.causes[0].reason is reason, found.causes
    assert found.causes[0].blocking
    assert words in found.why


@pytest.mark.parametrize(("name", "change"), [("ksvc-crash", 4.6), ("ksvc-nopull", 6.4), ("ksvc-quota", 3.3)])
def test_it_is_said_long_before_the_condition_says_so(name: str, change: float) -> None:
    blocked = next(each.t for each in replay.seen(name) if any(cause.blocking for cause in each.rollout.causes))
    failed = next(each for each in replay.seen(name) if each.rollout.controller.phase == "False")  # type: ignore[union-attr]
    assert blocked < change + 2
    assert blocked < failed.t
    assert "revision 1 serves 100 %" in failed.rollout.why


def test_after_a_rollback_by_traffic_what_serves_comes_first() -> None:
    found = replay.at("ksvc-breaks-later", 30).rollout
    assert (found.phase, found.controller.phase) == (Phase.HELD, "False")  # type: ignore[union-attr]
    assert found.why.startswith("revision 1 serves 100 %; revision 2, the newest, failed: ")
    assert harm(found) is Harm.NONE
    assert not any(cause.blocking for cause in found.causes)
    # It was rolled back: that is not advised again, and it counts from then.
    assert found.causes[0].sentence.startswith("revision 2, the newest, failed: ")
    assert "rollback" not in [remedy.value for cause in found.causes for remedy in cause.remedies]
    before = replay.at("ksvc-breaks-later", 20).rollout
    assert found.since is not None
    assert before.since is not None
    assert found.since > before.since


def test_what_breaks_while_it_has_the_traffic_is_down() -> None:
    found = replay.at("ksvc-breaks-later", 20).rollout
    assert harm(found) is Harm.DOWN
    assert "rollback" in [remedy.value for remedy in found.causes[0].remedies]


def test_an_image_that_was_changed_in_a_deployment_is_named() -> None:
    found = replay.at("ksvc-hand-edits", 8).rollout
    assert found.phase is Phase.COMPLETE
    assert found.why.startswith("revision 1 runs web:9.9 in place of web:1.0: someone changed the Deployment")
    assert not replay.at("ksvc-hand-edits", 27).rollout.causes, "the Deployment was made again"


@pytest.mark.parametrize("name", replay.OF_SERVICES)
def test_at_the_end_all_is_as_wanted(name: str) -> None:
    found = replay.seen(name)[-1].rollout
    gone = name == "ksvc-deleted-revision"
    assert found.phase in (Phase.COMPLETE, Phase.HELD, Phase.SCALED_TO_ZERO) or gone
    assert not any(cause.blocking for cause in found.causes)
