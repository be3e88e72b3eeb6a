"""The real kubectl, verb by verb, against the simulated cluster: what changes objects."""

from typing import Any

import pytest

from tests.sim.kubectl import MANIFEST, Kubectl, column

JSON = dict[str, Any]


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
    assert column(web.ok("get", "hpa"), "REFERENCE") == ["Deployment/web"]
    assert "Deployment/web" in web.ok("describe", "hpa", "web")
    old = web.read("horizontalpodautoscalers.v1.autoscaling", "web")
    assert old["spec"]["targetCPUUtilizationPercentage"] == 50
    patch = '{"spec":{"targetCPUUtilizationPercentage":60}}'
    web.ok("patch", "horizontalpodautoscalers.v1.autoscaling", "web", "--type=merge", "-p", patch)
    metrics = web.read("horizontalpodautoscaler", "web")["spec"]["metrics"]
    assert metrics[0]["resource"]["target"]["averageUtilization"] == 60
    assert column(web.ok("get", "horizontalpodautoscalers.v1.autoscaling"), "MINPODS") == ["2"]


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
