"""The real kubectl, verb by verb, against the simulated cluster: what reads, waits and tells."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.sim.kubectl import KUBECTL, MANIFEST, Kubectl, column

JSON = dict[str, Any]


def test_get_shows_tables_wide_and_yaml(web: Kubectl) -> None:
    narrow = web.ok("get", "deployment")
    assert column(narrow, "READY") == ["3/3"]
    wide = web.ok("get", "deployments,replicasets,pods", "-o", "wide")
    assert "registry.example/web:1.0" in wide
    assert wide.count("pod/web-") == 3
    assert column(web.ok("get", "pods"), "STATUS") == ["Running"] * 3
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


def test_wait_for_conditions_and_deletions(web: Kubectl) -> None:
    web.ok("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    web.ok("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=30s")
    late = web("wait", "--for=condition=Ready=False", "pod", "-l", "app=web", "--timeout=1s")
    assert (late.code, "timed out waiting for the condition" in late.err) == (1, True)
    web.ok("delete", "deployment", "web", "--wait=false")
    web.ok("wait", "--for=delete", "deployment/web", "--timeout=30s")


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
    names = sorted(column(web.ok("get", "pods"), "NAME"))
    end = time.monotonic() + 60
    while (measured := web("top", "pods")).code or column(measured.out, "NAME") != names:
        assert time.monotonic() < end, measured
    assert column(web.ok("top", "pod", names[0], "--containers"), "POD") == names[:1]
    assert "node-1" in column(web.ok("top", "nodes"), "NAME")
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
    assert column(resources, "NAME") == [
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
    assert column(kubectl.ok("get", "node", "node-1"), "STATUS") == ["Ready,SchedulingDisabled"]
    kubectl.ok("uncordon", "node-1")


def test_events_are_listed(web: Kubectl) -> None:
    listed = web.ok("get", "events", "--field-selector", "involvedObject.kind=Deployment")
    assert column(listed, "REASON") == ["ScalingReplicaSet"]
    assert "Scaled up replica set" in web.ok("events", "--for", "deployment/web")
    assert "deployment/web" in web.ok("get", "events.events.k8s.io")
