"""Actions on a Canary of a simulated cluster with its CRD; the official client is the witness of what they did."""

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
from ktui.cli.act.watch import Watch, follower, refusing
from ktui.cli.exit_codes import NOT_FINISHED
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS, Resource
from ktui.plans.plan import Plan
from ktui.plans.request import Pause, Promote, Repair, Request, Resume, RollBack, Scale, SetImage
from ktui.rollout.revisions import Refusal
from ktui.settings import Settings
from ktui.sim import SimulatedCluster

JSON = dict[str, Any]
GROUP = ("flagger.app", "v1beta1")

DEFINITION: JSON = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "canaries.flagger.app"},
    "spec": {
        "group": "flagger.app",
        "scope": "Namespaced",
        "names": {"plural": "canaries", "singular": "canary", "kind": "Canary", "listKind": "CanaryList"},
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                },
            }
        ],
    },
}


class Witness:
    """The official client on Canaries and Deployments."""

    def __init__(self, kubeconfig: Path) -> None:
        client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._custom: Any = kubernetes.client.CustomObjectsApi(client)
        self._apps: Any = kubernetes.client.AppsV1Api(client)
        self._client = client

    def make(self, namespace: str) -> None:
        """A Canary in the middle of an analysis: the target has revision 2, and the primary what revision 1 was."""
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        analysis = {"interval": "3s", "threshold": 3, "stepWeight": 20, "maxWeight": 60}
        spec = {"targetRef": target, "service": {"port": 80}, "analysis": analysis}
        body = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": "web"}, "spec": spec}
        self._custom.create_namespaced_custom_object(*GROUP, namespace, "canaries", body)
        status = {"status": {"phase": "Progressing", "canaryWeight": 40, "failedChecks": 0, "iterations": 0}}
        self._custom.patch_namespaced_custom_object_status(*GROUP, namespace, "canaries", "web", status)

    def canary(self, namespace: str) -> JSON:
        found: JSON = self._custom.get_namespaced_custom_object(*GROUP, namespace, "canaries", "web")
        return found

    def change(self, namespace: str, body: JSON) -> None:
        self._custom.patch_namespaced_custom_object(*GROUP, namespace, "canaries", "web", body)

    def deployment(self, namespace: str, name: str) -> Any:
        return self._apps.read_namespaced_deployment(name, namespace)

    def set_image(self, namespace: str, image: str) -> None:
        template = {"spec": {"containers": [{"name": "web", "image": image}]}}
        self._apps.patch_namespaced_deployment("web", namespace, {"spec": {"template": template}})

    def close(self) -> None:
        self._client.close()


