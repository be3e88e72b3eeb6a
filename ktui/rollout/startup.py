"""Why a pod does not start, from what kubelet and container runtimes write: images, volumes, sandboxes, probes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from ktui.model.objects import Event

EventsOf = Callable[[str], Sequence[Event]]
"""The events about the object of a uid."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_WRAPPED: Final = re.compile(r"rpc error: code = \w+ desc = ")


class Pull(NamedTuple):
    """Why an image cannot be pulled, what helps, and whether it may pass by itself."""

    why: str
    helps: str
    may_pass: bool = False


_PULLS: Final[tuple[tuple[tuple[str, ...], Pull], ...]] = (
    (
        ("couldn't parse image", "invalid reference format", "invalidimagename"),
        Pull("its name is not valid", "set an image with a valid name"),
    ),
    (
        ("pull policy of never",),
        Pull("it is not on the node, and is not to be fetched", "load it onto the nodes, or change imagePullPolicy"),
    ),
    (
        ("no match for platform", "no matching manifest"),
        Pull("it is not made for this kind of node", "build it for the nodes' architecture, or choose other nodes"),
    ),
    (
        ("toomanyrequests", "429", "rate limit"),
        Pull("the registry limits its downloads", "wait, log in with a pull secret, or use a mirror", may_pass=True),
    ),
    (
        ("no space left",),
        Pull("the node's disk is full", "free the node's disk: old images, logs", may_pass=True),
    ),
    (
        ("x509:", "certificate"),
        Pull("the registry's certificate is not trusted", "give the nodes the registry's CA, or mend the certificate"),
    ),
    (
        ("pull access denied",),
        Pull(
            "it is not in the registry, or access is refused",
            "check name and tag, and the pull secret of the pod's service account",
        ),
    ),
    (
        ("not found", "manifest unknown", "does not exist"),
        Pull("it is not in the registry", "check name and tag, then set the image again or roll back"),
    ),
    (
        ("unauthorized", "denied", "forbidden", "authentication required"),
        Pull("the registry refuses access", "check the pull secret of the pod's service account"),
    ),
    (
        ("no such host", "timeout", "connection refused", "tls:", "deadline exceeded", "eof", "unavailable"),
        Pull("the registry cannot be reached", "check the registry, and the way to it from the nodes", may_pass=True),
    ),
)
"""What is written where an image cannot be pulled, and what it comes to."""

_UNKNOWN: Final = Pull("", "check the image's name and tag and the pull secret, then set the image again or roll back")


def pull_trouble(text: str) -> Pull:
    """What a message about an image that cannot be pulled comes to; without words for it where it is not known."""
    lower = text.lower()
    return next((pull for marks, pull in _PULLS if any(mark in lower for mark in marks)), _UNKNOWN)


def newest(events: Sequence[Event], *reasons: str, mark: str = "") -> Event | None:
    """The newest of the events with one of these reasons, and with that mark in the message."""
    chosen = [event for event in events if event.reason in reasons and mark in event.message]
    return max(chosen, key=lambda event: event.last_seen or _LONG_AGO, default=None)


def pull_failure(events: Sequence[Event]) -> str:
    """What the kubelet said when it last failed to pull: `ImagePullBackOff` alone says nothing of that."""
    event = newest(events, "Failed", mark="Failed to pull image")
    return event.message if event is not None else ""


def missing_pull_secret(events: Sequence[Event]) -> str:
    """The pull secrets that the kubelet did not find."""
    event = newest(events, "FailedToRetrieveImagePullSecret")
    found = re.search(r"pull secrets? \(([^)]+)\)", event.message) if event is not None else None
    return found[1] if found is not None else ""


_MOUNTS: Final = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_SANDBOX: Final = "FailedCreatePodSandBox"
_GOES_ON: Final = ("Pulling", "Pulled", "Created", "Started")


def hindrance(events: Sequence[Event]) -> Event | None:
    """What keeps the containers from being begun at all: a volume or the sandbox, where that came last, and again."""
    last = newest(events, *_MOUNTS, _SANDBOX, *_GOES_ON)
    # What comes once is tried again half a second later, and mostly works then.
    return last if last is not None and last.reason not in _GOES_ON and last.times > 1 else None


def is_mount(event: Event) -> bool:
    """Whether the hindrance is a volume."""
    return event.reason in _MOUNTS


class Mount(NamedTuple):
    """Which volume is not there, why, and what helps."""

    volume: str
    why: str
    helps: str


_VOLUME: Final = re.compile(r'volume "([^"]+)"|unmounted volumes=\[([^\]]*)\]')


def mount_trouble(text: str) -> Mount:
    """What a message about a volume that cannot be mounted comes to."""
    found = _VOLUME.search(text)
    volume = (found[1] or found[2] or "") if found is not None else ""
    if "Multi-Attach" in text:
        helps = "a volume for one node only wants the strategy Recreate, or surge 0; or wait for the old pod to go"
        return Mount(volume, "it is still attached to another node", helps)
    missing = re.search(r'(configmap|secret|persistentvolumeclaim) "([^"]+)" not found', text)
    if missing is not None:
        return Mount(volume, missing[0], f"create the {missing[1]} {missing[2]}, or mend its name in the template")
    keys = re.search(r"references non-existent (?:config|secret) key: (\S+)", text)
    if keys is not None:
        return Mount(volume, f"the key {keys[1]} is not in it", "add the key, or mend its name in the template")
    if "timed out" in text or "DeadlineExceeded" in text:
        return Mount(volume, "timed out", "look at the volume claim, the storage driver and the node")
    why = _WRAPPED.sub("", text.partition(" : ")[2] or text)
    return Mount(volume, why, "look at the volume claim, the storage driver and the node")


def sandbox_trouble(text: str) -> str:
    """Why a pod's sandbox cannot be made, without the wrapping around it."""
    told = re.split(r"desc = ", text)[-1]
    return re.sub(r"^failed to (?:setup|set up) network for sandbox \S+ ", "no network: ", told)


class Probe(NamedTuple):
    """A probe that fails: `readiness`, `liveness` or `startup`, and what came of it."""

    name: str
    said: str


_FAILED_PROBE: Final = re.compile(r"^(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*: ?(.*)$", re.DOTALL)


def failing_probe(events: Sequence[Event], *names: str) -> Probe | None:
    """The probe of one of these names that failed last."""
    last = None
    for event in events:
        found = _FAILED_PROBE.match(event.message) if event.reason == "Unhealthy" else None
        if found is None or found[1].lower() not in names:
            continue
        seen = event.last_seen or _LONG_AGO
        if last is None or seen >= last[0]:
            last = (seen, Probe(found[1].lower(), found[2].strip()))
    return last[1] if last is not None else None


_KILLED: Final = re.compile(r"^Container (\S+) failed (liveness|startup) probe")


def killed_by_probe(events: Sequence[Event], container: str) -> Probe | None:
    """The probe because of which the kubelet restarts that container, with what it found."""
    for event in events:
        found = _KILLED.match(event.message) if event.reason == "Killing" else None
        if found is not None and found[1] == container:
            return failing_probe(events, found[2]) or Probe(found[2], "")
    return None


def pulling(events: Sequence[Event]) -> str:
    """The image that is being pulled now, as far as the events tell."""
    last = newest(events, *_GOES_ON)
    found = re.search(r'image "([^"]+)"', last.message) if last is not None and last.reason == "Pulling" else None
    return found[1] if found is not None else ""


def node_is_lost(events: Sequence[Event]) -> bool:
    """Whether the node controller has said that the pod's node does not answer."""
    return newest(events, "NodeNotReady") is not None
