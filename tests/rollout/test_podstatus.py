"""Pods as `kubectl get pods` prints them, and what they are to a rollout."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from ktui.model.changes import Put
from ktui.model.objects import Pod
from ktui.rollout.podstatus import Columns, Health, pod_state, printed_columns
from tests.recorded import FOLDER, OF_DEPLOYMENTS, Said, pod, recording

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, **more}}


RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-11-23T12:00:00Z"}}
INITIALIZED = {"type": "Initialized", "status": "True"}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T12:59:00Z"}


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "web", "ready": "running" in state, "restartCount": 0, "state": state, **more}


def made(
    *containers: dict[str, Any],
    init: list[dict[str, Any]] | None = None,
    sidecars: tuple[str, ...] = (),
    deleted: bool = False,
    **status: Any,
) -> Pod:
    """A pod with these container statuses; the status's other fields by name, `phase` is Running unless given."""
    names = [status["name"] for status in init or ()]
    spec_init = [{"name": n, "image": "i"} | ({"restartPolicy": "Always"} if n in sidecars else {}) for n in names]
    return pod(
        {
            "metadata": {"name": "web-1", "uid": "p"}
            | ({"deletionTimestamp": "2026-11-23T12:59:59Z"} if deleted else {}),
            "spec": {
                "containers": [{"name": f"web{index}", "image": "web:1"} for index in range(max(1, len(containers)))],
                "initContainers": spec_init,
            },
            "status": {
                "phase": "Running",
                "containerStatuses": list(containers),
                "initContainerStatuses": init or [],
                **status,
            },
        }
    )


def initial(name: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "ready": False, "restartCount": 0, "state": state, **more}


DONE = ended(0, "Completed")
BUSY = container(waiting("PodInitializing"))

