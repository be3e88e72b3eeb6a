"""Advanced StatefulSets and DaemonSets over their recordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import cast

import msgspec
import pytest

from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS, AdvancedDaemonSet
from ktui.kinds.advanced_statefulset.objects import ADVANCED_STATEFULSETS, AdvancedStatefulSet
from ktui.kinds.cloneset.objects import CLONESETS
from ktui.kinds.registry import rollout_of, verdict
from ktui.model.changes import Put
from ktui.model.resources import Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload
from ktui.rollout.rollout import Phase
from tests.kinds.open_kruise import replay
from tests.recorded import decode

PHASES = [
    (ADVANCED_STATEFULSETS, "statefulset-partition", "progressing complete progressing held progressing complete"),
    (ADVANCED_STATEFULSETS, "statefulset-in-place", "progressing complete progressing held progressing held complete"),
    (
        ADVANCED_STATEFULSETS,
        "statefulset-max-unavailable",
        "progressing complete progressing paused progressing complete progressing stalled progressing complete",
    ),
    (
        ADVANCED_DAEMONSETS,
        "daemonset-partition",
        "progressing complete progressing held progressing paused progressing complete",
    ),
    (ADVANCED_DAEMONSETS, "daemonset-surge", "progressing complete progressing complete progressing stalled"),
]


@pytest.mark.parametrize(("resource", "name", "phases"), PHASES, ids=lambda value: str(value)[:24])
def test_the_phases_in_their_order(resource: Resource, name: str, phases: str) -> None:
    seen = [each.phase for _, each in replay.followed(name, resource)]
    assert " ".join(phase for phase, _ in groupby(seen)).startswith(phases)
    assert seen[-1] is Phase.COMPLETE


@pytest.mark.parametrize(
    ("resource", "name", "t", "line"),
    [
        (
            ADVANCED_STATEFULSETS,
            "statefulset-partition",
            11.0,
            "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
        ),
        (
            ADVANCED_STATEFULSETS,
            "statefulset-partition",
            27.0,
            "Advanced StatefulSet rolling update complete 5 pods at revision web-6fd455dbfc...",
        ),
        (
            ADVANCED_DAEMONSETS,
            "daemonset-surge",
            16.0,
            "Waiting for Advanced DaemonSet rollout to finish: 0 out of 5 new pods have been updated...",
        ),
    ],
)
def test_the_verdict_at_moments(resource: Resource, name: str, t: float, line: str) -> None:
    store, _ = replay.at(name, t)
    assert verdict(replay.workload(store, resource)).line == line


def test_lists_tell_them_from_those_of_kubernetes() -> None:
    assert replay.rollout("statefulset-partition", 20.0, ADVANCED_STATEFULSETS).label == "asts/web"
    assert replay.rollout("daemonset-surge", 10.0, ADVANCED_DAEMONSETS).label == "ads/web"


def test_an_update_in_place_is_told_apart() -> None:
    assert replay.rollout("statefulset-in-place", 8.0, ADVANCED_STATEFULSETS).why == "1 pod is being updated in place"


def test_what_their_strategies_mean() -> None:
    template = {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    rolling = {"partition": 3, "minReadySeconds": 7, "paused": True, "podUpdatePolicy": "InPlaceIfPossible"}
    raw = {
        "metadata": {"name": "web", "uid": "1"},
        "spec": {
            "replicas": 2,
            "template": template,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
        },
    }
    statefulset = decode(ADVANCED_STATEFULSETS, raw)
    assert isinstance(statefulset, AdvancedStatefulSet)
    assert (statefulset.kept, statefulset.target, statefulset.spec.min_ready_seconds) == (2, 0, 7)
    assert statefulset.rolling.paused
    assert statefulset.rolling.in_place
    raw["spec"] = {
        "template": template,
        "updateStrategy": {"rollingUpdate": {"partition": "50%", "rollingUpdateType": "Standard"}},
    }
    daemonset = decode(ADVANCED_DAEMONSETS, raw | {"status": {"desiredNumberScheduled": 5}})
    assert isinstance(daemonset, AdvancedDaemonSet)
    assert (daemonset.kept, daemonset.target) == (2, 3), "a share of the nodes is rounded down"
    assert not daemonset.rolling.in_place


@pytest.mark.parametrize("resource", [CLONESETS, ADVANCED_STATEFULSETS, ADVANCED_DAEMONSETS])
def test_where_a_change_is_not_seen_it_is_its_own_controller_that_may_not_run(resource: Resource) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    meta = {"name": "web", "namespace": "shop", "uid": "1", "generation": 1, "creationTimestamp": begun.isoformat()}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    workload = msgspec.convert({"metadata": meta, "spec": spec}, resource.type, dec_hook=decode_hook)
    store = Store()
    store.apply([Put(resource, workload)])
    _, seen = rollout_of(store, cast(Workload, workload), None, begun + timedelta(minutes=20))
    assert [each.try_next for each in seen.causes] == [f"check whether the controller of {resource.title}s runs"]
