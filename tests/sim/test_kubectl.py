"""The real kubectl, verb by verb, against the simulated cluster."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.sim.certificates import issued
from tests.sim.kubectl import KUBECTL, Kubectl

JSON = dict[str, Any]

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example/web:1.0
        ports: [{containerPort: 80}]
        resources: {requests: {cpu: 100m}}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(speed=20.0, developer_namespace="shop")
    with cluster.serving(tls=issued(tmp_path_factory.mktemp("tls"))):
        yield cluster


@pytest.fixture(scope="module")
def home(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a kubeconfig for each user, in which kubectl keeps what it has discovered."""
    home = tmp_path_factory.mktemp("home")
    for user in ("admin", "viewer", "developer"):
        cluster.write_kubeconfig(home / user, user)
    return home


@pytest.fixture
def kubectl(home: Path, request: pytest.FixtureRequest) -> Kubectl:
    """As the admin, in a namespace of this test's own."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:50].strip("-")
    kubectl = Kubectl(home / "admin", home, name)
    kubectl.ok("create", "namespace", name)
    return kubectl


@pytest.fixture
def web(kubectl: Kubectl) -> Kubectl:
    """With a Deployment of three pods, rolled out."""
    kubectl.ok("apply", "-f", "-", stdin=MANIFEST)
    kubectl.until_rolled_out()
    return kubectl


def _column(table: str, heading: str) -> list[str]:
    """The cells below a heading, in a table that kubectl printed."""
    head, *rows = table.splitlines()
    headings = [name for name in head.replace("NODE SELECTOR", "NODE-SELECTOR").split("  ") if name]
    at = [name.strip() for name in headings].index(heading)
    return [[cell for cell in row.split("  ") if cell][at].strip() for row in rows]


def test_get_shows_tables_wide_and_yaml(web: Kubectl) -> None:
    narrow = web.ok("get", "deployment")
    assert _column(narrow, "READY") == ["3/3"]
    wide = web.ok("get", "deployments,replicasets,pods", "-o", "wide")
    assert "registry.example/web:1.0" in wide
    assert wide.count("pod/web-") == 3
    assert _column(web.ok("get", "pods"), "STATUS") == ["Running"] * 3
    assert web.ok("get", "pods", "-o", "name").count("pod/web-") == 3
    yaml = web.ok("get", "deployment", "web", "-o", "yaml")
    assert yaml.startswith("apiVersion: apps/v1\nkind: Deployment\n")
    assert "managedFields" in web.ok("get", "deployment", "web", "-o", "yaml", "--show-managed-fields")
    assert web.ok("get", "pods", "-l", "app=other") == ""
    assert web.ok("get", "pods", "--field-selector", "status.phase=Running", "-o", "name").count("pod/") == 3
    assert "web" in web.ok("get", "all", "-A")


def test_get_follows_changes(web: Kubectl) -> None:
    followed = subprocess.Popen(
        [str(KUBECTL), "-n", web.namespace, "get", "deployment", "web", "-w", "-o", "jsonpath={.spec.replicas}{'\\n'}"],
        env={"PATH": os.environ["PATH"], "HOME": str(web.home), "KUBECONFIG": str(web.kubeconfig)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with followed:
        assert followed.stdout is not None
        assert followed.stdout.readline() == "3\n"
        web.ok("scale", "deployment", "web", "--replicas=4")
        assert "4\n" in iter(followed.stdout.readline, "")
        followed.terminate()


def test_describe(web: Kubectl) -> None:
    deployment = web.ok("describe", "deployment", "web")
    assert "3 desired | 3 updated | 3 total | 3 available | 0 unavailable" in deployment
    assert "ScalingReplicaSet" in deployment
    assert "Controlled By:  Deployment/web" in web.ok("describe", "replicaset")
    pod = web.ok("get", "pods", "-o", "name").split()[0]
    assert "Successfully assigned" in web.ok("describe", pod)
    for other in ("node/node-1", "namespace/default"):
        assert web.ok("describe", other).startswith("Name:")


def test_apply_creates_leaves_and_configures(kubectl: Kubectl) -> None:
    assert kubectl.ok("apply", "-f", "-", stdin=MANIFEST) == "deployment.apps/web created\n"
    assert kubectl.ok("apply", "-f", "-", stdin=MANIFEST) == "deployment.apps/web unchanged\n"
    changed = MANIFEST.replace("replicas: 3", "replicas: 2").replace("cpu: 100m", "memory: 64Mi")
    differs = kubectl("diff", "-f", "-", stdin=changed)
    assert differs.code == 1
    assert "-  replicas: 3\n+  replicas: 2\n" in differs.out
    assert kubectl.ok("apply", "-f", "-", stdin=changed) == "deployment.apps/web configured\n"
    spec = kubectl.read("deployment", "web")["spec"]
    assert spec["replicas"] == 2
    assert spec["template"]["spec"]["containers"][0]["resources"] == {"requests": {"memory": "64Mi"}}


def test_apply_on_the_server_side_finds_conflicts(kubectl: Kubectl) -> None:
    assert kubectl.ok("apply", "--server-side", "-f", "-", stdin=MANIFEST) == "deployment.apps/web serverside-applied\n"
    kubectl.ok("scale", "deployment", "web", "--replicas=5")
    again = kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert again.code == 1
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in again.err
    kubectl.ok("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=MANIFEST)
    assert kubectl.read("deployment", "web")["spec"]["replicas"] == 3


def test_apply_goes_over_to_the_server_side(kubectl: Kubectl) -> None:
    kubectl.ok("apply", "-f", "-", stdin=MANIFEST)
    without_ports = MANIFEST.replace("        ports: [{containerPort: 80}]\n", "")
    kubectl.ok("apply", "--server-side", "-f", "-", stdin=without_ports)
    deployment = kubectl.read("deployment", "web", "--show-managed-fields")
    assert "ports" not in deployment["spec"]["template"]["spec"]["containers"][0]
    owners = {(entry["manager"], entry["operation"]) for entry in deployment["metadata"]["managedFields"]}
    assert ("kubectl", "Apply") in owners
    assert "kubectl-client-side-apply" not in {manager for manager, _ in owners}


def test_apply_refuses_what_the_server_refuses(kubectl: Kubectl) -> None:
    misspelt = kubectl("apply", "-f", "-", stdin=MANIFEST.replace("replicas: 3", "replicaz: 3"))
    assert misspelt.code == 1
    assert 'unknown field "spec.replicaz"' in misspelt.err
    invalid = kubectl("apply", "-f", "-", stdin=MANIFEST.replace("replicas: 3", "replicas: -3"))
    assert 'The Deployment "web" is invalid: spec.replicas: Invalid value: -3' in invalid.err
    warned = kubectl("apply", "--validate=warn", "-f", "-", stdin=MANIFEST.replace("replicas: 3", "replicaz: 3"))
    assert (warned.code, 'Warning: unknown field "spec.replicaz"' in warned.err) == (0, True)


def test_create_and_dry_runs(kubectl: Kubectl) -> None:
    dry = kubectl.ok("create", "deployment", "web", "--image=x:1", "--dry-run=server")
    assert dry == "deployment.apps/web created (server dry run)\n"
    assert kubectl("get", "deployment", "web").code == 1
    kubectl.ok("create", "deployment", "web", "--image=x:1", "--replicas=2")
    twice = kubectl("create", "deployment", "web", "--image=x:1")
    assert 'deployments.apps "web" already exists' in twice.err
    kubectl.ok("create", "configmap", "settings", "--from-literal=a=1")
    kubectl.ok("create", "secret", "generic", "token", "--from-literal=key=value")
    assert kubectl.read("secret", "token")["data"] == {"key": "dmFsdWU="}


def test_create_of_each_kind_that_kubectl_makes_itself(kubectl: Kubectl) -> None:
    target = ("--dry-run=client", "-o", "name")
    kubectl.ok("create", "deployment", "web", "--image=x:1")
    made = [
        ("clusterrole", "seer", "--verb=get", "--resource=nodes"),
        ("clusterrolebinding", "seers", "--clusterrole=seer", "--user=u"),
        ("configmap", "settings", "--from-literal=a=1"),
        ("cronjob", "nightly", "--image=x:1", "--schedule=0 3 * * *"),
        ("ingress", "front", "--rule=example.com/=web:80"),
        ("job", "once", "--image=x:1"),
        ("poddisruptionbudget", "web", "--selector=app=web", "--min-available=1"),
        ("quota", "limits", "--hard=pods=10"),
        ("role", "reader", "--verb=get,list", "--resource=pods"),
        ("rolebinding", "readers", "--role=reader", "--user=u"),
        ("secret", "generic", "token", "--from-literal=key=value"),
        ("service", "clusterip", "web", "--tcp=80:8080"),
        ("serviceaccount", "robot"),
    ]
    for command in made:
        name = kubectl.ok("create", *command, *target)
        assert kubectl.ok("create", *command) == f"{name.strip()} created\n"
        assert kubectl.ok("get", name.strip(), "-o", "name") == name
    rules = kubectl.read("role", "reader")["rules"]
    assert rules == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    paths = kubectl.read("ingress", "front")["spec"]["rules"][0]["http"]["paths"]
    assert paths[0]["backend"]["service"] == {"name": "web", "port": {"number": 80}}


def test_edit_sends_a_patch(web: Kubectl) -> None:
    assert (
        web.ok("edit", "deployment", "web", editor="sed -i s/replicas:.3/replicas:\\ 4/")
        == "deployment.apps/web edited\n"
    )
    assert web.read("deployment", "web")["spec"]["replicas"] == 4
    refused = web("edit", "deployment", "web", editor="sed -i s/replicas:.4/replicas:\\ -4/")
    assert refused.code == 1
    assert 'deployments.apps "web" is invalid' in refused.err


def test_set_image_and_roll_back(web: Kubectl) -> None:
    assert (
        web.ok("set", "image", "deployment/web", "web=registry.example/web:1.1")
        == "deployment.apps/web image updated\n"
    )
    web.until_rolled_out()
    web.ok("annotate", "deployment/web", "kubernetes.io/change-cause=release 1.1")
    history = web.ok("rollout", "history", "deployment/web").split("\n")
    assert [line.split()[0] for line in history[2:4]] == ["1", "2"]
    assert "registry.example/web:1.0" in web.ok("rollout", "history", "deployment/web", "--revision=1")
    assert web.ok("rollout", "undo", "deployment/web").startswith("deployment.apps/web rolled back")
    web.until_rolled_out()
    template = web.read("deployment", "web")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "registry.example/web:1.0"
    missing = web("rollout", "undo", "deployment/web", "--to-revision=42")
    assert "unable to find specified revision 42 in history" in missing.err


def test_set_other_parts_of_a_template(web: Kubectl) -> None:
    web.ok("set", "env", "deployment/web", "COLOR=blue")
    web.ok("set", "resources", "deployment/web", "--limits=memory=64Mi")
    container = web.read("deployment", "web")["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "COLOR", "value": "blue"}]
    assert container["resources"]["limits"] == {"memory": "64Mi"}


def test_pause_resume_and_restart(web: Kubectl) -> None:
    web.ok("set", "image", "deployment/web", "web=registry.example/web:1.1")
    web.until_rolled_out()
    web.ok("rollout", "pause", "deployment/web")
    twice = web("rollout", "pause", "deployment/web")
    assert (twice.code, twice.err) == (1, 'error: deployments.apps "web" is already paused\n')
    assert "can't restart paused deployment" in web("rollout", "restart", "deployment/web").err
    undo = web("rollout", "undo", "deployment/web")
    assert "you cannot rollback a paused deployment" in undo.err
    web.ok("rollout", "resume", "deployment/web")
    assert "is not paused" in web("rollout", "resume", "deployment/web").err
    assert web.ok("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n"
    web.until_rolled_out()
    annotations = web.read("deployment", "web")["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations


def test_scale_with_and_without_a_precondition(web: Kubectl) -> None:
    web.ok("scale", "deployment", "web", "--replicas=1")
    web.until_rolled_out()
    refused = web("scale", "deployment", "web", "--current-replicas=3", "--replicas=2")
    assert "expected replicas to be 3, was 1" in refused.err.lower()
    web.ok("scale", "deployment", "web", "--current-replicas=1", "--replicas=0")
    web.until_rolled_out()
    assert web.ok("get", "pods", "-o", "name", "--field-selector=status.phase=Running") == ""


def test_autoscale(web: Kubectl) -> None:
    web.ok("autoscale", "deployment", "web", "--min=2", "--max=7", "--cpu=50%")
    autoscaler = web.read("horizontalpodautoscaler", "web")
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (2, 7)
    assert _column(web.ok("get", "hpa"), "REFERENCE") == ["Deployment/web"]
    assert "Deployment/web" in web.ok("describe", "hpa", "web")
    old = web.read("horizontalpodautoscalers.v1.autoscaling", "web")
    assert old["spec"]["targetCPUUtilizationPercentage"] == 50
    patch = '{"spec":{"targetCPUUtilizationPercentage":60}}'
    web.ok("patch", "horizontalpodautoscalers.v1.autoscaling", "web", "--type=merge", "-p", patch)
    metrics = web.read("horizontalpodautoscaler", "web")["spec"]["metrics"]
    assert metrics[0]["resource"]["target"]["averageUtilization"] == 60
    assert _column(web.ok("get", "horizontalpodautoscalers.v1.autoscaling"), "MINPODS") == ["2"]


def test_label_and_annotate(web: Kubectl) -> None:
    web.ok("label", "deployment", "web", "tier=front")
    refused = web("label", "deployment", "web", "tier=back")
    assert "--overwrite is false" in refused.err
    web.ok("label", "deployment", "web", "tier-")
    web.ok("annotate", "deployment", "web", "note=hello", "--overwrite")
    metadata = web.read("deployment", "web")["metadata"]
    assert "tier" not in metadata["labels"]
    assert metadata["annotations"]["note"] == "hello"
    assert "invalid" in web("label", "deployment", "web", "tier=not a label").err


def test_expose(web: Kubectl) -> None:
    assert web.ok("expose", "deployment", "web", "--port=80") == "service/web exposed\n"
    service = web.read("service", "web")["spec"]
    assert (service["selector"], service["ports"][0]["targetPort"]) == ({"app": "web"}, 80)
    assert service["clusterIP"].startswith("10.")
    assert "Selector:" in web.ok("describe", "service", "web")


def test_wait_for_conditions_and_deletions(web: Kubectl) -> None:
    web.ok("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    web.ok("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=30s")
    late = web("wait", "--for=condition=Ready=False", "pod", "-l", "app=web", "--timeout=1s")
    assert (late.code, "timed out waiting for the condition" in late.err) == (1, True)
    web.ok("delete", "deployment", "web", "--wait=false")
    web.ok("wait", "--for=delete", "deployment/web", "--timeout=30s")


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_delete_takes_what_is_owned_along(web: Kubectl, cascade: str) -> None:
    assert 'deployment.apps "web" deleted' in web.ok("delete", "deployment", "web", f"--cascade={cascade}")
    web.ok("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s")
    assert web.ok("get", "replicasets", "-o", "name") == ""


def test_delete_can_leave_what_is_owned_alone(web: Kubectl) -> None:
    web.ok("delete", "deployment", "web", "--cascade=orphan")
    (left,) = web.read("replicasets")["items"]
    assert "ownerReferences" not in left["metadata"]
    assert web.ok("get", "pods", "-o", "name").count("pod/web-") == 3


def test_delete_a_pod_and_a_namespace(web: Kubectl) -> None:
    first = web.ok("get", "pods", "-o", "name").split()[0]
    web.ok("delete", first)
    web.until_rolled_out()
    assert first not in web.ok("get", "pods", "-o", "name").split()
    web.ok("delete", "namespace", web.namespace)
    assert web("get", "namespace", web.namespace).code == 1


def test_logs_of_a_pod_and_of_a_deployment(web: Kubectl) -> None:
    assert len(web.ok("logs", "deployment/web", "--tail=2").splitlines()) == 2
    pod = web.ok("get", "pods", "-o", "name").split()[0]
    stamped = web.ok("logs", pod, "--timestamps", "--tail=1")
    assert stamped.startswith("2")
    followed = subprocess.Popen(
        [str(KUBECTL), "-n", web.namespace, "logs", "-f", pod, "--tail=1"],
        env={"PATH": os.environ["PATH"], "HOME": str(web.home), "KUBECONFIG": str(web.kubeconfig)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with followed:
        assert followed.stdout is not None
        assert [followed.stdout.readline() != "" for _ in range(2)] == [True, True]
        followed.terminate()


def test_top_pods(web: Kubectl) -> None:
    assert web("top", "pods").err == "error: metrics not available yet\n"
    names = sorted(_column(web.ok("get", "pods"), "NAME"))
    end = time.monotonic() + 60
    while (measured := web("top", "pods")).code or _column(measured.out, "NAME") != names:
        assert time.monotonic() < end, measured
    assert _column(web.ok("top", "pod", names[0], "--containers"), "POD") == names[:1]
    assert "node-1" in _column(web.ok("top", "nodes"), "NAME")
    assert 'podmetrics.metrics.k8s.io "none" not found' in web("top", "pod", "none").err


def test_auth_tells_what_each_user_may(home: Path, kubectl: Kubectl) -> None:
    assert kubectl.ok("auth", "can-i", "delete", "deployments") == "yes\n"
    viewer = Kubectl(home / "viewer", home, kubectl.namespace)
    assert viewer.ok("auth", "can-i", "list", "pods") == "yes\n"
    refused = viewer("auth", "can-i", "patch", "deployments/scale")
    assert (refused.code, refused.out) == (1, "no\n")
    assert "deployments.apps" in viewer.ok("auth", "can-i", "--list")
    assert "viewer" in viewer.ok("auth", "whoami")
    assert kubectl.ok("auth", "can-i", "list", "pods", "--as=viewer") == "yes\n"
    denied = viewer("create", "deployment", "web", "--image=x:1")
    assert 'User "viewer" cannot create resource "deployments" in API group "apps"' in denied.err
    developer = Kubectl(home / "developer", home, "shop")
    assert developer.ok("auth", "can-i", "patch", "deployments") == "yes\n"
    assert developer("auth", "can-i", "patch", "deployments", "-n", "other").out == "no\n"


def test_discovery_and_explanations(kubectl: Kubectl) -> None:
    resources = kubectl.ok("api-resources", "--api-group=apps", "-o", "wide")
    assert _column(resources, "NAME") == [
        "controllerrevisions",
        "daemonsets",
        "deployments",
        "replicasets",
        "statefulsets",
    ]
    assert "autoscaling/v2" in kubectl.ok("api-versions").splitlines()
    assert "Server Version: v1.36" in kubectl.ok("version")
    assert "rollingUpdate\t<RollingUpdateDeployment>" in kubectl.ok("explain", "deployment.spec.strategy")
    assert kubectl("get", "rollouts.argoproj.io").code == 1


def test_what_is_not_simulated_says_so(web: Kubectl) -> None:
    pod = web.ok("get", "pods", "-o", "name").split()[0]
    for command in (("exec", pod, "--", "ls"), ("port-forward", pod, "8080:80"), ("create", "token", "default")):
        refused = web(*command)
        assert refused.code == 1
        assert "not simulated" in refused.err


def test_a_node_can_be_drained(kubectl: Kubectl) -> None:
    kubectl.ok("apply", "-f", "-", stdin=MANIFEST.replace("app: web", "app: drained"))
    kubectl.until_rolled_out()
    kubectl.ok("drain", "node-1", "--ignore-daemonsets", "--pod-selector=app=drained", "--timeout=30s")
    kubectl.until_rolled_out()
    assert "node-1" not in kubectl.ok("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
    assert _column(kubectl.ok("get", "node", "node-1"), "STATUS") == ["Ready,SchedulingDisabled"]
    kubectl.ok("uncordon", "node-1")


def test_events_are_listed(web: Kubectl) -> None:
    listed = web.ok("get", "events", "--field-selector", "involvedObject.kind=Deployment")
    assert _column(listed, "REASON") == ["ScalingReplicaSet"]
    assert "Scaled up replica set" in web.ok("events", "--for", "deployment/web")
    assert "deployment/web" in web.ok("get", "events.events.k8s.io")


def test_patches_of_each_type(web: Kubectl) -> None:
    web.ok("patch", "deployment", "web", "-p", '{"spec":{"minReadySeconds":1}}')
    web.ok("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"revisionHistoryLimit":3}}')
    web.ok("patch", "deployment", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":2}]')
    spec = web.read("deployment", "web")["spec"]
    assert (spec["minReadySeconds"], spec["revisionHistoryLimit"], spec["replicas"]) == (1, 3, 2)
    failed = web("patch", "deployment", "web", "--type=json", "-p", '[{"op":"test","path":"/spec/replicas","value":9}]')
    assert "the server rejected our request due to an error in our request" in failed.err
    web.ok("patch", "deployment", "web", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":1}}')
    assert web.read("deployment", "web")["spec"]["replicas"] == 1
