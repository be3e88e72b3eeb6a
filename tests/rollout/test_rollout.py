"""One rollout as a whole, in the situations that no recording has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ktui.kinds.registry import rollout_of
from ktui.model.changes import Gone
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS
from ktui.rollout.rollout import Phase
from tests.rollout.made import NOW, Made, ago, container, ended, running, waiting

HOLD = 2147483646
NO_DEADLINE = 2147483647


def complete(pods: int = 4, **status: Any) -> Made:
    """Revision 2 of 1.1, rolled out an hour ago."""
    counts = {"replicas": pods, "updatedReplicas": pods, "readyReplicas": pods, "availableReplicas": pods}
    made = Made("web:1.1", pods, **(counts | status))
    made.revision(1, "web:1.0", 0, age=9000)
    return made.revision(2, "web:1.1", pods, ready=pods, age=3700)


def test_a_calm_deployment() -> None:
    rollout = complete().condition("Progressing", "True", "NewReplicaSetAvailable", since=3600).rollout()
    assert rollout.phase is Phase.COMPLETE
    assert rollout.why == ""
    assert rollout.since == NOW - timedelta(hours=1)
    assert (rollout.revision, rollout.previous_revision, rollout.image) == (2, 1, "web:1.1")
    # It was over when it was first seen: nothing is known of how low it went.
    assert (rollout.lowest, rollout.image_change, rollout.causes) == (None, None, ())


def test_without_a_deadline_there_is_no_condition_and_it_is_complete_all_the_same() -> None:
    made = complete().spec(progressDeadlineSeconds=NO_DEADLINE)
    rollout = made.rollout()
    assert rollout.phase is Phase.COMPLETE
    assert rollout.since == rollout.finished == NOW - timedelta(seconds=3700)
    assert made.track(made.track(), later=60).finished == rollout.finished


def test_paused_with_a_changed_template() -> None:
    made = Made("web:1.1", 4, replicas=4, readyReplicas=4, availableReplicas=4).spec(paused=True)
    made.condition("Progressing", "Unknown", "DeploymentPaused", since=300).revision(1, "web:1.0", 4, ready=4, age=9000)
    rollout = made.rollout()
    assert rollout.phase is Phase.PAUSED
    assert rollout.why == "changed while paused: nothing rolls out until it is resumed"
    assert rollout.since == NOW - timedelta(seconds=300)
    assert rollout.verdict.line.endswith("0 out of 4 new replicas have been updated...")
    assert rollout.image_change == ("web:1.0", "web:1.1")


def test_paused_when_nothing_is_under_way() -> None:
    made = complete().spec(paused=True).condition("Progressing", "Unknown", "DeploymentPaused")
    assert made.rollout().phase is Phase.PAUSED
    assert made.rollout().why == "complete, but paused: a change waits until it is resumed"


def test_paused_because_it_crashes() -> None:
    made = Made("web:1.1", 4, replicas=4, updatedReplicas=1, availableReplicas=3).spec(paused=True)
    made.revision(1, "web:1.0", 3, ready=3, age=5000).revision(2, "web:1.1", 1)
    made.pod(2, "a", **container(waiting("CrashLoopBackOff"), restarts=3, last=ended(1)))
    assert made.rollout().phase is Phase.PAUSED
    assert made.rollout().why == "the new pod crashes: exit 1, 3 restarts, last 12s ago (paused)"


def test_a_pause_does_not_undo_a_failure() -> None:
    made = Made("web:1.1", 4, replicas=4, updatedReplicas=1, availableReplicas=3).spec(paused=True)
    made.condition("Progressing", "False", "ProgressDeadlineExceeded", since=90)
    rollout = made.revision(1, "web:1.0", 3, ready=3).revision(2, "web:1.1", 1).rollout()
    assert (rollout.phase, rollout.why) == (Phase.FAILED, "no progress within its deadline of 10m (paused)")
    assert rollout.since == NOW - timedelta(seconds=90)


def test_recreate_still_taking_old_pods_down() -> None:
    """The revision annotation and the condition still speak of the old template."""
    made = Made("web:1.1", 3, replicas=0).spec(strategy={"type": "Recreate"})
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=4000)
    made.revision(1, "web:1.0", 0, age=9000, terminatingReplicas=3)
    rollout = made.rollout()
    assert (rollout.phase, rollout.why) == (Phase.PROGRESSING, "3 old pods to stop first")
    assert (rollout.progress.promised, rollout.image_change) == (0, ("web:1.0", "web:1.1"))


def test_recreate_waits_for_a_pod_that_does_not_stop() -> None:
    made = Made("web:1.1", 3, replicas=0).spec(strategy={"type": "Recreate"})
    made.revision(1, "web:1.0", 0, age=9000, terminatingReplicas=1)
    made.pod(1, "stuck", meta={"deletionTimestamp": ago(200)}, **container(running(4000), ready=True))
    assert made.rollout().why == "1 old pod does not stop: overdue for 3m20s"


def test_an_old_server_that_does_not_count_terminating_pods() -> None:
    progress = complete().rollout().progress
    assert (progress.new.terminating, progress.old.terminating) == (None, None)
    counting = Made("web:1.1", 1).revision(2, "web:1.1", 1, terminatingReplicas=0).rollout().progress
    assert counting.new.terminating == 0


def test_scaled_to_zero() -> None:
    made = complete(0).condition("Progressing", "True", "NewReplicaSetAvailable", since=60)
    assert (made.rollout().phase, made.rollout().why) == (Phase.SCALED_TO_ZERO, "")
    assert made.rollout().progress.share == 1.0


def test_scaled_out_long_after_the_rollout() -> None:
    made = complete(4, replicas=6, updatedReplicas=6).spec(replicas=6)
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=3600)
    rollout = made.revision(2, "web:1.1", 6, ready=4, age=3700).rollout()
    assert (rollout.phase, rollout.why) == (Phase.PROGRESSING, "4 of 6 pods available")
    assert rollout.seconds_left is None
    assert rollout.since is None


def test_a_pod_lost_under_our_eyes_is_dated() -> None:
    made = complete().condition("Progressing", "True", "NewReplicaSetAvailable", since=3600)
    before = made.track()
    made.raw["status"]["availableReplicas"] = 3
    made.revision(2, "web:1.1", 4, ready=3, age=3700)
    seen = made.track(before, later=100)
    made.raw["status"]["availableReplicas"] = 2
    rollout = made.revision(2, "web:1.1", 4, ready=2, age=3700).rollout(seen, later=130)
    assert rollout.since == NOW + timedelta(seconds=100)
    assert rollout.why == "2 of 4 pods available"


def test_no_annotation_of_a_revision_anywhere() -> None:
    made = Made("web:1.1", 2, annotated=False, replicas=3, updatedReplicas=1, availableReplicas=2)
    made.revision(1, "web:1.0", 2, ready=2, age=9000).revision(2, "web:1.1", 1)
    rollout = made.rollout()
    assert (rollout.revision, rollout.previous_revision) == (0, 0)
    assert rollout.image_change == ("web:1.0", "web:1.1")


def test_the_image_that_gives_way_is_the_one_that_runs() -> None:
    """Revision 2 was given up at once, and revision 3 replaces what is left of revision 1."""
    made = Made("web:1.2", 4, replicas=5, updatedReplicas=1, availableReplicas=4)
    made.revision(1, "web:1.0", 4, ready=4, age=9000).revision(2, "web:1.1", 0, age=60).revision(3, "web:1.2", 1)
    rollout = made.rollout()
    assert (rollout.previous_revision, rollout.image_change) == (2, ("web:1.0", "web:1.2"))


def held(**status: Any) -> Made:
    made = Made("web:1.1", 8, **status)
    return made.spec(
        minReadySeconds=HOLD,
        progressDeadlineSeconds=NO_DEADLINE,
        strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}},
    )


def test_a_canary_that_crashes_is_stalled() -> None:
    made = held(replicas=10, updatedReplicas=2, availableReplicas=8)
    made.revision(1, "web:1.0", 8, ready=8, age=9000).revision(2, "web:1.1", 2)
    assert (made.rollout().phase, made.rollout().why) == (Phase.HELD, "canary of 2, 0 ready")
    for name in "ab":
        made.pod(2, name, **container(waiting("CrashLoopBackOff"), restarts=2, last=ended(1)))
    rollout = made.rollout()
    assert (rollout.phase, rollout.why) == (
        Phase.STALLED,
        "2 of 2 new pods crash: exit 1, 4 restarts, last 12s ago",
    )
    assert rollout.serving == "the old revision still serves with 8 of 8 pods"


def test_a_canary_that_does_not_become_ready_says_so_while_it_is_held() -> None:
    made = held(replicas=10, updatedReplicas=2, availableReplicas=8)
    made.revision(1, "web:1.0", 8, ready=8, age=9000).revision(2, "web:1.1", 2)
    made.pod(2, "a", **container(running(90))).pod(2, "b", **container(running(5)))
    rollout = made.rollout()
    assert rollout.phase is Phase.HELD
    assert rollout.why == "1 of 2 new pods is not ready after 1m30s"


def test_a_hold_that_was_left_behind() -> None:
    """Someone's undo brought the old template back, but not the settings: nothing counts as available any more."""
    made = held(replicas=8, updatedReplicas=8, readyReplicas=8, availableReplicas=0)
    made.revision(1, "web:1.0", 0, age=9000).revision(2, "web:1.1", 8, ready=8, available=0, age=9000)
    rollout = made.rollout()
    assert rollout.phase is Phase.HELD
    assert rollout.why == "nothing is left to hold, but no new pod counts as available until the hold is ended"


