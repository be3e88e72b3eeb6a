"""What container runtimes write of images that they cannot pull: containerd 1.x and 2.x, CRI-O, cri-dockerd."""

from __future__ import annotations

import pytest

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.patience import patience_of
from ktui.rollout.diagnosis.registry_messages import pull_trouble, registry_of

APP = "registry.example/shop/app:1.1"
DESC = "rpc error: code = Unknown desc = "


def resolving(image: str, said: str) -> str:
    """What containerd writes around it."""
    return f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {said}'


def head(image: str, said: str) -> str:
    host, _, path = image.partition("/")
    name, _, tag = path.rpartition(":")
    return DESC + resolving(image, f'failed to do request: Head "https://{host}/v2/{name}/manifests/{tag}": {said}')


ODD = (
    "registry.example/app:20260429-7",
    "registry.example/app:429",
    "registry.example/app:502",
    "registry.example/toomanyrequests/unauthorized:timeout",
    "registry.example/certificate-eof/i/o:x509",
    "registry.example/denied:server-misbehaving",
    "no-such-host.example:500/app:1",
    "timeout.example/app@sha256:" + "429" * 21 + "0",
)
"""Images whose names hold what registries answer."""


@pytest.mark.parametrize("image", ODD)
def test_no_mark_is_looked_for_in_a_name(image: str) -> None:
    for said in (
        "rpc error: code = NotFound desc = " + resolving(image, f"{image}: not found"),
        f'Back-off pulling image "{image}": ErrImagePull: rpc error: code = NotFound desc = '
        + resolving(image, f"{image}: not found"),
        f"{DESC}Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown",
        f"initializing source docker://{image}: reading manifest {image.rpartition(':')[2]} in "
        f"{image.rpartition(':')[0]}: manifest unknown",
    ):
        assert pull_trouble(said, image, "ErrImagePull").reason is Reason.IMAGE_NOT_FOUND, said


@pytest.mark.parametrize("image", ODD)
def test_what_is_answered_is_found_beside_a_name(image: str) -> None:
    said = DESC + resolving(
        image, f"unexpected status from HEAD request to https://x/v2/{image}: 503 Service Unavailable"
    )
    pull = pull_trouble(said, image, "ErrImagePull")
    assert (pull.reason, pull.why) == (Reason.REGISTRY_ERROR, f"{registry_of(image)} answers 503 Service Unavailable")


def test_short_names_of_docker_hub_hold_no_mark_either() -> None:
    said = "Error response from daemon: manifest for app:20260429-7 not found: manifest unknown: manifest unknown"
    assert pull_trouble(DESC + said, "app:20260429-7").reason is Reason.IMAGE_NOT_FOUND
    said = (
        "Error response from daemon: pull access denied for timeout, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied"
    )
    assert pull_trouble(said, "timeout:eof").reason is Reason.IMAGE_ACCESS_DENIED


ANSWERS = {
    head(APP, "EOF"): (Reason.REGISTRY_ERROR, "registry.example breaks off"),
    head(APP, "read tcp 10.0.0.1:4->10.0.0.2:443: read: connection reset by peer"): (
        Reason.REGISTRY_ERROR,
        "the connection to registry.example is reset",
    ),
    head(APP, "dial tcp 10.0.0.2:443: i/o timeout"): (
        Reason.REGISTRY_ERROR,
        "registry.example does not answer in time",
    ),
    head(APP, "net/http: TLS handshake timeout"): (Reason.REGISTRY_ERROR, "registry.example does not answer in time"),
    head(APP, "context deadline exceeded"): (Reason.REGISTRY_ERROR, "registry.example does not answer in time"),
    head(APP, "dial tcp 10.0.0.2:443: connect: connection refused"): (
        Reason.REGISTRY_UNREACHABLE,
        "registry.example refuses connections",
    ),
    head(APP, "dial tcp: lookup registry.example on 10.96.0.10:53: server misbehaving"): (
        Reason.REGISTRY_UNREACHABLE,
        "DNS fails for registry.example",
    ),
    head(APP, "tls: failed to verify certificate: x509: certificate signed by unknown authority"): (
        Reason.REGISTRY_UNTRUSTED,
        "the certificate of registry.example is not trusted",
    ),
    head(APP, "http: server gave HTTP response to HTTPS client"): (
        Reason.REGISTRY_UNTRUSTED,
        "registry.example does not speak HTTPS",
    ),
    DESC + resolving(APP, "unexpected status code [manifests 1.1]: 500 Internal Server Error"): (
        Reason.REGISTRY_ERROR,
        "registry.example answers 500 Internal Server Error",
    ),
    f"initializing source docker://{APP}: pinging container registry registry.example: received unexpected HTTP "
    "status: 502 Bad Gateway": (Reason.REGISTRY_ERROR, "registry.example answers 502 Bad Gateway"),
    f"{DESC}Error response from daemon: received unexpected HTTP status: 504 Gateway Timeout": (
        Reason.REGISTRY_ERROR,
        "registry.example answers 504 Gateway Timeout",
    ),
    DESC
    + resolving(
        APP,
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
        "https://registry.example/token?scope=x: 403 Forbidden",
    ): (Reason.IMAGE_ACCESS_DENIED, "the registry refuses access"),
    "pull QPS exceeded": (Reason.PULL_THROTTLED, "the kubelet limits its own pulls"),
    f'Back-off pulling image "{APP}": ErrImagePull: pull QPS exceeded': (
        Reason.PULL_THROTTLED,
        "the kubelet limits its own pulls",
    ),
    DESC
    + resolving(
        APP, "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit"
    ): (
        Reason.PULL_THROTTLED,
        "the registry limits its downloads",
    ),
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{APP}": no match for platform in manifest: '
    "not found": (Reason.IMAGE_WRONG_PLATFORM, "it is not made for this kind of node"),
    'choosing image instance: no image found in image index for architecture "arm64", variant "v8", OS "linux"': (
        Reason.IMAGE_WRONG_PLATFORM,
        "it is not made for this kind of node",
    ),
    f'{DESC}failed to pull and unpack image "{APP}": failed to extract layer sha256:aa: write /var/lib/containerd/x: '
    "no space left on device: unknown": (Reason.NODE_DISK_FULL, "the node's disk is full"),
    "rpc error: code = Unavailable desc = connection error": (
        Reason.REGISTRY_ERROR,
        "the node's container runtime is not available",
    ),
    "something new": (Reason.IMAGE_UNKNOWN, ""),
}


