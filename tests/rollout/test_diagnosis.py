"""The catalogue of causes: for each sort of trouble, the sentence, whether it blocks, and what to try next."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.deployment.diagnosis import Kind
from ktui.model.resources import EVENTS
from ktui.rollout.rollout import Phase, Rollout
from tests.rollout.made import Made, ago, container, ended, running, waiting


def rolling(pods: int, *, image: str = "web:1.1", **spec: Any) -> Made:
    """A rolling update from 1.0 to 1.1 of 4 replicas, with so many new pods that are not ready."""
    made = Made(image, 4, replicas=3 + pods, updatedReplicas=pods, readyReplicas=3, availableReplicas=3)
    made.condition("Progressing", "True", "ReplicaSetUpdated").spec(**spec)
    return made.revision(1, "web:1.0", 3, ready=3, age=5000).revision(2, image, pods)


def unscheduled(message: str, *, since: float) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"phase": "Pending", "conditions": [condition | {"lastTransitionTime": ago(since)}]}


FIT = (
    "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: }, 2 Insufficient cpu. preemption: 0/3 nodes are av"
)
BACK_OFF = waiting("CrashLoopBackOff", "back-off 40s restarting failed container=web")
PULL = "rpc error: code = NotFound desc = failed to pull and unpack image: web:9: not found"
DENIED = "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized"

# pods of the new revision -> kind, sentence, blocking
CAUSES: dict[str, tuple[list[dict[str, Any]], Kind, str, bool]] = {
    "image not found": (
        [container(waiting("ErrImagePull", PULL)), container(waiting("ImagePullBackOff", PULL))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: it is not in the registry (2 of 2 new pods)",
        True,
    ),
    "image refused": (
        [container(waiting("ErrImagePull", DENIED))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: the registry refuses access (the new pod)",
        True,
    ),
    "image not found, or refused": (
        [container(waiting("ErrImagePull", "pull access denied, repository does not exist or may require login"))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: it is not in the registry, or access is refused",
        True,
    ),
    "image never pulled": (
        [container(waiting("ErrImageNeverPull", 'image "web:1.1" is not present with pull policy of Never'))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: it is not on the node, and the pull policy is Never",
        True,
    ),
    "registry down": (
        [container(waiting("ImagePullBackOff", "dial tcp: lookup registry.example: no such host"))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: registry.example is not found in DNS (the new pod)",
        False,
    ),
    "registry down for long": (
        [container(waiting("ImagePullBackOff", "dial tcp: lookup registry.example: no such host")) | {"age": 90}],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: registry.example is not found in DNS (the new pod)",
        True,
    ),
    "downloads limited": (
        [
            container(
                waiting("ImagePullBackOff", "429 Too Many Requests - toomanyrequests: You have reached your limit")
            )
        ],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: the registry limits its downloads (the new pod)",
        False,
    ),
    "image of another architecture": (
        [container(waiting("ErrImagePull", "no match for platform in manifest: not found"))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: it is not made for this kind of node (the new pod)",
        True,
    ),
    "image name": (
        [container(waiting("InvalidImageName", "couldn't parse image name"))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled: its name is not valid (the new pod)",
        True,
    ),
    "image, nothing more is said": (
        [container(waiting("ImagePullBackOff", "Back-off pulling image"))],
        Kind.IMAGE,
        "image web:1.1 cannot be pulled (the new pod)",
        False,
    ),
    "secret missing": (
        [container(waiting("CreateContainerConfigError", 'secret "db" not found'))] * 2,
        Kind.CONFIG,
        '2 of 2 new pods cannot start: secret "db" not found',
        True,
    ),
    "no such command": (
        [container(BACK_OFF, restarts=2, last=ended(128, "StartError", message='exec: "serve": not found in $PATH'))],
        Kind.CONFIG,
        "the new pod cannot start: the command serve is not found in $PATH",
        True,
    ),
    "crash loop": (
        [
            container(BACK_OFF, restarts=2, last=ended(1)),
            container(BACK_OFF, restarts=1, last=ended(1, since=40)),
            container(running(5)),
        ],
        Kind.CRASH,
        "2 of 3 new pods crash: exit 1, 3 restarts, last 12s ago",
        True,
    ),
    "crashed once": (
        [container(ended(1)), container(running(5))],
        Kind.CRASH,
        "1 of 2 new pods crashes: exit 1, last 12s ago",
        False,
    ),
    "crashed once and runs again": (
        [container(running(5), restarts=1, last=ended(143)), container(running(5))],
        Kind.CRASH,
        "1 of 2 new pods crashes: exit 143, SIGTERM, 1 restart, last 12s ago",
        False,
    ),
    "each of several crashed once": (
        [container(running(5), restarts=1, last=ended(139))] * 2,
        Kind.CRASH,
        "2 of 2 new pods crash: exit 139, SIGSEGV, 2 restarts, last 12s ago",
        True,
    ),
    "the init container crashes": (
        [
            {
                "phase": "Pending",
                "initContainerStatuses": [
                    {"name": "migrate", "restartCount": 4, "state": BACK_OFF, "lastState": ended(2)}
                ],
                **container(waiting("PodInitializing")),
            }
        ],
        Kind.CRASH,
        "the new pod crashes: exit 2, 4 restarts, last 12s ago",
        True,
    ),
    "out of memory": (
        [container(BACK_OFF, restarts=3, last=ended(137, "OOMKilled")), container(running(5))],
        Kind.OOM,
        "1 of 2 new pods runs out of memory: limit 128Mi, 3 restarts, last 12s ago",
        True,
    ),
    "no room yet": (
        [unscheduled(FIT, since=5), container(running(5))],
        Kind.UNSCHEDULABLE,
        "no node takes 1 of 2 new pods: 1 of 3 nodes has the untolerated taint gpu, and more",
        False,
    ),
    "no room for long": (
        [unscheduled(FIT, since=90)] * 2,
        Kind.UNSCHEDULABLE,
        "no node takes 2 of 2 new pods: 1 of 3 nodes has the untolerated taint gpu, and more",
        True,
    ),
    "not ready for long": (
        [container(running(75)), container(running(130)), container(running(5))],
        Kind.NOT_READY,
        "2 of 3 new pods are not ready after 2m10s",
        False,
    ),
    "one is not ready for long": (
        [container(running(75)), container(running(5))],
        Kind.NOT_READY,
        "1 of 2 new pods is not ready after 1m15s",
        False,
    ),
    "still being made": (
        [container(waiting("ContainerCreating")) | {"phase": "Pending", "age": 300}],
        Kind.SLOW,
        "the new pod has been at ContainerCreating for 5m",
        False,
    ),
    "evicted": (
        [{"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}] * 3,
        Kind.ENDED,
        "3 new pods were evicted: their nodes were low on memory",
        False,
    ),
    "refused by the kubelet": (
        [{"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough resource: cpu"}],
        Kind.NODE,
        "node-1 refuses 1 new pod: too little CPU",
        False,
    ),
    "some other word": (
        [container(waiting("CreatePodSandboxError"))],
        Kind.POD,
        "the new pod is not well: CreatePodSandboxError",
        False,
    ),
}


def diagnosed(pods: list[dict[str, Any]]) -> Rollout:
    made = rolling(len(pods))
    for index, status in enumerate(pods):
        rest = dict(status)
        made.pod(2, f"{index}", age=rest.pop("age", 30), **rest)
    return made.rollout()


@pytest.mark.parametrize("case", CAUSES)
def test_each_cause_in_one_sentence(case: str) -> None:
    pods, kind, sentence, blocking = CAUSES[case]
    rollout = diagnosed(pods)
    cause = rollout.causes[0]
    assert (cause.kind, cause.sentence, cause.blocking) == (kind, sentence, blocking)
    assert cause.try_next
    assert rollout.phase is (Phase.STALLED if blocking else Phase.PROGRESSING)
    assert rollout.why == sentence
    assert len(rollout.causes) == 1


def test_pods_whose_containers_are_ready_and_that_are_not() -> None:
    gate = 'corresponding condition of pod readiness gate "target-health.example" does not exist.'
    made = rolling(2)
    for name, reason in (("a", "ReadinessGatesNotReady"), ("b", "")):
        ready = {"type": "Ready", "status": "False", "reason": reason, "message": gate if reason else ""}
        state = container(running(200), ready=True)
        made.pod(2, name, conditions=[ready | {"lastTransitionTime": ago(90)}], age=200, **state)
    assert [cause.sentence for cause in made.rollout().causes] == [
        "1 of 2 new pods is not ready after 1m30s",
        "1 of 2 new pods is ready but for the readiness gate target-health.example",
    ]
    about = {"kind": "Pod", "uid": "p2-b", "name": "web-2-b"}
    lost = {"metadata": {"name": "e", "uid": "e"}, "involvedObject": about, "reason": "NodeNotReady", "type": "Warning"}
    made.put(EVENTS, lost | {"message": "Node is not ready", "lastTimestamp": ago(80)})
    assert made.rollout().causes[0].sentence == "2 of 2 new pods are on the node node-1, which does not answer"


def test_a_replicaset_that_is_refused_itself() -> None:
    made = Made("web:1.1", 4, replicas=4, availableReplicas=4)
    said = 'Failed to create new replica set "web-2": replicasets.apps "web-2" is forbidden: exceeded quota: q, '
    said += "requested: count/replicasets.apps=1, used: count/replicasets.apps=9, limited: count/replicasets.apps=9"
    made.condition("Progressing", "False", "ReplicaSetCreateError", message=said)
    made.revision(1, "web:1.0", 4, ready=4, age=5000)
    rollout = made.rollout()
    assert rollout.phase is Phase.STALLED
    assert rollout.why.startswith(
        "the new ReplicaSet cannot be made: quota q: 9 of 9 count/replicasets.apps used, 1 needed"
    )


def test_nothing_is_said_of_pods_that_are_on_their_way() -> None:
    pods = [
        container(waiting("ContainerCreating")),
        container(running(59)),
        {"phase": "Pending"},
        {"phase": "Pending", "initContainerStatuses": [{"name": "migrate", "state": running(20)}]},
    ]
    assert diagnosed(pods).causes == ()


def test_the_cause_that_explains_most_comes_first_and_all_are_there() -> None:
    rollout = diagnosed(
        [
            container(running(90)),
            container(BACK_OFF, restarts=2, last=ended(1)),
            container(waiting("ErrImagePull", PULL)),
            container(BACK_OFF, restarts=2, last=ended(1)),
        ]
    )
    assert [cause.kind for cause in rollout.causes] == [Kind.IMAGE, Kind.CRASH, Kind.NOT_READY]
    assert rollout.causes[1].pods == ("web-2-1", "web-2-3")


REFUSED = 'pods "web-2-x" is forbidden: '


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            f"{REFUSED}exceeded quota: tight, requested: pods=1,requests.cpu=500m, used: pods=6,requests.cpu=1900m, "
            "limited: pods=6,requests.cpu=2",
            "no more pods can be created: quota tight: 6 of 6 pods used, 1 needed",
        ),
        (
            f"{REFUSED}maximum memory usage per Container is 1Gi, but limit is 2Gi",
            "no more pods can be created: LimitRange: at most 1Gi memory per container, not 2Gi",
        ),
        (
            'admission webhook "policy.example" denied the request: no latest tags',
            "no more pods can be created: webhook policy.example: no latest tags",
        ),
        ("", "no more pods can be created"),
    ],
)
def test_pods_that_the_server_refuses(message: str, sentence: str) -> None:
    rollout = rolling(0).condition("ReplicaFailure", "True", "FailedCreate", since=90, message=message).rollout()
    assert [cause.kind for cause in rollout.causes] == [Kind.FORBIDDEN]
    assert rollout.why == sentence
    assert rollout.phase is Phase.STALLED


def test_a_quota_that_old_pods_can_still_make_room_in_does_not_block() -> None:
    made = Made("web:1.1", 4, replicas=4, updatedReplicas=0, availableReplicas=4)
    made.condition("ReplicaFailure", "True", "FailedCreate", message=f"{REFUSED}exceeded quota: q")
    made.revision(1, "web:1.0", 4, ready=4, age=5000).revision(2, "web:1.1", 0)
    rollout = made.rollout()
    assert [(cause.kind, cause.blocking) for cause in rollout.causes] == [(Kind.FORBIDDEN, False)]
    assert rollout.phase is Phase.PROGRESSING


def test_a_deadline_that_has_passed_comes_after_what_explains_it() -> None:
    made = rolling(1)
    made.raw["status"]["conditions"] = []
    made.condition("Progressing", "False", "ProgressDeadlineExceeded").pod(2, "a", **container(running(80)))
    rollout = made.rollout()
    assert rollout.phase is Phase.FAILED
    assert [cause.kind for cause in rollout.causes] == [Kind.NOT_READY, Kind.DEADLINE]
    assert rollout.causes[1].sentence == "no progress within its deadline of 10m"


def test_a_deadline_that_is_near_is_said_and_blocks_nothing() -> None:
    def said(since: float, **spec: Any) -> list[str]:
        made = rolling(1, **spec)
        made.raw["status"]["conditions"] = []
        return [
            cause.sentence
            for cause in made.condition("Progressing", "True", "ReplicaSetUpdated", since=since).rollout().causes
        ]

    assert said(299) == []
    assert said(500) == ["no progress for 8m20s: its deadline passes in 1m40s"]
    assert said(500, paused=True) == []
    assert said(500, progressDeadlineSeconds=2147483647) == []
    assert said(500, progressDeadlineSeconds=None) == []


def test_the_deadline_of_the_rollout_before_is_not_that_of_this_one() -> None:
    """While Recreate takes the old pods down, the condition is still the one of their rollout."""
    made = Made("web:1.1", 3, replicas=0).spec(strategy={"type": "Recreate"})
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=400)
    made.revision(1, "web:1.0", 0, age=9000, terminatingReplicas=3)
    assert made.rollout().causes == ()


def test_old_pods_that_do_not_stop() -> None:
    made = rolling(1).pod(2, "a", **container(running(5)))
    made.pod(1, "stuck", age=5000, meta={"deletionTimestamp": ago(300)}, **container(running(4000), ready=True))
    made.pod(1, "leaving", age=5000, meta={"deletionTimestamp": ago(20)}, **container(running(4000), ready=True))
    made.pod(1, "serving", age=5000, **container(BACK_OFF, restarts=9))
    rollout = made.rollout()
    assert [(c.kind, c.sentence, c.pods) for c in rollout.causes] == [
        (Kind.STOPPING, "1 old pod does not stop: overdue for 5m", ("web-1-stuck",))
    ]
    # Five minutes are more than anybody waits for a pod that should be gone.
    assert rollout.phase is Phase.STALLED


def test_a_pod_lost_after_the_rollout_is_no_new_pod() -> None:
    made = Made("web:1.1", 3, replicas=3, updatedReplicas=3, readyReplicas=2, availableReplicas=2)
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=4000)
    made.revision(2, "web:1.1", 3, ready=2, age=4100)
    calm = made.pod(2, "a", **container(waiting("ContainerCreating"))).rollout()
    assert (calm.phase, calm.why) == (Phase.PROGRESSING, "2 of 3 pods available")
    crashing = made.pod(2, "a", **container(BACK_OFF, restarts=4, last=ended(1))).rollout()
    assert (crashing.phase, crashing.why) == (Phase.STALLED, "the pod crashes: exit 1, 4 restarts, last 12s ago")
    assert crashing.serving == "2 of 3 pods serve"


def test_nothing_hostile_is_left_in_a_cause() -> None:
    evil = "x\x1b[2J\u202e[red]\n"
    made = rolling(3, image=f"web:{evil}")
    made.pod(2, evil, **container(waiting("ErrImagePull", evil)))
    made.pod(2, "b", **container(waiting("CreateContainerConfigError", evil)))
    made.pod(2, "c", **unscheduled(evil, since=5))
    made.condition("ReplicaFailure", "True", evil, message=evil)
    rollout = made.rollout()
    assert len(rollout.causes) == 4
    for cause in rollout.causes:
        for text in (cause.sentence, cause.detail, cause.try_next, *cause.pods):
            assert text.isprintable()
    assert rollout.image.isprintable()
    assert all(text.isprintable() for text in rollout.image_change or ("",))
