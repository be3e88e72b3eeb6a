"""Actions on a Rollout of a simulated cluster with the CRDs; the official client is the witness of what they did."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import kubernetes
import pytest
import yaml

from ktui import sim
from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Promote, Request, Resume, Retry, Scale, Terminate
from ktui.sim import SimulatedCluster
from tests.kinds.argo_rollout import replay

JSON = dict[str, Any]
GROUP = ("argoproj.io", "v1alpha1")


def definitions(*, with_status: bool = True) -> list[JSON]:
    file = Path(sim.__file__).parent / "definitions" / "argo.yaml"
    found: list[JSON] = deepcopy(yaml.safe_load(file.read_text(encoding="utf-8")))
    if not with_status:
        found[0]["spec"]["versions"][0]["subresources"].pop("status")
    return found


class Witness:
    """The official client on Rollouts."""

    def __init__(self, kubeconfig: Path) -> None:
        self._client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._custom: Any = kubernetes.client.CustomObjectsApi(self._client)
        self._apps: Any = kubernetes.client.AppsV1Api(self._client)

    def make(self, namespace: str, name: str, at: float, *, with_status: bool = True) -> None:
        """A Rollout as it was at that second of a recording, under a namespace of its own, without its pods."""
        (raw,) = replay.objects_at(name, at)["rollouts"].values()
        meta = {"name": "web", "namespace": namespace, "annotations": raw["metadata"]["annotations"]}
        made = self._custom.create_namespaced_custom_object(*GROUP, namespace, "rollouts", {**raw, "metadata": meta})
        generation = made["metadata"]["generation"] + (0 if with_status else 1)
        status = {"status": {**raw["status"], "observedGeneration": str(generation)}}
        write = "patch_namespaced_custom_object" + ("_status" if with_status else "")
        getattr(self._custom, write)(*GROUP, namespace, "rollouts", "web", status)
        for each in replay.objects_at(name, at)["replicasets"].values():
            self._keep(namespace, made["metadata"], each)

    def _keep(self, namespace: str, owner: JSON, raw: JSON) -> None:
        """One of its revisions, without pods: what is to happen to these is the controller's matter."""
        (reference,) = raw["metadata"]["ownerReferences"]
        meta = {key: raw["metadata"][key] for key in ("name", "labels", "annotations")}
        meta |= {"namespace": namespace, "ownerReferences": [{**reference, "uid": owner["uid"]}]}
        body = {**raw, "metadata": meta, "spec": {**raw["spec"], "replicas": 0}, "status": {"replicas": 0}}
        self._apps.create_namespaced_replica_set(namespace, body)

    def rollout(self, namespace: str) -> JSON:
        found: JSON = self._custom.get_namespaced_custom_object(*GROUP, namespace, "rollouts", "web")
        return found

    def change(self, namespace: str, body: JSON) -> None:
        self._custom.patch_namespaced_custom_object_status(*GROUP, namespace, "rollouts", "web", body)

    def add_run(self, namespace: str, raw: JSON) -> None:
        made = {**raw, "metadata": {"name": raw["metadata"]["name"], "namespace": namespace}}
        self._custom.create_namespaced_custom_object(*GROUP, namespace, "analysisruns", made)

    def run(self, namespace: str, name: str) -> JSON:
        found: JSON = self._custom.get_namespaced_custom_object(*GROUP, namespace, "analysisruns", name)
        return found

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=20.0).serving() as cluster:
        for definition in definitions():
            cluster.apply(definition)
        cluster.settle()
        yield cluster


