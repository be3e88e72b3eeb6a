"""What CustomResourceDefinitions have a simulated cluster serve, with kubectl and the HTTP answers as the witnesses."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktui.sim import SimulatedCluster
from ktui.sim.api import customs, jsonpath
from ktui.sim.api.errors import ApiError
from ktui.sim.api.schema import SCALARS, types
from tests.sim.certificates import issued
from tests.sim.kubectl import Kubectl

JSON = dict[str, Any]
DEFINITIONS = Path(customs.__file__).parents[1] / "definitions"
WIDGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.made.example}
spec:
  group: made.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wg]}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Ready, type: string, jsonPath: ".status.conditions[?(@.type==\'Ready\')].status"}
    subresources: {status: {}}
  - {name: v1, served: true, storage: false, subresources: {status: {}}}
"""


def rollout(name: str = "web", **changes: Any) -> JSON:
    spec: JSON = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": name}},
        "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": name, "image": "r/web:1", "ports": [{"containerPort": 80}]}]},
        },
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec | changes,
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(speed=20.0)
    with cluster.serving(tls=issued(tmp_path_factory.mktemp("tls"))):
        yield cluster


@pytest.fixture(scope="module")
def kubectl(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    home = tmp_path_factory.mktemp("home")
    return Kubectl(cluster.write_kubeconfig(home / "admin"), home, "default")


def ask(cluster: SimulatedCluster, path: str, accept: str = "application/json") -> tuple[int, JSON]:
    """The status and body of a GET over plain HTTP, as the admin."""
    request = urllib.request.Request(cluster.url + path, headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        body = error.read()
        return error.code, json.loads(body) if body.startswith(b"{") else {"message": body.decode()}


def test_a_cluster_without_them_knows_no_such_group_and_one_with_them_does_at_once() -> None:
    aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    cluster = SimulatedCluster()
    with cluster.serving():
        assert ask(cluster, "/apis/argoproj.io/v1alpha1")[0] == 404
        assert ask(cluster, "/apis/argoproj.io/v1alpha1/rollouts")[0] == 404
        assert "argoproj.io" not in json.dumps([ask(cluster, "/apis"), ask(cluster, "/apis", aggregated)])
        cluster.define("argo")
        groups = {group["name"] for group in ask(cluster, "/apis")[1]["groups"]}
        assert "argoproj.io" in groups
        told = next(g for g in ask(cluster, "/apis", aggregated)[1]["items"] if g["metadata"]["name"] == "argoproj.io")
        rollouts = next(r for r in told["versions"][0]["resources"] if r["resource"] == "rollouts")
        assert [sub["subresource"] for sub in rollouts["subresources"]] == ["scale", "status"]
        assert ask(cluster, "/apis/argoproj.io/v1alpha1/rollouts")[1]["items"] == []
    assert "argoproj.io" not in dict(SimulatedCluster().api.catalog.groups()), "each cluster has its own"


def test_kubectl_lists_changes_and_scales_them_as_on_a_real_server(cluster: SimulatedCluster, kubectl: Kubectl) -> None:
    cluster.define("argo")
    assert kubectl.ok("apply", "-f", "-", stdin=json.dumps(rollout())) == "rollout.argoproj.io/web created\n"
    head, row = kubectl.ok("get", "ro").splitlines()
    assert head.split() == ["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:2] == ["web", "2"]
    assert "accepted media types include" in kubectl("patch", "rollout", "web", "-p", "{}").err
    paused = {
        "status": {"pauseConditions": [{"reason": "CanaryPauseStep"}], "phase": "Paused"},
        "spec": {"paused": True},
    }
    status = ("patch", "rollout", "web", "--type=merge", "--subresource=status", "-p")
    kubectl.ok(*status, json.dumps(paused))
    kubectl.ok(*status, json.dumps({"status": {"pauseConditions": None}}))
    assert kubectl.ok("scale", "rollout", "web", "--replicas=5") == "rollout.argoproj.io/web scaled\n"
    found = kubectl.read("rollout", "web")
    assert found["status"] == {"phase": "Paused"}, "the status alone was written"
    assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (5, 2)
    assert found["spec"]["template"]["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert found["spec"]["strategy"]["canary"]["steps"][1] == {"pause": {}}, "what is empty stays"
    assert kubectl("auth", "can-i", "list", "rollouts", "--as=releaser").out == "no\n"
    assert kubectl("auth", "can-i", "list", "rollouts", "--as=viewer").out == "yes\n"


def test_a_definition_that_kubectl_applies_is_served_and_ends_with_it(
    cluster: SimulatedCluster, kubectl: Kubectl
) -> None:
    kubectl.ok("apply", "-f", "-", stdin=WIDGETS)
    kubectl.ok("wait", "--for=condition=Established", "crd/widgets.made.example", "--timeout=20s")
    made = {
        "apiVersion": "made.example/v1alpha1",
        "kind": "Widget",
        "metadata": {"name": "one"},
        "spec": {"any": {"thing": []}},
    }
    kubectl.ok("apply", "-f", "-", stdin=yaml.safe_dump(made))
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    kubectl.ok("patch", "wg", "one", "--type=merge", "--subresource=status", "-p", json.dumps(ready))
    table = kubectl.ok("get", "widgets.v1alpha1.made.example").split()
    assert table == ["NAME", "READY", "one", "True"]
    served = kubectl.read("wg", "one")
    assert (served["apiVersion"], served["spec"]) == ("made.example/v1", made["spec"]), "in the preferred version"
    kubectl.ok("delete", "crd", "widgets.made.example")
    assert "made.example" not in dict(cluster.api.catalog.groups())
    assert "NotFound" in kubectl("get", "--raw", "/apis/made.example/v1/widgets").err


def refused(cluster: SimulatedCluster, manifest: JSON) -> str:
    with pytest.raises(ApiError) as error:
        cluster.apply(manifest)
    return error.value.message


def test_types_are_checked_and_unknown_fields_are_dropped() -> None:
    cluster = SimulatedCluster()
    cluster.define("argo")
    stored = cluster.apply(rollout(unknown=1))
    assert "unknown" not in stored["spec"]
    assert refused(cluster, rollout(replicas="two")) == (
        'Rollout.argoproj.io "web" is invalid: spec.replicas: Invalid value: "string": '
        'spec.replicas in body must be of type integer: "string"'
    )
    steps = {"canary": {"steps": [{"pause": True}]}}
    assert "spec.strategy.canary.steps[0].pause in body must be of type object" in refused(
        cluster, rollout(strategy=steps)
    )
    assert refused(cluster, {**rollout(), "spec": None}).endswith("spec: Required value")


def test_a_kind_of_the_same_name_as_a_built_in_one_is_not_taken_for_it() -> None:
    cluster = SimulatedCluster()
    cluster.apply(yaml.safe_load(WIDGETS.replace("Widget", "Service").replace("widget", "service")))
    stored = cluster.apply(
        {"apiVersion": "made.example/v1alpha1", "kind": "Service", "metadata": {"name": "x"}, "spec": {}}
    )
    assert (stored["spec"], "status" in stored) == ({}, False)
    assert cluster.get("services", "x") is None
    assert cluster.get("services.made.example", "x") == stored


def test_what_owns_custom_resources_takes_them_along() -> None:
    cluster = SimulatedCluster()
    cluster.define("argo")
    owner = cluster.apply(rollout())
    reference = {"apiVersion": owner["apiVersion"], "kind": "Rollout", "name": "web", "uid": owner["metadata"]["uid"]}
    metadata = {"name": "run", "ownerReferences": [reference]}
    run = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": metadata, "spec": {"metrics": []}}
    cluster.apply(run)
    cluster.run_for(1)
    assert cluster.list("analysisruns")
    cluster.api.delete(cluster.api.catalog.named("rollouts"), "default", "web")
    cluster.run_for(1)
    assert not cluster.list("analysisruns")


@pytest.mark.parametrize(
    "spec", [{}, {"group": "apps", "names": {"plural": "x", "kind": "X"}}, {"group": "a.b", "versions": 3}]
)
def test_a_definition_that_makes_no_sense_serves_nothing_and_says_so(spec: JSON) -> None:
    cluster = SimulatedCluster()
    before = cluster.api.catalog.resources
    cluster.apply(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "x.a.b"},
            "spec": spec,
        }
    )
    cluster.run_for(1)
    assert cluster.api.catalog.resources == before
    found = cluster.get("customresourcedefinitions", "x.a.b")
    assert found is not None
    assert {condition["status"] for condition in found["status"]["conditions"]} == {"False"}


@pytest.mark.parametrize("file", sorted(DEFINITIONS.iterdir()), ids=lambda path: path.stem)
def test_the_definitions_that_come_with_ktui_are_served(file: Path) -> None:
    cluster = SimulatedCluster()
    cluster.define(file.stem)
    for definition in yaml.safe_load(file.read_text(encoding="utf-8")):
        assert cluster.api.catalog.named(definition["metadata"]["name"])


def test_two_projects_may_have_a_kind_and_a_plural_in_common() -> None:
    cluster = SimulatedCluster()
    for project in ("argo", "kruise", "knative"):
        cluster.define(project)
    cluster.apply(rollout())
    other = {
        "apiVersion": "rollouts.kruise.io/v1beta1",
        "kind": "Rollout",
        "metadata": {"name": "web"},
        "spec": {"disabled": True},
    }
    cluster.apply(other)
    clone = {
        "apiVersion": "apps.kruise.io/v1beta1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {"replicas": 2},
    }
    cluster.apply(clone)
    cluster.run_for(5)
    found = cluster.get("rollouts.rollouts.kruise.io", "web")
    assert found is not None
    assert found["spec"] == {"disabled": True}
    assert [each["apiVersion"] for each in cluster.list("rollouts.argoproj.io")] == ["argoproj.io/v1alpha1"]
    assert cluster.list("statefulsets") == []
    assert cluster.list("statefulsets.apps.kruise.io")[0]["spec"] == {"replicas": 2}, "no defaults of another kind"


def test_every_type_of_the_custom_schema_is_there() -> None:
    named = {field.type_name for described in types().values() for field in described.fields.values()}
    assert named - types().keys() <= SCALARS


def test_json_paths_of_columns() -> None:
    obj = {"a": {"b": [{"type": "x", "v": 1}, {"type": "y", "v": 2}]}, "m": {"x.y/z": "w"}}
    assert jsonpath.first(obj, '.a.b[?(@.type=="y")].v') == 2
    assert jsonpath.first(obj, ".a.b[0].v") == 1
    assert jsonpath.first(obj, ".m.x\\.y/z") == jsonpath.first(obj, ".m['x\\.y/z']") == "w"
    assert jsonpath.first(obj, ".a.none.b") is None
    with pytest.raises(ValueError, match="cannot read"):
        jsonpath.first(obj, ".a[*].b")
