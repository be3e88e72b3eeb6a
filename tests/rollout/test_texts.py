"""What the cluster's own texts come to, in words: schedulers, the API server's refusals, volumes, registries."""

from __future__ import annotations

import pytest

from ktui.rollout.diagnosis import admission_messages, registry_messages, scheduler_messages, volume_messages
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.patience import patience_of
from ktui.rollout.diagnosis.scheduler_messages import in_words

TEXTS = {
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims.": (
        "the only node has too little CPU free"
    ),
    "0/5 nodes are available: 2 Insufficient memory, 3 Too many pods.": (
        "2 of 5 nodes have too little memory free, 3 have no room for more pods"
    ),
    "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.": "all 2 nodes have too little nvidia.com/gpu free",
    "0/3 nodes are available: 3 node(s) were unschedulable.": "all 3 nodes are cordoned",
    "0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) had "
    "untolerated taint {node.kubernetes.io/disk-pressure: }.": "1 of 3 nodes cannot be reached, 2 are short of disk",
    "0/3 nodes are available: 3 node(s) had untolerated taint(s).": "all 3 nodes have an untolerated taint",
    "0/3 nodes are available: 3 node(s) had taint {dedicated: db}, that the pod didn't tolerate.": (
        "all 3 nodes have the untolerated taint dedicated"
    ),
    "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.": (
        "all 3 nodes would break the topology spread"
    ),
    "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.": (
        "all 3 nodes have the host port taken"
    ),
    "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.": "the volume claim is not bound",
    "0/3 nodes are available: 3 node(s) exceed max volume count.": "all 3 nodes have as many volumes as they can hold",
    "0/3 nodes are available: 3 something new.": "3 something new",
    "no nodes available to schedule pods": "there are no nodes",
    "a scheduler of our own says no": "a scheduler of our own says no",
    "": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_schedulers_write(text: str) -> None:
    assert in_words(text, {}).why == TEXTS[text]


def test_of_a_pod_that_is_bound_to_one_node_the_others_say_nothing() -> None:
    said = "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector."
    placement = scheduler_messages.in_words(said, {"memory": "4Gi"}, is_bound=True)
    assert placement.why == "its node has less than 4Gi memory free"
    assert placement.helps == "lower the requests, or make room on that node"
    assert placement.wants_room
    nowhere = "0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    assert "node selector or affinity" in scheduler_messages.in_words(nowhere, {}, is_bound=True).why


def test_what_is_asked_for_is_said_where_it_is_short() -> None:
    placement = scheduler_messages.in_words(
        "0/2 nodes are available: 2 Insufficient cpu.", {"cpu": "4", "memory": "1Gi"}
    )
    assert placement.why == "all 2 nodes have less than 4 CPU free"
    assert placement.wants_room
    assert not placement.blames_nodes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            'pods "x" is forbidden: no PriorityClass with name high was found',
            "priority class high does not exist",
        ),
        (
            'pods "x" is forbidden: unable to create new content in namespace shop because it is being terminated',
            "the namespace is being deleted",
        ),
        (
            'admission webhook "policy.example" denied the request without explanation',
            "webhook policy.example refuses them",
        ),
        (
            'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: web,proxy; limits.memory for: web',
            "quota q wants limits.cpu in the container web,proxy",
        ),
        (
            'pods "x" is forbidden: failed quota: q: must specify limits.cpu',
            "quota q wants limits.cpu in each container",
        ),
        ('pods "x" is forbidden: something new', "something new"),
    ],
)
def test_why_the_api_server_refuses_pods(text: str, why: str) -> None:
    assert admission_messages.in_words(text).why == why


@pytest.mark.parametrize(
    ("text", "volume", "why"),
    [
        ('MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found', "tls", 'secret "web-tls" not found'),
        (
            'MountVolume.SetUp failed for volume "c" : references non-existent config key: app.yaml',
            "c",
            "the key app.yaml is not in it",
        ),
        (
            'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = mount failed',
            "pvc-1",
            "mount failed",
        ),
        ("something new", "", "something new"),
    ],
)
def test_why_a_volume_does_not_come(text: str, volume: str, why: str) -> None:
    mount = volume_messages.mount_trouble(text)
    assert (mount.volume, mount.why) == (volume, why)
    assert mount.helps


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "tls: failed to verify: x509: certificate signed by unknown authority",
            "the certificate of the registry is not trusted",
        ),
        ("write /var/lib/containerd: no space left on device", "the node's disk is full"),
        ("manifest unknown", "it is not in the registry"),
        ("net/http: TLS handshake timeout", "the registry does not answer in time"),
        ("something new", ""),
    ],
)
def test_why_an_image_does_not_come(text: str, why: str) -> None:
    assert why in registry_messages.pull_trouble(text).why
    assert bool(registry_messages.pull_trouble(text).why) is bool(why)


