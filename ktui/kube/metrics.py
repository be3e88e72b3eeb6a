"""metrics.k8s.io: what pods use, where a metrics server tells.

It is an API of its own beside the API server, and often not there. Where it is not, or may not be read, that is
remembered for a while, so that looking at many rollouts does not ask for it each time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Final
from urllib.parse import quote

import msgspec

from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden, Interrupted, KubeError, NotFound, ServerError, brief
from ktui.model.metrics import Sample, Used
from ktui.model.quantities import quantity
from ktui.model.reading import NotRead, read

SECONDS: Final = 15.0
"""From one reading to the next: a metrics server measures no more often than that."""

_MUCH: Final = 500_000
"""Bytes from which on an answer is read in a thread: the keys of a screen do not wait for it."""

_TIMEOUT: Final = 10.0
"""Seconds without a byte of the answer."""

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PARTS: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)")


@dataclass(frozen=True)
class Absent:
    """There are no metrics now: why, in a sentence, and after how many seconds it is worth asking again."""

    sentence: str
    again: float


@dataclass(frozen=True)
class Patience:
    """Seconds until metrics are asked for again."""

    missing: float = 300.0
    """Where there is no metrics server, or it may not be read: both change seldom."""
    first: float = 15.0
    longest: float = 120.0
    """Where it fails: twice as long each time, up to that."""


class Metrics:
    """The metrics of one cluster, by one connection."""

    def __init__(
        self, connection: Connection, *, clock: Callable[[], float] = monotonic, patience: Patience | None = None
    ) -> None:
        self.connection = connection
        self._clock = clock
        self._patience = patience or Patience()
        self._absent: dict[str, tuple[float, str]] = {}
        """Until when metrics are not asked for, and why, by namespace; empty for all of them."""
        self._failures = 0

    async def read(self, namespace: str, selector: str = "") -> tuple[Sample, ...] | Absent:
        """What was measured of the pods that the label selector chooses."""
        for scope in ("", namespace):
            until, sentence = self._absent.get(scope, (0.0, ""))
            if self._clock() < until:
                return Absent(sentence, until - self._clock())
        try:
            samples = await read_samples(self.connection, namespace, selector)
        except KubeError as error:
            return self._refused(namespace, error)
        self._failures = 0
        return samples

    def _refused(self, namespace: str, error: KubeError) -> Absent:
        patience = self._patience
        if isinstance(error, NotFound):
            absent = Absent("This cluster has no metrics server: what pods use is not known.", patience.missing)
            self._absent[""] = (self._clock() + absent.again, absent.sentence)
        elif isinstance(error, Forbidden):
            sentence = f"You may not read what pods use in {namespace} (list pods.metrics.k8s.io)."
            absent = Absent(brief(sentence), patience.missing)
            self._absent[namespace] = (self._clock() + absent.again, absent.sentence)
        else:
            wait = min(patience.longest, patience.first * 2**self._failures)
            self._failures = min(self._failures + 1, 10)
            absent = Absent(_unavailable(error), max(wait, error.retry_after or 0.0))
        return absent


def _unavailable(error: KubeError) -> str:
    if isinstance(error, ServerError) and error.status == 503:
        return f"The metrics server is not available: {error.message or 'HTTP 503'}".rstrip(".") + "."
    return f"Metrics cannot be read: {error}"


async def read_samples(connection: Connection, namespace: str, selector: str = "") -> tuple[Sample, ...]:
    """What was measured of the pods of a namespace that the label selector chooses. Raises KubeError."""
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{quote(namespace, safe='')}/pods"
    params = {"labelSelector": selector} if selector else None
    body = await connection.request("GET", path, params=params, timeout=_TIMEOUT, waits=False)
    try:
        return _samples(body) if len(body) < _MUCH else await asyncio.to_thread(_samples, body)
    except NotRead as error:
        raise Interrupted(f"The answer is not what a metrics server says: {brief(str(error), 120)}.") from error


def _samples(body: bytes) -> tuple[Sample, ...]:
    return tuple(_sample(item) for item in read(_decoder, body).items or ())


def _sample(item: _PodMetrics) -> Sample:
    containers = {each.name: Used(_known(each.usage.cpu), _known(each.usage.memory)) for each in item.containers or ()}
    return Sample(item.metadata.name, item.timestamp, seconds_of(item.window), containers)


_known = lru_cache(maxsize=4096)(quantity)


def seconds_of(window: str) -> float:
    """Seconds of a duration as Go writes it: `15s`, `1m0.5s`; 0 for what is none."""
    found = _PARTS.findall(window[:64])
    if "".join(number + unit for number, unit in found) != window:
        return 0.0
    return float(sum(float(number) * _UNITS[unit] for number, unit in found))


class _Usage(msgspec.Struct):
    cpu: str = ""
    memory: str = ""


class _ContainerMetrics(msgspec.Struct):
    name: str
    usage: _Usage = msgspec.field(default_factory=_Usage)


class _Meta(msgspec.Struct):
    name: str


class _PodMetrics(msgspec.Struct):
    metadata: _Meta
    timestamp: datetime | None = None
    window: str = ""
    containers: list[_ContainerMetrics] | None = None


class _PodMetricsList(msgspec.Struct):
    items: list[_PodMetrics] | None = None


_decoder = msgspec.json.Decoder(_PodMetricsList)
