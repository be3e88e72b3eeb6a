"""The official Python client against the simulated cluster: its models refuse what is not as the API describes it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

from ktui.sim import SimulatedCluster
from tests.sim.certificates import issued

JSON = dict[str, Any]
NAMESPACE = "official"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(speed=20.0)
    with cluster.serving(tls=issued(tmp_path_factory.mktemp("tls"))):
        yield cluster


@pytest.fixture(scope="module")
def connect(cluster: SimulatedCluster) -> Iterator[Callable[[str], Any]]:
    """Connects as a user."""
    made: list[Any] = []

    def as_user(user: str) -> Any:
        made.append(config.new_client_from_config_dict(cluster.kubeconfig(user)))
        return made[-1]

    yield as_user
    for connection in made:
        connection.rest_client.pool_manager.clear()
        connection.close()


@pytest.fixture(scope="module")
def admin(connect: Callable[[str], Any]) -> Any:
    connection = connect("admin")
    namespace = client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE))
    made: Any = client.CoreV1Api(connection).create_namespace(namespace)
    assert made.status.phase == "Active"
    return connection


@pytest.fixture
def apps(admin: Any) -> Any:
    return client.AppsV1Api(admin)


@pytest.fixture
def core(admin: Any) -> Any:
    return client.CoreV1Api(admin)


def _deployment(name: str, replicas: int = 2) -> Any:
    labels = {"app": name}
    container = client.V1Container(
        name="c",
        image="registry.example/x:1",
        ports=[client.V1ContainerPort(container_port=80)],
        readiness_probe=client.V1Probe(http_get=client.V1HTTPGetAction(port=80)),
    )
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    selector = client.V1LabelSelector(match_labels=labels)
    spec = client.V1DeploymentSpec(replicas=replicas, selector=selector, template=template)
    return client.V1Deployment(metadata=client.V1ObjectMeta(name=name), spec=spec)


def _created(apps: Any, cluster: SimulatedCluster, name: str, replicas: int = 2) -> Any:
    apps.create_namespaced_deployment(NAMESPACE, _deployment(name, replicas))
    cluster.settle()
    return apps.read_namespaced_deployment(name, NAMESPACE)


def test_a_deployment_is_created_and_rolled_out(apps: Any, core: Any, cluster: SimulatedCluster) -> None:
    made = _created(apps, cluster, "created")
    assert (made.status.ready_replicas, made.metadata.generation) == (2, 1)
    assert made.spec.strategy.rolling_update.max_surge == "25%"
    pods = core.list_namespaced_pod(NAMESPACE, label_selector="app=created").items
    assert [pod.status.phase for pod in pods] == ["Running", "Running"]
    assert {pod.metadata.owner_references[0].kind for pod in pods} == {"ReplicaSet"}
    (replica_set,) = apps.list_namespaced_replica_set(NAMESPACE, label_selector="app=created").items
    assert replica_set.metadata.owner_references[0].uid == made.metadata.uid


def test_a_stale_replace_is_a_conflict(apps: Any, cluster: SimulatedCluster) -> None:
    stale = _created(apps, cluster, "stale")
    fresh = apps.read_namespaced_deployment("stale", NAMESPACE)
    fresh.spec.replicas = 3
    assert apps.replace_namespaced_deployment("stale", NAMESPACE, fresh).metadata.generation == 2
    stale.spec.replicas = 4
    with pytest.raises(ApiException, match="the object has been modified") as refused:
        apps.replace_namespaced_deployment("stale", NAMESPACE, stale)
    assert refused.value.status == 409


def test_scale_patch_and_dry_run(apps: Any, cluster: SimulatedCluster) -> None:
    _created(apps, cluster, "scaled")
    assert apps.read_namespaced_deployment_scale("scaled", NAMESPACE).status.selector == "app=scaled"
    dry = apps.patch_namespaced_deployment_scale("scaled", NAMESPACE, {"spec": {"replicas": 9}}, dry_run="All")
    assert dry.spec.replicas == 9
    assert apps.read_namespaced_deployment_scale("scaled", NAMESPACE).spec.replicas == 2
    paused = apps.patch_namespaced_deployment("scaled", NAMESPACE, {"spec": {"paused": True}}, field_manager="me")
    assert paused.spec.paused is True
    assert "me" in {entry.manager for entry in paused.metadata.managed_fields}


def test_a_watch_tells_of_a_rollout(apps: Any, cluster: SimulatedCluster) -> None:
    made = _created(apps, cluster, "watched")
    image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "registry.example/x:2"}]}}}}
    apps.patch_namespaced_deployment("watched", NAMESPACE, image)
    seen = []
    stream = watch.Watch()
    for event in stream.stream(
        apps.list_namespaced_deployment,
        NAMESPACE,
        field_selector="metadata.name=watched",
        resource_version=made.metadata.resource_version,
        timeout_seconds=20,
    ):
        seen.append(event["type"])
        status = event["object"].status
        if (status.observed_generation, status.updated_replicas, status.replicas) == (2, 2, 2):
            stream.stop()
    assert set(seen) == {"MODIFIED"}
    assert len(seen) > 2


def test_pages_hold_every_object_once(apps: Any, core: Any, cluster: SimulatedCluster) -> None:
    _created(apps, cluster, "paged", replicas=7)
    names: list[str] = []
    token = None
    while True:
        page = core.list_namespaced_pod(NAMESPACE, label_selector="app=paged", limit=3, _continue=token)
        names += [pod.metadata.name for pod in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert len(names) == len(set(names)) == 7
    assert names == sorted(names)


def test_an_eviction_respects_the_budget(admin: Any, apps: Any, core: Any, cluster: SimulatedCluster) -> None:
    _created(apps, cluster, "guarded", replicas=2)
    selector = client.V1LabelSelector(match_labels={"app": "guarded"})
    spec = client.V1PodDisruptionBudgetSpec(selector=selector, min_available=2)
    budget = client.V1PodDisruptionBudget(metadata=client.V1ObjectMeta(name="guard"), spec=spec)
    budgets: Any = client.PolicyV1Api(admin)
    budgets.create_namespaced_pod_disruption_budget(NAMESPACE, budget)
    cluster.wait_until(lambda _: budgets.read_namespaced_pod_disruption_budget("guard", NAMESPACE).status.expected_pods)
    pod = core.list_namespaced_pod(NAMESPACE, label_selector="app=guarded").items[0].metadata.name
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod))
    with pytest.raises(ApiException, match="would violate the pod's disruption budget") as refused:
        core.create_namespaced_pod_eviction(pod, NAMESPACE, eviction)
    assert refused.value.status == 429


def test_logs_and_events_can_be_read(apps: Any, core: Any, cluster: SimulatedCluster) -> None:
    _created(apps, cluster, "told")
    pod = core.list_namespaced_pod(NAMESPACE, label_selector="app=told").items[0].metadata.name
    assert core.read_namespaced_pod_log(pod, NAMESPACE, tail_lines=1).count("\n") <= 1
    events = core.list_namespaced_event(NAMESPACE, field_selector=f"involvedObject.name={pod}").items
    assert {"Scheduled", "Started"} <= {event.reason for event in events}


def test_every_kind_can_be_listed(admin: Any) -> None:
    core, apps, batch = client.CoreV1Api(admin), client.AppsV1Api(admin), client.BatchV1Api(admin)
    rbac, policy = client.RbacAuthorizationV1Api(admin), client.PolicyV1Api(admin)
    lists: list[Callable[[], Any]] = [
        core.list_namespace,
        core.list_node,
        core.list_pod_for_all_namespaces,
        core.list_service_for_all_namespaces,
        core.list_endpoints_for_all_namespaces,
        core.list_event_for_all_namespaces,
        core.list_config_map_for_all_namespaces,
        core.list_secret_for_all_namespaces,
        core.list_service_account_for_all_namespaces,
        core.list_resource_quota_for_all_namespaces,
        core.list_limit_range_for_all_namespaces,
        core.list_persistent_volume_claim_for_all_namespaces,
        core.list_replication_controller_for_all_namespaces,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        apps.list_stateful_set_for_all_namespaces,
        apps.list_daemon_set_for_all_namespaces,
        apps.list_controller_revision_for_all_namespaces,
        batch.list_job_for_all_namespaces,
        batch.list_cron_job_for_all_namespaces,
        client.AutoscalingV2Api(admin).list_horizontal_pod_autoscaler_for_all_namespaces,
        client.AutoscalingV1Api(admin).list_horizontal_pod_autoscaler_for_all_namespaces,
        client.CoordinationV1Api(admin).list_lease_for_all_namespaces,
        client.DiscoveryV1Api(admin).list_endpoint_slice_for_all_namespaces,
        client.NetworkingV1Api(admin).list_ingress_for_all_namespaces,
        policy.list_pod_disruption_budget_for_all_namespaces,
        rbac.list_role_for_all_namespaces,
        rbac.list_cluster_role,
        rbac.list_role_binding_for_all_namespaces,
        rbac.list_cluster_role_binding,
    ]
    for read in lists:
        assert read().metadata.resource_version.isdigit()


def test_each_user_may_what_their_role_says(connect: Callable[[str], Any]) -> None:
    viewer = connect("viewer")
    attributes = client.V1ResourceAttributes(verb="patch", group="apps", resource="deployments", namespace=NAMESPACE)
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
    told: Any = client.AuthorizationV1Api(viewer).create_self_subject_access_review(review)
    assert told.status.allowed is False
    who: Any = client.AuthenticationV1Api(viewer).create_self_subject_review(client.V1SelfSubjectReview())
    assert who.status.user_info.username == "viewer"
    with pytest.raises(ApiException) as refused:
        client.AppsV1Api(viewer).delete_namespaced_deployment("any", NAMESPACE)
    assert refused.value.status == 403


def test_custom_objects_that_are_not_served_are_not_found(admin: Any) -> None:
    with pytest.raises(ApiException) as refused:
        client.CustomObjectsApi(admin).list_namespaced_custom_object("argoproj.io", "v1alpha1", NAMESPACE, "rollouts")
    assert (refused.value.status, refused.value.body) == (404, "404 page not found\n")


def test_metrics_of_pods(admin: Any, apps: Any, cluster: SimulatedCluster) -> None:
    _created(apps, cluster, "measured")
    objects: Any = client.CustomObjectsApi(admin)

    def items() -> Any:
        return objects.list_namespaced_custom_object(
            "metrics.k8s.io", "v1beta1", NAMESPACE, "pods", label_selector="app=measured"
        )["items"]

    cluster.wait_until(lambda _: len(items()) == 2)
    assert items()[0]["containers"][0]["usage"]["cpu"].endswith("n")