PASSING_REFUSALS = (
    "Internal error occurred: Internal error occurred: resource quota evaluation timed out",
    'admission webhook "vault.example" denied the request: error: failed to read: connection refused',
    'admission webhook "x.example" denied the request: failed to get policy: etcdserver: request timed out',
    'admission webhook "x.example" denied the request: rate limit, try later',
    'admission webhook "mutate.kyverno.svc-fail" denied the request: \n\nresource Pod/shop/web-2-x was blocked due to '
    "the following policies\n\nverify-image:\n  verify: 'failed to verify image registry.example/web:2.0: "
    "context deadline exceeded'\n",
    'pods "web-2-x" already exists',
    "rpc error: code = Unavailable desc = transport is closing",
    'Post "https://10.0.0.1:6443/api/v1/namespaces/shop/pods": http2: client connection lost',
    'conversion webhook for apps/v1 failed: Post "https://x.svc:443": dial tcp: i/o timeout',
    "Unauthorized",
    'admission plugin "ImagePolicyWebhook" failed to complete validation in 13s',
    'pods "x" is forbidden: Post "https://policy.example": dial tcp: lookup policy.example: no such host',
    'pods "x" is forbidden: ServiceAccount shop/web is not ready: no API token found for service account "web", retry '
    "after the token is automatically created and added to the service account",
    'pods "x" is forbidden: unable to create new content in namespace shop because it is being terminated',
    'pods "x" is forbidden: something new',
    "something new",
)
"""What another try may change, or what nobody knows enough about."""


@pytest.mark.parametrize("text", PASSING_REFUSALS)
def test_no_refusal_that_may_pass_is_acted_on(text: str) -> None:
    assert patience_of(admission_messages.in_words(text).reason).acts_after is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/shop/web-2-x7k2p was '
            "blocked due to the following policies \n\nrequire-limits:\n  validate-limits: 'validation error: limits "
            "are required'\n",
            "policy require-limits: validation error: limits are required",
        ),
        (
            'admission webhook "validation.gatekeeper.sh" denied the request: [no-privileged] Privileged container is '
            'not allowed: web\n[labels] you must provide labels: {"team"}',
            "policy no-privileged: Privileged container is not allowed: web",
        ),
        (
            'pods "x" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per '
            "Container is 1Gi, but limit is 4Gi]",
            "LimitRange: at most 1 cpu per container, not 2",
        ),
        (
            'pods "x" is forbidden: maximum cpu usage per Container is 1.  No limit is specified',
            "LimitRange: at most 1 cpu per container, and none is set",
        ),
        (
            'pods "x" is forbidden: unable to validate against any security context constraint: [provider "anyuid": '
            "Forbidden: not usable by user or serviceaccount]",
            "no SecurityContextConstraint of its service account allows it",
        ),
    ],
)
def test_a_refusal_that_lasts_is_named_and_acted_on(text: str, why: str) -> None:
    refused = admission_messages.in_words(text)
    assert (refused.why, refused.reason) == (why, Reason.PODS_REFUSED)


@pytest.mark.parametrize(
    ("text", "why", "reason"),
    [
        (
            'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
            "its volume is not provided",
            Reason.VOLUME_WAITS,
        ),
        (
            'Operation cannot be fulfilled on pods/binding "web-2-a": pod web-2-a is already assigned to node "node-1"',
            "the scheduler could not finish, and tries again",
            Reason.NO_ROOM,
        ),
        (
            "0/4 nodes are available: 4 node(s) had untolerated taint {ebs.csi.aws.com/agent-not-ready: }.",
            "all 4 nodes are still being set up",
            Reason.NODES_ILL,
        ),
        (
            "0/4 nodes are available: 4 node(s) had untolerated taint {karpenter.sh/unregistered: }.",
            "all 4 nodes are still being set up",
            Reason.NODES_ILL,
        ),
        (
            "0/3 nodes are available: 3 CSI driver ebs.csi.aws.com is not installed on the node",
            "all 3 nodes lack the driver of the volume",
            Reason.NODES_ILL,
        ),
        (
            'pod group "g" is less than minMember: 2 of 4',
            "it waits for the other pods of its group",
            Reason.NO_ROOM,
        ),
        (
            '0/4 nodes are available: storageclass.storage.k8s.io "fast" not found.',
            "the storage class fast does not exist",
            Reason.VOLUME_WAITS,
        ),
    ],
)
def test_what_the_scheduler_waits_for_is_no_want_of_cpu(text: str, why: str, reason: Reason) -> None:
    placement = in_words(text, {})
    assert (placement.why, placement.reason) == (why, reason)
    assert "lower the requests" not in placement.helps