PRINTED = {
    "pending": (made(phase="Pending"), (0, 1, "Pending", 0)),
    "no phase yet": (made(phase=""), (0, 1, "Unknown", 0)),
    "container being made": (
        made(container(waiting("ContainerCreating")), phase="Pending"),
        (0, 1, "ContainerCreating", 0),
    ),
    "waiting without a reason": (made(container({"waiting": {}}), phase="Pending"), (0, 1, "Pending", 0)),
    "running": (made(container(RUNNING), conditions=[READY]), (1, 1, "Running", 0)),
    "running, not ready": (made(container(RUNNING, ready=False)), (0, 1, "Running", 0)),
    "crash loop": (made(container(waiting("CrashLoopBackOff"), restartCount=7)), (0, 1, "CrashLoopBackOff", 7)),
    "one of two crashes": (
        made(container(waiting("CrashLoopBackOff"), restartCount=2), container(RUNNING)),
        (1, 2, "CrashLoopBackOff", 2),
    ),
    "the first container has the last word": (
        made(container(waiting("ImagePullBackOff")), container(waiting("CrashLoopBackOff"))),
        (0, 2, "ImagePullBackOff", 0),
    ),
    "ended with a reason": (made(container(ended(1, "Error"), ready=False)), (0, 1, "Error", 0)),
    "out of memory": (made(container(ended(137, "OOMKilled"))), (0, 1, "OOMKilled", 0)),
    "ended by a signal": (made(container(ended(0, signal=9))), (0, 1, "Signal:9", 0)),
    "ended without a reason": (made(container(ended(3))), (0, 1, "ExitCode:3", 0)),
    "completed": (made(container(DONE, ready=False), phase="Succeeded"), (0, 1, "Completed", 0)),
    "completed beside one that runs, ready": (
        made(container(DONE, ready=False), container(RUNNING), conditions=[READY]),
        (1, 2, "Running", 0),
    ),
    "completed beside one that runs, not ready": (
        made(container(DONE, ready=False), container(RUNNING), conditions=[{"type": "Ready", "status": "False"}]),
        (1, 2, "NotReady", 0),
    ),
    "scheduling gated": (
        made(phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
        (0, 1, "SchedulingGated", 0),
    ),
    "unschedulable": (
        made(phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]),
        (0, 1, "Pending", 0),
    ),
    "evicted": (made(phase="Failed", reason="Evicted"), (0, 1, "Evicted", 0)),
    "refused by the node": (made(phase="Failed", reason="OutOfcpu"), (0, 1, "OutOfcpu", 0)),
    "init: first of two": (
        made(BUSY, init=[initial("a", RUNNING), initial("b", waiting("PodInitializing"))], phase="Pending"),
        (0, 1, "Init:0/2", 0),
    ),
    "init: second of two": (
        made(BUSY, init=[initial("a", DONE), initial("b", RUNNING)], phase="Pending"),
        (0, 1, "Init:1/2", 0),
    ),
    "init: waits for the pod": (
        made(BUSY, init=[initial("a", waiting("PodInitializing")), initial("b", {})], phase="Pending"),
        (0, 1, "Init:0/2", 0),
    ),
    "init: crash loop": (
        made(BUSY, init=[initial("a", waiting("CrashLoopBackOff"), restartCount=4)], phase="Pending"),
        (0, 1, "Init:CrashLoopBackOff", 4),
    ),
    "init: failed": (made(BUSY, init=[initial("a", ended(1, "Error"))], phase="Pending"), (0, 1, "Init:Error", 0)),
    "init: failed by a signal": (
        made(BUSY, init=[initial("a", ended(1, signal=15))], phase="Pending"),
        (0, 1, "Init:Signal:15", 0),
    ),
    "init: failed without a reason": (
        made(BUSY, init=[initial("a", ended(2))], phase="Pending"),
        (0, 1, "Init:ExitCode:2", 0),
    ),
    # Restarts are counted up to the init container that is under way; those of the containers come later.
    "init: restarts": (
        made(
            container(waiting("PodInitializing"), restartCount=9),
            init=[
                initial("a", DONE, restartCount=2),
                initial("b", RUNNING, restartCount=3),
                initial("c", waiting("PodInitializing"), restartCount=5),
            ],
            phase="Pending",
        ),
        (0, 1, "Init:1/3", 5),
    ),
    "init: done, restarts of init containers are forgotten": (
        made(
            container(RUNNING, restartCount=1),
            init=[initial("a", DONE, restartCount=3)],
            conditions=[INITIALIZED, READY],
        ),
        (1, 1, "Running", 1),
    ),
    # A pod that was initialized once and whose sandbox is made anew shows its containers.
    "init: once more": (
        made(
            container(waiting("CrashLoopBackOff"), restartCount=1),
            init=[initial("a", RUNNING, restartCount=1)],
            conditions=[INITIALIZED],
        ),
        (0, 1, "CrashLoopBackOff", 1),
    ),
    "sidecar: runs and is ready": (
        made(
            container(RUNNING, restartCount=1),
            init=[initial("mesh", RUNNING, started=True, ready=True, restartCount=2)],
            sidecars=("mesh",),
            conditions=[INITIALIZED, READY],
        ),
        (2, 2, "Running", 3),
    ),
    "sidecar: started, not ready": (
        made(
            container(RUNNING),
            init=[initial("mesh", RUNNING, started=True)],
            sidecars=("mesh",),
            conditions=[INITIALIZED],
        ),
        (1, 2, "Running", 0),
    ),
    "sidecar: not started": (
        made(BUSY, init=[initial("mesh", RUNNING, started=False)], sidecars=("mesh",), phase="Pending"),
        (0, 2, "Init:0/1", 0),
    ),
    "sidecar: started, then an init container": (
        made(
            BUSY,
            init=[initial("mesh", RUNNING, started=True, ready=True), initial("migrate", RUNNING)],
            sidecars=("mesh",),
            phase="Pending",
        ),
        (1, 2, "Init:1/2", 0),
    ),
    "terminating": (made(container(RUNNING), deleted=True), (1, 1, "Terminating", 0)),
    "terminating, ended": (
        made(container(DONE, ready=False), deleted=True, phase="Succeeded"),
        (0, 1, "Completed", 0),
    ),
    "terminating on a node that is lost": (
        made(container(RUNNING), deleted=True, reason="NodeLost"),
        (1, 1, "Unknown", 0),
    ),
    "on a node that is lost": (made(container(RUNNING), reason="NodeLost"), (1, 1, "NodeLost", 0)),
}


@pytest.mark.parametrize("case", PRINTED)
def test_columns_of_kubectl_get_pods(case: str) -> None:
    made_pod, expected = PRINTED[case]
    assert printed_columns(made_pod) == Columns(*expected)


def test_columns_of_a_real_servers_table() -> None:
    with gzip.open(FOLDER / "http-exchanges.jsonl.gz", "rt") as file:
        answers = {said["note"]: said["response"].get("body") for said in map(json.loads, file) if "note" in said}
    pods = [pod(item) for item in answers["list: labelSelector"]["items"]]
    rows = [row["cells"][:4] for row in answers["list as Table"]["rows"]]
    assert rows
    printed = [(one.metadata.name, printed_columns(one)) for one in pods]
    assert [[name, f"{c.ready}/{c.total}", c.word, str(c.restarts)] for name, c in printed] == rows