@pytest.mark.parametrize("said", ANSWERS)
def test_what_a_registry_answers_is_named(said: str) -> None:
    pull = pull_trouble(said, APP, "ErrImagePull")
    assert (pull.reason, pull.why) == ANSWERS[said]
    assert "{" not in pull.helps


def test_the_kubelets_own_reason_comes_before_any_words() -> None:
    assert pull_trouble("not found", APP, "ErrImageNeverPull").reason is Reason.IMAGE_NEVER_PULLED
    assert pull_trouble("429", "Web:429", "InvalidImageName").reason is Reason.IMAGE_NAME_INVALID
    assert pull_trouble("", APP, "RegistryUnavailable").why == "registry.example is not available"


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("nginx", "docker.io"),
        ("team/nginx:1", "docker.io"),
        ("localhost/nginx", "localhost"),
        ("registry:5000/nginx", "registry:5000"),
        ("ghcr.io/a/b@sha256:0", "ghcr.io"),
    ],
)
def test_the_registry_of_an_image(image: str, host: str) -> None:
    assert registry_of(image) == host


PASSING = {
    DESC + resolving(APP, "lease does not exist: not found"): "the node cannot store it",
    f'{DESC}failed to pull and unpack image "{APP}": content digest sha256:aabb: not found': "the node cannot store it",
    f'{DESC}failed to prepare extraction snapshot "extract-1-a sha256:aa": parent snapshot sha256:bb does not exist: '
    "not found": "the node cannot store it",
    f"{DESC}failed to unpack image on snapshotter x: unexpected media type text/html for sha256:aa: not found": (
        "the node cannot store it"
    ),
    f'{DESC}failed to copy: failed commit on ref "layer-sha256:aa": unexpected commit digest sha256:bb, expected '
    "sha256:aa: failed precondition": "what registry.example sends is damaged",
    f"{DESC}Error response from daemon: denied: Quota exceeded for quota metric 'Requests'": (
        "the registry limits its downloads"
    ),
    DESC
    + resolving(APP, "unexpected status from HEAD request to https://x/v2/a: 403 Forbidden - rate limit exceeded"): (
        "the registry limits its downloads"
    ),
    DESC
    + resolving(APP, "unexpected status from HEAD request to https://x/v2/a/manifests/1.1: 405 Method Not Allowed"): (
        "registry.example answers 405"
    ),
    DESC + resolving(APP, "unexpected status code https://x/v2/a: 400 Bad Request"): (
        "registry.example answers 400 Bad Request"
    ),
    head(
        APP,
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
        "2026-01-01T00:00:00Z is before 2026-02-01T00:00:00Z",
    ): "the node's clock is behind",
    head(APP, "proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused"): (
        "the nodes' proxy does not let it through"
    ),
    "image pull failed: context canceled": "the pull was broken off",
}
"""What no other image would change."""


@pytest.mark.parametrize("said", PASSING)
def test_what_may_pass_is_named_and_never_acted_on(said: str) -> None:
    pull = pull_trouble(said, APP, "ErrImagePull")
    assert pull.why == PASSING[said]
    assert patience_of(pull.reason).acts_after is None


def test_an_image_that_is_there_but_not_for_this_pod() -> None:
    said = f'Container image "{APP}" is present with pull policy of Never but does not have the proper auth to image'
    assert pull_trouble(said, APP, "ErrImageNeverPull").reason is Reason.IMAGE_ACCESS_DENIED


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            'rpc error: code = NotFound desc = failed to pull: media type "x" is no longer supported since containerd '
            'v2.1, please rebuild the image as "y"',
            "its format is too old for the node",
        ),
        (
            f"{DESC}Error response from daemon: a Windows version 10.0.20348-based image is incompatible with a "
            "10.0.17763 host",
            "it is not made for this kind of node",
        ),
    ],
)
def test_an_image_that_no_node_of_its_kind_runs(said: str, why: str) -> None:
    pull = pull_trouble(said, APP, "ErrImagePull")
    assert (pull.reason, pull.why) == (Reason.IMAGE_WRONG_PLATFORM, why)
