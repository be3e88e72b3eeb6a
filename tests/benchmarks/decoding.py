"""What it takes to make 10,000 pods out of bytes: ktui's structs against kubernetes-asyncio's model classes.

`python -m tests.benchmarks.decoding ktui` (or `models`) decodes a list from its input, and prints what that took.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.report import Figure
from tests.benchmarks.terminal import ROOT

PODS = 10_000


def decoding() -> list[Figure]:
    """Time and memory of both, each in a process of its own; of ktui the best of three."""
    body = _body()
    ours = [_child("ktui", body) for _ in range(3)]
    models = _child("models", body)
    seconds, megabytes = min(took["seconds"] for took in ours), min(took["mb"] for took in ours)
    return [
        Figure(
            "10,000 pods, processor time",
            seconds,
            "s",
            baseline=f"kubernetes-asyncio's models: {models['seconds']:.2f} s, {models['seconds'] / seconds:.0f} times",
        ),
        Figure(
            "10,000 pods, memory",
            megabytes,
            "MB",
            baseline=f"kubernetes-asyncio's models: {models['mb']:.0f} MB, {models['mb'] / megabytes:.0f} times",
        ),
    ]


def _child(how: str, body: bytes) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.decoding", how]
    answer = subprocess.run(command, input=body, capture_output=True, check=True, cwd=ROOT).stdout
    took: dict[str, float] = json.loads(answer)
    return took


def _resident() -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def _body() -> bytes:
    pods = Cluster(PODS, 200).lists()["pods"]
    return b'{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[' + b",".join(pods) + b"]}"


def _with_ktui(body: bytes) -> Any:
    from ktui.kube.streams.decoder import decode_page
    from ktui.model.resources import PODS

    return decode_page(PODS, body)


def _with_models(body: bytes) -> Any:
    from kubernetes_asyncio.client import ApiClient

    kept = []

    async def deserialize() -> None:
        async with ApiClient() as client:
            # Not returned: asyncio would write it out as a string, which takes ten times as long.
            kept.append(client.deserialize(SimpleNamespace(data=body.decode()), "V1PodList"))

    asyncio.run(deserialize())
    return kept


def _main(how: str) -> None:
    body = sys.stdin.buffer.read()
    # What importing costs is not what decoding costs.
    decode = _with_ktui if how == "ktui" else _with_models
    decode(b'{"metadata":{"resourceVersion":"1"},"items":[]}')
    gc.collect()
    before, begun = _resident(), time.process_time()
    kept = decode(body)
    took = time.process_time() - begun
    gc.collect()
    print(json.dumps({"seconds": took, "mb": _resident() - before}))
    del kept


if __name__ == "__main__":
    _main(sys.argv[1])
