"""The catalogue of causes: rollouts that get nowhere, each with what ktui says of it and what it says to try.

`tests/rollout/test_catalogue.py` plays each on the simulated cluster; `python -m tests.causes` writes docs/causes.md
from this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from ktui.kinds.deployment.quota_remarks import quota_remarks
from ktui.kinds.registry import STREAMED
from ktui.kube.policies import policies_in
from ktui.live.live import Live
from ktui.model.changes import Gone, Listed, Put
from ktui.model.objects import Deployment
from ktui.model.reference import reference_to
from ktui.model.resources import Resource
from ktui.rollout.diagnosis.cause import Cause, Reason, Remedy
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.rollout import Phase, Rollout
from ktui.sim import SimulatedCluster
from ktui.sim.api.resources import PODS
from ktui.sim.scenario import find_scenario
from tests.recorded import decode

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "causes.md"
SCENARIOS: Final = Path(__file__).parents[1] / "ktui" / "sim" / "scenarios" / "causes"
START: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STEP: Final = 5


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ktui says `after` so many seconds, first of all, of the scenario `causes/NAME`; nothing, if nothing is."""

    group: str
    name: str
    after: int
    phase: Phase
    says: str = ""
    helps: str = msgspec.field(default="", name="try")
    keys: tuple[Remedy, ...] = ()
    is_remark: bool = msgspec.field(default=False, name="is-remark")

    @property
    def title(self) -> str:
        return find_scenario(f"causes/{self.name}", {}).description


class Recorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ktui says first, when it has lasted, of a recording in tests/recordings/real-node."""

    group: str
    recording: str
    title: str
    reason: Reason
    says: str


_FAST: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Eight times as fast where PyYAML has it; each worker reads the table."""


def _rows() -> Iterator[dict[str, Any]]:
    table = yaml.load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"), Loader=_FAST)
    for group, rows in table.items():
        yield from (row | {"group": group} for row in rows)


CASES: Final = tuple(msgspec.convert(row, Case) for row in _rows() if "recording" not in row)
RECORDED: Final = tuple(msgspec.convert(row, Recorded) for row in _rows() if "recording" in row)


class Play:
    """A scenario played in virtual time, seen as ktui sees a cluster."""

    def __init__(self, name: str) -> None:
        self.cluster = SimulatedCluster(seed=1, start=START)
        self.cluster.load(f"causes/{name}")
        self._live = Live()
        self._versions: dict[str, str] = {}
        self._resources: dict[str, Resource] = {}
        self._look()

    @property
    def rollout(self) -> Rollout:
        return next(iter(self._live.rollouts.values()))

    @property
    def remarks(self) -> Sequence[Cause]:
        """What ktui tells of what stands around a Deployment, when it is looked at in full."""
        deployment = next(self._live.store.of_type(Deployment), None)
        if deployment is None:
            return ()
        listed = (
            self.cluster.list(kind) for kind in ("horizontalpodautoscalers", "poddisruptionbudgets", "resourcequotas")
        )
        policies = policies_in(reference_to(deployment), *listed)
        is_under_way = not self.rollout.verdict.done
        found = remarks(deployment, policies, replicas=deployment.spec.desired, is_under_way=is_under_way)
        return (*found, *(quota_remarks(deployment, policies.quotas) if is_under_way else ()))

    def run(self, seconds: int) -> Iterator[Rollout]:
        """Let time pass, and look every few seconds."""
        for _ in range(0, seconds, STEP):
            self.cluster.run_for(STEP)
            self._look()
            yield self.rollout

    def roll_back(self) -> None:
        """Bring the first revision back, as any client would, and delete what a StatefulSet would wait for."""
        sets = [*self.cluster.list("statefulsets"), *self.cluster.list("daemonsets")]
        if sets:
            self._roll_back_set(sets[0])
            return
        deployment = self.cluster.list("deployments")[0]
        first = min(self.cluster.list("replicasets"), key=lambda rs: str(rs["metadata"]["creationTimestamp"]))
        template: dict[str, Any] = {**first["spec"]["template"]}
        labels = {k: v for k, v in template["metadata"]["labels"].items() if k != "pod-template-hash"}
        template["metadata"] = {**template["metadata"], "labels": labels}
        self.cluster.apply(deployment | {"spec": deployment["spec"] | {"template": template}})

    def _roll_back_set(self, workload: dict[str, Any]) -> None:
        first = min(self.cluster.list("controllerrevisions"), key=lambda revision: int(revision["revision"]))
        template = {name: value for name, value in first["data"]["spec"]["template"].items() if name != "$patch"}
        self.cluster.apply(workload | {"spec": workload["spec"] | {"template": template}})
        kept = {first["metadata"]["name"], first["metadata"]["labels"].get("controller-revision-hash")}
        for pod in self.cluster.list("pods"):
            meta = pod["metadata"]
            if meta["labels"]["controller-revision-hash"] not in kept:
                self.cluster.api.delete(PODS, meta["namespace"], meta["name"])

    def _look(self) -> None:
        for resource in STREAMED:
            objects = {obj["metadata"]["uid"]: obj for obj in self.cluster.list(resource.plural)}
            for uid, obj in objects.items():
                version = obj["metadata"]["resourceVersion"]
                if self._versions.get(uid) != version:
                    self._live.apply([Put(resource, decode(resource, obj))])
                    self._versions[uid], self._resources[uid] = version, resource
            gone = [uid for uid, kind in self._resources.items() if kind is resource and uid not in objects]
            for uid in gone:
                self._live.apply([Gone(resource, uid)])
                del self._versions[uid], self._resources[uid]
            self._live.apply([Listed(resource)])
        for _ in self._live.refresh(datetime.fromtimestamp(self.cluster.now, UTC), times=True):
            pass


