"""`ktui usage` on a simulated cluster, with `kubectl top` as the witness of its sums."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.cli.sets import Sets
from tests.simulated import NEW, OLD, Witness, manifest

JSON = dict[str, Any]
KUBECTL = Path(sys.executable).with_name("kubectl")
METRICS = "metrics.k8s.io"


def sized(image: str, memory: str) -> JSON:
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    return {
        "metadata": {"labels": {"app": "cart"}, "annotations": {"sim.ktui/memory": memory}},
        "spec": {"containers": [{"name": "cart", "image": image, "resources": resources}]},
    }


@pytest.fixture
def half(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """shop/cart, a canary of two beside four old pods, all of them measured, and then time stands still."""
    cluster.apply(manifest(OLD, template=sized(OLD, "60Mi")))
    cluster.settle()
    hold = {"minReadySeconds": 2147483646, "progressDeadlineSeconds": 2147483647}
    strategy = {"strategy": {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}}
    witness.patch({"spec": {"template": sized(NEW, "122Mi"), **hold, **strategy}})
    cluster.wait_until(lambda _: len(cluster.list("pods", "shop")) == 6)
    cluster.pause()
    cluster.call(lambda: cluster.kernel.run_until(cluster.kernel.now + 40))
    return witness


def top(kubeconfig: Path) -> tuple[int, int]:
    """How much CPU (thousandths) and memory (MiB) `kubectl top pods` adds up to."""
    command = [str(KUBECTL), "--kubeconfig", str(kubeconfig), "-n", "shop", "top", "pods", "--sum"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={"HOME": str(kubeconfig.parent)})
    found = re.search(r"(\d+)m\s+(\d+)Mi\s*$", ran.stdout)
    assert found is not None, ran.stdout
    return int(found[1]), int(found[2])


def test_new_against_old_and_the_sums_of_kubectl(
    half: Witness, ktui: Ktui, kubeconfig: Path, cluster: SimulatedCluster
) -> None:
    ran = ktui("resources", "cart", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    new, old = found["revisions"]
    assert [(each["revision"], each["current"], each["measured"], each["pods"]) for each in (new, old)] == [
        (2, True, 2, 2),
        (1, False, 4, 4),
    ]
    cpu, memory = (sum(each[what]["total"] for each in (new, old)) for what in ("cpu", "memory"))
    told = top(kubeconfig)
    # kubectl rounds the sum of CPU up, and that of memory down.
    assert 0 <= told[0] - cpu * 1000 < 1
    assert 0 <= memory / 2**20 - told[1] < 1
    names = {pod["metadata"]["name"] for pod in cluster.list("pods", "shop")}
    assert {use["pod"] for each in (new, old) for use in each["podUse"]} == names
    assert new["memory"]["highestPod"] in names
    assert new["memory"]["limit"] == 128 * 2**20
    assert (new["cpu"]["request"], new["cpu"]["limit"]) == (0.1, None)
    assert found["compared"][0].startswith("A new pod uses 2.")
    assert found["warnings"][0].startswith("2 of 2 new pods are near the memory limit: ")


def test_as_text(half: Witness, ktui: Ktui) -> None:
    ran = ktui("resources", "deployment/cart", "--pods")
    assert ran.code == 0
    assert "× the memory of an old one" in ran.lines[0]
    assert "Warning: 2 of 2 new pods are near the memory limit" in ran.out
    rows = [re.split(r"\s{3,}", line.strip()) for line in ran.lines]
    (memory,) = (row for row in rows if row[:3] == ["memory", "2 new", "2 of 2"])
    assert re.fullmatch(r"12\dMi", memory[3])
    assert memory[6].endswith("% of 128Mi")
    assert next(row for row in rows if row[:2] == ["CPU", "1 old"])[6] == "no limit"
    assert sum(row[1:2] == ["1 old"] for row in rows) == 2 + 4
    assert re.fullmatch(r"ktui: .*measured .* ago, over 15s\.\n", ran.err)


def test_what_quotas_leave(half: Witness, ktui: Ktui, cluster: SimulatedCluster) -> None:
    meta, hard = {"name": "team", "namespace": "shop"}, {"pods": "8", "limits.memory": "1Gi"}
    cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard}})
    cluster.call(lambda: cluster.kernel.run_until(cluster.kernel.now + 1))
    assert re.search(r"team +limits\.memory +768Mi of 1Gi +room for 2 pods\n", ktui("resources", "cart").out)
    rooms = json.loads(ktui("resources", "cart", "-o", "json").out)["quotas"]
    assert [(room["resource"], room["roomForPods"], room["short"]) for room in rooms] == [
        ("pods", 2, False),
        ("limits.memory", 2, False),
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (404, "ktui: This cluster has no metrics server: what pods use is not known."),
        (403, "ktui: You may not read what pods use in shop (list pods.metrics.k8s.io)."),
        (503, "ktui: The metrics server is not available: "),
    ],
)
def test_without_metrics_it_says_why(
    half: Witness, ktui: Ktui, cluster: SimulatedCluster, code: int, said: str
) -> None:
    cluster.faults.fail_next(1, code, path=METRICS)
    ran = ktui("resources", "cart")
    assert ran.code == 1
    assert ran.err.startswith(said)
    assert "2 new" not in ran.out


def test_a_statefulset_and_a_daemonset(sets: Sets, ktui: Ktui, cluster: SimulatedCluster) -> None:
    cluster.pause()
    cluster.call(lambda: cluster.kernel.run_until(cluster.kernel.now + 40))
    for name, pods in (("sts/db", 3), ("ds/agent", 3)):
        found = json.loads(ktui("resources", name, "-o", "json").out)
        assert [(each["revision"], each["measured"]) for each in found["revisions"]] == [(1, pods)]


def test_what_is_not_there(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("resources", "db")
    assert ran.code == 1
    assert "There is a StatefulSet of that name: write statefulset/db." in ran.err
