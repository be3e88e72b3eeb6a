"""Events as client-go's recorders send them.

That of the core API, which controllers and kubelets use, counts the same event again and combines many similar ones.
That of events.k8s.io, which the scheduler uses, makes a series of them, and seldom tells how long that has become.
"""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ktui.sim.api import resources
from ktui.sim.api.errors import ApiError
from ktui.sim.apiserver import ApiServer
from ktui.sim.kernel import rfc3339, rfc3339_micro

JSON = dict[str, Any]
EVENTS = resources.of("", "events")

COMBINE_AFTER = 10
"""So many different messages of one kind, then they are combined into one event."""
COMBINE_WITHIN = 600.0
BURST, REFILL_SECONDS = 25, 300.0
"""A source may send so many events of one object at once, then one in so many seconds."""
SERIES_ENDS_AFTER, SERIES_TOLD_EVERY = 360.0, 1800.0
TIME_TO_LIVE = 3600.0


@dataclass
class _Similar:
    messages: dict[str, None]
    last: float


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass
class _Series:
    name: str
    count: int
    last: float
    reported: float


class EventRecorder:
    """Sends the events of one component, such as `deployment-controller`."""

    def __init__(self, api: ApiServer, component: str, host: str = "") -> None:
        self._api = api
        self._component = component
        self._source = {"component": component} | ({"host": host} if host else {})
        self._host = host
        self._similar: dict[tuple[str, str, str], _Similar] = {}
        self._sent: dict[tuple[str, str, str, str, str], str] = {}
        self._allowance: dict[str, _Bucket] = {}
        self._forget_at = api.kernel.now + COMBINE_WITHIN

    def event(self, about: JSON, type_: str, reason: str, message: str, field_path: str = "") -> None:
        """Tell of something that happened to an object: `Normal` or `Warning`, a reason in one word, and a sentence."""
        self._forget()
        uid = about["metadata"]["uid"]
        if not self._may_send(uid):
            return
        message, kind = self._combine(uid, type_, reason, message)
        key = (*kind, field_path)
        name = self._sent.get(key)
        namespace = about["metadata"].get("namespace", "default")
        earlier = self._api.bucket(EVENTS).get(namespace, name) if name else None
        if earlier is not None:
            self._count(earlier, message)
            return
        obj = self._new(about, type_, reason, message, field_path)
        try:
            self._api.create(EVENTS, namespace, obj, manager=self._manager(), trusted=True, like=self._like(obj))
        except ApiError:
            return  # an event is lost where its namespace is gone; nothing depends on one
        self._sent[key] = obj["metadata"]["name"]

    def _manager(self) -> str:
        built_in = self._component.endswith("-controller") and self._component != "rollouts-controller"
        return "kube-controller-manager" if built_in else self._component

    def _may_send(self, uid: str) -> bool:
        now = self._api.kernel.now
        bucket = self._allowance.setdefault(uid, _Bucket(BURST, now))
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at) / REFILL_SECONDS)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _combine(self, uid: str, type_: str, reason: str, message: str) -> tuple[str, tuple[str, str, str, str]]:
        now = self._api.kernel.now
        similar = self._similar.get((uid, type_, reason))
        if similar is None or now - similar.last > COMBINE_WITHIN:
            similar = self._similar[(uid, type_, reason)] = _Similar({}, now)
        similar.last = now
        similar.messages[message] = None
        if len(similar.messages) < COMBINE_AFTER:
            return message, (uid, type_, reason, message)
        del similar.messages[next(iter(similar.messages))]
        return f"(combined from similar events): {message}", (uid, type_, reason, "")

    def _new(self, about: JSON, type_: str, reason: str, message: str, field_path: str) -> JSON:
        kernel, metadata = self._api.kernel, about["metadata"]
        moment = int(kernel.now * 1e9) + self._api.storage.number % 1000
        involved = {
            "kind": about["kind"],
            "namespace": metadata.get("namespace"),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": metadata["resourceVersion"],
            "fieldPath": field_path,
        }
        return {
            "metadata": {"name": f"{metadata['name']}.{moment:x}"},
            "involvedObject": {field: value for field, value in involved.items() if value},
            "reason": reason,
            "message": message,
            "source": self._source,
            "firstTimestamp": kernel.stamp(),
            "lastTimestamp": kernel.stamp(),
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }

    def _count(self, earlier: JSON, message: str) -> None:
        stamp = self._api.kernel.stamp()
        entries = [entry | {"time": stamp} for entry in earlier["metadata"].get("managedFields") or ()]
        metadata = earlier["metadata"] | {"managedFields": entries}
        counted = {"count": earlier["count"] + 1, "lastTimestamp": stamp, "message": message}
        self._api.storage.put(EVENTS, earlier | {"metadata": metadata} | counted)

    @staticmethod
    def _like(obj: JSON) -> Hashable:
        """Events that set the same fields."""
        return ("event", *sorted(obj["involvedObject"]), *sorted(obj["source"]), bool(obj["reportingInstance"]))

    def _forget(self) -> None:
        """Drop what is too old to matter, now and then: the recorder outlives the objects that it tells of."""
        now = self._api.kernel.now
        if now < self._forget_at:
            return
        self._forget_at = now + COMBINE_WITHIN
        self._similar = {k: s for k, s in self._similar.items() if now - s.last <= COMBINE_WITHIN}
        kept = {key[:3] for key in self._similar}
        self._sent = {key: name for key, name in self._sent.items() if key[:3] in kept}
        full = BURST * REFILL_SECONDS
        self._allowance = {uid: b for uid, b in self._allowance.items() if now - b.at < full}


