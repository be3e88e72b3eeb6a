"""What it costs to compute the state of one rollout: after each event of a storm, one rollout of 50 pods.

The baseline is what comes before that in the same program, for the same events: making structs of their bytes.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Final

from ktui.kube.streams.decoder import WatchDecoder, decode_page
from ktui.live.tracker import Tracker
from ktui.model.changes import Gone, Put
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS, Resource
from tests.benchmarks.cluster import Cluster
from tests.benchmarks.report import Figure

_PODS: Final = 10_000
_DEPLOYMENTS: Final = 200
_EVENTS: Final = 5_000

_RESOURCES: Final = {resource.plural: resource for resource in (DEPLOYMENTS, REPLICASETS, PODS)}


def state() -> list[Figure]:
    """Medians over the events of a storm, in microseconds of one core."""
    cluster, tracker = Cluster(_PODS, _DEPLOYMENTS), Tracker()
    for plural, objects in cluster.lists().items():
        if plural in _RESOURCES:
            body = b'{"metadata":{"resourceVersion":"1"},"items":[%b]}' % b",".join(objects)
            page = decode_page(_RESOURCES[plural], body)
            tracker.apply(each for each in page.contents if isinstance(each, Put))
    now = datetime.now(UTC)
    for uid in tracker.store.take_dirty():
        tracker.rollout(uid, now)
    storm = cluster.storm()
    events = [next(storm) for _ in range(_EVENTS)]
    lines = [(_RESOURCES[plural], b'{"type":"%b","object":%b}' % (kind.encode(), obj)) for plural, kind, obj in events]
    gc.collect()
    gc.freeze()
    try:
        return _played(tracker, lines, now)
    finally:
        gc.unfreeze()


def _played(tracker: Tracker, lines: Sequence[tuple[Resource, bytes]], now: datetime) -> list[Figure]:
    decoders = {resource: WatchDecoder(resource, "1") for resource in _RESOURCES.values()}
    parsed: list[float] = []
    decoded: list[float] = []
    applied: list[float] = []
    computed: list[float] = []
    for resource, line in lines:
        parsed.append(_took(json.loads, line))
        begun = perf_counter()
        heard = [each for each in decoders[resource].feed([line]) if isinstance(each, Put | Gone)]
        decoded.append(perf_counter() - begun)
        applied.append(_took(tracker.apply, heard))
        for uid in tracker.store.take_dirty():
            computed.append(_took(tracker.rollout, uid, now))
    before = f"decoding it {_us(decoded):.0f} µs (json.loads {_us(parsed):.0f}), storing it {_us(applied):.0f} µs"
    return [
        Figure("state of a rollout, after each event", _us(computed), "µs", baseline=before),
        Figure("the slowest of a hundred", sorted(computed)[-len(computed) // 100] * 1e6, "µs"),
    ]


def _took(work: Callable[..., object], *arguments: object) -> float:
    begun = perf_counter()
    work(*arguments)
    return perf_counter() - begun


def _us(seconds: Sequence[float]) -> float:
    return median(seconds) * 1e6