PATHS = {
    # The stand-in for the kubelet of the recordings writes these, in this order, by the tag of the image.
    "crash": ["Pending", "ContainerCreating", "Running", "Error", "CrashLoopBackOff", "Running", "Error"],
    "nopull": ["Pending", "ContainerCreating", "ErrImagePull", "ImagePullBackOff"],
    "unschedulable": ["Pending"],
    "1.0": ["Pending", "ContainerCreating", "Running"],
}


@pytest.mark.parametrize("tag", PATHS)
def test_recorded_pods_go_through_the_words_of_their_fate(tag: str) -> None:
    words: dict[str, list[str]] = defaultdict(list)
    for name in OF_DEPLOYMENTS:
        for said in recording(name):
            one = said.change.object if isinstance(said, Said) and isinstance(said.change, Put) else None
            if isinstance(one, Pod) and one.spec.containers[0].image.endswith(f":{tag}"):
                words[f"{name} {one.metadata.name}"].append(printed_columns(one).word)
    assert words
    for seen in words.values():
        path = [word for word, _ in groupby(seen) if word != "Terminating"]
        assert path[: len(PATHS[tag])] == PATHS[tag][: len(path)]


HEALTH = {
    "pending": Health.STARTING,
    "container being made": Health.STARTING,
    "running": Health.READY,
    "running, not ready": Health.STARTING,
    "crash loop": Health.BROKEN,
    "one of two crashes": Health.BROKEN,
    "ended with a reason": Health.BROKEN,
    "out of memory": Health.BROKEN,
    "completed beside one that runs, ready": Health.READY,
    "completed": Health.GONE,
    "scheduling gated": Health.STARTING,
    "unschedulable": Health.BROKEN,
    "evicted": Health.GONE,
    "refused by the node": Health.GONE,
    "init: second of two": Health.STARTING,
    "init: crash loop": Health.BROKEN,
    "init: failed": Health.BROKEN,
    "terminating": Health.STOPPING,
    "terminating on a node that is lost": Health.STOPPING,
}


@pytest.mark.parametrize("case", HEALTH)
def test_what_a_pod_is_to_a_rollout(case: str) -> None:
    assert pod_state(PRINTED[case][0]).health is HEALTH[case]


def test_a_pod_between_two_crashes_is_broken_though_it_runs() -> None:
    crashed = {"terminated": {"exitCode": 1, "reason": "Error"}}
    again = made(container(RUNNING, ready=False, restartCount=1, lastState=crashed))
    forgetful = made(container(RUNNING, ready=False, restartCount=1))
    first = made(container(RUNNING, ready=False))
    assert [pod_state(one).health for one in (again, forgetful, first)] == [
        Health.BROKEN,
        Health.BROKEN,
        Health.STARTING,
    ]
    assert pod_state(again).reason == "web ended: exit code 1"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (waiting("ErrImagePull", "rpc error: not found"), "rpc error: not found"),
        (ended(137, "OOMKilled"), "web ended: OOMKilled, exit code 137"),
        (ended(1, "Error", message="no database\n"), "web ended: exit code 1: no database"),
    ],
)
def test_the_reason_is_told_in_the_clusters_words(state: dict[str, Any], reason: str) -> None:
    assert pod_state(made(container(state))).reason == reason


def test_available_means_ready_for_min_ready_seconds() -> None:
    ready = made(container(RUNNING), conditions=[READY])
    assert pod_state(ready).is_available
    assert not pod_state(ready, min_ready_seconds=61, now=NOW).is_available
    assert pod_state(ready, min_ready_seconds=60, now=NOW).is_available
    assert not pod_state(ready, min_ready_seconds=1).is_available
    assert not pod_state(ready, min_ready_seconds=2147483646, now=NOW + timedelta(days=3650)).is_available
    assert not pod_state(made(container(RUNNING))).is_available
    end_of_time = made(container(RUNNING), conditions=[READY | {"lastTransitionTime": "9999-12-31T23:59:59Z"}])
    assert not pod_state(end_of_time, min_ready_seconds=60, now=NOW).is_available


def test_nothing_hostile_is_left_in_a_row() -> None:
    hostile = "a\x1b[2J\u202eb"
    state = pod_state(
        pod(
            {
                "metadata": {"name": hostile, "uid": "p"},
                "spec": {"nodeName": hostile, "containers": [{"name": hostile}]},
                "status": {
                    "phase": hostile,
                    "containerStatuses": [container(waiting("ErrImagePull", hostile)), container(waiting(hostile))],
                },
            }
        )
    )
    assert all(text.isprintable() for text in (state.name, state.word, state.node, state.reason))
    assert state.name == "a␛[2J<U+202E>b"
