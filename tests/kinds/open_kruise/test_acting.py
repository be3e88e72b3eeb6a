"""Actions on objects of OpenKruise in a simulated cluster with its CRDs; the official client is the witness."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.kinds.cloneset.objects import CLONESETS
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.errors import KubeError
from ktui.live.extensions import settle
from ktui.model.reference import Reference, read_reference
from ktui.model.resources import Resource
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Promote, Request, Resume, Scale, SetImage, Terminate
from ktui.sim import SimulatedCluster
from tests.kinds.open_kruise import replay

JSON = dict[str, Any]


class Witness:
    """The official client."""

    def __init__(self, kubeconfig: Path) -> None:
        self._client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._custom: Any = kubernetes.client.CustomObjectsApi(self._client)
        self._core: Any = kubernetes.client.CoreV1Api(self._client)
        self._apps: Any = kubernetes.client.AppsV1Api(self._client)

    def make(self, namespace: str, resource: Resource, name: str, at: float) -> None:
        """The object `web` as it was at that second of a recording, with its status, revisions and pods."""
        path = f"/{resource.group_version}/{resource.plural}"
        (raw,) = replay.objects_at(name, at, path).values()
        where = (resource.group, resource.version, namespace, resource.plural)
        meta = {"name": "web", "namespace": namespace}
        made = self._custom.create_namespaced_custom_object(*where, {**raw, "metadata": meta})
        status = {**raw["status"], "observedGeneration": made["metadata"]["generation"]}
        self._custom.patch_namespaced_custom_object_status(*where, "web", {"status": status})
        if resource is not CLONESETS:
            return
        for each in replay.objects_at(name, at, "/apis/apps/v1/controllerrevisions").values():
            self._apps.create_namespaced_controller_revision(namespace, _owned(each, namespace, made))
        for each in replay.objects_at(name, at, "/api/v1/pods").values():
            self._core.create_namespaced_pod(namespace, _owned(each, namespace, made))

    def get(self, namespace: str, resource: Resource) -> JSON:
        where = (resource.group, resource.version, namespace, resource.plural, "web")
        found: JSON = self._custom.get_namespaced_custom_object(*where)
        return found

    def make_other(self, namespace: str, group: str, version: str) -> None:
        """A Rollout of another group, of the same name."""
        body = {"apiVersion": f"{group}/{version}", "kind": "Rollout", "metadata": {"name": "web"}, "spec": {}}
        self._custom.create_namespaced_custom_object(group, version, namespace, "rollouts", body)

    def close(self) -> None:
        self._client.close()


def _owned(raw: JSON, namespace: str, owner: JSON) -> JSON:
    (reference,) = raw["metadata"]["ownerReferences"]
    meta = {"name": raw["metadata"]["name"], "namespace": namespace, "labels": raw["metadata"].get("labels") or {}}
    meta["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    return {**{key: value for key, value in raw.items() if key != "status"}, "metadata": meta}


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=20.0).serving() as cluster:
        cluster.define("kruise")
        cluster.define("argo")
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
def namespace(cluster: SimulatedCluster, request: pytest.FixtureRequest) -> str:
    """One for each test: they share a cluster."""
    name = f"t{abs(hash(request.node.name)) % 10**8}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


async def planned(api: Api, namespace: str, resource: Resource, request: Request) -> Plan:
    made = await Reader(api).plan(namespace, Reference("web", resource), request)
    assert isinstance(made, Plan), made
    return made


@pytest.mark.parametrize(
    ("name", "at", "request_", "fields"),
    [
        ("cloneset-paused", 3.4, Pause(), {"paused": True}),
        ("cloneset-paused", 6.0, Resume(), {"paused": False}),
        ("cloneset-partition", 9.0, Promote(), {"partition": 0}),
        ("cloneset-partition", 9.0, Promote("4"), {"partition": 1}),
    ],
)
async def test_a_cloneset_is_steered_by_its_strategy_and_nothing_else_changes(  # noqa: PLR0917
    api: Api, witness: Witness, tmp_path: Path, namespace: str, name: str, at: float, request_: Request, fields: JSON
) -> None:
    witness.make(namespace, CLONESETS, name, at)
    before = witness.get(namespace, CLONESETS)
    made = await planned(api, namespace, CLONESETS, request_)
    assert isinstance(await preview(api, made), Preview)
    assert witness.get(namespace, CLONESETS) == before, "a dry run changes nothing"
    performed = await perform(api, made, AuditLog(tmp_path / "audit.jsonl"))
    assert isinstance(performed.outcome, Done), performed.outcome
    spec = witness.get(namespace, CLONESETS)["spec"]
    rolling = before["spec"]["updateStrategy"]["rollingUpdate"] | fields
    strategy = before["spec"]["updateStrategy"] | {"rollingUpdate": rolling}
    assert spec == before["spec"] | {"updateStrategy": strategy}


async def test_an_abort_puts_the_template_back_and_lowers_the_partition(
    api: Api, witness: Witness, tmp_path: Path, namespace: str
) -> None:
    witness.make(namespace, CLONESETS, "cloneset-partition", 9.0)
    made = await planned(api, namespace, CLONESETS, Abort())
    performed = await perform(api, made, AuditLog(tmp_path / "audit.jsonl"))
    assert isinstance(performed.outcome, Done), performed.outcome
    spec = witness.get(namespace, CLONESETS)["spec"]
    assert spec["template"]["spec"]["containers"][0]["image"] == "registry.example/shop/web:1.0"
    assert spec["updateStrategy"]["rollingUpdate"]["partition"] == 0
    assert "$patch" not in spec["template"]


async def test_what_changed_meanwhile_is_a_conflict(api: Api, witness: Witness, tmp_path: Path, namespace: str) -> None:
    witness.make(namespace, CLONESETS, "cloneset-partition", 9.0)
    late = await planned(api, namespace, CLONESETS, SetImage((("web", ":3"),)))
    first = await planned(api, namespace, CLONESETS, Scale(6))
    log = AuditLog(tmp_path / "audit.jsonl")
    assert isinstance((await perform(api, first, log)).outcome, Done)
    assert witness.get(namespace, CLONESETS)["spec"]["replicas"] == 6
    assert isinstance((await perform(api, late, log)).outcome, Conflict)


@pytest.mark.parametrize(
    ("name", "at", "request_", "holder", "fields"),
    [
        ("rollout-jump-pause", 16.3, Promote(), "canaryStatus", {"currentStepState": "StepReady"}),
        ("rollout-jump-pause", 30.6, Promote("4"), "canaryStatus", {"nextStepIndex": 4}),
        ("rollout-blue-green", 15.0, Promote(), "blueGreenStatus", {"currentStepState": "StepReady"}),
    ],
)
async def test_a_step_is_approved_or_jumped_to_in_the_status(  # noqa: PLR0917
    api: Api,
    witness: Witness,
    tmp_path: Path,
    namespace: str,
    name: str,
    at: float,
    request_: Request,
    holder: str,
    fields: JSON,
) -> None:
    witness.make(namespace, KRUISE_ROLLOUTS, name, at)
    before = witness.get(namespace, KRUISE_ROLLOUTS)
    made = await planned(api, namespace, KRUISE_ROLLOUTS, request_)
    performed = await perform(api, made, AuditLog(tmp_path / "audit.jsonl"))
    assert isinstance(performed.outcome, Done), performed.outcome
    after = witness.get(namespace, KRUISE_ROLLOUTS)
    assert after["spec"] == before["spec"]
    assert after["status"] == before["status"] | {holder: before["status"][holder] | fields}


async def test_a_rollout_is_paused_and_disabled_in_the_spec(
    api: Api, witness: Witness, tmp_path: Path, namespace: str
) -> None:
    witness.make(namespace, KRUISE_ROLLOUTS, "rollout-jump-pause", 4.0)
    log = AuditLog(tmp_path / "audit.jsonl")
    made = await planned(api, namespace, KRUISE_ROLLOUTS, Pause())
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert witness.get(namespace, KRUISE_ROLLOUTS)["spec"]["strategy"]["paused"] is True
    made = await planned(api, namespace, KRUISE_ROLLOUTS, Terminate())
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert witness.get(namespace, KRUISE_ROLLOUTS)["spec"]["disabled"] is True


async def test_a_word_that_two_groups_share_means_the_one_that_is_there(
    api: Api, witness: Witness, namespace: str
) -> None:
    api.connection.namespace = namespace
    loose = read_reference("rollout/web")
    assert loose is not None
    witness.make(namespace, KRUISE_ROLLOUTS, "rollout-jump-pause", 4.0)
    assert (await settle(api.connection, loose)).resource is KRUISE_ROLLOUTS
    witness.make_other(namespace, "argoproj.io", "v1alpha1")
    with pytest.raises(KubeError) as raised:
        await settle(api.connection, loose)
    assert "rollout.argoproj.io/web or rollout.rollouts.kruise.io/web" in raised.value.hint
    for text in ("rollout.kruise.io/web", "rollout.rollouts.kruise.io/web"):
        exact = read_reference(text)
        assert exact is not None
        assert (await settle(api.connection, exact)).resource is KRUISE_ROLLOUTS