_KEYS: Final = {
    Remedy.LOGS: "`l` logs",
    Remedy.ROLLBACK: "`b` roll back",
    Remedy.SET_IMAGE: "`i` set image",
    Remedy.SCALE: "`s` scale",
    Remedy.RESUME: "`space` resume",
    Remedy.REPAIR: "`C` repair",
    Remedy.HISTORY: "`h` history",
    Remedy.TIMELINE: "`e` timeline",
}

_OPENING: Final = """\
# What keeps a rollout from finishing

Each row is a problem of a rollout: what happened, the first sentence that ktui shows, and what it suggests. The names
and numbers are examples, with a Deployment `web`, a StatefulSet `db` or a DaemonSet `agent` of a few pods. To see a
case yourself, run `ktui demo causes/NAME` with the name from the last column.

A problem that waiting will not fix marks the rollout ▲ stalled immediately, long before its deadline. A problem that
may pass (a failing registry, a slow volume) is also shown immediately, and the rollout is stalled after a minute; if a
node is being added, after five ([patience](patience.md)). A rollout that is only slow is never called a failure: it
stays ◐ progressing, and ktui says what it is waiting for. Each sentence begins with the reason and has at most 90
characters. The cluster's own text follows it in the detail.

This page is generated by `python -m tests.causes` from the cases that the tests play.
"""


def document() -> str:
    """docs/causes.md."""
    parts = [_OPENING]
    for group, cases in groupby(CASES, key=lambda case: case.group):
        parts += [f"\n## {group}\n", "| what happened | what ktui says | what to try | keys | name |"]
        parts += ["| --- | --- | --- | --- | --- |", *(_row(case) for case in cases)]
    for group, recorded in groupby(RECORDED, key=lambda each: each.group):
        parts += [f"\n## {group}\n", "| what happened | what ktui says | reason |", "| --- | --- | --- |"]
        parts += [_cells(each.title, each.says, f"`{each.reason}`") for each in recorded]
    return "\n".join(parts) + "\n"


def _row(case: Case) -> str:
    idle = "nothing: it is held" if case.phase is Phase.HELD else "nothing: it is progressing"
    said = f"{_glyph(case)} {case.says}" if case.says else idle
    keys = ", ".join(_KEYS[remedy] for remedy in case.keys)
    cells = (case.title, said, case.helps, keys, f"`{case.name}`")
    return _cells(*cells)


def _cells(*cells: str) -> str:
    return "| " + " | ".join(re.sub(r"([|<>])", r"\\\1", cell) for cell in cells) + " |"


def _glyph(case: Case) -> str:
    if case.is_remark:
        return "▸"
    return {Phase.STALLED: "▲", Phase.FAILED: "✖", Phase.PAUSED: "‖"}.get(case.phase, "◐")


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