class SeriesRecorder:
    """Sends the events of one component in the form of events.k8s.io (client-go, tools/events: recordToSink).

    The second of a kind makes a series of two; those that follow are counted, and reported half an hour later at most.
    """

    def __init__(self, api: ApiServer, component: str) -> None:
        self._api = api
        self._component = component
        self._series: dict[tuple[str, str, str, str], _Series] = {}
        self._forget_at = api.kernel.now + SERIES_ENDS_AFTER

    def event(self, about: JSON, type_: str, reason: str, message: str, action: str) -> None:
        """Tell of something that happened to an object, and what was being done to it: `Binding`, `Scheduling`."""
        self._forget()
        now, metadata = self._api.kernel.now, about["metadata"]
        key = (metadata["uid"], type_, reason, message)
        known = self._series.get(key)
        if known is None:
            self._series[key] = _Series(self._create(about, type_, reason, message, action), 1, now, now)
            return
        known.count, known.last = known.count + 1, now
        if known.count == 2 or now - known.reported >= SERIES_TOLD_EVERY:
            known.reported = now
            self._tell(metadata["namespace"], known)

    def _create(self, about: JSON, type_: str, reason: str, message: str, action: str) -> str:
        kernel, metadata = self._api.kernel, about["metadata"]
        name = f"{metadata['name']}.{int(kernel.now * 1e9) + self._api.storage.number % 1000:x}"
        obj: JSON = {
            "metadata": {"name": name},
            "involvedObject": {
                "kind": about["kind"], "namespace": metadata["namespace"], "name": metadata["name"],
                "uid": metadata["uid"], "apiVersion": about["apiVersion"],
                "resourceVersion": metadata["resourceVersion"],
            },
            "reason": reason,
            "message": message,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": type_,
            "eventTime": rfc3339_micro(kernel.now),
            "action": action,
            "reportingComponent": self._component,
            "reportingInstance": f"{self._component}-control-plane",
        }  # fmt: skip
        like = ("series", self._component)
        with suppress(ApiError):  # an event is lost where its namespace is gone; nothing depends on one
            self._api.create(EVENTS, metadata["namespace"], obj, manager="kube-scheduler", trusted=True, like=like)
        return name

    def _tell(self, namespace: str, series: _Series) -> None:
        earlier = self._api.bucket(EVENTS).get(namespace, series.name)
        if earlier is not None:
            series_fields = {"count": series.count, "lastObservedTime": rfc3339_micro(series.last)}
            self._api.storage.put(EVENTS, earlier | {"series": series_fields})

    def _forget(self) -> None:
        """A series ends where nothing more is heard of it for a while."""
        now = self._api.kernel.now
        if now >= self._forget_at:
            self._forget_at = now + SERIES_ENDS_AFTER
            self._series = {key: s for key, s in self._series.items() if now - s.last <= SERIES_ENDS_AFTER}


class EventExpiry:
    """Removes events an hour after they were last counted, as the API server's TTL does."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        api.kernel.after(TIME_TO_LIVE / 10, self._sweep)

    def _sweep(self) -> None:
        kernel = self._api.kernel
        bucket = self._api.bucket(EVENTS)
        horizon = rfc3339(kernel.now - TIME_TO_LIVE)
        for obj in [event for event in bucket.all() if _last(event) < horizon]:
            self._api.storage.remove(EVENTS, obj)
        kernel.after(TIME_TO_LIVE / 10, self._sweep)


def _last(event: JSON) -> str:
    series = (event.get("series") or {}).get("lastObservedTime")
    return str(series or event.get("lastTimestamp") or event["metadata"]["creationTimestamp"])
