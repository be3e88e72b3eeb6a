"""What is kept of an object, and when two templates are the same."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ktui.model.changes import Put
from ktui.model.objects import LAST_APPLIED, Condition
from ktui.model.resources import DEPLOYMENTS, REPLICASETS
from ktui.model.template import PodTemplate
from tests.recorded import OF_DEPLOYMENTS, Said, deployment, event, pod, recording, replicaset

TEMPLATE: dict[str, Any] = {
    "metadata": {"creationTimestamp": None, "labels": {"app": "web", "pod-template-hash": "7d9c5"}},
    "spec": {
        "containers": [{"name": "web", "image": "web:1", "resources": {"limits": {"memory": "128Mi", "cpu": "1"}}}],
        "initContainers": [{"name": "mesh", "image": "mesh:2", "restartPolicy": "Always"}],
    },
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    template = copy.deepcopy(TEMPLATE)
    inner: Any = template
    for step in path[:-1]:
        inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
    inner[path[-1]] = value
    return template


def test_templates_are_the_same_but_for_the_hash_label() -> None:
    same = PodTemplate(TEMPLATE)
    assert PodTemplate(changed("metadata", "labels", "pod-template-hash", value="other")) == same
    assert PodTemplate(changed("metadata", "annotations", value={})) == same
    assert hash(PodTemplate(copy.deepcopy(TEMPLATE))) == hash(same)


def test_templates_differ_by_anything_else() -> None:
    same = PodTemplate(TEMPLATE)
    for other in (
        changed("metadata", "labels", "tier", value="web"),
        changed("metadata", "annotations", value={"kubectl.kubernetes.io/restartedAt": "2026-11-23T13:00:00Z"}),
        changed("metadata", "name", value="web"),
        changed("spec", "containers", 0, "image", value="web:2"),
        changed("spec", "containers", 0, "env", value=[{"name": "A", "value": "1"}]),
        changed("spec", "terminationGracePeriodSeconds", value=5),
    ):
        assert PodTemplate(other) != same


@given(st.permutations(list(TEMPLATE["spec"])), st.permutations(list(TEMPLATE["spec"]["containers"][0])))
def test_the_order_of_keys_makes_no_difference(spec: list[str], container: list[str]) -> None:
    template = copy.deepcopy(TEMPLATE)
    template["spec"] = {key: template["spec"][key] for key in spec}
    template["spec"]["containers"][0] = {key: template["spec"]["containers"][0][key] for key in container}
    assert PodTemplate(template) == PodTemplate(TEMPLATE)


def test_a_template_tells_what_screens_show() -> None:
    template = PodTemplate(TEMPLATE)
    assert template.labels == {"app": "web"}
    assert [(c.name, c.image, c.resources.limits.memory) for c in template.containers] == [("web", "web:1", "128Mi")]
    assert [(c.name, c.restart_policy) for c in template.init_containers] == [("mesh", "Always")]


def test_every_recorded_replicaset_has_the_template_of_its_deployment_once() -> None:
    """The API server's own objects: what the controller took for the same template has the same digest."""
    for name in OF_DEPLOYMENTS:
        puts = [s.change for s in recording(name) if isinstance(s, Said) and isinstance(s.change, Put)]
        wanted = {p.object.spec.template for p in puts if p.resource is DEPLOYMENTS}  # type: ignore[attr-defined]
        made = {p.object.spec.template for p in puts if p.resource is REPLICASETS}  # type: ignore[attr-defined]
        assert made == wanted


def test_the_last_applied_configuration_is_known_to_be_there_and_not_kept() -> None:
    meta = {"name": "web", "annotations": {LAST_APPLIED: "{...}", "a": "b"}}
    kept = deployment({"metadata": meta, "spec": {"template": TEMPLATE}})
    assert kept.metadata.annotations == {LAST_APPLIED: "", "a": "b"}


def test_a_pod_keeps_the_conditions_that_tell_something() -> None:
    def condition(kind: str, status: str = "True", **more: str) -> dict[str, str]:
        return {"type": kind, "status": status, "lastTransitionTime": "2026-11-23T13:00:00Z", **more}

    conditions = [
        condition("PodReadyToStartContainers"),
        condition("Initialized"),
        condition("Ready"),
        condition("ContainersReady"),
        condition("PodScheduled", "False", reason="Unschedulable", message="0/3 nodes"),
        condition("DisruptionTarget", reason="PreemptionByScheduler"),
    ]
    kept = pod({"metadata": {"name": "p"}, "status": {"conditions": conditions}}).status.conditions
    assert [(c.type, c.status, c.reason) for c in kept] == [
        ("Initialized", "True", ""),
        ("Ready", "True", ""),
        ("PodScheduled", "False", "Unschedulable"),
        ("DisruptionTarget", "True", "PreemptionByScheduler"),
    ]
    assert kept[1].last_transition_time is not None
    assert kept[2].message == "0/3 nodes"


def test_what_pods_have_in_common_is_in_memory_once() -> None:
    def one(name: str) -> Any:
        owner = {"kind": "ReplicaSet", "name": "web-7d9c5", "uid": "r", "controller": True}
        spec = {"nodeName": "node-17", "containers": [{"name": "web", "image": "registry.example/web:1"}]}
        return pod({"metadata": {"name": name, "namespace": "shop", "ownerReferences": [owner]}, "spec": spec})

    first, second = one("a"), one("b")
    assert first.metadata.owner_references is second.metadata.owner_references
    assert first.spec.containers is second.spec.containers
    assert first.spec.node_name is second.spec.node_name


def test_defaults_of_the_api() -> None:
    assert deployment({"metadata": {"name": "web"}, "spec": {"template": {}}}).spec.desired == 1
    rs = replicaset({"metadata": {"name": "web"}, "spec": {"replicas": 0}})
    assert rs.spec.desired == 0
    assert rs.status.terminating_replicas is None


def test_an_event_counts_and_dates_itself_by_whichever_fields_its_sender_filled_in() -> None:
    created = {"name": "e", "creationTimestamp": "2026-11-23T13:00:00Z"}
    plain = event({"metadata": created})
    older = event({"metadata": created, "count": 3, "lastTimestamp": "2026-11-23T13:01:00Z", "eventTime": None})
    newer = event(
        {
            "metadata": created,
            "eventTime": "2026-11-23T13:01:00.000001Z",
            "series": {"count": 7, "lastObservedTime": "2026-11-23T13:02:00.000001Z"},
        }
    )
    assert [e.times for e in (plain, older, newer)] == [1, 3, 7]
    assert [e.last_seen.minute for e in (plain, older, newer) if e.last_seen is not None] == [0, 1, 2]


def test_a_condition_is_a_plain_value() -> None:
    assert Condition("Ready", "True") == Condition("Ready", "True")
