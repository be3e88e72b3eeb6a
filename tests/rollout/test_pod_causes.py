"""Causes that pods, their events and their nodes show, in clusters made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.model.resources import EVENTS, PODS
from ktui.rollout.countdown import failures
from ktui.rollout.diagnosis.cause import Cause, Reason
from ktui.rollout.rollout import Phase
from tests.rollout.made import NOW, Made, ago, container, ended, running, waiting
from tests.rollout.test_diagnosis import rolling, unscheduled

NO_ROOM = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims."


def event(
    made: Made, pod: str, reason: str, message: str, *, first: float, last: float | None = None, **more: Any
) -> Made:
    """An event about the pod `web-2-POD` of the new revision."""
    raw = {
        "metadata": {"name": f"{pod}-{reason}-{first}", "namespace": "shop", "uid": f"e-{pod}-{reason}-{first}"},
        "involvedObject": {"kind": "Pod", "uid": f"p2-{pod}", "name": f"web-2-{pod}", **more.pop("about", {})},
        "reason": reason,
        "message": message,
        "firstTimestamp": ago(first),
        "lastTimestamp": ago(first if last is None else last),
    }
    return made.put(EVENTS, raw | more)


def first(made: Made) -> Cause:
    return made.rollout().causes[0]


# No room


@pytest.mark.parametrize(
    ("reason", "source"),
    [("TriggeredScaleUp", "cluster-autoscaler"), ("Nominated", "karpenter")],
)
def test_a_node_that_is_on_its_way_is_waited_for_with_a_patience_of_its_own(reason: str, source: str) -> None:
    made = rolling(1).pod(2, "a", age=150, **unscheduled(NO_ROOM, since=150))
    assert first(made).blocking
    event(made, "a", reason, "a node comes", first=140, source={"component": source})
    cause = first(made)
    assert (cause.reason, cause.blocking) == (Reason.NODE_COMING, False)
    assert cause.sentence == "the new pod waits for a node that the autoscaler adds"
    refused = "NotTriggerScaleUp" if reason == "TriggeredScaleUp" else "FailedScheduling"
    event(made, "a", refused, "no node fits", first=20, source={"component": source})
    assert (first(made).reason, first(made).blocking) == (Reason.NO_ROOM, True)


def test_a_node_that_does_not_come_stalls_in_the_end() -> None:
    made = rolling(1).pod(2, "a", age=400, **unscheduled(NO_ROOM, since=400))
    event(made, "a", "TriggeredScaleUp", "a node comes", first=390)
    assert (first(made).reason, first(made).blocking) == (Reason.NODE_COMING, True)


def test_preemption_that_is_under_way_is_waited_for() -> None:
    made = rolling(1).pod(2, "a", age=90, **unscheduled(NO_ROOM, since=90), nominatedNodeName="node-2")
    cause = first(made)
    assert (cause.reason, cause.blocking) == (Reason.NODE_COMING, False)
    assert cause.sentence == "the new pod waits for pods of lower priority to stop on node-2"
    assert "add nodes" not in cause.try_next


def test_the_scheduler_that_does_not_say_why_is_not_made_to() -> None:
    cause = first(rolling(1).pod(2, "a", age=90, **unscheduled("0/2 nodes are available: 2", since=90)))
    assert cause.sentence == "no node takes the new pod: the scheduler does not say why"
    assert "add nodes" not in cause.try_next


@pytest.mark.parametrize(
    ("said", "why", "helps"),
    [
        (
            'waiting for ephemeral volume controller to create the persistentvolumeclaim "x"',
            "its volume claim is still being made",
            "wait",
        ),
        (
            "3 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
            "another pod",
            "another pod holds its ReadWriteOncePod volume",
            "Recreate",
        ),
        ("3 node(s) exceed max volume count", "all 3 nodes have as many volumes as they can hold", "add nodes"),
        ("3 node(s) had no available volume zone", "all 3 nodes cannot reach the volume", "zone"),
        ("3 cannot allocate all claims", "all 3 nodes have no device that fits the claim", "device"),
        (
            "3 node(s) didn't satisfy existing pods anti-affinity rules",
            "all 3 nodes are ruled out by other pods' anti-affinity",
            "anti-affinity",
        ),
        (
            "3 node(s) didn't match Pod's required features",
            "all 3 nodes lack a feature that the pod needs",
            "kubelets",
        ),
        (
            "3 node(s) had untolerated taint {example.com/not-ready: unschedulable}",
            "all 3 nodes have the untolerated taint example.com/not-ready",
            "toleration",
        ),
    ],
)
def test_the_advice_fits_what_the_scheduler_said(said: str, why: str, helps: str) -> None:
    text = f"0/3 nodes are available: {said}. no new claims to deallocate, preemption: 0/3 nodes are available."
    cause = first(rolling(1).pod(2, "a", age=90, **unscheduled(text, since=90)))
    assert cause.sentence == f"no node takes the new pod: {why}"
    assert helps in cause.try_next
    assert "lower the requests" not in cause.try_next


def test_what_is_asked_for_is_the_schedulers_sum() -> None:
    requests = {"requests": {"cpu": "2"}}
    raw = {
        "metadata": {
            "name": "web-2-b",
            "namespace": "shop",
            "uid": "p2-b",
            "creationTimestamp": ago(90),
            "ownerReferences": [{"uid": "r2", "kind": "ReplicaSet", "name": "web-2", "controller": True}],
        },
        "spec": {
            "containers": [{"name": "web", "image": "web", "resources": requests}],
            "initContainers": [{"name": "load", "image": "load", "resources": {"requests": {"cpu": "48"}}}],
            "overhead": {"cpu": "250m"},
        },
        "status": unscheduled(NO_ROOM, since=90),
    }
    made = rolling(1).put(PODS, raw)
    assert first(made).sentence == "no node takes the new pod: all 3 nodes have less than 48.25 CPU free"


# Nodes


def test_all_pods_that_are_assigned_to_a_lost_node_are_counted() -> None:
    made = rolling(4)
    for name in "abcd":
        ready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(40)}
        state = container(running(500), ready=True) if name in "ab" else container(waiting("ContainerCreating"))
        made.pod(2, name, age=500, conditions=[ready], **state)
    event(made, "a", "NodeNotReady", "Node is not ready", first=40)
    cause = first(made)
    assert cause.sentence == "4 of 4 new pods are on the node node-1, which does not answer"
    assert cause.reason is Reason.NODE_LOST


def refused(reason: str, message: str) -> dict[str, Any]:
    return {"phase": "Failed", "reason": reason, "message": f"Pod was rejected: {message}"}


def test_a_node_that_refuses_each_pod_at_its_door_stalls_the_rollout_as_one_cause() -> None:
    made = rolling(81)
    for index in range(80):
        made.pod(2, f"{index}", age=10 + index / 10, **refused("OutOfcpu", "Node didn't have enough resource: cpu"))
    made.pod(2, "alive", age=5, **container(waiting("ContainerCreating")))
    rollout = made.rollout()
    assert rollout.phase is Phase.STALLED
    assert [(cause.reason, cause.sentence) for cause in rollout.causes] == [
        (Reason.REFUSED_AT_NODE, "node-1 refuses 80 new pods: too little CPU")
    ]


@pytest.mark.parametrize(
    "reason",
    ["OutOfmemory", "OutOfpods", "UnexpectedAdmissionError", "NodeAffinity", "AppArmor", "TopologyAffinityError"],
)
def test_every_way_of_refusing_is_known(reason: str) -> None:
    made = rolling(2)
    for name in "ab":
        made.pod(2, name, age=10, **refused(reason, "no"))
    cause = first(made)
    assert (cause.reason, cause.blocking) == (Reason.REFUSED_AT_NODE, True)
    assert len(made.rollout().causes) == 1


def test_pods_that_were_refused_long_ago_hold_nothing_up() -> None:
    made = rolling(2)
    for name in "ab":
        made.pod(2, name, age=900, **refused("OutOfpods", "no"))
    assert not first(made).blocking


@pytest.mark.parametrize("phase", ["Failed", "Running"])
def test_a_pod_that_its_node_ended_says_so_itself(phase: str) -> None:
    message = "Pod was terminated in response to imminent node shutdown."
    state = container(ended(0, "Completed"))
    made = rolling(1).pod(2, "a", age=3000, **(state | {"phase": phase, "reason": "Terminated", "message": message}))
    cause = first(made)
    assert cause.reason is Reason.ENDED_BY_CLUSTER
    assert cause.sentence == "1 new pod was ended: its node shuts down"
    assert cause.detail == message


# Containers


def test_a_program_that_ends_well_again_and_again_is_a_loop() -> None:
    state = container(ended(0, "Completed"), restarts=3, last=ended(0, "Completed", since=60))
    rollout = rolling(1).pod(2, "a", age=300, **state).rollout()
    assert rollout.phase is Phase.STALLED
    assert rollout.why == "the new pod ends by itself: exit 0, 3 restarts, last 12s ago"
    assert rollout.causes[0].reason is Reason.EXITS


@pytest.mark.parametrize("code", [0, 143, 137])
def test_a_probe_that_kills_is_known_at_its_first_kill_whatever_the_exit_code(code: int) -> None:
    state = container(running(5), restarts=1, last=ended(code, since=6))
    made = rolling(2).pod(2, "a", age=60, **state).pod(2, "b", age=60, **container(running(55)))
    event(made, "a", "Killing", "Container web failed liveness probe, will be restarted", first=8)
    event(made, "a", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", first=20, last=8)
    cause = first(made)
    assert cause.sentence == "1 of 2 new pods is restarted: its liveness probe fails, 1 restart, last 6s ago"
    assert (cause.reason, cause.blocking) == (Reason.PROBE_KILLS, False)
    assert cause.detail == "HTTP probe failed with statuscode: 500"


def test_a_kill_of_an_earlier_run_is_not_blamed_for_a_crash() -> None:
    last = ended(3, since=6)
    last["terminated"]["startedAt"] = ago(20)
    made = rolling(1).pod(2, "a", age=900, **container(waiting("CrashLoopBackOff"), restarts=2, last=last))
    event(made, "a", "Killing", "Container web failed startup probe, will be restarted", first=600)
    assert first(made).reason is Reason.CRASHES


def test_a_restart_that_a_resize_asked_for_is_no_crash() -> None:
    last = ended(143, since=6)
    last["terminated"]["startedAt"] = ago(600)
    made = rolling(1).pod(2, "a", age=700, **container(running(5), restarts=1, last=last))
    event(made, "a", "Killing", "Container web resize requires restart", first=7)
    assert made.rollout().causes == ()


def test_a_limit_that_is_in_force_is_the_one_that_is_named() -> None:
    state = container(
        waiting("CrashLoopBackOff"),
        restarts=3,
        last=ended(137, "OOMKilled"),
        resources={"limits": {"memory": "64Mi"}},
    )
    cause = first(rolling(1).pod(2, "a", age=300, **state))
    assert cause.sentence == "the new pod runs out of memory: limit 64Mi, 3 restarts, last 12s ago"


def test_a_hook_says_what_it_printed() -> None:
    said = (
        'Exec lifecycle hook ([/bin/register]) for Container "web" in Pod "web-2-a_shop(6bd2dce6)" failed - error: '
        "command '/bin/register' exited with 3: , message: \"no answer from consul\\n\""
    )
    cause = first(rolling(1).pod(2, "a", **container(waiting("PostStartHookError", said), restarts=1, last=ended(0))))
    assert cause.sentence == "the postStart hook fails in the new pod: no answer from consul"
    assert (cause.reason, cause.detail) == (Reason.HOOK_FAILED, said)


def test_a_slow_start_is_told_in_time_for_a_short_deadline() -> None:
    made = rolling(1, progressDeadlineSeconds=20).pod(2, "a", age=30, **container(running(12)))
    event(made, "a", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", first=11, last=2)
    assert first(made).sentence == "the new pod is not ready after 12s: the readiness probe fails"


def test_the_beginning_of_a_loop_does_not_move_while_it_goes_on() -> None:
    moments = []
    for restarts, since, lasted in ((3, 100.0, 20), (4, 40.0, 20), (5, -60.0, 20)):
        last = ended(1, since=since)
        last["terminated"]["startedAt"] = ago(since + lasted)
        made = rolling(1).pod(2, "a", age=400, **container(waiting("CrashLoopBackOff"), restarts=restarts, last=last))
        event(made, "a", "BackOff", "Back-off restarting failed container web in pod web-2-a_shop(u)", first=180)
        moments.append(first(made).since)
    known = [moment for moment in moments if moment is not None]
    assert len(known) == 3
    assert (max(known) - min(known)).total_seconds() <= 20


def test_the_back_off_of_another_container_tells_nothing_of_this_one() -> None:
    last = ended(1, since=6)
    last["terminated"]["startedAt"] = ago(8)
    made = rolling(1).pod(2, "a", age=3000, **container(waiting("CrashLoopBackOff"), restarts=2, last=last))
    said = "Back-off restarting failed container proxy in pod web-2-a_shop(u)"
    event(made, "a", "BackOff", said, first=2900, about={"fieldPath": "spec.containers{proxy}"})
    since = first(made).since
    assert since is not None
    assert (NOW - since).total_seconds() < 60


def test_pods_that_wait_for_the_token_of_their_service_account_are_one_cause() -> None:
    made = rolling(2)
    for name in "ab":
        made.pod(2, name, age=200, **container(waiting("ContainerCreating")))
        said = f'MountVolume.SetUp failed for volume "kube-api-access-{name}" : failed to fetch token: etcdserver: x'
        event(made, name, "FailedMount", said, first=180, last=5, count=8)
    (cause,) = made.rollout().causes
    assert cause.pods == ("web-2-a", "web-2-b")


def test_a_network_that_is_not_ready_is_named() -> None:
    made = rolling(1).pod(2, "a", age=200, **container(waiting("ContainerCreating")))
    said = "network is not ready: container runtime network not ready: NetworkReady=false"
    event(made, "a", "NetworkNotReady", said, first=180, last=5, count=8)
    assert first(made).sentence.startswith("the new pod gets no network on node-1: network is not ready")


def stopped(code: int, reason: str) -> dict[str, Any]:
    """How a run of 48 minutes ended half a minute ago."""
    last = ended(code, reason, since=30)
    last["terminated"]["startedAt"] = ago(2900)
    return last


@pytest.mark.parametrize(("code", "reason"), [(255, "Unknown"), (137, "ContainerStatusUnknown")])
def test_pods_that_their_node_stopped_do_not_crash(code: int, reason: str) -> None:
    made = rolling(2)
    for name in "ab":
        made.pod(2, name, age=3000, **container(running(10), restarts=1, last=stopped(code, reason)))
    cause = first(made)
    assert cause.sentence == "2 of 2 new pods were stopped with their node or its runtime, last 30s ago"
    assert not failures(made.rollout())


def test_one_ending_of_each_pod_after_a_long_run_is_no_loop() -> None:
    made = rolling(2)
    for name in "ab":
        made.pod(2, name, age=3000, **container(running(10), restarts=1, last=stopped(137, "Error")))
    assert (first(made).reason, failures(made.rollout())) == (Reason.CRASHES, [])


def test_a_ready_pod_that_its_node_stopped_twice_is_no_loop() -> None:
    for reason, restarted in (("Unknown", False), ("Error", True)):
        last = ended(255, reason, since=60)
        last["terminated"]["startedAt"] = ago(100)
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": ago(40)}
        made = rolling(1).pod(
            2, "a", age=900, conditions=[ready], **container(running(50), restarts=2, last=last, ready=True)
        )
        reasons = [cause.reason for cause in made.rollout().causes]
        assert (Reason.RESTARTED in reasons) is restarted