@pytest.fixture(scope="module")
def kubeconfig(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cluster.write_kubeconfig(tmp_path_factory.mktemp("home") / "admin")


@pytest.fixture(scope="module")
def witness(kubeconfig: Path) -> Iterator[Witness]:
    witness = Witness(kubeconfig)
    yield witness
    witness.close()


@pytest.fixture
async def api(kubeconfig: Path) -> AsyncIterator[Api]:
    async with await connect(Access(str(kubeconfig)), Surroundings(environ={})) as connection:
        yield Api(connection)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.jsonl")


@pytest.fixture
def namespace(cluster: SimulatedCluster, request: pytest.FixtureRequest) -> str:
    """One for each test: they share a cluster."""
    name = f"t{abs(hash(request.node.name)) % 10**8}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


async def planned(api: Api, namespace: str, request: Request) -> Plan:
    made = await Reader(api).plan(namespace, Reference("web", ROLLOUTS), request)
    assert isinstance(made, Plan), made
    return made


class Order(NamedTuple):
    """What is asked for at a second of a recording, and what that makes of the status."""

    name: str
    at: float
    request: Request
    changes: JSON


@pytest.mark.parametrize(
    "order",
    [
        Order("canary-steps", 11.0, Promote(), {"pauseConditions": None}),
        Order("canary-steps", 11.0, Promote("100%"), {"promoteFull": True}),
        Order("canary-steps", 11.0, Abort(), {"abort": True}),
        Order("canary-abort-retry-undo", 15.0, Retry(), {"abort": False}),
    ],
)
async def test_orders_go_to_the_status_and_change_nothing_else(
    api: Api, witness: Witness, log: AuditLog, namespace: str, order: Order
) -> None:
    witness.make(namespace, order.name, order.at)
    before = witness.rollout(namespace)
    made = await planned(api, namespace, order.request)
    tried = await preview(api, made)
    assert isinstance(tried, Preview)
    (changed,) = order.changes
    assert {re.split(r"[.\[]", change.path)[1] for change in tried.changes} == {changed}
    assert witness.rollout(namespace) == before, "a dry run changes nothing"
    performed = await perform(api, made, log)
    assert isinstance(performed.outcome, Done), performed.outcome
    after = witness.rollout(namespace)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert {**after["status"], **order.changes} == {**before["status"], **order.changes}
    assert after["status"].get(changed) == order.changes[changed]
    assert [entry.outcome for entry in log.tail()] == ["done"]


async def test_a_pause_of_the_whole_is_lifted_in_a_second_patch(
    api: Api, witness: Witness, log: AuditLog, namespace: str, cluster: SimulatedCluster
) -> None:
    witness.make(namespace, "canary-steps", 11.0)
    assert isinstance((await perform(api, await planned(api, namespace, Pause()), log)).outcome, Done)
    assert witness.rollout(namespace)["spec"]["paused"] is True
    witness.change(namespace, {"status": {"observedGeneration": "2"}})
    made = await planned(api, namespace, Promote())
    tried = await preview(api, made)
    assert isinstance(tried, Preview)
    assert {change.path.partition("[")[0] for change in tried.changes} == {"status.pauseConditions", "spec.paused"}
    assert isinstance((await perform(api, made, log)).outcome, Done)
    after = witness.rollout(namespace)
    assert (after["spec"]["paused"], after["status"].get("pauseConditions")) == (False, None)
    sent = [each.path for each in cluster.requests if each.method == "PATCH" and f"/{namespace}/" in each.path]
    base = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts/web"
    assert [path.partition("?")[0] for path in sent][-2:] == [f"{base}/status", base]


async def test_a_status_that_moved_on_meanwhile_is_a_conflict(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    witness.make(namespace, "canary-steps", 11.0)
    made = await planned(api, namespace, Promote())
    witness.change(namespace, {"status": {"currentStepIndex": 3}})
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Conflict)
    assert outcome.sentence == f"Argo Rollout {namespace}/web has changed in the meantime: status.currentStepIndex."


async def test_resume_and_scale_go_where_they_go_for_a_deployment(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    witness.make(namespace, "pause-restart-scale", 7.2)
    assert isinstance((await perform(api, await planned(api, namespace, Resume()), log)).outcome, Done)
    assert isinstance((await perform(api, await planned(api, namespace, Scale(3)), log)).outcome, Done)
    spec = witness.rollout(namespace)["spec"]
    assert (spec["paused"], spec["replicas"]) == (False, 3)


async def test_an_analysis_is_ended_by_its_own_object(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    witness.make(namespace, "analysis-background", 13.0)
    (raw,) = replay.objects_at("analysis-background", 13.0)["analysisruns"].values()
    witness.add_run(namespace, raw)
    made = await planned(api, namespace, Terminate())
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert witness.run(namespace, raw["metadata"]["name"])["spec"]["terminate"] is True


async def test_where_the_crd_has_no_path_for_the_status_the_object_itself_is_patched(
    tmp_path: Path, log: AuditLog
) -> None:
    with SimulatedCluster(speed=20.0).serving() as cluster:
        for definition in definitions(with_status=False):
            cluster.apply(definition)
        cluster.settle()
        witness = Witness(cluster.write_kubeconfig(tmp_path / "admin"))
        witness.make("default", "canary-steps", 11.0, with_status=False)
        async with await connect(Access(str(tmp_path / "admin")), Surroundings(environ={})) as connection:
            api = Api(connection)
            made = await planned(api, "default", Promote("100%"))
            assert isinstance(await preview(api, made), Preview)
            outcome = (await perform(api, made, log)).outcome
        assert isinstance(outcome, Done)
        assert witness.rollout("default")["status"]["promoteFull"] is True
        witness.close()
