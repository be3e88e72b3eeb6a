"""What a kubelet tells of a pod in its Events: pulls, probes, hooks, restarts, and what keeps it from beginning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.volume_messages import MOUNTS

EventsOf = Callable[[str], Sequence[Event]]
"""The events about the object of a uid."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def newest(events: Iterable[Event], *reasons: str, mark: str = "") -> Event | None:
    """The newest of the events with one of these reasons, and with that mark in the message."""
    chosen = [event for event in events if event.reason in reasons and mark in event.message]
    return max(chosen, key=lambda event: event.last_seen or _LONG_AGO, default=None)


def first_time(events: Iterable[Event], *reasons: str, mark: str = "") -> datetime | None:
    """When one of these happened first, as far as the events go back."""
    chosen = [event.first_seen for event in events if event.reason in reasons and mark in event.message]
    return min((moment for moment in chosen if moment is not None), default=None)


def pull_failure(events: Sequence[Event]) -> str:
    """What the kubelet said when it last failed to pull: `ImagePullBackOff` alone says nothing of that."""
    event = newest(events, "Failed", mark="Failed to pull image")
    return event.message if event is not None else ""


def missing_pull_secret(events: Sequence[Event]) -> str:
    """The pull secrets that the kubelet did not find."""
    event = newest(events, "FailedToRetrieveImagePullSecret")
    found = re.search(r"pull secrets? \(([^)]+)\)", event.message) if event is not None else None
    return found[1] if found is not None else ""


SANDBOX: Final = "FailedCreatePodSandBox"
NO_NETWORK: Final = "NetworkNotReady"
_GOES_ON: Final = ("Pulling", "Pulled", "Created", "Started")


def hindrance(events: Sequence[Event]) -> Event | None:
    """What keeps the containers from being begun at all: a volume or the sandbox, where that came last, and again."""
    last = newest(events, *MOUNTS, SANDBOX, NO_NETWORK, *_GOES_ON)
    # What comes once is tried again half a second later, and mostly works then.
    return last if last is not None and last.reason not in _GOES_ON and last.times > 1 else None


class Probe(NamedTuple):
    """A probe that fails: `readiness`, `liveness` or `startup`, of which container, and what came of it."""

    name: str
    said: str
    container: str = ""


_FAILED_PROBE: Final = Expression(r"^(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*: ?(.*)$", re.DOTALL)


def container_of(event: Event) -> str:
    """The container that an event is about, from its field path: `spec.initContainers{proxy}`."""
    return event.involved_object.field_path.partition("{")[2].rstrip("}")


def failing_probe(events: Sequence[Event], *names: str, containers: Iterable[str] = ()) -> Probe | None:
    """The probe of one of these names that failed last, of one of these containers if the event says of which."""
    wanted = frozenset(containers)
    last: tuple[datetime, Probe] | None = None
    for event in events:
        found = _FAILED_PROBE.match(event.message) if event.reason == "Unhealthy" else None
        if found is None or found[1].lower() not in names:
            continue
        container = container_of(event)
        if wanted and container and container not in wanted:
            continue
        seen = event.last_seen or _LONG_AGO
        if last is None or seen >= last[0]:
            last = (seen, Probe(found[1].lower(), found[2].strip(), container))
    return last[1] if last is not None else None


_KILLED: Final = Expression(r"^(?:Init container|Container) (\S+) failed (liveness|startup) probe")


def killed_by_probe(events: Sequence[Event], container: str, since: datetime | None) -> Probe | None:
    """The probe because of which the kubelet restarts that container, with what it found.

    A kill before `since`, when the run began that ended last, is of another run. Stamps of Events are whole seconds.
    """
    killings = (event for event in events if event.reason == "Killing")
    found = [
        (event.last_seen or _LONG_AGO, match[2])
        for event in killings
        if (match := _KILLED.match(event.message)) is not None and match[1] == container
    ]
    if not found:
        return None
    seen, name = max(found)
    if since is not None and seen < since:
        return None
    return failing_probe(events, name, containers=[container]) or Probe(name, "", container)


def failed_hook(events: Sequence[Event], container: str, since: datetime | None) -> Event | None:
    """The event of a postStart hook of that container that failed in the run that began then, or later."""
    about = [event for event in events if container_of(event) in ("", container)]
    last = newest(about, "FailedPostStartHook")
    if last is None or (since is not None and last.last_seen is not None and last.last_seen < since):
        return None
    return last


def resized_by_restart(events: Sequence[Event], container: str, since: datetime | None) -> bool:
    """Whether the kubelet restarted that container because a resize asked for it."""
    last = newest(events, "Killing", mark=f"Container {container} resize requires restart")
    return last is not None and (since is None or last.last_seen is None or last.last_seen >= since)


def pulling(events: Sequence[Event]) -> str:
    """The image that is being pulled now, as far as the events tell."""
    last = newest(events, *_GOES_ON)
    found = re.search(r'image "([^"]+)"', last.message) if last is not None and last.reason == "Pulling" else None
    return found[1] if found is not None else ""


def node_is_lost(events: Sequence[Event]) -> bool:
    """Whether the node controller has said that the pod's node does not answer."""
    return newest(events, "NodeNotReady") is not None


_COMING: Final = ("TriggeredScaleUp", "Nominated")
_NOT_COMING: Final = ("NotTriggerScaleUp",)
_KARPENTER: Final = "karpenter"


def node_coming(events: Sequence[Event]) -> Event | None:
    """What says that an autoscaler (cluster-autoscaler, Karpenter) makes a node for the pod, unless it said later that
    it does not."""
    coming = newest(events, *_COMING)
    if coming is None:
        return None
    refused = [
        event
        for event in events
        if event.reason in _NOT_COMING
        or (event.reason == "FailedScheduling" and _KARPENTER in (event.source.component or event.reporting_component))
    ]
    last = max((event.last_seen or _LONG_AGO for event in refused), default=None)
    return coming if last is None or last < (coming.last_seen or _LONG_AGO) else None
