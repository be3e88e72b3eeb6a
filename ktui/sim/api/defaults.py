"""What the API server fills in where a client left a field out (defaults of v1.36, as the recordings show them)."""

import base64
from collections.abc import Callable
from typing import Any

from ktui.sim.api.tidying import tidy

JSON = dict[str, Any]

_GUARANTEED, _BURSTABLE, _BEST_EFFORT = "Guaranteed", "Burstable", "BestEffort"


def default(kind: str, obj: JSON) -> JSON:
    """Fill in, in place, what the client left out of an object of this kind, and return it.

    Idempotent: what is set stays. Of a Pod this includes what admission adds (priority, tolerations, QoS class);
    a Service's cluster IP is allocated by the one that stores it.
    """
    tidy(kind, obj)
    if kind in _DEFAULTS:
        _DEFAULTS[kind](obj)
    return obj


def _deployment(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = _section(spec, "strategy")
    if _fallback(strategy, "type", "RollingUpdate") == "RollingUpdate":
        rolling = _section(strategy, "rollingUpdate")
        _fallback(rolling, "maxUnavailable", "25%")
        _fallback(rolling, "maxSurge", "25%")
    _fallback(spec, "revisionHistoryLimit", 10)
    _fallback(spec, "progressDeadlineSeconds", 600)
    _template(spec)


def _replica_set(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "replicas", 1)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)
    _template(spec)


def _replication_controller(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "replicas", 1)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)
    _template(spec)


def _stateful_set(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "replicas", 1)
    _fallback(spec, "podManagementPolicy", "OrderedReady")
    strategy = _section(spec, "updateStrategy")
    if _fallback(strategy, "type", "RollingUpdate") == "RollingUpdate":
        _fallback(_section(strategy, "rollingUpdate"), "partition", 0)
    _fallback(spec, "revisionHistoryLimit", 10)
    retention = _section(spec, "persistentVolumeClaimRetentionPolicy")
    _fallback(retention, "whenDeleted", "Retain")
    _fallback(retention, "whenScaled", "Retain")
    _template(spec)
    for claim in spec.get("volumeClaimTemplates") or []:
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        _fallback(claim.setdefault("spec", {}), "volumeMode", "Filesystem")
        claim.setdefault("status", {"phase": "Pending"})


def _daemon_set(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    strategy = _section(spec, "updateStrategy")
    if _fallback(strategy, "type", "RollingUpdate") == "RollingUpdate":
        rolling = _section(strategy, "rollingUpdate")
        _fallback(rolling, "maxUnavailable", 1)
        _fallback(rolling, "maxSurge", 0)
    _fallback(spec, "revisionHistoryLimit", 10)
    _template(spec)
    annotations = obj["metadata"].setdefault("annotations", {})
    annotations.setdefault("deprecated.daemonset.template.generation", "1")


def _job(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = spec["parallelism"] = 1
    _fallback(spec, "parallelism", 1)
    _fallback(spec, "backoffLimit", 6)
    _fallback(spec, "completionMode", "NonIndexed")
    _fallback(spec, "suspend", False)
    _fallback(spec, "podReplacementPolicy", "TerminatingOrFailed")
    _template(spec)


def _cron_job(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "concurrencyPolicy", "Allow")
    _fallback(spec, "suspend", False)
    _fallback(spec, "successfulJobsHistoryLimit", 3)
    _fallback(spec, "failedJobsHistoryLimit", 1)
    _template((spec.get("jobTemplate") or {}).get("spec") or {})


def _template(spec: JSON) -> None:
    template = spec.get("template")
    if isinstance(template, dict):
        template.setdefault("metadata", {})
        _pod_spec(template.setdefault("spec", {}))


def _pod_spec(spec: JSON) -> None:
    for container in (*(spec.get("initContainers") or []), *(spec.get("containers") or [])):
        _container(container)
    _fallback(spec, "restartPolicy", "Always")
    _fallback(spec, "terminationGracePeriodSeconds", 30)
    _fallback(spec, "dnsPolicy", "ClusterFirst")
    _section(spec, "securityContext")
    _fallback(spec, "schedulerName", "default-scheduler")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for volume in spec.get("volumes") or []:
        _volume(volume)


def _container(container: JSON) -> None:
    for port in container.get("ports") or []:
        _fallback(port, "protocol", "TCP")
    for variable in container.get("env") or []:
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            _fallback(reference, "apiVersion", "v1")
    _requests_from_limits(_section(container, "resources"))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            _probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict) and hook.get("httpGet") is not None:
            _http_get(hook["httpGet"])
    _fallback(container, "terminationMessagePath", "/dev/termination-log")
    _fallback(container, "terminationMessagePolicy", "File")
    _fallback(container, "imagePullPolicy", _pull_policy(container.get("image") or ""))


def _requests_from_limits(resources: JSON) -> None:
    limits = resources.get("limits")
    if limits:
        resources["requests"] = dict(limits) | (resources.get("requests") or {})


def _pull_policy(image: str) -> str:
    name, digest = image.partition("@")[::2]
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if not digest and tag in ("", "latest") else "IfNotPresent"


def _probe(probe: JSON) -> None:
    if probe.get("httpGet") is not None:
        _http_get(probe["httpGet"])
    if probe.get("grpc") is not None:
        _fallback(probe["grpc"], "service", "")
    for field, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1)):
        probe[field] = probe.get(field) or value
    probe["failureThreshold"] = probe.get("failureThreshold") or 3