def test_deleted_in_the_foreground() -> None:
    made = complete()
    made.raw["metadata"] |= {"deletionTimestamp": ago(5), "finalizers": ["foregroundDeletion"]}
    rollout = made.rollout()
    assert (rollout.phase, rollout.why) == (Phase.DELETED, "being deleted, 4 pods left")
    assert rollout.since == NOW - timedelta(seconds=5)


def test_what_goes_down_with_a_deletion_is_no_low_of_the_rollout() -> None:
    made = Made("web:1.1", 4, replicas=4, updatedReplicas=1, availableReplicas=3)
    made.revision(1, "web:1.0", 3, ready=3, age=9000).revision(2, "web:1.1", 1)
    before = made.track()
    made.raw["metadata"]["deletionTimestamp"] = ago(0)
    made.raw["status"]["availableReplicas"] = 0
    assert made.rollout(before, later=5).lowest == 3


def test_the_same_name_with_another_uid_is_another_rollout() -> None:
    made = complete().condition("Progressing", "True", "NewReplicaSetAvailable")
    track = made.track()
    made.deployment()
    made.store.apply([Gone(DEPLOYMENTS, "d", "900")])
    assert made.store.of_uid(Deployment, "d") is None
    made.raw["metadata"] |= {"uid": "d2", "resourceVersion": "901"}
    made.put(DEPLOYMENTS, made.raw)
    again = made.store.named(Deployment, "shop", "web")
    assert again is not None
    fresh, rollout = rollout_of(made.store, again, None, NOW)
    assert (rollout.uid, rollout.progress.new.existing, rollout.previous_revision) == ("d2", 0, 0)
    assert track.template == fresh.template