def _deployment(namespace: str, name: str, image: str) -> JSON:
    labels = {"app": name}
    pod = {"containers": [{"name": "web", "image": image}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    with SimulatedCluster(speed=20.0).serving() as cluster:
        cluster.apply(DEFINITION)
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
def namespace(cluster: SimulatedCluster, witness: Witness, request: pytest.FixtureRequest) -> str:
    """One for each test, with a Canary in the middle of its analysis."""
    name = f"t{abs(hash(request.node.name)) % 10**8}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for each in ("web", "web-primary"):
        cluster.apply(_deployment(name, each, "registry.example/shop/web:1.0"))
    cluster.settle()
    witness.set_image(name, "registry.example/shop/web:1.1")
    cluster.settle()
    witness.make(name)
    return name


async def planned(api: Api, namespace: str, request: Request) -> Plan:
    made = await Reader(api).plan(namespace, Reference("web", CANARIES), request)
    assert isinstance(made, Plan), made
    return made


async def test_the_switches_of_the_canary_change_nothing_else(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    for request, changed in (
        (Pause(), {"suspend": True}),
        (Resume(), {"suspend": False}),
        (Promote(), {"skipAnalysis": True}),
        (Repair(), {"skipAnalysis": False}),
    ):
        before, target = witness.canary(namespace), witness.deployment(namespace, "web").spec
        made = await planned(api, namespace, request)
        tried = await preview(api, made)
        assert isinstance(tried, Preview)
        assert witness.canary(namespace) == before, "a dry run changes nothing"
        performed = await perform(api, made, log)
        assert isinstance(performed.outcome, Done), performed.outcome
        after = witness.canary(namespace)
        assert after["spec"] == {**before["spec"], **changed}
        assert after["status"] == before["status"]
        assert witness.deployment(namespace, "web").spec == target
    assert [entry.outcome for entry in log.tail()] == ["done"] * 4


async def test_images_and_templates_go_to_the_target_and_never_to_the_primary(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    before = witness.canary(namespace)
    primary = witness.deployment(namespace, "web-primary").spec
    made = await planned(api, namespace, RollBack())
    assert made.title == f"Roll back Canary {namespace}/web to revision 1 (web:1.0)"
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert witness.deployment(namespace, "web").spec.template.spec.containers[0].image.endswith("web:1.0")
    made = await planned(api, namespace, SetImage((("web", "1.3"),), change_cause="try 1.3"))
    assert isinstance((await perform(api, made, log)).outcome, Done)
    changed = witness.deployment(namespace, "web")
    assert changed.spec.template.spec.containers[0].image == "registry.example/shop/web:1.3"
    assert changed.metadata.annotations["kubernetes.io/change-cause"] == "try 1.3"
    assert witness.deployment(namespace, "web-primary").spec == primary
    assert witness.canary(namespace) == before


async def test_what_was_changed_meanwhile_is_a_conflict(
    api: Api, witness: Witness, log: AuditLog, namespace: str
) -> None:
    made, of_target = await planned(api, namespace, Pause()), await planned(api, namespace, SetImage((("web", "1.4"),)))
    witness.change(namespace, {"spec": {"provider": "kubernetes"}})
    witness.set_image(namespace, "registry.example/shop/web:1.5")
    assert isinstance((await perform(api, made, log)).outcome, Conflict)
    assert isinstance((await perform(api, of_target, log)).outcome, Conflict)
    assert witness.deployment(namespace, "web").spec.template.spec.containers[0].image.endswith("web:1.5")


async def test_an_action_on_the_target_by_its_own_name_says_who_rolls_it_out(api: Api, namespace: str) -> None:
    back = await Reader(api).plan(namespace, Reference("web", DEPLOYMENTS), RollBack())
    assert isinstance(back, Plan)
    assert back.warnings[-1] == (
        "canary.flagger.app/web rolls out this Deployment and has no abort: it promotes the earlier template too."
    )
    assert back.asked_of is None
    scaled = await Reader(api).plan(namespace, Reference("web-primary", DEPLOYMENTS), Scale(3))
    assert isinstance(scaled, Plan)
    assert "canary.flagger.app/web writes this Deployment: the next promotion takes back what is changed by hand." in (
        scaled.warnings
    )


async def test_the_canary_is_followed_and_not_its_target(
    api: Api, namespace: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    made = await planned(api, namespace, SetImage((("web", "1.4"),)))
    assert (made.target.resource, made.followed.resource) == (DEPLOYMENTS, CANARIES)
    done = (await perform(api, made, AuditLog(tmp_path / "audit.jsonl"))).outcome
    assert isinstance(done, Done)
    # The Deployment is complete in a moment; the analysis, which no controller ends here, is not.
    followed = await follower(Watch(auto_abort=False, soak=0, limit=1.5), Settings(), says=False)(api, made)
    assert followed.code == NOT_FINISHED


@pytest.mark.parametrize("resource", [CANARIES, DEPLOYMENTS])
async def test_auto_abort_is_refused_beforehand(api: Api, namespace: str, resource: Resource) -> None:
    async def plan(api: Api, namespace: str, _: tuple[str, ...]) -> Plan | Refusal:
        return await Reader(api).plan(namespace, Reference("web", resource), SetImage((("web", "1.4"),)))

    watched = Watch(auto_abort=True, soak=0, limit=0)
    refused = await refusing(watched, plan)(api, namespace, ())
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("--auto-abort is of no use here: Flagger has no abort")
    assert isinstance(await plan(api, namespace, ()), Plan)
