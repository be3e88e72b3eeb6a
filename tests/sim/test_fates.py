"""What a kubelet and a scheduler make of pods that come to grief, in virtual time, in the words of Kubernetes 1.36."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.node.fate import Fate
from tests.sim.deployments import deployment

JSON = dict[str, Any]
SIDECAR = {"name": "proxy", "image": "registry.example/proxy:1", "restartPolicy": "Always"}


def play(seconds: float, *, sidecar: bool = False, **fate: str) -> SimulatedCluster:
    """One pod with this fate, after so many seconds."""
    cluster = SimulatedCluster(seed=1)
    made = deployment(replicas=1)
    template = made["spec"]["template"]
    template["metadata"]["annotations"] = {f"sim.ktui/{name.replace('_', '-')}": text for name, text in fate.items()}
    if sidecar:
        template["spec"]["initContainers"] = [SIDECAR]
    cluster.apply(made)
    cluster.run_for(seconds)
    return cluster


def pod(cluster: SimulatedCluster) -> JSON:
    return cluster.list("pods")[0]


def container(cluster: SimulatedCluster) -> JSON:
    found: JSON = pod(cluster)["status"]["containerStatuses"][0]
    return found


def is_ready(cluster: SimulatedCluster) -> bool:
    return bool(container(cluster)["ready"])


def ready_condition(cluster: SimulatedCluster) -> str:
    return next(str(c["status"]) for c in pod(cluster)["status"]["conditions"] if c["type"] == "Ready")


def messages(cluster: SimulatedCluster, reason: str) -> set[str]:
    return {event["message"] for event in cluster.list("events") if event["reason"] == reason}


def test_a_crash_after_it_was_ready_leaves_ready_moments_between_the_crashes() -> None:
    cluster = play(1, fate="crash", run_seconds="20", startup_seconds="3", back_off="kept")
    for restarts in range(3):
        cluster.wait_until(is_ready, 120)
        assert container(cluster)["restartCount"] == restarts
        cluster.wait_until(lambda cluster: "terminated" in container(cluster)["state"], 60)
        assert container(cluster)["state"]["terminated"]["exitCode"] == 1


def test_a_container_that_ends_stays_as_it_ended_through_its_back_off() -> None:
    cluster = play(1, fate="complete", run_seconds="3", startup_seconds="5", back_off="kept")
    cluster.wait_until(lambda cluster: messages(cluster, "BackOff"), 60)
    seen = []
    for _ in range(30):
        cluster.run_for(1)
        seen.append(container(cluster)["state"])
    assert {next(iter(state)) for state in seen} == {"terminated", "running"}
    assert [state["terminated"]["reason"] for state in seen[:8]] == ["Completed"] * 8
    assert container(cluster)["lastState"]["terminated"]["exitCode"] == 0


def test_a_long_back_off_is_in_the_status_after_a_minute() -> None:
    cluster = play(1, fate="crash", back_off="kept")
    cluster.wait_until(lambda cluster: container(cluster)["restartCount"] == 5 and has_ended(cluster), 600)
    cluster.run_for(58)
    assert "terminated" in container(cluster)["state"]
    cluster.run_for(4)
    waiting = container(cluster)["state"]["waiting"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert waiting["message"].startswith("back-off 2m40s restarting failed container=web pod=web-")
    assert "terminated" in container(cluster)["lastState"]


def has_ended(cluster: SimulatedCluster) -> bool:
    return "terminated" in container(cluster)["state"]


def test_a_program_that_stops_in_order_is_killed_by_its_liveness_probe_with_exit_0() -> None:
    cluster = play(1, fate="unlive", run_seconds="5", exit_code="0", back_off="kept")
    cluster.wait_until(has_ended, 60)
    ended = container(cluster)["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (0, "Completed")
    assert messages(cluster, "Killing") == {"Container web failed liveness probe, will be restarted"}


def test_a_hook_that_fails_ends_its_container() -> None:
    cluster = play(1, fate="hookfails", exit_code="0")
    cluster.wait_until(lambda cluster: "waiting" in container(cluster)["state"], 60)
    waiting = container(cluster)["state"]["waiting"]
    assert waiting["reason"] == "PostStartHookError"
    assert f'in Pod "{pod(cluster)["metadata"]["name"]}_default(' in waiting["message"]
    assert waiting["message"].endswith('exited with 3: , message: "no answer from consul\\n"')
    assert container(cluster)["lastState"]["terminated"]["exitCode"] == 0
    cluster.wait_until(lambda cluster: container(cluster)["restartCount"] == 1, 60)
    cluster.run_for(4)
    assert container(cluster)["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert messages(cluster, "FailedPostStartHook") == {"PostStartHook failed"}
    assert messages(cluster, "Killing") == {"FailedPostStartHook"}


def test_a_sidecar_that_is_not_ready_holds_the_pod_and_not_its_program() -> None:
    cluster = play(40, sidecar=True, fate="unready", container="proxy")
    assert is_ready(cluster)
    proxy = pod(cluster)["status"]["initContainerStatuses"][0]
    assert (proxy["started"], proxy["ready"]) == (True, False)
    assert ready_condition(cluster) == "False"
    unhealthy = [event for event in cluster.list("events") if event["reason"] == "Unhealthy"]
    assert [event["involvedObject"]["fieldPath"] for event in unhealthy] == ["spec.initContainers{proxy}"]


def test_the_startup_probe_of_a_sidecar_gives_up_before_the_program_has_begun() -> None:
    said = "Startup probe failed: HTTP probe failed with statuscode: 503"
    cluster = play(60, sidecar=True, fate="unlive", container="proxy", message=said, startup_seconds="30")
    assert messages(cluster, "Killing") == {"Init container proxy failed startup probe"}
    assert container(cluster)["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert pod(cluster)["status"]["initContainerStatuses"][0]["restartCount"] >= 2


def test_a_sidecar_that_starts_again_leaves_its_program_alone() -> None:
    cluster = play(
        60, sidecar=True, fate="unlive", container="proxy", startup_seconds="1", run_seconds="8", exit_code="0"
    )
    assert pod(cluster)["status"]["initContainerStatuses"][0]["restartCount"] >= 2
    assert container(cluster)["restartCount"] == 0
    started = [e for e in cluster.list("events") if e["reason"] == "Started" and "{web}" in str(e["involvedObject"])]
    assert [event["count"] for event in started] == [1]


def test_a_node_turns_pods_away_one_after_another() -> None:
    cluster = play(30, fate="turnedaway")
    refused = [pod for pod in cluster.list("pods") if pod["status"]["phase"] == "Failed"]
    assert len(refused) > 10
    assert {pod["status"]["reason"] for pod in refused} == {"OutOfcpu"}
    assert all(pod["status"]["message"].startswith("Pod was rejected: Node didn't have enough") for pod in refused)
    assert not any("containerStatuses" in pod["status"] for pod in refused)


def test_a_node_that_is_shut_down_ends_its_pods() -> None:
    cluster = play(5, fate="shutdown", run_seconds="3")
    ended = next(pod for pod in cluster.list("pods") if pod["status"]["phase"] == "Failed")
    assert ended["status"]["reason"] == "Terminated"
    assert ended["status"]["message"] == "Pod was terminated in response to imminent node shutdown."


@pytest.mark.parametrize(("reason", "event"), [("", "TriggeredScaleUp"), ("Nominated", "Nominated")])
def test_a_node_is_added_for_a_pod_that_finds_no_room(reason: str, event: str) -> None:
    cluster = play(10, fate="scaleup", run_seconds="45", reason=reason)
    assert pod(cluster)["status"]["phase"] == "Pending"
    assert len(messages(cluster, event)) == 1
    assert all("Insufficient cpu" in message for message in messages(cluster, "FailedScheduling"))
    cluster.run_for(40)
    assert pod(cluster)["status"]["phase"] == "Running"


def test_no_node_is_added() -> None:
    cluster = play(120, fate="scaleup", reason="NotTriggerScaleUp")
    assert pod(cluster)["status"]["phase"] == "Pending"
    said = next(event for event in cluster.list("events") if event["reason"] == "NotTriggerScaleUp")
    assert said["source"]["component"] == "cluster-autoscaler"
    assert said["count"] >= 3


def test_pods_of_less_importance_make_room() -> None:
    cluster = play(10, fate="preempts", run_seconds="30")
    status = pod(cluster)["status"]
    assert (status["phase"], status["nominatedNodeName"]) == ("Pending", "node-1")
    assert status["conditions"][0]["reason"] == "Unschedulable"
    assert "0/3 nodes are available: 3 Insufficient cpu." in messages(cluster, "FailedScheduling")
    cluster.run_for(30)
    assert pod(cluster)["status"]["phase"] == "Running"
    assert "nominatedNodeName" not in pod(cluster)["status"]


def test_a_resize_in_place_that_waits() -> None:
    cluster = play(5, fate="unresized", limit="64Mi")
    assert container(cluster)["resources"]["limits"] == {"memory": "64Mi"}
    pending = next(c for c in pod(cluster)["status"]["conditions"] if c["type"] == "PodResizePending")
    assert (pending["status"], pending["reason"]) == ("True", "Deferred")
    assert pending["message"].startswith("Node didn't have enough resource: memory, requested: 0, used: ")
    assert [message.partition(":")[0] for message in messages(cluster, "ResizeDeferred")] == ["Pod resize OutOfmemory"]
    assert ready_condition(cluster) == "True"


@pytest.mark.parametrize("settings", [{"back-off": "later"}, {"fate": "lost"}, {"exit-code": "x"}, {"colour": "red"}])
def test_settings_that_cannot_be_read(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no such|invalid literal"):
        Fate.read(settings)


def test_the_scheduler_makes_a_series_of_its_events_and_seldom_tells_how_long_it_is() -> None:
    cluster = play(200, fate="unschedulable")
    event = next(event for event in cluster.list("events") if event["reason"] == "FailedScheduling")
    assert (event["firstTimestamp"], event["lastTimestamp"], event["source"]) == (None, None, {})
    assert (event["action"], event["reportingComponent"]) == ("Scheduling", "default-scheduler")
    assert event["series"]["count"] == 2
    cluster.run_for(1900)
    told = [event["series"]["count"] for event in cluster.list("events") if event["reason"] == "FailedScheduling"]
    assert max(told) > 10