@pytest.mark.parametrize(
    ("pods", "ready", "available", "why"),
    [
        (0, 0, 0, "beginning"),
        (2, 0, 0, "2 new pods starting"),
        (2, 1, 0, "1 new pod ready, but not yet for minReadySeconds"),
        (2, 2, 2, "2 of 4 pods new"),
        (4, 4, 4, "2 old pods left to stop"),
    ],
)
def test_what_is_going_on(pods: int, ready: int, available: int, why: str) -> None:
    made = Made("web:1.1", 4, replicas=pods + 2, updatedReplicas=pods, availableReplicas=2 + available)
    made.revision(1, "web:1.0", 2, ready=2, age=9000)
    made.revision(2, "web:1.1", pods, ready=ready, available=available)
    rollout = made.rollout()
    # Seen for the first time, there is no pace to go by that would be worth more than these words.
    assert msgspec.structs.replace(rollout, seconds_left=None).why == why


def test_a_change_that_the_controller_has_not_seen() -> None:
    made = complete()
    made.raw["metadata"]["generation"] = 3
    rollout = made.rollout()
    assert (rollout.phase, rollout.why) == (Phase.PROGRESSING, "the controller has not seen the change yet")
    assert not rollout.observed


def test_nothing_serves() -> None:
    made = Made("web:1.1", 2, replicas=2, updatedReplicas=2).revision(1, "web:1.1", 2)
    for name in "ab":
        made.pod(1, name, **container(waiting("ImagePullBackOff")))
    assert made.rollout().serving == "no pod is available"


def test_nothing_hostile_is_left_in_a_rollout() -> None:
    evil = "x\x1b[2J\u202e\u200b[b]\n"
    made = Made(f"web:{evil}", 2, replicas=2, updatedReplicas=1, availableReplicas=1)
    made.raw["metadata"] |= {"name": evil, "namespace": evil, "annotations": {"kubernetes.io/change-cause": evil}}
    made.raw["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": evil}
    made.revision(1, f"web:old{evil}", 1, ready=1).revision(2, f"web:{evil}", 1)
    rollout = made.rollout()
    assert rollout.provenance is not None
    assert rollout.image_change is not None
    texts = [
        rollout.name,
        rollout.namespace,
        rollout.image,
        *rollout.image_change,
        rollout.change_cause,
        rollout.provenance.sentence,
        rollout.verdict.line,
        rollout.why,
    ]
    assert all(text.isprintable() for text in texts)


def test_equal_answers_are_equal() -> None:
    made = complete().condition("Progressing", "True", "NewReplicaSetAvailable", since=3600)
    track = made.track()
    assert made.rollout(track) == made.rollout(track, later=5)
