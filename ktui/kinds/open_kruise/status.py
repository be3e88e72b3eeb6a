"""The verdict on an Advanced StatefulSet or an Advanced DaemonSet.

The sentences are those of `kubectl kruise rollout status` (openkruise/kruise-tools) where it has some.
It knows no Advanced DaemonSet, and looks at a partition before it looks at what the controller has seen.
"""

from __future__ import annotations

from typing import Final

from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.workloads import ON_DELETE
from ktui.rollout.status import Verdict
from ktui.text import clean

_NOT_ROLLING: Final = Verdict(
    "rollout status is only available for RollingUpdate strategy type", done=True, failed=True, is_judged=False
)


def judged(workload: KruiseSet, noun: str, *, revision: str) -> Verdict:
    """Judge it by its status: `noun` is what it is called, `revision` what it is at in the end."""
    counts, desired, goal = workload.counts, workload.desired, workload.target
    if workload.strategy == ON_DELETE:
        return _NOT_ROLLING
    if not workload.observed:
        return Verdict(f"Waiting for {noun} spec update to be observed...")
    if counts.updated < goal:
        many = f"{counts.updated} out of {goal} new pods"
        what = "partitioned roll out" if workload.kept else f"{noun} rollout"
        return Verdict(f"Waiting for {what} to finish: {many} have been updated...")
    if counts.ready < desired:
        return Verdict(f"Waiting for {desired - counts.ready} pods to be ready...")
    if counts.available < desired:
        return Verdict(f"Waiting for {desired - counts.available} pods to be available...")
    if workload.kept:
        return Verdict(f"partitioned roll out complete: {counts.updated} new pods have been updated...", done=True)
    at_end = f"{noun} rolling update complete {counts.available} pods at revision {clean(revision)}..."
    return Verdict(at_end, done=True)