def _http_get(action: JSON) -> None:
    _fallback(action, "path", "/")
    _fallback(action, "scheme", "HTTP")


def _volume(volume: JSON) -> None:
    for source in ("secret", "configMap", "projected", "downwardAPI"):
        if volume.get(source) is not None:
            _fallback(volume[source], "defaultMode", 420)
    for source in (volume.get("projected") or {}).get("sources") or []:
        token = source.get("serviceAccountToken")
        if token is not None:
            _fallback(token, "expirationSeconds", 3600)
    if volume.get("hostPath") is not None:
        _fallback(volume["hostPath"], "type", "")
    if volume.keys() == {"name"}:
        volume["emptyDir"] = {}


_TAINTS_THAT_EVICT = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def _pod(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "enableServiceLinks", True)
    _pod_spec(spec)
    _fallback(spec, "priority", 0)
    _fallback(spec, "preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.get("tolerations") or []
    for key in _TAINTS_THAT_EVICT:
        if not any(_tolerates_eviction(toleration, key) for toleration in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    spec["tolerations"] = tolerations
    _fallback(obj.setdefault("status", {}), "phase", "Pending")
    _fallback(obj["status"], "qosClass", qos_class(obj))


def _tolerates_eviction(toleration: JSON, key: str) -> bool:
    return toleration.get("key") in (None, "", key) and toleration.get("effect") in (None, "", "NoExecute")


def qos_class(pod: JSON) -> str:
    """The quality of service class of a pod: what its containers request of cpu and memory, against their limits."""
    spec = pod.get("spec") or {}
    guaranteed, anything = True, False
    for container in (*(spec.get("containers") or []), *(spec.get("initContainers") or [])):
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        for name in ("cpu", "memory"):
            anything = anything or name in limits or name in requests
            guaranteed = guaranteed and name in limits and requests.get(name, limits[name]) == limits[name]
    if not anything:
        return _BEST_EFFORT
    return _GUARANTEED if guaranteed else _BURSTABLE


def _service(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client = _section(_section(spec, "sessionAffinityConfig"), "clientIP")
        _fallback(client, "timeoutSeconds", 10800)
    kind = _fallback(spec, "type", "ClusterIP")
    for port in spec.get("ports") or []:
        _fallback(port, "protocol", "TCP")
        if port.get("targetPort") in (None, "", 0) and "port" in port:
            port["targetPort"] = port["port"]
    if kind == "ExternalName":
        return
    _fallback(spec, "ipFamilies", ["IPv4"])
    _fallback(spec, "ipFamilyPolicy", "SingleStack")
    _fallback(spec, "internalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer"):
        _fallback(spec, "externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        _fallback(spec, "allocateLoadBalancerNodePorts", True)


def _autoscaler(obj: JSON) -> None:
    spec = obj.setdefault("spec", {})
    _fallback(spec, "minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _namespace(obj: JSON) -> None:
    metadata = obj["metadata"]
    if name := metadata.get("name"):
        metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    _fallback(obj.setdefault("spec", {}), "finalizers", ["kubernetes"])
    _fallback(obj.setdefault("status", {}), "phase", "Active")


def _event(obj: JSON) -> None:
    obj.setdefault("eventTime", None)
    obj.setdefault("reportingInstance", "")
    obj.setdefault("reportingComponent", "")


def _endpoint_slice(obj: JSON) -> None:
    obj.setdefault("endpoints", None)
    obj.setdefault("ports", None)
    for port in obj["ports"] or []:
        _fallback(port, "name", "")
        _fallback(port, "protocol", "TCP")


def _secret(obj: JSON) -> None:
    plain = obj.pop("stringData", None) or {}
    if plain:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        obj["data"] = (obj.get("data") or {}) | encoded
    _fallback(obj, "type", "Opaque")


def _claim(obj: JSON) -> None:
    _fallback(obj.setdefault("spec", {}), "volumeMode", "Filesystem")
    _fallback(obj.setdefault("status", {}), "phase", "Pending")


def _ingress(obj: JSON) -> None:
    for rule in (obj.get("spec") or {}).get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            _fallback(path, "pathType", "ImplementationSpecific")


def _binding(obj: JSON) -> None:
    _fallback(obj.get("roleRef") or {}, "apiGroup", "rbac.authorization.k8s.io")
    for subject in obj.get("subjects") or []:
        core = subject.get("kind") == "ServiceAccount"
        if not core:
            _fallback(subject, "apiGroup", "rbac.authorization.k8s.io")


def _fallback(obj: JSON, field: str, value: Any) -> Any:
    """Set a field that is missing or null; what it then holds."""
    if obj.get(field) is None:
        obj[field] = value
    return obj[field]


def _section(obj: JSON, field: str) -> JSON:
    section: JSON = _fallback(obj, field, {})
    return section


_DEFAULTS: dict[str, Callable[[JSON], None]] = {
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replication_controller,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "CronJob": _cron_job,
    "Pod": _pod,
    "Service": _service,
    "HorizontalPodAutoscaler": _autoscaler,
    "Namespace": _namespace,
    "Event": _event,
    "EndpointSlice": _endpoint_slice,
    "Secret": _secret,
    "PersistentVolumeClaim": _claim,
    "Ingress": _ingress,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
}
